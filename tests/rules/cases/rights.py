"""Bad cases of cfnlink/rules/rights.py."""

from typing import Any

from tests.rules.cases import REMOVE, case
from tests.template import get_att, ref, resource

ADDED_POLICY = resource(
    "AWS::IAM::Policy",
    PolicyName="more",
    Roles=[ref("ServiceExecutionRole")],
    PolicyDocument={"Version": "2012-10-17", "Statement": []},
)
KEY = resource(
    "AWS::KMS::Key",
    KeyPolicy={
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "logs.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": "*",
            }
        ],
    },
)
SOURCE_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")}}
TOPIC_KEY = resource(
    "AWS::KMS::Key",
    KeyPolicy={
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
                "Condition": SOURCE_ACCOUNT,
            }
        ],
    },
)

ROOT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
OTHERS = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}


def key_of(principal: Any, action: str) -> dict[str, Any]:
    """Return a key whose policy allows one action to a principal."""
    body = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return resource("AWS::KMS::Key", KeyPolicy={"Statement": [body]})


def bucket_with(named: str, *, blocked: bool) -> dict[str, Any]:
    """Return a bucket with a policy on the objects of a bucket, and another bucket."""
    statement = OTHERS | {"Resource": {"Fn::Sub": f"${{{named}.Arn}}/*"}}
    block = {"BlockPublicPolicy": blocked}
    return {
        "Data": resource("AWS::S3::Bucket", PublicAccessBlockConfiguration=block),
        "Logs": resource("AWS::S3::Bucket"),
        "DataPolicy": resource(
            "AWS::S3::BucketPolicy",
            Bucket=ref("Data"),
            PolicyDocument={"Statement": [statement]},
        ),
    }


def reader(table: str, *more: str) -> dict[str, Any]:
    """Return a function that gets one table, with a role that may read some tables."""
    arns = [get_att(name, "Arn") for name in (table, *more)]
    body = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": arns}
    policies = [{"PolicyName": "own", "PolicyDocument": {"Statement": [body]}}]
    variables = {"Variables": {"TABLE": ref("Orders")}}
    role = get_att("Reads", "Arn")
    return {
        "Orders": resource("AWS::DynamoDB::Table"),
        "Archive": resource("AWS::DynamoDB::Table"),
        "Reads": resource("AWS::IAM::Role", Policies=policies),
        "Reader": resource("AWS::Lambda::Function", Role=role, Environment=variables),
    }


RUNNER = resource("AWS::Lambda::Function", Role=get_att("ServiceExecutionRole", "Arn"))


def through(action: str, resource: object = "*") -> dict[str, object]:
    """Return the policy of an endpoint that allows one action."""
    body = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource}
    return {"Statement": [body]}


SIDECAR = "ServiceTaskDefinition.ContainerDefinitions.1"


def tracing(*, allowed: bool = False, **container: Any) -> dict[str, Any]:
    """Return a second container of the task, and what the task role may do."""
    actions = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    policies = [{"PolicyName": "traces", "PolicyDocument": document}]
    beside = {"Name": "collector", "Image": "collector", "Essential": False, **container}
    return {
        "ServiceTaskDefinition.ContainerDefinitions": lambda listed: [*listed, beside],
        "ServiceTaskRole.Policies": policies if allowed else [],
    }


