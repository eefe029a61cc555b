"""Arrows: the path of a request, permitted connections, and secrets that tasks read."""

from collections.abc import Iterator

from cfnlink.picture.cards import BALANCING, COMPUTE, DATA, GATEWAY, LINK, WAY_OUT
from cfnlink.picture.inventory import Inventory
from cfnlink.picture.model import CLIENT, Arrow, Card
from cfnlink.system.compute import container_ports
from cfnlink.system.expressions import number
from cfnlink.system.network import INTERNET, NAT, NetworkPlace
from cfnlink.system.resource import Resource
from cfnlink.system.security_groups import (
    ALL_PORTS,
    IN,
    OUT,
    PermittedConnection,
    PermittedConnections,
)
from cfnlink.system.task_runs import tasks_of

ROUTES = ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Integration")
OPEN = PermittedConnection(*ALL_PORTS, ())  # to every client


class Arrows:
    """All arrows between the cards of an inventory."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.cards, self.resources = inventory.cards, inventory.system.resources
        self.connections = PermittedConnections(inventory.system)

    def all(self) -> list[Arrow]:
        """Return all arrows, those of the request first."""
        return [*self._path(), *self._permitted(), *self._egress(), *self._secret_reads()]

    def _path(self) -> Iterator[Arrow]:
        """Yield the arrows from the client to the gateway's way into the VPC, by reference."""
        records = self.inventory.records
        named = {card.key.removesuffix("/name"): card.key for card in records}
        yield from (Arrow(CLIENT, card.key) for card in records)
        for card in self.cards:
            if connection := self._entry(card):
                source = named.get(card.key, CLIENT)
                yield (
                    _permit(source, card.key, connection)
                    if card.groups
                    else Arrow(source, card.key)
                )
        for card in self.cards:
            yield from self._onward(card)

    def _onward(self, card: Card) -> Iterator[Arrow]:
        """Yield the arrows from a gateway, link or balancer to what it refers to."""
        if card.rank == GATEWAY:
            yield from self._to_targets(card)
        if card.rank == LINK and not card.groups:
            found = self.inventory.owners(self.resources[card.key].dependencies)
            yield from (Arrow(card.key, other.key) for other in self.cards if other in found)
        if card.rank == BALANCING and not card.groups:
            parts = self.inventory.parts(card)
            users = {user.name for part in parts for user in part.dependents()}
            served = [other for other in self.cards if users & {*other.parts()}]
            yield from (Arrow(card.key, o.key) for o in served if o.rank == COMPUTE)

    def _entry(self, card: Card) -> PermittedConnection | None:
        """Return how the client reaches a card: gateways are open, balancers by their rules."""
        if card.rank == GATEWAY:
            return OPEN
        if card.rank != BALANCING or not _is_facing(self.resources[card.key]):
            return None
        place = self._place(card)
        return self.connections.with_anywhere(place, IN) if card.groups else OPEN

    def _to_targets(self, card: Card) -> Iterator[Arrow]:
        """The first card behind each of a gateway's methods, or behind the gateway itself."""
        api = self.resources[card.key]
        targets: dict[str, None] = {}
        for resource in api.dependents(*ROUTES) or [api]:
            found = self.inventory.owners(resource.named())
            behind = [other for other in found if other.rank > GATEWAY]
            if behind:
                targets[min(behind, key=lambda other: other.rank).key] = None
        yield from (Arrow(card.key, target) for target in targets)

    def _place(self, card: Card) -> NetworkPlace:
        known = self.resources
        groups = tuple(known[key] for key in card.groups)
        return NetworkPlace(groups, tuple(known[key] for key in card.subnets))

    def _permitted(self) -> Iterator[Arrow]:
        """Yield what security-group rules permit between two cards, and data outside
        the VPC."""
        inside = [
            (card, self._place(card))
            for card in self.cards
            if card.groups and card.rank < WAY_OUT
        ]
        for source, start in inside:
            for target, end in inside:
                connection = self.connections.between(start, end) if source != target else None
                if connection and self._listens(target, connection):
                    yield _permit(source.key, target.key, connection)
        outside = [other for other in self.cards if other.rank == DATA and not other.groups]
        for card in self.cards:
            if card.rank == COMPUTE or card in outside:
                parts = self.inventory.parts(card)
                found = self.inventory.owners([e for part in parts for e in part.dependencies])
                yield from (
                    Arrow(card.key, other.key)
                    for other in outside
                    if other in found and (card.rank == COMPUTE or self._is_alike(card, other))
                )

    def _listens(self, card: Card, connection: PermittedConnection) -> bool:
        """Whether something may listen there: the tasks of a worker or job map no port, though
        they have the security group of tasks that do."""
        tasks = [task for part in self.inventory.parts(card) for task in tasks_of(part)]
        ports = [number(port) for task in tasks for port in container_ports(task)]
        return not tasks or any(
            port is None or connection.first <= port <= connection.last for port in ports
        )

    def _is_alike(self, card: Card, other: Card) -> bool:
        """Whether two cards are other resources of one type: a queue and its dead letters."""
        types = {self.resources[key].type for key in (card.key, other.key)}
        return card is not other and len(types) == 1

    def _egress(self) -> Iterator[Arrow]:
        """Yield the arrows from tasks to a NAT or internet gateway that route and
        rule permit."""
        edge, network = self.inventory.edge, self.inventory.network
        drawn = {other.key for other in (*self.cards, *edge)}
        for card in self.cards:
            if card.rank != COMPUTE or card.below:
                continue
            if found := [*self.connections.each_with_anywhere(self._place(card), OUT)]:
                for target in network.egress_targets(card):
                    if target in drawn:
                        yield _permit(card.key, target, *found)
        gateways = [card.key for card in edge if self.resources[card.key].type == INTERNET]
        for card in self.cards:
            if card.key in self.resources and self.resources[card.key].type == NAT:
                yield from (Arrow(card.key, gateway) for gateway in gateways[:1])

    def _secret_reads(self) -> Iterator[Arrow]:
        """Yield quiet arrows from supporting resources to the tasks that read them."""
        for card in self.inventory.side_row:
            found = self.inventory.owners(self.resources[card.key].dependents())
            for reader in self.cards:
                if reader in found and reader.rank == COMPUTE:
                    yield Arrow(card.key, reader.key, style="quiet")


def _permit(source: str, target: str, *connections: PermittedConnection) -> Arrow:
    label = ", ".join(dict.fromkeys(each.label for each in connections))
    rules = tuple(rule for each in connections for rule in each.resources)
    return Arrow(source, target, label, "permit", rules)


def _is_facing(balancer: Resource) -> bool:
    """Whether clients of the internet may reach a load balancer."""
    is_balancer = balancer.type.endswith("::LoadBalancer")
    return is_balancer and balancer.shown("Scheme") != "internal"
