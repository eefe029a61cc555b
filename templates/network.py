"""Network tier: a VPC in two zones, and the way out of it.

Public subnets, both kinds of private ones and all route tables exist for every way out. So
the way out can change later without a change of what other stacks import.

docs/decisions/0006-way-out.md has the reasons.
"""

from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network

from troposphere import AWSHelperFn, Tags, ec2

from templates.network_exits import add_endpoints, add_nat, s3_endpoint
from templates.parts import EVERYWHERE
from templates.settings import NetworkSettings, Settings
from templates.stack import Stack, Tier, publish


@dataclass(frozen=True, kw_only=True)
class Network(Tier):
    """What the other tiers may use."""

    vpc: AWSHelperFn
    public_subnet_a: AWSHelperFn
    public_subnet_b: AWSHelperFn
    private_subnet_a: AWSHelperFn
    private_subnet_b: AWSHelperFn
    database_subnet_a: AWSHelperFn
    database_subnet_b: AWSHelperFn

    @property
    def public_subnets(self) -> list[AWSHelperFn]:
        """Return one in each zone, with a route to the internet."""
        return [self.public_subnet_a, self.public_subnet_b]

    @property
    def private_subnets(self) -> list[AWSHelperFn]:
        """Return one in each zone, with a way out only behind NAT gateways."""
        return [self.private_subnet_a, self.private_subnet_b]

    @property
    def database_subnets(self) -> list[AWSHelperFn]:
        """Return one in each zone, without a way out."""
        return [self.database_subnet_a, self.database_subnet_b]


def network_tier(settings: Settings) -> Network:
    """Two zones, three kinds of subnet, one way out."""
    stack = Stack.of(settings, "network", "A VPC in two zones.")

    vpc = stack.add(_vpc(settings))
    subnets = _add_subnets(stack, settings.network, vpc)
    _add_routes(stack, settings, vpc, subnets)

    return publish(
        Network,
        stack,
        vpc=vpc.ref(),
        public_subnet_a=subnets.public[0].ref(),
        public_subnet_b=subnets.public[1].ref(),
        private_subnet_a=subnets.private[0].ref(),
        private_subnet_b=subnets.private[1].ref(),
        database_subnet_a=subnets.database[0].ref(),
        database_subnet_b=subnets.database[1].ref(),
    )


@dataclass(frozen=True)
class _Subnets:
    """Two subnets of each kind, one in each zone."""

    public: tuple[ec2.Subnet, ec2.Subnet]
    private: tuple[ec2.Subnet, ec2.Subnet]
    database: tuple[ec2.Subnet, ec2.Subnet]


def _add_subnets(stack: Stack, network: NetworkSettings, vpc: ec2.VPC) -> _Subnets:
    subnets = partial(_subnets, stack, vpc, network.zones)
    return _Subnets(
        subnets(("PublicSubnetA", "PublicSubnetB"), network.public_cidrs),
        subnets(("PrivateSubnetA", "PrivateSubnetB"), network.private_cidrs),
        subnets(("DatabaseSubnetA", "DatabaseSubnetB"), network.database_cidrs),
    )


def _add_routes(stack: Stack, settings: Settings, vpc: ec2.VPC, subnets: _Subnets) -> None:
    """Add the routes of each kind of subnet, and the way out that the settings choose."""
    public, private = [*subnets.public], [*subnets.private]
    public_routes, internet = _public_routes(stack, vpc, public)
    private_routes = _private_routes(stack, vpc, private)
    _database_routes(stack, vpc, [*subnets.database])
    stack.add(s3_endpoint(vpc, [public_routes, *private_routes]))
    if settings.network.egress == "nat":
        add_nat(stack, settings.network, internet, public, private_routes)
    if settings.network.egress == "endpoints":
        add_endpoints(stack, settings, vpc, private)


def _vpc(settings: Settings) -> ec2.VPC:
    """With DNS names, which interface endpoints and the load balancer need."""
    return ec2.VPC(
        "Vpc",
        CidrBlock=str(settings.network.cidr),
        EnableDnsSupport=True,
        EnableDnsHostnames=True,
        Tags=Tags(Name=settings.system),
    )


