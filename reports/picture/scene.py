"""From a system to what is drawn of it: found by type and by reference, never by name."""

from collections import Counter
from dataclasses import replace

from checks.link import System
from reports.picture.arrows import Arrows
from reports.picture.card import DATA, count
from reports.picture.cast import Cast
from reports.picture.facts import Facts
from reports.picture.model import CLIENT, Arrow, Card, Line, Scene
from reports.picture.watch import Watch

INSTANCE = "AWS::RDS::DBInstance"
NAMED = 5  # so many of the types that are not drawn are named


def scene(system: System, title: str) -> Scene:
    """Everything that the picture shows of a system, each resource once."""
    cast = Cast(Facts(system))
    arrows = Arrows(cast).all()
    badges = Watch(cast).badges()
    request = [Card(CLIENT, CLIENT, "plain", "Client", 0), *cast.records, *cast.cards]
    shown = [replace(card, badges=badges.get(card.key, ())) for card in request]
    shown, copies = _in_zones(cast, shown)
    strip = [replace(c, lines=(*c.lines, *badges.get(c.key, ()))) for c in cast.strip]
    once, vpc = _Once(), cast.ground.label()
    drawn = Scene(
        title=title,
        subtitle=_subtitle(system),
        note="",
        vpc=replace(vpc, resources=once.take(vpc.resources)) if vpc else None,
        zones=cast.ground.zones,
        subnets=tuple(s for s in cast.ground.subnets if once.take((s.key,))),
        cards=tuple(once.card(card) for card in shown),
        edge=tuple(once.card(card) for card in cast.edge),
        strip=tuple(once.card(card) for card in strip),
        arrows=tuple(once.arrow(arrow) for arrow in (*arrows, *copies)),
        shields={card.key: once.take(card.groups) for card in shown if card.groups},
    )
    left = [cast.facts.type(key) for key in system.resources if key not in once.seen]
    return replace(drawn, note=_note(left))


def _in_zones(cast: Cast, cards: list[Card]) -> tuple[list[Card], list[Arrow]]:
    """An instance of RDS lives in one zone; with Multi-AZ its standby in another."""
    zone = {subnet.key: subnet.zone for subnet in cast.ground.subnets}
    found, copies = [], []
    for card in cards:
        zones = list(dict.fromkeys(zone[key] for key in card.subnets))
        if not zones or cast.facts.type(card.key) != INSTANCE:
            found.append(card)
            continue
        here, there = ([k for k in card.subnets if zone[k] == z] for z in (zones * 2)[:2])
        found.append(replace(card, subnets=tuple(here)))
        if len(zones) > 1 and cast.facts.true(card.key, "MultiAZ"):
            key, line = f"{card.key}/standby", Line("takes over by itself")
            standby = Card(key, "database", "database", "Standby", DATA, (line,))
            found.append(replace(standby, subnets=tuple(there)))
            copies.append(Arrow(card.key, key, "synchronous", "copy"))
    return found, copies


class _Once:
    """Gives each resource to the first who shows it."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def take(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        """Those that nobody has shown yet."""
        new = tuple(key for key in dict.fromkeys(keys) if key not in self.seen)
        self.seen.update(new)
        return new

    def arrow(self, arrow: Arrow) -> Arrow:
        """The arrow with the rules that no other one shows."""
        return replace(arrow, resources=self.take(arrow.resources))

    def card(self, card: Card) -> Card:
        """The card with what nobody has shown yet."""
        own = self.take(card.resources)
        lines = tuple(replace(line, resources=self.take(line.resources)) for line in card.lines)
        badges = tuple(replace(b, resources=self.take(b.resources)) for b in card.badges)
        return replace(card, resources=own, lines=lines, badges=badges)


def _subtitle(system: System) -> str:
    stacks = len({resource.stack for resource in system.resources.values()})
    return f"{count(stacks, 'stack')}, {count(len(system.resources), 'resource')}"


def _note(left: list[str]) -> str:
    """What is not drawn, by type; the most frequent ones by name."""
    if not left:
        return ""
    often = Counter(left).most_common()
    kinds = [f"{many} {kind.split('::')[-1]}" for kind, many in often[:NAMED]]
    told = ", ".join([*kinds, *(["..."] if len(often) > NAMED else [])])
    return f"Not drawn: {count(len(left), 'more resource')} ({told})"
