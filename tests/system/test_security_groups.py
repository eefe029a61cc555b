"""The model knows what the rules of security groups permit."""

from typing import Any

import pytest

from cfnlink.system.resource import System
from cfnlink.system.security_groups import (
    IN,
    OUT,
    Ports,
    limited_rules,
    members,
    rules_of,
)
from tests.system.templates import one, template
from tests.template import ref

HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
NOTHING = {"IpProtocol": "icmp", "CidrIp": "255.255.255.255/32"}


def groups(**rule: Any) -> System:
    """Return two groups; a standalone rule lets the first send to the second."""
    return template(
        Source=("EC2::SecurityGroup", {"SecurityGroupEgress": [NOTHING]}),
        Target=("EC2::SecurityGroup", {"SecurityGroupIngress": [HTTPS]}),
        Rule=(
            "EC2::SecurityGroupEgress",
            {
                "GroupId": ref("Source"),
                "DestinationSecurityGroupId": ref("Target"),
                **HTTPS,
                **rule,
            },
        ),
        Link=("ApiGatewayV2::VpcLink", {"SecurityGroupIds": [ref("Source")]}),
    )


def test_a_group_has_inline_and_standalone_rules() -> None:
    source = groups().resources["Source"]
    inline, standalone = rules_of(source)

    assert (inline.is_standalone, standalone.is_standalone) == (False, True)
    assert standalone.group is source
    assert standalone.peer_group is source.system.resources["Target"]
    assert (standalone.protocol, standalone.span) == ("tcp", (443, 443))


def test_a_group_without_egress_is_not_limited() -> None:
    found = groups().resources

    assert limited_rules(found["Target"], OUT) is None
    assert [rule.holder.name for rule in limited_rules(found["Target"], IN) or []] == ["Target"]
    assert len(limited_rules(found["Source"], OUT) or []) == 2


@pytest.mark.parametrize(
    ("change", "permits"),
    [
        ({}, True),
        ({"FromPort": 80, "ToPort": 80}, False),
        ({"FromPort": {"Ref": "Port"}}, True),
        ({"IpProtocol": "udp"}, False),
        ({"IpProtocol": -1}, True),
        ({"DestinationSecurityGroupId": ref("Source")}, False),
        ({"DestinationSecurityGroupId": ref("Elsewhere")}, True),
    ],
)
def test_a_rule_permits_its_port_to_its_group(change: dict[str, Any], permits: bool) -> None:
    found = groups(**change).resources
    rule = rules_of(found["Source"])[-1]

    assert rule.permits(443, [found["Target"]], ["10.0.0.0/24"]) is permits


@pytest.mark.parametrize(("block", "permits"), [("10.0.0.0/16", True), ("10.1.0.0/16", False)])
def test_a_rule_for_addresses_permits_what_overlaps(block: str, permits: bool) -> None:
    group = one("EC2::SecurityGroup", SecurityGroupIngress=[HTTPS | {"CidrIp": block}])

    assert rules_of(group)[0].permits(443, [], ["10.0.3.0/24"]) is permits


@pytest.mark.parametrize("key", [("CidrIp", "0.0.0.0/0"), ("CidrIpv6", "::/0")])
def test_a_rule_for_everyone_is_known(key: tuple[str, str]) -> None:
    group = one("EC2::SecurityGroup", SecurityGroupIngress=[dict([key])])

    assert rules_of(group)[0].everyone == key[0]


def test_members_are_the_resources_in_a_group_and_no_rules() -> None:
    assert [member.name for member in members(groups().resources["Source"])] == ["Link"]


def test_ports_lie_within_a_wider_range() -> None:
    https, wide = Ports("tcp", (443, 443)), Ports("tcp", (0, 1024))

    assert https.within(wide)
    assert not wide.within(https)
    assert wide.within(Ports("all", None))
    assert not https.within(Ports("udp", (0, 1024)))
