"""What a database that is still to come is made from: a snapshot, or another instance."""

from collections.abc import Iterator
from typing import Any

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.instances import INSTANCE
from cfnlink.operations.origins import (
    USABLE,
    automated_backups,
    described_snapshot,
    list_backups,
    reaches,
)
from cfnlink.operations.preflight.context import PreflightContext, properties
from cfnlink.operations.target import Target


def database_sources(context: PreflightContext) -> Iterator[Found]:
    """Whether each source is there, can be used, and reaches to the time that is stated."""
    for instance in context.not_yet_deployed(INSTANCE):
        wanted = properties(instance)
        snapshot, source = wanted.get("DBSnapshotIdentifier"), wanted.get("SourceDbiResourceId")
        if isinstance(snapshot, str):
            yield _snapshot(context.target, snapshot)
        elif isinstance(source, str):
            yield _automated_backups(context.target, source, wanted.get("RestoreTime"))


def _snapshot(target: Target, name: str) -> Found:
    rds = target.client("rds")
    try:
        found = described_snapshot(rds, name)
    except rds.exceptions.DBSnapshotNotFoundFault:
        query = "DBSnapshots[].DBSnapshotIdentifier"
        fix = aws(target, "rds", "describe-db-snapshots", "--query", query)
        return FAILED, f"there is no snapshot {name}", fix
    if found["Status"] not in USABLE:
        return (
            FAILED,
            f"the snapshot {name} is {found['Status']}",
            f"wait, then {target.command_line}",
        )
    return OK, f"the snapshot {name} can be restored"


def _automated_backups(target: Target, source: str, time: Any) -> Found:
    found = automated_backups(target, source)
    if found is None:
        return FAILED, f"RDS has no automated backups of {source}", list_backups(target)
    if isinstance(time, str) and not reaches(found, time):
        says = f"the backups of {source} do not reach to {time}"
        return FAILED, says, list_backups(target)
    return OK, f"{source} can be restored"
