"""Bad cases of cfnlink/rules/kinds.py."""

from typing import Any

from tests.rules.cases import case
from tests.rules.test_wrong_kinds import nested
from tests.template import get_att, ref

BUCKET = {"Type": "AWS::S3::Bucket"}
FIFO = {"Type": "AWS::SQS::Queue", "Properties": {"FifoQueue": True}}
SENT = "NotificationConfiguration.QueueConfigurations.0.Queue"
LOGS = "ContainerDefinitions.0.LogConfiguration.Options.awslogs-group"
# what has a name, by which property, and where another resource writes it
NAMED = [
    ("S3::Bucket", "BucketName", "S3::BucketPolicy", "Bucket"),
    ("Logs::LogGroup", "LogGroupName", "Logs::MetricFilter", "LogGroupName"),
    ("Logs::LogGroup", "LogGroupName", "ECS::TaskDefinition", LOGS),
    ("Lambda::Function", "FunctionName", "Lambda::Permission", "FunctionName"),
    ("IAM::Role", "RoleName", "IAM::InstanceProfile", "Roles.0"),
]


def sends(queue: str) -> dict[str, Any]:
    """Return a bucket that sends its events to a queue."""
    properties = nested(SENT, get_att(queue, "Arn"))
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def targets(queue: str) -> dict[str, Any]:
    """Return a rule of EventBridge that sends to a queue."""
    properties = {
        "ScheduleExpression": "rate(1 day)",
        "Targets": [{"Arn": get_att(queue, "Arn")}],
    }
    return {"Type": "AWS::Events::Rule", "Properties": properties}


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


TWO_IDS = {"Fn::Sub": "${NetworkPrivateSubnetA}|${NetworkPrivateSubnetB}"}
DATABASE = {
    "Type": "AWS::RDS::DBInstance",
    "Properties": {"Engine": "mysql", "DBInstanceClass": "db.t4g.small"},
}


def parameter(text: str) -> dict[str, Any]:
    """Return a parameter of Systems Manager with a text, and a database."""
    properties = {"Type": "String", "Value": {"Fn::Sub": text}}
    url = {"Type": "AWS::SSM::Parameter", "Properties": properties}
    return {"NewParameter": url, "NewDatabase": DATABASE}


def program(**variables: Any) -> dict[str, Any]:
    """Return a function with variables, and a database."""
    properties = {"Environment": {"Variables": variables}}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties}
    return {"NewFunction": function, "NewDatabase": DATABASE}


NLB = {
    "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "Properties": {"Type": "network"},
}


def alarm(namespace: str) -> dict[str, Any]:
    """Return an alarm on a load balancer."""
    name = get_att("NewBalancer", "LoadBalancerFullName")
    dimensions = [{"Name": "LoadBalancer", "Value": name}]
    properties = {"Namespace": namespace, "Dimensions": dimensions}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


MACHINE = {"Type": "AWS::StepFunctions::StateMachine"}


