"""Security groups: they admit the needed requests from end to end, and no others."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import NO_VALUE, number, reached
from cfnlink.system.template import Resource, Template

VPC_DOCS = "https://docs.aws.amazon.com/vpc/latest/userguide/"
EC2_DOCS = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
CFN_DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
EC2, ELB = "AWS::EC2::", "AWS::ElasticLoadBalancingV2::"
GROUP, INGRESS, EGRESS = (f"{EC2}SecurityGroup{suffix}" for suffix in ("", "Ingress", "Egress"))
BALANCER, LISTENER = f"{ELB}LoadBalancer", f"{ELB}Listener"
LINK, ENDPOINT = "AWS::ApiGatewayV2::VpcLink", f"{EC2}VPCEndpoint"
SERVICE, DATABASE = "AWS::ECS::Service", "AWS::RDS::DBInstance"
AWSVPC = "NetworkConfiguration.AwsvpcConfiguration"
EVERYONE = ("0.0.0.0/0", "::/0")
ACCEPTED = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
PEERS = {"Ingress": "SourceSecurityGroupId", "Egress": "DestinationSecurityGroupId"}
USUAL = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}
HOLDERS = (GROUP, INGRESS, EGRESS)
# properties that name a resource's groups and its subnets
GROUPS = {
    LINK: "SecurityGroupIds",
    BALANCER: "SecurityGroups",
    SERVICE: f"{AWSVPC}.SecurityGroups",
    DATABASE: "VPCSecurityGroups",
    ENDPOINT: "SecurityGroupIds",
}
SUBNETS = {BALANCER: "Subnets", SERVICE: f"{AWSVPC}.Subnets"}
# fmt: off
SENSITIVE = {
    20: "FTP", 21: "FTP", 22: "SSH", 23: "Telnet", 445: "SMB", 1433: "SQL Server",
    1521: "Oracle", 2049: "NFS", 2375: "Docker", 3306: "MySQL", 3389: "RDP",
    5432: "PostgreSQL", 5439: "Redshift", 5900: "VNC", 6379: "Redis", 9200: "OpenSearch",
    11211: "memcached", 27017: "MongoDB",
}
# fmt: on


class Permission(NamedTuple):
    """One rule of a group, inline or standalone: where it stands and what it says."""

    path: list[Any]
    direction: str
    rule: dict[str, Any]
    resource: Resource

    @property
    def ports(self) -> tuple[float, float] | None:
        """The range of ports, where it is known."""
        first, last = number(self.rule.get("FromPort")), number(self.rule.get("ToPort"))
        return None if first is None or last is None else (first, last)

    @property
    def protocol(self) -> str:
        """The protocol, all for -1, or nothing where it is not known."""
        protocol = str(self.rule.get("IpProtocol")).lower()
        named = {"-1": "all", "6": "tcp", "17": "udp"}
        return "" if "{" in protocol else named.get(protocol, protocol)

    @property
    def everyone(self) -> str | None:
        """The key under which the rule names the whole internet."""
        return next((k for k in ("CidrIp", "CidrIpv6") if self.rule.get(k) in EVERYONE), None)

    def lets(self, port: float, groups: list[Resource], blocks: list[str]) -> bool:
        """Whether TCP on a port may pass to groups or blocks; yes where it is not known."""
        ports = self.ports
        if self.protocol not in ("", "all", "tcp"):
            return False
        if self.protocol == "tcp" and ports and not ports[0] <= port <= ports[1]:
            return False
        peer, block = self.rule.get(PEERS[self.direction]), self.rule.get("CidrIp")
        if peer not in (None, NO_VALUE):
            other = self.resource.template.target(peer)
            return other is None or other in groups
        if not isinstance(block, str):
            return self.rule.get("CidrIpv6") is None
        return not blocks or any(overlap(block, known) for known in blocks)


def overlap(*blocks: str) -> bool:
    """Whether two address blocks share an address; true if one cannot be read."""
    try:
        one, other = (ipaddress.ip_network(block, strict=False) for block in blocks)
    except ValueError:
        return True
    return one.overlaps(other)


def permissions(group: Resource) -> list[Permission]:
    """Yield the rules that a group has inline, or the rule that a resource is."""
    found = []
    if group.type in (INGRESS, EGRESS):
        found.append(Permission([], group.type.removeprefix(GROUP), group.properties, group))
    for direction in PEERS if group.type == GROUP else ():
        for path, said in group.values_at(f"SecurityGroup{direction}.*"):
            if isinstance(said, dict):
                found.append(Permission(path, direction, said, group))
    return found


def all_permissions(group: Resource) -> list[Permission]:
    """The rules of a group, inline and standalone."""
    alone = [user for user, path in group.users(INGRESS, EGRESS) if path == ["GroupId"]]
    return [permission for holder in (group, *alone) for permission in permissions(holder)]


def limited(group: Resource, direction: str) -> list[Permission] | None:
    """Return the rules of a group in one direction; None if it allows all or is unknown."""
    inline = group.expression(f"SecurityGroup{direction}")
    everything = direction == "Egress" and not inline
    known = isinstance(inline or [], list) and "Fn::If" not in str(inline)
    if everything or not known or group.type != GROUP or group.is_exported:
        return None
    return [p for p in all_permissions(group) if p.direction == direction]


class Connection(NamedTuple):
    """A connection that groups must admit: source, target and port."""

    source: Resource
    target: Resource
    port: float


def connections(template: Template) -> Iterator[Connection]:
    """Yield the connections from link to balancer to tasks, and to database and endpoints."""
    for method in template.of("AWS::ApiGateway::Method"):
        link = method.target("Integration", "ConnectionId")
        balancer = method.target("Integration", "IntegrationTarget")
        uri = method.text("Integration", "Uri") or ""
        written = re.match(r"(https?)://[^/]*?(?::(\d+))?(?:/|$)", uri)
        if link and balancer and written:
            usual = 443 if written[1] == "https" else 80
            yield Connection(link, balancer, float(written[2] or usual))
    for service in template.of(SERVICE):
        for index, _ in service.items("LoadBalancers"):
            group = service.target("LoadBalancers", index, "TargetGroupArn")
            port = service.number("LoadBalancers", index, "ContainerPort")
            for balancer in balancers(group) if group and port else []:
                yield Connection(balancer, service, port or 0)
        yield from needed(service)


def needed(service: Resource) -> Iterator[Connection]:
    """Yield the connections from a service's tasks to their databases and endpoints."""
    task = service.target("TaskDefinition")
    vpcs = [str(subnet.expression("VpcId")) for subnet in subnets_of(service)]
    for database in service.template.of(DATABASE):
        port = port_of(database)
        if port and task and task.waits_for(database):
            yield Connection(service, database, port)
    for endpoint in service.template.of(ENDPOINT):
        if str(endpoint.expression("VpcId")) in vpcs and endpoint.flag("PrivateDnsEnabled"):
            yield Connection(service, endpoint, 443)


