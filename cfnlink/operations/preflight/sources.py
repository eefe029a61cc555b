"""What a database that is still to come is made from: a snapshot, or another instance."""

from collections.abc import Iterator

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import FAILED, OK, Found
from cfnlink.operations.environment import Environment
from cfnlink.operations.instances import INSTANCE
from cfnlink.operations.origins import (
    USABLE,
    automated_backups,
    backups_arn,
    described_snapshot,
    list_backups,
    needed_version,
    reaches,
)
from cfnlink.operations.owner_tags import refused_source
from cfnlink.operations.preflight.context import PreflightContext
from cfnlink.system.resource import Body


def database_sources(context: PreflightContext) -> Iterator[Found]:
    """Whether each source is there, can be used, and reaches to the time that is stated."""
    for instance in context.not_yet_deployed(INSTANCE):
        wanted = instance.properties
        snapshot, source = wanted.get("DBSnapshotIdentifier"), wanted.get("SourceDbiResourceId")
        version = wanted.get("EngineVersion")
        if isinstance(snapshot, str):
            yield _snapshot(context.environment, snapshot, version)
        elif isinstance(source, str):
            time = wanted.get("RestoreTime")
            yield _automated_backups(context.environment, source, time, version)


def _snapshot(environment: Environment, name: str, version: object) -> Found:
    rds = environment.clients.rds
    try:
        found = described_snapshot(rds, name)
    except rds.exceptions.DBSnapshotNotFoundFault:
        query = "DBSnapshots[].DBSnapshotIdentifier"
        fix = aws(environment, "rds", "describe-db-snapshots", "--query", query)
        return FAILED, f"there is no snapshot {name}", fix
    if found["Status"] not in USABLE:
        return (
            FAILED,
            f"the snapshot {name} is {found['Status']}",
            f"wait, then {environment.command_line}",
        )
    noun = f"the snapshot {name}"
    refused = _refused(environment, noun, found.get("DBSnapshotArn", name), found, version)
    return refused or (OK, f"{noun} can be restored")


def _automated_backups(
    environment: Environment, source: str, time: object, version: object
) -> Found:
    found = automated_backups(environment, source)
    if found is None:
        return FAILED, f"RDS has no automated backups of {source}", list_backups(environment)
    if isinstance(time, str) and not reaches(found, time):
        says = f"the backups of {source} do not reach to {time}"
        return FAILED, says, list_backups(environment)
    noun = f"the automated backup of {found['DBInstanceIdentifier']}"
    refused = _refused(environment, noun, backups_arn(found), found, version)
    return refused or (OK, f"{source} can be restored")


def _refused(
    environment: Environment, noun: str, arn: str, found: Body, version: object
) -> Found | None:
    """What RDS refuses of a source that is there: its major version, or its tags."""
    source = found["EngineVersion"]
    needed = needed_version(version, source) if isinstance(version, str) else None
    if needed:
        says = f"{noun} is of PostgreSQL {source}, and the settings name {version}"
        words = f'set [database] engine_version = "{needed}"'
        return (
            FAILED,
            says,
            environment.change_setting(environment.environment_file, words) or words,
        )
    refused = refused_source(environment, arn, found.get("TagList", []))
    return (FAILED, f"{noun} {refused[0]}", refused[1]) if refused else None
