"""What AWS would change in a stack, asked before a deployment and without a change."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.change_set import PLAN, ChangeSet, renamed, request
from cfnlink.operations.changes import Change
from cfnlink.operations.difference import differences
from cfnlink.operations.earlier import refuse_without_snapshot
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import stuck
from cfnlink.operations.order import Before, Template
from cfnlink.operations.reversion import reversion
from cfnlink.operations.shared import is_refusal
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    all_exports,
    allowed_action,
    deployed_template,
    find,
)
from cfnlink.operations.watching import with_deployment_alarms
from cfnlink.system.context import is_same
from cfnlink.system.replacement import MAYBE

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import CreateChangeSetInputTypeDef


def by_change_set(
    environment: Environment,
    stack: Stack,
    asked: "CreateChangeSetInputTypeDef",
    *,
    reverts_drift: bool = False,
    say: Callable[[str], None] | None = None,
) -> ChangeSet | None:
    """Return what AWS would change, and its warnings; None if nothing changes.

    The change set is deleted again. say: takes what drift stays, in place of the reporter.
    """
    say = say or environment.report.say
    asked = renamed(stack, asked, PLAN)
    change_set = _created(environment, stack, asked, say if reverts_drift else None)
    if change_set:
        change_set.discard()
    return change_set


def _created(
    environment: Environment,
    stack: Stack,
    asked: "CreateChangeSetInputTypeDef",
    say: Callable[[str], None] | None,
) -> ChangeSet | None:
    """Return the change set; with `say` one that undoes drift, which takes what drift stays."""
    if say is None:
        return ChangeSet.create(environment, stack, asked)
    found = reversion(environment, stack, asked)
    for line in (*found.left, *(f"stays with it: {each}" for each in found.stays)):
        say(f"{stack.name}: {line}")
    return found.change_set


def by_templates(
    environment: Environment, stack: Stack, before: Template | None
) -> tuple[Change, ...]:
    """Return the difference between a deployed template, if any, and the folder's."""
    resources = (before or {}).get("Resources", {})
    found = differences(resources, stack.template["Resources"], environment.region)
    return tuple(each.change(stack.name, stack.tier, each.id) for each in found)


def refusable(
    environment: Environment,
    image_tag: str | None,
    before: Before,
    *,
    reverts_drift: bool = False,
) -> Iterator[Change]:
    """Yield the changes of the stacks that exist, before the first of them changes.

    before: returns the template of a stack at AWS. A stack whose template and parameters are
    the folder's is asked for no change set, unless reverts_drift: it asks what was changed
    outside CloudFormation, but for the stack that other environments share. Raises CommandError
    for a stack that AWS does not change before it is repaired. What another stack's change
    brings shows in a stack's own change set later.
    """
    exported = cache(partial(all_exports, environment))
    for stack in environment.stacks:
        deployed = find(environment, stack.name)
        action = allowed_action(deployed)
        if deployed and action == StackAction.REPAIR:
            raise stuck(environment, stack, deployed.status)
        if action == StackAction.CLEAN:
            refuse_without_snapshot(environment, stack)
        if deployed is None or action != StackAction.UPDATE:
            continue
        watched = with_deployment_alarms(environment, stack, deployed)
        template, asked = before(stack.name), request(watched, deployed, image_tag)
        reverts = reverts_drift and not (stack.is_shared and len(environment.stacks) > 1)
        if not reverts and _is_as_asked(stack, deployed, template, asked):
            continue
        environment.report.working(stack.name, "asking AWS what would change")
        changes = None
        if not environment.imports(stack) - exported().keys():
            changes = _asked_early(environment, stack, asked, reverts)
        if changes is None:
            found = by_templates(environment, stack, template)
            changes = tuple(each for each in found if each.how != MAYBE)
        yield from changes
        environment.report.working(stack.name)


def is_as_folder(environment: Environment, stack: Stack, deployed: DeployedStack) -> bool:
    """Return whether the template and the parameters of a stack at AWS are the folder's.

    It needs no change set. Values that the folder does not state are those of the stack.
    """
    watched = with_deployment_alarms(environment, stack, deployed)
    try:
        asked = request(watched, deployed, None)
    except CommandError:
        return False
    template = deployed_template(environment, stack.name)
    return _is_as_asked(stack, deployed, template, asked)


def _is_as_asked(
    stack: Stack,
    deployed: DeployedStack,
    template: Template | None,
    asked: "CreateChangeSetInputTypeDef",
) -> bool:
    """Whether a change set would ask for the template and the values that a stack has."""
    return is_same(template, stack.template) and not _has_new_values(deployed, asked)


def _has_new_values(deployed: DeployedStack, asked: "CreateChangeSetInputTypeDef") -> bool:
    """Whether a change set gives a parameter another value."""
    return any(
        each["ParameterValue"] != deployed.parameters.get(each["ParameterKey"])
        for each in asked.get("Parameters", [])
        if "ParameterValue" in each
    )


def _asked_early(
    environment: Environment,
    stack: Stack,
    asked: "CreateChangeSetInputTypeDef",
    reverts_drift: bool,
) -> tuple[Change, ...] | None:
    """Return the changes as AWS says them now.

    None if AWS makes no change set yet: an earlier stack's change may be what it lacks. The
    shared stack has no change where the caller may only read it: the deployment leaves it.
    """
    try:
        change_set = by_change_set(environment, stack, asked, reverts_drift=reverts_drift)
    except CommandError as error:
        if error.code not in (Exit.FAILED, Exit.BUSY):
            raise
        return None
    except ClientError as error:
        if stack.is_shared and is_refusal(error):
            return ()
        raise
    return change_set.changes if change_set else ()
