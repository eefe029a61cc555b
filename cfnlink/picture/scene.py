"""The scene of a system: found by type and by reference, never by name."""

from collections import Counter
from dataclasses import replace

from cfnlink.picture.arrows import Arrows
from cfnlink.picture.badges import Badges
from cfnlink.picture.cards import DATA, count
from cfnlink.picture.inventory import Inventory
from cfnlink.picture.model import CLIENT, Arrow, Card, Line, Scene
from cfnlink.system.network import INSTANCE
from cfnlink.system.resource import System

NAMED = 5  # so many of the types that are not drawn are named


def scene(system: System, title: str) -> Scene:
    """Return everything that the picture shows of a system, each resource once."""
    inventory = Inventory(system)
    arrows = Arrows(inventory).all()
    badges = Badges(inventory).by_card()
    request = [Card(CLIENT, CLIENT, "plain", "Client", 0), *inventory.records, *inventory.cards]
    shown = [replace(card, badges=badges.get(card.key, ())) for card in request]
    shown, copies = _in_zones(inventory, shown)
    side_row = [
        replace(c, lines=(*c.lines, *badges.get(c.key, ()))) for c in inventory.side_row
    ]
    claimed, vpc = _Claimed(), inventory.network.label()
    drawn = Scene(
        title=title,
        subtitle=_subtitle(system),
        note="",
        vpc=replace(vpc, resources=claimed.claim(vpc.resources)) if vpc else None,
        zones=inventory.network.zones,
        subnets=tuple(s for s in inventory.network.subnets if claimed.claim((s.key,))),
        cards=tuple(claimed.card(card) for card in shown),
        edge=tuple(claimed.card(card) for card in inventory.edge),
        side_row=tuple(claimed.card(card) for card in side_row),
        arrows=tuple(claimed.arrow(arrow) for arrow in (*arrows, *copies)),
        shields={card.key: claimed.claim(card.groups) for card in shown if card.groups},
    )
    left = [each.type for each in system.of() if each.name not in claimed.seen]
    return replace(drawn, note=_note(left))


def _in_zones(inventory: Inventory, cards: list[Card]) -> tuple[list[Card], list[Arrow]]:
    """Place an RDS instance in one zone, and its Multi-AZ standby in another."""
    zone = {subnet.key: subnet.zone for subnet in inventory.network.subnets}
    found, copies = [], []
    for card in cards:
        zones = list(dict.fromkeys(zone[key] for key in card.subnets))
        resource = inventory.system.resources.get(card.key)
        if not zones or resource is None or resource.type != INSTANCE:
            found.append(card)
            continue
        here, there = ([k for k in card.subnets if zone[k] == z] for z in (zones * 2)[:2])
        found.append(replace(card, subnets=tuple(here)))
        if len(zones) > 1 and resource.shown("MultiAZ").lower() == "true":
            key, line = f"{card.key}/standby", Line("takes over by itself")
            standby = Card(key, "database", "database", "Standby", DATA, (line,))
            found.append(replace(standby, subnets=tuple(there)))
            copies.append(Arrow(card.key, key, "synchronous", "copy"))
    return found, copies


class _Claimed:
    """Gives each resource to the first card or arrow that claims it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def claim(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Return the resources that were not claimed before."""
        new = tuple(key for key in dict.fromkeys(keys) if key not in self.seen)
        self.seen.update(new)
        return new

    def arrow(self, arrow: Arrow) -> Arrow:
        """Return the arrow with the rules that no earlier arrow shows."""
        return replace(arrow, resources=self.claim(arrow.resources))

    def card(self, card: Card) -> Card:
        """Return the card with the resources that no earlier card shows."""
        own = self.claim(card.resources)
        lines = tuple(
            replace(line, resources=self.claim(line.resources)) for line in card.lines
        )
        badges = tuple(replace(b, resources=self.claim(b.resources)) for b in card.badges)
        return replace(card, resources=own, lines=lines, badges=badges)


def _subtitle(system: System) -> str:
    stacks = len({resource.stack for resource in system.resources.values()})
    return f"{count(stacks, 'stack')}, {count(len(system.resources), 'resource')}"


def _note(left: list[str]) -> str:
    """Return what is not drawn, by type; the most frequent types by name."""
    if not left:
        return ""
    often = Counter(left).most_common()
    kinds = [f"{many} {kind.split('::')[-1]}" for kind, many in often[:NAMED]]
    names = ", ".join([*kinds, *(["..."] if len(often) > NAMED else [])])
    return f"Not drawn: {count(len(left), 'more resource')} ({names})"
