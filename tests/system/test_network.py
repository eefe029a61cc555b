"""The model knows the VPC, subnets, groups, zone and routes of a resource."""

from typing import Any

import pytest

from cfnlink.system.endpoints import endpoint_service
from cfnlink.system.network import (
    blocks_of,
    egress_of,
    groups_of,
    routes_of,
    subnets_of,
    vpc_of,
    zones,
)
from cfnlink.system.resource import System
from tests.system.templates import one, template
from tests.template import ref

ZONE = "AvailabilityZoneId"


def network(**route: Any) -> System:
    """Return a VPC with two subnets; the first has a table with one route."""
    return template(
        Vpc=("EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        First=("EC2::Subnet", {"VpcId": ref("Vpc"), "CidrBlock": "10.0.0.0/24", ZONE: "a"}),
        Second=("EC2::Subnet", {"VpcId": ref("Vpc"), "CidrBlock": "10.0.1.0/24", ZONE: "b"}),
        Gateway=("EC2::InternetGateway", {}),
        Nat=("EC2::NatGateway", {"SubnetId": ref("First")}),
        Table=("EC2::RouteTable", {"VpcId": ref("Vpc")}),
        Join=(
            "EC2::SubnetRouteTableAssociation",
            {"SubnetId": ref("First"), "RouteTableId": ref("Table")},
        ),
        Route=("EC2::Route", {"RouteTableId": ref("Table"), **route}),
        Group=("EC2::SecurityGroup", {"VpcId": ref("Vpc")}),
        SubnetGroup=("RDS::DBSubnetGroup", {"SubnetIds": [ref("First"), ref("Second")]}),
        Database=(
            "RDS::DBInstance",
            {"DBSubnetGroupName": ref("SubnetGroup"), "VPCSecurityGroups": [ref("Group")]},
        ),
    )


def test_a_database_lies_in_the_subnets_of_its_subnet_group() -> None:
    database = network().resources["Database"]

    assert [subnet.name for subnet in subnets_of(database)] == ["First", "Second"]
    assert blocks_of(database) == ["10.0.0.0/24", "10.0.1.0/24"]
    assert [group.name for group in groups_of(database)] == ["Group"]
    assert vpc_of(database) is database.system.resources["Vpc"]


def test_groups_are_unknown_if_one_of_them_is_in_another_template() -> None:
    assert groups_of(one("RDS::DBInstance", VPCSecurityGroups=[ref("Elsewhere")])) == []


@pytest.mark.parametrize(
    ("route", "kinds"),
    [
        ({"GatewayId": ref("Gateway")}, {"internet"}),
        ({"NatGatewayId": ref("Nat")}, {"nat"}),
        ({"TransitGatewayId": "tgw-1"}, {"other"}),
        ({"DestinationCidrBlock": "10.9.0.0/16", "TransitGatewayId": "tgw-1"}, set()),
        ({"DestinationIpv6CidrBlock": "::/0", "GatewayId": ref("Gateway")}, set()),
    ],
)
def test_routes_lead_to_the_internet_a_nat_gateway_or_elsewhere(
    route: dict[str, Any], kinds: set[str]
) -> None:
    assert egress_of(network(**route).resources["First"]) == kinds


def test_a_subnet_without_a_table_has_no_routes() -> None:
    assert routes_of(network().resources["Second"]) == []


def test_routes_are_unknown_if_another_template_has_the_table() -> None:
    table = {"SubnetId": ref("Subnet"), "RouteTableId": ref("Elsewhere")}
    found = template(
        Subnet=("EC2::Subnet", {}), Join=("EC2::SubnetRouteTableAssociation", table)
    )

    assert routes_of(found.resources["Subnet"]) is None


def test_zones_are_those_of_the_subnets() -> None:
    found = network()

    assert len(zones(found.resources["SubnetGroup"], "SubnetIds")) == 2
    assert zones(one("RDS::DBSubnetGroup", SubnetIds=[ref("Elsewhere")]), "SubnetIds") == set()


@pytest.mark.parametrize("region", ["us-east-1", "${AWS::Region}"])
def test_an_endpoint_names_its_service(region: str) -> None:
    name = {"Fn::Sub": f"com.amazonaws.{region}.ecr.api"}

    assert endpoint_service(one("EC2::VPCEndpoint", ServiceName=name)) == "ecr.api"
    assert endpoint_service(one("EC2::VPCEndpoint", ServiceName=ref("Name"))) == ""
