"""Permitted connections: the rules of all security groups, with both ends side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.page.model import Model, Named
from cfnlink.system.groups import ANYWHERE, GROUP, IN, OUT, group_rules
from cfnlink.system.references import at, references
from cfnlink.system.resource import System

NO_ADDRESS = "255.255.255.255/32"  # the peer of a group without egress
NAMED_RANGES = {"0.0.0.0/0": "anywhere", "::/0": "anywhere", NO_ADDRESS: "no address"}
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


@dataclass(frozen=True)
class Ports:
    """A protocol, "-1" for all, and a span of ports if it is known."""

    protocol: str
    span: tuple[float, float] | None

    def within(self, other: "Ports") -> bool:
        """Whether a rule about the other ports also covers these."""
        if other.protocol == "-1":
            return True
        if self.span is None or other.span is None:
            return self == other
        inside = other.span[0] <= self.span[0] and self.span[1] <= other.span[1]
        return self.protocol == other.protocol and inside

    @property
    def words(self) -> str:
        """Return the ports for people: tcp 443, tcp 8000 to 8080, everything."""
        if self.protocol == "-1":
            return "everything"
        if self.span is None:
            return self.protocol
        first, last = self.span
        return f"{self.protocol} {first:g}" + ("" if first == last else f" to {last:g}")


@dataclass(frozen=True)
class Rule:
    """One rule of one group; peers are ids of the system, or text such as 10.0.0.0/16."""

    direction: str
    group: str
    peer: str
    ports: Ports
    description: str


@dataclass(frozen=True)
class Flow:
    """Traffic that one end permits, and whether the other end permits it too.

    Senders and receivers are the resources in the groups at both ends.
    """

    source: Named
    senders: str
    target: Named
    receivers: str
    ports: str
    ends: str
    complete: bool
    description: str


def flows(model: Model) -> list[Flow]:
    """Return each pair of ends once; rules that permit nothing come last."""
    rules = list(_rules(model.system))
    members = _members(model.system)
    unique: dict[Any, Rule] = {}
    for rule in rules:
        unique.setdefault((*_ends(rule), rule.ports), rule)
    ordered = sorted(unique.values(), key=lambda rule: rule.peer == NO_ADDRESS)
    return [_flow(model, rule, rules, members) for rule in ordered]


def _members(system: System) -> dict[str, str]:
    """Return the resources in each security group: those that name it and are no rule."""
    found: dict[str, list[str]] = {
        r.name: [] for r in system.resources.values() if at(r.body, "Type") == GROUP
    }
    for resource in system.resources.values():
        if not str(at(resource.body, "Type")).startswith(GROUP):
            for name in {name for name, _ in references(resource.body)} & found.keys():
                found[name].append(resource.name)
    return {name: ", ".join(ids) for name, ids in found.items()}


def _ends(rule: Rule) -> tuple[str, str]:
    return (rule.group, rule.peer) if rule.direction == OUT else (rule.peer, rule.group)


def _flow(model: Model, rule: Rule, rules: list[Rule], members: dict[str, str]) -> Flow:
    source, target = _ends(rule)
    missing = [end for end in (OUT, IN) if not _permitted(end, source, target, rule, rules)]
    ends, complete = "the other end is elsewhere", True
    if rule.peer in members:
        complete = not missing
        ends = "both ends" if complete else f"only the way {'in' if OUT in missing else 'out'}"
    elif rule.peer == NO_ADDRESS:
        ends = "no egress"
    elif "/" in rule.peer:
        ends = "one end is enough"
    return Flow(
        _named(model, source),
        members.get(source, ""),
        _named(model, target),
        members.get(target, ""),
        rule.ports.words,
        ends,
        complete,
        rule.description,
    )


def _named(model: Model, name: str) -> Named:
    return (
        Named(f"{NAMED_RANGES[name]} ({name})")
        if name in NAMED_RANGES
        else model.resource(name)
    )


def _permitted(end: str, source: str, target: str, rule: Rule, rules: list[Rule]) -> bool:
    """Whether a rule of this end's group covers the other end, or all addresses."""
    group, peer = (source, target) if end == OUT else (target, source)
    return any(
        other.direction == end
        and other.group == group
        and other.peer in (peer, *ANYWHERE)
        and rule.ports.within(other.ports)
        for other in rules
    )


def _rules(system: System) -> Iterator[Rule]:
    for found in group_rules(system):
        group = found.group or "a group of the default VPC"
        ports = Ports(PROTOCOLS.get(found.protocol, found.protocol), found.span)
        peer = _peer(found.peer, system) or "an unnamed peer"
        yield Rule(found.direction, group, peer, ports, found.description)


def _peer(node: Any, system: System) -> str | None:
    """Return the resource to which an expression refers, else its text."""
    for name, _ in references(node):
        return name if name in system.resources else f"{name}, known when deployed"
    return None if node is None else str(node)
