"""Security groups: their rules, and the connections that they permit or that are required."""

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cfnlink.system.expressions import NO_VALUE, is_expression, number, undecided
from cfnlink.system.network import (
    GROUP,
    VPC,
    NetworkPlace,
)
from cfnlink.system.resource import Resource, System

INGRESS, EGRESS = f"{GROUP}Ingress", f"{GROUP}Egress"
IN, OUT = "Ingress", "Egress"
HOLDERS = (GROUP, INGRESS, EGRESS)
PEERS = {IN: "SourceSecurityGroupId", OUT: "DestinationSecurityGroupId"}
PREFIXES = {IN: "SourcePrefixListId", OUT: "DestinationPrefixListId"}
ANYWHERE = ("0.0.0.0/0", "::/0")
PROTOCOLS = {"-1": "all", "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
ALL_PORTS = (0.0, 65535.0)
DEFAULT_EGRESS = {"IpProtocol": "-1", "CidrIp": ANYWHERE[0], "Description": "AWS's default"}
# addresses that are never public addresses of AWS
INSIDE = re.compile(r"(10|192\.168|172\.(1[6-9]|2\d|3[01])|255\.255\.255\.255)[./]")


@dataclass(frozen=True)
class Ports:
    """A protocol and its ports: "all" for every protocol, "" for an unknown one.

    `span` is the first and the last port, or None if they are unknown or do not apply.
    """

    protocol: str
    span: tuple[float, float] | None

    @property
    def range(self) -> tuple[float, float]:
        """Return the first and the last port; all ports if none is stated."""
        return ALL_PORTS if self.span is None or self.span[0] < 0 else self.span

    def may_include(self, port: float) -> bool:
        """Whether TCP on a port may be among these; yes if it is unknown."""
        if self.protocol not in ("", "all", "tcp"):
            return False
        if self.protocol != "tcp" or self.span is None or self.span[0] < 0:
            return True
        return self.span[0] <= port <= self.span[1]

    def within(self, other: "Ports") -> bool:
        """Whether a rule about the other ports also covers these."""
        if other.protocol == "all":
            return True
        if self.span is None or other.span is None:
            return self == other
        inside = other.span[0] <= self.span[0] and self.span[1] <= other.span[1]
        return self.protocol == other.protocol and inside

    @property
    def words(self) -> str:
        """Return the ports for people: tcp 443, tcp 8000 to 8080, everything."""
        if self.protocol == "all":
            return "everything"
        if self.span is None:
            return self.protocol or "an unknown protocol"
        first, last = self.span
        return f"{self.protocol} {first:g}" + ("" if first == last else f" to {last:g}")


class SecurityGroupRule(NamedTuple):
    """One rule of a security group: inline in it, or a resource of its own.

    `path` leads to the rule below the properties of `holder`, and is empty if the holder is
    the rule.
    """

    path: list[Any]
    direction: str
    body: dict[str, Any]
    holder: Resource

    @property
    def group(self) -> Resource | None:
        """The group that has the rule; None if another template has it."""
        return self.holder if self.holder.type == GROUP else self.holder.target("GroupId")

    @property
    def is_standalone(self) -> bool:
        """Whether the rule is a resource of its own."""
        return self.holder.type != GROUP

    @property
    def span(self) -> tuple[float, float] | None:
        """The first and the last port, if they are known."""
        first, last = number(self.body.get("FromPort")), number(self.body.get("ToPort"))
        return None if first is None or last is None else (first, last)

    @property
    def protocol(self) -> str:
        """The protocol by name, all for -1, or nothing if it is unknown."""
        protocol = str(self.body.get("IpProtocol")).lower()
        return "" if "{" in protocol else PROTOCOLS.get(protocol, protocol)

    @property
    def ports(self) -> Ports:
        """The protocol and the ports."""
        return Ports(self.protocol, self.span)

    @property
    def peer_group(self) -> Resource | None:
        """The group of this template at the other end."""
        return self.holder.system.target(self.body.get(PEERS[self.direction]))

    @property
    def peer(self) -> Any:
        """The expression of the other end: a group, addresses, or a prefix list."""
        keys = (PEERS[self.direction], "CidrIp", "CidrIpv6", PREFIXES[self.direction])
        return next((node for key in keys if (node := self.body.get(key)) is not None), None)

    @property
    def everyone(self) -> str | None:
        """The key under which the rule names the whole internet."""
        return next((k for k in ("CidrIp", "CidrIpv6") if self.body.get(k) in ANYWHERE), None)

    def permits(self, port: float, groups: list[Resource], blocks: list[str]) -> bool:
        """Whether TCP on a port may pass to groups or blocks; yes if it is unknown."""
        if not self.ports.may_include(port):
            return False
        peer, block = self.body.get(PEERS[self.direction]), self.body.get("CidrIp")
        if peer not in (None, NO_VALUE):
            other = self.holder.system.target(peer)
            return other is None or other in groups
        if not isinstance(block, str):
            return self.body.get("CidrIpv6") is None
        return not blocks or any(overlap(block, known) for known in blocks)


def is_block(value: Any) -> bool:
    """Whether a text is a block of addresses, as 10.0.0.0/16."""
    try:
        return "/" in str(value) and bool(ipaddress.ip_network(str(value), strict=False))
    except ValueError:
        return False


def overlap(*blocks: str) -> bool:
    """Whether two address blocks share an address; true if one cannot be read."""
    try:
        one, other = (ipaddress.ip_network(block, strict=False) for block in blocks)
    except ValueError:
        return True
    return one.overlaps(other)


def own_rules(resource: Resource) -> list[SecurityGroupRule]:
    """Return the rules that a group has inline, or the rule that a resource is."""
    if resource.type in (INGRESS, EGRESS):
        direction = resource.type.removeprefix(GROUP)
        return [SecurityGroupRule([], direction, resource.properties, resource)]
    return [
        SecurityGroupRule(path, direction, body, resource)
        for direction in (PEERS if resource.type == GROUP else ())
        for path, body in resource.values_at(f"SecurityGroup{direction}.*")
        if isinstance(body, dict)
    ]


def standalone_rules(group: Resource, *types: str) -> list[Resource]:
    """Return the resources that are rules of a group."""
    users = group.users(*(types or (INGRESS, EGRESS)))
    return [user for user, path in users if path == ["GroupId"]]


def rules_of(group: Resource) -> list[SecurityGroupRule]:
    """Return the rules of a group, inline and standalone."""
    holders = (group, *standalone_rules(group))
    return [rule for holder in holders for rule in own_rules(holder)]


def limited_rules(group: Resource, direction: str) -> list[SecurityGroupRule] | None:
    """Return the rules of a group in one direction; None if it allows all or is unknown."""
    inline = group.expression(f"SecurityGroup{direction}")
    everything = direction == OUT and not inline
    listed = isinstance(inline or [], list) and not any(map(is_expression, inline or []))
    known = listed and not undecided(inline)
    anything = group.system.may_name_any(f"{GROUP}{direction}", "GroupId")
    if everything or not known or group.type != GROUP or group.is_exported or anything:
        return None
    return [rule for rule in rules_of(group) if rule.direction == direction]


def rules_if_limited(groups: list[Resource], direction: str) -> list[SecurityGroupRule] | None:
    """Return the rules of several groups, as limited_rules does; None if there is none."""
    found = [limited_rules(group, direction) for group in groups]
    known = [rules for rules in found if rules is not None]
    return [rule for rules in known for rule in rules] if found and known == found else None


# https://repost.aws/knowledge-center/ecs-fargate-tasks-pending-state
def blocks_https(groups: list[Resource]) -> bool:
    """Whether groups are known to block port 443 out of the VPC."""
    rules = rules_if_limited(groups, OUT)
    return rules is not None and not any(map(_leads_out, rules))


def _leads_out(rule: SecurityGroupRule) -> bool:
    """Whether a rule may allow requests to port 443 of addresses outside the VPC."""
    inside = INSIDE.match(str(rule.body.get("CidrIp")))
    return rule.permits(443, [], []) and not inside


def all_rules(system: System) -> Iterator[SecurityGroupRule]:
    """Yield the rules of all groups, with AWS's rule for a group that has no egress rule.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ec2-security-group-egress.html
    """
    for holder in system.of(*HOLDERS):
        yield from own_rules(holder)
        is_open = holder.type == GROUP and not holder.expression("SecurityGroupEgress")
        if is_open and not standalone_rules(holder, EGRESS):
            yield SecurityGroupRule([], OUT, DEFAULT_EGRESS, holder)


def addresses_of(rule: SecurityGroupRule) -> str:
    """Return the addresses of a rule's other end as text, if it is no group.

    Those of a VPC's attribute CidrBlock are the block of the VPC.
    """
    system = rule.holder.system
    vpc = system.first_named(rule.peer, VPC)
    return vpc.shown("CidrBlock") if vpc else system.shown(rule.peer)


class PermittedConnection(NamedTuple):
    """The ports that one place may reach of another, and the rules that permit it."""

    first: float
    last: float
    rules: tuple[SecurityGroupRule, ...]

    @property
    def label(self) -> str:
        """Return the ports as text."""
        if (self.first, self.last) == ALL_PORTS:
            return "all ports"
        return f"{self.first:g}" + ("" if self.first == self.last else f" to {self.last:g}")

    @property
    def resources(self) -> tuple[str, ...]:
        """Return the names of the rules that are resources."""
        return tuple(rule.holder.name for rule in self.rules if rule.is_standalone)


class PermittedConnections:
    """The connections that the security groups of a system permit."""

    def __init__(self, system: System) -> None:
        self.rules = [(rule, addresses_of(rule)) for rule in all_rules(system)]

    def between(self, source: NetworkPlace, target: NetworkPlace) -> PermittedConnection | None:
        """Return the connection that the groups of both places permit, if any.

        At least one of the two rules must name the other end: two rules for all addresses do
        not state that these places communicate.
        """
        for leaving, destination in self._matching(source, target, OUT):
            for entering, origin in self._matching(target, source, IN):
                first = max(leaving.ports.range[0], entering.ports.range[0])
                last = min(leaving.ports.range[1], entering.ports.range[1])
                if first <= last and not {destination, origin} <= set(ANYWHERE):
                    return PermittedConnection(first, last, (leaving, entering))
        return None

    def with_anywhere(self, place: NetworkPlace, direction: str) -> PermittedConnection | None:
        """Return the first connection of a place from or to all addresses, if any."""
        return next(self.each_with_anywhere(place, direction), None)

    def each_with_anywhere(
        self, place: NetworkPlace, direction: str
    ) -> Iterator[PermittedConnection]:
        """Yield the connections of a place from or to all addresses."""
        for rule, addresses in self._own(place, direction):
            if addresses in ANYWHERE:
                yield PermittedConnection(*rule.ports.range, (rule,))

    def _own(self, place: NetworkPlace, direction: str) -> list[tuple[SecurityGroupRule, str]]:
        return [
            (rule, addresses)
            for rule, addresses in self.rules
            if rule.group in place.groups and rule.direction == direction
        ]

    def _matching(
        self, place: NetworkPlace, other: NetworkPlace, direction: str
    ) -> list[tuple[SecurityGroupRule, str]]:
        """Return the rules of a place that name the other's groups or all its addresses."""
        own = self._own(place, direction)
        blocks: dict[tuple[float, float], list[str]] = defaultdict(list)
        for rule, addresses in own:
            blocks[rule.ports.range].append(addresses)
        return [
            (rule, addresses)
            for rule, addresses in own
            if _group_at_other_end(rule) in other.groups
            or (_network(addresses) and _cover(blocks[rule.ports.range], other))
        ]


def _group_at_other_end(rule: SecurityGroupRule) -> Resource | None:
    return rule.holder.system.first_named(rule.peer, GROUP)


def _cover(blocks: list[str], place: NetworkPlace) -> bool:
    """Whether all subnets of a place lie in some of the address blocks."""
    own = [_network(subnet.shown("CidrBlock")) for subnet in place.subnets]
    known = [network for block in blocks if (network := _network(block))]
    return bool(own) and all(
        subnet and any(subnet.subnet_of(network) for network in known) for subnet in own
    )


def _network(text: str) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(text)
    except ValueError:
        return None


def members(group: Resource) -> list[Resource]:
    """Return the resources of this template in a group."""
    users = dict.fromkeys(group.used_by())
    return [user for user in users if user.type not in HOLDERS]
