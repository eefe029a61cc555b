"""The operations of a stack, and what AWS says of each: progress, failures, validations.

AWS gives each operation an id of its own, also the rollback that follows a failed one.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Unpack

from cfnlink.operations.environment import Environment

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import (
        DescribeEventsInputPaginateTypeDef,
        OperationEntryTypeDef,
        OperationEventTypeDef,
    )

ROLLBACKS = ("ROLLBACK", "CONTINUE_ROLLBACK")
CHANGE_SET = "CREATE_CHANGESET"
WARN = "WARN"
STACK = "AWS::CloudFormation::Stack"
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Operation:
    """One change of a stack that AWS has begun; type: such as UPDATE_STACK."""

    id: str
    type: str


def operations_of(found: "Iterable[OperationEntryTypeDef]") -> tuple[Operation, ...]:
    """Return the operations that the description of a stack names, the newest first."""
    return tuple(
        Operation(each.get("OperationId", ""), each.get("OperationType", "")) for each in found
    )


def last_attempt(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operation that began last and its rollbacks, the oldest first.

    operations: the newest first. A change set changes no resource, so it is left out.
    """
    changes = [each for each in operations if each.type != CHANGE_SET]
    rollbacks = [*takewhile(lambda each: each.type in ROLLBACKS, changes)]
    return tuple(reversed(changes[: len(rollbacks) + 1]))


def events_of(
    environment: Environment,
    stack_id: str,
    operations: Iterable[Operation],
    *,
    failed: bool = False,
) -> "list[OperationEventTypeDef]":
    """Return the events of some operations of a stack, the oldest first.

    failed: only those that say why an operation failed. The stack's id is given beside the
    operation's, because a policy can limit the action to stacks only; that AWS takes both is
    not verified.
    """
    events: list[OperationEventTypeDef] = []
    for operation in operations:
        asked: DescribeEventsInputPaginateTypeDef = {
            "StackName": stack_id,
            "OperationId": operation.id,
        }
        if failed:
            asked["Filters"] = {"FailedEvents": True}
        found = _events(environment, **asked)
        events += [each for each in found if each.get("OperationId") == operation.id]
    return events


def events_of_change_set(
    environment: Environment, stack: str, change_set_id: str
) -> "list[OperationEventTypeDef]":
    """Return the events of a change set, the oldest first; change_set_id: its ARN,
    stack: its stack's name.

    A validation may warn of a change set that AWS makes, so these are not the failed ones
    alone. AWS does not always take a name of a change set in place of its ARN:
    https://github.com/aws-cloudformation/cloudformation-cli/issues/1116
    """
    return _events(environment, StackName=stack, ChangeSetName=change_set_id)


def all_events(environment: Environment, stack_id: str) -> "list[OperationEventTypeDef]":
    """Return the events of all operations of a stack, the oldest first."""
    return _events(environment, StackName=stack_id)


def is_of_stack(event: "OperationEventTypeDef") -> bool:
    """Return whether an event is the stack's own, not a resource's."""
    stack = event.get("StackId")
    is_stack = event.get("ResourceType", STACK) == STACK
    return is_stack and event.get("PhysicalResourceId", stack) == stack


def is_warning(event: "OperationEventTypeDef") -> bool:
    """Return whether an event warns, so that the operation goes on."""
    return WARN in (event.get("ValidationFailureMode"), event.get("HookFailureMode"))


def _events(
    environment: Environment, **asked: Unpack["DescribeEventsInputPaginateTypeDef"]
) -> "list[OperationEventTypeDef]":
    """Return the events that AWS gives, which are the newest first, from the oldest on."""
    pages = environment.clients.cloudformation.get_paginator("describe_events").paginate(
        **asked
    )
    events = [event for page in pages for event in page["OperationEvents"]]
    events.reverse()  # those of one moment stay in this order
    return sorted(
        events,
        key=lambda event: event.get("Timestamp") or event.get("StartTime") or LONG_AGO,
    )
