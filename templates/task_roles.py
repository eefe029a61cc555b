"""Roles of a task: one starts it, one acts for its container."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awacs import ecr, secretsmanager, ssm, ssmmessages, sts
from awacs import logs as logs_actions
from awacs.aws import (
    Action,
    Allow,
    Condition,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import AccountId, Tags, iam, logs

from templates.account import Account
from templates.settings import ServiceSettings, Settings
from templates.settings.service import is_parameter
from templates.stack import Value


@dataclass(frozen=True)
class Roles:
    """The execution role starts the task; the task role acts for the container."""

    execution: iam.Role
    task: iam.Role
    limits: Mapping[str, Any]
    """The properties that keep each role of the stack inside its environment."""


def role_limits(settings: Settings, account: Account) -> dict[str, Any]:
    """The properties that keep a role inside its environment.

    The boundary compares the tags of a role with those of what it reads. They are properties
    of the role: CloudFormation does not pass a stack's own tags on to every role.
    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/277
    """
    return {
        "PermissionsBoundary": account.permissions_boundary,
        "Tags": Tags(project=settings.project, environment=settings.environment),
    }


def execution_role(
    account: Account,
    log_groups: Sequence[logs.LogGroup],
    secrets: Sequence[Value],
    limits: Mapping[str, Any],
) -> iam.Role:
    """Return the role that starts tasks: it pulls images, writes these logs, reads
    these secrets."""
    return iam.Role(
        "ExecutionRole",
        **limits,
        AssumeRolePolicyDocument=assumed_by("ecs-tasks.amazonaws.com"),
        Policies=[
            iam.Policy(
                PolicyName="start-the-task",
                PolicyDocument=PolicyDocument(
                    Version="2012-10-17",
                    Statement=[
                        # The token is for all repositories: AWS takes no resource here.
                        _allow([ecr.GetAuthorizationToken], ["*"]),
                        _allow(
                            [
                                ecr.BatchCheckLayerAvailability,
                                ecr.BatchGetImage,
                                ecr.GetDownloadUrlForLayer,
                            ],
                            [account.repository],
                        ),
                        _allow(
                            [logs_actions.CreateLogStream, logs_actions.PutLogEvents],
                            [log_group.get_att("Arn") for log_group in log_groups],
                        ),
                        *_readable(secrets),
                    ],
                ),
            )
        ],
    )


def _readable(secrets: Sequence[Value]) -> list[Statement]:
    """ECS reads a parameter with another action than a secret.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    parameters = [secret for secret in secrets if _is_parameter(secret)]
    others = [secret for secret in secrets if not _is_parameter(secret)]
    reading = [_allow([secretsmanager.GetSecretValue], _secret_arns(others))]
    return reading + ([_allow([ssm.GetParameters], parameters)] if parameters else [])


def _is_parameter(secret: Value) -> bool:
    return isinstance(secret, str) and is_parameter(secret)


def _secret_arns(secrets: Sequence[Value]) -> Sequence[Value]:
    """The secrets themselves: `:key::` behind an ARN names a part of the value."""
    return [
        ":".join(secret.split(":")[:7]) if isinstance(secret, str) else secret
        for secret in secrets
    ]


def task_role(
    service: ServiceSettings, statements: Sequence[Statement], limits: Mapping[str, Any]
) -> iam.Role:
    """Nothing, until the service needs something; ECS Exec needs its channel."""
    channel = [
        ssmmessages.CreateControlChannel,
        ssmmessages.CreateDataChannel,
        ssmmessages.OpenControlChannel,
        ssmmessages.OpenDataChannel,
    ]
    # AWS takes no resource for these four.
    parts = {
        "ecs-exec": [_allow(channel, ["*"])] if service.ecs_exec else [],
        "own-resources": list(statements),
        "permissions": [
            _allow([Action(*name.split(":")) for name in each.actions], each.resources)
            for each in service.permissions
        ],
    }
    policies = [
        iam.Policy(
            PolicyName=name,
            PolicyDocument=PolicyDocument(Version="2012-10-17", Statement=part),
        )
        for name, part in parts.items()
        if part
    ]
    allowed: dict[str, Any] = {"Policies": policies} if policies else {}
    return iam.Role(
        "TaskRole",
        **limits,
        AssumeRolePolicyDocument=assumed_by("ecs-tasks.amazonaws.com"),
        **allowed,
    )


def assumed_by(service: str) -> PolicyDocument:
    """Return the trust of a role that only one service of AWS takes, for this account.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    return PolicyDocument(
        Version="2012-10-17",
        Statement=[
            Statement(
                Effect=Allow,
                Principal=Principal(principal="Service", resources=service),
                Action=[sts.AssumeRole],
                Condition=Condition(StringEquals("aws:SourceAccount", AccountId)),
            )
        ],
    )


def _allow(actions: Sequence[Action], resources: Sequence[Value]) -> Statement:
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources))
