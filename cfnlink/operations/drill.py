"""Restore the newest backup beside the database, read it, and remove what was restored.

It shows that a backup can be restored, how long that takes, and that the data is there, while
the database serves. The SQL is that of a restore: the users get the passwords of today.
"""

import csv
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from cfnlink.operations.database import CURRENT, SCRIPT, SQL, Database, Psql
from cfnlink.operations.drill_instance import remove_left, restored
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit, counted
from cfnlink.operations.failure import REPAIRED
from cfnlink.operations.instances import describe_instance
from cfnlink.operations.lease import lease
from cfnlink.operations.origins import (
    USABLE,
    Origin,
    automated_backups,
    list_backups,
    of_snapshot,
    unusable,
)
from cfnlink.operations.rotation import MASTER, USER_SECRET, deployed_psql
from cfnlink.system.link import system_id
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef, DBSnapshotTypeDef

LONGEST_QUERY = 16_384  # bytes; ECS takes a task definition of 64 KiB
HOURS_A_MONTH = 730
ROWS, ANSWER = "rows of each table:", "answer of the query:"
NOT_READ = (
    "not read: the task of psql printed no count of a table; expected a psql that runs SQL, "
    "and a table that the service's user may read"
)
# The script of a rotation, then as the user: the checks, the counts and the query.
READ = f"""{SCRIPT}run "$ROLES"
export PGUSER="$NEW_USER" PGPASSWORD="$NEW_PASSWORD"
run "$CHECK"
export PGOPTIONS="-c default_transaction_read_only=on"
answer() {{ printf %s "$1" | psql --no-psqlrc --quiet --csv --set=ON_ERROR_STOP=1 ${{2-}}; }}
echo "{ROWS}"
answer "$COUNTS" --tuples-only
[ -z "$QUERY" ] || {{ echo "{ANSWER}"; answer "$QUERY"; }}
"""


@dataclass
class Answers:
    """What the task printed: the rows of each table, and the answer of the user's query."""

    rows: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    _part: str = ""

    def hear(self, line: str) -> None:
        """Take one line of the task's log."""
        text = line.rstrip("\n")
        if text in (ROWS, ANSWER):
            self._part = text
        elif self._part == ANSWER:
            self.lines.append(text)
        elif self._part == ROWS:
            name, *number = next(csv.reader([text]), [""])
            if len(number) == 1 and number[0].isdigit():
                self.rows[name] = int(number[0])


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `restore --drill`. Raises CommandError where no table was counted."""
    query = _query(environment, options.query)
    psql = deployed_psql(environment)
    source = _usable_source(psql.database)
    version = _user_version(psql.database)
    with lease(environment, "restore --drill", options.wait * 60):
        remove_left(environment)
        _say_cost(psql.database)
        answers, began = Answers(), time.monotonic()
        with restored(psql.database, source) as name:
            available = time.monotonic()
            _read(psql, name, version, query, answers)
            read = time.monotonic()
    if not answers.rows:
        raise CommandError(Exit.FAILED, NOT_READ, f"{REPAIRED}: {environment.command_line}")
    seconds = {"restore": round(available - began), "read": round(read - available)}
    _say(environment, source, answers, seconds)
    return Exit.DONE


def _usable_source(database: Database) -> Origin:
    """Return the newest backup. Raises CommandError if it cannot be restored."""
    source = newest(database)
    database.environment.report.say(source.words())
    if reason := next(unusable(database, source), None):
        message, next_command = reason
        raise CommandError(Exit.FAILED, f"{source.name} {message}", next_command)
    return source


def newest(database: Database) -> Origin:
    """Return the automated backups of the instance up to now, or a newer snapshot.

    Raises CommandError if there is neither.
    """
    environment = database.environment
    found = describe_instance(environment, database.ids[database.instance])
    backups = automated_backups(environment, found["DbiResourceId"])
    snapshot = _newest_snapshot(environment, found["DBInstanceIdentifier"])
    if snapshot is None and backups is None:
        message = f"{found['DBInstanceIdentifier']} has no backup"
        raise CommandError(Exit.FAILED, message, list_backups(environment))
    latest = (backups or {}).get("RestoreWindow", {}).get("LatestTime")
    taken = snapshot.get("SnapshotCreateTime") if snapshot else None
    if backups is None or (snapshot and latest and taken and taken > latest):
        return of_snapshot(dict(snapshot or {}))
    return _latest(found, backups, latest)


def _latest(found: "DBInstanceTypeDef", backups: Body, latest: datetime | None) -> Origin:
    """The instance itself at its latest restorable time.

    It is named by its identifier, so that RDS compares the tags of the instance and not those
    of the automated backups, which have none at first. Which of the two RDS compares is not
    verified.
    """
    name = found["DBInstanceIdentifier"]
    return Origin(
        name=name,
        arn=found["DBInstanceArn"],
        noun="the instance",
        moment=f"{latest:%Y-%m-%d %H:%M:%S} UTC" if latest else "its latest restorable time",
        found={**backups, "TagList": found.get("TagList", [])},
        properties={"SourceDBInstanceIdentifier": name, "UseLatestRestorableTime": True},
        lines={},
    )


def _newest_snapshot(environment: Environment, instance: str) -> "DBSnapshotTypeDef | None":
    """The newest snapshot of an instance that can be restored, of any kind."""
    paginator = environment.clients.rds.get_paginator("describe_db_snapshots")
    usable = [
        each
        for page in paginator.paginate(DBInstanceIdentifier=instance)
        for each in page["DBSnapshots"]
        if each.get("Status") in USABLE and "SnapshotCreateTime" in each
    ]
    return max(usable, key=lambda each: each["SnapshotCreateTime"], default=None)


def _query(environment: Environment, file: Path | None) -> str:
    """Return the text of the user's query. Raises CommandError if it cannot be used."""
    if file is None:
        return ""
    again = f"without a query: {environment.command_line_with(query=None)}"
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{file} cannot be read as SQL: {error}"
        raise CommandError(Exit.UNUSABLE, message, again) from None
    if (size := len(text.encode())) > LONGEST_QUERY:
        message = f"{file} has {size:,} bytes; expected at most {LONGEST_QUERY:,}"
        raise CommandError(Exit.UNUSABLE, message, again)
    return text


