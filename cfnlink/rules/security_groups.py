"""Security groups: they admit the needed requests from end to end, and no others."""

import re
from collections.abc import Iterator
from typing import Any

from cfnlink.aws.catalogue import resource_type
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.capacity import port_words
from cfnlink.system.connections import LISTENING, heard_ports, required_connections
from cfnlink.system.expressions import reached
from cfnlink.system.network import (
    BALANCER,
    ENDPOINT,
    GROUP,
    INSTANCE,
    LINK,
    NETWORKS,
    SERVICE,
    blocks_of,
    groups_of,
    groups_path,
)
from cfnlink.system.resource import Resource
from cfnlink.system.security_groups import (
    EGRESS,
    HOLDERS,
    IN,
    OUT,
    PEERS,
    SecurityGroupRule,
    members,
    own_rules,
    rules_if_limited,
    rules_of,
    standalone_rules,
)

PRIVATE = (LINK, BALANCER, SERVICE, INSTANCE, ENDPOINT)
VPC_DOCS = "https://docs.aws.amazon.com/vpc/latest/userguide/"
EC2_DOCS = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
CFN_DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
ACCEPTED = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
# fmt: off
SENSITIVE = {
    20: "FTP", 21: "FTP", 22: "SSH", 23: "Telnet", 445: "SMB", 1433: "SQL Server",
    1521: "Oracle", 2049: "NFS", 2375: "Docker", 3306: "MySQL", 3389: "RDP",
    5432: "PostgreSQL", 5439: "Redshift", 5900: "VNC", 6379: "Redis", 9200: "OpenSearch",
    11211: "memcached", 27017: "MongoDB",
}
# fmt: on


@rule("E9116", tuple(NETWORKS), f"{VPC_DOCS}security-group-rules.html")
def security_groups_admit_each_request(resource: Resource) -> Faults:
    """Security groups admit requests from end to end.
    A connection needs an egress rule in the group that it leaves and an ingress rule in the
    group that it enters, both for the port on which the other side listens: from the VPC
    link to the load balancer, to the tasks, also for the health check, and from tasks,
    functions and proxies to databases, caches, file systems and interface endpoints. Without
    it the request times out, or the target never becomes healthy."""
    for source, target, port in required_connections(resource.system):
        if resource not in (source, target):
            continue
        direction, other = (OUT, target) if resource is source else (IN, source)
        groups, peers, blocks = groups_of(resource), groups_of(other), blocks_of(other)
        rules = rules_if_limited(groups, direction) if peers else None
        if rules is not None and not any(p.permits(port, peers, blocks) for p in rules):
            way = f"{'to' if direction == OUT else 'from'} {peers[0].name}"
            what = f"on {port_words(port)}; add the {direction.lower()} rule"
            yield groups_path(resource), f"{groups[0].name} permits nothing {way} {what}"


@rule("E9227", LISTENING, f"{VPC_DOCS}security-group-rules.html")
def groups_admit_clients_on_the_port(resource: Resource) -> Faults:
    """The groups of what listens admit clients on its port.
    Clients connect to the port of a listener, database, cache, file system, proxy, task or
    interface endpoint: a security group of the resource must admit them on exactly that port.
    Otherwise each connection times out."""
    groups = groups_of(resource)
    rules = rules_if_limited(groups, IN)
    calls = [c for c in required_connections(resource.system) if c.target is resource]
    known = {call.port for call in calls if groups_of(call.source)}
    if rules is None or not (rules or resource.system.linked):
        return
    for ports in heard_ports(resource):
        judged = resource.type == SERVICE and known & {*ports}
        if not judged and not any(p.ports.may_include(port) for p in rules for port in ports):
            what = " or ".join(map(port_words, ports))
            yield groups_path(resource), f"no group admits clients on {what}; add a rule"


@rule("E9190", HOLDERS, f"{EC2_DOCS}API_IpPermission.html", formerly="E9117")
def group_rule_has_a_range_of_ports(resource: Resource) -> Faults:
    """The ports of a security group rule run from the lower to the higher.
    EC2 accepts ports from 0 to 65535."""
    for p in own_rules(resource):
        first, last = p.span or (0, 0)
        if p.protocol in ("tcp", "udp") and not 0 <= first <= last <= 65535:
            what = f"{first:.0f} to {last:.0f} is no range; begin with the lower port"
            yield [*p.path, "FromPort"], what


