"""A task: the program that it runs, and what all tasks of an environment share.

docs/decisions/0020-read-only-root.md has the reasons.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from awacs.aws import Statement
from troposphere import AWSHelperFn, Join, Parameter, Region, ecs, logs

from templates.account import Account
from templates.collector import NAME as COLLECTOR
from templates.collector import beside_collector, collector_of
from templates.settings import ServiceSettings, Settings
from templates.stack import Stack, Value
from templates.task_roles import Roles

CONTAINER = "service"


@dataclass(frozen=True)
class Granted:
    """What other resources give to every task: variables with their names, and rights."""

    variables: Mapping[str, Value] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()


def joined(granted: Iterable[Granted]) -> Granted:
    """Return all that several resources give, as one."""
    every = list(granted)
    return Granted(
        {name: value for each in every for name, value in each.variables.items()},
        tuple(statement for each in every for statement in each.statements),
    )


@dataclass(frozen=True)
class Shared:
    """What all tasks of an environment share; `secrets` are variables, name to ARN."""

    settings: Settings
    image: AWSHelperFn
    roles: Roles
    secrets: Mapping[str, Value]
    variables: Mapping[str, Value]


@dataclass(frozen=True)
class Program:
    """What one task runs: its container's name, its size, its log; `port` if it listens."""

    container: str
    cpu: int
    memory_mib: int
    log_group: logs.LogGroup
    port: int | None = None
    title: str = ""
    """Ends the logical id of the task definition."""
    command: tuple[str, ...] = ()
    """What the container runs in place of the image's own command."""
    family: str | None = None
    """The name of the task definition; left out, CloudFormation makes one up."""


def service_program(service: ServiceSettings, log_group: logs.LogGroup) -> Program:
    """Return what the service's own tasks run."""
    return Program(CONTAINER, service.cpu, service.memory_mib, log_group, service.port)


def add_image(stack: Stack, account: Account) -> Join:
    """Add the parameter of a release; return the image that it names."""
    tag = stack.template.add_parameter(_image_tag())
    stack.name_parts(image_tag=tag)
    return Join(":", [account.repository_uri, tag.ref()])


def task_variables(service: ServiceSettings, granted: Granted) -> dict[str, Value]:
    """Return the plain variables of every container."""
    return {
        "PORT": str(service.port),
        "DB_POOL_SIZE": str(service.database_pool_size),
        **granted.variables,
        **service.environment,
    }


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


def _container(shared: Shared, program: Program) -> ecs.ContainerDefinition:
    """A container without a health check of its own, since a distroless image has no program
    for one: the target group checks."""
    service = shared.settings.service
    return ecs.ContainerDefinition(
        Name=program.container,
        Image=shared.image,
        Essential=True,
        **_command(program),
        **_ports(program),
        Environment=[
            ecs.Environment(Name=name, Value=value) for name, value in shared.variables.items()
        ],
        Secrets=[ecs.Secret(Name=name, ValueFrom=arn) for name, arn in shared.secrets.items()],
        ReadonlyRootFilesystem=service.read_only,
        **_mount_points(service),
        StopTimeout=service.stop_timeout_seconds,
        LinuxParameters=ecs.LinuxParameters(InitProcessEnabled=True),
        LogConfiguration=_log_configuration(program, program.container),
        **(beside_collector(program.cpu) if service.tracing else {}),
        DockerLabels={"database": _database_of(shared.settings)},
    )


def _command(program: Program) -> dict[str, Any]:
    return {"Command": list(program.command)} if program.command else {}


def _ports(program: Program) -> dict[str, Any]:
    if program.port is None:
        return {}
    return {"PortMappings": [ecs.PortMapping(ContainerPort=program.port, Protocol="tcp")]}


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


def _log_configuration(program: Program, stream: str) -> ecs.LogConfiguration:
    """Non-blocking: a slow log never stops an answer; what overflows 25 MiB is lost."""
    return ecs.LogConfiguration(
        LogDriver="awslogs",
        Options={
            "awslogs-group": program.log_group.ref(),
            "awslogs-region": Region,
            "awslogs-stream-prefix": stream,
            "mode": "non-blocking",
            "max-buffer-size": "25m",
        },
    )


def _beside(shared: Shared, program: Program) -> list[ecs.ContainerDefinition]:
    """The containers beside the program's own."""
    service = shared.settings.service
    if not service.tracing:
        return []
    return [collector_of(service, _log_configuration(program, COLLECTOR))]


def task_definition(shared: Shared, program: Program) -> ecs.TaskDefinition:
    """Kept when another takes its place, and free: the right to deregister one cannot be
    limited to an environment's own, so a deploy role must not have it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    """
    container = _container(shared, program)
    named: dict[str, Any] = {"Family": program.family} if program.family else {}
    return ecs.TaskDefinition(
        f"TaskDefinition{program.title}",
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **named,
        RequiresCompatibilities=["FARGATE"],
        NetworkMode="awsvpc",
        Cpu=str(program.cpu),
        Memory=str(program.memory_mib),
        RuntimePlatform=ecs.RuntimePlatform(
            CpuArchitecture=shared.settings.service.cpu_architecture,
            OperatingSystemFamily="LINUX",
        ),
        ExecutionRoleArn=shared.roles.execution.get_att("Arn"),
        TaskRoleArn=shared.roles.task.get_att("Arn"),
        ContainerDefinitions=[container, *_beside(shared, program)],
        **_volumes(container),
    )
