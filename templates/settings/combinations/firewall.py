"""Combinations of the firewall's settings."""

from collections.abc import Iterator
from ipaddress import IPv4Network

from templates.settings.combinations.invalid import InvalidCombination, stated_in_vain
from templates.settings.firewall import (
    EVERY_ADDRESS,
    MANAGED_GROUPS,
    OF_WEB_ACL,
    FirewallSettings,
)
from templates.settings.model import Settings

# Addresses that no router of the internet carries, so the API never sees them.
INSIDE = tuple(
    map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"))
)
# Above so many units AWS charges more for each request.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-waf-capacity-units.html
CAPACITY_INCLUDED = 1500
RATE_RULE_CAPACITY = 2


def _ranges(settings: Settings) -> Iterator[InvalidCombination]:
    ranges = settings.api.firewall.allow
    for network in () if ranges == EVERY_ADDRESS else ranges:
        wrong = ""
        if any(network.subnet_of(inside) for inside in INSIDE):
            wrong = f"{network} is private: the API sees the public address of a client"
        elif network.prefixlen == 0:
            wrong = f"{network} admits every address"
        if wrong:
            yield InvalidCombination(
                ("api.firewall.allow",),
                wrong,
                'public ranges, such as 203.0.113.0/24, or ["0.0.0.0/0"] alone for all',
            )
            return


def _web_acl(settings: Settings) -> Iterator[InvalidCombination]:
    firewall, switch = settings.api.firewall, "api.firewall.web_acl"
    if not firewall.web_acl:
        wrong, expected = "there is no web ACL", "web_acl = true beside it"
        yield from stated_in_vain(switch, firewall, OF_WEB_ACL, wrong, expected)
        return
    groups = firewall.managed_rules
    if not groups and firewall.rate_limit is None:
        yield InvalidCombination(
            (switch, "api.firewall.managed_rules"),
            "the web ACL has no rule, and costs by the hour",
            "managed_rules or rate_limit beside it",
        )
    elif len(set(groups)) < len(groups):
        yield InvalidCombination(
            ("api.firewall.managed_rules",), "a group stands twice", "each group once"
        )
    else:
        yield from _capacity(firewall)


def _capacity(firewall: FirewallSettings) -> Iterator[InvalidCombination]:
    needed = sum(MANAGED_GROUPS[group] for group in firewall.managed_rules)
    needed += RATE_RULE_CAPACITY if firewall.rate_limit else 0
    if needed > CAPACITY_INCLUDED:
        yield InvalidCombination(
            ("api.firewall.managed_rules",),
            f"its groups take {needed} capacity units, and AWS charges each request more "
            f"above {CAPACITY_INCLUDED}",
            "fewer groups",
        )


CHECKS = (_ranges, _web_acl)
