"""The database as a snapshot has it, in place of the one that serves.

A restore is a new generation of the instance, and the settings say so first: the templates
describe what runs, and CloudFormation makes the new instance before it lets the old one go.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbinstance.html
"""

import json
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from checks.link import system_id
from operations.aws_cli import aws
from operations.database import (
    CURRENT,
    INSTANCE,
    PREVIOUS,
    Database,
    Psql,
    deployed_database,
    psql_image,
)
from operations.deploy import Run, bring_up
from operations.lease import lease
from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.rotate import TURN, renew, write_url
from operations.service import deployed_service
from operations.target import Target, in_order
from templates.settings.facts import least_storage_limit

NAMED = 5  # so many snapshots are named where none was found
LOGS = "AWS::Logs::LogGroup"
ENGINE = "postgres"
ANY_SNAPSHOT = "YOUR_SNAPSHOT"  # where a next command needs one that only the user knows


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """The command `restore`."""
    service, database = deployed_service(target), deployed_database(target)
    snapshot = _snapshot(target, database, options.snapshot)
    report.say(
        f"{options.snapshot}: {snapshot['DBInstanceIdentifier']} of "
        f"{snapshot['SnapshotCreateTime']:%Y-%m-%d %H:%M} UTC, PostgreSQL "
        f"{snapshot['EngineVersion']}, {snapshot['AllocatedStorage']} GiB"
    )
    _check(target, report, database, snapshot)
    image = psql_image(target, service)
    with lease(target, report, "restore", options.wait * 60):
        # The logs of an instance bear its name, so a new generation has new ones.
        meant = (*database.stack.of_type(INSTANCE, LOGS), *options.allow)
        deployment = Run(target, report, allowed=meant)
        bring_up(deployment, database.stack)
        database = deployed_database(target)
        versions = database.versions(TURN)
        for stage in (PREVIOUS, CURRENT):
            user = database.user(report, versions[stage]) if stage in versions else {}
            if "verifier" in user:
                report.say(f"{user['username']}: setting the password of its secret")
                Psql(report, database, service, image).give_rights(versions[stage])
        write_url(report, database, database.user(report, versions[CURRENT]))
        report.say(f"{service.name}: new tasks begin to use the new instance")
        renew(target, report, service)
        done = in_order(target, lambda stack: bring_up(deployment, stack))
    left = [*_left(target, database)]
    for line in left:
        report.say(f"left: {line}")
    report.result({"snapshot": options.snapshot, "stacks": done, "left": left})
    report.next(target.proof())
    return Exit.DONE


def _snapshot(target: Target, database: Database, name: str) -> dict[str, Any]:
    """The snapshot as RDS has it, or Stop with those that there are."""
    rds = target.client("rds")
    try:
        (found,) = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
    except rds.exceptions.DBSnapshotNotFoundFault:
        instance = database.ids[database.instance]
        others = rds.describe_db_snapshots(DBInstanceIdentifier=instance)["DBSnapshots"]
        names = [each["DBSnapshotIdentifier"] for each in others][-NAMED:]
        message = f"no snapshot {name}; {instance} has {', '.join(names) or 'none'}"
        query = "DBSnapshots[].DBSnapshotIdentifier"
        then = aws(target, "rds", "describe-db-snapshots", "--query", query)
        raise Stop(Exit.UNUSABLE, message, then) from None
    return dict(found)


def _check(
    target: Target, report: Reporter, database: Database, snapshot: dict[str, Any]
) -> None:
    """Stop before anything changes: what AWS would refuse, and what nobody declared."""
    name = snapshot["DBSnapshotIdentifier"]
    for message, then in _unusable(database, snapshot):
        raise Stop(Exit.UNUSABLE, f"{name} {message}", then)
    instance = database.stack.of_type(INSTANCE)[database.instance]
    wanted = _settings(instance, snapshot)
    if wanted:
        lines = [f"{key} = {value}" for key, value in wanted.items()]
        for line in ("[database]", *lines):
            report.say(line)
        report.result({"database": wanted})
        message = f"the settings of {target.environment} lack what the snapshot needs"
        words = "add the lines above"
        step = target.change_setting(target.environment_file, words) or words
        raise Stop(Exit.UNUSABLE, message, f"{step}\n{target.again}")


