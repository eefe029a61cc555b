"""The permissions boundary: the most that a role of the project's stacks can ever do.

The account stack holds it, and no role that deploys an environment can change it. So a
deployment gives a role the rights of its templates, limited by this policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
"""

from collections.abc import Sequence

from awacs import ecr, secretsmanager, ssmmessages
from awacs import logs as logs_actions
from awacs.aws import (
    Action,
    Allow,
    ArnLike,
    Condition,
    PolicyDocument,
    Statement,
    StringEquals,
)
from troposphere import Sub, iam

from templates.stack import KEPT, Value

LOG_ROLE = "ApiGatewayLogRole"  # its logical id in the account stack
# IAM fills this in: the environment that the calling role's own tag names.
ENVIRONMENT = "${aws:PrincipalTag/environment}"
WRITE_LOGS = [logs_actions.CreateLogStream, logs_actions.PutLogEvents]
# What AmazonAPIGatewayPushToCloudWatchLogs (version 1) allows beside them:
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAPIGatewayPushToCloudWatchLogs.html
GATEWAY_LOGS = [
    logs_actions.CreateLogGroup,
    logs_actions.DescribeLogGroups,
    logs_actions.DescribeLogStreams,
    logs_actions.FilterLogEvents,
    logs_actions.GetLogEvents,
]


def permissions_boundary(
    project: str, account_stack: str, repository: Value
) -> iam.ManagedPolicy:
    """The policy. It has no name of its own, so CAPABILITY_IAM is enough.

    project: its name, with which the names of log groups begin. account_stack: the stack
    that holds API Gateway's log role. repository: the ARN of the project's images.
    """
    return iam.ManagedPolicy(
        "PermissionsBoundary",
        **KEPT,
        Description=f"The most that a role of {project} may do.",
        PolicyDocument=PolicyDocument(
            Version="2012-10-17",
            Statement=[
                *_tasks(project, repository),
                _api_gateway(account_stack),
            ],
        ),
    )


def _tasks(project: str, repository: Value) -> list[Statement]:
    """Start a task: its image, its log, its secrets; ECS Exec's channel.

    AWS takes no resource for the token and the channel. The name of a secret does not tell
    its environment; its tags do.
    """
    channel = [
        ssmmessages.CreateControlChannel,
        ssmmessages.CreateDataChannel,
        ssmmessages.OpenControlChannel,
        ssmmessages.OpenDataChannel,
    ]
    pull = [
        ecr.BatchCheckLayerAvailability,
        ecr.BatchGetImage,
        ecr.GetDownloadUrlForLayer,
    ]
    own = {"aws:ResourceTag/project": project, "aws:ResourceTag/environment": ENVIRONMENT}
    return [
        _allow([ecr.GetAuthorizationToken, *channel], ["*"]),
        _allow(pull, [repository]),
        _allow(WRITE_LOGS, [_named(project, "logs", "log-group:")]),
        _allow([secretsmanager.GetSecretValue], ["*"], Condition=Condition(StringEquals(own))),
    ]


def _named(project: str, service: str, kind: str) -> Sub:
    """What CloudFormation names after a stack of the calling role's environment."""
    return Sub(
        "arn:${AWS::Partition}:${Service}:${AWS::Region}:${AWS::AccountId}:"
        "${Kind}${Project}-${!aws:PrincipalTag/environment}-*",
        Service=service,
        Kind=kind,
        Project=project,
    )


def _api_gateway(account_stack: str) -> Statement:
    """API Gateway's log role serves every API of the account and region.

    The name of the role is exact, so that no role of an environment can have it.
    """
    roles = Sub(
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${Stack}-${Role}-*",
        Stack=account_stack,
        Role=LOG_ROLE,
    )
    return _allow(
        [*GATEWAY_LOGS, *WRITE_LOGS],
        ["*"],
        Condition=Condition(ArnLike({"aws:PrincipalArn": [roles]})),
    )


def _allow(
    actions: Sequence[Action], resources: Sequence[Value], **more: Condition
) -> Statement:
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources), **more)
