"""Why an operation on a stack failed: each cause, without what followed from it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cfnlink.lint.position import Place, locate
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import one_line
from cfnlink.operations.operation_events import (
    CHANGE_SET,
    STACK,
    events_of,
    is_of_stack,
    is_warning,
    last_attempt,
)
from cfnlink.operations.stacks import GOOD, DeployedStack, find

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import OperationEventTypeDef

HOOK, VALIDATION = "HOOK_INVOCATION_ERROR", "VALIDATION_ERROR"
CANCELLED = "cancelled"  # "Resource creation cancelled": a failure beside ended it
REFUSED = "cannot"  # "Export NAME cannot be deleted as it is in use by STACK"
NO_REASON = "AWS gives no reason"
NESTED_DEPTH = 5  # of stacks in stacks; AWS sets no limit, and a cycle is not possible


@dataclass(frozen=True)
class Cause:
    """A fault of an operation, in AWS's words.

    id: the physical one, empty without any. path: where in the template, such as
    Resources, Topic, Properties, TopicName.
    """

    stack: str
    logical_id: str
    type: str
    message: str
    id: str = ""
    path: tuple[str | int, ...] = ()

    def words(self) -> str:
        """Return the cause on one line."""
        of = f" ({self.type})" if self.type else ""
        return f"{self.logical_id}{of}: {self.message}"

    def place(self, stack: Stack) -> Place | None:
        """Return where the settings' Python writes it; None if it is not found."""
        path = self.path or ("Resources", self.logical_id)
        return locate(stack.source, path) if stack.source else None


@dataclass(frozen=True)
class Root:
    """Causes of several resources that have one message; each names what it is about."""

    causes: tuple[Cause, ...]

    @property
    def first(self) -> Cause:
        """Return the cause that came first."""
        return self.causes[0]


def last_causes(environment: Environment, stack_id: str) -> list[Cause]:
    """Return why the operation that began last on a stack failed, and its rollback too.

    A change set that AWS refused is one; after one that it made, the operation before counts.
    A stack within the stack has events of its own: they say what the parent's do not.
    """
    return _last_causes(environment, stack_id, NESTED_DEPTH)


def _last_causes(environment: Environment, stack_id: str, depth: int) -> list[Cause]:
    found = find(environment, stack_id)
    operations = found.operations if found else ()
    own: list[Cause] = []
    if operations and operations[0].type == CHANGE_SET:
        own = causes_of(events_of(environment, stack_id, operations[:1], failed=True))
    attempt = last_attempt(operations)
    own = own or causes_of(events_of(environment, stack_id, attempt, failed=True))
    own = own or (_of_stack_alone(environment, found) if found else [])
    causes: list[Cause] = []
    for cause in own:
        is_nested = cause.type == STACK and cause.id not in ("", stack_id)
        below = _last_causes(environment, cause.id, depth - 1) if is_nested and depth else []
        causes += below or [cause]
    return causes


def _of_stack_alone(environment: Environment, found: DeployedStack) -> list[Cause]:
    """Return why AWS refused a change of a stack as a whole: no event of it failed.

    Where another stack imports an export, a deletion leaves the state before with a reason,
    and an update goes back with one:
    https://github.com/aws/aws-cdk/issues/604
    https://github.com/serverless/serverless/pull/3935
    """
    is_refused = found.status in GOOD and REFUSED in found.reason
    reasons = [found.reason] if is_refused else []
    if "ROLLBACK" in found.status:
        events = events_of(environment, found.id, last_attempt(found.operations))
        reasons = [
            event.get("ResourceStatusReason", "")
            for event in events
            if is_of_stack(event) and "ROLLBACK_IN" in event.get("ResourceStatus", "")
        ]
    return [
        Cause(found.name, found.name, STACK, one_line(reason), found.id)
        for reason in reasons
        if reason
    ]


def causes_of(events: "Iterable[OperationEventTypeDef]") -> list[Cause]:
    """Return each cause among failed events, or the first failure if all follow from others.

    Left out: resources that AWS cancelled because another one failed, the stack's own
    events, which repeat them, warnings, and the failure of a resource that a hook refused.
    """
    failed = [event for event in events if not is_warning(event) and _reason(event)]
    refused = {_about(event) for event in failed if event.get("EventType") == HOOK}
    own = [event for event in failed if _is_own(event, refused)]
    return [*dict.fromkeys(_cause(event) for event in own or failed[:1])]


def warnings_of(events: "Iterable[OperationEventTypeDef]") -> list[Cause]:
    """Return what hooks and validations warn of, among events."""
    return [*dict.fromkeys(_cause(event) for event in events if is_warning(event))]


def roots(causes: Iterable[Cause]) -> list[Root]:
    """Return causes grouped by what is wrong: AWS says the same of each of a group."""
    groups: dict[str, list[Cause]] = {}
    for cause in causes:
        groups.setdefault(_root(cause), []).append(cause)
    return [Root(tuple(group)) for group in groups.values()]


def hook_words(name: str, reason: str, verb: str = "refused it") -> str:
    """Return what a hook of the account says of a resource."""
    return f"the hook {name or 'without a name'} {verb}: {reason or NO_REASON}"


def _root(cause: Cause) -> str:
    """Return a message without the names of its resource."""
    message = cause.message
    for name in sorted((cause.id, cause.logical_id), key=len, reverse=True):
        message = message.replace(name, "*") if name else message
    return message


def _is_own(event: "OperationEventTypeDef", refused: set[tuple[str, str]]) -> bool:
    """Whether an event tells a cause that no other event tells."""
    if event.get("EventType") in (HOOK, VALIDATION):
        return True
    is_echo = is_of_stack(event) or CANCELLED in event.get("ResourceStatusReason", "").lower()
    return not is_echo and _about(event) not in refused


def _about(event: "OperationEventTypeDef") -> tuple[str, str]:
    return event.get("OperationId", ""), event.get("LogicalResourceId", "")


def _reason(event: "OperationEventTypeDef") -> str:
    """Return why an event failed; empty for one that did not."""
    if event.get("EventType") == HOOK:
        verb = "warns of it" if is_warning(event) else "refused it"
        return hook_words(event.get("HookType", ""), event.get("HookStatusReason", ""), verb)
    if event.get("EventType") == VALIDATION:
        return event.get("ValidationStatusReason") or NO_REASON
    if event.get("ResourceStatus", "").endswith("_FAILED"):
        return event.get("ResourceStatusReason") or NO_REASON
    return ""


def _cause(event: "OperationEventTypeDef") -> Cause:
    path = _path(event.get("ValidationPath", ""))
    named = event.get("LogicalResourceId") or (str(path[1]) if len(path) > 1 else "")
    message = one_line(_reason(event) or NO_REASON)
    if event.get("ValidationPath"):
        message = f"{message} (at {event['ValidationPath']})"
    return Cause(
        stack=event.get("StackId", "").split("/")[-2:][0],
        logical_id=named or "the stack",
        type=event.get("ResourceType", ""),
        message=message,
        id=event.get("PhysicalResourceId", ""),
        path=path,
    )


def _path(text: str) -> tuple[str | int, ...]:
    """Return the parts of AWS's path of a validation, such as /Resources/Topic/Properties."""
    return tuple(int(part) if part.isdigit() else part for part in text.split("/") if part)
