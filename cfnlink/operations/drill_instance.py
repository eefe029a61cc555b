"""The instance that a restore drill makes beside the database: made, found again, removed.

It is in no stack, and no task of the service knows its address. Its tag says what it is: a
later run removes what a killed one left, and no run touches an instance that lacks the tag or
has another owner.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.check import WARNING, Check, Found, say_check
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit, one_line
from cfnlink.operations.instances import (
    INSTANCE,
    delete_command,
    describe_instance,
    find_instance,
    wait_until_gone,
)
from cfnlink.operations.owner_tags import owner_tags, tags_of
from cfnlink.operations.stacks import pauses

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

    from cfnlink.operations.database import Database
    from cfnlink.operations.origins import Origin

TAG = "restore-drill"
SUFFIX = "-drill"
LONGEST_NAME = 63
# An instance whose status begins so does not become available by itself:
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html (2026-11)
BROKEN = ("failed", "incompatible", "inaccessible", "insufficient", "restore-error", "storage")


def drill_name(instance: str) -> str:
    """Return the identifier of the instance that a drill makes beside another one."""
    return f"{instance[: LONGEST_NAME - len(SUFFIX)].rstrip('-')}{SUFFIX}"


@contextmanager
def restored(database: "Database", source: "Origin") -> Iterator[str]:
    """Restore a source beside the database for the block; remove it after every end.

    Yields the identifier of the available instance.
    """
    environment = database.environment
    name = drill_name(database.ids[database.instance])
    if find_instance(environment, name):  # the caller has removed what drills left
        raise _foreign(environment, name)
    try:
        _restore(database, source, name)
        _wait_until_available(environment, name)
        yield name
    except BaseException as error:
        ends = isinstance(error, CommandError) and error.code == Exit.INTERRUPTED
        is_patient = isinstance(error, Exception) and not ends
        try:
            _remove(environment, name, is_patient=is_patient)
        except (CommandError, ClientError, *NO_ANSWER) as why:
            words = f"{name} stays until the next drill removes it: {one_line(why)}"
            environment.report.say(words)
        raise
    _remove(environment, name)


def _restore(database: "Database", source: "Origin", name: str) -> None:
    """Ask RDS for the instance: as the one that serves, with one zone and no protection."""
    environment, rds = database.environment, database.environment.clients.rds
    run = uuid4().hex
    tags = {**database.stack.tags, **owner_tags(environment), TAG: run}
    asked: dict[str, Any] = {
        **_as_serving(describe_instance(environment, database.ids[database.instance])),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        **source.properties,
    }
    environment.report.say(f"{name}: RDS restores {source.name} of {source.moment}")
    try:
        if "DBSnapshotIdentifier" in asked:
            rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier=name, **asked)
        else:
            rds.restore_db_instance_to_point_in_time(TargetDBInstanceIdentifier=name, **asked)
    except rds.exceptions.DBInstanceAlreadyExistsFault:
        there = find_instance(environment, name)
        if there is None or tags_of(there.get("TagList", [])).get(TAG) != run:
            raise _foreign(environment, name) from None
        # The answer was lost, and the SDK made the call again.


def _as_serving(found: "DBInstanceTypeDef") -> dict[str, Any]:
    """Return what the restored instance has of the one that serves; it keeps no backups."""
    groups = found.get("VpcSecurityGroups", [])
    return {
        "DBInstanceClass": found["DBInstanceClass"],
        "DBSubnetGroupName": found["DBSubnetGroup"]["DBSubnetGroupName"],
        "DBParameterGroupName": found["DBParameterGroups"][0]["DBParameterGroupName"],
        "VpcSecurityGroupIds": [each["VpcSecurityGroupId"] for each in groups],
        "Port": found["Endpoint"]["Port"],
        "MultiAZ": False,
        "PubliclyAccessible": False,
        "DeletionProtection": False,
        "AutoMinorVersionUpgrade": False,
        "BackupRetentionPeriod": 0,
    }


def _foreign(environment: Environment, name: str) -> CommandError:
    """Return the error that another system's instance has the name."""
    message = f"{name} exists and is of no drill of {environment.name}: it is not touched"
    words = "rds", "describe-db-instances", "--db-instance-identifier", name
    return CommandError(Exit.DATA, message, f"to see it: {aws(environment, *words)}")