def port_of(database: Resource) -> float | None:
    """Return the port of a database: its own, or the default of its engine."""
    usual = USUAL.get(str(database.get("Engine")))
    return usual if database.is_missing("Port") else database.number("Port")


def balancers(group: Resource) -> list[Resource]:
    """Return the load balancers whose listeners, or their rules, lead to a target group."""
    ruled = group.follow(f"{ELB}ListenerRule", "ListenerArn", "LoadBalancerArn")
    return list(dict.fromkeys([*group.follow(LISTENER, "LoadBalancerArn"), *ruled]))


def groups_of(resource: Resource) -> list[Resource]:
    """Return a resource's security groups, if all of them are in this template."""
    path = GROUPS.get(resource.type, "SecurityGroupIds").split(".")
    given, found = resource.expression(*path), resource.targets(*path)
    return found if isinstance(given, list) and len(found) == len(given) else []


def subnets_of(resource: Resource) -> list[Resource]:
    """Return the subnets of this template in which a resource lies."""
    holder = resource.target("DBSubnetGroupName") or resource
    return holder.targets(*SUBNETS.get(holder.type, "SubnetIds").split("."))


def blocks_of(resource: Resource) -> list[str]:
    """Return the address blocks of a resource's subnets, if all of them are known."""
    blocks = [subnet.get("CidrBlock") for subnet in subnets_of(resource)]
    return [str(block) for block in blocks] if None not in blocks else []