OWN_RIGHTS = "ServiceTaskRole.Policies.0.PolicyDocument.Statement"
BAD_CASES = [
    case(
        "W9983",
        {  # the bucket's own policy only denies
            f"{OWN_RIGHTS}.0.Resource": {"Fn::Sub": "${Archive.Arn}/*"},
            f"{OWN_RIGHTS}.1.Resource": get_att("Archive", "Arn"),
            "Archive": resource("AWS::S3::Bucket"),
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Environment.2.Value",
        base="container",
    ),
    case("W9983", reader("Archive"), at="Reader.Environment.Variables.TABLE"),
    case(
        "E9950",
        {"NetworkS3Endpoint.PolicyDocument": through("s3:Get*")},
        base="container",
    ),
    case(
        "E9950",
        {
            "NetworkS3Endpoint.PolicyDocument": through(
                "s3:*", get_att("ServiceBucketUploads", "Arn")
            )
        },
        base="container",
    ),
    case("E9980", {"Key": KEY}, at="Key.KeyPolicy"),
    case("E9980", {"Key": key_of(ROOT, "kms:Describe*")}, at="Key.KeyPolicy"),
    case(
        "E9981",
        bucket_with("Data", blocked=True),
        at="DataPolicy.PolicyDocument.Statement.0.Principal",
    ),
    case(
        "W9982",
        bucket_with("Logs", blocked=False),
        at="DataPolicy.PolicyDocument.Statement.0.Resource",
    ),
    case(
        "W9843",
        {
            "Policy": ADDED_POLICY | {"DependsOn": "ServiceLogGroup"},
            "Runner": RUNNER,
            "ServiceService.DependsOn": ["Policy"],
            "Setup": resource("Custom::Setup", ServiceToken=get_att("Runner", "Arn")),
        },
        at="Policy.Properties",
    ),
    case(
        "E9945",
        {"NetworkLogsEndpoint.PolicyDocument": through("logs:PutLogEvents")},
        base="endpoints",
    ),
    case(
        "E9945",
        {"NetworkSecretsManagerEndpoint.PolicyDocument": through("secretsmanager:List*")},
        base="endpoints",
    ),
    case(
        "E9940",
        {"MonitoringAlarmTopicPolicy": REMOVE},
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "E9940",
        {
            "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Principal": {
                "Service": "cloudwatch.amazonaws.com"
            }
        },
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "E9940",
        {"MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Action": "sns:Subscribe"},
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "E9940",
        {"MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Effect": "Deny"},
        at="MonitoringCertificateExpiry.Targets.0.Arn",
    ),
    case(
        "W9888",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.0.Resource": [
                get_att("AccountRepository", "Arn")
            ]
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.0.Action.0",
    ),
    case(
        "W9887",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Resource": [
                get_att("ServiceLogGroup", "Arn")
            ]
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action.0",
    ),
    case(
        "W9889",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.2.Resource": "arn:aws:logs:us-east-1:1:log-group:shop"
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.2.Action.0",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.0.Action": [
                "ecr:DescribeRepositories"
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action": [
                "ecr:BatchGetImage"
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": [
                ref("DatabaseUrlSecret")
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.2.Action": [
                "logs:CreateLogStream"
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.2.Resource": get_att(
                "ApiAccessLog", "Arn"
            )
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration",
    ),
    case(
        "E9840",
        {"ServiceExecutionRole.Policies.0.PolicyDocument.Statement.2.Effect": "Deny"},
        at="ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action": [
                "secretsmanager:DescribeSecret"
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom",
    ),
    case(
        "E9840",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Resource": [
                ref("DatabaseMasterSecret")
            ]
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom",
    ),
    case(
        "E9840",
        {"ServiceExecutionRole.Policies": []},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Image",
    ),
    case(
        "E9840",
        {
            (
                "ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration.Options."
                "awslogs-create-group"
            ): "true"
        },
        at="ServiceTaskDefinition.ContainerDefinitions.0.LogConfiguration",
    ),
    case(
        "E9840",
        {"Key": KEY, "DatabaseUrlSecret.KmsKeyId": ref("Key")},
        at="ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom",
    ),
    case(
        "E9840",
        {"ServiceTaskDefinition.TaskRoleArn": REMOVE},
        at="ServiceService.EnableExecuteCommand",
        base="exec",
    ),
    case(
        "E9840",
        {"ServiceTaskRole.Policies": []},
        at="ServiceService.EnableExecuteCommand",
        base="exec",
    ),
    case("E9840", {"ServiceService.EnableExecuteCommand": True}),
    case("E9840", tracing(Image="amazon/aws-xray-daemon:3"), at=f"{SIDECAR}.Image"),
    case(
        "E9840", tracing(Command=["--config=/etc/ecs/ecs-xray.yaml"]), at=f"{SIDECAR}.Command.0"
    ),
    case(
        "E9840",
        tracing(Environment=[{"Name": "AOT_CONFIG_CONTENT", "Value": '{"awsxray": {}}'}]),
        at=f"{SIDECAR}.Environment.0.Value",
    ),
    case(
        "E9840",
        {"AccountApiGatewayLogRole.ManagedPolicyArns": REMOVE},
        at="AccountApiGatewayAccount.CloudWatchRoleArn",
    ),
    case(
        "W9843",
        {
            "Policy": ADDED_POLICY
            | {"Properties": {"Roles": [ref("AccountApiGatewayLogRole")]}},
        },
        at="Policy.Properties",
    ),
    case("E9889", {"MonitoringAlarmTopic.KmsMasterKeyId": "alias/aws/sns"}),
    case(
        "E9889",
        {
            "Queue": resource("AWS::SQS::Queue", KmsMasterKeyId="alias/aws/sqs"),
            "Send": resource(
                "AWS::SNS::Subscription",
                Protocol="sqs",
                Endpoint=get_att("Queue", "Arn"),
                TopicArn="arn:aws:sns:eu-west-1:111122223333:orders",
            ),
        },
        at="Queue.KmsMasterKeyId",
    ),
    case(
        "E9890",
        {"Key": KEY, "MonitoringAlarmTopic.KmsMasterKeyId": ref("Key")},
        at="MonitoringServerErrors.AlarmActions.0",
    ),
    case(
        "E9940",
        {
            "MonitoringAlarmTopicPolicy": REMOVE,
            "TopicPolicy": resource(
                "AWS::SNS::TopicPolicy",
                Topics=[ref("MonitoringAlarmTopic")],
                PolicyDocument={
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": "*",
                        }
                    ],
                },
            ),
        },
        at="MonitoringServerErrors.AlarmActions.0",
    ),
    case(
        "E9857",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": [
                ref("AccountRepository")
            ]
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource.0",
    ),
    case(
        "E9857",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": [
                get_att("AccountRepository", "RepositoryUri")
            ]
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource.0",
    ),
    case(
        "E9857",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": [
                ref("ServiceLogGroup")
            ]
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource.0",
    ),
    case(
        "E9857",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": [
                {"Fn::Sub": "${ServiceCluster}"}
            ]
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource.0",
    ),
    case(
        "W9857",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action": [
                "s3:GetObject"
            ],
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": "arn:aws:s3:::shop",
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action.0",
    ),
    case(
        "W9857",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action": "s3:PutObject",
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": [
                "arn:aws:s3:::shop"
            ],
        },
    ),
    case(
        "W9890",
        {
            (
                "ServiceTaskRole.AssumeRolePolicyDocument.Statement.0.Condition.StringE"
                "quals.aws:SourceAccount"
            ): get_att("ServiceCluster", "Arn")
        },
    ),
    case(
        "W9890",
        {
            (
                "ServiceTaskRole.AssumeRolePolicyDocument.Statement.0.Condition.StringE"
                "quals.aws:SourceAccount"
            ): "12"
        },
    ),
    case(
        "W9890",
        {
            (
                "ServiceTaskRole.AssumeRolePolicyDocument.Statement.0.Condition.StringE"
                "quals.aws:SourceArn"
            ): get_att("ServiceCluster", "Arn")
        },
    ),
    case(
        "W9890",
        {
            "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.0.Condition": {
                "ArnLike": {
                    "aws:SourceArn": ["arn:aws:cloudwatch:us-east-1:123456789012:alarms:*"]
                }
            }
        },
        at=(
            "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.0.Condition.ArnLik"
            "e.aws:SourceArn.0"
        ),
    ),
    case(
        "W9892",
        {"MonitoringAlarmTopicPolicy.PolicyDocument.Statement.0.Condition": REMOVE},
        at="MonitoringAlarmTopicPolicy.PolicyDocument.Statement.0.Principal",
    ),
    case(
        "W9891",
        {"MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Condition": SOURCE_ACCOUNT},
    ),
    case(
        "W9891",
        {
            "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.2.Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/*"}
            }
        },
    ),
    case("W9891", {"Key": TOPIC_KEY}, at="Key.KeyPolicy.Statement.0.Condition"),
    case(
        "E9940",
        {
            (
                "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.0.Principal.Service"
            ): "s3.amazonaws.com"
        },
        at="MonitoringServerErrors.AlarmActions.0",
    ),
    case(
        "E9940",
        {
            (
                "MonitoringAlarmTopicPolicy.PolicyDocument.Statement.1.Principal.Service"
            ): "s3.amazonaws.com"
        },
        at="MonitoringDatabaseEvents.SnsTopicArn",
    ),
]

