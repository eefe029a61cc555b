"""Bad cases of cfnlink/rules/order.py."""

from typing import Any

from tests.rules.cases import case
from tests.template import get_att, ref, resource

GROUP = resource(
    "AWS::Logs::LogGroup", LogGroupName={"Fn::Sub": "/aws/rds/instance/${Db}/postgresql"}
)
DATABASE = resource("AWS::RDS::DBInstance", EnableCloudwatchLogsExports=["postgresql"])
SECRET = resource(
    "AWS::SecretsManager::Secret",
    GenerateSecretString={
        "SecretStringTemplate": '{"username": "orders"}',
        "GenerateStringKey": "password",
    },
)
LINK = resource(
    "AWS::SecretsManager::SecretTargetAttachment",
    SecretId=ref("Secret"),
    TargetId=ref("Db"),
    TargetType="AWS::RDS::DBInstance",
)
SCHEDULE = resource("AWS::SecretsManager::RotationSchedule", SecretId=ref("Secret"))


def task(key: str) -> dict[str, object]:
    """Return a task that reads a key of the secret."""
    secrets = [{"Name": "A", "ValueFrom": {"Fn::Sub": f"${{Secret}}:{key}::"}}]
    containers = [{"Name": "a", "Secrets": secrets}]
    return resource("AWS::ECS::TaskDefinition", ContainerDefinitions=containers)


SERVICE = resource("AWS::ECS::Service", TaskDefinition=ref("Task"))
QUEUE = resource("AWS::SQS::Queue")
POLICY = resource(
    "AWS::SQS::QueuePolicy",
    Queues=[ref("Queue")],
    PolicyDocument={
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": "*",
            }
        ]
    },
)
BUCKET = resource(
    "AWS::S3::Bucket",
    NotificationConfiguration={
        "QueueConfigurations": [
            {"Event": "s3:ObjectCreated:*", "Queue": get_att("Queue", "Arn")}
        ]
    },
)
QUEUED = {"Queue": QUEUE, "Policy": POLICY}
READ = {"Secret": SECRET, "Link": LINK, "Db": DATABASE, "Service": SERVICE}

TRUST: dict[str, Any] = {"AssumeRolePolicyDocument": {"Statement": []}}
VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
FUNCTION = resource(
    "AWS::Lambda::Function",
    Role=get_att("Role", "Arn"),
    VpcConfig={"SubnetIds": ["subnet-1"]},
)
IN_VPC = {
    "Role": resource("AWS::IAM::Role", **TRUST),
    "Rights": resource(
        "AWS::IAM::Policy",
        Roles=[ref("Role")],
        PolicyDocument={
            "Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}],
        },
    ),
    "Worker": FUNCTION,
}
BAD_CASES = [
    case("W9944", IN_VPC, at="Worker.VpcConfig.SubnetIds"),
    case(
        "E9941",
        {"Group": GROUP, "Db": DATABASE},
        at="Group.LogGroupName",
        alone=True,
    ),
    case("W9942", {**READ, "Task": task("host")}, at="Service.TaskDefinition", alone=True),
    case(
        "W9943", {"Secret": SECRET, "Link": LINK, "Schedule": SCHEDULE}, at="Schedule.SecretId"
    ),
    case(
        "W9944",
        {**QUEUED, "Bucket": BUCKET},
        at="Bucket.NotificationConfiguration.QueueConfigurations.0.Queue",
    ),
]

ACCEPTED = [
    case("W9944", {**IN_VPC, "Worker": FUNCTION | {"DependsOn": "Rights"}}),
    case(
        "W9944",
        {**IN_VPC, "Role": resource("AWS::IAM::Role", **TRUST, ManagedPolicyArns=[VPC])},
    ),
    case("E9941", {"Group": GROUP, "Db": resource("AWS::RDS::DBInstance")}),
    case("W9942", {**READ, "Task": task("password")}),
    case("W9942", {**READ, "Task": task("host"), "Service": SERVICE | {"DependsOn": "Link"}}),
    case(
        "W9943",
        {"Secret": SECRET, "Link": LINK, "Schedule": SCHEDULE | {"DependsOn": ["Link"]}},
    ),
    case("W9944", {**QUEUED, "Bucket": BUCKET | {"DependsOn": "Policy"}}),
    case("W9944", {"Queue": QUEUE, "Bucket": BUCKET}),
]
