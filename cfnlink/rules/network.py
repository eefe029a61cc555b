"""Networks: zones, addresses, one VPC, routes, and no unused resources."""

import ipaddress
import re
from typing import Any

from cfnlink.aws.catalogue import facts, link_zones
from cfnlink.lint.conditions import matches, none_of
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.network import (
    ASSOCIATION,
    ATTACHMENT,
    BALANCER,
    EC2,
    GROUP,
    LIES_IN,
    LINK,
    LISTENER,
    LISTENER_RULE,
    NAT,
    NETWORKS,
    ROUTE,
    SUBNET,
    TABLE,
    TARGETS,
    VPC,
    balancers_of,
    subnet_zones,
    vpc_of,
    zone,
    zones,
)
from cfnlink.system.network import INTERNET as GATEWAY
from cfnlink.system.resource import Resource

GATEWAY_DOCS = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
ELB_DOCS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/"
EC2_DOCS = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
VPC_DOCS = "https://docs.aws.amazon.com/vpc/latest/userguide/"
CFN_DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
DEPENDS_DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html"
MOUNT_TARGET = "AWS::EFS::MountTarget"
WITH_ZONES = tuple(name for name, row in NETWORKS.items() if row.zones > 1)
ONE_EACH = tuple(name for name, row in NETWORKS.items() if row.one_each)
PREFIXES = "DestinationPrefixListId"
ADDRESS, EDGE = f"{EC2}EIP", f"{EC2}GatewayRouteTableAssociation"
DEPLOYMENT = "AWS::CodeDeploy::DeploymentGroup"


def private(block: Any) -> bool:
    """Whether an address block is private and of a size that EC2 accepts, or unreadable."""
    try:
        network = ipaddress.IPv4Network(block)
    except ValueError:
        return True
    blocks = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
    within = any(network.subnet_of(ipaddress.IPv4Network(known)) for known in blocks)
    return within and 16 <= network.prefixlen <= 28


# fmt: off
vpc_has_private_addresses = property_rule(
    "W9129", (VPC, SUBNET), "CidrBlock", private,
    good="A VPC has private addresses.",
    why="EC2 accepts blocks of 16 to 65,536 addresses. A VPC with public addresses of another "
        "owner cannot reach that owner: take a block of 10/8, 172.16/12 or 192.168/16.",
    fix="take a private block between /16 and /28", docs=f"{VPC_DOCS}vpc-cidr-blocks.html",
)
vpc_resolves_names = property_rule(
    "E9149", VPC, "EnableDnsSupport", none_of(False),
    good="A VPC resolves names.",
    why="Without EnableDnsSupport, and without DHCP options that name other DNS servers, no "
        "resource in the VPC resolves a name: tasks reach neither ECR nor the database.",
    only_if=lambda vpc: not vpc.users(f"{EC2}VPCDHCPOptionsAssociation")
    and not vpc.is_exported,
    fix="set it to true", docs=f"{VPC_DOCS}AmazonDNS-concepts.html",
)
# fmt: on


def is_only_way_out(route: Resource) -> bool:
    """Whether a route leads to the internet, and its table has no other default route."""
    table, gateways = route.target("RouteTableId"), route.follow("GatewayId")
    out = not route.is_missing("NatGatewayId") or any(g.type == GATEWAY for g in gateways)
    others = [
        str(r.expression("DestinationCidrBlock")) for r in route.follow("RouteTableId", ROUTE)
    ]
    known = table is not None and not table.is_exported
    return out and known and "0.0.0.0/0" not in others


# fmt: off
default_route_is_wide = property_rule(
    "W9143", ROUTE, "DestinationCidrBlock", matches(r"(?!.*/32$).*"), only_if=is_only_way_out,
    good="A route to the internet leads to more than one address.",
    why="0.0.0.0/32 is one address, not all: if a table has no other route to the internet, "
        "its subnets reach that address only.",
    fix="for all write 0.0.0.0/0", docs=f"{VPC_DOCS}route-table-options.html",
)
# fmt: on


@rule("E9101", WITH_ZONES, f"{ELB_DOCS}APIReference/API_CreateLoadBalancer.html")
def subnets_lie_in_enough_zones(resource: Resource) -> Faults:
    """Load balancers, subnet groups of databases and proxies of RDS have subnets in two zones.
    An application load balancer, a subnet group of a database and a proxy need subnets of two
    Availability Zones or more. AWS rejects a list whose subnets lie in one zone, or that names
    one subnet twice."""
    row = NETWORKS[resource.type]
    path, least = row.subnets, row.zones
    if resource.type == BALANCER and resource.expression("Type") not in (None, "application"):
        return
    found = zones(resource, path)
    if len(found) < least and (found or resource.expression(*path.split(".")) == []):
        yield path.split("."), f"they lie in {len(found)} zone(s); name subnets of {least}"


