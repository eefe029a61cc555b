"""Networks: the VPC, subnets and zone of a resource, and the routes of a subnet."""

import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import resource_type, types_with
from cfnlink.system.capacity import FLEET, groups_of_hosts, hosts_of
from cfnlink.system.expressions import at, undecided
from cfnlink.system.resource import Resource

EC2, ELB = "AWS::EC2::", "AWS::ElasticLoadBalancingV2::"
VPC, SUBNET, TABLE = f"{EC2}VPC", f"{EC2}Subnet", f"{EC2}RouteTable"
ROUTE, NAT = f"{EC2}Route", f"{EC2}NatGateway"
ASSOCIATION = f"{EC2}SubnetRouteTableAssociation"
INTERNET, ATTACHMENT = f"{EC2}InternetGateway", f"{EC2}VPCGatewayAttachment"
GROUP, ENDPOINT = f"{EC2}SecurityGroup", f"{EC2}VPCEndpoint"
BALANCER, LISTENER = f"{ELB}LoadBalancer", f"{ELB}Listener"
LISTENER_RULE, TARGETS = f"{ELB}ListenerRule", f"{ELB}TargetGroup"
LINK = "AWS::ApiGatewayV2::VpcLink"
SUBNET_GROUP, INSTANCE = "AWS::RDS::DBSubnetGroup", "AWS::RDS::DBInstance"
SUBNET_GROUPS = (SUBNET_GROUP, "AWS::ElastiCache::SubnetGroup")
SERVICE = "AWS::ECS::Service"
AWSVPC = "NetworkConfiguration.AwsvpcConfiguration"
TARGET_GROUPS = "LoadBalancers.*.TargetGroupArn"
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")

NETWORKS = {
    name: row for name in types_with("in_network") if (row := resource_type(name).in_network)
}
# type -> properties that refer to other resources of the same VPC
OF_TYPES = {
    name: " ".join(
        f"{path}.*" if path != row.subnet_group else path
        for path in (row.subnets, row.subnet_group, row.groups)
        if path
    )
    for name, row in NETWORKS.items()
}
LIES_IN = OF_TYPES | {
    ASSOCIATION: "SubnetId RouteTableId",
    ROUTE: "RouteTableId GatewayId NatGatewayId",
    ENDPOINT: f"VpcId {OF_TYPES[ENDPOINT]} RouteTableIds.*",
    f"{GROUP}Ingress": "GroupId SourceSecurityGroupId",
    f"{GROUP}Egress": "GroupId DestinationSecurityGroupId",
    LISTENER: "LoadBalancerArn DefaultActions.*.TargetGroupArn",
    LISTENER_RULE: "ListenerArn Actions.*.TargetGroupArn",
    SERVICE: f"{OF_TYPES[SERVICE]} {TARGET_GROUPS}",
}


def vpc_of(resource: Resource, depth: int = 4) -> Resource | None:
    """Return the VPC of this template in which a resource lies, as far as it is known."""
    if resource.type == VPC or not depth:
        return resource if resource.type == VPC else None
    paths = LIES_IN.get(resource.type, "SubnetId") if resource.is_missing("VpcId") else "VpcId"
    nearer = [found for _, found in resource.references_from(*paths.split())]
    if resource.type == INTERNET:
        nearer = resource.used_by(ATTACHMENT)
        nearer = nearer if len(nearer) == 1 else []
    return vpc_of(nearer[0], depth - 1) if nearer else None


def groups_of(resource: Resource) -> list[Resource]:
    """Return a resource's security groups, if all of them are in this template."""
    if hosts := (resource,) if resource.type == FLEET else hosts_of(resource):
        return groups_of_hosts(hosts)
    path = groups_path(resource)
    given, found = resource.expression(*path), resource.targets(*path)
    return found if path and isinstance(given, list) and len(found) == len(given) else []


def groups_path(resource: Resource) -> list[str]:
    """Return the path of the property that names a resource's security groups, if any."""
    row = None if hosts_of(resource) else NETWORKS.get(resource.type)
    return row.groups.split(".") if row and row.groups else []


def subnets_of(resource: Resource) -> list[Resource]:
    """Return the subnets of this template in which a resource lies."""
    if hosts := hosts_of(resource):
        return [subnet for host in hosts for subnet in subnets_of(host)]
    row = NETWORKS.get(resource.type)
    group = resource.target(*row.subnet_group.split(".")) if row and row.subnet_group else None
    if group is not None and group is not resource:
        return subnets_of(group)
    return resource.targets(*row.subnets.split(".")) if row and row.subnets else []


class NetworkPlace(NamedTuple):
    """The security groups and the subnets that hold a resource."""

    groups: tuple[Resource, ...] = ()
    subnets: tuple[Resource, ...] = ()


def place_of(resource: Resource) -> NetworkPlace:
    """Return the groups and subnets that a resource of any type names.

    A resource also lies in the subnets of the subnet group that it names.
    """
    holders = (resource, *resource.named(*SUBNET_GROUPS))
    found = [each for holder in holders for each in holder.named(GROUP, SUBNET)]
    subnets = tuple(each for each in found if each.type == SUBNET)
    return NetworkPlace(tuple(each for each in found if each.type == GROUP), subnets)


def subnets_at(resource: Resource, path: str) -> Iterator[tuple[list[Any], Resource]]:
    """Yield the subnets of this template in a list of a resource, and their paths."""
    for where, subnet in resource.references_from(f"{path}.*"):
        if subnet.type == SUBNET:
            yield where, subnet