def _wait_until_available(environment: Environment, name: str) -> None:
    """Wait until the instance takes connections. Raises CommandError if it never will."""
    for pause in pauses():
        status = describe_instance(environment, name)["DBInstanceStatus"]
        environment.report.working(name, status)
        if status == "available":
            break
        if status.startswith(BROKEN):
            message = f"{name} is {status}: the backup could not be restored"
            raise CommandError(Exit.FAILED, message, environment.command_line)
        environment.pause(pause)
    environment.report.working(name)


def left(environment: Environment) -> "list[DBInstanceTypeDef]":
    """Return the instances that drills of this environment have left."""
    if not any(stack.of_type(INSTANCE) for stack in environment.own_stacks):
        return []
    return [
        found
        for page in environment.clients.rds.get_paginator("describe_db_instances").paginate()
        for found in page["DBInstances"]
        if _is_of_drill(environment, found)
    ]


def _is_of_drill(environment: Environment, found: "DBInstanceTypeDef") -> bool:
    tags = tags_of(found.get("TagList", []))
    return TAG in tags and owner_tags(environment).items() <= tags.items()


def remove_left(environment: Environment) -> None:
    """Remove what drills have left; the caller holds the lease, so that none is under way."""
    for found in left(environment):
        name = found["DBInstanceIdentifier"]
        environment.report.say(f"{name}: an earlier drill left it")
        _remove(environment, name)


def say_left(environment: Environment) -> list[Check]:
    """Say which instances of drills there are: of one that runs, or of a killed one."""
    return say_check(environment.report, "restore drill", partial(_left, environment))


def _left(environment: Environment) -> Iterator[Found]:
    for found in left(environment):
        name, drill = found["DBInstanceIdentifier"], environment.command("restore", drill=True)
        says = f"{name} is billed; a drill is under way, or a killed one left it"
        yield WARNING, says, f"{drill}\nor: {delete_command(environment, found)}"


def _remove(environment: Environment, name: str, *, is_patient: bool = True) -> None:
    """Delete the instance of a drill without a snapshot.

    RDS deletes no instance that it is making: a patient call waits for that, and until the
    instance is gone. Another one raises CommandError.
    """
    try:
        for pause in pauses():
            if _is_deleted(environment, name, is_patient=is_patient):
                break
            environment.report.working(name, "waits until RDS can delete it")
            environment.pause(pause)
        if is_patient:
            environment.report.working(name, "is being deleted")
            wait_until_gone(environment, name)
    finally:
        environment.report.working(name)
    environment.report.say(f"{name}: removed" if is_patient else f"{name}: RDS removes it")


def _is_deleted(environment: Environment, name: str, *, is_patient: bool) -> bool:
    """Ask RDS to delete the instance; return whether it is gone or being deleted."""
    rds, found = environment.clients.rds, find_instance(environment, name)
    if found is None or found["DBInstanceStatus"] == "deleting":
        return True
    if not _is_of_drill(environment, found):
        raise _foreign(environment, name)
    try:
        rds.delete_db_instance(
            DBInstanceIdentifier=name, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
        )
    except rds.exceptions.DBInstanceNotFoundFault:
        return True  # the answer was lost, and the SDK made the call again
    except rds.exceptions.InvalidDBInstanceStateFault:
        if is_patient:
            return False
        message = f"RDS deletes no instance that is {found['DBInstanceStatus']}"
        raise CommandError(Exit.INTERRUPTED, message) from None
    return True