@rule("E9116", tuple(GROUPS), f"{VPC_DOCS}security-group-rules.html")
def requests_get_through(resource: Resource) -> Faults:
    """Security groups admit requests from end to end.
    A connection needs an egress rule in the group that it leaves and an ingress rule in the
    group that it enters, both for the port on which the other side listens: from the VPC
    link to the load balancer, to the tasks, to the database and to interface endpoints."""
    path = GROUPS[resource.type].split(".")
    for source, target, port in dict.fromkeys(connections(resource.template)):
        if resource not in (source, target):
            continue
        direction, other = ("Egress", target) if resource is source else ("Ingress", source)
        groups, peers, blocks = groups_of(resource), groups_of(other), blocks_of(other)
        rules = [limited(group, direction) for group in groups if peers]
        if not rules or None in rules:
            continue
        if not any(p.lets(port, peers, blocks) for known in rules for p in known or []):
            way = f"{'to' if direction == 'Egress' else 'from'} {peers[0].name}"
            what = f"on port {port:.0f}; add the {direction.lower()} rule"
            yield path, f"{groups[0].name} permits nothing {way} {what}"


@rule("E9117", HOLDERS, f"{EC2_DOCS}API_IpRange.html")
def rules_are_accepted(resource: Resource) -> Faults:
    """A security group rule has a range of ports and an allowed description.
    A rule's ports run from the lower to the higher, from 0 to 65535, and its description has
    at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*: EC2 rejects others."""
    for p in permissions(resource):
        (first, last), told = p.ports or (0, 0), p.rule.get("Description")
        if p.protocol in ("tcp", "udp") and not 0 <= first <= last <= 65535:
            yield (
                [*p.path, "FromPort"],
                f"{first:.0f} to {last:.0f} is no range; begin with the lower port",
            )
        if isinstance(told, str) and not ACCEPTED.fullmatch(told):
            yield [*p.path, "Description"], f"EC2 refuses {told!r}; reword it"


# not verified: no page of AWS says what happens to a repeated rule; EC2 answers
# InvalidPermission.Duplicate
@rule("W9119", GROUP, f"{EC2_DOCS}errors-overview.html")
def rules_are_not_repeated(group: Resource) -> Faults:
    """A security group has each rule once.
    EC2 rejects a second equal rule, inline or standalone. If it accepts the rule, removing
    one of the two removes both."""
    seen: set[str] = set()
    for path, direction, body, holder in all_permissions(group):
        said = [f"{k} {body[k]}" for k in body if k not in ("Description", "GroupId")]
        written = " ".join([direction, *sorted(said)])
        if "Condition" in holder.body or "Fn::If" in written:
            continue
        if written in seen:
            where = path if holder is group else []
            yield where, f"{holder.name} repeats a rule that {group.name} has; drop one"
        seen.add(written)


@rule("W9120", HOLDERS, f"{VPC_DOCS}security-group-rules.html")
def nothing_sensitive_is_open(resource: Resource) -> Faults:
    """No port of remote access or a database is open to the internet.
    Scanners find within minutes a rule that admits the whole internet to all ports, or to a
    port of remote access or of a database: admit a group or your own addresses."""
    for permission in permissions(resource):
        first, last = permission.ports or (0, 0)
        open_ = [f"{SENSITIVE[p]} ({p})" for p in SENSITIVE if first <= p <= last]
        open_ = ["everything"] if permission.protocol == "all" else open_
        key = permission.everyone
        if permission.direction == "Ingress" and key and open_:
            what = f"{open_[0]} is open to the internet; admit a group or your addresses"
            yield [*permission.path, key], what