def _user_version(database: Database) -> str:
    """Return the version of the secret of the service's user, whose password SQL sets."""
    version = database.versions(USER_SECRET)[CURRENT]
    if "verifier" in database.user(version):
        return version
    environment = database.environment
    message = "the service is the owner of the database; a drill needs a user of its own"
    raise CommandError(Exit.UNUSABLE, message, environment.command("rotate"))


def _say_cost(database: Database) -> None:
    """Say what an hour of an instance like the one that serves costs."""
    environment = database.environment
    month = environment.bill.sum(resource=system_id(database.stack.tier, database.instance))
    if month:
        hour = month / HOURS_A_MONTH
        environment.report.say(f"an hour costs about {hour:.2f} USD; it is removed at the end")
        environment.report.result({"usd_an_hour": round(hour, 4)})


def _read(psql: Psql, name: str, version: str, query: str, answers: Answers) -> None:
    """Give the owner and the user the passwords of today, and read the restored data."""
    database = psql.database
    beside = replace(database, ids={**database.ids, database.instance: name})
    owner = database.login(MASTER, database.versions(MASTER)[CURRENT])
    database.environment.report.say(f"{name}: RDS sets the owner's password of today")
    beside.set_owner_password(owner["password"])
    given = {"COUNTS": SQL["counts"], "QUERY": query}
    replace(psql, database=beside).run(READ, version, given, answers.hear)


def _say(
    environment: Environment, source: Origin, answers: Answers, seconds: dict[str, int]
) -> None:
    """Say how long it took and what was read."""
    report, (restore, read) = environment.report, map(_duration, seconds.values())
    for table, number in answers.rows.items():
        report.say(f"{table}: {counted(number, 'row')}")
    report.say(f"the backup of {source.moment} was restored in {restore} and read in {read}")
    report.result(
        {
            "source": source.properties,
            "moment": source.moment,
            "seconds": seconds,
            "rows": answers.rows,
            "query": answers.lines,
        }
    )


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
