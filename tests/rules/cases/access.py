"""Bad cases of cfnlink/rules/access.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase

P = "Properties"
EXECUTION = ("ServiceExecutionRole", P)
RIGHTS = (*EXECUTION, "Policies", 0, "PolicyDocument")
TRUST = (*EXECUTION, "AssumeRolePolicyDocument", "Statement", 0)
TASK = ("ServiceTaskDefinition", P)
API_ROLE = ("AccountApiGatewayLogRole", P)
API_TRUST = (*API_ROLE, "AssumeRolePolicyDocument", "Statement", 0)
ACCOUNT = ("AccountApiGatewayAccount", P, "CloudWatchRoleArn")
REPOSITORY = ("AccountRepository", P)


def right(rule: str, index: int, at: tuple[str | int, ...], **to: Any) -> BadCase:
    """A case of a statement of the execution role."""
    where = (*RIGHTS, "Statement", index)
    return BadCase(rule, {(*where, key): value for key, value in to.items()}, (*where, *at))


BAD_CASES = [
    BadCase(
        "E9830",
        {(*TRUST, "Principal", "Service"): "ecs.amazonaws.com"},
        (*TASK, "ExecutionRoleArn"),
    ),
    BadCase(
        "E9830",
        {(*TASK, "TaskRoleArn", "Fn::GetAtt", 0): "AccountApiGatewayLogRole"},
        (*TASK, "TaskRoleArn"),
    ),
    BadCase(
        "E9830", {(*API_TRUST, "Principal", "Service"): ["ecs-tasks.amazonaws.com"]}, ACCOUNT
    ),
    BadCase(
        "E9830",
        {
            ("DatabaseInstance", P, "MonitoringRoleArn"): {
                "Fn::GetAtt": ["ServiceExecutionRole", "Arn"]
            }
        },
        ("DatabaseInstance", P, "MonitoringRoleArn"),
    ),
    BadCase(
        "W9830",
        {("ServiceScalableTarget", P, "RoleARN"): {"Fn::GetAtt": ["ServiceTaskRole", "Arn"]}},
        ("ServiceScalableTarget", P, "RoleARN"),
    ),
    *(
        BadCase(
            "E9831", {(*TRUST, "Principal", "Service"): name}, (*TRUST, "Principal", "Service")
        )
        for name in ("ecs-task.amazonaws.com", "ecs-tasks.amazonaws.con", "ecs-tasks")
    ),
    BadCase(
        "E9831",
        {(*API_TRUST, "Principal", "Service"): ["api-gateway.amazonaws.com"]},
        (*API_TRUST, "Principal", "Service", 0),
    ),
    BadCase(
        "W9833",
        {(*TRUST, "Principal"): {"AWS": "*"}, (*TRUST, "Condition"): REMOVE},
        (*TRUST, "Principal"),
    ),
    BadCase(
        "W9833",
        {
            (*REPOSITORY, "RepositoryPolicyText"): {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "ecr:BatchGetImage",
                },
            }
        },
        (*REPOSITORY, "RepositoryPolicyText", "Statement", "Principal"),
    ),
    right("W9833", 1, ("Action", 0), Action=["*"]),
    right("W9833", 1, ("Action",), Action="ecr:*", Resource="*"),
    right("W9833", 3, ("Action", 0), Resource="*"),
    right("W9833", 3, ("Action", 0), Action=["iam:PassRole"], Resource=["*"]),
    right("W9833", 3, ("Action",), Action="iam:DeleteServiceLinkedRole"),
    right("W9833", 3, ("NotAction",), NotAction=["iam:*"]),
    right("W9833", 3, ("NotResource",), NotResource=["arn:aws:s3:::x"]),
    BadCase(
        "W9833",
        {(*EXECUTION, "ManagedPolicyArns"): ["arn:aws:iam::aws:policy/AdministratorAccess"]},
        (*EXECUTION, "ManagedPolicyArns", 0),
    ),
    BadCase("E9831", {(*TRUST, "Action"): "sts:GetCallerIdentity"}, (*TRUST, "Action")),
    BadCase("E9831", {(*TRUST, "Action"): ["sts:AssumeRoleWithSAML"]}, (*TRUST, "Action")),
    BadCase("W9833", {(*RIGHTS, "Version"): REMOVE}, RIGHTS),
    *(
        BadCase(
            "E9837",
            {
                (*API_ROLE, "ManagedPolicyArns", 0): {
                    "Fn::Sub": f"arn:{part}:iam::aws:policy/{name}"
                }
            },
            (*API_ROLE, "ManagedPolicyArns", 0),
        )
        for part, name in (
            ("${AWS::Partition}", "AmazonAPIGatewayPushToCloudWatchLogs"),
            ("aws", "service-role/AmazonAPIGatewayPushToCloudwatchLogs"),
            ("aws", "AmazonECSTaskExecutionRolePolicy"),
        )
    ),
]