@rule("E9900", ONE_EACH, f"{EC2_DOCS}errors-overview.html")
def each_zone_has_one_subnet(resource: Resource) -> Faults:
    """A load balancer and an interface endpoint have one subnet in each zone.
    AWS accepts one subnet of each Availability Zone: EC2 rejects a second one with
    DuplicateSubnetsInSameZone, and Elastic Load Balancing with InvalidConfigurationRequest."""
    path = NETWORKS[resource.type].subnets
    found = subnet_zones(resource, path)
    for index, each in enumerate(found):
        both = len({*found}) > 1 or resource.type not in WITH_ZONES
        if both and each in found[:index]:
            what = f"it lies in the zone of entry {found.index(each) + 1}; drop one of the two"
            yield [*path.split("."), index], what


@rule(
    "E9901",
    MOUNT_TARGET,
    "https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html",
)
def file_system_has_one_mount_target_in_a_zone(mount: Resource) -> Faults:
    """A file system has one mount target in each zone.
    EFS rejects a second mount target in an Availability Zone with MountTargetConflict."""
    files, subnet = mount.target("FileSystemId"), mount.target("SubnetId")
    here = zone(subnet) if subnet else None
    others = files.used_by(MOUNT_TARGET) if files else []
    for other in others[: others.index(mount)] if mount in others else []:
        there = other.target("SubnetId")
        both = {"Condition"} & ({*mount.body} | {*other.body})
        same = mount.expression("SubnetId") == other.expression("SubnetId")
        if (same or (there and here and zone(there) == here)) and not both:
            yield ["SubnetId"], f"{other.name} is in this zone already; take another zone"


@rule("E9102", LINK, f"{GATEWAY_DOCS}apigateway-vpc-links-v2.html")
def vpc_link_is_in_supported_zones(resource: Resource) -> Faults:
    """Subnets of a VPC link lie in zones where API Gateway has VPC links.
    API Gateway cannot place a VPC link in some Availability Zones: creating the link fails
    there. Take a subnet in another zone."""
    regions = facts("zones")["regions"]
    for path, subnet in resource.references_from("SubnetIds.*"):
        name = subnet.get("AvailabilityZoneId")
        for region, known in regions.items():
            usable = link_zones(region)
            if name in known["zones"] and name not in usable:
                yield path, f"{name} takes no VPC link; take one of {', '.join(usable)}"


ZONE_DOCS = f"{CFN_DOCS}aws-resource-ec2-subnet.html"
ZONE_NAME = r"[a-z]{2}(-[a-z]+)+-\d[a-z]"


@rule("E9192", SUBNET, ZONE_DOCS, formerly="E9103")
def zone_is_in_its_own_property(subnet: Resource) -> Faults:
    """The name and the id of a zone are in their own property.
    A zone name (us-east-1a) and a zone id (use1-az1) are two properties."""
    name, identity = subnet.get("AvailabilityZone"), subnet.get("AvailabilityZoneId")
    if "-az" in str(name):
        yield ["AvailabilityZone"], f"{name} is a zone id; name it in AvailabilityZoneId"
    if re.fullmatch(ZONE_NAME, str(identity)):
        yield ["AvailabilityZoneId"], f"{identity} is a zone name; use AvailabilityZone"


@rule("E9193", SUBNET, ZONE_DOCS, formerly="E9103")
def zones_are_of_one_region(subnet: Resource) -> Faults:
    """All subnets lie in zones of one region.
    All subnets of a VPC lie in its region. EC2 rejects other subnets."""
    identity = subnet.get("AvailabilityZoneId")
    others = [other.get("AvailabilityZoneId") for other in subnet.system.of(SUBNET)]
    first = next((str(other) for other in others if other), "")
    known = identity and not re.fullmatch(ZONE_NAME, str(identity))
    if known and str(identity).partition("-")[0] != first.partition("-")[0]:
        yield (
            ["AvailabilityZoneId"],
            f"{identity} is no zone id of the region of {first}; use one",
        )


@rule("E9104", tuple(LIES_IN), f"{VPC_DOCS}security-group-rules.html")
def resources_share_their_vpc(resource: Resource) -> Faults:
    """Subnets, security groups, route tables and target groups share their VPC.
    Resources that refer to each other lie in one VPC: EC2 rejects a security group, route
    table, target group or subnet of another VPC."""
    if GROUP in resource.type and resource.system.of(f"{EC2}VPCPeeringConnection"):
        return
    first: Resource | None = None
    for path, found in resource.references_from(*LIES_IN[resource.type].split()):
        vpc = vpc_of(found)
        first = first or vpc
        if first and vpc and vpc is not first:
            yield path, f"{found.name} lies in {vpc.name}; use one of {first.name}"


