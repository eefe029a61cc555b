"""Bends of rules/kinds.py."""

from typing import Any

from tests.rules.bends import Bend, Path

VPC = {"Ref": "NetworkVpc"}


def wrong(path: Path, value: Any) -> Bend:
    return Bend("E9010", {path: value}, path)


BENDS = [
    wrong(("ApiVpcLink", "Properties", "SubnetIds", 0), VPC),
    wrong(("ApiVpcLink", "Properties", "SecurityGroupIds", 0), {"Ref": "NetworkPublicSubnetA"}),
    wrong(
        ("ApiProxyMethod", "Properties", "Integration", "IntegrationTarget"),
        {"Ref": "LoadBalancerListener"},
    ),
    wrong(
        ("ApiProxyMethod", "Properties", "Integration", "ConnectionId"),
        {"Ref": "LoadBalancerLoadBalancer"},
    ),
    wrong(
        ("ServiceService", "Properties", "TaskDefinition"),
        {"Ref": "ServiceCluster"},
    ),
    wrong(
        ("ServiceService", "Properties", "LoadBalancers", 0, "TargetGroupArn"),
        {"Ref": "LoadBalancerLoadBalancer"},
    ),
    wrong(
        ("AccountApiGatewayAccount", "Properties", "CloudWatchRoleArn"),
        {"Ref": "AccountApiGatewayLogRole"},
    ),
    wrong(
        ("DatabaseInstance", "Properties", "DBSubnetGroupName"),
        {"Ref": "DatabaseParameterGroup"},
    ),
    wrong(("DnsBasePathMapping", "Properties", "Stage"), {"Ref": "ApiRestApi"}),
    wrong(("MonitoringServerErrors", "Properties", "AlarmActions", 0), {"Ref": "ApiRestApi"}),
    wrong(
        ("ApiMembershipDefault", "Properties", "KeyId"),
        {"Ref": "ApiPlanDefault"},
    ),
    Bend(
        "E9011",
        {
            ("MonitoringServiceCpu", "Properties", "Dimensions", 1, "Value"): {
                "Ref": "ServiceService"
            }
        },
        ("MonitoringServiceCpu", "Properties", "Dimensions", 1, "Value"),
    ),
    Bend(
        "E9011",
        {
            ("MonitoringNoHealthyTask", "Properties", "Dimensions", 0, "Value"): {
                "Ref": "LoadBalancerLoadBalancer"
            }
        },
        ("MonitoringNoHealthyTask", "Properties", "Dimensions", 0, "Value"),
    ),
]
