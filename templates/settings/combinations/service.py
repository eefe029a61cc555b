"""Combinations of the service's settings."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import PurePosixPath

from cfnlink.aws import limits, rds
from templates.settings.combinations import database
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.expected import one_of
from templates.settings.model import Settings

TAKEN = {
    "DB_URL",
    "DB_POOL_SIZE",
    "PORT",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
    "ECS_AGENT_URI",
}
ROLLING_DEPLOYMENT = 2  # old and new tasks run side by side: MaximumPercent is 200


def _fargate_size(settings: Settings) -> Iterator[InvalidCombination]:
    service, sizes = settings.service, limits.fargate_memory()
    if service.cpu not in sizes:
        yield InvalidCombination(
            ("service.cpu",),
            f"Fargate has no task of {service.cpu} CPU units",
            one_of(list(sizes), service.cpu),
        )
    elif service.memory_mib not in sizes[service.cpu]:
        yield InvalidCombination(
            ("service.memory_mib", "service.cpu"),
            f"Fargate has no task of {service.cpu} CPU units and {service.memory_mib} MiB",
            one_of(sizes[service.cpu], service.memory_mib),
        )


def _task_count(settings: Settings) -> Iterator[InvalidCombination]:
    service = settings.service
    if service.minimum_tasks > service.maximum_tasks:
        yield InvalidCombination(
            ("service.minimum_tasks", "service.maximum_tasks"),
            f"the minimum {service.minimum_tasks} is above the maximum {service.maximum_tasks}",
            f"a minimum of {service.maximum_tasks} or less, or a higher maximum",
        )


def _root_file_system(settings: Settings) -> Iterator[InvalidCombination]:
    """The agent of ECS Exec writes to the root file system.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
    """
    if settings.service.ecs_exec and settings.service.read_only:
        yield InvalidCombination(
            ("service.ecs_exec", "service.read_only"),
            "ECS Exec does not work while the root file system is read-only",
            "read_only = false beside it",
        )


def _writable_paths(settings: Settings) -> Iterator[InvalidCombination]:
    """A path that lies in another one, or stands twice, would be mounted twice."""
    paths = sorted(map(PurePosixPath, settings.service.writable_paths))
    for path, other in combinations(paths, 2):
        if other.is_relative_to(path):
            yield InvalidCombination(
                ("service.writable_paths",),
                f"{other} lies in {path}, which is writable already",
                f"{path} alone",
            )
            return


def _connections(settings: Settings) -> Iterator[InvalidCombination]:
    service, instance_class = settings.service, settings.database.instance_class
    keys = (
        "service.database_pool_size",
        "service.maximum_tasks",
        "database.instance_class",
    )
    if any(database.instance_class(settings)):
        return
    if instance_class not in rds.measured_classes():
        yield InvalidCombination(
            ("database.instance_class",),
            f"the memory of {instance_class} is not known, so connections cannot be counted",
            "a class of cfnlink/aws/instance_classes.yaml, or add it there with its source",
        )
        return
    available = rds.connections(instance_class)
    needed = service.maximum_tasks * ROLLING_DEPLOYMENT * service.database_pool_size
    if needed > available:
        pool = available // (service.maximum_tasks * ROLLING_DEPLOYMENT)
        smaller = f"a pool of {pool} or less, " if pool else ""
        yield InvalidCombination(
            keys,
            f"{service.maximum_tasks} tasks x {ROLLING_DEPLOYMENT} in a rolling deployment x "
            f"{service.database_pool_size} connections are {needed}; "
            f"{instance_class} takes {available}",
            f"{smaller}fewer tasks, or a larger instance class",
        )


def _reserved_names(settings: Settings) -> Iterator[InvalidCombination]:
    for key in ("environment", "secrets"):
        for name in sorted(TAKEN & set(getattr(settings.service, key))):
            yield InvalidCombination(
                (f"service.{key}.{name}",),
                f"{name} is set by the template or by ECS itself",
                "another name",
            )
    for name in sorted(set(settings.service.environment) & set(settings.service.secrets)):
        yield InvalidCombination(
            (f"service.secrets.{name}", f"service.environment.{name}"),
            f"{name} is both a secret and plain text",
            "one of the two",
        )


def _plain_secrets(settings: Settings) -> Iterator[InvalidCombination]:
    for name, value in settings.service.environment.items():
        if "{{resolve:" in value:
            yield InvalidCombination(
                (f"service.environment.{name}",),
                "CloudFormation would put the secret's value into the task definition",
                f"{name} in service.secrets, with the secret's ARN",
            )


def _secret_regions(settings: Settings) -> Iterator[InvalidCombination]:
    for name, arn in settings.service.secrets.items():
        region = arn.split(":")[3]
        if region != settings.region:
            yield InvalidCombination(
                (f"service.secrets.{name}", "region"),
                f"the secret lies in {region}, and the tasks run in {settings.region}",
                f"a secret of {settings.region}; Secrets Manager can replicate it",
            )


CHECKS = (
    _fargate_size,
    _task_count,
    _root_file_system,
    _writable_paths,
    _connections,
    _reserved_names,
    _plain_secrets,
    _secret_regions,
)
