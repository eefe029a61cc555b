"""Combinations of traces with the network and the size of a task."""

from collections.abc import Iterator

from templates.settings.combinations.invalid import InvalidCombination, stated_in_vain
from templates.settings.model import Settings
from templates.settings.service import TRACING_VARIABLES

ENDPOINT_VARIABLE = TRACING_VARIABLES[0]
COLLECTOR = "collector"  # the container of templates/collector.py


def _needs_tracing(settings: Settings) -> Iterator[InvalidCombination]:
    service, keys = settings.service, ("tracing_sample_percent", "tracing_memory_mib")
    if not service.tracing:
        wrong, expected = "no request is traced", "tracing = true beside it"
        yield from stated_in_vain("service.tracing", service, keys, wrong, expected)


def _way_out(settings: Settings) -> Iterator[InvalidCombination]:
    """The collector's image is public, and no endpoint leads to its registry."""
    if settings.service.tracing and settings.network.egress == "endpoints":
        yield InvalidCombination(
            ("service.tracing", "network.egress"),
            "the collector's image comes from public.ecr.aws, to which no endpoint leads",
            'egress = "nat" or "public-ip"',
        )


def _memory(settings: Settings) -> Iterator[InvalidCombination]:
    """The collector runs in every task, so the smallest one decides."""
    taken = settings.service.tracing_memory_mib
    if not settings.service.tracing:
        return
    for section, memory_mib in _tasks(settings):
        if taken * 2 > memory_mib:
            yield InvalidCombination(
                ("service.tracing_memory_mib", f"{section}.memory_mib"),
                f"the collector takes up to {taken} of the task's {memory_mib} MiB",
                "at most half, or more memory_mib",
            )
            return


def _tasks(settings: Settings) -> Iterator[tuple[str, int]]:
    """Yield the section of each kind of task, and its memory."""
    yield "service", settings.service.memory_mib
    for name, worker in settings.workers.items():
        yield f"workers.{name}", worker.memory_mib
    for name, job in settings.jobs.items():
        if job.memory_mib is not None:
            yield f"jobs.{name}", job.memory_mib


def _endpoint(settings: Settings) -> Iterator[InvalidCombination]:
    if settings.service.tracing and ENDPOINT_VARIABLE in settings.service.environment:
        yield InvalidCombination(
            (f"service.environment.{ENDPOINT_VARIABLE}", "service.tracing"),
            "spans would not reach the collector",
            "no such variable",
        )


def _secrets(settings: Settings) -> Iterator[InvalidCombination]:
    """ECS refuses a task in which a secret and a variable have one name.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    taken = TRACING_VARIABLES if settings.service.tracing else ()
    for name in sorted({*taken} & {*settings.service.secrets}):
        yield InvalidCombination(
            (f"service.secrets.{name}", "service.tracing"),
            f"{name} is a variable of each traced program",
            "another name, or no tracing",
        )


def _container_name(settings: Settings) -> Iterator[InvalidCombination]:
    """The container of a worker or a job has its name, and the collector runs beside it."""
    for section in ("workers", "jobs"):
        if settings.service.tracing and COLLECTOR in getattr(settings, section):
            yield InvalidCombination(
                (f"{section}.{COLLECTOR}", "service.tracing"),
                f"two containers of its task would be called {COLLECTOR}",
                "another name",
            )


CHECKS = (_needs_tracing, _way_out, _memory, _endpoint, _secrets, _container_name)
