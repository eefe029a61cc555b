"""Bad cases of cfnlink/rules/kinds.py."""

from tests.rules.cases import case

BAD_CASES = [
    case("E9010", {"ApiVpcLink.SubnetIds.0": {"Ref": "NetworkVpc"}}),
    case("E9010", {"ApiVpcLink.SecurityGroupIds.0": {"Ref": "NetworkPublicSubnetA"}}),
    case(
        "E9010",
        {"ApiProxyMethod.Integration.IntegrationTarget": {"Ref": "LoadBalancerListener"}},
    ),
    case(
        "E9010",
        {"ApiProxyMethod.Integration.ConnectionId": {"Ref": "LoadBalancerLoadBalancer"}},
    ),
    case("E9010", {"ServiceService.TaskDefinition": {"Ref": "ServiceCluster"}}),
    case(
        "E9010",
        {"ServiceService.LoadBalancers.0.TargetGroupArn": {"Ref": "LoadBalancerLoadBalancer"}},
    ),
    case(
        "E9010",
        {"AccountApiGatewayAccount.CloudWatchRoleArn": {"Ref": "AccountApiGatewayLogRole"}},
    ),
    case("E9010", {"DatabaseInstance.DBSubnetGroupName": {"Ref": "DatabaseParameterGroup"}}),
    case("E9010", {"DnsBasePathMapping.Stage": {"Ref": "ApiRestApi"}}),
    case("E9010", {"MonitoringServerErrors.AlarmActions.0": {"Ref": "ApiRestApi"}}),
    case("E9010", {"ApiMembershipDefault.KeyId": {"Ref": "ApiPlanDefault"}}),
    case("E9011", {"MonitoringServiceCpu.Dimensions.1.Value": {"Ref": "ServiceService"}}),
    case(
        "E9011",
        {"MonitoringNoHealthyTask.Dimensions.0.Value": {"Ref": "LoadBalancerLoadBalancer"}},
    ),
]
