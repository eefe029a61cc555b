"""Settings of the workers, which take messages from a queue."""

from typing import Annotated

from pydantic import Field

from templates.settings.values import Section


class WorkerSettings(Section):
    """A queue with its dead-letter queue, and tasks of the service's image that take its
    messages. The queue's URL is `QUEUE_<NAME>_URL` in every container."""

    command: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    """What the container runs in place of the image's own command: ["/service", "work"]."""
    cpu: int = 256
    """CPU units of a task; 1024 are one vCPU."""
    memory_mib: int = 512
    """Memory of a task in MiB."""
    minimum_tasks: Annotated[int, Field(ge=0, le=1000)] = 0
    """Tasks that always run. At 0 the first message starts one, which takes some minutes."""
    maximum_tasks: Annotated[int, Field(ge=1, le=1000)] = 2
    """Tasks that auto scaling may start."""
    backlog_per_task: Annotated[int, Field(ge=1)] = 100
    """Messages, waiting or in work, for each task that auto scaling aims at."""
    spot_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """Share of tasks on Spot; below 100 the first task runs on demand."""
    visibility_seconds: Annotated[int, Field(ge=1, le=43_200)] = 300
    """Seconds for which a received message is hidden from other tasks: more than the work on
    one message takes, and more than `service.stop_timeout_seconds`."""
    attempts: Annotated[int, Field(ge=2, le=1000)] = 5
    """How often a message is received before it moves to the dead letters. A task that a
    deployment stops uses up one."""
    retention_days: Annotated[int, Field(ge=1, le=13)] = 4
    """Days for which a message waits; dead letters stay until 14 days after their sending."""
    oldest_message_minutes: Annotated[int, Field(ge=1, le=20_160)] = 30
    """Alarm when a message waits longer."""


def queue_variable(worker: str) -> str:
    """Return the variable that holds the URL of a worker's queue."""
    return f"QUEUE_{worker.upper()}_URL"
