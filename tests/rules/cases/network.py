"""Bad cases of cfnlink/rules/network.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path

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


def case(  # noqa: PLR0913 - a case and its base
    rule: str,
    name: str,
    path: Path,
    value: Any,
    at: Path | None = None,
    base: str = "production",
) -> BadCase:
    """One property of one resource changed; the finding stands there unless said."""
    return BadCase(rule, {prop(name, *path): value}, at or prop(name, *path), base)


def added(
    rule: str, body: dict[str, Any], *path: str | int, base: str = "production"
) -> BadCase:
    """A resource added to a good template, in which the finding stands."""
    return BadCase(rule, {("Added",): body}, ("Added", "Properties", *path), base)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::EC2::{kind}", "Properties": properties}


NO_EGRESS = {"CidrIp": "255.255.255.255/32", "IpProtocol": "-1"}

IDLE_GROUP = resource(
    "SecurityGroup",
    GroupDescription="Idle.",
    VpcId={"Ref": "NetworkVpc"},
    SecurityGroupEgress=[NO_EGRESS],
)

AWSVPC: Path = ("NetworkConfiguration", "AwsvpcConfiguration")

BAD_CASES = [
    case("E9149", "NetworkVpc", ("EnableDnsSupport",), False),
    BadCase(
        "W9133",
        {("NetworkVpc", "Properties", "InstanceTenancy"): "dedicated"},
        ("NetworkVpc", "Properties", "InstanceTenancy"),
    ),
    case(
        "E9101",
        "NetworkPrivateSubnetB",
        ("AvailabilityZoneId",),
        "use1-az1",
        prop("LoadBalancerLoadBalancer", "Subnets"),
    ),
    case(
        "E9102",
        "NetworkPrivateSubnetB",
        ("AvailabilityZoneId",),
        "use1-az3",
        prop("ApiVpcLink", "SubnetIds", 1),
    ),
    case("E9103", "NetworkPublicSubnetB", ("AvailabilityZoneId",), "use2-az2"),
    case("E9103", "NetworkPublicSubnetB", ("AvailabilityZoneId",), "us-east-1b"),
    case("E9103", "NetworkPublicSubnetB", ("AvailabilityZone",), "use1-az2"),
    BadCase(
        "E9104",
        {("Other",): OTHER, prop("NetworkPublicRouteTable", "VpcId"): {"Ref": "Other"}},
        prop("NetworkPublicRoutesA", "RouteTableId"),
    ),
    BadCase(
        "E9104",
        {("Other",): OTHER, prop("LoadBalancerTargetGroup", "VpcId"): {"Ref": "Other"}},
        prop("LoadBalancerListener", "DefaultActions", 0, "TargetGroupArn"),
    ),
    BadCase(
        "E9104",
        {("Other",): OTHER, prop("NetworkDatabaseSubnetB", "VpcId"): {"Ref": "Other"}},
        prop("DatabaseSubnetGroup", "SubnetIds", 1),
    ),
    BadCase(
        "E9104",
        {("Other",): OTHER, prop("ServiceSecurityGroup", "VpcId"): {"Ref": "Other"}},
        prop("ServiceService", *AWSVPC, "SecurityGroups", 0),
    ),
    BadCase(
        "E9104",
        {
            ("Other",): OTHER,
            prop("NetworkInternetGatewayAttachment", "VpcId"): {"Ref": "Other"},
        },
        prop("NetworkPublicDefaultRoute", "GatewayId"),
    ),
    BadCase(
        "E9104",
        {
            ("Other",): OTHER,
            ("Elsewhere",): ELSEWHERE,
            prop("DatabaseInstance", "VPCSecurityGroups", 0): {"Ref": "Elsewhere"},
        },
        prop("DatabaseInstance", "VPCSecurityGroups", 0),
    ),
    case(
        "E9105",
        "NetworkPublicDefaultRoute",
        ("GatewayId",),
        REMOVE,
        prop("NetworkPublicDefaultRoute", "RouteTableId"),
    ),
    case("E9010", "NetworkPublicDefaultRoute", ("GatewayId",), {"Ref": "NetworkVpc"}),
    case(
        "E9010",
        "NetworkPrivateDefaultRouteA",
        ("NatGatewayId",),
        {"Ref": "NetworkInternetGateway"},
        base="nat",
    ),
    case(
        "E9130",
        "NetworkPrivateDefaultRouteB",
        ("RouteTableId",),
        {"Ref": "NetworkPrivateRouteTableA"},
        prop("NetworkPrivateDefaultRouteB", "DestinationCidrBlock"),
        base="nat",
    ),
    BadCase(
        "E9106",
        {("NetworkInternetGatewayAttachment",): REMOVE},
        prop("NetworkPublicDefaultRoute", "GatewayId"),
    ),
    BadCase(
        "W9107",
        {("NetworkPublicDefaultRoute", "DependsOn"): REMOVE},
        prop("NetworkPublicDefaultRoute", "GatewayId"),
    ),
    BadCase(
        "W9107",
        {("NetworkNatAddressA", "DependsOn"): REMOVE},
        ("NetworkNatAddressA", "Properties"),
        "nat",
    ),
    case(
        "E9010",
        "NetworkNatGatewayA",
        ("AllocationId",),
        {"Ref": "NetworkNatAddressA"},
        base="nat",
    ),
    case(
        "E9130",
        "NetworkNatGatewayB",
        ("AllocationId",),
        {"Fn::GetAtt": ["NetworkNatAddressA", "AllocationId"]},
        base="nat",
    ),
    case("E9109", "NetworkNatAddressA", ("Domain",), "standard", base="nat"),
    added("W9123", IDLE_GROUP, "GroupDescription"),
    BadCase("W9123", {("Added",): resource("EIP", Domain="vpc")}, ("Added", "Properties")),
    BadCase(
        "W9123",
        {("NetworkPrivateDefaultRouteA",): REMOVE},
        ("NetworkNatGatewayA", "Properties"),
        "nat",
    ),
    case(
        "W9125",
        "NetworkPrivateDefaultRouteB",
        ("NatGatewayId",),
        {"Ref": "NetworkNatGatewayA"},
        base="nat",
    ),
    BadCase(
        "W9123", {("NetworkPrivateRoutesA",): REMOVE}, prop("NetworkPrivateSubnetA", "VpcId")
    ),
    BadCase(
        "W9123",
        {("NetworkPrivateRoutesA",): REMOVE},
        prop("NetworkPrivateRouteTableA", "VpcId"),
    ),
    case("W9129", "NetworkVpc", ("CidrBlock",), "8.8.0.0/16"),
    case("W9129", "NetworkPublicSubnetA", ("CidrBlock",), "10.0.0.0/29"),
    BadCase(
        "E9103",
        {
            prop(f"Network{tier}Subnet{zone}", "AvailabilityZoneId"): f"us-east-1{zone.lower()}"
            for tier in ("Public", "Private", "Database")
            for zone in ("A", "B")
        },
        prop("NetworkPublicSubnetB", "AvailabilityZoneId"),
    ),
    case("W9143", "NetworkPublicDefaultRoute", ("DestinationCidrBlock",), "0.0.0.0/32"),
    case(
        "W9143",
        "NetworkPrivateDefaultRouteA",
        ("DestinationCidrBlock",),
        "10.0.0.1/32",
        base="nat",
    ),
    *(
        BadCase(
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
    case(
        "E9147",
        "LoadBalancerLoadBalancer",
        ("IpAddressType",),
        "dualstack",
        prop("LoadBalancerLoadBalancer", "Subnets", 0),
    ),
    case("W9148", "LoadBalancerTargetGroup", ("IpAddressType",), "ipv6"),
]

ACCEPTED = [
    BadCase(
        "E9149",
        {
            prop("NetworkVpc", "EnableDnsSupport"): False,
            ("Own",): resource("VPCDHCPOptionsAssociation", VpcId={"Ref": "NetworkVpc"}),
        },
    ),
]