@rule("E9191", HOLDERS, f"{EC2_DOCS}API_IpRange.html", formerly="E9117")
def group_rule_has_an_accepted_description(resource: Resource) -> Faults:
    """The description of a security group rule has characters that EC2 accepts.
    It has at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*: EC2 rejects others."""
    for p in own_rules(resource):
        told = p.body.get("Description")
        if isinstance(told, str) and not ACCEPTED.fullmatch(told):
            yield [*p.path, "Description"], f"EC2 refuses {told!r}; reword it"


# not verified: no page of AWS says what happens to a repeated rule; EC2 answers
# InvalidPermission.Duplicate
@rule("W9119", GROUP, f"{EC2_DOCS}errors-overview.html")
def group_rule_is_not_repeated(group: Resource) -> Faults:
    """A security group has each rule once.
    EC2 rejects a second equal rule, inline or standalone. If it accepts the rule, removing
    one of the two removes both."""
    seen: set[str] = set()
    for path, direction, body, holder in rules_of(group):
        said = [f"{k} {body[k]}" for k in body if k not in ("Description", "GroupId")]
        written = " ".join([direction, *sorted(said)])
        if "Condition" in holder.body:
            continue
        if written in seen:
            where = path if holder is group else []
            yield where, f"{holder.name} repeats a rule that {group.name} has; drop one"
        seen.add(written)


@rule("W9120", HOLDERS, f"{VPC_DOCS}security-group-rules.html")
def sensitive_port_is_not_open(resource: Resource) -> Faults:
    """No port of remote access or a database is open to the internet.
    Scanners find within minutes a rule that admits the whole internet to all ports, or to a
    port of remote access or of a database: admit a group or your own addresses."""
    for group_rule in own_rules(resource):
        first, last = group_rule.span or (0, 0)
        open_ = [f"{SENSITIVE[p]} ({p})" for p in SENSITIVE if first <= p <= last]
        open_ = ["everything"] if group_rule.protocol == "all" else open_
        key = group_rule.everyone
        if group_rule.direction == "Ingress" and key and open_:
            what = f"{open_[0]} is open to the internet; admit a group or your addresses"
            yield [*group_rule.path, key], what


def inbound_rules(resource: Resource) -> Iterator[tuple[list[Any], Resource, list[Any]]]:
    """Yield the groups of what only known peers connect to: path, group, rules inbound."""
    public = resource.type == BALANCER and resource.get("Scheme") != "internal"
    if public or (resource.type == SERVICE and not resource.items("LoadBalancers")):
        return
    for path, value in reached(resource.properties, [*groups_path(resource), "*"]):
        if group := resource.system.target(value):
            yield path, group, [p for p in rules_of(group) if p.direction == "Ingress"]


@rule("W9190", PRIVATE, f"{VPC_DOCS}security-group-rules.html", formerly="W9121")
def private_group_admits_no_every_address(resource: Resource) -> Faults:
    """Groups of tasks, databases and internal load balancers do not admit every address.
    Only known peers connect to an internal load balancer, to tasks behind a load balancer
    and to a database: admit their security groups."""
    for path, group, rules in inbound_rules(resource):
        if any(p.everyone for p in rules):
            yield path, f"{group.name} admits every address; admit the groups of the peers"


@rule("W9191", (SERVICE, INSTANCE), f"{VPC_DOCS}security-group-rules.html", formerly="W9121")
def private_group_admits_no_block(resource: Resource) -> Faults:
    """Groups of tasks and databases admit groups, not blocks of addresses.
    Only known peers connect to tasks behind a load balancer and to a database: a block admits
    whatever else lies in it."""
    known = [c for c in required_connections(resource.system) if c.target is resource]
    for path, group, rules in inbound_rules(resource):
        blocks = [p for p in rules if re.match(r"[\d.]+/(?!32$)", str(p.body.get("CidrIp")))]
        for source, _, port in known if not any(p.everyone for p in rules) else []:
            peers, own = groups_of(source), blocks_of(source)
            if peers and own and any(p.permits(port, [], own) for p in blocks):
                yield path, f"{group.name} admits a block; admit {peers[0].name}"
                break


GROUP_DOCS = f"{CFN_DOCS}aws-resource-ec2-securitygroup.html"


