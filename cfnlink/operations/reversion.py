"""The change set that also undoes what was changed outside CloudFormation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cfnlink.operations.change_set import ChangeSet, renamed
from cfnlink.operations.changes import left_alone, stays
from cfnlink.operations.drift import drift_aware
from cfnlink.operations.environment import Environment, Stack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import CreateChangeSetInputTypeDef


@dataclass(frozen=True)
class Reversion:
    """A change set, or None if nothing changes.

    left: what AWS itself sets and would undo, so that the change set undoes no drift of the
    stack. stays: the other drift of the stack, in words.
    """

    change_set: ChangeSet | None
    left: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


def reversion(
    environment: Environment, stack: Stack, asked: "CreateChangeSetInputTypeDef"
) -> Reversion:
    """Return the change set that undoes the drift of a deployed stack, if it may."""
    found = ChangeSet.create(environment, stack, drift_aware(asked))
    left = tuple(left_alone(found.changes)) if found else ()
    if found is None or not left:
        return Reversion(found)
    found.discard()
    without = ChangeSet.create(environment, stack, renamed(stack, asked))
    return Reversion(without, left, tuple(stays(found.changes)))
