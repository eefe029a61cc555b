"""Database instances: as RDS has them, and the states in which it changes and deletes them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cfnlink.operations.aws_cli import aws, unprotect_instance
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.stacks import wait_until

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef, DBSnapshotTypeDef

    from cfnlink.system.resource import Body

INSTANCE = "AWS::RDS::DBInstance"
# In these RDS deletes an instance only without a final snapshot.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html (2026-11)
WITHOUT_SNAPSHOT = ("failed", "incompatible-network", "incompatible-restore")
# In these RDS neither modifies an instance nor takes a snapshot of it. Users report it; the
# page of AWS that may say so was not read (not verified):
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html
STOPPED = ("stopped", "stopping")


def describe_instance(environment: Environment, name: str) -> "DBInstanceTypeDef":
    """Return an instance by its identifier. Raises RDS's DBInstanceNotFoundFault."""
    answer = environment.clients.rds.describe_db_instances(DBInstanceIdentifier=name)
    return answer["DBInstances"][0]


def find_instance(environment: Environment, name: str) -> "DBInstanceTypeDef | None":
    """Return an instance by its identifier, or None if there is none."""
    try:
        return describe_instance(environment, name)
    except environment.clients.rds.exceptions.DBInstanceNotFoundFault:
        return None


def manual_snapshots(environment: Environment) -> Iterator["DBSnapshotTypeDef"]:
    """Yield the snapshots of the region that AWS did not take by itself."""
    paginator = environment.clients.rds.get_paginator("describe_db_snapshots")
    for page in paginator.paginate(SnapshotType="manual"):
        yield from page["DBSnapshots"]


def takes_no_snapshot(found: "DBInstanceTypeDef") -> bool:
    """Whether RDS deletes an instance only without a final snapshot."""
    return found["DBInstanceStatus"] in WITHOUT_SNAPSHOT


def refuse_stopped(environment: Environment, found: "DBInstanceTypeDef") -> None:
    """Stop if an instance is stopped: it must run before it is changed or deleted."""
    name, status = found["DBInstanceIdentifier"], found["DBInstanceStatus"]
    if status in STOPPED:
        message = (
            f"{name} is {status}: RDS modifies no such instance and takes no snapshot of it; "
            "expected available"
        )
        steps = f"{start_command(environment, name)}\n{environment.command_line}"
        raise CommandError(Exit.FAILED, message, steps)


def modify_instance(environment: Environment, name: str, **changes: Any) -> None:
    """Modify an instance, or raise CommandError if it is stopped."""
    refuse_stopped(environment, describe_instance(environment, name))
    environment.clients.rds.modify_db_instance(DBInstanceIdentifier=name, **changes)


def delete_instance(environment: Environment, found: "DBInstanceTypeDef") -> str:
    """Begin to delete an instance; return what stays of its data, in words.

    A final snapshot stays where RDS takes one, and the automated backups until they expire.
    Raises CommandError if the instance is stopped.
    """
    refuse_stopped(environment, found)
    name = found["DBInstanceIdentifier"]
    if takes_no_snapshot(found):
        final: Body = {"SkipFinalSnapshot": True}
        words = without_snapshot(environment, found)
    else:
        snapshot = f"{name}-final-{datetime.now(UTC):%Y%m%d%H%M%S}"
        final, words = {"FinalDBSnapshotIdentifier": snapshot}, f"{snapshot} stays"
    environment.clients.rds.delete_db_instance(
        DBInstanceIdentifier=name, DeleteAutomatedBackups=False, **final
    )
    return words


def wait_until_gone(environment: Environment, name: str) -> None:
    """Wait until RDS has deleted an instance."""
    wait_until(environment, lambda: find_instance(environment, name) is None)


def without_snapshot(environment: Environment, found: "DBInstanceTypeDef") -> str:
    """Say that RDS takes no final snapshot of an instance, and which data source remains."""
    status = found["DBInstanceStatus"]
    return f"it is {status}, so RDS takes no final snapshot; {_sources(environment, found)}"


def _sources(environment: Environment, found: "DBInstanceTypeDef") -> str:
    """The automated backups of an instance and its newest snapshot, in words."""
    name = found["DBInstanceIdentifier"]
    backups = environment.clients.rds.describe_db_instance_automated_backups(
        DBInstanceIdentifier=name
    )["DBInstanceAutomatedBackups"]
    ends = [str(each.get("RestoreWindow", {}).get("LatestTime", "")) for each in backups]
    snapshots = [
        each for each in manual_snapshots(environment) if each["DBInstanceIdentifier"] == name
    ]
    newest = max(snapshots, key=lambda each: str(each.get("SnapshotCreateTime")), default=None)
    words = [f"its automated backups until {end or 'an unknown time'}" for end in ends[:1]]
    words += [f"the snapshot {newest['DBSnapshotIdentifier']}"] if newest else []
    return f"what remains: {' and '.join(words)}" if words else "no backup of it remains"


def start_command(environment: Environment, name: str) -> str:
    """Return the commands that start a stopped instance and wait until it is available."""
    words = "--db-instance-identifier", name
    start = aws(environment, "rds", "start-db-instance", *words)
    return f"{start} && {wait_command(environment, name)}"


def wait_command(environment: Environment, name: str) -> str:
    """Return the command that waits until an instance is available."""
    return aws(
        environment, "rds", "wait", "db-instance-available", "--db-instance-identifier", name
    )


def lift_command(environment: Environment, name: str) -> str:
    """Return the commands that lift the protection of an instance, started if it must be."""
    found = find_instance(environment, name)
    is_stopped = found is not None and found["DBInstanceStatus"] in STOPPED
    start = [start_command(environment, name)] if is_stopped else []
    return " && ".join([*start, unprotect_instance(environment, name)])


def delete_command(environment: Environment, found: "DBInstanceTypeDef") -> str:
    """Return the commands that delete an instance and leave its backups.

    Where RDS takes no final snapshot, the instance never becomes available either.
    """
    name = found["DBInstanceIdentifier"]
    delete = "rds", "delete-db-instance", "--db-instance-identifier", name
    kept = "--no-delete-automated-backups"
    if takes_no_snapshot(found):
        lift = (
            [unprotect_instance(environment, name)] if found.get("DeletionProtection") else []
        )
        return " && ".join([*lift, aws(environment, *delete, "--skip-final-snapshot", kept)])
    lift = [lift_command(environment, name), wait_command(environment, name)]
    snapshot = "--final-db-snapshot-identifier", f"{name}-final"
    return " && ".join([*lift, aws(environment, *delete, *snapshot, kept)])
