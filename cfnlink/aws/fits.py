"""Facts about values that must fit each other: the rows of fits.yaml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from cfnlink.aws.catalogue import facts

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One fact: with some values of a property, another is absent, present or one of some.

    The columns are those of the file's head; `trigger` is `if`, `among` is `is` and `besides`
    is `not`.
    """

    then: str
    docs: str
    trigger: str = ""
    to: tuple[str, ...] = ()
    at: str = ""
    among: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()
    default: str = ""
    must: str = ""
    at_most: str = ""
    most_default: float | None = None
    at_least: float | None = None
    minus: float = 0
    multiple_of: str = ""
    then_default: float | None = None
    same_as: str = ""
    region: str = ""
    apart: str = ""
    written: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    no_keys: tuple[str, ...] = ()
    stored: bool = False
    unless: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()
    whole: bool = False
    one_of: tuple[str, ...] = ()
    stated: bool = False
    is_stock: bool = False
    warn: bool = False

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values that the other property takes; none if it must be absent or present."""
        return () if self.must in ("", "absent", "present") else tuple(self.must.split("|"))

    @property
    def is_joined(self) -> bool:
        """Whether it compares the entries of a list, or another resource."""
        paths = (self.trigger, self.then, self.at_most)
        compares = (
            self.to or self.same_as or self.region or self.one_of or self.must == "unique"
        )
        return bool(compares) or any(">" in path for path in paths)


@cache
def fits() -> Mapping[str, tuple[Fit, ...]]:
    """Return the facts by type."""
    return {
        name: tuple(_of_row({"docs": page["docs"], **row}) for row in page["facts"])
        for name, page in facts("fits").items()
    }


# the columns that hold several values
LISTS = tuple(each.name for each in fields(Fit) if each.type == "tuple[str, ...]")
RENAMED = {"if": "trigger", "is": "among", "not": "besides", "stock": "is_stock"}


def _of_row(row: Mapping[str, Any]) -> Fit:
    given = {RENAMED.get(key, key): value for key, value in row.items()}
    for name in LISTS:
        given[name] = tuple(filter(None, str(given.get(name, "")).split("|")))
    return Fit(**given)
