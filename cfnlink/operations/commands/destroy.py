"""Delete an environment in reverse order, and print what stays."""

import sys
from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING

from cfnlink.operations.deletion import remove
from cfnlink.operations.drill_instance import remove_left
from cfnlink.operations.earlier import (
    all_instances,
    delete_earlier,
    delete_left_logs,
    delete_without_snapshot,
    earlier_instances,
)
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit, counted
from cfnlink.operations.importers import refuse_imported
from cfnlink.operations.instances import (
    INSTANCE,
    refuse_stopped,
    takes_no_snapshot,
    without_snapshot,
)
from cfnlink.operations.kept import Kept, backups, month
from cfnlink.operations.lease import lease, parameter
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.protection import without_protection
from cfnlink.operations.stacks import find

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

PRODUCTION = "production"


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `destroy`: delete every stack except the shared one, after a confirmation."""
    _confirm(environment, options.yes, options.really)
    kept: dict[tuple[str, str], str] = {}
    with lease(environment, "destroy", options.wait * 60):
        remove_left(environment)
        gone = [
            stack.name
            for stack in reversed(environment.own_stacks)
            if _delete(environment, stack, kept)
        ]
        for stack in environment.stacks:
            delete_left_logs(environment, stack)
        left = [
            *_left(environment, kept),
            f"the SSM parameter {parameter(environment)}, which is free",
        ]
    for line in left:
        environment.report.say(f"left: {line}")
    environment.report.say(f"{environment.name} is deleted: {counted(len(gone), 'stack')}.")
    environment.report.result({"deleted": gone, "left": left})
    return Exit.DONE


def _confirm(environment: Environment, name: str | None, really: bool) -> None:
    """Ask for the environment's name, and for a second word if the database is protected."""
    there = [
        found for stack in environment.stacks for found in all_instances(environment, stack)
    ]
    kept = _reasons_to_keep(environment, there)
    command = environment.command_line_with(yes=environment.name, really=bool(kept))
    if kept and not really:
        message = f"refused to destroy {environment.name}: {'; '.join(kept)}"
        raise CommandError(Exit.DATA, message, f"if you mean it: {command}")
    if name is None and sys.stdin.isatty():
        who = environment.clients.sts.get_caller_identity()["Account"]
        name = environment.report.ask(
            f"This deletes {environment.project}-{environment.name} and its database in "
            f"account {who}, {environment.region}. Type the environment's name to go on: "
        )
    if name != environment.name:
        said = f"{name} is not the environment's name" if name else "its name was not given"
        message = f"{environment.name} was not touched: {said}"
        raise CommandError(Exit.UNUSABLE, message, f"if you mean it: {command}")
    for found in there:
        refuse_stopped(environment, found)
    refuse_imported(environment)


def _reasons_to_keep(environment: Environment, there: "list[DBInstanceTypeDef]") -> list[str]:
    """Return why an environment should stay; there: its instances, as RDS has them."""
    deployed = [stack for stack in environment.own_stacks if find(environment, stack.name)]
    kept = [
        f"{stack.name} protects its database"
        for stack in deployed
        for body in stack.of_type(INSTANCE).values()
        if body.get("DeletionProtection") in (True, "true")
    ]
    kept += [
        f"{found['DBInstanceIdentifier']}, an earlier instance, is protected"
        for stack in environment.stacks
        for found in earlier_instances(environment, stack)
        if found.get("DeletionProtection")
    ]
    kept += [
        f"{found['DBInstanceIdentifier']}: {without_snapshot(environment, found)}"
        for found in there
        if takes_no_snapshot(found)
    ]
    if environment.name == PRODUCTION and (deployed or there):
        kept.insert(0, f"this is {PRODUCTION}")
    return kept


def _delete(environment: Environment, stack: Stack, kept: dict[tuple[str, str], str]) -> bool:
    """Delete one stack in any state, add what it kept; return whether it existed."""
    deployed = wait_until_idle(environment, stack)
    if deployed is None:
        environment.report.say(f"{stack.name}: not there")
        return False
    delete_earlier(environment, stack)
    with without_protection(environment, stack, deployed):
        delete_without_snapshot(environment, stack)
        for each in remove(environment, stack, deployed):
            kept[stack.name, each.logical_id] = each.id
    return True


def _left(environment: Environment, kept: Mapping[tuple[str, str], str]) -> list[str]:
    """Return what is kept on purpose, with its cost.

    kept: the physical ids that this run learned, by stack and logical id.
    """
    left = []
    for stack in environment.stacks:
        if stack.is_shared:
            shared = month(environment.bill.sum(tier=stack.tier))
            left.append(f"{stack.name}, which other environments may use{shared}")
            continue
        for name, body in stack.template["Resources"].items():
            if str(body.get("DeletionPolicy")).startswith("Retain"):
                found = Kept(name, body["Type"], kept.get((stack.name, name), ""))
                left.append(found.words(environment, stack))
        left += backups(environment, stack)
    return left
