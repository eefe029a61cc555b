"""CloudFormation: change sets of a stack under review; stacks that take no update."""

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, stacks
from registry import Answer, Properties, patch


@patch(handlers, "_create_change_set")
def _create(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A second change set that creates a stack put another stack in its place."""
    held, sets = cloudformation._stacks, cloudformation._change_sets
    name = handlers._p(asked, "StackName")
    before = held.get(name)
    status, headers, body = old(asked)
    made = held.get(name)
    if not before or before["StackStatus"] != "REVIEW_IN_PROGRESS" or made is before:
        return status, headers, body
    held[name] = before
    if made is None:
        return status, headers, body
    for each in sets.values():
        if each["StackId"] == made["StackId"]:
            each["StackId"] = before["StackId"]
    text = body.decode() if isinstance(body, bytes) else body
    return status, headers, text.replace(made["StackId"], before["StackId"])


@patch(stacks, "_roll_back_operation")
async def _roll_back(
    old: Callable[..., Awaitable[None]], name: str, stack_id: str, stack: Properties, *rest: Any
) -> None:
    """A failed create forgot the resources that its rollback could not delete."""
    made = {**stack["_resources"]}
    await old(name, stack_id, stack, *rest)
    if stack["StackStatus"] == "ROLLBACK_FAILED":
        for logical_id in stack["_rollback_failed"]:
            kept = {**made[logical_id], "ResourceStatus": "DELETE_FAILED"}
            stack["_resources"][logical_id] = kept


@patch(handlers, "_set_stack_policy")
def _set_policy(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A stack that takes no update took a policy.

    Not verified for each state: a report has the refusal for ROLLBACK_COMPLETE alone.
    https://github.com/sparkleformation/sfn/issues/120
    """
    stack = handlers._resolve_stack(handlers._p(asked, "StackName"))
    status = stack["StackStatus"] if stack else ""
    if status.startswith("ROLLBACK_") or status == "DELETE_FAILED":
        said = f"Cannot set the policy of a stack in {status} state"
        return tuple(handlers._error("ValidationError", said))  # type: ignore[return-value]
    return old(asked)
