"""Combinations of the service's settings."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import PurePosixPath

from cfnlink.aws import limits
from templates.settings.buckets import bucket_variable
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.expected import one_of
from templates.settings.model import Settings
from templates.settings.service import is_parameter
from templates.settings.workers import queue_variable

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
HTTPS = 443


def fargate_size(section: str, cpu: int, memory_mib: int) -> Iterator[InvalidCombination]:
    """Yield the fault of a task's size; section: the dotted key of its settings."""
    sizes = limits.fargate_memory()
    if cpu not in sizes:
        yield InvalidCombination(
            (f"{section}.cpu",),
            f"Fargate has no task of {cpu} CPU units",
            one_of(list(sizes), cpu),
        )
    elif memory_mib not in sizes[cpu]:
        yield InvalidCombination(
            (f"{section}.memory_mib", f"{section}.cpu"),
            f"Fargate has no task of {cpu} CPU units and {memory_mib} MiB",
            one_of(sizes[cpu], memory_mib),
        )


def _fargate_size(settings: Settings) -> Iterator[InvalidCombination]:
    service = settings.service
    yield from fargate_size("service", service.cpu, service.memory_mib)


def task_count(section: str, minimum: int, maximum: int) -> Iterator[InvalidCombination]:
    """Yield the fault of the limits of auto scaling; section: the key of their settings."""
    if minimum > maximum:
        yield InvalidCombination(
            (f"{section}.minimum_tasks", f"{section}.maximum_tasks"),
            f"the minimum {minimum} is above the maximum {maximum}",
            f"a minimum of {maximum} or less, or a higher maximum",
        )


def _task_count(settings: Settings) -> Iterator[InvalidCombination]:
    service = settings.service
    yield from task_count("service", service.minimum_tasks, service.maximum_tasks)


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


def _reserved_names(settings: Settings) -> Iterator[InvalidCombination]:
    taken = {
        *TAKEN,
        *map(queue_variable, settings.workers),
        *map(bucket_variable, settings.buckets),
    }
    for key in ("environment", "secrets"):
        for name in sorted(taken & set(getattr(settings.service, key))):
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
                f"one of {settings.region}; Secrets Manager can replicate a secret",
            )


def _parameter_account(settings: Settings) -> Iterator[InvalidCombination]:
    """ECS reads no parameter of another account.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
    """
    for name, arn in settings.service.secrets.items():
        account, own = arn.split(":")[4], settings.account.id
        if is_parameter(arn) and own and account != own:
            yield InvalidCombination(
                (f"service.secrets.{name}", "account.id"),
                f"the parameter belongs to {account}, and the tasks to {own}",
                f"a parameter of {own}, or a secret",
            )


def _egress_ports(settings: Settings) -> Iterator[InvalidCombination]:
    ports = settings.service.egress_ports
    if ports and settings.network.egress == "endpoints":
        yield InvalidCombination(
            ("service.egress_ports", "network.egress"),
            "no route leads out of the network where the way out is endpoints",
            'no such key, or network.egress = "nat"',
        )
    open_already = sorted({port for port in ports if port == HTTPS or ports.count(port) > 1})
    for port in open_already:
        yield InvalidCombination(
            ("service.egress_ports",), f"{port} is open already", f"{port} once, or not at all"
        )


def _permissions(settings: Settings) -> Iterator[InvalidCombination]:
    for number, each in enumerate(settings.service.permissions):
        wide, key = [*filter(_is_wide, each.resources)], f"service.permissions.{number}"
        if wide and not each.any_resource:
            yield InvalidCombination(
                (f"{key}.resources", f"{key}.any_resource"),
                f"{wide[0]} is every resource that there is",
                "the ARNs of single resources, or any_resource = true beside it",
            )
        if each.any_resource and not wide:
            yield InvalidCombination(
                (f"{key}.any_resource", f"{key}.resources"),
                "the resources are named",
                'resources = ["*"], or no any_resource',
            )


def _is_wide(arn: str) -> bool:
    """Whether an ARN stands for every resource of a service."""
    return arn == "*" or not arn.split(":", 5)[-1].strip("*:/")


CHECKS = (
    _fargate_size,
    _task_count,
    _root_file_system,
    _writable_paths,
    _reserved_names,
    _plain_secrets,
    _secret_regions,
    _parameter_account,
    _egress_ports,
    _permissions,
)
