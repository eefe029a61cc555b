"""What a restored instance is made from: a snapshot, or another instance at a point in time.

An instance is named by its resource id, which its automated backups keep when it is gone.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING

from cfnlink.aws.limits import restorable_version, version_number
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.database import Database
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import INSTANCE, describe_instance
from cfnlink.operations.owner_tags import refused_source
from cfnlink.system.parts import Part
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from mypy_boto3_rds import RDSClient

NAMED = 5  # so many snapshots are named where none was found
ENGINE = "postgres"
LATEST = "latest"
# The types of the snapshots that AWS takes, by what their ids begin with.
SNAPSHOT_TYPES = {"rds": "automated", "awsbackup": "awsbackup"}
ANY_SNAPSHOT = "YOUR_SNAPSHOT"  # where a next command needs one that only the user knows
# A snapshot is available; automated backups are of an instance that runs, or outlive it.
USABLE = ("available", "active", "retained")


@dataclass(frozen=True)
class Origin:
    """What an instance is made from.

    name: its id; arn: its ARN, whose tags RDS compares; noun: what it is; moment: when its
    data is from; found: what RDS says of it. properties: what the template says then; lines:
    what the settings say, as in TOML.
    """

    name: str
    arn: str
    noun: str
    moment: str
    found: Body
    properties: Body
    lines: dict[str, str]

    def words(self) -> str:
        """The origin as a line."""
        return (
            f"{self.name}: {self.found['DBInstanceIdentifier']} of {self.moment}, PostgreSQL "
            f"{self.found['EngineVersion']}, {self.found['AllocatedStorage']} GiB"
        )


def origin(environment: Environment, database: Database, options: SimpleNamespace) -> Origin:
    """The origin that the options name, or CommandError with those that there are."""
    if options.time:
        return _point_in_time(environment, database, options.time)
    return of_snapshot(_snapshot(environment, database, options.snapshot))


def of_snapshot(found: Body) -> Origin:
    """A snapshot as RDS describes it."""
    name = found["DBSnapshotIdentifier"]
    created = found.get("SnapshotCreateTime")
    return Origin(
        name=name,
        arn=str(found.get("DBSnapshotArn", name)),
        noun="the snapshot",
        moment=_shown(created),
        found=found,
        properties={"DBSnapshotIdentifier": name},
        lines={"snapshot": f'"{name}"'},
    )


def _shown(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else "unknown time"


def _snapshot(environment: Environment, database: Database, name: str) -> Body:
    rds = environment.clients.rds
    try:
        found = described_snapshot(rds, name)
    except rds.exceptions.DBSnapshotNotFoundFault:
        instance = database.ids[database.instance]
        others = rds.describe_db_snapshots(DBInstanceIdentifier=instance)["DBSnapshots"]
        names = [each["DBSnapshotIdentifier"] for each in others][-NAMED:]
        message = f"no snapshot {name}; {instance} has {', '.join(names) or 'none'}"
        query = "DBSnapshots[].DBSnapshotIdentifier"
        next_command = aws(environment, "rds", "describe-db-snapshots", "--query", query)
        raise CommandError(Exit.UNUSABLE, message, next_command) from None
    return found


def described_snapshot(rds: "RDSClient", name: str) -> Body:
    """Return a snapshot as RDS describes it, or raise its DBSnapshotNotFoundFault.

    RDS finds an automated snapshot only with its type:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBSnapshots.html
    """
    kind = SNAPSHOT_TYPES.get(name.partition(":")[0]) if ":" in name else None
    if kind:
        answer = rds.describe_db_snapshots(DBSnapshotIdentifier=name, SnapshotType=kind)
    else:
        answer = rds.describe_db_snapshots(DBSnapshotIdentifier=name)
    return dict(answer["DBSnapshots"][0])


def _point_in_time(environment: Environment, database: Database, time: str) -> Origin:
    """The instance that the template names for this time, else the one that serves."""
    latest = {"UseLatestRestorableTime": True}
    moment = latest if time == LATEST else {"RestoreTime": time}
    declared = database.stack.of_type(INSTANCE)[database.instance]
    is_declared = all(declared.get(key) == value for key, value in moment.items())
    source = declared.get("SourceDbiResourceId") if is_declared else None
    source = source or _resource_id(environment, database)
    found = _usable_backups(environment, source, time)
    latest_time = found.get("RestoreWindow", {}).get("LatestTime")
    return Origin(
        name=source,
        arn=backups_arn(found),
        noun=f"the data of {found['DBInstanceIdentifier']}",
        moment=_shown(latest_time) if time == LATEST else time,
        found=found,
        properties={"SourceDbiResourceId": source, **moment},
        lines={"restore_source": f'"{source}"', "restore_time": f'"{time}"'},
    )


def _resource_id(environment: Environment, database: Database) -> str:
    found = describe_instance(environment, database.ids[database.instance])
    return str(found["DbiResourceId"])


def automated_backups(environment: Environment, source: str) -> Body | None:
    """The automated backups of an instance that runs or is gone, by its resource id."""
    rds = environment.clients.rds
    try:
        found = rds.describe_db_instance_automated_backups(DbiResourceId=source)
        backups = found["DBInstanceAutomatedBackups"]
    except rds.exceptions.DBInstanceAutomatedBackupNotFoundFault:
        return None
    return dict(backups[0]) if backups else None


def backups_arn(found: Body) -> str:
    """Return the ARN of automated backups, or a word for it where RDS states none."""
    return str(found.get("DBInstanceAutomatedBackupsArn", "ARN_OF_THE_AUTOMATED_BACKUPS"))


def list_backups(environment: Environment) -> str:
    """Return the command that lists the automated backups and how far they reach."""
    query = "DBInstanceAutomatedBackups[].[DbiResourceId,DBInstanceIdentifier,RestoreWindow]"
    return aws(environment, "rds", "describe-db-instance-automated-backups", "--query", query)


def reaches(backups: Body, time: str) -> bool:
    """Whether automated backups reach to a time; true where RDS does not say how far."""
    window = backups.get("RestoreWindow", {})
    earliest, latest = window.get("EarliestTime"), window.get("LatestTime")
    if time == LATEST or not earliest or not latest:
        return True
    return bool(earliest.replace(microsecond=0) <= datetime.fromisoformat(time) <= latest)


def _usable_backups(environment: Environment, source: str, time: str) -> Body:
    """The automated backups of a source that reach to a time, or CommandError."""
    found = automated_backups(environment, source)
    if found is None:
        message = f"RDS has no automated backups of {source}"
        raise CommandError(Exit.UNUSABLE, message, list_backups(environment))
    if not reaches(found, time):
        window = found["RestoreWindow"]
        message = (
            f"{found['DBInstanceIdentifier']} has no backup of {time}: its backups reach from "
            f"{_shown(window['EarliestTime'])} to {_shown(window['LatestTime'])}"
        )
        raise CommandError(
            Exit.UNUSABLE, message, environment.command("restore", time=LATEST, query=None)
        )
    return found


def needed_version(stated: str, source: str) -> str | None:
    """Return the version that the settings need for a source, or None if theirs serves.

    RDS restores a source in its own version, with the parameter group of the template, whose
    family is that of the stated major version; it takes no lower minor version either.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
    https://github.com/remind101/stacker_blueprints/issues/69
    """
    wanted, has = version_number(stated), version_number(source)
    return None if wanted[0] == has[0] and wanted >= has else restorable_version(source)


def unusable(database: Database, origin: Origin) -> Iterator[tuple[str, str]]:
    """Why no instance can be made from an origin like this, and what to do."""
    found, environment = origin.found, database.environment
    any_snapshot = environment.command("restore", snapshot=ANY_SNAPSHOT, query=None)
    if found["Engine"] != ENGINE:
        yield f"is of {found['Engine']}, and the database is {ENGINE}", any_snapshot
    if found["Status"] not in USABLE:
        yield f"is {found['Status']}", f"when it is available: {environment.command_line}"
    if not found.get("Encrypted"):
        yield (
            "is not encrypted, and the instance made of it would not be either",
            "\n".join(_encrypt(environment, origin)),
        )
    secret = database.stack.template["Resources"][database.stack.parts[Part.OWNER_SECRET]][
        "Properties"
    ]
    owner = json.loads(secret["GenerateSecretString"]["SecretStringTemplate"])["username"]
    if found["MasterUsername"] != owner:
        why = f"belongs to the user {found['MasterUsername']}, and the templates name {owner}"
        words = f"restore it with the AWS CLI, name the user {owner} in SQL, take a snapshot"
        yield why, f"{words}\n{any_snapshot}"
    refused = refused_source(environment, origin.arn, found.get("TagList", []))
    if refused:
        yield refused


def _encrypt(environment: Environment, origin: Origin) -> Iterator[str]:
    """The steps to an encrypted snapshot: only a copy changes the encryption."""
    name = origin.found.get("DBSnapshotIdentifier")
    if not name:
        instance = origin.found["DBInstanceIdentifier"]
        name = f"{instance}-plain"
        make = "rds", "create-db-snapshot", "--db-instance-identifier", instance
        yield aws(environment, *make, "--db-snapshot-identifier", name)
    encrypted = f"{name.rpartition(':')[2]}-encrypted"
    yield aws(
        environment,
        *("rds", "copy-db-snapshot", "--kms-key-id", "alias/aws/rds"),
        *("--source-db-snapshot-identifier", name),
        *("--target-db-snapshot-identifier", encrypted),
    )
    restore = environment.command("restore", snapshot=encrypted, query=None)
    yield f"when it is available: {restore}"
