"""The cards of a system, and the card of each resource."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from cfnlink.aws.catalogue import resource_type, types
from cfnlink.picture.cards import (
    DATA,
    GATEWAY,
    NAME,
    WAY_OUT,
    card,
    cards,
    count,
    names,
    style_of,
)
from cfnlink.picture.model import Card, Line
from cfnlink.picture.network import NetworkLayout
from cfnlink.system.compute import TASK, containers
from cfnlink.system.expressions import at
from cfnlink.system.resource import Resource, System

RECORD, ZONE = "AWS::Route53::RecordSet", "AWS::Route53::HostedZone"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 - a type's name
WEB_ACL = "AWS::WAFv2::WebACL"
LOOKS_THROUGH = 3  # a reference by way of at most so many resources in between


class Inventory:
    """The cards on the path of a request, on the VPC's border, and of supporting resources."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.network = NetworkLayout(system)
        self.edge = self.network.edge()
        self.cards = self._disambiguate(
            [self.network.with_visible_subnets(card) for card in cards(system)]
        )
        self.owner = {part: card for card in self.cards for part in card.parts()}
        self.records = self._records()
        shown = {part for card in self.records for part in card.parts()}
        self.side_row = supporting_resources(system, shown)

    def owners(self, resources: list[Resource]) -> list[Card]:
        """Return the cards that show these resources, in their order."""
        return [self.owner[each.name] for each in resources if each.name in self.owner]

    def parts(self, card: Card) -> list[Resource]:
        """Return the resources that a card shows."""
        return [self.system.resources[part] for part in card.parts()]

    def _disambiguate(self, found: list[Card]) -> list[Card]:
        """Add the logical id to cards with equal titles on the path of a request."""
        often = Counter(card.title for card in found if card.rank < WAY_OUT)
        known = self.system.resources
        return [
            replace(card, lines=(Line(known[card.key].logical_id), *card.lines))
            if often[card.title] > 1
            else card
            for card in found
        ]

    def _records(self) -> list[Card]:
        """Return one card for the names of each target."""
        found: dict[str, list[Resource]] = {}
        for record in self.system.of(RECORD):
            if target := self._target(record):
                found.setdefault(target.key, []).append(record)
        return [_record(target, records) for target, records in found.items()]

    def _target(self, record: Resource) -> Card | None:
        """Return the card to which a record leads, also through a domain name."""
        found = (self.owner.get(each.name) for each in record.reaches(LOOKS_THROUGH))
        return next((card for card in found if card and card.rank >= GATEWAY), None)


def _record(target: str, records: list[Resource]) -> Card:
    shown = dict.fromkeys(record.shown("Name").rstrip(".") for record in records)
    lines = [Line(name) for name in shown if name]
    zone = records[0].system.first_named(records[0].expression("HostedZoneId"), ZONE)
    if zone:
        lines.append(Line(f"zone {zone.shown('Name').rstrip('.')}", (zone.name,)))
    key = f"{target}/name"
    return Card(key, "dns", "network", "Route 53", NAME, tuple(lines), names(records))


def supporting_resources(system: System, shown: set[str]) -> list[Card]:
    """Return a card for each secret that tasks read, and one for each other resource."""
    rest = [secret for secret in system.of(SECRET) if not _variable_of(secret)]
    hidden, found = {*shown, *names(rest)}, list[Card]()
    for kind in _kinds():
        found += [_item(each) for each in system.of(kind) if each.name not in hidden]
        if kind == WEB_ACL and rest:
            title = f"{len(rest)} more secrets" if len(rest) > 1 else "Another secret"
            look = ("secret", "security", title, DATA, (Line("not read by tasks"),))
            found.append(Card(rest[0].name, *look, names(rest)))
    return [*found, *_without_row(system)]


def _kinds() -> list[str]:
    """Return the types of the side row, in its order."""
    cards = {name: row.card for name, row in types().items() if row.card and row.card.side}
    return sorted(cards, key=lambda name: cards[name].side)


def _without_row(system: System) -> Iterator[Card]:
    """Yield a plain card for each type of which the catalogue knows nothing."""
    kinds = dict.fromkeys(resource.type for resource in system.of())
    for kind in [kind for kind in kinds if "::" in kind and kind not in types()]:
        found = system.of(kind)
        one = found[0].logical_id
        text = one if len(found) == 1 else count(len(found), "resource")
        made = card(found[0], Line(text))
        yield replace(made, resources=names(found), subnets=(), groups=())


def _item(resource: Resource) -> Card:
    style = style_of(resource.type)
    title = style.title
    text = resource.shown(style.shows or resource_type(resource.type).named_by)
    if resource.type == "AWS::SNS::Topic":
        alarms = len(resource.dependents("AWS::CloudWatch::Alarm"))
        text = f"told by {count(alarms, 'alarm')}"
    elif resource.type == SECRET:
        title, text = _variable_of(resource), "secret of the tasks"
    elif resource.type == "AWS::ECR::Repository":
        is_fixed = resource.shown("ImageTagMutability") == "IMMUTABLE"
        text = "immutable tags" if is_fixed else text
    lines = (Line(text),) if text else ()
    look = (resource.name, style.icon, style.category, title, DATA)
    return Card(*look, lines, (resource.name,))


def _variable_of(secret: Resource) -> str:
    """Return the name of the variable in which a container gets a secret."""
    system = secret.system
    for task in secret.dependents(TASK):
        for _, container in containers(task):
            given = at(container, "Secrets")
            for entry in given if isinstance(given, list) else [given]:
                if secret in system.named(at(entry, "ValueFrom")):
                    return system.shown(at(entry, "Name"))
    return ""
