"""The values that the page shows: from System, manifest, bill and findings.

Everything from the folder is text here; the template escapes it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from cfnlink.cost.bill import Bill, Line, bill
from cfnlink.cost.output import (
    allowances_said,
    assumed,
    marks,
    remaining_said,
    without_charge,
)
from cfnlink.lint.finding import Finding
from cfnlink.lint.position import locate
from cfnlink.page.addresses import Address, addresses
from cfnlink.page.alarms import Alarm, alarms
from cfnlink.page.model import Model, Named, anchor, text
from cfnlink.page.traffic import Flow, flows
from cfnlink.picture import title
from cfnlink.system.api_paths import open_paths
from cfnlink.system.expressions import at, mapping, number
from cfnlink.system.folder import prices_folder
from cfnlink.system.link import StackTemplate, literal
from cfnlink.system.resource import Link

MARKS = {"~": "uncertain", "!": "old", "=": "your price"}


@dataclass(frozen=True)
class Charge:
    """A line of the bill, its price's marks in words."""

    resource: Named
    line: Line
    marks: tuple[str, ...]


@dataclass(frozen=True)
class TierBill:
    """The lines of one tier; `without_charge` names the free resources, by reason."""

    tier: Named
    total: float
    shared: bool
    charges: tuple[Charge, ...]
    without_charge: dict[str, list[str]]


@dataclass(frozen=True)
class Cost:
    """The bill, tier by tier.

    `notes`: what the account has free of it, and what goes on costing after a destroy.
    """

    bill: Bill
    notes: tuple[str, ...]
    tiers: tuple[TierBill, ...]


@dataclass(frozen=True)
class ResourceRow:
    """A resource of a stack, and the line of code that writes it."""

    anchor: str
    logical_id: str
    type: str
    source: str


@dataclass(frozen=True)
class Output:
    """An output of a stack: an export with its importers, or a value for people."""

    anchor: str
    name: str
    description: str
    export: str | None
    importers: tuple[Named, ...]


