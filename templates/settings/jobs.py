"""Settings of jobs: commands that run on a schedule."""

from typing import Annotated

from pydantic import Field

from cfnlink.aws.schedules import FORM
from templates.settings.values import Section, Text


class Job(Section):
    """A command that runs on a schedule in the service's image, with its variables, secrets and
    rights. One run of a job never starts while another goes on."""

    schedule: Annotated[str, Text(r"(cron|rate)\(.+\)", FORM, 256)]
    """When it runs: an expression of EventBridge Scheduler."""
    timezone: Annotated[
        str, Text(r"[A-Za-z0-9_+/\-]+", "the name of a time zone, such as Europe/Berlin", 50)
    ] = "UTC"
    """The time zone of `schedule`. A clock change leaves out a time that it skips, and a time
    that it repeats comes once."""
    command: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    """The program and its arguments: `["/app/report", "--daily"]`. No shell reads them."""
    timeout_minutes: Annotated[int, Field(ge=1, le=10_080)] = 60
    """Minutes after which a run is stopped and has failed."""
    retries: Annotated[int, Field(ge=0, le=5)] = 0
    """How often a run that failed starts again, after one, two, four minutes. A command that
    is not safe to repeat has 0. A run that was stopped for its time is not repeated."""
    cpu: int | None = None
    """CPU units of its task; left out, those of the service."""
    memory_mib: int | None = None
    """Memory of its task in MiB; left out, that of the service."""
