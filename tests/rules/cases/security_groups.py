"""Bad cases of cfnlink/rules/security_groups.py."""

from typing import Any

from tests.rules.cases import REMOVE, case
from tests.template import get_att, ref, resource

NO_EGRESS = {"CidrIp": "255.255.255.255/32", "IpProtocol": "-1"}

TASKS = "ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups"
ADMITS_6380 = {
    "GroupDescription": "cache",
    "VpcId": ref("NetworkVpc"),
    "SecurityGroupIngress": [
        {"IpProtocol": "tcp", "FromPort": 6380, "ToPort": 6380, "CidrIp": "10.0.0.0/16"}
    ],
}
CACHE_GROUP = resource("AWS::EC2::SecurityGroup", **ADMITS_6380)
UNKNOWN = {"GroupDescription": "cache", "SecurityGroupIngress": ref("Unknown")}
HEALTH = {"LoadBalancerTargetGroup.HealthCheckPort": "4900"}


def cache(port: int) -> dict[str, Any]:
    """Return a cache whose group admits port 6380 only."""
    kind, groups = "AWS::ElastiCache::ReplicationGroup", [get_att("CacheGroup", "GroupId")]
    return {
        "CacheGroup": CACHE_GROUP,
        "Cache": resource(kind, SecurityGroupIds=groups, Port=port),
    }


