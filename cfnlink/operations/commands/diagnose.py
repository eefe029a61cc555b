"""Say why the last operation failed, and the next command."""

from types import SimpleNamespace

from cfnlink.operations.diagnosis import Diagnosis, diagnose_stack
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import Exit, counted
from cfnlink.operations.failure import REPAIRED, next_steps
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.operation_events import last_attempt
from cfnlink.operations.stacks import (
    GOOD,
    DeployedStack,
    StackAction,
    allowed_action,
    find,
)

DELETION = "DELETE_STACK"


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `diagnose`: FAILED if something failed, BUSY if an operation is under way.

    It reads only, and reports each stack of the environment, those that others need first.
    """
    found: list[tuple[Diagnosis, DeployedStack]] = []
    under_way: list[str] = []
    deployed = 0
    for stack in environment.stacks:
        environment.report.working(stack.name, "asking AWS what failed")
        there = find(environment, stack.name)
        if there and there.status.endswith("_IN_PROGRESS"):
            under_way.append(stack.name)
        if there and allowed_action(there) != StackAction.CREATE:
            deployed += 1
            found += _of_stack(environment, stack, there, options.resolver)
        environment.report.working(stack.name)
    environment.report.result(
        {
            "stacks": [
                {
                    "stack": each.stack.name,
                    "status": each.status,
                    "findings": [finding.as_result() for finding in each.findings],
                }
                for each, _ in found
            ],
            "under_way": under_way,
        }
    )
    if found:
        _say(environment, found)
        return Exit.FAILED
    if under_way:
        environment.report.say(f"Nothing has failed; under way: {', '.join(under_way)}.")
        environment.report.next(f"when that is done: {environment.command_line}")
        return Exit.BUSY
    environment.report.say(f"Nothing has failed: {counted(deployed, 'stack')} deployed.")
    environment.report.next(environment.command("status" if deployed else "plan"))
    return Exit.DONE


def _of_stack(
    environment: Environment, stack: Stack, there: DeployedStack, resolver: str | None
) -> list[tuple[Diagnosis, DeployedStack]]:
    """Return the diagnosis of a stack; none if nothing is wrong with it."""
    diagnosis = diagnose_stack(environment, stack, there.id, there.status, resolver)
    is_well = there.status in GOOD or there.status.endswith("_IN_PROGRESS")
    return [] if is_well and not diagnosis.findings else [(diagnosis, there)]


def _say(environment: Environment, found: list[tuple[Diagnosis, DeployedStack]]) -> None:
    """Print what is wrong, stack by stack, and the next step for the first one."""
    for diagnosis, _ in found:
        for line in diagnosis.words():
            environment.report.say(line)
    diagnosis, there = next((each for each in found if each[0].has_root), found[0])
    again = _again(environment, diagnosis.stack, there)
    when = "when that is done" if there.status.endswith("_IN_PROGRESS") else REPAIRED
    environment.report.next(next_steps(environment, diagnosis, again, when))


def _again(environment: Environment, stack: Stack, there: DeployedStack) -> str:
    """Return the command that goes on where the last operation ended."""
    attempt = last_attempt(there.operations)
    if attempt and attempt[0].type == DELETION:
        return environment.command("destroy")
    if there.status.endswith("_IN_PROGRESS"):
        return environment.command("diagnose")
    if stack.image_tag and allowed_action(there) == StackAction.CLEAN:
        tag = environment.image_tag_of(there.parameters, stack.name)
        return environment.command("deploy", tag=tag or ANY_TAG)
    return environment.command("deploy")
