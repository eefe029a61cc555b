"""What protects a stack and its database: deploy sets it, status compares, destroy lifts it.

A stack has termination protection, a stack policy under which the database is neither replaced
nor deleted, and the instance has deletion protection where the template says so. The policy
hinders no deletion of the stack, so destroy leaves it as it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, one_line
from cfnlink.operations.instances import INSTANCE, find_instance, modify_instance
from cfnlink.operations.stack_policy import StackPolicy, document
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    StackResource,
    allowed_action,
    find,
    of_type,
    resources,
    wait_until,
)

if TYPE_CHECKING:
    from mypy_boto3_rds.type_defs import DBInstanceTypeDef

# Statuses of an instance that no work of RDS ends soon; most begin with one of these.
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html (2026-11)
STEADY = (
    *("available", "deleting", "failed", "inaccessible", "incompatible", "insufficient"),
    *("restore-error", "stopped", "storage-full", "storage-optimization"),
)


@dataclass(frozen=True)
class Gap:
    """A protection that is not set at AWS, and the call that sets it."""

    words: str
    set: Callable[[], object]
    is_of_instance: bool = False
    """Whether the template states it. The others only deploy sets, not the AWS CLI."""


def gaps(
    environment: Environment, stack: Stack, deployed: DeployedStack, there: list[StackResource]
) -> Iterator[Gap]:
    """Yield the protections that a deployed stack and its database lack.

    there: the resources that the stack has. A stack policy is for updates, and some states
    take none.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
    """
    formation = environment.clients.cloudformation
    yield from _of_instances(environment, stack, there)
    if not deployed.protected:
        protect_stack = partial(
            formation.update_termination_protection,
            StackName=stack.name,
            EnableTerminationProtection=True,
        )
        yield Gap(f"{stack.name} has no termination protection", protect_stack)
    policy = StackPolicy(environment, stack)
    guarded = policy.guarded(there)
    wanted = document(guarded)
    can_change = allowed_action(deployed) == StackAction.UPDATE
    if guarded and can_change and policy.current() != wanted:
        words = f"the policy of {stack.name} does not keep {', '.join(guarded)}"
        yield Gap(words, partial(policy.set, wanted))


def _of_instances(
    environment: Environment, stack: Stack, there: list[StackResource]
) -> Iterator[Gap]:
    """Yield the gaps of the instances that the template protects from deletion."""
    ids = {each.logical_id: each.id for each in there if each.id}
    for logical_id, body in stack.of_type(INSTANCE).items():
        if body.get("DeletionProtection") not in (True, "true") or logical_id not in ids:
            continue
        name = ids[logical_id]
        found = find_instance(environment, name)
        if found and not found.get("DeletionProtection"):
            words = f"{name} has no deletion protection; the template states it"
            yield Gap(words, partial(_protect_instance, environment, name), True)


def protect(environment: Environment, stack: Stack, deployed: DeployedStack) -> list[str]:
    """Set the protections that a stack lacks; return each in words."""
    closed = []
    for gap in gaps(environment, stack, deployed, resources(environment, stack.name)):
        gap.set()
        closed.append(gap.words)
    return closed


@contextmanager
def without_protection(
    environment: Environment, stack: Stack, deployed: DeployedStack
) -> Iterator[None]:
    """Remove every protection for the deletion of a stack; set it again if the stack stays."""
    try:
        _remove_protection(environment, stack, deployed)
        yield
    except BaseException:
        _put_back(environment, stack, deployed)
        raise


@contextmanager
def without_instance_protection(
    environment: Environment, found: "DBInstanceTypeDef"
) -> Iterator[None]:
    """Remove the protection of an instance of no stack; set it again if its deletion fails."""
    if not found.get("DeletionProtection"):
        yield
        return
    try:
        _unprotect_instance(environment, found["DBInstanceIdentifier"])
        yield
    except BaseException:
        # The first error is the one to tell.
        with suppress(BotoCoreError, ClientError, CommandError):
            _protect_instance(environment, found["DBInstanceIdentifier"])
        raise


def _remove_protection(environment: Environment, stack: Stack, deployed: DeployedStack) -> None:
    """Remove the protection of the instances and of the stack from deletion."""
    for name in of_type(resources(environment, stack.name), INSTANCE):
        found = find_instance(environment, name)
        if found and found.get("DeletionProtection"):
            _unprotect_instance(environment, name)
    unprotect(environment, deployed)


def _protect_instance(environment: Environment, name: str) -> None:
    modify_instance(environment, name, DeletionProtection=True)


def _unprotect_instance(environment: Environment, name: str) -> None:
    """Remove the protection of an instance, and wait until a final snapshot can be taken.

    RDS lifts it at once, for every value of ApplyImmediately, which would apply each pending
    change, too. While an instance is modified, RDS takes no snapshot of it.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html
    """
    modify_instance(environment, name, DeletionProtection=False)

    def is_steady() -> bool:
        found = find_instance(environment, name)
        return found is None or found["DBInstanceStatus"].startswith(STEADY)

    wait_until(environment, is_steady)


def unprotect(environment: Environment, deployed: DeployedStack) -> None:
    """Lift the termination protection of a stack."""
    if deployed.protected:
        environment.clients.cloudformation.update_termination_protection(
            StackName=deployed.name, EnableTerminationProtection=False
        )


def _put_back(environment: Environment, stack: Stack, deployed: DeployedStack) -> None:
    """Set the protections again, unless AWS deletes the stack, or has deleted it."""
    try:
        now = find(environment, deployed.id)
        if now is None or now.status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
            return
        for words in protect(environment, stack, now):
            environment.report.say(f"{stack.name}: put back, since the stack stays: {words}")
    except (BotoCoreError, ClientError, CommandError) as error:
        fix = f"fix: {environment.command('deploy')}"
        environment.report.say(f"{stack.name} may be unprotected: {one_line(error)}; {fix}")
