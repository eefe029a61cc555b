"""Delete an environment in reverse order, and print what stays."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.deletion import remove
from cfnlink.operations.earlier import (
    all_instances,
    delete_earlier,
    delete_left_logs,
    delete_without_snapshot,
    earlier_instances,
    is_generation,
    stated_names,
)
from cfnlink.operations.instances import (
    INSTANCE,
    refuse_stopped,
    takes_no_snapshot,
    without_snapshot,
)
from cfnlink.operations.lease import lease, parameter
from cfnlink.operations.outcome import CommandError, Exit, counted
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.protection import without_protection
from cfnlink.operations.report import Reporter
from cfnlink.operations.target import SHARED_TIER, Stack, Target
from cfnlink.system.link import system_id

if TYPE_CHECKING:
    from cfnlink.cost.bill import Bill

PRODUCTION = "production"


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """Run `destroy`: delete every stack except the shared one, after a confirmation."""
    _confirm(target, report, options.yes, options.really)
    with lease(target, report, "destroy", options.wait * 60):
        gone = [
            stack.name
            for stack in reversed(target.stacks)
            if stack.tier != SHARED_TIER and _delete(target, report, stack)
        ]
        for stack in target.stacks:
            delete_left_logs(target, report, stack)
        left = [*_left(target), f"the SSM parameter {parameter(target)}, which is free"]
    for line in left:
        report.say(f"left: {line}")
    report.say(f"{target.environment} is deleted: {counted(len(gone), 'stack')}.")
    report.result({"deleted": gone, "left": left})
    return Exit.DONE


def _confirm(target: Target, report: Reporter, name: str | None, really: bool) -> None:
    """Ask for the environment's name, and for a second word if the database is protected."""
    kept = [
        f"{stack.name} protects its database"
        for stack in target.stacks
        for body in stack.of_type(INSTANCE).values()
        if body.get("DeletionProtection") in (True, "true")
    ]
    kept += [
        f"{found['DBInstanceIdentifier']}, an earlier instance, is protected"
        for stack in target.stacks
        for found in earlier_instances(target, stack)
        if found.get("DeletionProtection")
    ]
    there = [found for stack in target.stacks for found in all_instances(target, stack)]
    kept += [
        f"{found['DBInstanceIdentifier']}: {without_snapshot(target, found)}"
        for found in there
        if takes_no_snapshot(found)
    ]
    if target.environment == PRODUCTION:
        kept.insert(0, f"this is {PRODUCTION}")
    command = target.command_line_with(yes=target.environment, really=bool(kept))
    if kept and not really:
        message = f"refused to destroy {target.environment}: {'; '.join(kept)}"
        raise CommandError(Exit.DATA, message, f"if you mean it: {command}")
    if name is None and sys.stdin.isatty():
        who = target.client("sts").get_caller_identity()["Account"]
        name = report.ask(
            f"This deletes {target.project}-{target.environment} and its database in account "
            f"{who}, {target.folder.region}. Type the environment's name to go on: "
        )
    if name != target.environment:
        said = f"{name} is not the environment's name" if name else "its name was not given"
        message = f"{target.environment} was not touched: {said}"
        raise CommandError(Exit.UNUSABLE, message, f"if you mean it: {command}")
    for found in there:
        refuse_stopped(target, found)


def _delete(target: Target, report: Reporter, stack: Stack) -> bool:
    """Delete one stack in any state; return whether it existed."""
    deployed = wait_until_idle(target, report, stack)
    if deployed is None:
        report.say(f"{stack.name}: not there")
        return False
    delete_earlier(target, report, stack)
    with without_protection(target, report, stack, deployed):
        delete_without_snapshot(target, report, stack)
        remove(target, report, stack, deployed)
    return True


def _left(target: Target) -> list[str]:
    """Return what is kept on purpose, with its cost."""
    from cfnlink.cost.bill import bill_of  # noqa: PLC0415 (only here, and a second)

    bill = bill_of(target.folder)
    left = []
    for stack in target.stacks:
        if stack.tier == SHARED_TIER:
            shared = _month(bill.sum(tier=stack.tier))
            left.append(f"{stack.name}, which other environments may use{shared}")
            continue
        for name, body in stack.template["Resources"].items():
            if str(body.get("DeletionPolicy")).startswith("Retain"):
                month = _month(bill.sum(resource=system_id(stack.tier, name)))
                left.append(f"{name} ({body['Type']}) of {stack.name}{month}")
        for name in stated_names(stack).values():
            left += _backups(target, name, bill)
    return left


def _month(amount: float, most: bool = False) -> str:
    """Return the monthly cost as the end of a line, or nothing."""
    return f", {'at most ' if most else ''}{amount:,.2f} USD a month" if amount else ""


def _backups(target: Target, stated: str, bill: "Bill") -> Iterator[str]:
    """Yield the backups of all generations, which are billed up to the storage of each."""
    rds, instances = target.client("rds"), {stated: None}
    listed = "rds", "describe_db_snapshots", "DBSnapshots"
    for found in target.listed(*listed, SnapshotType="manual"):
        if not is_generation(found["DBInstanceIdentifier"], stated):
            continue
        instances[found["DBInstanceIdentifier"]] = None
        name, cost = found["DBSnapshotIdentifier"], bill.backup(found["AllocatedStorage"])
        delete = aws(target, "rds", "delete-db-snapshot", "--db-snapshot-identifier", name)
        yield f"snapshot {name}{_month(cost, most=True)}, until you delete it: {delete}"
    for instance in instances:
        with suppress(ClientError):  # there may be none, or a role may not look
            answer = rds.describe_db_instance_automated_backups(DBInstanceIdentifier=instance)
            for found in answer["DBInstanceAutomatedBackups"]:
                month = _month(bill.backup(found["AllocatedStorage"]), most=True)
                yield f"automated backups of {instance}{month}, until their days are over"
