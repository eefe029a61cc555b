"""Bad cases of cfnlink/rules/kinds.py."""

from typing import Any

from tests.rules.cases import BadCase, Path

VPC = {"Ref": "NetworkVpc"}


def wrong(path: Path, value: Any) -> BadCase:
    return BadCase("E9010", {path: value}, path)


BAD_CASES = [
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
    BadCase(
        "E9011",
        {
            ("MonitoringServiceCpu", "Properties", "Dimensions", 1, "Value"): {
                "Ref": "ServiceService"
            }
        },
        ("MonitoringServiceCpu", "Properties", "Dimensions", 1, "Value"),
    ),
    BadCase(
        "E9011",
        {
            ("MonitoringNoHealthyTask", "Properties", "Dimensions", 0, "Value"): {
                "Ref": "LoadBalancerLoadBalancer"
            }
        },
        ("MonitoringNoHealthyTask", "Properties", "Dimensions", 0, "Value"),
    ),
]
