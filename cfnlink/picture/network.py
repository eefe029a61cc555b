"""The network of the picture: the VPC, its zones and subnets, and the ways out."""

from collections import Counter
from dataclasses import replace

from cfnlink.picture.card import SUBNET, SUBNET_GROUPS, WAY_OUT
from cfnlink.picture.cards import endpoint_service
from cfnlink.picture.facts import Facts
from cfnlink.picture.model import Card, Line, Subnet

TABLE_OF = "AWS::EC2::SubnetRouteTableAssociation"
ROUTE = "AWS::EC2::Route"
INTERNET = "AWS::EC2::InternetGateway"
NAT = "AWS::EC2::NatGateway"
SPELT = {"s3": "S3", "dynamodb": "DynamoDB"}


class NetworkLayout:
    """The VPC with the most subnets. A resource of another VPC is drawn without a frame."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        sizes = Counter(self._vpc_of(key) for key in facts.of(SUBNET))
        vpcs = [vpc for vpc in facts.of("AWS::EC2::VPC") if sizes[vpc]]
        self.vpc = max(vpcs, key=lambda vpc: sizes[vpc], default=None)
        own = [key for key in facts.of(SUBNET) if self._vpc_of(key) == self.vpc]
        self.zones = tuple(sorted({self._zone(key) for key in own}))
        self.subnets = self._grid(own) if self.vpc else ()

    def label(self) -> Line | None:
        """Return the label of the VPC's frame."""
        if self.vpc is None:
            return None
        return Line(f"VPC {self.facts.text(self.vpc, 'CidrBlock')}".strip(), (self.vpc,))

    def edge(self) -> list[Card]:
        """Return the cards on the VPC's border: internet gateway and gateway endpoints."""
        facts, found = self.facts, []
        if self.vpc is None:
            return []
        for gateway in facts.of(INTERNET):
            attached = facts.users_of(gateway, "AWS::EC2::VPCGatewayAttachment")
            parts = [key for key in attached if self._vpc_of(key) == self.vpc]
            if parts:
                resources = (gateway, *parts)
                look = ("internet", "network", "internet gateway", WAY_OUT)
                found.append(Card(gateway, *look, (), resources))
        for key in facts.of("AWS::EC2::VPCEndpoint"):
            kind = facts.text(key, "VpcEndpointType") or "Gateway"
            if kind == "Gateway" and self._vpc_of(key) == self.vpc:
                service = endpoint_service(facts, key)
                title = f"{SPELT.get(service, service)} endpoint"
                found.append(Card(key, "endpoint", "network", title, WAY_OUT, (), (key,)))
        return found

    def egress_targets(self, card: Card) -> list[str]:
        """Return the NAT gateways, or the internet gateway, of a card's subnets."""
        found = [target for subnet in card.subnets for target in self._egress_targets(subnet)]
        if "public address" not in (line.text for line in card.lines):
            found = [key for key in found if self.facts.type(key) != INTERNET]
        return list(dict.fromkeys(found))

    def with_visible_subnets(self, card: Card) -> Card:
        """Return the card with only those of its subnets that are drawn."""
        drawn = {subnet.key for subnet in self.subnets}
        return replace(card, subnets=tuple(key for key in card.subnets if key in drawn))

    def _egress_targets(self, subnet: str) -> list[str]:
        facts = self.facts
        tables = [
            table
            for key in facts.users_of(subnet, TABLE_OF)
            if (table := facts.first(facts.get(key), "AWS::EC2::RouteTable"))
        ]
        routes = [route for table in tables for route in facts.users_of(table, ROUTE)]
        found = (facts.first(facts.get(route), NAT, INTERNET) for route in routes)
        return [key for key in found if key]

    def _grid(self, keys: list[str]) -> tuple[Subnet, ...]:
        numbers: Counter[tuple[str, str]] = Counter()
        found = []
        for key in keys:
            kind, zone = self._kind(key), self._zone(key)
            place = (kind, numbers[kind, zone], self.zones.index(zone))
            found.append(Subnet(key, *place, self.facts.text(key, "CidrBlock")))
            numbers[kind, zone] += 1
        return tuple(found)

    def _kind(self, subnet: str) -> str:
        facts = self.facts
        if any(facts.type(key) == INTERNET for key in self._egress_targets(subnet)):
            return "public"
        users = {facts.type(user) for user in facts.users.get(subnet, ())}
        if users & set(SUBNET_GROUPS) and users <= {*SUBNET_GROUPS, TABLE_OF}:
            return "database"
        return "public" if facts.true(subnet, "MapPublicIpOnLaunch") else "private"

    def _zone(self, subnet: str) -> str:
        """Return the zone's id or name; its number if AWS chooses the zone."""
        facts = self.facts
        for name in ("AvailabilityZoneId", "AvailabilityZone"):
            if text := facts.text(subnet, name):
                return text
        select = facts.get(subnet, "AvailabilityZone", "Fn::Select", 0)
        return f"{int(select) + 1}" if str(select).isdigit() else "?"

    def _vpc_of(self, key: str) -> str | None:
        return self.facts.first(self.facts.get(key, "VpcId"), "AWS::EC2::VPC")
