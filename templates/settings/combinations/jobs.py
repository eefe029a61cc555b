"""Combinations of the jobs' settings."""

import re
from collections.abc import Iterator
from functools import cache
from zoneinfo import available_timezones

from cfnlink.aws.schedules import schedule_fault
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.combinations.service import fargate_size
from templates.settings.expected import one_of
from templates.settings.model import Settings


def _sizes(settings: Settings) -> Iterator[InvalidCombination]:
    for name, job in settings.jobs.items():
        yield from fargate_size(
            f"jobs.{name}",
            job.cpu or settings.service.cpu,
            job.memory_mib or settings.service.memory_mib,
        )


def _schedules(settings: Settings) -> Iterator[InvalidCombination]:
    for name, job in settings.jobs.items():
        if fault := schedule_fault(job.schedule):
            yield InvalidCombination((f"jobs.{name}.schedule",), *fault)


def _timezones(settings: Settings) -> Iterator[InvalidCombination]:
    """A machine without a database of time zones knows none, and checks none."""
    for name, job in settings.jobs.items():
        known = _known_timezones()
        if known and job.timezone not in known:
            yield InvalidCombination(
                (f"jobs.{name}.timezone",),
                f"there is no time zone {job.timezone}",
                _offered(known, job.timezone),
            )


@cache
def _known_timezones() -> set[str]:
    """The names of the machine's database, of which each file is read."""
    return available_timezones()


def _offered(known: set[str], given: str) -> str:
    """Return the names to choose from. Those of the tz database that carry an offset have its
    sign reversed (Etc/GMT+1 is an hour behind UTC), so none of them is offered."""
    places = {name for name in known if not name.startswith(("Etc/", "GMT"))}
    if re.fullmatch(r"(Etc/)?(GMT|UTC)?[+-]?[\d:]*", given):
        return "UTC, or the name of a place, such as Europe/Berlin or Europe/London"
    return one_of(sorted(places), given, "names")


CHECKS = (_sizes, _schedules, _timezones)
