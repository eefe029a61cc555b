"""An output hands over a resource by its id or ARN, not by what only describes it."""

from typing import Any

import pytest

from cfnlink.system.resource import System

BALANCER = {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"}


@pytest.mark.parametrize(
    ("value", "is_exported"),
    [
        ({"Ref": "Balancer"}, True),
        ({"Fn::GetAtt": ["Balancer", "LoadBalancerArn"]}, True),
        ({"Fn::GetAtt": "Balancer.SecurityGroupId"}, True),
        ({"Fn::Join": [",", [{"Ref": "Balancer"}, "x"]]}, True),
        ({"Fn::If": ["Unknown", {"Ref": "Balancer"}, "x"]}, True),
        ({"Fn::GetAtt": ["Balancer", "DNSName"]}, False),
        ({"Fn::GetAtt": ["Balancer", "CanonicalHostedZoneID"]}, False),
        ({"Fn::Sub": "${Balancer.DNSName}:80"}, False),
        ({"Fn::Sub": "https://${Balancer}.execute-api.amazonaws.com/"}, False),
        ("Balancer", False),
    ],
)
def test_a_resource_is_exported_by_its_id_or_arn(value: Any, is_exported: bool) -> None:
    outputs = {"Out": {"Value": value}}
    system = System({"Resources": {"Balancer": BALANCER}, "Outputs": outputs})

    assert system.resources["Balancer"].is_exported is is_exported
