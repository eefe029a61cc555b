"""The arrows: the way of a request, what security groups permit, what tasks read."""

from collections.abc import Iterator

from reports.picture.card import BALANCER, COMPUTE, DATA, GATEWAY, LINK, WAY_OUT
from reports.picture.cast import Cast
from reports.picture.ground import INTERNET, NAT
from reports.picture.model import CLIENT, Arrow, Card
from reports.picture.permits import ANY, Permits, Step

ROUTES = ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration")
OPEN = Step(ANY, ())  # to whoever knows the name


class Arrows:
    """All arrows between the cards of a cast."""

    def __init__(self, cast: Cast) -> None:
        self.facts, self.ground, self.cards = cast.facts, cast.ground, cast.cards
        self.owner, self.records, self.strip = cast.owner, cast.records, cast.strip
        self.edge = cast.edge
        self.permits = Permits(cast.facts)

    def all(self) -> list[Arrow]:
        """Those of the request first."""
        return [*self._path(), *self._steps(), *self._ways_out(), *self._readings()]

    def _path(self) -> Iterator[Arrow]:
        """From the client to the gateway's way into the VPC, by reference."""
        named = {card.key.removesuffix("/name"): card for card in self.records}
        yield from (Arrow(CLIENT, card.key) for card in self.records)
        for card in self.cards:
            source = named[card.key].key if card.key in named else CLIENT
            step = self._entry(card)
            if step is None:
                continue
            style = "permit" if card.groups else "path"
            label = step.label if card.groups else ""
            yield Arrow(source, card.key, label, style, step.resources)
        for card in self.cards:
            if card.rank == GATEWAY:
                yield from self._onward(card)
            if card.rank == LINK and not card.groups:
                found = {self.owner.get(used) for used in self.facts.uses[card.key]}
                targets = [other for other in self.cards if other in found]
                yield from (Arrow(card.key, other.key) for other in targets)
            if card.rank == BALANCER and not card.groups:
                users = {
                    user for part in card.parts() for user in self.facts.users.get(part, ())
                }
                served = dict.fromkeys(o for o in self.cards if users & {*o.parts()})
                yield from (Arrow(card.key, o.key) for o in served if o.rank == COMPUTE)

    def _entry(self, card: Card) -> Step | None:
        """How the client comes to a card: gateways are open, balancers where rules let in."""
        if card.rank == GATEWAY:
            return OPEN
        facing = self.facts.type(card.key).endswith("::LoadBalancer") and (
            self.facts.text(card.key, "Scheme") != "internal"
        )
        if card.rank != BALANCER or not facing:
            return None
        return self.permits.outside(card, inward=True) if card.groups else OPEN

    def _onward(self, card: Card) -> Iterator[Arrow]:
        """The first card behind each of a gateway's methods, or behind the gateway itself."""
        users = self.facts.users_of(card.key, *ROUTES)
        targets: dict[str, None] = {}
        for key in users or [card.key]:
            found = (self.owner.get(used) for used in self.facts.refs(self.facts.get(key)))
            behind = [other for other in found if other and other.rank > GATEWAY]
            if behind:
                targets[min(behind, key=lambda other: other.rank).key] = None
        yield from (Arrow(card.key, target) for target in targets)

    def _steps(self) -> Iterator[Arrow]:
        """What security-group rules permit between two cards, and data outside the VPC."""
        inside = [card for card in self.cards if card.groups and card.rank < WAY_OUT]
        for source in inside:
            for target in inside:
                step = self.permits.step(source, target) if source != target else None
                if step:
                    parts = step.resources
                    yield Arrow(source.key, target.key, step.label, "permit", parts)
        for card in self.cards:
            if card.rank == COMPUTE:
                found = {self.owner.get(used) for used in self._used_by_parts(card)}
                outside = [
                    o for o in self.cards if o in found and o.rank == DATA and not o.groups
                ]
                yield from (Arrow(card.key, other.key) for other in outside)

    def _used_by_parts(self, card: Card) -> Iterator[str]:
        for part in card.parts():
            yield from self.facts.uses[part]

    def _ways_out(self) -> Iterator[Arrow]:
        """From the tasks to NAT or internet gateway, where route and rule allow it."""
        for card in self.cards:
            step = self.permits.outside(card, inward=False) if card.rank == COMPUTE else None
            if step and not card.below:
                drawn = {other.key for other in (*self.cards, *self.edge)}
                for exit_ in self.ground.exits(card):
                    if exit_ in drawn:
                        yield Arrow(card.key, exit_, step.label, "permit", step.resources)
        for card in self.cards:
            if self.facts.resources.get(card.key) and self.facts.type(card.key) == NAT:
                gateways = [c.key for c in self.edge if self.facts.type(c.key) == INTERNET]
                yield from (Arrow(card.key, gateway) for gateway in gateways[:1])

    def _readings(self) -> Iterator[Arrow]:
        """Quiet arrows from what stands aside to the tasks that read it."""
        for card in self.strip:
            found = {self.owner.get(user) for user in self.facts.users.get(card.key, ())}
            for reader in self.cards:
                if reader in found and reader.rank == COMPUTE:
                    yield Arrow(card.key, reader.key, style="quiet")
