"""The prices of a region: shipped with the tool, a user's own files over them.

`cfnlink/aws/prices/` holds what is shipped: a file for each region, `global.yaml` for what
costs the same everywhere, `sources.yaml` with the sources and the meaning of the columns. A
user's file is `prices/<region>.yaml` in the settings folder; its rows replace the shipped
ones, item by item.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cfnlink.aws.catalogue import facts, price_file, price_regions
from cfnlink.aws.region import REGION
from cfnlink.next_command import prices as command
from cfnlink.system.folder import UnusableError

OWN_FOLDER = "prices"
# A price that was found in one place only, was computed or is remembered is marked in a bill.
UNCERTAIN = ("one", "derived", "known")
COLUMNS = ("price", "unit", "source", "as_of", "confidence")


class NoPricesError(Exception):
    """A region without a known price; the text says how to get the prices."""


class PriceError(Exception):
    """An unknown price; `fix` says how to get it."""

    def __init__(self, item: str, region: str, settings: Path | None) -> None:
        super().__init__(f"no price of {item} in {region}")
        self.fix = (
            f"run {command(region, settings)}, or add a row {item} to "
            f"{OWN_FOLDER}/{region}.yaml"
        )


@dataclass(frozen=True)
class Price:
    """AWS's price of one unit, in USD, with where and when it was read."""

    amount: float
    unit: str
    source: str
    as_of: str
    confidence: str
    tiers: tuple[tuple[float | None, float], ...] = ()

    @property
    def uncertain(self) -> bool:
        """Whether it was found in fewer than two places."""
        return self.confidence in UNCERTAIN


@dataclass(frozen=True)
class Allowance:
    """An amount that every account has free each month, with its source."""

    amount: float
    name: str
    source: str
    as_of: str
    confidence: str

    @property
    def uncertain(self) -> bool:
        """Whether it was found in fewer than two places."""
        return self.confidence in UNCERTAIN


@dataclass(frozen=True)
class Prices:
    """The prices of one region; settings: the folder that may hold the user's own."""

    region: str
    items: dict[str, Any]
    hours_per_month: float
    settings: Path | None = None

    def of(self, item: str) -> Price:
        """Return one price. Raises PriceError if it is not known."""
        found = self.items.get(item)
        if found is None:
            raise PriceError(item, self.region, self.settings)
        return Price(
            float(found["price"]),
            str(found["unit"]),
            ", ".join(map(str, found["source"])) or "none",
            str(found["as_of"]),
            str(found["confidence"]),
            tuple((most, amount) for most, amount in found.get("tiers", ())),
        )


def prices(region: str, settings: Path | None = None) -> Prices:
    """Return the prices of a region; a folder's own prices replace the shipped ones.

    Raises NoPricesError if neither the tool nor the folder has the region, and UnusableError
    if the user's file cannot be read.
    """
    named = REGION.fullmatch(region) is not None
    own = own_items(own_file(region, settings)) if settings and named else {}
    if not own and region not in shipped_regions():
        raise NoPricesError(f"no prices for {region}: run {command(region, settings)}")
    items = price_file("global")["items"] | shipped_items(region) | own
    return Prices(region, items, float(facts("prices/sources")["hours_per_month"]), settings)


def allowances() -> dict[str, Allowance]:
    """Return what every account has free, by the names that meters use."""
    return {
        name: Allowance(
            float(row["amount"]),
            str(row["name"]),
            ", ".join(map(str, row["source"])),
            str(row["as_of"]),
            str(row["confidence"]),
        )
        for name, row in facts("prices/discounts")["always_free"].items()
    }


def shipped_regions() -> list[str]:
    """Return the regions of which the tool has prices."""
    return price_regions()


def shipped_items(region: str) -> dict[str, Any]:
    """Return the shipped rows of a region, without those that are the same everywhere."""
    return dict(price_file(region)["items"]) if region in shipped_regions() else {}


def own_file(region: str, settings: Path) -> Path:
    """Return the path of a settings folder's own prices of a region."""
    return settings / OWN_FOLDER / f"{region}.yaml"


def own_items(file: Path) -> dict[str, Any]:
    """Return the rows of a user's price file, or none. Raises UnusableError."""
    items: dict[str, Any] = _own(file).get("items", {})
    return items


def own_sources(file: Path) -> dict[str, Any]:
    """Return what a user's price file says of its sources. Raises UnusableError."""
    sources = _own(file).get("sources")
    return sources if isinstance(sources, dict) else {}


def _own(file: Path) -> dict[str, Any]:
    try:
        return _checked(file, file.stat().st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UnusableError(file, f"not readable: {error.strerror}") from None


@cache
def _checked(file: Path, _changed: int) -> dict[str, Any]:
    """Return the content of a price file, read once for each change of it."""
    try:
        content = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UnusableError(
            file, f"not readable as YAML: {' '.join(str(error).split())[:200]}"
        ) from None
    items = content.get("items") if isinstance(content, dict) else None
    if not isinstance(items, dict):
        raise UnusableError(file, "not a price file; expected a mapping with the key items")
    for item, row in items.items():
        if fault := _fault(row):
            raise UnusableError(file, f"items: {item}: {fault}")
    return dict(content)


def _fault(row: Any) -> str | None:
    """Return what is wrong with a row, in words, if anything is."""
    if not isinstance(row, dict):
        return f"not a row; expected {{{', '.join(f'{name}: ...' for name in COLUMNS)}}}"
    missing = [name for name in COLUMNS if name not in row]
    if missing:
        return f"without {', '.join(missing)}; expected {', '.join(COLUMNS)}"
    if not _is_amount(row["price"]):
        return f"price {row['price']!r}; expected a number, 0 or more"
    if not isinstance(row["source"], list):
        return f"source {row['source']!r}; expected a list of sources"
    if "tiers" in row and not _are_tiers(row["tiers"]):
        expected = "a list of [units, USD for one unit], the last with null for its units"
        return f"tiers {row['tiers']!r}; expected {expected}"
    return None


def _are_tiers(tiers: Any) -> bool:
    """Whether they are pairs of units and price, and only the last is without end."""
    if not isinstance(tiers, list) or not tiers:
        return False
    if not all(isinstance(tier, list) and len(tier) == 2 for tier in tiers):
        return False
    *ended, (last, _) = tiers
    return (
        last is None
        and all(_is_amount(units) for units, _ in ended)
        and all(_is_amount(price) for _, price in tiers)
    )


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < float("inf")
