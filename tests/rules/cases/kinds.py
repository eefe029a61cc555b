"""Bad cases of cfnlink/rules/kinds.py."""

from tests.rules.cases import case
from tests.template import ref

BAD_CASES = [
    case("E9010", {"ApiVpcLink.SubnetIds.0": ref("NetworkVpc")}),
    case("E9010", {"ApiVpcLink.SecurityGroupIds.0": ref("NetworkPublicSubnetA")}),
    case(
        "E9010", {"ApiProxyMethod.Integration.IntegrationTarget": ref("LoadBalancerListener")}
    ),
    case("E9010", {"ApiProxyMethod.Integration.ConnectionId": ref("LoadBalancerLoadBalancer")}),
    case("E9010", {"ServiceService.TaskDefinition": ref("ServiceCluster")}),
    case(
        "E9010",
        {"ServiceService.LoadBalancers.0.TargetGroupArn": ref("LoadBalancerLoadBalancer")},
    ),
    case(
        "E9010", {"AccountApiGatewayAccount.CloudWatchRoleArn": ref("AccountApiGatewayLogRole")}
    ),
    case("E9010", {"DatabaseInstance.DBSubnetGroupName": ref("DatabaseParameterGroup")}),
    case("E9010", {"DnsBasePathMapping.Stage": ref("ApiRestApi")}),
    case("E9010", {"MonitoringServerErrors.AlarmActions.0": ref("ApiRestApi")}),
    case("E9010", {"ApiMembershipDefault.KeyId": ref("ApiPlanDefault")}),
    case("E9011", {"MonitoringServiceCpu.Dimensions.1.Value": ref("ServiceService")}),
    case(
        "E9011", {"MonitoringNoHealthyTask.Dimensions.0.Value": ref("LoadBalancerLoadBalancer")}
    ),
]
