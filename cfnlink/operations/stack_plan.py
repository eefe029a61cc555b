"""What a deployment would do to one stack, asked from AWS without a change."""

from dataclasses import dataclass, replace

from botocore.exceptions import ClientError

from cfnlink.operations.change_set import request
from cfnlink.operations.changes import Change, is_metadata_alone
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import stuck
from cfnlink.operations.forecast import by_change_set
from cfnlink.operations.shared import is_as_in_folder, is_refusal
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    allowed_action,
    deployed_template,
)
from cfnlink.operations.watching import Watch, watch, with_deployment_alarms
from cfnlink.system.resource import Body

PLACEHOLDER_TAG = "not-released-yet"


@dataclass(frozen=True)
class StackPlan:
    """The stack at AWS, and what would change.

    how: how the changes were found. by_aws: the changes as a change set has them; None if
    there can be none, and the templates alone say what changes. deployed, before: the stack
    and its template at AWS. is_offline: whether a missing export forbids a change set.
    warnings: those of AWS. drift: lines about drift that stays. watched: the alarms that can
    take the update back.
    """

    stack: Stack
    how: str
    by_aws: tuple[Change, ...] | None = None
    deployed: DeployedStack | None = None
    before: Body | None = None
    is_offline: bool = False
    warnings: tuple[str, ...] = ()
    drift: tuple[str, ...] = ()
    watched: Watch | None = None


def check_state(environment: Environment, stack: Stack, deployed: DeployedStack | None) -> None:
    """Raise CommandError for a stack that AWS does not change now."""
    action = allowed_action(deployed)
    if deployed and action == StackAction.WAIT:
        message = f"{stack.name} is busy: {deployed.status}"
        raise CommandError(Exit.BUSY, message, f"when that is done: {environment.command_line}")
    if deployed and action == StackAction.REPAIR:
        raise stuck(environment, stack, deployed.status)


def plan(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    image_tag: str | None,
    missing: set[str],
) -> StackPlan:
    """Return the plan of a stack; missing: the exports that it imports and AWS lacks."""
    action = allowed_action(deployed)
    is_there = action == StackAction.UPDATE
    before = deployed_template(environment, stack.name) if is_there else None
    if deployed and action == StackAction.CLEAN:
        how = (
            f"it is {deployed.status} and never came up: it would be deleted and created again"
        )
        found = StackPlan(stack, how)
    elif missing:
        how = (
            f"from the templates alone: no change set can be made before {min(missing)} "
            "is exported"
        )
        found = StackPlan(stack, how, is_offline=True)
    else:
        there = deployed if is_there else None
        found = _by_change_set(environment, stack, there, image_tag)
    is_watched = is_there and found.by_aws != () and not is_metadata_alone(found.by_aws or ())
    watched = watch(environment, stack, deployed) if is_watched else None
    return replace(found, deployed=deployed, before=before, watched=watched)


def _by_change_set(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    image_tag: str | None,
) -> StackPlan:
    """Return the changes as AWS says them, if it does, how they were found, its warnings."""
    found = StackPlan(stack, "by a change set" if deployed else "new, by a change set", ())
    if stack.is_shared and is_as_in_folder(environment, stack, deployed):
        return found
    named = with_deployment_alarms(environment, stack, deployed)
    asked = request(named, deployed, image_tag, PLACEHOLDER_TAG)
    reverts = bool(deployed and environment.typed.options.get("revert_drift"))
    drift: list[str] = []
    try:
        change_set = by_change_set(
            environment, stack, asked, reverts_drift=reverts, say=drift.append
        )
    except ClientError as error:
        if not stack.is_shared or not is_refusal(error):
            raise
        how = "from the templates alone: this role may only read it"
        return replace(found, how=how, by_aws=None)
    if change_set is None:
        return replace(found, drift=tuple(drift))
    changes, warnings = change_set.changes, change_set.warnings
    return replace(found, by_aws=changes, warnings=warnings, drift=tuple(drift))
