"""Bends of rules/network.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path

OTHER = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}}

ELSEWHERE = {
    "Type": "AWS::EC2::SecurityGroup",
    "Properties": {
        "GroupDescription": "Elsewhere.",
        "VpcId": {"Ref": "Other"},
        "SecurityGroupEgress": [{"CidrIp": "10.9.0.0/16", "IpProtocol": "-1"}],
    },
}


def prop(name: str, *path: str | int) -> Path:
    return (name, "Properties", *path)


def bend(  # noqa: PLR0913 - a bend and its base
    rule: str,
    name: str,
    path: Path,
    value: Any,
    at: Path | None = None,
    base: str = "production",
) -> Bend:
    """One property of one resource changed; the finding stands there unless said."""
    return Bend(rule, {prop(name, *path): value}, at or prop(name, *path), base)


def added(rule: str, body: dict[str, Any], *path: str | int, base: str = "production") -> Bend:
    """A resource added to a good template, in which the finding stands."""
    return Bend(rule, {("Added",): body}, ("Added", "Properties", *path), base)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


NOWHERE = {"CidrIp": "255.255.255.255/32", "IpProtocol": "-1"}

IDLE_GROUP = resource(
    "SecurityGroup",
    GroupDescription="Idle.",
    VpcId={"Ref": "NetworkVpc"},
    SecurityGroupEgress=[NOWHERE],
)

AWSVPC: Path = ("NetworkConfiguration", "AwsvpcConfiguration")

BENDS = [
    bend("E9149", "NetworkVpc", ("EnableDnsSupport",), False),
    Bend(
        "W9133",
        {("NetworkVpc", "Properties", "InstanceTenancy"): "dedicated"},
        ("NetworkVpc", "Properties", "InstanceTenancy"),
    ),
    bend(
        "E9101",
        "NetworkPrivateSubnetB",
        ("AvailabilityZoneId",),
        "use1-az1",
        prop("LoadBalancerLoadBalancer", "Subnets"),
    ),
    bend(
        "E9102",
        "NetworkPrivateSubnetB",
        ("AvailabilityZoneId",),
        "use1-az3",
        prop("ApiVpcLink", "SubnetIds", 1),
    ),
    bend("E9103", "NetworkPublicSubnetB", ("AvailabilityZoneId",), "use2-az2"),
    bend("E9103", "NetworkPublicSubnetB", ("AvailabilityZoneId",), "us-east-1b"),
    bend("E9103", "NetworkPublicSubnetB", ("AvailabilityZone",), "use1-az2"),
    Bend(
        "E9104",
        {("Other",): OTHER, prop("NetworkPublicRouteTable", "VpcId"): {"Ref": "Other"}},
        prop("NetworkPublicRoutesA", "RouteTableId"),
    ),
    Bend(
        "E9104",
        {("Other",): OTHER, prop("LoadBalancerTargetGroup", "VpcId"): {"Ref": "Other"}},
        prop("LoadBalancerListener", "DefaultActions", 0, "TargetGroupArn"),
    ),
    Bend(
        "E9104",
        {("Other",): OTHER, prop("NetworkDatabaseSubnetB", "VpcId"): {"Ref": "Other"}},
        prop("DatabaseSubnetGroup", "SubnetIds", 1),
    ),
    Bend(
        "E9104",
        {("Other",): OTHER, prop("ServiceSecurityGroup", "VpcId"): {"Ref": "Other"}},
        prop("ServiceService", *AWSVPC, "SecurityGroups", 0),
    ),
    Bend(
        "E9104",
        {
            ("Other",): OTHER,
            prop("NetworkInternetGatewayAttachment", "VpcId"): {"Ref": "Other"},
        },
        prop("NetworkPublicDefaultRoute", "GatewayId"),
    ),
    Bend(
        "E9104",
        {
            ("Other",): OTHER,
            ("Elsewhere",): ELSEWHERE,
            prop("DatabaseInstance", "VPCSecurityGroups", 0): {"Ref": "Elsewhere"},
        },
        prop("DatabaseInstance", "VPCSecurityGroups", 0),
    ),
    bend(
        "E9105",
        "NetworkPublicDefaultRoute",
        ("GatewayId",),
        REMOVE,
        prop("NetworkPublicDefaultRoute", "RouteTableId"),
    ),
    bend("E9010", "NetworkPublicDefaultRoute", ("GatewayId",), {"Ref": "NetworkVpc"}),
    bend(
        "E9010",
        "NetworkPrivateDefaultRouteA",
        ("NatGatewayId",),
        {"Ref": "NetworkInternetGateway"},
        base="nat",
    ),
    bend(
        "E9130",
        "NetworkPrivateDefaultRouteB",
        ("RouteTableId",),
        {"Ref": "NetworkPrivateRouteTableA"},
        prop("NetworkPrivateDefaultRouteB", "DestinationCidrBlock"),
        base="nat",
    ),
    Bend(
        "E9106",
        {("NetworkInternetGatewayAttachment",): REMOVE},
        prop("NetworkPublicDefaultRoute", "GatewayId"),
    ),
    Bend(
        "W9107",
        {("NetworkPublicDefaultRoute", "DependsOn"): REMOVE},
        prop("NetworkPublicDefaultRoute", "GatewayId"),
    ),
    Bend(
        "W9107",
        {("NetworkNatAddressA", "DependsOn"): REMOVE},
        ("NetworkNatAddressA", "Properties"),
        "nat",
    ),
    bend(
        "E9010",
        "NetworkNatGatewayA",
        ("AllocationId",),
        {"Ref": "NetworkNatAddressA"},
        base="nat",
    ),
    bend(
        "E9130",
        "NetworkNatGatewayB",
        ("AllocationId",),
        {"Fn::GetAtt": ["NetworkNatAddressA", "AllocationId"]},
        base="nat",
    ),
    bend("E9109", "NetworkNatAddressA", ("Domain",), "standard", base="nat"),
    added("W9123", IDLE_GROUP, "GroupDescription"),
    Bend("W9123", {("Added",): resource("EIP", Domain="vpc")}, ("Added", "Properties")),
    Bend(
        "W9123",
        {("NetworkPrivateDefaultRouteA",): REMOVE},
        ("NetworkNatGatewayA", "Properties"),
        "nat",
    ),
    bend(
        "W9125",
        "NetworkPrivateDefaultRouteB",
        ("NatGatewayId",),
        {"Ref": "NetworkNatGatewayA"},
        base="nat",
    ),
    Bend("W9123", {("NetworkPrivateRoutesA",): REMOVE}, prop("NetworkPrivateSubnetA", "VpcId")),
    Bend(
        "W9123",
        {("NetworkPrivateRoutesA",): REMOVE},
        prop("NetworkPrivateRouteTableA", "VpcId"),
    ),
    bend("W9129", "NetworkVpc", ("CidrBlock",), "8.8.0.0/16"),
    bend("W9129", "NetworkPublicSubnetA", ("CidrBlock",), "10.0.0.0/29"),
    Bend(
        "E9103",
        {
            prop(f"Network{tier}Subnet{zone}", "AvailabilityZoneId"): f"us-east-1{zone.lower()}"
            for tier in ("Public", "Private", "Database")
            for zone in ("A", "B")
        },
        prop("NetworkPublicSubnetB", "AvailabilityZoneId"),
    ),
    bend("W9143", "NetworkPublicDefaultRoute", ("DestinationCidrBlock",), "0.0.0.0/32"),
    bend(
        "W9143",
        "NetworkPrivateDefaultRouteA",
        ("DestinationCidrBlock",),
        "10.0.0.1/32",
        base="nat",
    ),
    *(
        Bend(
            "W9145",
            {
                ("Added",): resource("NetworkAcl", VpcId={"Ref": "NetworkVpc"}),
                ("Entry",): resource(
                    "NetworkAclEntry",
                    NetworkAclId={"Ref": "Added"},
                    RuleNumber=100,
                    Protocol=-1,
                    RuleAction="allow",
                    CidrBlock="0.0.0.0/0",
                    **way,
                ),
            },
            prop("Added", "VpcId"),
        )
        for way in ({}, {"Egress": True})
    ),
    bend(
        "E9147",
        "LoadBalancerLoadBalancer",
        ("IpAddressType",),
        "dualstack",
        prop("LoadBalancerLoadBalancer", "Subnets", 0),
    ),
    bend("W9148", "LoadBalancerTargetGroup", ("IpAddressType",), "ipv6"),
]

FINE = [
    Bend(
        "E9149",
        {
            prop("NetworkVpc", "EnableDnsSupport"): False,
            ("Own",): resource("VPCDHCPOptionsAssociation", VpcId={"Ref": "NetworkVpc"}),
        },
    ),
]