def _subnets(
    stack: Stack,
    vpc: ec2.VPC,
    zones: tuple[str, str],
    ids: tuple[str, str],
    cidrs: tuple[IPv4Network, IPv4Network],
) -> tuple[ec2.Subnet, ec2.Subnet]:
    """Add a subnet in each zone."""
    first, second = (
        stack.add(_subnet(logical_id, vpc, zone, cidr))
        for logical_id, zone, cidr in zip(ids, zones, cidrs, strict=True)
    )
    return first, second


def _subnet(logical_id: str, vpc: ec2.VPC, zone: str, cidr: IPv4Network) -> ec2.Subnet:
    """Placed by zone id, which names the same zone in every account."""
    return ec2.Subnet(
        logical_id,
        VpcId=vpc.ref(),
        AvailabilityZoneId=zone,
        CidrBlock=str(cidr),
        MapPublicIpOnLaunch=False,
        Tags=Tags(Name=logical_id),
    )


def _public_routes(
    stack: Stack, vpc: ec2.VPC, subnets: list[ec2.Subnet]
) -> tuple[ec2.RouteTable, ec2.Route]:
    """The public table, and the route that gives access to the internet."""
    first, second = subnets
    gateway = stack.add(ec2.InternetGateway("InternetGateway"))
    attachment = stack.add(_attachment(vpc, gateway))
    table = stack.add(_route_table("PublicRouteTable", vpc))
    internet = stack.add(_default_route(table, gateway, attachment))
    stack.add(_association("PublicRoutesA", first, table))
    stack.add(_association("PublicRoutesB", second, table))
    return table, internet


def _private_routes(
    stack: Stack, vpc: ec2.VPC, subnets: list[ec2.Subnet]
) -> list[ec2.RouteTable]:
    """A table for each zone, so that a second NAT gateway needs only another route."""
    first, second = subnets
    table_a = stack.add(_route_table("PrivateRouteTableA", vpc))
    table_b = stack.add(_route_table("PrivateRouteTableB", vpc))
    stack.add(_association("PrivateRoutesA", first, table_a))
    stack.add(_association("PrivateRoutesB", second, table_b))
    return [table_a, table_b]


def _database_routes(stack: Stack, vpc: ec2.VPC, subnets: list[ec2.Subnet]) -> None:
    """A table without a route: the VPC's main table may get one later."""
    first, second = subnets
    table = stack.add(_route_table("DatabaseRouteTable", vpc))
    stack.add(_association("DatabaseRoutesA", first, table))
    stack.add(_association("DatabaseRoutesB", second, table))


def _attachment(vpc: ec2.VPC, gateway: ec2.InternetGateway) -> ec2.VPCGatewayAttachment:
    return ec2.VPCGatewayAttachment(
        "InternetGatewayAttachment", VpcId=vpc.ref(), InternetGatewayId=gateway.ref()
    )


def _route_table(logical_id: str, vpc: ec2.VPC) -> ec2.RouteTable:
    return ec2.RouteTable(logical_id, VpcId=vpc.ref(), Tags=Tags(Name=logical_id))


def _association(
    logical_id: str, subnet: ec2.Subnet, table: ec2.RouteTable
) -> ec2.SubnetRouteTableAssociation:
    return ec2.SubnetRouteTableAssociation(
        logical_id, SubnetId=subnet.ref(), RouteTableId=table.ref()
    )


def _default_route(
    table: ec2.RouteTable,
    gateway: ec2.InternetGateway,
    attachment: ec2.VPCGatewayAttachment,
) -> ec2.Route:
    """Waits for the attachment of the gateway to the VPC."""
    return ec2.Route(
        "PublicDefaultRoute",
        DependsOn=[attachment.title],
        RouteTableId=table.ref(),
        DestinationCidrBlock=EVERYWHERE,
        GatewayId=gateway.ref(),
    )
