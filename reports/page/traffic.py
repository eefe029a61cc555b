"""Who may talk to whom: the rules of all security groups, both ends put side by side."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from checks.link import System
from checks.references import at, references
from reports.groups import ANYWHERE, GROUP, IN, OUT, group_rules
from reports.page.model import Model, Named

NOBODY = "255.255.255.255/32"  # how a group says that it lets nothing out
MEANT = {"0.0.0.0/0": "anywhere", "::/0": "anywhere", NOBODY: "nobody"}
PROTOCOLS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}


@dataclass(frozen=True)
class Ports:
    """A protocol, "-1" for all of them, and a span of ports where it can be read."""

    protocol: str
    span: tuple[float, float] | None

    def within(self, other: "Ports") -> bool:
        """Whether a rule about the other ports also speaks of these."""
        if other.protocol == "-1":
            return True
        if self.span is None or other.span is None:
            return self == other
        inside = other.span[0] <= self.span[0] and self.span[1] <= other.span[1]
        return self.protocol == other.protocol and inside

    @property
    def words(self) -> str:
        """For people: tcp 443, tcp 8000 to 8080, everything."""
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
    """Traffic that somebody permits, and whether the other end permits it too.

    Senders and receivers are what stands in the groups at both ends.
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
    """Each pair of ends once, however many rules say it; what permits nothing, last."""
    rules = list(_rules(model.system))
    members = _members(model.system)
    unique: dict[Any, Rule] = {}
    for rule in rules:
        unique.setdefault((*_ends(rule), rule.ports), rule)
    ordered = sorted(unique.values(), key=lambda rule: rule.peer == NOBODY)
    return [_flow(model, rule, rules, members) for rule in ordered]


def _members(system: System) -> dict[str, str]:
    """What stands in each security group: whatever names it and is no rule."""
    found: dict[str, list[str]] = {
        r.id: [] for r in system.resources.values() if at(r.body, "Type") == GROUP
    }
    for resource in system.resources.values():
        if not str(at(resource.body, "Type")).startswith(GROUP):
            for name in {name for name, _ in references(resource.body)} & found.keys():
                found[name].append(resource.id)
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
    elif rule.peer == NOBODY:
        ends = "lets nothing out"
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
    return Named(f"{MEANT[name]} ({name})") if name in MEANT else model.resource(name)


def _permitted(end: str, source: str, target: str, rule: Rule, rules: list[Rule]) -> bool:
    """Whether a rule of this end's group speaks of the other end, or of everybody."""
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
        peer = _who(found.peer, system) or "somebody"
        yield Rule(found.direction, group, peer, ports, found.description)


def _who(node: Any, system: System) -> str | None:
    """The resource to which an expression leads, else what it says itself."""
    for name, _ in references(node):
        return name if name in system.resources else f"{name}, known when deployed"
    return None if node is None else str(node)