@rule("W9121", tuple(GROUPS), f"{VPC_DOCS}security-group-rules.html")
def private_things_admit_groups(resource: Resource) -> Faults:
    """Groups of tasks, databases and internal load balancers admit groups.
    Only known peers connect to an internal load balancer, to tasks behind a load balancer
    and to a database: admit their security groups, not all addresses, nor a block."""
    public = resource.type == BALANCER and resource.get("Scheme") != "internal"
    if public or (resource.type == SERVICE and not resource.items("LoadBalancers")):
        return
    way = [*GROUPS[resource.type].split("."), "*"]
    known = [c for c in connections(resource.template) if c.target is resource]
    known = [] if resource.type not in (SERVICE, DATABASE) else known
    for path, value in reached(resource.properties, way):
        if (group := resource.template.target(value)) is None:
            continue
        rules = [p for p in all_permissions(group) if p.direction == "Ingress"]
        if any(p.everyone for p in rules):
            yield path, f"{group.name} admits every address; admit the groups of the peers"
            continue
        for source, _, port in known:
            peers, blocks = groups_of(source), blocks_of(source)
            open_ = [p for p in rules if re.match(r"[\d.]+/(?!32$)", str(p.rule.get("CidrIp")))]
            if peers and blocks and any(p.lets(port, [], blocks) for p in open_):
                yield path, f"{group.name} admits a block; admit {peers[0].name}"
                break


@rule("W9122", GROUP, f"{CFN_DOCS}aws-resource-ec2-securitygroup.html")
def egress_is_limited(group: Resource) -> Faults:
    """A security group states its egress.
    AWS gives a group without an inline egress rule a rule that allows everything, and an
    open inline rule makes standalone rules pointless: write one inline rule, with real ports
    or matching nothing (255.255.255.255/32)."""
    alone = [user for user, path in group.users(EGRESS) if path == ["GroupId"]]
    if group.is_missing("SecurityGroupEgress") or group.get("SecurityGroupEgress") == []:
        what = "may send everything everywhere; write an egress rule inline"
        yield ["GroupDescription"], f"{group.name} {what}"
    for p in permissions(group) if alone else []:
        if p.direction == "Egress" and p.protocol == "all" and p.everyone:
            yield p.path, f"this rule makes {alone[0].name} pointless; drop one of the two"


def members(group: Resource) -> list[Resource]:
    """Return the resources of this template in a group."""
    return [user for user in group.used_by() if user.type not in HOLDERS]


def serves_requests(group: Resource) -> bool:
    """Whether only application load balancers, or VPC links to them, are in a group."""
    found = members(group)
    requests = [
        m for m in found if m.expression("Type") in (None, "application") or m.type == LINK
    ]
    kinds = {member.type for member in requests}
    whole = len(requests) == len(found) and not group.is_exported
    return whole and bool(kinds) and kinds <= {BALANCER, LINK}


@rule("W9140", HOLDERS, f"{VPC_DOCS}vpc-security-best-practices.html")
def only_the_needed_passes(resource: Resource) -> Faults:
    """Groups exchange only what their members need.
    Rules between two groups allow only the ports on which the receiver listens. A load
    balancer needs no port of a database, and a database needs no egress to one."""
    for p in permissions(resource):
        first, last = p.ports or (0, 0)
        group = resource if resource.type == GROUP else resource.target("GroupId")
        peer = resource.template.target(p.rule.get(PEERS[p.direction]))
        both = group and peer and group is not peer and {group.type, peer.type} == {GROUP}
        wide = p.ports and first < 1024 and first + 1000 <= last
        named = [port for port in USUAL.values() if first <= port <= last]
        databases = [m for m in members(group) if m.type == DATABASE] if group else []
        asks = both and p.direction == "Ingress" and databases and (named or wide)
        local = resource.template.of(DATABASE, "AWS::RDS::DBCluster")
        if both and (p.protocol == "all" or (p.protocol in ("tcp", "udp") and wide)):
            yield [*p.path, "IpProtocol"], "admits more ports than needed; name the port"
        elif asks and peer and serves_requests(peer):
            key = PEERS[p.direction]
            yield [*p.path, key], f"{peer.name} needs no database; admit the tasks instead"
        if p.direction == "Egress" and p.everyone and named and local and not wide:
            what = "a database is not everywhere; name its group"
            yield [*p.path, p.everyone], f"port {named[0]} to everyone: {what}"
