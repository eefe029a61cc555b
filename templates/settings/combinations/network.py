"""Combinations of the network's settings."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from cfnlink.aws import limits
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.model import Settings
from templates.settings.network import NetworkSettings

# An internal load balancer wants 8 free addresses and a /27 in each of its subnets:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
LARGEST_SUBNET_PREFIX = 27
# Route table limits aside, a VPC is /16 to /28; six subnets of /27 need a /24.
VPC_PREFIXES = range(16, 25)
SUBNETS = ("public_cidrs", "private_cidrs", "database_cidrs")


def _zones(settings: Settings) -> Iterator[InvalidCombination]:
    """The zones are two of the region's that take a VPC link, where they are known."""
    first, second = settings.network.zones
    known = limits.zones(settings.region)
    wrong = [f"{first} is named twice"] if first == second else []
    for zone in dict.fromkeys((first, second)) if known.every else ():
        if zone not in known.every:
            wrong.append(f"{zone} is not a zone of {settings.region}")
        elif zone not in known.vpc_link:
            wrong.append(f"API Gateway cannot place a VPC link in {zone}")
    if wrong:
        usable = ", ".join(known.vpc_link)
        yield InvalidCombination(
            ("network.zones", "region"),
            " and ".join(wrong),
            f"two of {usable}" if usable else "two zones",
        )


def _network_size(settings: Settings) -> Iterator[InvalidCombination]:
    cidr = settings.network.cidr
    if cidr.is_multicast or cidr.is_loopback or cidr.is_link_local or cidr.is_reserved:
        yield InvalidCombination(
            ("network.cidr",),
            f"{cidr} holds no addresses of hosts",
            "a private range, such as 10.0.0.0/16",
        )
    elif cidr.prefixlen not in VPC_PREFIXES:
        yield InvalidCombination(
            ("network.cidr",),
            f"{cidr} is a /{cidr.prefixlen}",
            f"a range from /{VPC_PREFIXES[0]} to /{VPC_PREFIXES[-1]}, such as 10.0.0.0/16",
        )


def _subnets(settings: Settings) -> Iterator[InvalidCombination]:
    """Yield the first fault of each pair of subnets that a file states.

    The others follow from network.cidr and fit if it does.
    """
    network = settings.network
    if any(_network_size(settings)):
        return
    for key in sorted(network.model_fields_set & set(SUBNETS), key=SUBNETS.index):
        found = (_subnet_fault(network, key, subnet) for subnet in getattr(network, key))
        wrong, expected = next(filter(None, found), (None, ""))
        if wrong:
            keys = (f"network.{name}" for name in (key, "cidr", *SUBNETS) if name != key)
            yield InvalidCombination((f"network.{key}", *keys), wrong, expected)


def _subnet_fault(
    network: NetworkSettings, key: str, subnet: IPv4Network
) -> tuple[str, str] | None:
    """Return what is wrong with one subnet of a key, and what is expected."""
    if not subnet.subnet_of(network.cidr):
        wrong = f"{subnet} lies outside the network {network.cidr}"
        return wrong, f"a range inside {network.cidr}, or no such key: it is then derived"
    if subnet.prefixlen > LARGEST_SUBNET_PREFIX:
        return f"{subnet} is too small", f"a /{LARGEST_SUBNET_PREFIX} or larger"
    for name in SUBNETS:
        others = getattr(network, name)
        for other in others if name != key else set(others) - {subnet}:
            if subnet.overlaps(other):
                return f"{subnet} overlaps {other} of {name}", "six ranges that do not overlap"
    return None


def _egress(settings: Settings) -> Iterator[InvalidCombination]:
    network = settings.network
    if network.nat_gateways > 1 and network.egress != "nat":
        yield InvalidCombination(
            ("network.nat_gateways", "network.egress"),
            f"{network.nat_gateways} NAT gateways with egress {network.egress}",
            'egress = "nat", or leave nat_gateways out',
        )


CHECKS = (_zones, _network_size, _subnets, _egress)
