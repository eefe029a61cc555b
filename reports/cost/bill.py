"""The bill: every resource of the system through its meters, priced line by line."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from checks.folder import Folder, settings_folder
from checks.link import Resource, System, link
from reports.cost.meters import METERS, Billed, Meter, UnbillableError
from reports.prices.table import Price, Prices, prices

FREE = Path(__file__).with_name("free.yaml")
CENT = 2


@dataclass(frozen=True)
class Line:
    """One line of a bill, in USD a month; the fields of the JSON bill."""

    tier: str
    resource: str
    type: str
    item: str
    quantity: float
    unit: str
    unit_price: float
    per_month: float
    kind: str
    formula: str
    source: str
    price_date: str
    confidence: str
    shared: bool


@dataclass(frozen=True)
class Bill:
    """What an environment costs in a month, tax and free trials aside."""

    environment: str
    region: str
    budget: float | None
    usage: dict[str, Any]
    lines: tuple[Line, ...]
    prices: Prices

    @property
    def total(self) -> float:
        """All lines together; the lines are rounded, so the sum is what people add up."""
        return round(sum(line.per_month for line in self.lines), CENT)

    def sum(self, **fields: Any) -> float:
        """The month of the lines with these fields, such as kind="fixed"."""
        found = (
            line.per_month
            for line in self.lines
            if all(getattr(line, name) == value for name, value in fields.items())
        )
        return round(sum(found), CENT)


def bill_of(folder: Folder) -> Bill:
    """The bill of an output folder. Raises UnusableError, UnbillableError, PriceError."""
    return bill(link(folder.stacks()), folder.manifest, settings_folder(folder.path))


def bill(system: System, manifest: dict[str, Any], settings: Path | None = None) -> Bill:
    """The bill of a system, by its manifest's region, usage and budget.

    `settings` is the settings folder with the user's own prices. Raises UnbillableError
    with every type and property that is not known.
    """
    region = str(manifest.get("region"))
    known = prices(region, settings)
    usage = manifest.get("usage") or {}
    shared = _shared_tiers(manifest)
    lines: list[Line] = []
    unknown: list[str] = []
    for resource in system.resources.values():
        billed = Billed(resource, system, usage, known.hours_per_month)
        try:
            lines += _lines(billed, known, resource.tier in shared)
        except UnbillableError as error:
            unknown.append(str(error))
    if unknown:
        raise UnbillableError("\n".join(unknown))
    name, budget = str(manifest.get("environment")), manifest.get("monthly_budget_usd")
    return Bill(name, region, budget, usage, tuple(lines), known)


def _shared_tiers(manifest: dict[str, Any]) -> set[str]:
    """Tiers whose tags name no environment, beside tiers whose tags do."""
    named = {
        entry["tier"]: "environment" in (entry.get("tags") or {})
        for entry in manifest.get("stacks", [])
    }
    return {tier for tier, own in named.items() if not own} if any(named.values()) else set()


def _lines(billed: Billed, known: Prices, shared: bool) -> list[Line]:
    resource = billed.resource
    kind = str(resource.body.get("Type"))
    if kind in METERS:
        return [_line(resource, meter, known, shared) for meter in METERS[kind](billed)]
    if kind in free_types():
        return []
    raise UnbillableError(
        f"{resource.id}: the bill does not know {kind}; give it a meter in "
        "reports/cost/meters.py, or name it in reports/cost/free.yaml with the reason"
    )


@cache
def free_types() -> dict[str, str]:
    """The types that cost nothing, with the reason."""
    return dict(yaml.load(FREE.read_bytes(), Loader=yaml.CSafeLoader)["types"])


def _line(resource: Resource, meter: Meter, known: Prices, shared: bool) -> Line:
    price = known.of(meter.price)
    share = known.of(meter.share) if meter.share else None
    amount = price.amount * (share.amount if share else 1)
    weakest = share if share and share.uncertain else price
    return Line(
        resource.tier,
        resource.id,
        str(resource.body["Type"]),
        meter.item,
        round(meter.quantity, 6),
        price.unit,
        round(amount, 8),
        round(_charge(price, meter.quantity, amount), CENT),
        "usage" if meter.usage else "fixed",
        f"{meter.formula} x {amount:.8g}",
        weakest.source,
        weakest.as_of,
        weakest.confidence,
        shared,
    )


def _charge(price: Price, quantity: float, amount: float) -> float:
    """Quantity times price, or tier by tier where AWS lowers it with volume."""
    if not price.tiers:
        return quantity * amount
    charge, left = 0.0, quantity
    for most, each in price.tiers:
        taken = left if most is None else min(left, most)
        charge += taken * each
        left -= taken
    return charge
