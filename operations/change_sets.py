"""What AWS would change in a stack, by a change set."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from operations.changes import (
    ADDED,
    CHANGED,
    MAYBE,
    REMOVED,
    RENEWED,
    RENEWED_WORD,
    REPLACED,
    Change,
    described,
)
from operations.next_command import lint
from operations.outcome import Exit, Stop
from operations.stacks import Deployed, find, pauses
from operations.target import IMAGE_TAG, Stack, Target

NOTHING = ("didn't contain changes", "No updates are to be performed")


@dataclass(frozen=True)
class Prepared:
    """A change set that AWS accepted."""

    name: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...] = ()


def request(
    stack: Stack, deployed: Deployed | None, image_tag: str | None, otherwise: str = ""
) -> dict[str, Any]:
    """What a change set is asked for: the template, its parameters, capabilities, tags.

    otherwise: the image tag of a stack that has none yet; without one it is Stop.
    """
    parameters = []
    for name, body in stack.template.get("Parameters", {}).items():
        value = stack.parameters.get(name)
        if name == IMAGE_TAG and image_tag:
            value = image_tag
        if value is None and deployed and name in deployed.parameters:
            parameters.append({"ParameterKey": name, "UsePreviousValue": True})
            continue
        if value is None and "Default" in body:
            continue
        if value is None and name == IMAGE_TAG:
            value = otherwise
        if not value:
            message = f"{stack.name}: its parameter {name} has no value yet"
            step = "" if name == IMAGE_TAG else "give it a value in the manifest"
            raise Stop(Exit.UNUSABLE, message, step)
        parameters.append({"ParameterKey": name, "ParameterValue": str(value)})
    return {
        "TemplateBody": stack.body,
        "Parameters": parameters,
        "Capabilities": stack.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }


def prepare(
    target: Target, stack: Stack, deployed: Deployed | None, asked: dict[str, Any]
) -> Prepared | None:
    """Make a change set; None where nothing changes."""
    client = target.client("cloudformation")
    name = f"operations-{uuid4().hex}"
    kind = "UPDATE" if deployed else "CREATE"
    with suppress(client.exceptions.AlreadyExistsException):  # an answer was lost: it is ours
        client.create_change_set(
            StackName=stack.name,
            ChangeSetName=name,
            ClientToken=name,
            ChangeSetType=kind,
            **asked,
        )
    found: dict[str, Any] = {}
    for pause in pauses():
        found = client.describe_change_set(StackName=stack.name, ChangeSetName=name)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        target.pause(pause)
    prepared = Prepared(name, found["StackId"], deployed is None)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "AWS gives no reason")
        invalid = validation(target, stack, name)
        discard(target, stack, prepared)
        if any(text in reason for text in NOTHING):
            return None
        lines = [f"{stack.name}: AWS refuses the change set: {reason}", *invalid]
        raise Stop(Exit.FAILED, "\n".join(lines), lint(target.folder.path))
    named = {"StackName": stack.name, "ChangeSetName": name}
    changes = target.listed("cloudformation", "describe_change_set", "Changes", **named)
    return replace(
        prepared, changes=tuple(_change(stack, each["ResourceChange"]) for each in changes)
    )


def discard(target: Target, stack: Stack, prepared: Prepared) -> None:
    """Delete a change set, and the empty stack that a first one leaves."""
    client = target.client("cloudformation")
    if prepared.creates:
        now = find(target, prepared.stack_id)
        if now and now.status == "REVIEW_IN_PROGRESS":
            client.delete_stack(StackName=prepared.stack_id)
            client.get_waiter("stack_delete_complete").wait(
                StackName=prepared.stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )
        return
    client.delete_change_set(StackName=stack.name, ChangeSetName=prepared.name)


def validation(target: Target, stack: Stack, name: str) -> list[str]:
    """What AWS's early validation found, a line each."""
    try:
        answer = target.client("cloudformation").describe_events(
            StackName=stack.name, ChangeSetName=name, Filters={"FailedEvents": True}
        )
    except (BotoCoreError, ClientError):
        return []
    return [
        f"  {event.get('LogicalResourceId', stack.name)} "
        f"{event.get('ValidationPath', '')}: {event['ValidationStatusReason']}"
        for event in answer["OperationEvents"]
        if event.get("ValidationStatusReason")
    ]


def _change(stack: Stack, found: dict[str, Any]) -> Change:
    """One change of a change set. Its values are left out: they may be secret."""
    kind, action = found["ResourceType"], found["Action"]
    properties = _properties(found.get("Details", []))
    how = {"Add": ADDED, "Import": ADDED, "Remove": REMOVED}.get(action, CHANGED)
    if action == "Modify":
        replacement = found.get("Replacement", "False")
        how = {"True": REPLACED, "Conditional": MAYBE}.get(replacement, CHANGED)
    if action == "Dynamic":
        how = MAYBE
    if kind in RENEWED and how in (REPLACED, MAYBE):
        how = RENEWED_WORD
    change = Change(stack.name, stack.tier, found["LogicalResourceId"], kind, how, properties)
    return described(change, found.get("PolicyAction", ""))


def _properties(details: list[dict[str, Any]]) -> tuple[str, ...]:
    targets = [detail.get("Target", {}) for detail in details]
    names = [target.get("Name") or target.get("Attribute", "") for target in targets]
    return tuple(dict.fromkeys(name for name in names if name))
