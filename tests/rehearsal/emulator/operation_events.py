"""CloudFormation: DescribeEvents, the operations of a stack, and failures that are planted.

Each operation has an id of its own, also a rollback and the creation of a change set. A
resource whose Metadata has `emulator:event`, a part of an OperationEvent, has such an event:
a validation of a change set warns or refuses it, a hook or a provisioning error fails the
resource. With one planted failure the others fail beside it, and what was under way is
cancelled, as where AWS works in parallel.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events-by-operation.html
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import new_uuid, now_iso
from ministack.services import cloudformation
from ministack.services.cloudformation import (
    changesets,
    handlers,
    stacks,
)
from registry import Answer, Properties, patch, store

PLANTED = "emulator:event"
STACK = "AWS::CloudFormation::Stack"
CANCELLED = "Resource creation cancelled"
FAILURES = ("PROVISIONING_ERROR", "HOOK_INVOCATION_ERROR", "VALIDATION_ERROR")
# The first status of each kind of operation; a rollback that a user goes on with has a name
# of its own.
BEGINNINGS = {
    "REVIEW_IN_PROGRESS": "CREATE_CHANGESET",
    "CREATE_IN_PROGRESS": "CREATE_STACK",
    "IMPORT_IN_PROGRESS": "UPDATE_STACK",
    "UPDATE_IN_PROGRESS": "UPDATE_STACK",
    "DELETE_IN_PROGRESS": "DELETE_STACK",
    "ROLLBACK_IN_PROGRESS": "ROLLBACK",
    "UPDATE_ROLLBACK_IN_PROGRESS": "ROLLBACK",
}
SHOWN = (
    *handlers._OPERATION_EVENT_FIELDS,
    "HookType",
    "HookStatus",
    "HookStatusReason",
    "HookInvocationPoint",
    "HookFailureMode",
    "ClientRequestToken",
)
_operations = store()  # stack id -> its operations, the newest last
_events = store()  # stack id -> events, the newest last
_of_change_sets = store()  # change set id -> events


def _begin(stack_id: str, kind: str) -> str:
    operation = {"OperationType": kind, "OperationId": new_uuid()}
    _operations.setdefault(stack_id, []).append(operation)
    return str(operation["OperationId"])


def _record(stack_id: str, kind: str, **fields: Any) -> Properties:
    """Keep an event of the operation that began last."""
    operation = _operations.setdefault(stack_id, [])[-1]
    event = {
        "EventId": new_uuid(),
        "StackId": stack_id,
        "EventType": kind,
        "Timestamp": now_iso(),
        **operation,
        **{key: value for key, value in fields.items() if value},
    }
    _events.setdefault(stack_id, []).append(event)
    return event


def _add_event(
    old: Callable[..., None],
    stack_id: str,
    stack_name: str,
    logical_id: str,
    resource_type: str,
    status: str,
    reason: str = "",
    physical_id: str = "",
    detailed_status: str = "",
) -> None:
    """An event belonged to no operation."""
    words = resource_type, status, reason, physical_id, detailed_status
    old(stack_id, stack_name, logical_id, *words)
    if status in BEGINNINGS and (physical_id == stack_id or not _operations.get(stack_id)):
        goes_on = status == "UPDATE_ROLLBACK_IN_PROGRESS" and reason == "User Initiated"
        _begin(stack_id, "CONTINUE_ROLLBACK" if goes_on else BEGINNINGS[status])
    planted = _planted(stack_name, logical_id)
    is_hook = planted.get("EventType") == "HOOK_INVOCATION_ERROR"
    if is_hook and status.endswith("_FAILED"):
        _record(
            stack_id, LogicalResourceId=logical_id, ResourceType=resource_type, **_of(planted)
        )
    _record(
        stack_id,
        "PROVISIONING_ERROR" if status.endswith("_FAILED") else "PROGRESS_EVENT",
        LogicalResourceId=logical_id,
        ResourceType=resource_type,
        ResourceStatus=status,
        ResourceStatusReason=reason,
        PhysicalResourceId=physical_id,
        DetailedStatus=detailed_status,
    )
    is_first = status.endswith("CREATE_FAILED") and bool(_fails(planted))
    if is_first and physical_id != stack_id:
        _fail_beside(old, stack_id, stack_name, logical_id)


def _of(planted: Properties) -> Properties:
    """The arguments of an event that is planted."""
    return {"kind": planted["EventType"]} | {
        key: value for key, value in planted.items() if key != "EventType"
    }


def _fail_beside(old: Callable[..., None], stack_id: str, stack_name: str, failed: str) -> None:
    """What AWS creates at the same time: other failures, and what it then cancels."""
    stack = cloudformation._stacks[stack_name]
    for name, body in stack["_coming"].items():
        planted = _planted(stack_name, name)
        if name == failed or name in stack.get("_resources", {}):
            continue
        reason = _fails(planted) if planted else CANCELLED
        if not reason:
            continue
        old(stack_id, stack_name, name, body["Type"], "CREATE_FAILED", reason, "", "")
        if planted.get("EventType") == "HOOK_INVOCATION_ERROR":
            _record(stack_id, LogicalResourceId=name, ResourceType=body["Type"], **_of(planted))
        _record(
            stack_id,
            "PROVISIONING_ERROR",
            LogicalResourceId=name,
            ResourceType=body["Type"],
            ResourceStatus="CREATE_FAILED",
            ResourceStatusReason=reason,
        )


def _planted(stack_name: str, logical_id: str) -> Properties:
    """The event that is planted in a resource of a stack, if any."""
    found = cloudformation._stacks.get(stack_name, {}).get("_coming", {})
    planted: Properties = found.get(logical_id, {}).get("Metadata", {}).get(PLANTED, {})
    return planted


def _fails(planted: Properties) -> str:
    """Why a resource with a planted event fails; empty if it does not."""
    if planted.get("EventType") == "PROVISIONING_ERROR":
        return str(planted["ResourceStatusReason"])
    if (
        planted.get("EventType") == "HOOK_INVOCATION_ERROR"
        and planted["HookFailureMode"] == "FAIL"
    ):
        return f"The following hook(s) failed: [{planted['HookType']}]"
    return ""


for module in (stacks, changesets, handlers):
    patch(module, "_add_event")(_add_event)


async def _deploy(
    old: Callable[..., Any],
    name: str,
    stack_id: str,
    template: Properties,
    *rest: Any,
    **more: Any,
) -> None:
    """Know which resources are to come."""
    cloudformation._stacks[name]["_coming"] = template.get("Resources", {})
    await old(name, stack_id, template, *rest, **more)


for module in (changesets, handlers):
    patch(module, "_deploy_stack_async")(_deploy)


@patch(stacks, "_provision_resource")
def _provision(
    old: Callable[..., Any], kind: str, logical_id: str, properties: Properties, name: str
) -> Any:
    """A resource with a planted failure is not made."""
    _fail(name, logical_id)
    return old(kind, logical_id, properties, name)


@patch(stacks, "_update_resource")
def _update(old: Callable[..., Any], *arguments: Any) -> Any:
    """Nor is it changed, except back."""
    _fail(*arguments[4:6])
    return old(*arguments)


def _fail(stack_name: str, logical_id: str) -> None:
    reason = _fails(_planted(stack_name, logical_id))
    if reason and "ROLLBACK" not in cloudformation._stacks[stack_name]["StackStatus"]:
        raise ValueError(reason)


@patch(stacks, "_fail_property_validation")
def _validate(
    old: Callable[..., bool], stack: Properties, stack_id: str, *rest: Any, **more: Any
) -> bool:
    """ministack kept the events of this validation apart."""
    failed = old(stack, stack_id, *rest, **more)
    for event in stack.pop("_operation_events", []):
        if event["EventType"] == "VALIDATION_ERROR":
            words = {**event, **_operations[stack_id][-1]}
            _events.setdefault(stack_id, []).append(words)
    return failed


@patch(handlers, "_create_change_set")
def _create(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A change set is an operation, and what is planted in its template is validated."""
    answer = old(asked)
    name = handlers._p(asked, "ChangeSetName")
    key, made = changesets._find_change_set(name, handlers._p(asked, "StackName"))
    if answer[0] >= 400 or not made:
        return answer
    stack_id, before = made["StackId"], len(_operations.get(made["StackId"], []))
    if not before or made["ChangeSetType"] != "CREATE":
        _begin(stack_id, "CREATE_CHANGESET")
    events = []
    for logical_id, body in made["_template"].get("Resources", {}).items():
        planted = body.get("Metadata", {}).get(PLANTED, {})
        if planted.get("EventType") == "VALIDATION_ERROR":
            words = {"LogicalResourceId": logical_id, "ResourceType": body["Type"]}
            events.append(_record(stack_id, **words, **_of(planted)))
    _of_change_sets[key] = events
    if any(event["ValidationFailureMode"] == "FAIL" for event in events):
        checks = sorted({event["ValidationName"] for event in events})
        made["Status"], made["ExecutionStatus"] = "FAILED", "UNAVAILABLE"
        made["StatusReason"] = (
            f"The following hook(s)/validation failed: [{', '.join(checks)}]. To troubleshoot "
            "Early Validation errors, use the DescribeEvents API for detailed failure "
            "information."
        )
    return answer