@rule(
    "E9105",
    ROUTE,
    "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html",
)
def route_has_one_target(route: Resource) -> Faults:
    """A route has one target.
    A route leads to one target: EC2 rejects a route with none or with two."""
    said = ("RouteTableId", "DestinationCidrBlock", "DestinationIpv6CidrBlock", PREFIXES)
    targets = [key for key in route.properties if key not in said and not route.is_missing(key)]
    if len(targets) != 1 and not route.undecided():
        yield ["RouteTableId"], f"{route.name} names {len(targets)} targets; name one"


@rule("E9106", ROUTE, f"{VPC_DOCS}VPC_Internet_Gateway.html")
def route_targets_attached_gateway(route: Resource) -> Faults:
    """An internet gateway with a route is attached to the VPC.
    An internet gateway serves the VPC to which a VPCGatewayAttachment attaches it. EC2
    rejects a route to a gateway without an attachment."""
    for gateway in route.follow("GatewayId"):
        anything = gateway.system.may_name_any(ATTACHMENT, "InternetGatewayId")
        unsure = gateway.type != GATEWAY or gateway.is_exported or anything
        if not unsure and not gateway.users(ATTACHMENT):
            yield ["GatewayId"], f"{gateway.name} has no VPCGatewayAttachment; add one"


@rule("W9107", (ROUTE, ADDRESS), DEPENDS_DOCS)
def resource_waits_for_the_attached_gateway(resource: Resource) -> Faults:
    """Internet routes and NAT addresses depend on the gateway's attachment.
    EC2 creates a route to an internet gateway, and a public address behind it, only after
    the gateway is attached to the VPC. CloudFormation does not know that order: state it in
    DependsOn."""
    attachments, path = resource.system.of(ATTACHMENT), list[Any]()
    if resource.type == ROUTE:
        attachments, path = resource.follow("GatewayId", ATTACHMENT), ["GatewayId"]
    if attachments and not any(map(resource.waits_for, attachments)):
        where = resource.depends_on_path if resource.depends_on else path
        yield where, f"it may come too early; let it depend on {attachments[0].name}"


def block_of(resource: Resource) -> ipaddress.IPv4Network | None:
    """Return the known addresses of a VPC or a subnet."""
    try:
        return ipaddress.IPv4Network(resource.get("CidrBlock"), strict=False)
    except (ValueError, TypeError):
        return None


def is_computed(*resources: Resource) -> bool:
    """Whether folding computed one of some blocks: cfn-lint compares those that are written."""
    return any(one.written("CidrBlock") != one.get("CidrBlock") for one in resources)


@rule("E9991", SUBNET, f"{EC2_DOCS}API_CreateSubnet.html")
def subnet_has_addresses_of_its_own(subnet: Resource) -> Faults:
    """A subnet has a part of the addresses of its VPC, which no other subnet has.
    EC2 refuses a block that overlaps another subnet of the VPC (InvalidSubnet.Conflict), and
    one outside of the VPC (InvalidSubnet.Range). The stack fails at the second subnet."""
    vpc, own = subnet.target("VpcId"), block_of(subnet)
    if own is None or vpc is None or "Condition" in subnet.body:
        return
    whole = block_of(vpc)
    more = vpc.users(f"{EC2}VPCCidrBlock") or not is_computed(vpc, subnet)
    if whole and not own.subnet_of(whole) and not more:
        yield ["CidrBlock"], f"{own} is outside of {vpc.name}, {whole}; take a part of it"
    for other in dict.fromkeys(vpc.used_by(SUBNET)):
        if other is subnet:
            return
        there = block_of(other) if "Condition" not in other.body else None
        if there and own.overlaps(there) and is_computed(other, subnet):
            yield ["CidrBlock"], f"{own} overlaps {other.name}; take another block"


# type -> properties whose values together may occur once
TAKES = {
    ROUTE: ("RouteTableId", "DestinationCidrBlock"),
    NAT: ("AllocationId",),
    LISTENER: ("LoadBalancerArn", "Port"),
    LISTENER_RULE: ("ListenerArn", "Priority"),
}


@rule("E9130", tuple(TAKES), f"{ELB_DOCS}APIReference/API_CreateListener.html")
def destination_port_or_priority_is_used_once(resource: Resource) -> Faults:
    """Destinations, ports, priorities and Elastic IPs are used once.
    A route table has one route to a destination, a load balancer one listener on a port, and
    a listener one rule of a priority. An Elastic IP serves one NAT gateway."""
    *_, key = TAKES[resource.type]
    if twin := resource.duplicate_of(*TAKES[resource.type]):
        yield [key], f"{twin.name} has this {key} already; take another"


