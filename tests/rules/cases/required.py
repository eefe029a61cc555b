"""Bad cases of cfnlink/rules/required.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path


def without(resource: str, *properties: str, rule: str = "E9012") -> BadCase:
    changes: dict[Path, Any] = {(resource, "Properties", name): REMOVE for name in properties}
    return BadCase(rule, changes, (resource, "Properties"))


BAD_CASES = [
    without("MonitoringServiceCpu", "ComparisonOperator"),
    without("MonitoringServiceCpu", "EvaluationPeriods"),
    BadCase(
        "E9012",
        {
            ("MonitoringServiceCpu", "Properties", "EvaluationPeriods"): REMOVE,
            ("MonitoringServiceCpu", "Properties", "EvaluationWindow"): {"SlidingWindow": {}},
        },
        ("MonitoringServiceCpu", "Properties"),
    ),
    without("MonitoringServiceCpu", "MetricName"),
    without("MonitoringServiceCpu", "Namespace"),
    without("MonitoringServiceCpu", "Period"),
    without("MonitoringServiceCpu", "Statistic"),
    without("MonitoringServiceCpu", "Threshold"),
    without("ApiProxyMethod", "AuthorizationType"),
    without("ApiProxyOptions", "Integration"),
    without("ApiStage", "DeploymentId"),
    without("ApiStage", "StageName"),
    without("ApiRestApi", "Name"),
    without("AccountApiGatewayAccount", "CloudWatchRoleArn"),
    without("DnsDomainName", "DomainName"),
    without("NetworkVpc", "CidrBlock"),
    without("NetworkS3Endpoint", "ServiceName"),
    without("NetworkPublicDefaultRoute", "DestinationCidrBlock"),
    without("ServiceService", "TaskDefinition"),
    without("ServiceTaskDefinition", "ContainerDefinitions"),
    without("LoadBalancerListener", "Port"),
    without("LoadBalancerListener", "Protocol"),
    without("DatabaseInstance", "AllocatedStorage"),
    without("DatabaseInstance", "MasterUsername"),
    without("DatabaseInstance", "MasterUserPassword"),
    without("AccountHostedZone", "Name"),
    without("DnsAlias", "HostedZoneId"),
    without("DnsAlias", "AliasTarget"),
    without("ServiceCpuScaling", "TargetTrackingScalingPolicyConfiguration"),
    without("ServiceCpuScaling", "ScalingTargetId"),
    without("MonitoringCertificateExpiry", "EventPattern"),
    without("MonitoringDatabaseEvents", "SourceType"),
    without("MonitoringCertificateExpiry", "Targets", rule="W9013"),
    without("ServiceTaskDefinition", "RuntimePlatform", rule="W9013"),
    without("DatabaseInstance", "DBParameterGroupName", rule="W9013"),
    without("LoadBalancerTargetGroup", "HealthCheckPath", "HealthCheckProtocol", rule="W9013"),
]
ACCEPTED = [without("MonitoringDatabaseEvents", "SourceType", "SourceIds")]  # of all sources
