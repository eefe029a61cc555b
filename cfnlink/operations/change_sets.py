"""Change sets: what AWS would change in a stack."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.changes import (
    ADDED,
    CHANGED,
    MAYBE,
    REMOVED,
    RENEWED,
    REPLACED,
    Change,
    described,
)
from cfnlink.operations.environment import IMAGE_TAG, Environment, Stack
from cfnlink.operations.next_command import lint
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.stacks import IN_REVIEW, DeployedStack, find, pauses

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import (
        DescribeChangeSetOutputTypeDef,
        ResourceChangeDetailTypeDef,
        ResourceChangeTypeDef,
    )

GONE = ("ChangeSetNotFound", "ChangeSetNotFoundException")
OLD_AFTER_SECONDS = 3600  # of a change set that no run executes any more
NOTHING = ("didn't contain changes", "No updates are to be performed")


class OvertakenError(CommandError):
    """Another run changed the stack after this run asked what to change."""

    def __init__(self, environment: Environment, stack: Stack) -> None:
        message = f"{stack.name} was changed from elsewhere in the meantime"
        super().__init__(Exit.BUSY, message, environment.command_line)


@dataclass(frozen=True)
class ChangeSet:
    """A change set that AWS accepted."""

    name: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...] = ()


def request(
    stack: Stack, deployed: DeployedStack | None, image_tag: str | None, otherwise: str = ""
) -> dict[str, Any]:
    """Return the arguments of a change set: template, parameters, capabilities, tags.

    otherwise: the image tag of a stack that has none yet; without one it is CommandError.
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
            raise CommandError(Exit.UNUSABLE, message, step)
        parameters.append({"ParameterKey": name, "ParameterValue": str(value)})
    return {
        "TemplateBody": stack.body,
        "Parameters": parameters,
        "Capabilities": stack.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }


def prepare(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    asked: dict[str, Any],
) -> ChangeSet | None:
    """Create a change set; return None if nothing changes."""
    client = environment.clients.cloudformation
    name = f"operations-{uuid4().hex}"
    with suppress(client.exceptions.AlreadyExistsException):  # an answer was lost: it is ours
        client.create_change_set(
            StackName=stack.name,
            ChangeSetName=name,
            ClientToken=name,
            ChangeSetType="UPDATE" if deployed else "CREATE",
            **asked,
        )
    found = _made(environment, stack, name)
    prepared = ChangeSet(name, found["StackId"], deployed is None)
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "AWS gives no reason")
        invalid = validation(environment, stack, name)
        discard(environment, stack, prepared)
        if any(text in reason for text in NOTHING):
            return None
        lines = [f"{stack.name}: AWS refuses the change set: {reason}", *invalid]
        raise CommandError(Exit.FAILED, "\n".join(lines), lint(environment.folder.path))
    with overtaken(environment, stack):
        pages = client.get_paginator("describe_change_set").paginate(
            StackName=stack.name, ChangeSetName=name
        )
        changes = [each["ResourceChange"] for page in pages for each in page["Changes"]]
    return replace(prepared, changes=tuple(_change(stack, each) for each in changes))


def _made(
    environment: Environment, stack: Stack, name: str
) -> "DescribeChangeSetOutputTypeDef":
    """Return a change set once AWS has made it or has failed to."""
    client, waits = environment.clients.cloudformation, pauses()
    while True:
        with overtaken(environment, stack):
            found = client.describe_change_set(StackName=stack.name, ChangeSetName=name)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            return found
        environment.pause(next(waits))


@contextmanager
def overtaken(environment: Environment, stack: Stack) -> Iterator[None]:
    """Raise OvertakenError if a change set of this run does not exist any more."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in GONE or "does not exist" in str(
            error
        ):
            raise OvertakenError(environment, stack) from None
        raise


def discard(environment: Environment, stack: Stack, prepared: ChangeSet) -> None:
    """Delete a change set, and the empty stack that a first one leaves.

    Another run may have made a change set there, and deletion of the stack would take it
    away. So the stack stays unless all other change sets are old: a killed run left them.
    """
    client = environment.clients.cloudformation
    begun = client.exceptions.InvalidChangeSetStatusException
    with suppress(OvertakenError, begun), overtaken(environment, stack):
        client.delete_change_set(StackName=stack.name, ChangeSetName=prepared.name)
    if prepared.creates and _is_abandoned(environment, prepared):
        client.delete_stack(StackName=prepared.stack_id)
        client.get_waiter("stack_delete_complete").wait(
            StackName=prepared.stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )


def _is_abandoned(environment: Environment, prepared: ChangeSet) -> bool:
    """Return whether a stack is empty, and no recent change set would create it."""
    now = find(environment, prepared.stack_id)
    if now is None or now.status != IN_REVIEW:
        return False
    paginator = environment.clients.cloudformation.get_paginator("list_change_sets")
    return all(
        (datetime.now(UTC) - each["CreationTime"]).total_seconds() > OLD_AFTER_SECONDS
        for page in paginator.paginate(StackName=now.name)
        for each in page["Summaries"]
    )


def validation(environment: Environment, stack: Stack, name: str) -> list[str]:
    """What AWS's early validation found, a line each."""
    try:
        answer = environment.clients.cloudformation.describe_events(
            StackName=stack.name, ChangeSetName=name, Filters={"FailedEvents": True}
        )
    except (*NO_ANSWER, ClientError):
        return []
    return [
        f"  {event.get('LogicalResourceId', stack.name)} "
        f"{event.get('ValidationPath', '')}: {event['ValidationStatusReason']}"
        for event in answer["OperationEvents"]
        if event.get("ValidationStatusReason")
    ]


def _change(stack: Stack, found: "ResourceChangeTypeDef") -> Change:
    """Return one change of a change set without its values, which may be secret."""
    kind, action = found["ResourceType"], found["Action"]
    properties = _properties(found.get("Details", []))
    how = {"Add": ADDED, "Import": ADDED, "Remove": REMOVED}.get(action, CHANGED)
    if action == "Modify":
        replacement = found.get("Replacement", "False")
        how = {"True": REPLACED, "Conditional": MAYBE}.get(replacement, CHANGED)
    if action == "Dynamic":
        how = MAYBE
    if resource_type(kind).is_renewed and how in (REPLACED, MAYBE):
        how = RENEWED
    change = Change(stack.name, stack.tier, found["LogicalResourceId"], kind, how, properties)
    return described(change, found.get("PolicyAction", ""))


def _properties(details: "list[ResourceChangeDetailTypeDef]") -> tuple[str, ...]:
    targets = [detail.get("Target", {}) for detail in details]
    names = [target.get("Name") or target.get("Attribute", "") for target in targets]
    return tuple(dict.fromkeys(name for name in names if name))
