"""The product of AWS's price list behind each of our prices, by price_selectors.yaml."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cfnlink.aws.catalogue import facts

CLASS = "CLASS"
HOURS_OF_TERM = {"1yr": 8_760, "3yr": 26_280}


@dataclass(frozen=True)
class Selector:
    """A price of ours, and the columns of an offer file by which AWS's product is found.

    `where` maps a column to its values in order of preference. `per` is the number of AWS's
    units in one of ours. `assumed` says that no program or file was read that has it.
    """

    item: str
    offer: str
    usage: tuple[str, ...]
    where: Mapping[str, tuple[str, ...]]
    unit: str
    per: int = 1
    tiers: bool = False
    region: str = ""
    assumed: bool = False

    @property
    def hours(self) -> int:
        """Return the hours of a reserved term, else none."""
        return HOURS_OF_TERM.get(self.where.get("LeaseContractLength", ("",))[0], 0)


def selectors(classes: Iterable[str]) -> list[Selector]:
    """Return a selector for each price; those of the database for each of these classes."""
    table = facts("price_selectors")
    rows = dict(table["items"])
    for name in classes:
        for item, row in table["classes"].items():
            own = row | {"usage": row["usage"].replace(CLASS, name)}
            rows[item.replace(CLASS, name)] = own
            for suffix, term in table["terms"].items():
                reserved = {"where": row["where"] | term, "assumed": True, "unit": "hour"}
                rows[item.replace(CLASS, name) + suffix] = own | reserved
    return [_selector(item, row, table["every"]) for item, row in rows.items()]


def _selector(item: str, row: dict[str, Any], every: dict[str, Any]) -> Selector:
    where = every | row.get("where", {})
    return Selector(
        item=item,
        offer=row["offer"],
        usage=_values(row["usage"]),
        where={column: _values(value) for column, value in where.items()},
        unit=row["unit"],
        per=row.get("per", 1),
        tiers=row.get("tiers", False),
        region=row.get("region", ""),
        assumed=row.get("assumed", False),
    )


def _values(stated: str | list[str]) -> tuple[str, ...]:
    return (stated,) if isinstance(stated, str) else tuple(stated)
