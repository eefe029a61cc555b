"""Settings of the service."""

from typing import Annotated, Literal

from pydantic import Field

from templates.settings.values import SecretArn, Section, Text, VariableName, WritablePath


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
    stop_timeout_seconds: Annotated[int, Field(ge=2, le=120)] = 30
    """Seconds from SIGTERM to SIGKILL."""
    database_pool_size: Annotated[int, Field(ge=1, le=500)] = 5
    """Connections of one task, handed to it as DB_POOL_SIZE."""
    environment: dict[VariableName, str] = {}
    """Further environment variables of the container, in plain text."""
    secrets: dict[VariableName, SecretArn] = {}
    """Further secrets: variable name to the ARN of a Secrets Manager secret, with
    `:key::` behind it for one key of a JSON secret. The secret has to carry the tags
    `project` and `environment`, and to be encrypted with the key of Secrets Manager,
    `aws/secretsmanager`: the roles of tasks may use no key of your own."""
