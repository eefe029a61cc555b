"""The permissions boundary: the most that a role of the project's stacks can ever do.

The account stack holds it, and no role that deploys an environment can change it. So a
deployment gives a role the rights of its templates, limited by this policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

docs/decisions/0021-permissions-boundary.md has the reasons.
"""

from collections.abc import Iterator

from awacs import (
    ecr,
    ecs,
    elasticloadbalancing,
    events,
    s3,
    secretsmanager,
    sqs,
    ssm,
    ssmmessages,
    states,
)
from awacs import iam as iam_actions
from awacs import logs as logs_actions
from awacs.aws import ArnLike, Statement, StringEquals
from troposphere import AccountId, Sub, iam

from templates.collector import SEND
from templates.parts import local_arn
from templates.rights import allow, permitted, policy_document
from templates.settings import Settings
from templates.stack import KEPT, Value

LOG_ROLE = "ApiGatewayLogRole"  # its logical id in the account stack
# IAM fills this in: the environment that the calling role's own tag names.
ENVIRONMENT = "${aws:PrincipalTag/environment}"
# The rule of Step Functions' own that tells it how a task ends:
# https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
TASK_EVENTS = "rule/StepFunctionsGetEventsForECSTaskRule"
RULE_ACTIONS = [events.DescribeRule, events.PutRule, events.PutTargets]
TASK_SERVICE = "ecs-tasks.amazonaws.com"
MACHINE_ACTIONS = [states.ListExecutions, states.StartExecution]
PULL_IMAGE = [
    ecr.BatchCheckLayerAvailability,
    ecr.BatchGetImage,
    ecr.GetDownloadUrlForLayer,
]
EXEC_CHANNEL = [
    ssmmessages.CreateControlChannel,
    ssmmessages.CreateDataChannel,
    ssmmessages.OpenControlChannel,
    ssmmessages.OpenDataChannel,
]
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
# What the container may do with objects, and with a bucket itself. Without the right to list
# it, S3 answers 403 for an object that is not there.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
OBJECT_ACTIONS = (
    s3.AbortMultipartUpload,
    s3.DeleteObject,
    s3.GetObject,
    s3.ListMultipartUploadParts,
    s3.PutObject,
)
BUCKET_ACTIONS = (s3.ListBucket,)
# What a task does with a queue: it sends, and a worker takes, keeps and deletes messages.
QUEUE_ACTIONS = [
    sqs.SendMessage,
    sqs.ReceiveMessage,
    sqs.DeleteMessage,
    sqs.ChangeMessageVisibility,
    sqs.GetQueueAttributes,
]
# What ECS does with a role to move requests: it asks, and changes targets and weights.
FIND_TARGETS = [
    elasticloadbalancing.DescribeListeners,
    elasticloadbalancing.DescribeRules,
    elasticloadbalancing.DescribeTargetGroups,
    elasticloadbalancing.DescribeTargetHealth,
]
REGISTER_TARGETS = [
    elasticloadbalancing.RegisterTargets,
    elasticloadbalancing.DeregisterTargets,
]
CHANGE_WEIGHTS = [elasticloadbalancing.ModifyListener, elasticloadbalancing.ModifyRule]


def permissions_boundary(
    settings: Settings, account_stack: str, repository: Value
) -> iam.ManagedPolicy:
    """The policy. It has no name of its own, so CAPABILITY_IAM is enough.

    settings: of one environment; it knows those of the others. account_stack: the stack
    that holds API Gateway's log role. repository: the ARN of the project's images.
    """
    project = settings.project
    return iam.ManagedPolicy(
        "PermissionsBoundary",
        **KEPT,
        Description=f"The most that a role of {project} may do.",
        PolicyDocument=policy_document(
            [
                *_tasks(project, repository),
                *_capabilities(settings),
                _api_gateway(account_stack),
            ]
        ),
    )


def _tasks(project: str, repository: Value) -> list[Statement]:
    """Start a task: its image, its log, its secrets; ECS Exec's channel.

    AWS takes no resource for the token and the channel. The name of a secret does not tell
    its environment; its tags do.
    """
    return [
        allow([ecr.GetAuthorizationToken, *EXEC_CHANNEL], ["*"]),
        allow(PULL_IMAGE, [repository]),
        allow(WRITE_LOGS, [_named(project, "logs", "log-group:")]),
        allow([secretsmanager.GetSecretValue], ["*"], _owned(project)),
    ]


def _owned(project: str) -> StringEquals:
    """What has the tags of the calling role's environment."""
    own = {"aws:ResourceTag/project": project, "aws:ResourceTag/environment": ENVIRONMENT}
    return StringEquals(own)


def _capabilities(settings: Settings) -> Iterator[Statement]:
    """What the settings of some environment ask for: the account stack serves all of them."""
    every = settings.environments
    if any(each.buckets for each in every):
        yield _buckets(settings.project)
    if any(each.jobs for each in every):
        yield from _jobs(settings.project)
    if any(each.service.reads_parameters for each in every):
        yield allow([ssm.GetParameters], ["*"], _owned(settings.project))
    if any(each.service.tracing for each in every):
        yield allow(SEND, ["*"])
    if any(each.service.shifts_requests for each in every):
        yield allow(FIND_TARGETS, ["*"])
        yield allow([*REGISTER_TARGETS, *CHANGE_WEIGHTS], ["*"], _owned(settings.project))
    if any(each.workers for each in every):
        yield allow(QUEUE_ACTIONS, [_named(settings.project, "sqs", "")])
    for each in every:
        here = StringEquals({"aws:PrincipalTag/environment": each.environment})
        for permission in each.service.permissions:
            yield permitted(permission, here)


def _buckets(project: str) -> Statement:
    """Buckets of the calling role's environment. Names are worldwide: the bucket of another
    account may begin with the same words.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    named = Sub(
        "arn:${AWS::Partition}:s3:::${Project}-${!aws:PrincipalTag/environment}-*",
        Project=project,
    )
    here = StringEquals({"aws:ResourceAccount": AccountId})
    return allow([*OBJECT_ACTIONS, *BUCKET_ACTIONS], [named], here)


def _jobs(project: str) -> list[Statement]:
    """Start a state machine, and let it run, read and stop a task of the environment."""
    tasks = _named(project, "ecs", "task/")
    clusters = ArnLike({"ecs:cluster": _named(project, "ecs", "cluster/")})
    created = StringEquals({"ecs:CreateAction": "RunTask"})
    passed = StringEquals({"iam:PassedToService": TASK_SERVICE})
    roles = Sub(
        "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/"
        "${Project}-${!aws:PrincipalTag/environment}-*",
        Project=project,
    )
    return [
        allow(MACHINE_ACTIONS, [_named(project, "states", "stateMachine:")]),
        allow([ecs.RunTask], [_named(project, "ecs", "task-definition/")]),
        allow([ecs.DescribeTasks, ecs.StopTask], [tasks]),
        allow([ecs.ListTasks], ["*"], clusters),
        allow([ecs.TagResource], [tasks], created),
        allow(RULE_ACTIONS, [local_arn("events", TASK_EVENTS)]),
        allow([iam_actions.PassRole], [roles], passed),
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
    own = ArnLike({"aws:PrincipalArn": [roles]})
    return allow([*GATEWAY_LOGS, *WRITE_LOGS], ["*"], own)
