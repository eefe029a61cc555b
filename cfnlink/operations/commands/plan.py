"""What a deployment would change, said before it does; nothing is changed."""

from collections.abc import Mapping
from functools import partial
from types import SimpleNamespace

from botocore.exceptions import ClientError

from cfnlink.operations.change_set import request
from cfnlink.operations.changes import Change, as_result, lines, refuse
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import stuck
from cfnlink.operations.forecast import by_change_set, by_templates
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.order import reversals
from cfnlink.operations.shared import is_as_in_folder, is_refusal
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    all_exports,
    allowed_action,
    deployed_template,
    find,
)
from cfnlink.operations.traffic import refuse_while_moved
from cfnlink.operations.watching import watch, words_of

PLACEHOLDER_TAG = "not-released-yet"


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """The command `plan`: stack by stack, in deployment order, what would change."""
    environment = environment.only(options.only) if options.only else environment
    image_tag, allowed = options.tag, options.allow
    exported = all_exports(environment).keys()
    found = {stack.name: find(environment, stack.name) for stack in environment.stacks}
    changes: list[Change] = []
    warnings: list[str] = []
    without: list[str] = []
    for stack in environment.stacks:
        environment.report.working(stack.name, "asking AWS what would change")
        missing = environment.imports(stack) - exported
        deployed = found[stack.name]
        changed, warned = _of_stack(environment, stack, deployed, image_tag, missing)
        changes += changed
        warnings += warned
        if missing:
            without.append(stack.name)
        environment.report.working(stack.name)
    _say_if_new(environment, found)
    environment.report.result({**as_result(changes), "offline": without, "warnings": warnings})
    first = any(stack.image_tag for stack in environment.stacks)
    tagged = any(
        deployed and environment.image_tag_of(deployed.parameters, name)
        for name, deployed in found.items()
    )
    for reversal in reversals(environment, partial(deployed_template, environment)):
        environment.report.say(reversal.words())
    say_left_over(environment)
    refuse(environment, changes, allowed, "deploy")
    refuse_while_moved(environment, changes)
    if changes and all(each.is_metadata_alone for each in changes):
        environment.report.say("Nothing that runs would change.")
    if changes:
        tag = image_tag or (ANY_TAG if first and not tagged else None)
        environment.report.next(environment.command("deploy", tag=tag))
    else:
        environment.report.say("Nothing would change.")
    return Exit.DONE


def _say_if_new(environment: Environment, found: Mapping[str, DeployedStack | None]) -> None:
    """Say that an environment has no stack yet."""
    own = [found[stack.name] for stack in environment.own_stacks]
    if own and not any(own):
        environment.report.say(
            f"No stack of {environment.project}-{environment.name} exists here. If it was "
            "renamed, the old one stays as it is: this is a new one, with an empty database."
        )


def _of_stack(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    image_tag: str | None,
    missing: set[str],
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The changes of one stack and AWS's warnings, said as they are found."""
    state = allowed_action(deployed)
    found: tuple[str, ...] = ()
    if deployed and state == StackAction.WAIT:
        message = f"{stack.name} is busy: {deployed.status}"
        raise CommandError(Exit.BUSY, message, f"when that is done: {environment.command_line}")
    if deployed and state == StackAction.REPAIR:
        raise stuck(environment, stack, deployed.status)
    if deployed and state == StackAction.CLEAN:
        changes = _by_template(environment, stack, None)
        how = (
            f"it is {deployed.status} and never came up: it would be deleted and created again"
        )
    elif missing:
        changes = _by_template(environment, stack, deployed)
        how = (
            f"from the templates alone: no change set can be made before {min(missing)} "
            "is exported"
        )
    else:
        changes, how, found = _by_change_set(environment, stack, deployed, image_tag)
    environment.report.say(f"{stack.name}: {how}" if changes else f"{stack.name}: no changes")
    for line in lines(changes):
        environment.report.say(line)
    if changes and state == StackAction.UPDATE:
        for line in words_of(watch(environment, stack, deployed)):
            environment.report.say(line)
    for warning in found:
        environment.report.say(f"  warning: {warning}")
    return changes, found


def _by_change_set(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    image_tag: str | None,
) -> tuple[tuple[Change, ...], str, tuple[str, ...]]:
    """The changes as AWS says them, how they were found, and AWS's warnings."""
    shared = stack.is_shared
    if shared and is_as_in_folder(environment, stack, deployed):
        return (), "", ()
    deployed = deployed if allowed_action(deployed) == StackAction.UPDATE else None
    asked = request(stack, deployed, image_tag, PLACEHOLDER_TAG)
    reverts = bool(deployed and environment.typed.options.get("revert_drift"))
    try:
        change_set = by_change_set(environment, stack, asked, reverts_drift=reverts)
    except ClientError as error:
        if not shared or not is_refusal(error):
            raise
        how = "from the templates alone: this role may only read it"
        return _by_template(environment, stack, deployed), how, ()
    if change_set is None:
        return (), "", ()
    how = "by a change set" if deployed else "new, by a change set"
    return change_set.changes, how, change_set.warnings


def _by_template(
    environment: Environment, stack: Stack, deployed: DeployedStack | None
) -> tuple[Change, ...]:
    """The difference between the deployed template and the new one."""
    before = deployed_template(environment, stack.name) if deployed else None
    return by_templates(environment, stack, before)
