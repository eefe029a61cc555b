"""Who may talk to whom: the steps that security-group rules permit on both sides."""

from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from typing import Any

from checks.references import at, number
from reports.picture.facts import Facts
from reports.picture.model import Card

GROUP = "AWS::EC2::SecurityGroup"
ANY = (0, 65535)
EVERYWHERE = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True)
class Rule:
    """One direction of a group: the other side, the ports, the rule's own resource."""

    group: str
    inward: bool
    peer: str  # another group's id, or an address range
    ports: tuple[int, int]
    resource: str = ""


@dataclass(frozen=True)
class Step:
    """What one card may reach of another, and the resources that say so."""

    ports: tuple[int, int]
    resources: tuple[str, ...]

    @property
    def label(self) -> str:
        """The ports as text."""
        low, high = self.ports
        if self.ports == ANY:
            return "all ports"
        return str(low) if low == high else f"{low} to {high}"


class Permits:
    """The rules of all groups of a system."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rules = self._rules()

    def step(self, source: Card, target: Card) -> Step | None:
        """What leaves the source's groups and is let in by the target's, if anything.

        One of the two must mean the other: where both are open to everybody, nobody
        has said that these two talk.
        """
        outward = self._matching(source, target, inward=False)
        inward = self._matching(target, source, inward=True)
        for there in outward:
            for here in inward:
                low = max(there.ports[0], here.ports[0])
                high = min(there.ports[1], here.ports[1])
                if low <= high and not {there.peer, here.peer} <= set(EVERYWHERE):
                    named = (there.resource, here.resource)
                    return Step((low, high), tuple(name for name in named if name))
        return None

    def outside(self, card: Card, *, inward: bool) -> Step | None:
        """What the card may reach, or be reached by, anywhere."""
        for rule in self.rules:
            if rule.group in card.groups and rule.inward is inward and rule.peer in EVERYWHERE:
                return Step(rule.ports, (rule.resource,) if rule.resource else ())
        return None

    def _matching(self, card: Card, other: Card, *, inward: bool) -> list[Rule]:
        """The rules of a card's groups that name the other's, or all of its addresses."""
        own = [r for r in self.rules if r.group in card.groups and r.inward is inward]
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
        """Inline ones, standalone ones, and AWS's own where a group states no egress."""
        facts, rules = self.facts, []
        for inward, kind in ((True, "Ingress"), (False, "Egress")):
            for key in facts.of(f"AWS::EC2::SecurityGroup{kind}"):
                rule = facts.get(key)
                group = facts.first(at(rule, "GroupId"), GROUP)
                rules.append(self._rule(group or "", inward, rule, key))
            for group in facts.of(GROUP):
                inline = facts.items(group, f"SecurityGroup{kind}")
                rules += [self._rule(group, inward, rule) for rule in inline]
        stated = {rule.group for rule in rules if not rule.inward}
        open_ones = [group for group in facts.of(GROUP) if group not in stated]
        return rules + [Rule(group, False, EVERYWHERE[0], ANY) for group in open_ones]

    def _rule(self, group: str, inward: bool, rule: Any, resource: str = "") -> Rule:
        side = "Source" if inward else "Destination"
        peer = self.facts.first(at(rule, f"{side}SecurityGroupId"), GROUP)
        address = at(rule, "CidrIp") or at(rule, "CidrIpv6")
        low, high = number(at(rule, "FromPort")), number(at(rule, "ToPort"))
        ports = ANY if low is None or high is None or low < 0 else (int(low), int(high))
        return Rule(group, inward, peer or self._address(address), ports, resource)

    def _address(self, node: Any) -> str:
        """A range as text; the whole of a VPC where its own attribute is named."""
        vpc = self.facts.first(node, "AWS::EC2::VPC")
        return self.facts.text(vpc, "CidrBlock") if vpc else self.facts.literal(node)


def _network(text: str) -> IPv4Network | None:
    try:
        network = ip_network(text)
    except ValueError:
        return None
    return network if isinstance(network, IPv4Network) else None
