"""The network of the picture: the VPC, its zones and subnets, and the ways out."""

from collections import Counter
from dataclasses import replace

from cfnlink.picture.cards import WAY_OUT, names, service_of
from cfnlink.picture.model import Card, Line, Subnet
from cfnlink.system.network import (
    ASSOCIATION,
    ATTACHMENT,
    ENDPOINT,
    INTERNET,
    NAT,
    SUBNET,
    SUBNET_GROUPS,
    VPC,
    routes_of,
)
from cfnlink.system.resource import Resource, System

SPELT = {"s3": "S3", "dynamodb": "DynamoDB"}


class NetworkLayout:
    """The VPC with the most subnets. A resource of another VPC is drawn without a frame."""

    def __init__(self, system: System) -> None:
        self.system = system
        sizes = Counter(_vpc_of(subnet) for subnet in system.of(SUBNET))
        vpcs = [vpc for vpc in system.of(VPC) if sizes[vpc]]
        self.vpc = max(vpcs, key=lambda vpc: sizes[vpc], default=None)
        own = [subnet for subnet in system.of(SUBNET) if _vpc_of(subnet) is self.vpc]
        self.zones = tuple(sorted({_zone(subnet) for subnet in own}))
        self.subnets = self._grid(own) if self.vpc else ()

    def label(self) -> Line | None:
        """Return the label of the VPC's frame."""
        if self.vpc is None:
            return None
        return Line(f"VPC {self.vpc.shown('CidrBlock')}".strip(), (self.vpc.name,))

    def edge(self) -> list[Card]:
        """Return the cards on the VPC's border: internet gateway and gateway endpoints."""
        found: list[Card] = []
        if self.vpc is None:
            return found
        for gateway in self.system.of(INTERNET):
            attached = gateway.dependents(ATTACHMENT)
            parts = [each for each in attached if _vpc_of(each) is self.vpc]
            if parts:
                look = ("internet", "network", "internet gateway", WAY_OUT)
                found.append(Card(gateway.name, *look, (), names((gateway, *parts))))
        for endpoint in self.system.of(ENDPOINT):
            kind = endpoint.shown("VpcEndpointType") or "Gateway"
            if kind == "Gateway" and _vpc_of(endpoint) is self.vpc:
                service = service_of(endpoint)
                title = f"{SPELT.get(service, service)} endpoint"
                look = ("endpoint", "network", title, WAY_OUT)
                found.append(Card(endpoint.name, *look, (), (endpoint.name,)))
        return found

    def egress_targets(self, card: Card) -> list[str]:
        """Return the NAT gateways, or the internet gateway, of a card's subnets."""
        subnets = (self.system.resources[key] for key in card.subnets)
        found = [target for subnet in subnets for target in _egress_targets(subnet)]
        if "public address" not in (line.text for line in card.lines):
            found = [target for target in found if target.type != INTERNET]
        return list(dict.fromkeys(names(found)))

    def with_visible_subnets(self, card: Card) -> Card:
        """Return the card with only those of its subnets that are drawn."""
        drawn = {subnet.key for subnet in self.subnets}
        return replace(card, subnets=tuple(key for key in card.subnets if key in drawn))

    def _grid(self, subnets: list[Resource]) -> tuple[Subnet, ...]:
        numbers: Counter[tuple[str, str]] = Counter()
        found = []
        for subnet in subnets:
            kind, zone = _kind(subnet), _zone(subnet)
            place = (kind, numbers[kind, zone], self.zones.index(zone))
            found.append(Subnet(subnet.name, *place, subnet.shown("CidrBlock")))
            numbers[kind, zone] += 1
        return tuple(found)


def _egress_targets(subnet: Resource) -> list[Resource]:
    targets = (
        next(iter(route.named(NAT, INTERNET)), None) for route in routes_of(subnet) or ()
    )
    return [target for target in targets if target]


def _kind(subnet: Resource) -> str:
    if any(target.type == INTERNET for target in _egress_targets(subnet)):
        return "public"
    users = {user.type for user in subnet.dependents()}
    if users & set(SUBNET_GROUPS) and users <= {*SUBNET_GROUPS, ASSOCIATION}:
        return "database"
    return "public" if subnet.shown("MapPublicIpOnLaunch").lower() == "true" else "private"


def _zone(subnet: Resource) -> str:
    """Return the zone's id or name; its number if AWS chooses the zone."""
    for key in ("AvailabilityZoneId", "AvailabilityZone"):
        if text := subnet.shown(key):
            return text
    select = subnet.expression("AvailabilityZone", "Fn::Select", 0)
    return f"{int(select) + 1}" if str(select).isdigit() else "?"


def _vpc_of(resource: Resource) -> Resource | None:
    return resource.system.first_named(resource.expression("VpcId"), VPC)