@rule("I9192", GROUP, GROUP_DOCS, formerly="W9192 W9122")
def group_states_its_egress(group: Resource) -> Faults:
    """A security group states its egress.
    AWS gives a group without an inline egress rule a rule that allows everything: write one
    inline rule, with real ports or matching nothing (255.255.255.255/32)."""
    if group.is_missing("SecurityGroupEgress") or group.get("SecurityGroupEgress") == []:
        what = "may send everything everywhere; write an egress rule inline"
        yield ["GroupDescription"], f"{group.name} {what}"


@rule("W9193", GROUP, GROUP_DOCS, formerly="W9122")
def group_has_no_open_rule_beside_others(group: Resource) -> Faults:
    """A security group with standalone egress rules has no open one.
    An open inline rule makes standalone rules pointless."""
    alone = standalone_rules(group, EGRESS)
    for p in own_rules(group) if alone else []:
        if p.direction == "Egress" and p.protocol == "all" and p.everyone:
            yield p.path, f"this rule makes {alone[0].name} pointless; drop one of the two"


def serves_requests(group: Resource) -> bool:
    """Whether only application load balancers, or VPC links to them, are in a group."""
    found = members(group)
    requests = [
        m for m in found if m.expression("Type") in (None, "application") or m.type == LINK
    ]
    kinds = {member.type for member in requests}
    whole = len(requests) == len(found) and not group.is_exported
    return whole and bool(kinds) and kinds <= {BALANCER, LINK}


def is_wide(group_rule: SecurityGroupRule) -> bool:
    """Whether a rule has a thousand ports or more, the well-known ones among them."""
    first, last = group_rule.span or (0, 0)
    return bool(group_rule.span) and first < 1024 and first + 1000 <= last


def database_ports(group_rule: SecurityGroupRule) -> list[float]:
    """Return the usual ports of databases that a rule has."""
    first, last = group_rule.span or (0, 0)
    row = resource_type(INSTANCE).listens
    usual = [port for ports in row.ports.values() for port in ports] if row else []
    return [port for port in dict.fromkeys(usual) if first <= port <= last]


def is_between_groups(group_rule: SecurityGroupRule) -> bool:
    """Whether a rule is between two groups of the template."""
    group, peer = group_rule.group, group_rule.peer_group
    return bool(group and peer and group is not peer and {group.type, peer.type} == {GROUP})


def admits_too_much(group_rule: SecurityGroupRule) -> bool:
    """Whether a rule between groups has more ports than needed."""
    wide = group_rule.protocol in ("tcp", "udp") and is_wide(group_rule)
    return is_between_groups(group_rule) and (group_rule.protocol == "all" or wide)


PRACTICES = f"{VPC_DOCS}vpc-security-best-practices.html"


@rule("W9194", HOLDERS, PRACTICES, formerly="W9140")
def rule_between_groups_names_its_port(resource: Resource) -> Faults:
    """A rule between two groups names its port.
    It allows only the ports on which the receiver listens."""
    for p in own_rules(resource):
        if admits_too_much(p):
            yield [*p.path, "IpProtocol"], "admits more ports than needed; name the port"


@rule("W9195", HOLDERS, PRACTICES, formerly="W9140")
def balancer_does_not_reach_the_database(resource: Resource) -> Faults:
    """A load balancer and a VPC link do not reach a database.
    Only the tasks do."""
    for p in own_rules(resource):
        group, peer = p.group, p.peer_group
        inbound = is_between_groups(p) and p.direction == "Ingress" and not admits_too_much(p)
        databases = [m for m in members(group) if m.type == INSTANCE] if group else []
        asks = inbound and databases and (database_ports(p) or is_wide(p))
        if asks and peer and serves_requests(peer):
            what = f"{peer.name} needs no database; admit the tasks instead"
            yield [*p.path, PEERS[p.direction]], what


@rule("W9196", HOLDERS, PRACTICES, formerly="W9140")
def egress_to_a_database_names_its_group(resource: Resource) -> Faults:
    """A rule to the port of a database names the group of the database.
    A database of the template is not everywhere."""
    local = resource.system.of(INSTANCE, "AWS::RDS::DBCluster")
    for p in own_rules(resource) if local else []:
        ports = database_ports(p)
        if p.direction == "Egress" and p.everyone and ports and not is_wide(p):
            what = "to everyone: a database is not everywhere; name its group"
            yield [*p.path, p.everyone], f"port {ports[0]:g} {what}"
