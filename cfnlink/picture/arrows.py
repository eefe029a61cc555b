"""Arrows: the path of a request, permitted connections, and secrets that tasks read."""

from collections.abc import Iterator

from cfnlink.picture.card import BALANCER, COMPUTE, DATA, GATEWAY, LINK, WAY_OUT
from cfnlink.picture.connections import ANY, Connection, Connections
from cfnlink.picture.inventory import Inventory
from cfnlink.picture.model import CLIENT, Arrow, Card
from cfnlink.picture.network import INTERNET, NAT

ROUTES = ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration")
OPEN = Connection(ANY, ())  # to every client


class Arrows:
    """All arrows between the cards of an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.facts, self.network, self.cards = (
            inventory.facts,
            inventory.network,
            inventory.cards,
        )
        self.owner, self.records, self.side_row = (
            inventory.owner,
            inventory.records,
            inventory.side_row,
        )
        self.edge = inventory.edge
        self.connections = Connections(inventory.facts)

    def all(self) -> list[Arrow]:
        """Return all arrows, those of the request first."""
        return [*self._path(), *self._permitted(), *self._egress(), *self._secret_reads()]

    def _path(self) -> Iterator[Arrow]:
        """Yield the arrows from the client to the gateway's way into the VPC, by reference."""
        named = {card.key.removesuffix("/name"): card for card in self.records}
        yield from (Arrow(CLIENT, card.key) for card in self.records)
        for card in self.cards:
            source = named[card.key].key if card.key in named else CLIENT
            connection = self._entry(card)
            if connection is None:
                continue
            style = "permit" if card.groups else "path"
            label = connection.label if card.groups else ""
            yield Arrow(source, card.key, label, style, connection.resources)
        for card in self.cards:
            if card.rank == GATEWAY:
                yield from self._to_targets(card)
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

    def _entry(self, card: Card) -> Connection | None:
        """Return how the client reaches a card: gateways are open, balancers by their rules."""
        if card.rank == GATEWAY:
            return OPEN
        facing = self.facts.type(card.key).endswith("::LoadBalancer") and (
            self.facts.text(card.key, "Scheme") != "internal"
        )
        if card.rank != BALANCER or not facing:
            return None
        return self.connections.open_to_internet(card, ingress=True) if card.groups else OPEN

    def _to_targets(self, card: Card) -> Iterator[Arrow]:
        """The first card behind each of a gateway's methods, or behind the gateway itself."""
        users = self.facts.users_of(card.key, *ROUTES)
        targets: dict[str, None] = {}
        for key in users or [card.key]:
            found = (self.owner.get(used) for used in self.facts.refs(self.facts.get(key)))
            behind = [other for other in found if other and other.rank > GATEWAY]
            if behind:
                targets[min(behind, key=lambda other: other.rank).key] = None
        yield from (Arrow(card.key, target) for target in targets)

    def _permitted(self) -> Iterator[Arrow]:
        """Yield what security-group rules permit between two cards, and data outside
        the VPC."""
        inside = [card for card in self.cards if card.groups and card.rank < WAY_OUT]
        for source in inside:
            for target in inside:
                connection = (
                    self.connections.between(source, target) if source != target else None
                )
                if connection:
                    parts = connection.resources
                    yield Arrow(source.key, target.key, connection.label, "permit", parts)
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

    def _egress(self) -> Iterator[Arrow]:
        """Yield the arrows from tasks to a NAT or internet gateway that route and
        rule permit."""
        for card in self.cards:
            connection = (
                self.connections.open_to_internet(card, ingress=False)
                if card.rank == COMPUTE
                else None
            )
            if connection and not card.below:
                drawn = {other.key for other in (*self.cards, *self.edge)}
                for target in self.network.egress_targets(card):
                    if target in drawn:
                        yield Arrow(
                            card.key, target, connection.label, "permit", connection.resources
                        )
        for card in self.cards:
            if self.facts.resources.get(card.key) and self.facts.type(card.key) == NAT:
                gateways = [c.key for c in self.edge if self.facts.type(c.key) == INTERNET]
                yield from (Arrow(card.key, gateway) for gateway in gateways[:1])

    def _secret_reads(self) -> Iterator[Arrow]:
        """Yield quiet arrows from supporting resources to the tasks that read them."""
        for card in self.side_row:
            found = {self.owner.get(user) for user in self.facts.users.get(card.key, ())}
            for reader in self.cards:
                if reader in found and reader.rank == COMPUTE:
                    yield Arrow(card.key, reader.key, style="quiet")
