"""The bill: every resource of the system through its meter, priced line by line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cfnlink.cost.billed import BilledResource, Meter, NotPriced, Part, UnbillableError
from cfnlink.cost.database_meters import BACKUP, remains
from cfnlink.cost.meters import meters
from cfnlink.prices.table import (
    Allowance,
    NoPricesError,
    Price,
    PriceError,
    Prices,
    allowances,
    prices,
)
from cfnlink.system.expressions import number
from cfnlink.system.folder import Folder, prices_folder
from cfnlink.system.link import link
from cfnlink.system.resource import Resource, System

CENT = 2
# The confidence of lines that no price list stands behind.
OWN, NOT_PRICED = "own", "not priced"
OWN_ITEM = "own price"
# What a meter may meet where a template holds another form than the one that AWS describes.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a bill, in USD a month; the fields of the JSON bill.

    `quantity` is what is billed: `free` units of the account's `allowance` are not in it,
    and `saved` is what they would cost. Two are no fields of the JSON bill: `fix`, what makes
    a line known that is not priced, and `setting`, the assumption that decides the quantity.
    """

    tier: str
    resource: str
    type: str
    item: str = ""
    quantity: float = 0
    unit: str = ""
    unit_price: float = 0
    per_month: float = 0
    kind: str = "fixed"
    formula: str = ""
    source: str = "none"
    price_date: str = ""
    confidence: str = ""
    shared: bool = False
    allowance: str = ""
    free: float = 0
    saved: float = 0
    fix: str = ""
    setting: str = ""

    @property
    def cause(self) -> str:
        """What the line is for: its resource, or an allowance, which no resource owns.

        A new resource may take the free units, and another one, which stays as it is, pays.
        """
        if not self.allowance:
            return self.resource
        free = allowances()[self.allowance]
        return f"{free.name} above the free {free.amount:g}"

    @property
    def is_priced(self) -> bool:
        """Whether the bill knows the price."""
        return self.confidence != NOT_PRICED

    @property
    def is_free(self) -> bool:
        """Whether its month is 0.00; a user's own price is always shown."""
        return not self.per_month and self.confidence not in (OWN, NOT_PRICED)

    @property
    def is_unused(self) -> bool:
        """Whether it costs nothing only because the settings assume no usage."""
        return self.is_free and self.unit_price > 0 and not (self.quantity or self.free)

    @property
    def is_rounded(self) -> bool:
        """Whether AWS charges for it, and less than the bill shows."""
        return self.is_free and self.unit_price > 0 and self.quantity > 0

    @property
    def goes_on(self) -> bool:
        """Whether it costs as much when no task and no client is left: requests end then, and
        what is stored stays."""
        return self.kind == "fixed" or self.unit.startswith("GB-month")


@dataclass(frozen=True)
class UsedAllowance:
    """How much of an account's allowance a bill uses, and what that saves in USD."""

    allowance: Allowance
    used: float
    saved: float


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What an environment costs in a month, tax and free trials aside.

    `no_prices` says why it has no lines, where no price of the region is known.
    `unused` are the keys of [prices] that no resource of this environment has.
    `remaining` is what goes on costing after a destroy.
    """

    environment: str
    region: str
    budget: float | None
    usage: dict[str, Any]
    lines: tuple[Line, ...] = ()
    prices: Prices | None = None
    no_prices: str = ""
    unused: tuple[str, ...] = ()
    remaining: tuple[Line, ...] = ()

    @property
    def total(self) -> float:
        """Return the sum of all lines; the lines are rounded, so people get the same sum."""
        return round(sum(line.per_month for line in self.lines), CENT)

    @property
    def by_tier(self) -> dict[str, list[Line]]:
        """Return the lines of each tier, in the order of the bill."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.tier, []).append(line)
        return found

    @property
    def not_priced(self) -> tuple[Line, ...]:
        """Return the lines without a price."""
        return tuple(line for line in self.lines if not line.is_priced)

    @property
    def at_least(self) -> bool:
        """Whether the environment costs more than the total."""
        return bool(self.no_prices or self.not_priced)

    @property
    def allowances(self) -> tuple[UsedAllowance, ...]:
        """What of the account's allowances is used, and so not billed.

        The bill is that of the account's first environment. Another one in the same
        account has of each what is left.
        """
        used = {
            name: [line for line in self.lines if line.allowance == name and line.free]
            for name in allowances()
        }
        return tuple(
            UsedAllowance(
                allowances()[name],
                round(sum(line.free for line in lines), 6),
                round(sum(line.saved for line in lines), CENT),
            )
            for name, lines in used.items()
            if lines
        )

    @property
    def has_own_prices(self) -> bool:
        """Whether a line has the user's own price, zero included."""
        return any(line.confidence == OWN for line in self.lines)

    def backup(self, gib: float) -> float:
        """Return the highest cost of backups of so many GiB-months; 0 if it is not known."""
        try:
            return round(self.prices.of(BACKUP).amount * gib, CENT) if self.prices else 0.0
        except PriceError:
            return 0.0

    def sum(self, **fields: Any) -> float:
        """Return the month of the lines with these fields, such as kind="fixed"."""
        found = (
            line.per_month
            for line in self.lines
            if all(getattr(line, name) == value for name, value in fields.items())
        )
        return round(sum(found), CENT)