ACCEPTED = [
    case("E9840", tracing(Image="amazon/aws-xray-daemon:3", allowed=True)),
    case("E9840", tracing(Command=["--config=/etc/ecs/ecs-cloudwatch.yaml"])),
    case("W9983", reader("Archive", "Orders")),
    case("W9983", {**reader("Archive"), "Reads.Policies": []}),
    # A type of which no policy is known.
    case(
        "W9983", {**reader("Archive"), "Orders": resource("AWS::ElastiCache::ReplicationGroup")}
    ),
    case("E9980", {"Key": key_of(ROOT, "kms:*")}),
    case("E9980", {"Key": key_of({"AWS": ref("Admin")}, "kms:Put*")}),
    case("E9980", {"Key": KEY, "Key.BypassPolicyLockoutSafetyCheck": True}),
    case("E9981", bucket_with("Data", blocked=False)),
    case("W9982", bucket_with("Data", blocked=True)),
    case(
        "E9950",
        {"NetworkS3Endpoint.PolicyDocument": through("s3:*")},
        base="container",
    ),
    case(
        "E9950",
        {
            "NetworkS3Endpoint.PolicyDocument": through(
                "s3:*",
                [
                    get_att("ServiceBucketUploads", "Arn"),
                    {"Fn::Sub": "${ServiceBucketUploads.Arn}/*"},
                ],
            )
        },
        base="container",
    ),
    case(
        "E9950",
        {"NetworkS3Endpoint.PolicyDocument": through("s3:GetObject")},
    ),
    case(
        "E9945",
        {"NetworkLogsEndpoint.PolicyDocument": through("logs:*")},
        base="endpoints",
    ),
    case(
        "W9843",
        {"Policy": ADDED_POLICY},
    ),
]
