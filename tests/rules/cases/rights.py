"""Bad cases of cfnlink/rules/rights.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.access import right

P = "Properties"
EXECUTION = ("ServiceExecutionRole", P)
RIGHTS = (*EXECUTION, "Policies", 0, "PolicyDocument")
TASK = ("ServiceTaskDefinition", P)
CONTAINER = (*TASK, "ContainerDefinitions", 0)
API_ROLE = ("AccountApiGatewayLogRole", P)
ACCOUNT = ("AccountApiGatewayAccount", P, "CloudWatchRoleArn")
TOPIC = ("MonitoringAlarmTopic", P)


def lack(index: int, at: tuple[str | int, ...], **to: Any) -> BadCase:
    """A case of a statement that a container misses."""
    where = (*RIGHTS, "Statement", index)
    return BadCase("E9840", {(*where, key): v for key, v in to.items()}, (*CONTAINER, *at))


def policy(service: str) -> dict[str, Any]:
    """A policy that lets one service publish."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sns:Publish"}
    return {"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]}


ADDED_POLICY = {
    "Type": "AWS::IAM::Policy",
    "Properties": {
        "PolicyName": "more",
        "Roles": [{"Ref": "ServiceExecutionRole"}],
        "PolicyDocument": {"Version": "2012-10-17", "Statement": []},
    },
}
KEY = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy("logs.amazonaws.com")}}
SOURCE_ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
TOPIC_KEY = {
    "Type": "AWS::KMS::Key",
    "Properties": {
        "KeyPolicy": {
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
        }
    },
}
TASK_TRUST = ("ServiceTaskRole", P, "AssumeRolePolicyDocument", "Statement", 0)
TASK_TEST = (*TASK_TRUST, "Condition", "StringEquals")
TOPIC_POLICY = ("MonitoringAlarmTopicPolicy", P, "PolicyDocument", "Statement")
ARN = {"Fn::GetAtt": ["ServiceCluster", "Arn"]}
ALARMS = "arn:aws:cloudwatch:us-east-1:123456789012:alarms:*"

BAD_CASES = [
    right("W9838", 0, ("Action", 0), Resource=[{"Fn::GetAtt": ["AccountRepository", "Arn"]}]),
    right("W9838", 3, ("Action", 0), Resource=[{"Fn::GetAtt": ["ServiceLogGroup", "Arn"]}]),
    right("W9838", 2, ("Action", 0), Resource="arn:aws:logs:us-east-1:1:log-group:shop"),
    lack(0, ("Image",), Action=["ecr:DescribeRepositories"]),
    lack(1, ("Image",), Action=["ecr:BatchGetImage"]),
    lack(1, ("Image",), Resource=[{"Ref": "DatabaseUrlSecret"}]),
    lack(2, ("LogConfiguration",), Action=["logs:CreateLogStream"]),
    lack(2, ("LogConfiguration",), Resource={"Fn::GetAtt": ["ApiAccessLog", "Arn"]}),
    lack(2, ("LogConfiguration",), Effect="Deny"),
    lack(3, ("Secrets", 0, "ValueFrom"), Action=["secretsmanager:DescribeSecret"]),
    lack(3, ("Secrets", 0, "ValueFrom"), Resource=[{"Ref": "DatabaseMasterSecret"}]),
    BadCase("E9840", {(*EXECUTION, "Policies"): []}, (*CONTAINER, "Image")),
    BadCase(
        "E9840",
        {(*CONTAINER, "LogConfiguration", "Options", "awslogs-create-group"): "true"},
        (*CONTAINER, "LogConfiguration"),
    ),
    BadCase(
        "E9840",
        {("Key",): KEY, ("DatabaseUrlSecret", P, "KmsKeyId"): {"Ref": "Key"}},
        (*CONTAINER, "Secrets", 0, "ValueFrom"),
    ),
    BadCase(
        "E9840",
        {(*TASK, "TaskRoleArn"): REMOVE},
        ("ServiceService", P, "EnableExecuteCommand"),
        "exec",
    ),
    BadCase(
        "E9840",
        {("ServiceTaskRole", P, "Policies"): []},
        ("ServiceService", P, "EnableExecuteCommand"),
        "exec",
    ),
    BadCase(
        "E9840",
        {("ServiceService", P, "EnableExecuteCommand"): True},
        ("ServiceService", P, "EnableExecuteCommand"),
    ),
    BadCase("E9840", {(*API_ROLE, "ManagedPolicyArns"): REMOVE}, ACCOUNT),
    BadCase("W9843", {("Policy",): ADDED_POLICY}, ("Policy", P)),
    BadCase("E9855", {(*TOPIC, "KmsMasterKeyId"): "alias/aws/sns"}, (*TOPIC, "KmsMasterKeyId")),
    BadCase(
        "E9855",
        {("Key",): KEY, (*TOPIC, "KmsMasterKeyId"): {"Ref": "Key"}},
        (*TOPIC, "KmsMasterKeyId"),
    ),
    BadCase(
        "W9856",
        {
            ("TopicPolicy",): {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": {
                    "Topics": [{"Ref": "MonitoringAlarmTopic"}],
                    "PolicyDocument": policy("events.amazonaws.com"),
                },
            }
        },
        ("TopicPolicy", P, "PolicyDocument"),
    ),
    *(
        right("E9857", 1, ("Resource", 0), Resource=[ref])
        for ref in (
            {"Ref": "AccountRepository"},
            {"Fn::GetAtt": ["AccountRepository", "RepositoryUri"]},
            {"Ref": "ServiceLogGroup"},
            {"Fn::Sub": "${ServiceCluster}"},
        )
    ),
    right("W9857", 1, ("Action", 0), Action=["s3:GetObject"], Resource="arn:aws:s3:::shop"),
    right("W9857", 1, ("Action",), Action="s3:PutObject", Resource=["arn:aws:s3:::shop"]),
    BadCase(
        "W9858", {(*TASK_TEST, "aws:SourceAccount"): ARN}, (*TASK_TEST, "aws:SourceAccount")
    ),
    BadCase(
        "W9858", {(*TASK_TEST, "aws:SourceAccount"): "12"}, (*TASK_TEST, "aws:SourceAccount")
    ),
    BadCase("W9858", {(*TASK_TEST, "aws:SourceArn"): ARN}, (*TASK_TEST, "aws:SourceArn")),
    BadCase(
        "W9858",
        {(*TOPIC_POLICY, 0, "Condition"): {"ArnLike": {"aws:SourceArn": [ALARMS]}}},
        (*TOPIC_POLICY, 0, "Condition", "ArnLike", "aws:SourceArn", 0),
    ),
    BadCase(
        "W9858", {(*TOPIC_POLICY, 0, "Condition"): REMOVE}, (*TOPIC_POLICY, 0, "Principal")
    ),
    *(
        BadCase(
            "W9858", {(*TOPIC_POLICY, 2, "Condition"): test}, (*TOPIC_POLICY, 2, "Condition")
        )
        for test in (
            SOURCE_ACCOUNT,
            {"ArnLike": {"aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/*"}},
        )
    ),
    BadCase(
        "W9858",
        {("Key",): TOPIC_KEY},
        ("Key", P, "KeyPolicy", "Statement", 0, "Condition"),
    ),
    *(
        BadCase(
            "W9856",
            {(*TOPIC_POLICY, n, "Principal", "Service"): "s3.amazonaws.com"},
            ("MonitoringAlarmTopicPolicy", P, "PolicyDocument"),
        )
        for n in (0, 1)
    ),
]