@dataclass(frozen=True)
class Import:
    """An export that a stack imports, and the resources that need it."""

    export: Named
    producer: Named
    users: tuple[Named, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a stack: its value, or that a deployment states it."""

    name: str
    type: str
    value: str
    description: str


@dataclass(frozen=True)
class Stack:
    """One stack, in deployment order."""

    anchor: str
    tier: str
    name: str
    template: str
    description: str
    opaque: bool
    capabilities: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    imports: tuple[Import, ...]
    resources: tuple[ResourceRow, ...]

    @property
    def size(self) -> int:
        """Return the number of its resources."""
        return len(self.resources)


@dataclass(frozen=True)
class Page:
    """Everything that the template shows, except the picture."""

    title: str
    region: str
    addresses: tuple[Address, ...]
    open_paths: tuple[tuple[str, Named], ...]
    budget: float | None
    cost: Cost
    usage: tuple[tuple[str, str], ...]
    stacks: tuple[Stack, ...]
    alarms: tuple[Alarm, ...]
    flows: tuple[Flow, ...]
    findings: tuple[tuple[Finding, Named], ...]
    today: date | None


def page(model: Model, findings: list[Finding], today: date | None = None) -> Page:
    """Return the page of a folder. Raises UnusableError if a price file of the user
    is wrong."""
    folder, manifest = model.folder, model.folder.manifest
    cost = _cost(model, today)
    return Page(
        title(folder),
        str(manifest.get("region") or "no region stated"),
        tuple(addresses(model)),
        tuple((path, model.resource(each.name)) for path, each in open_paths(model.system)),
        number(manifest.get("monthly_budget_usd")),
        cost,
        tuple((str(key), assumed(value)) for key, value in cost.bill.usage.items()),
        tuple(_stack(model, entry) for entry in manifest["stacks"]),
        tuple(alarms(model)),
        tuple(flows(model)),
        tuple((finding, _subject(finding)) for finding in findings),
        today,
    )


def _cost(model: Model, today: date | None) -> Cost:
    found = bill(model.system, model.folder.manifest, prices_folder(model.folder.path))
    tiers = tuple(
        _tier_bill(model, found, tier, lines, today) for tier, lines in found.by_tier.items()
    )
    notes = (allowances_said(found), remaining_said(found))
    return Cost(found, tuple(filter(None, notes)), tiers)


def _tier_bill(
    model: Model, found: Bill, tier: str, lines: list[Line], today: date | None
) -> TierBill:
    charges = tuple(
        Charge(
            model.resource(line.resource),
            line,
            tuple(MARKS[mark] for mark in marks(line, today)),
        )
        for line in lines
        if not line.is_free
    )
    shared = any(line.shared for line in lines)
    name = Named(tier, anchor("stack", tier))
    return TierBill(name, found.sum(tier=tier), shared, charges, without_charge(lines))


def _stack(model: Model, entry: dict[str, Any]) -> Stack:
    stack = model.by_tier[entry["tier"]]
    capabilities = entry.get("capabilities")
    tags = mapping(entry.get("tags"))
    return Stack(
        anchor("stack", stack.tier),
        stack.tier,
        stack.name,
        entry["template"],
        str(stack.template.get("Description") or ""),
        bool(stack.macros),
        tuple(map(str, capabilities if isinstance(capabilities, list) else [])),
        tuple((str(key), text(value)) for key, value in tags.items()),
        tuple(_parameters(stack)),
        tuple(_outputs(model, stack)),
        tuple(_imports(model, stack)),
        tuple(_resources(model, stack)),
    )


def _parameters(stack: StackTemplate) -> Iterator[Parameter]:
    for name, body in mapping(stack.template.get("Parameters")).items():
        value = stack.parameters.get(name, at(body, "Default"))
        yield Parameter(
            str(name),
            text(at(body, "Type")),
            "given when deploying" if value is None else text(value),
            str(at(body, "Description") or ""),
        )


def _outputs(model: Model, stack: StackTemplate) -> Iterator[Output]:
    for name, body in mapping(stack.template.get("Outputs")).items():
        given = at(body, "Export", "Name")
        export = literal(given, stack)
        users = (each.consumer for each in model.system.links if each.export == export)
        yield Output(
            anchor("export", stack.tier, str(name)),
            str(name),
            text(at(body, "Description")),
            export if export is not None or given is None else text(given),
            tuple(model.resource(user) for user in dict.fromkeys(users)),
        )


def _imports(model: Model, stack: StackTemplate) -> Iterator[Import]:
    """Yield one row for each export that this stack imports, in the order of its template."""
    users = defaultdict[str, list[Link]](list)
    for each in model.system.links:
        if each.tier == stack.tier:
            users[each.export].append(each)
    for export, links in users.items():
        tier, output = links[0].exporter, links[0].output
        yield Import(
            Named(export, anchor("export", tier, output)),
            Named(model.by_tier[tier].name, anchor("stack", tier)),
            tuple(model.resource(name) for name in dict.fromkeys(e.consumer for e in links)),
        )


def _resources(model: Model, stack: StackTemplate) -> Iterator[ResourceRow]:
    source = model.folder.source(stack.tier)
    for name, body in mapping(stack.template.get("Resources")).items():
        place = locate(source, ("Resources", str(name))) if source else None
        yield ResourceRow(
            anchor("resource", stack.tier, str(name)),
            str(name),
            text(at(body, "Type")),
            f"{place.file}:{place.line}" if place else str(model.folder.files[stack.tier].path),
        )


def _subject(finding: Finding) -> Named:
    """Return the subject of a finding: the row of its resource, or else its stack."""
    own = str(finding.path[1]) if len(finding.path) > 1 else ""
    if own and finding.path[0] == "Resources":
        return Named(f"{finding.tier}: {own}", anchor("resource", finding.tier, own))
    name = f"{finding.tier}: {own}" if own else finding.tier
    return Named(name, anchor("stack", finding.tier))
