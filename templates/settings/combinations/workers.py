"""Combinations of the workers' settings."""

from collections.abc import Iterator

from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.combinations.service import fargate_size, task_count
from templates.settings.model import Settings


def _fargate_size(settings: Settings) -> Iterator[InvalidCombination]:
    for name, worker in settings.workers.items():
        yield from fargate_size(f"workers.{name}", worker.cpu, worker.memory_mib)


def _task_count(settings: Settings) -> Iterator[InvalidCombination]:
    for name, worker in settings.workers.items():
        section = f"workers.{name}"
        yield from task_count(section, worker.minimum_tasks, worker.maximum_tasks)


def _visibility(settings: Settings) -> Iterator[InvalidCombination]:
    """A task that is stopped finishes its message before another task receives it."""
    stop = settings.service.stop_timeout_seconds
    for name, worker in settings.workers.items():
        if worker.visibility_seconds <= stop:
            yield InvalidCombination(
                (f"workers.{name}.visibility_seconds", "service.stop_timeout_seconds"),
                f"a message comes back after {worker.visibility_seconds} seconds, while a "
                f"stopped task may work on it for {stop}",
                f"{stop + 1} or more: the work on one message and {stop} seconds",
            )


CHECKS = (_fargate_size, _task_count, _visibility)
