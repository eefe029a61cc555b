"""CloudFormation: several change sets of one stack that is not created yet."""

from collections.abc import Callable

from ministack.services import cloudformation
from ministack.services.cloudformation import handlers
from registry import Answer, Properties, patch


@patch(handlers, "_create_change_set")
def _create(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A second change set that creates a stack put another stack in its place."""
    stacks, sets = cloudformation._stacks, cloudformation._change_sets
    name = handlers._p(asked, "StackName")
    before = stacks.get(name)
    status, headers, body = old(asked)
    made = stacks.get(name)
    if not before or before["StackStatus"] != "REVIEW_IN_PROGRESS" or made is before:
        return status, headers, body
    stacks[name] = before
    if made is None:
        return status, headers, body
    for each in sets.values():
        if each["StackId"] == made["StackId"]:
            each["StackId"] = before["StackId"]
    text = body.decode() if isinstance(body, bytes) else body
    return status, headers, text.replace(made["StackId"], before["StackId"])
