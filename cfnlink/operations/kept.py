"""What the deletion of a stack leaves at AWS: its price, and the command that deletes it."""

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.aws.catalogue import resource_type
from cfnlink.cost.database_meters import automated_backups
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.earlier import is_generation, stated_names
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.instances import manual_snapshots
from cfnlink.operations.operation_events import is_of_stack
from cfnlink.operations.shared import is_refusal
from cfnlink.system.link import system_id

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import OperationEventTypeDef
    from mypy_boto3_rds.type_defs import DBSnapshotTypeDef


@dataclass(frozen=True)
class Kept:
    """A resource that a deletion left at AWS; id: the physical one, empty where not known."""

    logical_id: str
    type: str
    id: str

    def words(self, environment: Environment, stack: Stack) -> str:
        """Return the resource with its price and, where its id is known, how to delete it."""
        cost = month(environment.bill.sum(resource=system_id(stack.tier, self.logical_id)))
        line = f"{self.logical_id} ({self.type}) of {stack.name}{cost}"
        if not self.id:
            return f"{line}, if it was ever deployed"
        return f"{line}, until you delete it: {self._delete(environment)}"

    def _delete(self, environment: Environment) -> str:
        words = resource_type(self.type).deleted_by
        if words:
            return aws(environment, *(word.replace("{id}", self.id) for word in words))
        # Version 1 of the AWS CLI reads the page of an address that is an option's value:
        # https://docs.aws.amazon.com/cli/latest/userguide/cliv2-migration-changes.html
        request = json.dumps({"TypeName": self.type, "Identifier": self.id})
        by_name = "--type-name", self.type, "--identifier", self.id
        named = ("--cli-input-json", request) if "://" in self.id else by_name
        return aws(environment, "cloudcontrol", "delete-resource", *named)


def kept_resources(events: Iterable["OperationEventTypeDef"]) -> list[Kept]:
    """Return each resource that should have been deleted and that AWS still has.

    events: those of a stack, the oldest first.
    """
    last = {
        event["LogicalResourceId"]: event
        for event in events
        if event.get("ResourceStatus") and not is_of_stack(event)
    }
    return [
        Kept(name, event["ResourceType"], event.get("PhysicalResourceId", ""))
        for name, event in last.items()
        if event["ResourceStatus"] == "DELETE_SKIPPED"
    ]


def left_of(environment: Environment, stack: Stack, kept: Iterable[Kept]) -> list[str]:
    """Return the lines about what a deleted stack left, and the backups of its database."""
    lines = kept_lines(environment, stack, kept)
    if not stated_names(stack):
        return lines
    try:
        return [*lines, *backups(environment, stack)]
    except ClientError as error:
        if not is_refusal(error):
            raise
        return [*lines, f"the backups of {stack.name}, if any: this role may not list them"]


def kept_lines(environment: Environment, stack: Stack, kept: Iterable[Kept]) -> list[str]:
    """Return a line for each resource that a stack left."""
    return [each.words(environment, stack) for each in kept]


def month(amount: float, most: bool = False) -> str:
    """Return the monthly cost as the end of a line, or nothing."""
    return f", {'at most ' if most else ''}{amount:,.2f} USD a month" if amount else ""


def backups(environment: Environment, stack: Stack) -> Iterator[str]:
    """Yield the backups of the instances of a stack, of all generations.

    They are billed up to the storage of each.
    """
    for stated in stated_names(stack).values():
        instances = {stated: None}
        for found in _snapshots(environment, stated):
            instances[found["DBInstanceIdentifier"]] = None
            name = found["DBSnapshotIdentifier"]
            cost = environment.bill.backup(found["AllocatedStorage"])
            delete = aws(
                environment, "rds", "delete-db-snapshot", "--db-snapshot-identifier", name
            )
            yield f"snapshot {name}{month(cost, most=True)}, until you delete it: {delete}"
        for instance in instances:
            yield from _automated(environment, instance)


def _snapshots(environment: Environment, stated: str) -> Iterator["DBSnapshotTypeDef"]:
    for found in manual_snapshots(environment):
        if is_generation(found["DBInstanceIdentifier"], stated):
            yield found


def _automated(environment: Environment, instance: str) -> Iterator[str]:
    rds = environment.clients.rds
    with suppress(ClientError):  # there may be none, or a role may not look
        answer = rds.describe_db_instance_automated_backups(DBInstanceIdentifier=instance)
        for found in answer["DBInstanceAutomatedBackups"]:
            days = found["BackupRetentionPeriod"]
            stays = automated_backups(found["AllocatedStorage"], days)
            cost = environment.bill.backup(stays)
            in_all = f", at most {cost:,.2f} USD in all" if cost else ""
            yield f"automated backups of {instance}{in_all}, until their {days} days are over"