BAD_CASES = [
    case("E9227", cache(6379), at="Cache.SecurityGroupIds"),
    case(
        "E9227",
        {
            "LoadBalancerLoadBalancer.SecurityGroups": REMOVE,
            "LoadBalancerTargetGroup.HealthCheckPort": "9999",
        },
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9227",
        {
            "CacheGroup": CACHE_GROUP,
            "Mount": resource("AWS::EFS::MountTarget", SecurityGroups=[ref("CacheGroup")]),
        },
        at="Mount.SecurityGroups",
    ),
    case(
        "E9227",
        {"LoadBalancerListener.Port": 8443},
        at="LoadBalancerLoadBalancer.SecurityGroups",
    ),
    case("E9116", HEALTH, at="LoadBalancerLoadBalancer.SecurityGroups"),
    case("E9116", HEALTH, at=TASKS),
    case(
        "I9192",
        {"DatabaseSecurityGroup.SecurityGroupEgress": REMOVE},
        at="DatabaseSecurityGroup.GroupDescription",
    ),
    case("E9116", {"ApiLinkToBalancer": REMOVE}, at="ApiVpcLink.SecurityGroupIds"),
    case(
        "E9116", {"ApiBalancerFromLink": REMOVE}, at="LoadBalancerLoadBalancer.SecurityGroups"
    ),
    case(
        "E9116",
        {"ServiceBalancerToTasks": REMOVE},
        at="LoadBalancerLoadBalancer.SecurityGroups",
    ),
    case(
        "E9116",
        {"ServiceTasksFromBalancer": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9116",
        {"ServiceTasksToDatabase": REMOVE},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9116", {"ServiceDatabaseFromTasks": REMOVE}, at="DatabaseInstance.VPCSecurityGroups"
    ),
    case("E9116", {"DatabaseInstance.Port": "5433"}, at="DatabaseInstance.VPCSecurityGroups"),
    case(
        "E9116",
        {"ServiceService.LoadBalancers.0.ContainerPort": 8080},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9116",
        {
            "ServiceDatabaseFromTasks.SourceSecurityGroupId": get_att(
                "LoadBalancerSecurityGroup", "GroupId"
            )
        },
        at="DatabaseInstance.VPCSecurityGroups",
    ),
    case(
        "E9116",
        {"ServiceTasksFromBalancer.IpProtocol": "udp"},
        at="ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    ),
    case(
        "E9116",
        {"NetworkEndpointSecurityGroup.SecurityGroupIngress": [NO_EGRESS]},
        at="NetworkLogsEndpoint.SecurityGroupIds",
        base="endpoints",
    ),
    case("E9190", {"ServiceTasksFromBalancer.FromPort": 3001}),
    case("E9190", {"ServiceTasksFromBalancer.FromPort": -1}),
    case("E9190", {"ServiceSecurityGroup.SecurityGroupEgress.0.FromPort": 444}),
    case("E9191", {"ServiceTasksFromBalancer.Description": "The balancer's"}),
    case("E9191", {"ServiceSecurityGroup.SecurityGroupEgress.0.Description": "Images > logs"}),
    case(
        "W9119",
        {
            "ApiLinkToBalancer.Properties": {
                "GroupId": get_att("ServiceSecurityGroup", "GroupId"),
                "CidrIp": "0.0.0.0/0",
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
            }
        },
        at="ServiceSecurityGroup.Properties",
    ),
    case(
        "W9120",
        {
            "DatabaseSecurityGroup.SecurityGroupIngress": [
                {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}
            ]
        },
        at="DatabaseSecurityGroup.SecurityGroupIngress.0.CidrIp",
    ),
    case(
        "W9120",
        {
            "Added": resource(
                "AWS::EC2::SecurityGroupIngress",
                GroupId=ref("ServiceSecurityGroup"),
                IpProtocol="-1",
                CidrIpv6="::/0",
            )
        },
        at="Added.CidrIpv6",
    ),
    case(
        "W9190",
        {
            "ServiceTasksFromBalancer.SourceSecurityGroupId": REMOVE,
            "ServiceTasksFromBalancer.CidrIp": "0.0.0.0/0",
        },
        at=("ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.0"),
    ),
    case(
        "I9192",
        {"LoadBalancerSecurityGroup.SecurityGroupEgress": REMOVE},
        at="LoadBalancerSecurityGroup.GroupDescription",
    ),
    case(
        "W9193",
        {"LoadBalancerSecurityGroup.SecurityGroupEgress.0.CidrIp": "0.0.0.0/0"},
        at="LoadBalancerSecurityGroup.SecurityGroupEgress.0",
    ),
    case(
        "W9191",
        {
            "ServiceDatabaseFromTasks.SourceSecurityGroupId": REMOVE,
            "ServiceDatabaseFromTasks.CidrIp": "10.0.0.0/16",
        },
        at="DatabaseInstance.VPCSecurityGroups.0",
    ),
    case(
        "W9191",
        {
            "ServiceTasksFromBalancer.SourceSecurityGroupId": REMOVE,
            "ServiceTasksFromBalancer.CidrIp": "10.0.0.0/16",
        },
        at=("ServiceService.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups.0"),
    ),
    case(
        "W9194",
        {"ServiceDatabaseFromTasks.FromPort": 0, "ServiceDatabaseFromTasks.ToPort": 65535},
        at="ServiceDatabaseFromTasks.IpProtocol",
    ),
    case(
        "W9194",
        {"ServiceTasksToDatabase.FromPort": 0, "ServiceTasksToDatabase.ToPort": 65535},
        at="ServiceTasksToDatabase.IpProtocol",
    ),
    case("W9194", {"ServiceTasksFromBalancer.IpProtocol": "-1"}),
    case(
        "W9195",
        {
            "Added": resource(
                "AWS::EC2::SecurityGroupIngress",
                GroupId=ref("DatabaseSecurityGroup"),
                SourceSecurityGroupId=ref("LoadBalancerSecurityGroup"),
                IpProtocol="tcp",
                FromPort=5432,
                ToPort=5432,
            )
        },
        at="Added.SourceSecurityGroupId",
    ),
    case(
        "W9196",
        {
            "ServiceTasksToDatabase.DestinationSecurityGroupId": REMOVE,
            "ServiceTasksToDatabase.CidrIp": "0.0.0.0/0",
        },
        at="ServiceTasksToDatabase.CidrIp",
    ),
    case(
        "W9196",
        {
            "ServiceTasksToDatabase.DestinationSecurityGroupId": REMOVE,
            "ServiceTasksToDatabase.CidrIp": "0.0.0.0/0",
            "ServiceTasksToDatabase.FromPort": 1433,
            "ServiceTasksToDatabase.ToPort": 1433,
        },
        at="ServiceTasksToDatabase.CidrIp",
    ),
]

ACCEPTED = [
    case("E9227", cache(6380)),
    case("E9227", cache(6379) | {"CacheGroup": resource("AWS::EC2::SecurityGroup", **UNKNOWN)}),
]
