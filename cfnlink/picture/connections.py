"""Connections that the rules of security groups permit at both ends."""

from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Any

from cfnlink.picture.facts import Facts
from cfnlink.picture.model import Card
from cfnlink.system.groups import ANYWHERE, GROUP, IN, GroupRule, group_rules

ANY = (0, 65535)


@dataclass(frozen=True)
class Rule:
    """One direction of a group: the other end, the ports, the rule's own resource."""

    group: str
    ingress: bool
    peer: str  # another group's id, or an address range
    ports: tuple[int, int]
    resource: str = ""


@dataclass(frozen=True)
class Connection:
    """The ports that one card may reach of another, and the resources that permit it."""

    ports: tuple[int, int]
    resources: tuple[str, ...]

    @property
    def label(self) -> str:
        """Return the ports as text."""
        low, high = self.ports
        if self.ports == ANY:
            return "all ports"
        return str(low) if low == high else f"{low} to {high}"


class Connections:
    """The security-group rules of a system."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rules = self._rules()

    def between(self, source: Card, target: Card) -> Connection | None:
        """Return the connection that the groups of both cards permit, if any.

        At least one of the two rules must name the other end: two rules for all addresses do
        not state that these cards communicate.
        """
        egress = self._matching(source, target, ingress=False)
        ingress = self._matching(target, source, ingress=True)
        for there in egress:
            for here in ingress:
                low = max(there.ports[0], here.ports[0])
                high = min(there.ports[1], here.ports[1])
                if low <= high and not {there.peer, here.peer} <= set(ANYWHERE):
                    named = (there.resource, here.resource)
                    return Connection((low, high), tuple(name for name in named if name))
        return None

    def open_to_internet(self, card: Card, *, ingress: bool) -> Connection | None:
        """Return the connection of a card from or to all addresses, if any."""
        for rule in self.rules:
            if rule.group in card.groups and rule.ingress is ingress and rule.peer in ANYWHERE:
                return Connection(rule.ports, (rule.resource,) if rule.resource else ())
        return None

    def _matching(self, card: Card, other: Card, *, ingress: bool) -> list[Rule]:
        """Return the rules of a card's groups that name the other card's groups or
        addresses."""
        own = [r for r in self.rules if r.group in card.groups and r.ingress is ingress]
        ranges: dict[tuple[int, int], list[IPv4Network]] = {}
        for rule in own:
            if addresses := _network(rule.peer):
                ranges.setdefault(rule.ports, []).append(addresses)
        return [
            rule
            for rule in own
            if rule.peer in other.groups
            or (rule.ports in ranges and self._covered(other, ranges[rule.ports]))
        ]

    def _covered(self, card: Card, ranges: list[IPv4Network]) -> bool:
        """Whether all subnets of a card lie in some of the address ranges."""
        own = [_network(self.facts.text(key, "CidrBlock")) for key in card.subnets]
        return bool(own) and all(
            subnet and any(subnet.subnet_of(addresses) for addresses in ranges)
            for subnet in own
        )

    def _rules(self) -> list[Rule]:
        return [
            Rule(
                each.group or "",
                each.direction == IN,
                self._peer(each.peer),
                _ports(each),
                each.resource,
            )
            for each in group_rules(self.facts.system)
        ]

    def _peer(self, node: Any) -> str:
        return self.facts.first(node, GROUP) or self._address(node)

    def _address(self, node: Any) -> str:
        """Return a range as text; the whole range of a VPC for its CidrBlock attribute."""
        vpc = self.facts.first(node, "AWS::EC2::VPC")
        return self.facts.text(vpc, "CidrBlock") if vpc else self.facts.literal(node)


def _ports(rule: GroupRule) -> tuple[int, int]:
    low, high = rule.span or (-1, -1)
    return ANY if low < 0 else (int(low), int(high))


def _network(text: str) -> IPv4Network | None:
    try:
        network = ip_network(text)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None