def total(bill: Bill) -> str:
    """Return the total as text, marked if it is incomplete."""
    return f"{'at least ' if bill.at_least else ''}{bill.total:,.2f}"


def bill_of(folder: Folder) -> Bill:
    """Return the bill of an output folder. Raises UnusableError."""
    return bill(
        link(folder.stacks(), folder.known), folder.manifest, prices_folder(folder.path)
    )


def bill(system: System, manifest: dict[str, Any], settings: Path | None = None) -> Bill:
    """Return the bill of a system, by its manifest's region, usage, own prices and budget.

    `settings` is the folder with the user's price files. Raises UnusableError if one of them
    is wrong.
    """
    usage = manifest.get("usage")
    empty = Bill(
        environment=str(manifest.get("environment")),
        region=str(manifest.get("region") or ""),
        budget=number(manifest.get("monthly_budget_usd")),
        usage=usage if isinstance(usage, dict) else {},
    )
    if not empty.region:
        return replace(empty, no_prices="no prices: manifest.json names no region")
    try:
        known = prices(empty.region, settings)
    except NoPricesError as error:
        return replace(empty, no_prices=str(error))
    own = _own_prices(manifest)
    pricing = _Pricing(system, empty.usage, known, own, _shared_tiers(manifest), allowances())
    resources = system.resources.values()
    names = {name for each in resources for name in (each.name, each.type)}
    lines = tuple(line for resource in resources for line in pricing.lines(resource))
    return replace(
        empty,
        lines=lines,
        usage=empty.usage | (pricing.left_out if empty.usage else {}),
        remaining=tuple(pricing.remaining(lines)),
        prices=known,
        unused=tuple(key for key in own if key not in names),
    )


def _own_prices(manifest: dict[str, Any]) -> dict[str, float]:
    """Return the prices that the settings state, by type or by id of the system."""
    stated = manifest.get("prices")
    amounts = {
        str(key): number(value)
        for key, value in (stated if isinstance(stated, dict) else {}).items()
    }
    return {key: amount for key, amount in amounts.items() if amount is not None}


def _shared_tiers(manifest: dict[str, Any]) -> set[str]:
    """Return the tiers of the stacks that all environments share, as the manifest says."""
    return {entry["tier"] for entry in manifest.get("stacks", []) if entry.get("shared")}