def failures(machine: Any) -> dict[str, Any]:
    """Return an alarm on the failed executions of a state machine."""
    dimensions = [{"Name": "StateMachineArn", "Value": machine}]
    properties = {
        "Namespace": "AWS/States",
        "MetricName": "ExecutionsFailed",
        "Dimensions": dimensions,
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


ADDRESS = get_att("NewDatabase", "Endpoint.Address")
SITE = "DistributionConfig.Origins.0.DomainName"

BAD_CASES = [
    case(
        "W9011",
        {
            "NewBalancer": NLB,
            "NewAlarm": alarm("AWS/ApplicationELB"),
        },
        "NewAlarm.Namespace",
    ),
    case(
        "W9011",
        {"NewMachine": MACHINE, "NewAlarm": failures(get_att("NewMachine", "Name"))},
        "NewAlarm.Dimensions.0.Value",
    ),
    case("W9923", parameter("mysql://me@${NewDatabase}:3306/app"), "NewParameter.Value"),
    case(
        "W9923",
        program(DB_HOST=ref("NewDatabase")),
        "NewFunction.Environment.Variables.DB_HOST",
    ),
    case(
        "E9010",
        {
            "NewBucket": BUCKET,
            "NewSite": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": nested(SITE, get_att("NewBucket", "WebsiteURL")),
            },
        },
        f"NewSite.{SITE}",
    ),
    case(
        "E9982",
        parameter("mysql://${NewDatabase.Endpoint.Address}:5432/app"),
        "NewParameter.Value",
    ),
    case(
        "E9982",
        program(URL={"Fn::Join": ["", ["mysql://me@", ADDRESS, ":33060"]]}),
        "NewFunction.Environment.Variables.URL",
    ),
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
    case("W9011", {"MonitoringServiceCpu.Dimensions.1.Value": ref("ServiceService")}),
    case(
        "W9011", {"MonitoringNoHealthyTask.Dimensions.0.Value": ref("LoadBalancerLoadBalancer")}
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
    case(
        "W9011",
        {"MonitoringServiceCpu.Dimensions.1": {"Name": "ApiId", "Value": ref("ApiRestApi")}},
        "MonitoringServiceCpu.Dimensions.1.Value",
    ),
    case(
        "E9923",
        {
            "NewFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"DeadLetterConfig": {"TargetArn": "lost-orders"}},
            },
            "NewQueue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lost-orders"}},
        },
        "NewFunction.DeadLetterConfig.TargetArn",
    ),
    case(
        "E9924",
        {
            "NewInstance": {"Type": "AWS::RDS::DBInstance"},
            "NewParameter": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Value": get_att("NewInstance", "MasterUserSecret.SecretArn")},
            },
        },
        "NewInstance.Properties",
    ),
    case("E9925", {"NewQueue": FIFO, "NewBucket": sends("NewQueue")}, f"NewBucket.{SENT}"),
    case(
        "E9925",
        {"NewQueue": FIFO, "NewRule": targets("NewQueue")},
        "NewRule.Targets.0.Arn",
    ),
    case(
        "E9925",
        {
            "NewQueue": FIFO,
            "Other": {
                "Type": "AWS::SQS::Queue",
                "Properties": {
                    "RedrivePolicy": {"deadLetterTargetArn": get_att("NewQueue", "Arn")}
                },
            },
        },
        "Other.RedrivePolicy.deadLetterTargetArn",
    ),
    case(
        "E9925",
        {
            "NewTopic": {"Type": "AWS::SNS::Topic", "Properties": {"FifoTopic": True}},
            "NewSubscription": {
                "Type": "AWS::SNS::Subscription",
                "Properties": {"TopicArn": ref("NewTopic"), "Protocol": "email"},
            },
        },
        "NewSubscription.TopicArn",
    ),
    case(
        "W9926",
        {
            "NewQueue": FIFO,
            "NewFunction": {
                "Type": "AWS::Lambda::Function",
                "Properties": {"DeadLetterConfig": {"TargetArn": get_att("NewQueue", "Arn")}},
            },
        },
        "NewFunction.DeadLetterConfig.TargetArn",
    ),
    *(
        case(
            "W9930",
            {
                "Named": {"Type": f"AWS::{kind}", "Properties": {key: "orders"}},
                "NewUser": {"Type": f"AWS::{user}", "Properties": nested(path, "ordres")},
            },
            f"NewUser.{path}",
        )
        for kind, key, user, path in NAMED
    ),
    *(
        case(
            "E9922",
            {"NewUser": {"Type": f"AWS::{user}", "Properties": nested(path, TWO_IDS)}},
            f"NewUser.{path}",
        )
        for user, path in [
            ("RDS::DBSubnetGroup", "SubnetIds.0"),
            ("SNS::Subscription", "TopicArn"),
            ("CloudWatch::Alarm", "OKActions.0"),
        ]
    ),
    case(
        "E9010",
        {
            "NewBucket": {"Type": "AWS::S3::Bucket"},
            "NewRule": {
                "Type": "AWS::Events::Rule",
                "Properties": {
                    "EventPattern": {
                        "detail": {"bucket": {"name": [get_att("NewBucket", "Arn")]}}
                    }
                },
            },
        },
        "NewRule.EventPattern.detail.bucket.name.0",
    ),
    *(
        case(
            "E9923",
            {"NewUser": {"Type": f"AWS::{user}", "Properties": nested(path, "a.example.org")}},
            f"NewUser.{path}",
        )
        for user, path in [
            ("ApiGateway::DomainName", "RegionalCertificateArn"),
            ("Route53::RecordSet", "HostedZoneId"),
        ]
    ),
    case(
        "W9934",
        {
            "NewName": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/shop/db-host"}},
            "NewTopic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"DisplayName": "{{resolve:ssm:/shop/dbhost:1}}"},
            },
        },
        "NewName.Name",
    ),
    case(
        "E9935",
        {
            "NewMount": {
                "Type": "AWS::EFS::MountTarget",
                "Properties": {
                    "SubnetId": {
                        "Fn::Select": [
                            2,
                            {
                                "Fn::Split": [
                                    ",",
                                    {
                                        "Fn::Join": [
                                            ",",
                                            [
                                                ref("NetworkPrivateSubnetA"),
                                                ref("NetworkPrivateSubnetB"),
                                            ],
                                        ]
                                    },
                                ]
                            },
                        ]
                    }
                },
            }
        },
        "NewMount.SubnetId",
    ),
]

ACCEPTED = [
    case("W9011", {"NewBalancer": NLB, "NewAlarm": alarm("AWS/NetworkELB")}),
    case("W9011", {"NewMachine": MACHINE, "NewAlarm": failures(ref("NewMachine"))}),
    case("W9923", parameter("mysql://me@${NewDatabase.Endpoint.Address}:3306/app")),
    case("W9923", program(DB_HOST=ADDRESS, DB_NAME=ref("NewDatabase"))),
    case("E9982", parameter("mysql://${NewDatabase.Endpoint.Address}:3306/app")),
    case("E9982", parameter("mysql://proxy.example:5432/${NewDatabase.Endpoint.Address}")),
]
