"""Network tier: a VPC in two zones, and the way out of it.

Public subnets, both kinds of private ones and all route tables exist for every way out. So
the way out can change later without a change of what other stacks import.
"""

from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network

from troposphere import AWSHelperFn, Tags, ec2

from templates.network_exits import add_endpoints, add_nat, s3_endpoint
from templates.parts import EVERYWHERE
from templates.settings import Settings
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
    network = settings.network
    subnets = partial(_subnets, stack, vpc, network.zones)
    public_a, public_b = subnets(("PublicSubnetA", "PublicSubnetB"), network.public_cidrs)
    private_a, private_b = subnets(("PrivateSubnetA", "PrivateSubnetB"), network.private_cidrs)
    database_a, database_b = subnets(
        ("DatabaseSubnetA", "DatabaseSubnetB"), network.database_cidrs
    )
    public_routes, internet = _public_routes(stack, vpc, [public_a, public_b])
    private_routes = _private_routes(stack, vpc, [private_a, private_b])
    _database_routes(stack, vpc, [database_a, database_b])
    stack.add(s3_endpoint(vpc, [public_routes, *private_routes]))
    if settings.network.egress == "nat":
        add_nat(stack, settings.network, internet, [public_a, public_b], private_routes)
    if settings.network.egress == "endpoints":
        add_endpoints(stack, settings, vpc, [private_a, private_b])

    return publish(
        Network,
        stack,
        vpc=vpc.ref(),
        public_subnet_a=public_a.ref(),
        public_subnet_b=public_b.ref(),
        private_subnet_a=private_a.ref(),
        private_subnet_b=private_b.ref(),
        database_subnet_a=database_a.ref(),
        database_subnet_b=database_b.ref(),
    )


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