# type -> types whose reference makes it used (none: any), path to report, fault and fix
USES: dict[str, tuple[tuple[str, ...], list[Any], str]] = {
    GROUP: ((), ["GroupDescription"], "has no members; attach it or remove it"),
    ADDRESS: ((), [], "is billed and unused; give it to a NAT gateway or remove it"),
    NAT: ((), [], "is billed and unused; add a route to it or remove it"),
    TABLE: ((ASSOCIATION, EDGE), ["VpcId"], "has no subnet; associate one"),
    SUBNET: ((ASSOCIATION,), ["VpcId"], "has no route table; associate one"),
    BALANCER: ((LISTENER,), ["Subnets"], "has no listener; add one or remove it"),
    TARGETS: ((LISTENER, LISTENER_RULE, DEPLOYMENT), ["Port"], "has no listener; add one"),
}


@rule("W9123", tuple(USES), f"{VPC_DOCS}vpc-eips.html")
def network_resource_is_used(resource: Resource) -> Faults:
    """Groups, addresses, gateways, route tables and balancers are used.
    An unused resource was left behind, or its connection was forgotten: a group without
    members; an address, NAT gateway or balancer that is billed and serves no resource; a
    subnet that uses the VPC's main route table."""
    kinds, path, what = USES[resource.type]
    elsewhere = resource.type in (TABLE, SUBNET) and not resource.system.of(ASSOCIATION)
    attached = {"InstanceId", "NetworkInterfaceId"} & {*resource.properties}
    if elsewhere or attached or resource.is_exported or "Condition" in resource.body:
        return
    if all(user.type.startswith(GROUP) for user in resource.used_by(*kinds)):
        yield path, f"{resource.name} {what}"


@rule("W9125", ROUTE, f"{VPC_DOCS}nat-gateway-basics.html")
def nat_gateway_is_in_the_zone_of_its_subnets(route: Resource) -> Faults:
    """A subnet uses the NAT gateway of its zone.
    AWS bills traffic to a NAT gateway in another zone per gigabyte, and the traffic stops
    when that zone fails: if the zone has a NAT gateway, route to it."""
    here = {zone(s) for s in route.follow("RouteTableId", ASSOCIATION, "SubnetId")}
    place = next((zone(s) for s in route.follow("NatGatewayId", "SubnetId")), None)
    for other in route.system.of(NAT) if place and place not in here else []:
        if {zone(subnet) for subnet in other.follow("SubnetId")} == here != {None}:
            yield ["NatGatewayId"], f"it is in another zone; take {other.name}"


ACL, ENTRY = f"{EC2}NetworkAcl", f"{EC2}NetworkAclEntry"


@rule("W9145", ACL, f"{VPC_DOCS}nacl-rules.html")
def network_acl_admits_answers(acl: Resource) -> Faults:
    """A network ACL has entries of both directions.
    A network ACL keeps no state and denies what no entry allows. With entries of one
    direction only it drops either requests or their answers."""
    found = acl.used_by(ENTRY)
    ways = {False if e.is_missing("Egress") else e.flag("Egress") for e in found}
    if len(ways) == 1 and None not in ways and not acl.is_exported:
        missing = "ingress" if True in ways else "egress"
        yield ["VpcId"], f"{acl.name} has no {missing} entry; add one"


@rule("E9147", BALANCER, f"{ELB_DOCS}application/load-balancer-ip-address-type.html")
def dualstack_has_ipv6_addresses(balancer: Resource) -> Faults:
    """The subnets of a dualstack load balancer have IPv6 blocks.
    A load balancer of IpAddressType dualstack takes an IPv6 address from each of its
    subnets: ELB rejects a subnet without an IPv6 block."""
    if not str(balancer.get("IpAddressType")).startswith("dualstack"):
        return
    for path, subnet in balancer.references_from("Subnets.*", "SubnetMappings.*.SubnetId"):
        ways = "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength"
        bare = subnet.type == SUBNET and all(map(subnet.is_missing, ways))
        if bare and not subnet.users(f"{EC2}SubnetCidrBlock") and not subnet.is_exported:
            yield path, f"{subnet.name} has no Ipv6CidrBlock; add one, or use ipv4"


@rule("W9148", TARGETS, f"{ELB_DOCS}application/load-balancer-target-groups.html")
def target_speaks_the_protocol_of_its_listener(targets: Resource) -> Faults:
    """IPv6 targets are behind a dualstack load balancer.
    Only a dualstack load balancer has IPv6 targets: behind an ipv4 load balancer they get no
    requests."""
    key = "IpAddressType"
    if targets.get(key) != "ipv6":
        return
    if plain := [b for b in balancers_of(targets) if b.is_missing(key) or b.get(key) == "ipv4"]:
        yield [key], f"{plain[0].name} speaks IPv4 only; make it dualstack, or this ipv4"
