"""Permitted connections: the rules of all security groups, with both ends side by side."""

from dataclasses import dataclass

from cfnlink.page.model import Model, Named
from cfnlink.system.expressions import references
from cfnlink.system.network import GROUP
from cfnlink.system.resource import Resource
from cfnlink.system.security_groups import (
    ANYWHERE,
    IN,
    OUT,
    Ports,
    SecurityGroupRule,
    all_rules,
    members,
)

NO_ADDRESS = "255.255.255.255/32"  # the peer of a group without egress
NAMED_RANGES = {"0.0.0.0/0": "anywhere", "::/0": "anywhere", NO_ADDRESS: "no address"}


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
    rules = list(all_rules(model.system))
    unique: dict[tuple[str, str, Ports], SecurityGroupRule] = {}
    for rule in rules:
        unique.setdefault((*_ends(rule), rule.ports), rule)
    ordered = sorted(unique.values(), key=lambda rule: rule.peer == NO_ADDRESS)
    return [_flow(model, rule, rules) for rule in ordered]


def _members(group: Resource | None) -> str:
    """Return the names of the resources in a security group."""
    found = members(group) if group is not None and group.type == GROUP else []
    return ", ".join(member.name for member in found)


def _ends(rule: SecurityGroupRule) -> tuple[str, str]:
    group, peer = _group(rule), _peer(rule)
    return (group, peer) if rule.direction == OUT else (peer, group)


def _group(rule: SecurityGroupRule) -> str:
    return rule.group.name if rule.group else "a group of the default VPC"


def _peer(rule: SecurityGroupRule) -> str:
    """Return the resource at the other end of a rule, else its text."""
    resources = rule.holder.system.resources
    for name, _ in references(rule.peer):
        return name if name in resources else f"{name}, known when deployed"
    return "an unnamed peer" if rule.peer is None else str(rule.peer)


def _flow(model: Model, rule: SecurityGroupRule, rules: list[SecurityGroupRule]) -> Flow:
    source, target = _ends(rule)
    resources = model.system.resources
    missing = [end for end in (OUT, IN) if not _is_permitted(end, rule, rules)]
    peer, ends, complete = _peer(rule), "the other end is elsewhere", True
    if peer in resources and resources[peer].type == GROUP:
        complete = not missing
        ends = "both ends" if complete else f"only the way {'in' if OUT in missing else 'out'}"
    elif peer == NO_ADDRESS:
        ends = "no egress"
    elif "/" in peer:
        ends = "one end is enough"
    return Flow(
        _named(model, source),
        _members(resources.get(source)),
        _named(model, target),
        _members(resources.get(target)),
        rule.ports.words,
        ends,
        complete,
        str(rule.body.get("Description") or ""),
    )


def _named(model: Model, name: str) -> Named:
    return (
        Named(f"{NAMED_RANGES[name]} ({name})")
        if name in NAMED_RANGES
        else model.resource(name)
    )


def _is_permitted(end: str, rule: SecurityGroupRule, rules: list[SecurityGroupRule]) -> bool:
    """Whether a rule of this end's group covers the other end, or all addresses."""
    source, target = _ends(rule)
    group, peer = (source, target) if end == OUT else (target, source)
    return any(
        other.direction == end
        and _group(other) == group
        and _peer(other) in (peer, *ANYWHERE)
        and rule.ports.within(other.ports)
        for other in rules
    )
