"""One task: its container, its log, and its two roles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from awacs import ecr, secretsmanager, ssmmessages, sts
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
from troposphere import AccountId, AWSHelperFn, Join, Parameter, Region, Tags, ecs, iam, logs

from templates.account import Account
from templates.parts import expiring_log_group
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack, Value

CONTAINER = "service"


@dataclass(frozen=True)
class Task:
    """A task as the service runs it."""

    definition: ecs.TaskDefinition
    log_group: logs.LogGroup


def add_task(
    stack: Stack, settings: Settings, account: Account, secrets: Mapping[str, Value]
) -> Task:
    """Add one container; `secrets` are its secret variables, name to ARN."""
    service = settings.service
    tag = stack.template.add_parameter(_image_tag())
    stack.name_parts(image_tag=tag)
    image = Join(":", [account.repository_uri, tag.ref()])
    log_group = stack.add(expiring_log_group("LogGroup", settings))
    limits = role_limits(settings, account)
    execution = execution_role(account, log_group, list(secrets.values()), limits)
    roles = _Roles(stack.add(execution), stack.add(_task_role(service, limits)))
    container = _container(service, image, log_group, secrets)
    container.DockerLabels = {"database": _database_of(settings)}
    return Task(stack.add(_task_definition(service, container, roles)), log_group)


@dataclass(frozen=True)
class _Roles:
    """The execution role starts the task; the task role acts for the container."""

    execution: iam.Role
    task: iam.Role


def _image_tag() -> Parameter:
    """The one release parameter of the system. Without a default, so that no deployment
    goes back to an image by accident; later deployments reuse the last value."""
    return Parameter(
        "ImageTag",
        Type="String",
        Description="Tag of the image in the project's repository.",
        AllowedPattern=r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}",
        ConstraintDescription="a tag as docker push takes it",
    )


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
    log_group: logs.LogGroup,
    secrets: Sequence[Value],
    limits: Mapping[str, Any],
) -> iam.Role:
    """Return the role that starts a task: it pulls images, writes this log, reads
    these secrets."""
    return iam.Role(
        "ExecutionRole",
        **limits,
        AssumeRolePolicyDocument=_for_tasks(),
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
                            [log_group.get_att("Arn")],
                        ),
                        _allow([secretsmanager.GetSecretValue], _secret_arns(secrets)),
                    ],
                ),
            )
        ],
    )


def _secret_arns(secrets: Sequence[Value]) -> Sequence[Value]:
    """The secrets themselves: `:key::` behind an ARN names a part of the value."""
    return [
        ":".join(secret.split(":")[:7]) if isinstance(secret, str) else secret
        for secret in secrets
    ]


def _task_role(service: ServiceSettings, limits: Mapping[str, Any]) -> iam.Role:
    """Nothing, until the service needs something; ECS Exec needs its channel."""
    channel = [
        ssmmessages.CreateControlChannel,
        ssmmessages.CreateDataChannel,
        ssmmessages.OpenControlChannel,
        ssmmessages.OpenDataChannel,
    ]
    # AWS takes no resource for these four.
    document = PolicyDocument(Version="2012-10-17", Statement=[_allow(channel, ["*"])])
    policy = iam.Policy(PolicyName="ecs-exec", PolicyDocument=document)
    allowed: dict[str, Any] = {"Policies": [policy]} if service.ecs_exec else {}
    return iam.Role(
        "TaskRole",
        **limits,
        AssumeRolePolicyDocument=_for_tasks(),
        **allowed,
    )


def _for_tasks() -> PolicyDocument:
    """Only ECS can take the role, for tasks of this account.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    return PolicyDocument(
        Version="2012-10-17",
        Statement=[
            Statement(
                Effect=Allow,
                Principal=Principal(principal="Service", resources="ecs-tasks.amazonaws.com"),
                Action=[sts.AssumeRole],
                Condition=Condition(StringEquals("aws:SourceAccount", AccountId)),
            )
        ],
    )


def _allow(actions: Sequence[Action], resources: Sequence[Value]) -> Statement:
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources))


def _container(
    service: ServiceSettings,
    image: AWSHelperFn,
    log_group: logs.LogGroup,
    secrets: Mapping[str, Value],
) -> ecs.ContainerDefinition:
    """The container of the service. It has no health check of its own, since a distroless
    image has no program for one: the target group checks."""
    variables = {
        "PORT": str(service.port),
        "DB_POOL_SIZE": str(service.database_pool_size),
    }
    return ecs.ContainerDefinition(
        Name=CONTAINER,
        Image=image,
        Essential=True,
        PortMappings=[ecs.PortMapping(ContainerPort=service.port, Protocol="tcp")],
        Environment=[
            ecs.Environment(Name=name, Value=value)
            for name, value in (variables | service.environment).items()
        ],
        Secrets=[ecs.Secret(Name=name, ValueFrom=arn) for name, arn in secrets.items()],
        ReadonlyRootFilesystem=service.read_only,
        **_mount_points(service),
        StopTimeout=service.stop_timeout_seconds,
        LinuxParameters=ecs.LinuxParameters(InitProcessEnabled=True),
        LogConfiguration=_log_configuration(log_group),
    )


def _mount_points(service: ServiceSettings) -> dict[str, Any]:
    """A volume on the task's own storage for each path that stays writable.

    Fargate gives it the owner and the mode that the path has in the image, if the image
    declares it with VOLUME; otherwise root owns it.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html
    """
    paths = service.writable_paths if service.read_only else ()
    points = [
        ecs.MountPoint(SourceVolume=f"writable-{number}", ContainerPath=path, ReadOnly=False)
        for number, path in enumerate(paths, start=1)
    ]
    return {"MountPoints": points} if points else {}


def _volumes(container: ecs.ContainerDefinition) -> dict[str, Any]:
    """The volumes that the container mounts."""
    points = container.properties.get("MountPoints", [])
    names = [point.properties["SourceVolume"] for point in points]
    return {"Volumes": [ecs.Volume(Name=name) for name in names]} if names else {}


def _database_of(settings: Settings) -> str:
    """What DB_URL depends on: ECS reads a secret only when a task starts, so another instance
    or another sslmode must change the task definition, which starts new tasks."""
    return f"{settings.database_identifier} sslmode={settings.database.ssl_mode}"


def _log_configuration(log_group: logs.LogGroup) -> ecs.LogConfiguration:
    """Non-blocking: a slow log never stops an answer; what overflows 25 MiB is lost."""
    return ecs.LogConfiguration(
        LogDriver="awslogs",
        Options={
            "awslogs-group": log_group.ref(),
            "awslogs-region": Region,
            "awslogs-stream-prefix": CONTAINER,
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )


def _task_definition(
    service: ServiceSettings, container: ecs.ContainerDefinition, roles: _Roles
) -> ecs.TaskDefinition:
    """Kept when another takes its place, and free: the right to deregister one cannot be
    limited to an environment's own, so a deploy role must not have it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    """
    return ecs.TaskDefinition(
        "TaskDefinition",
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=str(service.cpu),
        Memory=str(service.memory_mib),
        RuntimePlatform=ecs.RuntimePlatform(
            CpuArchitecture=service.cpu_architecture, OperatingSystemFamily="LINUX"
        ),
        ExecutionRoleArn=roles.execution.get_att("Arn"),
        TaskRoleArn=roles.task.get_att("Arn"),
        ContainerDefinitions=[container],
        **_volumes(container),
    )
