"""Remove each property of production: a check must report each one that matters.

A check is a rule of ours, a fact in tests/tiers, or stock cfn-lint. SURVIVORS lists the
properties that no check misses, with the reason. `make test-long` requires the exact list, so
that it shrinks when a rule is added; `make test` tries a thirtieth of the properties.
"""

import copy
import inspect
import os
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.runner.template.runner import run_template_by_data

from build import Built
from cfnlink.lint.run import rules
from cfnlink.rules import RULES
from tests.helpers import ROOT
from tests.template import read

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
TRIED = 1 if LONG else 30  # each property, or one of thirty
OWN = [rule() for rule in RULES.values()]
FACTS: list[Callable[[dict[str, Any]], None]] = [
    function
    for file in sorted((ROOT / "tests" / "tiers").glob("test_*.py"))
    for name, function in inspect.getmembers(
        import_module(f"tests.tiers.{file.stem}"), inspect.isfunction
    )
    if name.startswith("test_") and list(inspect.signature(function).parameters) == ["system"]
]
# Type and property -> why no check needs to report it.
SURVIVORS: dict[str, str] = {
    "AWS::ApiGateway::RestApi.ApiKeySourceType": "HEADER is the default",
    "AWS::EC2::RouteTable.Tags": "names for people",
    "AWS::EC2::Subnet.MapPublicIpOnLaunch": "false is the default",
    "AWS::EC2::Subnet.Tags": "names for people",
    "AWS::EC2::VPC.EnableDnsHostnames": "matters with interface endpoints, E9114 in endpoints",
    "AWS::EC2::VPC.EnableDnsSupport": "true is the default",
    "AWS::EC2::VPC.Tags": "names for people",
    "AWS::EC2::VPCEndpoint.VpcEndpointType": "Gateway is the default",
    "AWS::ECS::Cluster.ClusterSettings": "the account's own default, disabled unless changed",
    "AWS::ECS::Service.EnableECSManagedTags": "tags for the bill",
    "AWS::ElasticLoadBalancingV2::LoadBalancer.IpAddressType": "ipv4 is the default",
    "AWS::ElasticLoadBalancingV2::LoadBalancer.Type": "application is the default",
    "AWS::ElasticLoadBalancingV2::TargetGroup.HealthCheckPort": "traffic-port is the default",
    "AWS::ElasticLoadBalancingV2::TargetGroup.IpAddressType": "ipv4 is the default",
    "AWS::ElasticLoadBalancingV2::TargetGroup.ProtocolVersion": "HTTP1 is the default",
    "AWS::Events::Rule.Description": "words for people",
    "AWS::IAM::Role.Description": "words for people",
    "AWS::SNS::Topic.Subscription": "empty, as the settings name no mail address",
    "AWS::SecretsManager::Secret.Description": "words for people",
}


def places(template: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the removable attributes and properties, each with its name for people."""
    for name, body in template["Resources"].items():
        for key in ("DependsOn", "DeletionPolicy", "UpdateReplacePolicy"):
            if key in body:
                yield f"{body['Type']}.{key}", [name, key]
        for key in body.get("Properties", {}):
            yield f"{body['Type']}.{key}", [name, "Properties", key]


def without(template: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """Return the template without one part; the rest is shared and never changed."""
    resources = dict(template["Resources"])
    name, *way, last = path
    node = resources[name] = copy.deepcopy(resources[name])
    for part in way:
        node = node[part]
    del node[last]
    return {**template, "Resources": resources}


def complains(template: dict[str, Any]) -> bool:
    """Return whether our rules, the facts or stock cfn-lint report a fault."""
    cfn = read(template)
    return (
        any(rule.match(cfn) for rule in OWN)
        or any(_fails(fact, template["Resources"]) for fact in FACTS)
        or _stock(template)
    )


def _fails(fact: Callable[[dict[str, Any]], None], resources: dict[str, Any]) -> bool:
    try:
        fact(resources)
    except (AssertionError, LookupError, TypeError, ValueError, AttributeError):
        return True
    return False


def _stock(template: dict[str, Any]) -> bool:
    config = ConfigMixIn(regions=["us-east-1"])
    return any(run_template_by_data(copy.deepcopy(template), config, rules()))  # type: ignore[arg-type]


def tried(place: list[str]) -> bool:
    return zlib.crc32(".".join(place).encode()) % TRIED == 0


def test_a_check_reports_each_removed_property(built: dict[str, Built]) -> None:
    template = dict(built["production"].system.template)

    survivors = {
        kind
        for kind, path in places(template)
        if tried(path) and not complains(without(template, path))
    }

    assert survivors <= set(SURVIVORS)
    if LONG:
        assert survivors == set(SURVIVORS)


def test_every_survivor_has_a_reason() -> None:
    assert all(len(reason) > 10 for reason in SURVIVORS.values())
