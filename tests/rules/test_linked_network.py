"""Rules of networks see through the list of subnets that one stack exports to another."""

from typing import Any

import pytest

from cfnlink.rules import RULES
from cfnlink.system.link import StackTemplate, link
from tests.template import get_att, read, ref, resource

AWSVPC = "AwsvpcConfiguration"
SUBNETS = {"Fn::Split": [",", {"Fn::ImportValue": "net-Subnets"}]}
VPC = {"Fn::ImportValue": "net-Vpc"}
IMAGE = {"Fn::Sub": "public.ecr.aws/example/report:${Tag}"}


def exported(name: str, value: Any) -> dict[str, Any]:
    return {"Value": value, "Export": {"Name": f"net-{name}"}}


def subnet(number: int) -> dict[str, Any]:
    zone = {"Fn::Select": [number, {"Fn::GetAZs": ""}]}
    block = f"10.0.{number}.0/24"
    return resource(
        "AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock=block, AvailabilityZone=zone
    )


def joined(name: str) -> dict[str, Any]:
    kind = "AWS::EC2::SubnetRouteTableAssociation"
    return resource(kind, SubnetId=ref(name), RouteTableId=ref("Table"))


NETWORK = {
    "Resources": {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16"),
        "A": subnet(0),
        "B": subnet(1),
        "Table": resource("AWS::EC2::RouteTable", VpcId=ref("Vpc")),
        "JoinA": joined("A"),
        "JoinB": joined("B"),
    },
    "Outputs": {
        "Vpc": exported("Vpc", ref("Vpc")),
        "Subnets": exported("Subnets", {"Fn::Join": [",", [ref("A"), ref("B")]]}),
    },
}


def chosen(*indexes: int) -> dict[str, Any]:
    """Return a subnet group of some subnets of the exported list."""
    subnets = [{"Fn::Select": [index, SUBNETS]} for index in indexes]
    return {"Places": resource("AWS::RDS::DBSubnetGroup", SubnetIds=subnets)}


def service(image: Any) -> dict[str, Any]:
    """Return a service on Fargate in all subnets of the exported list."""
    task = {"NetworkMode": "awsvpc", "ContainerDefinitions": [{"Image": image}]}
    network = {AWSVPC: {"Subnets": SUBNETS, "AssignPublicIp": "DISABLED"}}
    return {
        "Task": resource("AWS::ECS::TaskDefinition", **task),
        "Service": resource(
            "AWS::ECS::Service",
            LaunchType="FARGATE",
            TaskDefinition=ref("Task"),
            NetworkConfiguration=network,
        ),
    }


def cache(port: int) -> dict[str, Any]:
    """Return a cache on 6379 whose group admits a port of the VPC."""
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "CidrIp": "10.0.0.0/16"}
    group = {"GroupDescription": "cache", "VpcId": VPC, "SecurityGroupIngress": [rule]}
    groups = [get_att("Group", "GroupId")]
    return {
        "Group": resource("AWS::EC2::SecurityGroup", **group),
        "Cache": resource(
            "AWS::ElastiCache::ReplicationGroup", Port=6379, SecurityGroupIds=groups
        ),
    }


@pytest.mark.parametrize(
    ("code", "resources", "expected"),
    [
        ("E9101", chosen(0, 0), {"AppPlaces"}),
        ("E9101", chosen(0, 1), set()),
        ("E9110", service(IMAGE), {"AppService"}),
        ("E9110", service({"Fn::Sub": "${Registry}/report:${Tag}"}), set()),
        ("E9227", cache(6380), {"AppCache"}),
        ("E9227", cache(6379), set()),
    ],
)
def test_a_rule_reads_what_another_stack_exports(
    code: str, resources: dict[str, Any], expected: set[str]
) -> None:
    kinds = {"Tag": {"Type": "String"}, "Registry": {"Type": "String"}}
    app = {"Parameters": kinds, "Resources": resources}
    system = link([StackTemplate("network", "net", NETWORK), StackTemplate("app", "app", app)])
    found = RULES[code]().match(read(dict(system.template)))

    assert {str(match.path[1]) for match in found} == expected
