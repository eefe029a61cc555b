"""The rules of a system's security groups, inline and standalone, for all reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.system.references import at, number, references
from cfnlink.system.resource import Resource, System

GROUP = "AWS::EC2::SecurityGroup"
OUT, IN = "Egress", "Ingress"
PEERS = {OUT: "Destination", IN: "Source"}
ANYWHERE = ("0.0.0.0/0", "::/0")
# A group without an egress rule, inline or standalone, gets this rule
# from AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-ec2-security-group-egress.html
OPEN = {"IpProtocol": "-1", "CidrIp": ANYWHERE[0], "Description": "AWS's default"}


@dataclass(frozen=True)
class GroupRule:
    """One direction of one group. `peer` is an expression: another group, or addresses."""

    direction: str
    group: str | None  # its id in the system; None if another system has it
    peer: Any
    protocol: str
    span: tuple[float, float] | None  # the ports, if they are known
    description: str
    resource: str = ""  # a standalone rule's own id


def group_rules(system: System) -> Iterator[GroupRule]:
    """Yield inline rules, standalone rules, and AWS's default for a group without egress."""
    for resource in system.resources.values():
        kind = str(at(resource.body, "Type"))
        direction = kind.removeprefix(GROUP)
        if direction in PEERS:
            properties = at(resource.body, "Properties")
            group = first_reference(at(properties, "GroupId"), system)
            yield _rule(direction, group, properties, resource.name)
        elif kind == GROUP:
            yield from _inline(resource, system)


def first_reference(node: Any, system: System) -> str | None:
    """Return the first resource of the system that an expression refers to, if any."""
    return next((name for name, _ in references(node) if name in system.resources), None)


def _inline(group: Resource, system: System) -> Iterator[GroupRule]:
    for direction in (IN, OUT):
        entries = at(group.body, "Properties", f"SecurityGroup{direction}")
        if direction == OUT and not entries and not _let_out(group, system):
            entries = [OPEN]
        for entry in entries if isinstance(entries, list) else []:
            yield _rule(direction, group.name, entry)


def _let_out(group: Resource, system: System) -> bool:
    """Whether a standalone rule is an egress rule of the group."""
    return any(
        at(other.body, "Type") == f"{GROUP}{OUT}"
        and first_reference(at(other.body, "Properties", "GroupId"), system) == group.name
        for other in system.resources.values()
    )


def _rule(direction: str, group: str | None, entry: Any, resource: str = "") -> GroupRule:
    side = PEERS[direction]
    keys = (f"{side}SecurityGroupId", "CidrIp", "CidrIpv6", f"{side}PrefixListId")
    peer = next((node for key in keys if (node := at(entry, key)) is not None), None)
    first, last = number(at(entry, "FromPort")), number(at(entry, "ToPort"))
    span = None if first is None or last is None else (first, last)
    protocol, said = at(entry, "IpProtocol"), at(entry, "Description")
    return GroupRule(
        direction, group, peer, str(protocol).lower(), span, str(said or ""), resource
    )
