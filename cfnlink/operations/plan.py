"""What a deployment would change, said before it does; nothing is changed."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from cfnlink.operations.change_sets import discard, prepare, request
from cfnlink.operations.changes import Change, refuse
from cfnlink.operations.difference import differences
from cfnlink.operations.failure import stuck
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.order import reversals
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.report import Reporter
from cfnlink.operations.shared import is_as_in_folder, is_refusal
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    all_exports,
    allowed_action,
    deployed_template,
    find,
)
from cfnlink.operations.target import IMAGE_TAG, SHARED_TIER, Stack, Target

PLACEHOLDER_TAG = "not-released-yet"


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """The command `plan`: stack by stack, in deployment order, what would change."""
    target = target.only(options.only) if options.only else target
    image_tag, allowed = options.tag, options.allow
    exported = all_exports(target).keys()
    found = {stack.name: find(target, stack.name) for stack in target.stacks}
    changes: list[Change] = []
    without: list[str] = []
    for stack in target.stacks:
        report.working(stack.name, "asking AWS what would change")
        missing = target.imports(stack) - exported
        changed = _of_stack(target, report, stack, found[stack.name], image_tag, missing)
        changes += changed
        without += [stack.name] * bool(missing)
        report.working(stack.name)
    _say_if_new(target, report, found)
    report.result({"changes": [asdict(change) for change in changes], "offline": without})
    first = any(stack.takes(IMAGE_TAG) for stack in target.stacks)
    tagged = any(deployed and IMAGE_TAG in deployed.parameters for deployed in found.values())
    for reversal in reversals(target, partial(deployed_template, target)):
        report.say(reversal.words())
    say_left_over(target, report)
    refuse(target, changes, allowed, "deploy")
    if changes:
        tag = image_tag or (ANY_TAG if first and not tagged else None)
        report.next(target.command("deploy", tag=tag))
    else:
        report.say("Nothing would change.")
    return Exit.DONE


def _say_if_new(
    target: Target, report: Reporter, found: Mapping[str, DeployedStack | None]
) -> None:
    """Say that an environment has no stack yet."""
    own = [found[stack.name] for stack in target.stacks if stack.tier != SHARED_TIER]
    if own and not any(own):
        report.say(
            f"No stack of {target.project}-{target.environment} exists here. If it was "
            "renamed, the old one stays as it is: this is a new one, with an empty database."
        )


def _of_stack(  # noqa: PLR0913 (what is known of the stack before)
    target: Target,
    report: Reporter,
    stack: Stack,
    deployed: DeployedStack | None,
    image_tag: str | None,
    missing: set[str],
) -> tuple[Change, ...]:
    """The changes of one stack, said as they are found."""
    state = allowed_action(deployed)
    if deployed and state == StackAction.WAIT:
        message = f"{stack.name} is busy: {deployed.status}"
        raise CommandError(Exit.BUSY, message, f"when that is done: {target.command_line}")
    if deployed and state == StackAction.REPAIR:
        raise stuck(target, stack, deployed.status)
    if deployed and state == StackAction.CLEAN:
        changes = _by_template(target, stack, None)
        how = (
            f"it is {deployed.status} and never came up: it would be deleted and created again"
        )
    elif missing:
        changes = _by_template(target, stack, deployed)
        how = (
            f"from the templates alone: no change set can be made before {min(missing)} "
            "is exported"
        )
    else:
        changes, how = _by_change_set(target, stack, deployed, image_tag)
    report.say(f"{stack.name}: {how}" if changes else f"{stack.name}: no changes")
    for change in changes:
        report.say(change.words())
    return changes


def _by_change_set(
    target: Target, stack: Stack, deployed: DeployedStack | None, image_tag: str | None
) -> tuple[tuple[Change, ...], str]:
    """The changes as AWS says them, and how they were found."""
    shared = stack.tier == SHARED_TIER
    if shared and is_as_in_folder(target, stack, deployed):
        return (), ""
    deployed = deployed if allowed_action(deployed) == StackAction.UPDATE else None
    asked = request(stack, deployed, image_tag, PLACEHOLDER_TAG)
    try:
        prepared = prepare(target, stack, deployed, asked)
    except ClientError as error:
        if not shared or not is_refusal(error):
            raise
        how = "from the templates alone: this role may only read it"
        return _by_template(target, stack, deployed), how
    if prepared:
        discard(target, stack, prepared)
    changes = prepared.changes if prepared else ()
    return changes, "by a change set" if deployed else "new, by a change set"


def _by_template(
    target: Target, stack: Stack, deployed: DeployedStack | None
) -> tuple[Change, ...]:
    """The difference between the deployed template and the new one."""
    before: dict[str, Any] = {}
    if deployed:
        before = (deployed_template(target, stack.name) or {}).get("Resources", {})
    found = differences(before, stack.template["Resources"], target.folder.region)
    return tuple(each.change(stack.name, stack.tier, each.id) for each in found)
