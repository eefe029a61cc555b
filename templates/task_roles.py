"""Roles of a task: one starts it, one acts for its container."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awacs import ecr, secretsmanager, ssm
from awacs.aws import Statement
from troposphere import iam, logs

from templates.account import Account
from templates.boundary import EXEC_CHANNEL, PULL_IMAGE, TASK_SERVICE, WRITE_LOGS
from templates.rights import allow, permitted
from templates.roles import assumed_by, role
from templates.settings import ServiceSettings
from templates.settings.service import is_parameter
from templates.stack import Value


@dataclass(frozen=True)
class Roles:
    """The execution role starts the task; the task role acts for the container."""

    execution: iam.Role
    task: iam.Role
    limits: Mapping[str, Any]
    """The properties that keep each role of the stack inside its environment."""


def execution_role(
    account: Account,
    log_groups: Sequence[logs.LogGroup],
    secrets: Sequence[Value],
    limits: Mapping[str, Any],
) -> iam.Role:
    """Return the role that starts tasks: it pulls images, writes these logs, reads
    these secrets."""
    statements = [
        # The token is for all repositories: AWS takes no resource here.
        allow([ecr.GetAuthorizationToken], ["*"]),
        allow(PULL_IMAGE, [account.repository]),
        allow(WRITE_LOGS, [log_group.get_att("Arn") for log_group in log_groups]),
        *_readable(secrets),
    ]
    return role(
        "ExecutionRole", assumed_by(TASK_SERVICE), {"start-the-task": statements}, limits
    )


def _readable(secrets: Sequence[Value]) -> list[Statement]:
    """ECS reads a parameter with another action than a secret.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
    """
    parameters = [secret for secret in secrets if _is_parameter(secret)]
    others = [secret for secret in secrets if not _is_parameter(secret)]
    reading = [allow([secretsmanager.GetSecretValue], _secret_arns(others))]
    return reading + ([allow([ssm.GetParameters], parameters)] if parameters else [])


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
    # AWS takes no resource for the channel.
    rights = {
        "ecs-exec": [allow(EXEC_CHANNEL, ["*"])] if service.ecs_exec else [],
        "own-resources": statements,
        "permissions": [permitted(permission) for permission in service.permissions],
    }
    return role("TaskRole", assumed_by(TASK_SERVICE), rights, limits)
