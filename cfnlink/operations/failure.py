"""Why an operation on a stack failed, and the next step."""

from collections.abc import Iterator, Sequence

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.causes import Cause, last_causes, roots
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import INSTANCE, lift_command
from cfnlink.operations.kept import kept_lines, kept_resources
from cfnlink.operations.operation_events import is_of_stack
from cfnlink.operations.service import stopped_tasks
from cfnlink.operations.stacks import StackAction, is_stuck, last_events, of_type, resources

REPAIRED = "when the cause is repaired"


def failure(environment: Environment, stack: Stack, stack_id: str, status: str) -> CommandError:
    """Return every cause of a failed operation, with its line of Python and the next step."""
    causes = last_causes(environment, stack_id)
    if not causes:
        why = _rollback_reason(environment, stack_id) or "AWS names no event that failed"
        message = f"{stack.name} is {status}: {why}"
        return CommandError(Exit.FAILED, message, environment.command("status"))
    lines = [f"{stack.name} is {status}: {len(causes)} causes"] if len(causes) > 1 else []
    for root in roots(causes):
        lines += _told(stack, root.causes, "" if lines else f"{stack.name} is {status}: ")
    lines += [
        f"  left at AWS, in no stack: {line}" for line in _kept(environment, stack, stack_id)
    ]
    if any(cause.type == "AWS::ECS::Service" for cause in causes):
        lines += [f"  {line}" for line in stopped_tasks(environment, stack)]
    if is_stuck(status):
        return CommandError(Exit.FAILED, "\n".join(lines), _repair(environment, stack, status))
    return CommandError(
        Exit.FAILED, "\n".join(lines), f"{REPAIRED}: {environment.command_line}"
    )


def _rollback_reason(environment: Environment, stack_id: str) -> str:
    """Return why AWS took an update back in which no resource failed: an alarm that is gone."""
    events = last_events(environment, stack_id)
    reasons = (
        each.get("ResourceStatusReason", "")
        for each in events
        if is_of_stack(each) and each.get("ResourceStatus", "").endswith("ROLLBACK_IN_PROGRESS")
    )
    return next(filter(None, reasons), "")


def _told(stack: Stack, causes: Sequence[Cause], head: str) -> Iterator[str]:
    """Yield the lines about causes with one root, and where each is written."""
    first, *others = causes
    yield f"{head or '  '}{first.words()}"
    indent = "  " if head else "    "
    for cause in causes:
        place = cause.place(stack)
        if others and cause is not first:
            yield f"{indent}the same of {cause.logical_id}"
        if place:
            yield f"{indent}written in {place.file}:{place.line}"


def _kept(environment: Environment, stack: Stack, stack_id: str) -> list[str]:
    """Return what the last operation left at AWS, in words."""
    events = last_events(environment, stack_id)
    return kept_lines(environment, stack, kept_resources(events))


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