@patch(handlers, "_stack_drift_information_xml")
def _described(old: Callable[..., str], stack: Properties) -> str:
    """A stack named no operation."""
    newest_first = reversed(_operations.get(stack["StackId"], []))
    members = "".join(
        "<member>"
        + "".join(f"<{key}>{value}</{key}>" for key, value in operation.items())
        + "</member>"
        for operation in newest_first
    )
    return f"{old(stack)}<LastOperations>{members}</LastOperations>"


@patch(handlers, "_describe_events")
def _describe_events(_: Callable[..., Answer], asked: Properties) -> Answer:
    """ministack knew the events of a validation alone."""
    stack_name, change_set, operation = (
        handlers._p(asked, key) for key in ("StackName", "ChangeSetName", "OperationId")
    )
    if not (stack_name or change_set or operation):
        said = "One of ChangeSetName, OperationId or StackName must be specified"
        return tuple(handlers._error("ValidationError", said))  # type: ignore[return-value]
    found = [event for events in _events.values() for event in events]
    if stack_name:
        stack = handlers._resolve_stack(stack_name)
        if not stack:
            said = f"Stack [{stack_name}] does not exist"
            return tuple(handlers._error("ValidationError", said))  # type: ignore[return-value]
        found = list(_events.get(stack["StackId"], []))
    if change_set:
        key, made = changesets._find_change_set(change_set, stack_name)
        if not made:
            said = f"ChangeSet [{change_set}] does not exist"
            return tuple(handlers._error("ChangeSetNotFound", said, 404))  # type: ignore[return-value]
        found = _of_change_sets.get(key, [])
    if operation:
        found = [event for event in found if event["OperationId"] == operation]
    if handlers._p(asked, "Filters.FailedEvents").lower() == "true":
        found = [event for event in found if _is_failed(event)]
    page, token, error = handlers._page([*reversed(found)], asked, "DescribeEvents")
    if error:
        return tuple(error)  # type: ignore[return-value]
    members = "".join(f"<member>{_shown(event)}</member>" for event in page)
    body = f"<OperationEvents>{members}</OperationEvents>{token}"
    answer = f"<DescribeEventsResult>{body}</DescribeEventsResult>"
    return tuple(handlers._xml(200, "DescribeEventsResponse", answer))  # type: ignore[return-value]


def _is_failed(event: Properties) -> bool:
    modes = event.get("ValidationFailureMode"), event.get("HookFailureMode")
    return event["EventType"] in FAILURES and "WARN" not in modes


def _shown(event: Properties) -> str:
    return "".join(
        f"<{key}>{handlers._esc(str(event[key]))}</{key}>" for key in SHOWN if event.get(key)
    )
