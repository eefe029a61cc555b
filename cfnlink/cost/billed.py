"""A resource that is billed, and what a meter says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cfnlink.system.resource import Resource, System

DAYS_A_MONTH = 30
THOUSAND, MILLION = 1000, 1_000_000
BETWEEN_ZONES = "data_transfer_between_zones"


@dataclass(frozen=True)
class Meter:
    """Something of a resource that is billed: so many units of a priced item.

    `formula` says in words where the quantity comes from; `usage` whether it follows
    what people do rather than the clock. `share` makes a part of the price (Spot, a
    savings plan). `allowance` names what every account has free of it, `setting` the
    assumption of [usage] that alone decides the quantity.
    """

    item: str
    quantity: float
    price: str
    formula: str
    usage: bool = False
    share: str | None = None
    allowance: str | None = None
    setting: str = ""


@dataclass(frozen=True)
class NotPriced:
    """Something of a resource that the bill does not know: what it is, and why.

    `fix` is what makes it known, where a price of the user's own is not the only way.
    """

    item: str
    why: str
    fix: str = ""


Part = Meter | NotPriced


class UnbillableError(Exception):
    """A property from which no quantity can be read; the text names it."""


@dataclass(frozen=True)
class BilledResource:
    """A resource, the assumed usage of a month by the names of the settings, and its hours.

    `left_out` collects the assumptions that a meter asks for and that no setting states, with
    the value that counts instead; None is one that the templates decide.
    """

    resource: Resource
    usage: Mapping[str, Any]
    hours: float
    left_out: dict[str, float | None] = field(default_factory=dict)

    @property
    def system(self) -> System:
        """Return the system of the resource."""
        return self.resource.system

    def get(self, *path: Any, default: Any = None) -> Any:
        """Return a literal value of a property. Raises UnbillableError for an expression."""
        value = self.resource.expression(*path)
        if isinstance(value, dict):
            raise UnbillableError(f"{_shown(path)} is known only when deployed")
        return default if value is None else value

    def flag(self, *path: Any, default: bool = False) -> bool:
        """Return a literal boolean, which templates also write as text. Raises UnbillableError
        for an expression."""
        return str(self.get(*path, default=default)).lower() == "true"

    def number(self, *path: Any, default: float) -> float:
        """Return a literal number of a property. Raises UnbillableError for an expression."""
        if self.resource.expression(*path) is None:
            return default
        found = self.resource.number(*path)
        if found is None:
            raise UnbillableError(f"{_shown(path)} is not a number")
        return found

    def assumed(self, name: str, default: float = 0) -> float:
        """Return an assumption about usage, or the default if the settings state none."""
        value = self.usage.get(name)
        if value is None:
            self.left_out[name] = default
        return default if value is None else float(value)


def counted(count: float, noun: str) -> str:
    """Return a number with its noun: 2 tasks, 1 metric."""
    return f"{count:g} {noun}{'' if count == 1 else 's'}"


def _shown(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))
