"""The cards of a system, and the card of each resource."""

from collections import Counter
from dataclasses import replace

from cfnlink.picture.card import GATEWAY, NAME, WAY_OUT
from cfnlink.picture.cards import cards
from cfnlink.picture.facts import Facts
from cfnlink.picture.model import Card, Line
from cfnlink.picture.network import NetworkLayout
from cfnlink.picture.supporting import supporting_resources

RECORD = "AWS::Route53::RecordSet"


class Inventory:
    """The cards on the path of a request, on the VPC's border, and of supporting resources."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.network = NetworkLayout(facts)
        self.edge = self.network.edge()
        self.cards = self._disambiguate(
            [self.network.with_visible_subnets(card) for card in cards(facts)]
        )
        self.owner = {part: card for card in self.cards for part in card.parts()}
        self.records = self._records()
        self.side_row = supporting_resources(
            facts, {part for card in self.records for part in card.parts()}
        )

    def _disambiguate(self, found: list[Card]) -> list[Card]:
        """Add the logical id to cards with equal titles on the path of a request."""
        often = Counter(card.title for card in found if card.rank < WAY_OUT)
        return [
            replace(card, lines=(Line(self.facts.resources[card.key].logical_id), *card.lines))
            if often[card.title] > 1
            else card
            for card in found
        ]

    def _records(self) -> list[Card]:
        """Return one card for the names of each target."""
        found: dict[str, list[str]] = {}
        for key in self.facts.of(RECORD):
            target = self._target(key)
            if target:
                found.setdefault(target.key, []).append(key)
        return [self._record(target, keys) for target, keys in found.items()]

    def _record(self, target: str, keys: list[str]) -> Card:
        facts = self.facts
        names = list(dict.fromkeys(facts.text(key, "Name").rstrip(".") for key in keys))
        zone = facts.first(facts.get(keys[0], "HostedZoneId"), "AWS::Route53::HostedZone")
        lines = [Line(name) for name in names if name]
        if zone:
            lines.append(Line(f"zone {facts.text(zone, 'Name').rstrip('.')}", (zone,)))
        key = f"{target}/name"
        return Card(key, "dns", "network", "Route 53", NAME, tuple(lines), tuple(keys))

    def _target(self, key: str) -> Card | None:
        """Return the card to which a resource leads, also through a domain name."""
        found = (self.owner.get(used) for used in self.facts.reached(key))
        return next((card for card in found if card and card.rank >= GATEWAY), None)
