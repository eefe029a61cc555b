"""Combinations of the database's settings."""

from collections.abc import Iterator
from datetime import datetime

from cfnlink.aws import limits, rds
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.expected import one_of
from templates.settings.model import Settings


def _engine_version(settings: Settings) -> Iterator[InvalidCombination]:
    version = settings.database.engine_version
    if limits.known_version(version) is None:
        major = f"{version.partition('.')[0]}."
        same = [v for v in limits.creatable_versions() if v.startswith(major)]
        yield InvalidCombination(
            ("database.engine_version",),
            f"AWS creates no instance of PostgreSQL {version}",
            one_of(same or limits.creatable_versions(), version, "versions"),
        )


def instance_class(settings: Settings) -> Iterator[InvalidCombination]:
    """Yield the fault of a class that does not run the version."""
    database = settings.database
    known = limits.known_version(database.engine_version)
    if known is None:
        return
    classes = limits.instance_classes(known)
    if database.instance_class not in classes:
        yield InvalidCombination(
            ("database.instance_class", "database.engine_version"),
            f"PostgreSQL {database.engine_version} does not run on {database.instance_class}",
            one_of(sorted(classes), database.instance_class, "classes"),
        )


def _storage(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    least = database.storage_gib + rds.growth_gib(database.storage_gib)
    if database.storage_limit_gib < least:
        yield InvalidCombination(
            ("database.storage_limit_gib", "database.storage_gib"),
            f"RDS never grows {database.storage_gib} GiB to {database.storage_limit_gib} GiB: "
            "its smallest step is 10 GiB and a tenth",
            f"{least} or more",
        )


def _windows(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    backup = rds.window_minutes(database.backup_window)
    weekly = rds.window_minutes(database.maintenance_window, weekly=True)
    for key, window in (
        ("database.backup_window", backup),
        ("database.maintenance_window", weekly),
    ):
        if not rds.is_window(window):
            yield InvalidCombination(
                (key,),
                f"the window lasts {len(window)} minutes",
                f"{rds.SHORTEST_WINDOW_MINUTES} minutes to a day",
            )
    if rds.windows_overlap(backup, weekly):
        yield InvalidCombination(
            ("database.maintenance_window", "database.backup_window"),
            f"{database.maintenance_window} overlaps backup_window {database.backup_window}",
            "two windows that do not touch the same minutes of a day",
        )


def _snapshot(settings: Settings) -> Iterator[InvalidCombination]:
    database = settings.database
    if database.snapshot and database.snapshot.endswith(settings.database_identifier):
        yield InvalidCombination(
            ("database.snapshot", "database.generation", "project"),
            f"{database.snapshot} is the name of the instance itself",
            f"the id of a snapshot: aws rds describe-db-snapshots --region {settings.region}",
        )


def _restore(settings: Settings) -> Iterator[InvalidCombination]:
    """A snapshot and another instance are two sources; another instance needs a time."""
    database = settings.database
    source, time = database.restore_source, database.restore_time
    if database.snapshot and (source or time):
        yield InvalidCombination(
            (f"database.{'restore_source' if source else 'restore_time'}", "database.snapshot"),
            "it and snapshot are two sources of one instance",
            "one of them: the data comes from a snapshot, or from an instance at a time",
        )
    elif source and not time:
        yield InvalidCombination(
            ("database.restore_time", "database.restore_source"),
            f"the data of {source} needs a time",
            'restore_time = "latest" beside it, or a time such as "2026-11-26T10:00:00Z"',
        )
    elif time and not source:
        yield InvalidCombination(
            ("database.restore_source", "database.restore_time"),
            f"{time} is a time of no instance",
            "restore_source beside it: make restore TIME=... prints both",
        )
    elif time and time != "latest" and not _is_time(time):
        yield InvalidCombination(
            ("database.restore_time",),
            f"{time} is no time",
            "a time in UTC that exists, such as 2026-11-26T10:00:00Z",
        )


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


CHECKS = (_engine_version, instance_class, _storage, _windows, _snapshot, _restore)
