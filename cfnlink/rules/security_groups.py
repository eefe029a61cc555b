"""Security groups: they admit the needed requests from end to end, and no others."""

import re

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import reached
from cfnlink.system.network import (
    BALANCER,
    GROUP,
    GROUPS,
    INSTANCE,
    LINK,
    SERVICE,
    blocks_of,
    groups_of,
)
from cfnlink.system.security_groups import (
    DEFAULT_PORTS,
    EGRESS,
    HOLDERS,
    PEERS,
    limited_rules,
    members,
    own_rules,
    required_connections,
    rules_of,
    standalone_rules,
)
from cfnlink.system.template import Resource

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


@rule("E9116", tuple(GROUPS), f"{VPC_DOCS}security-group-rules.html")
def requests_get_through(resource: Resource) -> Faults:
    """Security groups admit requests from end to end.
    A connection needs an egress rule in the group that it leaves and an ingress rule in the
    group that it enters, both for the port on which the other side listens: from the VPC
    link to the load balancer, to the tasks, to the database and to interface endpoints."""
    path = GROUPS[resource.type].split(".")
    for source, target, port in dict.fromkeys(required_connections(resource.template)):
        if resource not in (source, target):
            continue
        direction, other = ("Egress", target) if resource is source else ("Ingress", source)
        groups, peers, blocks = groups_of(resource), groups_of(other), blocks_of(other)
        rules = [limited_rules(group, direction) for group in groups if peers]
        if not rules or None in rules:
            continue
        if not any(p.permits(port, peers, blocks) for known in rules for p in known or []):
            way = f"{'to' if direction == 'Egress' else 'from'} {peers[0].name}"
            what = f"on port {port:.0f}; add the {direction.lower()} rule"
            yield path, f"{groups[0].name} permits nothing {way} {what}"


@rule("E9117", HOLDERS, f"{EC2_DOCS}API_IpRange.html")
def rules_are_accepted(resource: Resource) -> Faults:
    """A security group rule has a range of ports and an allowed description.
    A rule's ports run from the lower to the higher, from 0 to 65535, and its description has
    at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*: EC2 rejects others."""
    for p in own_rules(resource):
        (first, last), told = p.span or (0, 0), p.body.get("Description")
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
    for path, direction, body, holder in rules_of(group):
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
    for group_rule in own_rules(resource):
        first, last = group_rule.span or (0, 0)
        open_ = [f"{SENSITIVE[p]} ({p})" for p in SENSITIVE if first <= p <= last]
        open_ = ["everything"] if group_rule.protocol == "all" else open_
        key = group_rule.everyone
        if group_rule.direction == "Ingress" and key and open_:
            what = f"{open_[0]} is open to the internet; admit a group or your addresses"
            yield [*group_rule.path, key], what


@rule("W9121", tuple(GROUPS), f"{VPC_DOCS}security-group-rules.html")
def private_things_admit_groups(resource: Resource) -> Faults:
    """Groups of tasks, databases and internal load balancers admit groups.
    Only known peers connect to an internal load balancer, to tasks behind a load balancer
    and to a database: admit their security groups, not all addresses, nor a block."""
    public = resource.type == BALANCER and resource.get("Scheme") != "internal"
    if public or (resource.type == SERVICE and not resource.items("LoadBalancers")):
        return
    way = [*GROUPS[resource.type].split("."), "*"]
    known = [c for c in required_connections(resource.template) if c.target is resource]
    known = [] if resource.type not in (SERVICE, INSTANCE) else known
    for path, value in reached(resource.properties, way):
        if (group := resource.template.target(value)) is None:
            continue
        rules = [p for p in rules_of(group) if p.direction == "Ingress"]
        if any(p.everyone for p in rules):
            yield path, f"{group.name} admits every address; admit the groups of the peers"
            continue
        for source, _, port in known:
            peers, blocks = groups_of(source), blocks_of(source)
            open_ = [p for p in rules if re.match(r"[\d.]+/(?!32$)", str(p.body.get("CidrIp")))]
            if peers and blocks and any(p.permits(port, [], blocks) for p in open_):
                yield path, f"{group.name} admits a block; admit {peers[0].name}"
                break


@rule("W9122", GROUP, f"{CFN_DOCS}aws-resource-ec2-securitygroup.html")
def egress_is_limited(group: Resource) -> Faults:
    """A security group states its egress.
    AWS gives a group without an inline egress rule a rule that allows everything, and an
    open inline rule makes standalone rules pointless: write one inline rule, with real ports
    or matching nothing (255.255.255.255/32)."""
    alone = standalone_rules(group, EGRESS)
    if group.is_missing("SecurityGroupEgress") or group.get("SecurityGroupEgress") == []:
        what = "may send everything everywhere; write an egress rule inline"
        yield ["GroupDescription"], f"{group.name} {what}"
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


@rule("W9140", HOLDERS, f"{VPC_DOCS}vpc-security-best-practices.html")
def only_the_needed_passes(resource: Resource) -> Faults:
    """Groups exchange only what their members need.
    Rules between two groups allow only the ports on which the receiver listens. A load
    balancer needs no port of a database, and a database needs no egress to one."""
    for p in own_rules(resource):
        first, last = p.span or (0, 0)
        group = p.group
        peer = p.peer_group
        both = group and peer and group is not peer and {group.type, peer.type} == {GROUP}
        wide = p.span and first < 1024 and first + 1000 <= last
        named = [port for port in DEFAULT_PORTS.values() if first <= port <= last]
        databases = [m for m in members(group) if m.type == INSTANCE] if group else []
        asks = both and p.direction == "Ingress" and databases and (named or wide)
        local = resource.template.of(INSTANCE, "AWS::RDS::DBCluster")
        if both and (p.protocol == "all" or (p.protocol in ("tcp", "udp") and wide)):
            yield [*p.path, "IpProtocol"], "admits more ports than needed; name the port"
        elif asks and peer and serves_requests(peer):
            key = PEERS[p.direction]
            yield [*p.path, key], f"{peer.name} needs no database; admit the tasks instead"
        if p.direction == "Egress" and p.everyone and named and local and not wide:
            what = "a database is not everywhere; name its group"
            yield [*p.path, p.everyone], f"port {named[0]} to everyone: {what}"
