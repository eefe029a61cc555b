"""Bad cases of cfnlink/rules/kinds.py."""

from typing import Any

from tests.rules.cases import case
from tests.template import ref

BUCKET = {"Type": "AWS::S3::Bucket"}


def policy(resource: Any) -> dict[str, Any]:
    """Return a managed policy for a resource."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}


def rule_from(*groups: Any) -> dict[str, Any]:
    """Return a rule of a security group from several groups in one text."""
    source = {"Fn::Join": [",", list(groups)]}
    properties = {"GroupId": "sg-1", "IpProtocol": "-1", "SourceSecurityGroupId": source}
    return {"Type": "AWS::EC2::SecurityGroupIngress", "Properties": properties}


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
    case(
        "E9920",
        {"NewPolicy": policy({"Fn::Sub": "${NewBucket}/*"}), "NewBucket": BUCKET},
        "NewPolicy.PolicyDocument.Statement.0.Resource",
    ),
    case(
        "E9921",
        {
            "NewPolicy": policy({"Fn::Sub": "arn:aws:s3:::${NewBucket.Arn}"}),
            "NewBucket": BUCKET,
        },
        "NewPolicy.PolicyDocument.Statement.0.Resource",
    ),
    case(
        "E9922",
        {"NewRule": rule_from(ref("NetworkVpc"), ref("NetworkVpc"))},
        "NewRule.SourceSecurityGroupId",
    ),
    case(
        "W9923",
        {
            "NewParameter": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {
                    "Type": "String",
                    "Value": {"Fn::Sub": "http://${NewBucket.Arn}/"},
                },
            },
            "NewBucket": BUCKET,
        },
        "NewParameter.Value",
    ),
]