def _unusable(database: Database, snapshot: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Why no snapshot like this can serve, and what makes one that can."""
    name, target = snapshot["DBSnapshotIdentifier"], database.target
    if snapshot["Engine"] != ENGINE:
        step = target.command("restore", snapshot=ANY_SNAPSHOT)
        yield f"is of {snapshot['Engine']}, and the database is {ENGINE}", step
    if snapshot["Status"] != "available":
        yield f"is {snapshot['Status']}", f"when it is available: {target.again}"
    if not snapshot.get("Encrypted"):
        encrypted = f"{name.rpartition(':')[2]}-encrypted"
        copy = aws(
            target,
            *("rds", "copy-db-snapshot", "--kms-key-id", "alias/aws/rds"),
            *("--source-db-snapshot-identifier", name),
            *("--target-db-snapshot-identifier", encrypted),
        )
        why = "is not encrypted, and the instance made of it would not be either"
        yield (
            why,
            f"{copy}\nwhen it is available: {target.command('restore', snapshot=encrypted)}",
        )
    secret = database.stack.template["Resources"]["MasterSecret"]["Properties"]
    owner = json.loads(secret["GenerateSecretString"]["SecretStringTemplate"])["username"]
    if snapshot["MasterUsername"] != owner:
        why = (
            f"belongs to the user {snapshot['MasterUsername']}, and the templates name {owner}"
        )
        words = f"restore it with the AWS CLI, name the user {owner} in SQL, take a snapshot"
        yield why, f"{words}\n{target.command('restore', snapshot=ANY_SNAPSHOT)}"


def _settings(instance: dict[str, Any], snapshot: dict[str, Any]) -> dict[str, Any]:
    """What the settings must say for this snapshot and do not say yet, as in TOML.

    Neither the engine's version nor the storage may be below the snapshot's:
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
    """
    wanted: dict[str, Any] = {}
    if instance.get("DBSnapshotIdentifier") != snapshot["DBSnapshotIdentifier"]:
        generation = int(instance["DBInstanceIdentifier"].rpartition("-")[2])
        wanted["generation"] = generation + 1
        wanted["snapshot"] = f'"{snapshot["DBSnapshotIdentifier"]}"'
    if _version(instance["EngineVersion"]) < _version(snapshot["EngineVersion"]):
        wanted["engine_version"] = f'"{snapshot["EngineVersion"]}"'
    storage = int(snapshot["AllocatedStorage"])
    if int(instance["AllocatedStorage"]) < storage:
        wanted["storage_gib"] = storage
    least = least_storage_limit(storage)
    if int(instance["MaxAllocatedStorage"]) < least:
        wanted["storage_limit_gib"] = least
    return wanted


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _left(target: Target, database: Database) -> Iterator[str]:
    """Earlier generations that deletion protection keeps, what they cost, how they go."""
    from reports.cost.bill import bill_of  # noqa: PLC0415 (only here, and a second)

    now = database.ids[database.instance]
    prefix = now.rpartition("-")[0]
    month = bill_of(target.folder).sum(
        resource=system_id(database.stack.tier, database.instance)
    )
    billed = f"billed about {month:.2f} USD a month, as" if month else "billed as"
    for found in target.listed("rds", "describe_db_instances", "DBInstances"):
        name = found["DBInstanceIdentifier"]
        if name != now and name.rpartition("-")[0] == prefix:
            yield (
                f"{name}, with what was written since the snapshot; {billed} "
                f"the new one is. To delete it: {_delete(target, name)}"
            )


def _delete(target: Target, name: str) -> str:
    """Return the command that deletes an instance and leaves a snapshot of it."""
    unprotect = aws(
        target,
        *("rds", "modify-db-instance", "--db-instance-identifier", name),
        *("--no-deletion-protection", "--apply-immediately"),
    )
    delete = aws(
        target,
        *("rds", "delete-db-instance", "--db-instance-identifier", name),
        *("--final-db-snapshot-identifier", f"{name}-final"),
    )
    return f"{unprotect} && {delete}"
