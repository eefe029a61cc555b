"""Bad cases of cfnlink/rules/required.py."""

from tests.rules.cases import REMOVE, case

BAD_CASES = [
    case("E9012", {"MonitoringServiceCpu.ComparisonOperator": REMOVE}),
    case("E9012", {"MonitoringServiceCpu.EvaluationPeriods": REMOVE}),
    case(
        "E9012",
        {
            "MonitoringServiceCpu.EvaluationPeriods": REMOVE,
            "MonitoringServiceCpu.EvaluationWindow": {"SlidingWindow": {}},
        },
    ),
    case("E9012", {"MonitoringServiceCpu.MetricName": REMOVE}),
    case("E9012", {"MonitoringServiceCpu.Namespace": REMOVE}),
    case("E9012", {"MonitoringServiceCpu.Period": REMOVE}),
    case("E9012", {"MonitoringServiceCpu.Statistic": REMOVE}),
    case("E9012", {"MonitoringServiceCpu.Threshold": REMOVE}),
    case("E9012", {"ApiProxyMethod.AuthorizationType": REMOVE}),
    case("E9012", {"ApiProxyOptions.Integration": REMOVE}),
    case("E9012", {"ApiStage.DeploymentId": REMOVE}),
    case("E9012", {"ApiStage.StageName": REMOVE}),
    case("E9012", {"ApiRestApi.Name": REMOVE}),
    case("E9012", {"AccountApiGatewayAccount.CloudWatchRoleArn": REMOVE}),
    case("E9012", {"DnsDomainName.DomainName": REMOVE}),
    case("E9012", {"NetworkVpc.CidrBlock": REMOVE}),
    case("E9012", {"NetworkS3Endpoint.ServiceName": REMOVE}),
    case("E9012", {"NetworkPublicDefaultRoute.DestinationCidrBlock": REMOVE}),
    case("E9012", {"ServiceService.TaskDefinition": REMOVE}),
    case("E9012", {"ServiceTaskDefinition.ContainerDefinitions": REMOVE}),
    case("E9012", {"LoadBalancerListener.Port": REMOVE}),
    case("E9012", {"LoadBalancerListener.Protocol": REMOVE}),
    case("E9012", {"DatabaseInstance.AllocatedStorage": REMOVE}),
    case("E9012", {"DatabaseInstance.MasterUsername": REMOVE}),
    case("E9012", {"DatabaseInstance.MasterUserPassword": REMOVE}),
    case("E9012", {"AccountHostedZone.Name": REMOVE}),
    case("E9012", {"DnsAlias.HostedZoneId": REMOVE}),
    case("E9012", {"DnsAlias.AliasTarget": REMOVE}),
    case("E9012", {"ServiceCpuScaling.TargetTrackingScalingPolicyConfiguration": REMOVE}),
    case("E9012", {"ServiceCpuScaling.ScalingTargetId": REMOVE}),
    case("E9012", {"MonitoringCertificateExpiry.EventPattern": REMOVE}),
    case("E9012", {"MonitoringDatabaseEvents.SourceType": REMOVE}),
    case("W9013", {"MonitoringCertificateExpiry.Targets": REMOVE}),
    case("I9013", {"ServiceTaskDefinition.RuntimePlatform": REMOVE}),
    case("I9013", {"DatabaseInstance.DBParameterGroupName": REMOVE}),
    case(
        "I9013",
        {
            "LoadBalancerTargetGroup.HealthCheckPath": REMOVE,
            "LoadBalancerTargetGroup.HealthCheckProtocol": REMOVE,
        },
    ),
]

ACCEPTED = [
    case(
        "E9012",
        {
            "LoadBalancerListener.Port": REMOVE,
            "LoadBalancerListener.Protocol": REMOVE,
            "LoadBalancerLoadBalancer.Type": "gateway",
        },
    ),
    case(
        "E9012",
        {
            "LoadBalancerListener.Port": REMOVE,
            "LoadBalancerListener.LoadBalancerArn": {"Ref": "AnotherStacksBalancer"},
        },
    ),
    case(
        "E9012",
        {
            "MonitoringDatabaseEvents.SourceType": REMOVE,
            "MonitoringDatabaseEvents.SourceIds": REMOVE,
        },
    ),
    case(
        "I9013",
        {
            "ServiceTaskDefinition.RuntimePlatform": REMOVE,
            "ServiceTaskDefinition.RequiresCompatibilities": ["EC2"],
        },
    ),
]
