"""Facts about values of one resource that must fit each other: the rows of fits.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cfnlink.aws.catalogue import facts

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One fact: with some values of a property, another is absent, present or one of some.

    The columns are those of the head of fits.yaml; `trigger` is `if`, `among` is `is` and
    `besides` is `not`.
    """

    trigger: str
    then: str
    docs: str
    at: str = ""
    among: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    default: str = ""
    must: str = ""
    at_most: str = ""
    minus: float = 0
    warn: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values that the other property takes; none if it must be absent or present."""
        return () if self.must in ("", "absent", "present") else tuple(self.must.split("|"))


@cache
def fits() -> Mapping[str, tuple[Fit, ...]]:
    """Return the facts by type."""
    return {
        name: tuple(_of_row(row, page["docs"]) for row in page["facts"])
        for name, page in facts("fits").items()
    }


def _of_row(row: Mapping[str, Any], docs: str) -> Fit:
    given = {key: value for key, value in row.items() if key not in ("if", "is", "not")}
    among, besides = (
        tuple(filter(None, str(row.get(k, "")).split("|"))) for k in ("is", "not")
    )
    return Fit(trigger=row["if"], among=among, besides=besides, docs=docs, **given)
