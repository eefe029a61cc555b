"""Delete an environment in reverse order, and print what stays."""

import sys
from argparse import Namespace
from collections.abc import Mapping

from cfnlink.operations.deletion import remove
from cfnlink.operations.earlier import (
    all_instances,
    delete_earlier,
    delete_left_logs,
    delete_without_snapshot,
    earlier_instances,
)
from cfnlink.operations.instances import (
    INSTANCE,
    refuse_stopped,
    takes_no_snapshot,
    without_snapshot,
)
from cfnlink.operations.kept import Kept, backups, month
from cfnlink.operations.lease import lease, parameter
from cfnlink.operations.outcome import CommandError, Exit, counted
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.protection import without_protection
from cfnlink.operations.report import Reporter
from cfnlink.operations.target import SHARED_TIER, Stack, Target

PRODUCTION = "production"


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """Run `destroy`: delete every stack except the shared one, after a confirmation."""
    _confirm(target, report, options.yes, options.really)
    kept: dict[tuple[str, str], str] = {}
    with lease(target, report, "destroy", options.wait * 60):
        gone = [
            stack.name
            for stack in reversed(target.stacks)
            if stack.tier != SHARED_TIER and _delete(target, report, stack, kept)
        ]
        for stack in target.stacks:
            delete_left_logs(target, report, stack)
        left = [*_left(target, kept), f"the SSM parameter {parameter(target)}, which is free"]
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


def _delete(
    target: Target, report: Reporter, stack: Stack, kept: dict[tuple[str, str], str]
) -> bool:
    """Delete one stack in any state, add what it kept; return whether it existed."""
    deployed = wait_until_idle(target, report, stack)
    if deployed is None:
        report.say(f"{stack.name}: not there")
        return False
    delete_earlier(target, report, stack)
    with without_protection(target, report, stack, deployed):
        delete_without_snapshot(target, report, stack)
        for each in remove(target, report, stack, deployed):
            kept[stack.name, each.logical_id] = each.id
    return True


def _left(target: Target, kept: Mapping[tuple[str, str], str]) -> list[str]:
    """Return what is kept on purpose, with its cost.

    kept: the physical ids that this run learned, by stack and logical id.
    """
    from cfnlink.cost.bill import bill_of  # noqa: PLC0415 (only here, and a second)

    bill = bill_of(target.folder)
    left = []
    for stack in target.stacks:
        if stack.tier == SHARED_TIER:
            shared = month(bill.sum(tier=stack.tier))
            left.append(f"{stack.name}, which other environments may use{shared}")
            continue
        for name, body in stack.template["Resources"].items():
            if str(body.get("DeletionPolicy")).startswith("Retain"):
                found = Kept(name, body["Type"], kept.get((stack.name, name), ""))
                left.append(found.words(target, stack, bill))
        left += backups(target, stack, bill)
    return left
