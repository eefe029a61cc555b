"""Production has the facts that a reviewer asks for about the network."""

import json

import pytest

from build import build
from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, of_type, resources_of


def test_subnets_lie_in_two_zones_by_id(system: System) -> None:
    subnets = of_type(system, "AWS::EC2::Subnet").values()

    zones = [body["Properties"]["AvailabilityZoneId"] for body in subnets]
    assert sorted(zones) == ["use1-az1"] * 3 + ["use1-az2"] * 3


def test_database_subnets_have_no_way_out(system: System) -> None:
    routed = {
        body["Properties"]["RouteTableId"]["Ref"]
        for body in of_type(system, "AWS::EC2::Route").values()
    }
    tables = {
        body["Properties"]["SubnetId"]["Ref"]: body["Properties"]["RouteTableId"]["Ref"]
        for body in of_type(system, "AWS::EC2::SubnetRouteTableAssociation").values()
    }

    assert len(tables) == 6
    assert tables["NetworkDatabaseSubnetA"] not in routed
    assert tables["NetworkDatabaseSubnetB"] not in routed


@pytest.mark.parametrize(
    ("gateways", "routes_b"), [(1, "NetworkNatGatewayA"), (2, "NetworkNatGatewayB")]
)
def test_nat_serves_both_zones(production: Settings, gateways: int, routes_b: str) -> None:
    nat = changed(
        changed(production, "network.egress", "nat"), "network.nat_gateways", gateways
    )
    system = resources_of(nat)

    assert len(of_type(system, "AWS::EC2::NatGateway")) == gateways
    assert properties(system, "NetworkPrivateDefaultRouteB")["NatGatewayId"] == {
        "Ref": routes_b
    }
    placement = properties(system, "ServiceService")["NetworkConfiguration"][
        "AwsvpcConfiguration"
    ]
    assert placement["AssignPublicIp"] == "DISABLED"
    assert placement["Subnets"] == [
        {"Ref": "NetworkPrivateSubnetA"},
        {"Ref": "NetworkPrivateSubnetB"},
    ]


def test_endpoints_reach_all_that_a_task_needs(production: Settings) -> None:
    system = resources_of(changed(production, "network.egress", "endpoints"))

    names = {
        body["Properties"]["ServiceName"]["Fn::Sub"].rpartition("${AWS::Region}.")[2]
        for body in of_type(system, "AWS::EC2::VPCEndpoint").values()
    }
    assert names == {"s3", "ecr.api", "ecr.dkr", "logs", "secretsmanager"}


def test_the_way_out_never_changes_what_other_stacks_import(production: Settings) -> None:
    def exports(egress: str) -> set[str]:
        built = build(changed(production, "network.egress", egress))
        outputs = json.loads(built.files["network.json"])["Outputs"]
        return {json.dumps(output, sort_keys=True) for output in outputs.values()}

    assert exports("public-ip") == exports("nat") == exports("endpoints")
