"""Database instances: as RDS has them, and the states in which it changes and deletes them."""

from datetime import UTC, datetime
from typing import Any

from cfnlink.operations.aws_cli import aws, unprotect_instance
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.stacks import pauses
from cfnlink.operations.target import Target

INSTANCE = "AWS::RDS::DBInstance"
# In these RDS deletes an instance only without a final snapshot.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html (2026-11)
WITHOUT_SNAPSHOT = ("failed", "incompatible-network", "incompatible-restore")
# In these RDS neither modifies an instance nor takes a snapshot of it.
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html (2026-11)
STOPPED = ("stopped", "stopping")


def describe_instance(target: Target, name: str) -> dict[str, Any]:
    """Return an instance by its identifier. Raises RDS's DBInstanceNotFoundFault."""
    answer = target.client("rds").describe_db_instances(DBInstanceIdentifier=name)
    (found,) = answer["DBInstances"]
    return dict(found)


def find_instance(target: Target, name: str) -> dict[str, Any] | None:
    """Return an instance by its identifier, or None if there is none."""
    try:
        return describe_instance(target, name)
    except target.client("rds").exceptions.DBInstanceNotFoundFault:
        return None


def takes_no_snapshot(found: dict[str, Any]) -> bool:
    """Whether RDS deletes an instance only without a final snapshot."""
    return found["DBInstanceStatus"] in WITHOUT_SNAPSHOT


def refuse_stopped(target: Target, found: dict[str, Any]) -> None:
    """Stop if an instance is stopped: it must run before it is changed or deleted."""
    name, status = found["DBInstanceIdentifier"], found["DBInstanceStatus"]
    if status in STOPPED:
        message = (
            f"{name} is {status}: RDS modifies no such instance and takes no snapshot of it; "
            "expected available"
        )
        steps = f"{start_command(target, name)}\n{target.command_line}"
        raise CommandError(Exit.FAILED, message, steps)


def modify_instance(target: Target, name: str, **changes: Any) -> None:
    """Modify an instance, or raise CommandError if it is stopped."""
    refuse_stopped(target, describe_instance(target, name))
    target.client("rds").modify_db_instance(DBInstanceIdentifier=name, **changes)


def delete_instance(target: Target, found: dict[str, Any]) -> str:
    """Begin to delete an instance; return what stays of its data, in words.

    A final snapshot stays where RDS takes one, and the automated backups until they expire.
    Raises CommandError if the instance is stopped.
    """
    refuse_stopped(target, found)
    name = found["DBInstanceIdentifier"]
    if takes_no_snapshot(found):
        final: dict[str, Any] = {"SkipFinalSnapshot": True}
        words = without_snapshot(target, found)
    else:
        snapshot = f"{name}-final-{datetime.now(UTC):%Y%m%d%H%M%S}"
        final, words = {"FinalDBSnapshotIdentifier": snapshot}, f"{snapshot} stays"
    target.client("rds").delete_db_instance(
        DBInstanceIdentifier=name, DeleteAutomatedBackups=False, **final
    )
    return words


def wait_until_gone(target: Target, name: str) -> None:
    """Wait until RDS has deleted an instance."""
    for pause in pauses():
        if find_instance(target, name) is None:
            return
        target.pause(pause)


def without_snapshot(target: Target, found: dict[str, Any]) -> str:
    """Say that RDS takes no final snapshot of an instance, and which data source remains."""
    status = found["DBInstanceStatus"]
    return f"it is {status}, so RDS takes no final snapshot; {_sources(target, found)}"


def _sources(target: Target, found: dict[str, Any]) -> str:
    """The automated backups of an instance and its newest snapshot, in words."""
    name = found["DBInstanceIdentifier"]
    backups = target.client("rds").describe_db_instance_automated_backups(
        DBInstanceIdentifier=name
    )["DBInstanceAutomatedBackups"]
    ends = [str(each.get("RestoreWindow", {}).get("LatestTime", "")) for each in backups]
    listed = "rds", "describe_db_snapshots", "DBSnapshots"
    snapshots = [
        each
        for each in target.listed(*listed, SnapshotType="manual")
        if each["DBInstanceIdentifier"] == name
    ]
    newest = max(snapshots, key=lambda each: str(each.get("SnapshotCreateTime")), default=None)
    words = [f"its automated backups until {end or 'an unknown time'}" for end in ends[:1]]
    words += [f"the snapshot {newest['DBSnapshotIdentifier']}"] if newest else []
    return f"what remains: {' and '.join(words)}" if words else "no backup of it remains"


def start_command(target: Target, name: str) -> str:
    """Return the commands that start a stopped instance and wait until it is available."""
    words = "--db-instance-identifier", name
    start = aws(target, "rds", "start-db-instance", *words)
    return f"{start} && {wait_command(target, name)}"


def wait_command(target: Target, name: str) -> str:
    """Return the command that waits until an instance is available."""
    return aws(target, "rds", "wait", "db-instance-available", "--db-instance-identifier", name)


def lift_command(target: Target, name: str) -> str:
    """Return the commands that lift the protection of an instance, started if it must be."""
    found = find_instance(target, name)
    is_stopped = found is not None and found["DBInstanceStatus"] in STOPPED
    start = [start_command(target, name)] if is_stopped else []
    return " && ".join([*start, unprotect_instance(target, name)])


def delete_command(target: Target, found: dict[str, Any]) -> str:
    """Return the commands that delete an instance and leave its backups.

    Where RDS takes no final snapshot, the instance never becomes available either.
    """
    name = found["DBInstanceIdentifier"]
    delete = "rds", "delete-db-instance", "--db-instance-identifier", name
    kept = "--no-delete-automated-backups"
    if takes_no_snapshot(found):
        lift = [unprotect_instance(target, name)] if found.get("DeletionProtection") else []
        return " && ".join([*lift, aws(target, *delete, "--skip-final-snapshot", kept)])
    lift = [lift_command(target, name), wait_command(target, name)]
    snapshot = "--final-db-snapshot-identifier", f"{name}-final"
    return " && ".join([*lift, aws(target, *delete, *snapshot, kept)])
