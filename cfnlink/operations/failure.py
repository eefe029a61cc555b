"""Why an operation on a stack failed, and the next step."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cfnlink.lint.position import locate
from cfnlink.operations.aws_cli import aws
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import INSTANCE, lift_command
from cfnlink.operations.kept import kept_lines, kept_resources
from cfnlink.operations.service import stopped_tasks
from cfnlink.operations.stacks import (
    StackAction,
    is_stuck,
    of_stack,
    of_type,
    operation,
    resources,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import StackEventTypeDef

REPAIRED = "when the cause is repaired"


@dataclass(frozen=True)
class Cause:
    """The first fault of an operation."""

    stack: str
    logical_id: str
    type: str
    message: str


def first_cause(events: Iterable["StackEventTypeDef"]) -> Cause | None:
    """Return the first failure that is not the result of another one."""
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    own = [
        event
        for event in failed
        if not of_stack(event) and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    for event in [*own, *failed]:
        reason = event.get("ResourceStatusReason") or "AWS gives no reason"
        names = event["StackName"], event["LogicalResourceId"], event["ResourceType"]
        return Cause(*names, " ".join(reason.split()))
    return None


def failure(environment: Environment, stack: Stack, stack_id: str, status: str) -> CommandError:
    """Return the first cause of a failed operation, with its line of Python and the
    next step."""
    events = operation(environment, stack_id)
    cause = first_cause(events)
    if cause is None:
        message = f"{stack.name} is {status}, and its events hold no failure"
        return CommandError(Exit.FAILED, message, environment.command("status"))
    lines = [f"{stack.name} is {status}: {cause.logical_id} ({cause.type}): {cause.message}"]
    place = stack.source and locate(stack.source, ("Resources", cause.logical_id))
    if place:
        lines.append(f"  written in {place.file}:{place.line}")
    lines += [
        f"  left at AWS, in no stack: {line}"
        for line in kept_lines(environment, stack, kept_resources(events))
    ]
    if cause.type == "AWS::ECS::Service":
        lines += [f"  {line}" for line in stopped_tasks(environment, stack)]
    if is_stuck(status):
        return CommandError(Exit.FAILED, "\n".join(lines), _repair(environment, stack, status))
    return CommandError(
        Exit.FAILED, "\n".join(lines), f"{REPAIRED}: {environment.command_line}"
    )


def stuck(environment: Environment, stack: Stack, status: str) -> CommandError:
    """Of a stack of which AWS takes no change, the commands that free it."""
    message = f"{stack.name} is {status}: {StackAction.REPAIR.value}"
    return CommandError(Exit.FAILED, message, _repair(environment, stack, status))


def _repair(environment: Environment, stack: Stack, status: str) -> str:
    """Return the steps that free a stack of which AWS takes no change, and go on."""

    def command(name: str, *words: str) -> str:
        return aws(environment, "cloudformation", name, "--stack-name", stack.name, *words)

    if status == "DELETE_FAILED":
        if environment.typed.name == "destroy":
            return f"{REPAIRED}: {environment.command_line}"
        unprotect = "update-termination-protection", "--no-enable-termination-protection"
        guarded = of_type(resources(environment, stack.name), INSTANCE)
        steps = [lift_command(environment, name) for name in guarded]
        steps += [command(*unprotect), command("delete-stack"), environment.command_line]
        return f"{REPAIRED}: " + "\n".join(steps)
    if status == "IMPORT_ROLLBACK_FAILED":  # ContinueUpdateRollback takes no other state
        support = "no call goes on with the rollback of an import: ask AWS Support; then"
        return f"{command('describe-stack-events')}\n{support}: {environment.command_line}"
    if status == "UPDATE_FAILED":
        return f"{command('rollback-stack')}\n{environment.command_line}"
    steps = [f"{REPAIRED}: {command('continue-update-rollback')}"]
    there = resources(environment, stack.name)
    failed = [each.logical_id for each in there if each.status == "UPDATE_FAILED"]
    if failed:
        skip = command("continue-update-rollback", "--resources-to-skip", *failed)
        steps.append(f"if that fails again: {skip}")
    return "\n".join([*steps, environment.command_line])
