"""Why an operation on a stack failed, and the next step."""

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.diagnosis import NO_CAUSE, Diagnosis, diagnose_stack
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import INSTANCE, lift_command
from cfnlink.operations.kept import kept_lines, kept_resources
from cfnlink.operations.stacks import StackAction, is_stuck, last_events, of_type, resources

REPAIRED = "when the cause is repaired"


def failure(environment: Environment, stack: Stack, stack_id: str, status: str) -> CommandError:
    """Return every cause of a failed operation, what it means, and the next step."""
    diagnosis = diagnose_stack(environment, stack, stack_id, status)
    if not diagnosis.findings:
        message = f"{stack.name} is {status}, and {NO_CAUSE}"
        return CommandError(Exit.FAILED, message, environment.command("status"))
    lines = diagnosis.words()
    lines += [
        f"  left at AWS, in no stack: {line}" for line in _kept(environment, stack, stack_id)
    ]
    steps = next_steps(environment, diagnosis, environment.command_line)
    return CommandError(Exit.FAILED, "\n".join(lines), steps)


def next_steps(
    environment: Environment, diagnosis: Diagnosis, again: str, when: str = REPAIRED
) -> str:
    """Return the steps that repair a stack, and the command that goes on: again.

    when: what has to be before that command.
    """
    steps = [step for step in diagnosis.steps if step != again]
    if is_stuck(diagnosis.status):
        return "\n".join(
            [*steps, _repair(environment, diagnosis.stack, diagnosis.status, again)]
        )
    if not any(again in step for step in steps):
        steps.append(f"{when}: {again}")
    return "\n".join(steps)


def _kept(environment: Environment, stack: Stack, stack_id: str) -> list[str]:
    """Return what the last operation left at AWS, in words."""
    events = last_events(environment, stack_id)
    return kept_lines(environment, stack, kept_resources(events))


def stuck(environment: Environment, stack: Stack, status: str) -> CommandError:
    """Of a stack of which AWS takes no change, the commands that free it."""
    message = f"{stack.name} is {status}: {StackAction.REPAIR.value}"
    steps = _repair(environment, stack, status, environment.command_line)
    return CommandError(Exit.FAILED, message, steps)


def _repair(environment: Environment, stack: Stack, status: str, again: str) -> str:
    """Return the steps that free a stack of which AWS takes no change, and go on: again."""

    def command(name: str, *words: str) -> str:
        return aws(environment, "cloudformation", name, "--stack-name", stack.name, *words)

    if status == "DELETE_FAILED":
        if environment.typed.name == "destroy" or again == environment.command("destroy"):
            return f"{REPAIRED}: {again}"
        unprotect = "update-termination-protection", "--no-enable-termination-protection"
        guarded = of_type(resources(environment, stack.name), INSTANCE)
        steps = [lift_command(environment, name) for name in guarded]
        steps += [command(*unprotect), command("delete-stack"), again]
        return f"{REPAIRED}: " + "\n".join(steps)
    if status == "IMPORT_ROLLBACK_FAILED":  # ContinueUpdateRollback takes no other state
        support = "no call goes on with the rollback of an import: ask AWS Support; then"
        return f"{command('describe-stack-events')}\n{support}: {again}"
    if status == "UPDATE_FAILED":
        return f"{command('rollback-stack')}\n{again}"
    steps = [f"{REPAIRED}: {command('continue-update-rollback')}"]
    there = resources(environment, stack.name)
    failed = [each.logical_id for each in there if each.status == "UPDATE_FAILED"]
    if failed:
        skip = command("continue-update-rollback", "--resources-to-skip", *failed)
        steps.append(f"if that fails again: {skip}")
    return "\n".join([*steps, again])