def blocks_of(resource: Resource) -> list[str]:
    """Return the address blocks of a resource's subnets, if all of them are known."""
    blocks = [subnet.get("CidrBlock") for subnet in subnets_of(resource)]
    return [str(block) for block in blocks] if None not in blocks else []


def zone(subnet: Resource) -> str | None:
    """Return a text that identifies the zone of a subnet: a literal or a GetAZs expression.

    GetAZs gives the zones of the stack's own region also for an empty text.
    """
    for key in ("AvailabilityZoneId", "AvailabilityZone"):
        value = subnet.expression(key)
        if isinstance(value, (str, dict)) and not undecided(value):
            own = subnet.system.known.get("AWS::Region")
            return key + json.dumps(_of_own_region(value, own), default=str)
    return None


def _of_own_region(value: Any, own: Any) -> Any:
    """Return a value in which GetAZs of the stack's own region has an empty text."""
    index, zones_ = at(value, "Fn::Select", 0), at(value, "Fn::Select", 1)
    if at(zones_, "Fn::GetAZs") not in ("", own or "", {"Ref": "AWS::Region"}):
        return value
    return {"Fn::Select": [str(index), {"Fn::GetAZs": ""}]}


def subnet_zones(resource: Resource, key: str) -> list[str]:
    """Return the zone of each subnet in a list, as a text; one that begins with ? is unknown.

    The same subnet has the same text, also if only AWS knows which subnet it is.
    """
    found = []
    listed = resource.expression(*key.split("."))
    for index, entry in enumerate(listed if isinstance(listed, list) else ()):
        subnet = resource.system.target(entry)
        known = zone(subnet) if subnet else None
        one = at(entry, "Ref") or at(entry, "Fn::Select") or at(entry, "Fn::ImportValue")
        found.append(known or f"?{json.dumps(entry, default=str) if one else index}")
    return found


def zones(resource: Resource, key: str) -> set[str]:
    """Return the zones of the subnets in a list; none if one of the zones is unknown.

    A list that has one subnet, or the same several times, lies in one zone.
    """
    listed, found = resource.targets(*key.split(".")), subnet_zones(resource, key)
    alone = len({*found}) == 1 and (len(found) > 1 or bool(listed))
    return {*found} if alone or not any(each.startswith("?") for each in found) else set()


def route_table_of(subnet: Resource) -> Resource | None:
    """Return the route table with which a subnet is associated."""
    joined = subnet.used_by(ASSOCIATION)
    return joined[0].target("RouteTableId") if len(joined) == 1 else None


def has_ipv6(subnet: Resource) -> bool:
    """Whether a subnet may have IPv6 addresses."""
    return "Ipv6" in str(subnet.properties) or bool(subnet.users(f"{EC2}SubnetCidrBlock"))


def routes_of(subnet: Resource) -> list[Resource] | None:
    """Return the routes of a subnet that apply to its addresses; None if they are unknown."""
    vpc, table = subnet.target("VpcId"), route_table_of(subnet)
    joins = subnet.system.may_name_any(ASSOCIATION, "SubnetId")
    if joins or subnet.system.may_name_any(ROUTE, "RouteTableId"):
        return None
    if not subnet.users(ASSOCIATION) and vpc and not vpc.is_exported and not subnet.is_exported:
        return []
    if table is None or table.is_exported:
        return None
    return [
        route
        for route in table.used_by(ROUTE)
        if not route.get("DestinationIpv6CidrBlock") or has_ipv6(subnet)
    ]


def serves_only_internal(subnet: Resource) -> bool:
    """Whether a subnet's table serves only what no client of the internet calls."""
    table = route_table_of(subnet)
    joined = [user.target("SubnetId") for user in table.used_by(ASSOCIATION)] if table else []
    users = [user for s in joined if s for user in s.used_by() if user.type != ASSOCIATION]
    inner = (LINK, ENDPOINT, *SUBNET_GROUPS)
    public = [u for u in users if u.type not in inner and u.get("Scheme") != "internal"]
    handed = any(s is None or s.is_exported for s in joined)
    return bool(users) and not public and not handed


def egress_of(subnet: Resource) -> set[str] | None:
    """Return where a subnet's routes lead: internet, nat or other; None if it is unknown.

    A route to private addresses leads to none of these.
    """
    routes = routes_of(subnet)
    return None if routes is None else {_kind_of(r) for r in routes if not _is_inner(r)}


def _is_inner(route: Resource) -> bool:
    """Whether a route is for private addresses only."""
    try:
        block = IPv4Network(route.get("DestinationCidrBlock") or "0.0.0.0/0")
    except ValueError:
        return False
    return any(block.subnet_of(IPv4Network(each)) for each in PRIVATE)


def _kind_of(route: Resource) -> str:
    gateway = route.target("GatewayId")
    if gateway is not None and gateway.type == INTERNET:
        return "internet"
    return "other" if route.is_missing("NatGatewayId") else "nat"


def balancers_of(targets: Resource) -> list[Resource]:
    """Return the load balancers whose listeners, or their rules, lead to a target group."""
    ruled = targets.follow(LISTENER_RULE, "ListenerArn", "LoadBalancerArn")
    return list(dict.fromkeys([*targets.follow(LISTENER, "LoadBalancerArn"), *ruled]))


def connectivity(gateway: Resource) -> str | None:
    """Return whether a NAT gateway of one zone is public or private; None if unknown."""
    if gateway.expression("AvailabilityMode") not in (None, "zonal"):
        return None
    key = "ConnectivityType"
    return "public" if gateway.is_missing(key) else gateway.get(key)