@dataclass(frozen=True)
class _Pricing:
    """Turns the resources of one system into lines of its bill.

    `used` is the part of the account's allowances that the lines so far use, `left_out` what
    they assume and no setting states.
    """

    system: System
    usage: dict[str, Any]
    known: Prices
    own: dict[str, float]
    shared: set[str]
    allowances: dict[str, Allowance]
    used: dict[str, float] = field(default_factory=dict)
    left_out: dict[str, float | None] = field(default_factory=dict)

    def lines(self, resource: Resource) -> Iterator[Line]:
        """Return the lines of a resource: the user's own price, or those of its meter."""
        key = next((key for key in (resource.name, resource.type) if key in self.own), None)
        if key is not None:
            yield self._own_line(resource, key)
            return
        for part in _parts(meters, self._billed(resource)):
            yield self._line(resource, part)

    def remaining(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The lines of what stays when the stacks are deleted: kept, shared, or a backup.

        A secret that waits for its deletion is not billed:
        https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
        """
        for resource in self.system.resources.values():
            policy = str(resource.body.get("DeletionPolicy"))
            if resource.tier in self.shared or policy.startswith("Retain"):
                own = (line for line in lines if line.resource == resource.name)
                yield from (line for line in own if line.goes_on and not line.is_free)
            for part in _parts(remains, self._billed(resource)):
                yield self._line(resource, part)

    def _billed(self, resource: Resource) -> BilledResource:
        hours = self.known.hours_per_month
        return BilledResource(resource, self.usage, hours, self.left_out)

    def _line(self, resource: Resource, part: Part) -> Line:
        if isinstance(part, NotPriced):
            return self._unknown_line(resource, part)
        try:
            price = self.known.of(part.price)
            share = self.known.of(part.share) if part.share else None
        except PriceError as error:
            unknown = NotPriced(part.item, str(error), error.fix)
            return self._unknown_line(resource, unknown)
        amount = price.amount * (share.amount if share else 1)
        free = self._take_allowance(part)
        quantity = part.quantity - free
        weakest = share if share and share.uncertain else price
        formula = f"({part.formula} - {free:g} free)" if free else part.formula
        return self._made(
            resource,
            item=part.item,
            quantity=round(quantity, 6),
            unit=price.unit,
            unit_price=round(amount, 8),
            per_month=round(_charge(price, quantity, amount), CENT),
            kind="usage" if part.usage else "fixed",
            formula=f"{formula} x {amount:.8g}",
            source=weakest.source,
            price_date=weakest.as_of,
            confidence=weakest.confidence,
            allowance=part.allowance or "",
            free=round(free, 6),
            saved=round(free * amount, CENT),
            setting=part.setting,
        )

    def _take_allowance(self, part: Meter) -> float:
        """Return how many units are free, and count them as used."""
        if part.allowance is None:
            return 0.0
        used = self.used.get(part.allowance, 0.0)
        free = min(part.quantity, self.allowances[part.allowance].amount - used)
        self.used[part.allowance] = used + free
        return free

    def _own_line(self, resource: Resource, key: str) -> Line:
        amount = self.own[key]
        return self._made(
            resource,
            item=OWN_ITEM,
            quantity=1,
            unit="month",
            unit_price=amount,
            per_month=round(amount, CENT),
            formula=f"[prices] {key}",
            source="settings",
            confidence=OWN,
        )

    def _unknown_line(self, resource: Resource, part: NotPriced) -> Line:
        return self._made(
            resource, item=part.item, formula=part.why, confidence=NOT_PRICED, fix=part.fix
        )

    def _made(self, resource: Resource, **fields: Any) -> Line:
        """Return a line of a resource, with nothing in the fields that are not given."""
        empty = Line(
            tier=resource.tier,
            resource=resource.name,
            type=resource.type,
            shared=resource.tier in self.shared,
        )
        return replace(empty, **fields)


def _parts(
    meter: Callable[[BilledResource], Iterator[Part]], billed: BilledResource
) -> Iterator[Part]:
    """Return a meter's lines of a resource; an unreadable value is not priced."""
    try:
        yield from meter(billed)
    except UnbillableError as error:
        yield NotPriced("properties", str(error))
    except UNREADABLE as error:
        yield NotPriced("properties", f"they cannot be read: {error!r}")


def _charge(price: Price, quantity: float, amount: float) -> float:
    """Return quantity times price, or tier by tier if AWS lowers it with volume."""
    if not price.tiers:
        return quantity * amount
    charge, left = 0.0, quantity
    for most, each in price.tiers:
        taken = left if most is None else min(left, most)
        charge += taken * each
        left -= taken
    return charge
