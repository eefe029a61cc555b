"""Bad cases of cfnlink/rules/network.py."""

from collections.abc import Callable
from typing import Any

from tests.rules.cases import REMOVE, case
from tests.template import get_att, ref, resource

OTHER = resource("AWS::EC2::VPC", CidrBlock="10.9.0.0/16")
ELSEWHERE = resource(
    "AWS::EC2::SecurityGroup",
    GroupDescription="Elsewhere.",
    VpcId=ref("Other"),
    SecurityGroupEgress=[{"CidrIp": "10.9.0.0/16", "IpProtocol": "-1"}],
)
NO_EGRESS = {"CidrIp": "255.255.255.255/32", "IpProtocol": "-1"}
IDLE_GROUP = resource(
    "AWS::EC2::SecurityGroup",
    GroupDescription="Idle.",
    VpcId=ref("NetworkVpc"),
    SecurityGroupEgress=[NO_EGRESS],
)
SUBNET = ref("NetworkPrivateSubnetA")
IN_NETWORK: list[tuple[str, str, Callable[[Any], dict[str, Any]]]] = [
    (
        "AWS::EC2::Instance",
        "SecurityGroupIds.0",
        lambda group: {"SubnetId": SUBNET, "SecurityGroupIds": [group]},
    ),
    (
        "AWS::EFS::MountTarget",
        "SecurityGroups.0",
        lambda group: {"SubnetId": SUBNET, "SecurityGroups": [group]},
    ),
    (
        "AWS::Lambda::Function",
        "VpcConfig.SecurityGroupIds.0",
        lambda group: {"VpcConfig": {"SubnetIds": [SUBNET], "SecurityGroupIds": [group]}},
    ),
]


def first_zone(region: Any) -> dict[str, Any]:
    return {"Fn::Select": [0, {"Fn::GetAZs": region}]}


def mounts(zone: str) -> dict[str, Any]:
    """Return a file system with a mount target in a subnet of use1-az1, and one in a zone."""
    subnets = {"MountA": "NetworkPrivateSubnetA", "MountB": "NetworkPrivateSubnetB"}
    return {
        "Files": resource("AWS::EFS::FileSystem"),
        "NetworkPrivateSubnetA.AvailabilityZoneId": "use1-az1",
        "NetworkPrivateSubnetB.AvailabilityZoneId": zone,
        **{
            name: resource(
                "AWS::EFS::MountTarget", FileSystemId=ref("Files"), SubnetId=ref(subnet)
            )
            for name, subnet in subnets.items()
        },
    }


