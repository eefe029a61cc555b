"""Make a card from a resource: its subnets, groups and rank."""

from cfnlink.picture.facts import Facts
from cfnlink.picture.model import Card, Line
from cfnlink.system.groups import GROUP

SUBNET = "AWS::EC2::Subnet"
SUBNET_GROUPS = ("AWS::RDS::DBSubnetGroup", "AWS::ElastiCache::SubnetGroup")

# Ranks: 0 client, 1 name, 2 gateway, 3 link, 4 balancer, 5 compute, 6 data, 9 way out.
NAME, GATEWAY, LINK, BALANCER, COMPUTE, DATA, WAY_OUT = 1, 2, 3, 4, 5, 6, 9


def place(facts: Facts, key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the subnets and security groups of a resource, also through its subnet group."""
    used = facts.refs(facts.get(key))
    for group in [name for name in used if facts.type(name) in SUBNET_GROUPS]:
        used += facts.refs(facts.get(group))
    subnets = tuple(name for name in used if facts.type(name) == SUBNET)
    return subnets, tuple(name for name in used if facts.type(name) == GROUP)


def card(facts: Facts, key: str, look: tuple[str, str, str, int], *lines: Line) -> Card:
    """Return a card with this icon, category, title and rank, in the resource's subnets."""
    icon, category, title, rank = look
    subnets, groups = place(facts, key)
    shown = tuple(line for line in lines if line.text)
    return Card(key, icon, category, title, rank, shown, (key,), subnets, groups)


def named(facts: Facts, keys: list[str], kind: str) -> list[str]:
    """Return the resources of a type to which these ones refer, each once."""
    found = (used for key in keys for used in facts.refs(facts.get(key)))
    return list(dict.fromkeys(used for used in found if facts.type(used) == kind))


def count(many: int, noun: str) -> str:
    """Return a number with its noun: 1 alarm, 2 alarms."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"
