"""Make a card from a resource: its subnets, groups and rank."""

from cfnlink.aws.catalogue import resource_type
from cfnlink.aws.resource_type import CardStyle
from cfnlink.picture.facts import Facts
from cfnlink.picture.model import Card, Line
from cfnlink.system.groups import GROUP

SUBNET = "AWS::EC2::Subnet"
SUBNET_GROUPS = ("AWS::RDS::DBSubnetGroup", "AWS::ElastiCache::SubnetGroup")

# Ranks: 0 client, 1 name, 2 gateway, 3 link, 4 balancer, 5 compute, 6 data, 9 way out.
NAME, GATEWAY, LINK, BALANCER, COMPUTE, DATA, WAY_OUT = 1, 2, 3, 4, 5, 6, 9
RANKS = {
    "gateway": GATEWAY,
    "link": LINK,
    "balancer": BALANCER,
    "compute": COMPUTE,
    "data": DATA,
    "way out": WAY_OUT,
    "": DATA,  # in the side row
}


def place(facts: Facts, key: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the subnets and security groups of a resource, also through its subnet group."""
    used = facts.refs(facts.get(key))
    for group in [name for name in used if facts.type(name) in SUBNET_GROUPS]:
        used += facts.refs(facts.get(group))
    subnets = tuple(name for name in used if facts.type(name) == SUBNET)
    return subnets, tuple(name for name in used if facts.type(name) == GROUP)


def style_of(kind: str) -> CardStyle:
    """Return how a type is drawn: by its row, and a type without a card as a plain box."""
    plain = CardStyle("resource", "management", " ".join(kind.split("::")[1:]) or kind)
    return resource_type(kind).card or plain


def card(facts: Facts, key: str, *lines: Line, title: str = "") -> Card:
    """Return a card in the style of the resource's type, in the resource's subnets."""
    style, (subnets, groups) = style_of(facts.type(key)), place(facts, key)
    shown = tuple(line for line in lines if line.text)
    return Card(
        key,
        style.icon,
        style.category,
        title or style.title,
        RANKS[style.rank],
        shown,
        (key,),
        subnets,
        groups,
    )


def named(facts: Facts, keys: list[str], kind: str) -> list[str]:
    """Return the resources of a type to which these ones refer, each once."""
    found = (used for key in keys for used in facts.refs(facts.get(key)))
    return list(dict.fromkeys(used for used in found if facts.type(used) == kind))


def count(many: int, noun: str) -> str:
    """Return a number with its noun: 1 alarm, 2 alarms."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"