BAD_CASES = [
    case(
        "E9900",
        {"NetworkPrivateSubnetB.AvailabilityZoneId": "use1-az1"},
        at="NetworkLogsEndpoint.SubnetIds.1",
        base="endpoints",
    ),
    case(
        "E9900",
        {
            "LoadBalancerLoadBalancer.Subnets": [
                ref("Subnet"),
                {"Fn::ImportValue": "other"},
                ref("Subnet"),
            ]
        },
        at="LoadBalancerLoadBalancer.Subnets.2",
    ),
    case("E9901", mounts("use1-az1"), at="MountB.SubnetId"),
    case(
        "E9901",
        {name: one for name, one in mounts("use1-az2").items() if "Subnet" not in name}
        | {"MountB.SubnetId": ref("NetworkPrivateSubnetA")},
        at="MountB.SubnetId",
    ),
    case(
        "E9101",
        {
            "NetworkDatabaseSubnetA.AvailabilityZoneId": REMOVE,
            "NetworkDatabaseSubnetB.AvailabilityZoneId": REMOVE,
            "NetworkDatabaseSubnetA.AvailabilityZone": first_zone(""),
            "NetworkDatabaseSubnetB.AvailabilityZone": first_zone(ref("AWS::Region")),
        },
        at="DatabaseSubnetGroup.SubnetIds",
    ),
    case(
        "E9101",
        {
            "DatabaseSubnetGroup.SubnetIds": [
                {"Fn::Select": [0, ref("Subnets")]},
                {"Fn::Select": [0, ref("Subnets")]},
            ]
        },
    ),
    case(
        "E9101",
        {
            "Proxy": resource(
                "AWS::RDS::DBProxy",
                VpcSubnetIds=[ref("NetworkPrivateSubnetA"), ref("NetworkPrivateSubnetA")],
            )
        },
        at="Proxy.VpcSubnetIds",
    ),
    case("E9149", {"NetworkVpc.EnableDnsSupport": False}),
    case("E9991", {"NetworkPrivateSubnetB.CidrBlock": {"Fn::Select": [0, ["192.0.2.0/24"]]}}),
    case(
        "E9935",
        {
            "NetworkPrivateSubnetB.CidrBlock": {
                "Fn::Select": [6, {"Fn::Cidr": [get_att("NetworkVpc", "CidrBlock"), 6, 8]}]
            }
        },
    ),
    case("W9133", {"NetworkVpc.InstanceTenancy": "dedicated"}),
    case(
        "E9101",
        {"NetworkPrivateSubnetB.AvailabilityZoneId": "use1-az1"},
        at="LoadBalancerLoadBalancer.Subnets",
    ),
    case(
        "E9102",
        {"NetworkPrivateSubnetB.AvailabilityZoneId": "use1-az3"},
        at="ApiVpcLink.SubnetIds.1",
    ),
    case("E9193", {"NetworkPublicSubnetB.AvailabilityZoneId": "use2-az2"}),
    case("E9192", {"NetworkPublicSubnetB.AvailabilityZoneId": "us-east-1b"}),
    case("E9192", {"NetworkPublicSubnetB.AvailabilityZone": "use1-az2"}),
    case(
        "E9104",
        {"Other": OTHER, "NetworkPublicRouteTable.VpcId": ref("Other")},
        at="NetworkPublicRoutesA.RouteTableId",
    ),
    case(
        "E9104",
        {"Other": OTHER, "LoadBalancerTargetGroup.VpcId": ref("Other")},
        at="LoadBalancerListener.DefaultActions.0.TargetGroupArn",
    ),
    case(
        "E9104",
        {"Other": OTHER, "NetworkDatabaseSubnetB.VpcId": ref("Other")},
        at="DatabaseSubnetGroup.SubnetIds.1",
    ),
    case(
        "E9104",
        {"Other": OTHER, "ServiceSecurityGroup.VpcId": ref("Other")},
        at=("ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.0"),
    ),
    case(
        "E9104",
        {"Other": OTHER, "NetworkInternetGatewayAttachment.VpcId": ref("Other")},
        at="NetworkPublicDefaultRoute.GatewayId",
    ),
    case(
        "E9104",
        {
            "Other": OTHER,
            "Elsewhere": ELSEWHERE,
            "DatabaseInstance.VPCSecurityGroups.0": ref("Elsewhere"),
        },
        at="DatabaseInstance.VPCSecurityGroups.0",
    ),
    *(
        case(
            "E9104",
            {
                "Other": OTHER,
                "Elsewhere": ELSEWHERE,
                "Thing": resource(type_, **in_network(ref("Elsewhere"))),
            },
            at=f"Thing.{at}",
        )
        for type_, at, in_network in IN_NETWORK
    ),
    case(
        "E9105",
        {"NetworkPublicDefaultRoute.GatewayId": REMOVE},
        at="NetworkPublicDefaultRoute.RouteTableId",
    ),
    case("E9010", {"NetworkPublicDefaultRoute.GatewayId": ref("NetworkVpc")}),
    case(
        "E9010",
        {"NetworkPrivateDefaultRouteA.NatGatewayId": ref("NetworkInternetGateway")},
        base="nat",
    ),
    case(
        "E9130",
        {"NetworkPrivateDefaultRouteB.RouteTableId": ref("NetworkPrivateRouteTableA")},
        at="NetworkPrivateDefaultRouteB.DestinationCidrBlock",
        base="nat",
    ),
    case(
        "E9106",
        {"NetworkInternetGatewayAttachment": REMOVE},
        at="NetworkPublicDefaultRoute.GatewayId",
    ),
    case(
        "W9107",
        {"NetworkPublicDefaultRoute.DependsOn": REMOVE},
        at="NetworkPublicDefaultRoute.GatewayId",
    ),
    case(
        "W9107",
        {"NetworkNatAddressA.DependsOn": REMOVE},
        at="NetworkNatAddressA.Properties",
        base="nat",
    ),
    case("E9010", {"NetworkNatGatewayA.AllocationId": ref("NetworkNatAddressA")}, base="nat"),
    case(
        "E9130",
        {"NetworkNatGatewayB.AllocationId": get_att("NetworkNatAddressA", "AllocationId")},
        base="nat",
    ),
    case("E9109", {"NetworkNatAddressA.Domain": "standard"}, base="nat"),
    case("W9123", {"Added": IDLE_GROUP}, at="Added.GroupDescription"),
    case("W9123", {"Added": resource("AWS::EC2::EIP", Domain="vpc")}, at="Added.Properties"),
    case(
        "W9123",
        {"NetworkPrivateDefaultRouteA": REMOVE},
        at="NetworkNatGatewayA.Properties",
        base="nat",
    ),
    case(
        "W9125",
        {"NetworkPrivateDefaultRouteB.NatGatewayId": ref("NetworkNatGatewayA")},
        base="nat",
    ),
    case("W9123", {"NetworkPrivateRoutesA": REMOVE}, at="NetworkPrivateSubnetA.VpcId"),
    case("W9123", {"NetworkPrivateRoutesA": REMOVE}, at="NetworkPrivateRouteTableA.VpcId"),
    case("W9129", {"NetworkVpc.CidrBlock": "8.8.0.0/16"}),
    case("W9129", {"NetworkPublicSubnetA.CidrBlock": "10.0.0.0/29"}),
    case(
        "E9192",
        {
            "NetworkPublicSubnetA.AvailabilityZoneId": "us-east-1a",
            "NetworkPublicSubnetB.AvailabilityZoneId": "us-east-1b",
            "NetworkPrivateSubnetA.AvailabilityZoneId": "us-east-1a",
            "NetworkPrivateSubnetB.AvailabilityZoneId": "us-east-1b",
            "NetworkDatabaseSubnetA.AvailabilityZoneId": "us-east-1a",
            "NetworkDatabaseSubnetB.AvailabilityZoneId": "us-east-1b",
        },
        at="NetworkPublicSubnetB.AvailabilityZoneId",
    ),
    case("W9143", {"NetworkPublicDefaultRoute.DestinationCidrBlock": "0.0.0.0/32"}),
    case(
        "W9143", {"NetworkPrivateDefaultRouteA.DestinationCidrBlock": "10.0.0.1/32"}, base="nat"
    ),
    case(
        "W9145",
        {
            "Added": resource("AWS::EC2::NetworkAcl", VpcId=ref("NetworkVpc")),
            "Entry": resource(
                "AWS::EC2::NetworkAclEntry",
                NetworkAclId=ref("Added"),
                RuleNumber=100,
                Protocol=-1,
                RuleAction="allow",
                CidrBlock="0.0.0.0/0",
            ),
        },
        at="Added.VpcId",
    ),
    case(
        "W9145",
        {
            "Added": resource("AWS::EC2::NetworkAcl", VpcId=ref("NetworkVpc")),
            "Entry": resource(
                "AWS::EC2::NetworkAclEntry",
                NetworkAclId=ref("Added"),
                RuleNumber=100,
                Protocol=-1,
                RuleAction="allow",
                CidrBlock="0.0.0.0/0",
                Egress=True,
            ),
        },
        at="Added.VpcId",
    ),
    case(
        "E9147",
        {"LoadBalancerLoadBalancer.IpAddressType": "dualstack"},
        at="LoadBalancerLoadBalancer.Subnets.0",
    ),
    case("W9148", {"LoadBalancerTargetGroup.IpAddressType": "ipv6"}),
]

ACCEPTED = [
    case("E9991", {"NetworkPrivateSubnetB.CidrBlock": "192.0.2.0/24"}),  # cfn-lint's E3059
    case("E9901", mounts("use1-az2")),
    case("E9101", {"DatabaseSubnetGroup.SubnetIds": [ref("Unknown"), ref("Other")]}),
    case(
        "E9149",
        {
            "NetworkVpc.EnableDnsSupport": False,
            "Own": resource("AWS::EC2::VPCDHCPOptionsAssociation", VpcId=ref("NetworkVpc")),
        },
    ),
]
