"""Functions in subnets without a way out reach what their environment names by endpoints."""

from typing import Any

import pytest
from cfnlint.template.template import Template

from cfnlink.rules import RULES

RULE = RULES["W9905"]()


def faults(service: str, **changes: dict[str, Any]) -> list[str]:
    """Return what the rule finds of a function that is told a queue."""
    subnet = {"Ref": "Subnet"}
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "Vpc": ("EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        "Subnet": ("EC2::Subnet", {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}),
        "Table": ("EC2::RouteTable", {"VpcId": {"Ref": "Vpc"}}),
        "Join": (
            "EC2::SubnetRouteTableAssociation",
            {"SubnetId": subnet, "RouteTableId": {"Ref": "Table"}},
        ),
        "Route": (
            "EC2::Route",
            {
                "RouteTableId": {"Ref": "Table"},
                "DestinationCidrBlock": "0.0.0.0/0",
                "GatewayId": {"Ref": "Gateway"},
            },
        ),
        "Gateway": ("EC2::InternetGateway", {}),
        "Nat": ("EC2::NatGateway", {"SubnetId": subnet}),
        "Queue": ("SQS::Queue", {}),
        "Endpoint": (
            "EC2::VPCEndpoint",
            {
                "VpcId": {"Ref": "Vpc"},
                "VpcEndpointType": "Interface",
                "ServiceName": f"com.amazonaws.eu-west-1.{service}",
                "SubnetIds": [subnet],
                "PrivateDnsEnabled": True,
            },
        ),
        "Function": (
            "Lambda::Function",
            {
                "VpcConfig": {"SubnetIds": [subnet]},
                "Environment": {"Variables": {"QUEUE": {"Ref": "Queue"}, "LEVEL": "info"}},
            },
        ),
    }
    found = {
        name: {"Type": f"AWS::{kind}", "Properties": {**own, **changes.get(name, {})}}
        for name, (kind, own) in bodies.items()
    }
    cfn = Template("function.yaml", {"Resources": found}, ["eu-west-1"])
    return [match.message for match in RULE.match(cfn)]


def test_an_internet_gateway_and_another_endpoint_are_no_way() -> None:
    (fault,) = faults("secretsmanager")

    assert "sqs" in fault


@pytest.mark.parametrize(
    "changes",
    [
        {"Route": {"GatewayId": None, "NatGatewayId": {"Ref": "Nat"}}},
        {"Function": {"Environment": {"Variables": {"QUEUE": "orders"}}}},
        {"Function": {"VpcConfig": {}}},
    ],
)
def test_a_function_with_a_way_out_or_no_need_of_one(changes: dict[str, Any]) -> None:
    assert faults("secretsmanager", **changes) == []


def test_an_endpoint_of_the_service_is_a_way() -> None:
    assert faults("sqs") == []
