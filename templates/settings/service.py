"""Settings of the service."""

from typing import Annotated, Literal

from pydantic import Field

from templates.settings.values import (
    ActionName,
    ResourceArn,
    SecretArn,
    Section,
    Text,
    VariableName,
    WritablePath,
)


class Permission(Section):
    """A right of the container beside those on the resources of its own stack."""

    actions: Annotated[tuple[ActionName, ...], Field(min_length=1)]
    """What it may do, such as `ses:SendEmail`."""
    resources: Annotated[tuple[ResourceArn, ...], Field(min_length=1)]
    """The ARNs on which it may do that."""
    any_resource: bool = False
    """Says that `"*"` is meant: for actions that AWS limits to no resource."""


class ServiceSettings(Section):
    """The container and how many of it run."""

    cpu: int = 256
    """CPU units of a task; 1024 are one vCPU."""
    memory_mib: int = 512
    """Memory of a task in MiB."""
    cpu_architecture: Literal["ARM64", "X86_64"] = "ARM64"
    """The CPU for which the image is built; ARM64 costs a fifth less."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 3000
    """The port on which the container listens."""
    health_path: Annotated[str, Text(r"/[!-~]*", "a path that starts with /", 1024)] = "/health"
    """A path that answers 200 without asking the database."""
    minimum_tasks: Annotated[int, Field(ge=1, le=1000)] = 2
    """Tasks that always run."""
    maximum_tasks: Annotated[int, Field(ge=1, le=1000)] = 6
    """Tasks that auto scaling may start."""
    cpu_target_percent: Annotated[int, Field(ge=10, le=90)] = 60
    """Average CPU that auto scaling aims at."""
    requests_per_target: Annotated[int, Field(ge=1)] = 1000
    """Requests a minute and task that auto scaling aims at."""
    spot_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of tasks on Spot; below 100 one task always runs on demand."""
    read_only: bool = True
    """The root file system is read-only, except for `writable_paths`."""
    writable_paths: tuple[WritablePath, ...] = ("/tmp",)  # noqa: S108 (a path in the container)
    """Directories that stay writable under a read-only root: each is an empty volume that
    ends with its task. The image declares each with VOLUME, or only root may write there."""
    ecs_exec: bool = False
    """Allow `aws ecs execute-command`; it needs `read_only = false`."""
    deployment: Literal["rolling", "canary", "blue-green"] = "rolling"
    """How ECS replaces the tasks of the service: `rolling` task by task; `blue-green` starts a
    second set of tasks and gives it all requests at once; `canary` gives it a share first.
    Workers are always rolling."""
    canary_percent: Annotated[float, Field(ge=0.1, le=100, multiple_of=0.1)] = 10
    """Share of the requests that a canary gets before it gets all; more than
    `monitoring.server_error_percent`, so that an alarm sees it fail."""
    canary_minutes: Annotated[int, Field(ge=0, le=1440)] = 10
    """Minutes for which a canary keeps that share."""
    bake_minutes: Annotated[int, Field(ge=0, le=1440)] = 5
    """Minutes for which alarms can still take a deployment back after the new tasks got all
    requests. With canary and blue-green the old tasks run as long."""
    stop_timeout_seconds: Annotated[int, Field(ge=2, le=120)] = 30
    """Seconds from SIGTERM to SIGKILL."""
    tracing: bool = False
    """Record a share of the requests as traces in X-Ray: an OpenTelemetry collector runs beside
    the program in every task, and the API's stage begins each trace."""
    tracing_sample_percent: Annotated[float, Field(ge=0, le=100)] = 5
    """Share of the requests that become traces."""
    tracing_memory_mib: Annotated[int, Field(ge=64, le=1024)] = 128
    """The most memory of a task that its collector takes."""
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 5
    """Connections of one task, handed to it as DB_POOL_SIZE."""
    environment: dict[VariableName, str] = {}
    """Further environment variables of the container, in plain text."""
    secrets: dict[VariableName, SecretArn] = {}
    """Further secrets: variable name to the ARN of a Secrets Manager secret, with
    `:key::` behind it for one key of a JSON secret, or of a parameter of Parameter Store.
    Each has to carry the tags `project` and `environment`, and to be encrypted with AWS's own
    key, `aws/secretsmanager` or `aws/ssm`: the roles of tasks may use no key of yours."""
    egress_ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = ()
    """Ports beside 443 to which tasks may connect anywhere, such as 587 for mail. AWS blocks
    port 25 until you ask it not to."""
    permissions: tuple[Permission, ...] = ()
    """Rights of the container on other resources, each a table `[[service.permissions]]`. An
    administrator deploys the account stack first: the permissions boundary repeats them."""

    @property
    def shifts_requests(self) -> bool:
        """Return whether ECS moves the requests between two target groups."""
        return self.deployment != "rolling"

    @property
    def reads_parameters(self) -> bool:
        """Return whether a secret is a parameter of Parameter Store."""
        return any(map(is_parameter, self.secrets.values()))


# What a traced program finds among its variables.
TRACING_VARIABLES = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "OTEL_PROPAGATORS",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_SAMPLER",
    "OTEL_TRACES_SAMPLER_ARG",
)


def is_parameter(secret: str) -> bool:
    """Return whether the ARN of a secret is that of a parameter of Parameter Store."""
    return secret.split(":")[2] == "ssm"
