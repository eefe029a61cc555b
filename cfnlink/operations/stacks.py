"""CloudFormation's view of a stack: its state, its events, and what they allow."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.operation_events import (
    Operation,
    events_of,
    last_attempt,
    operations_of,
)
from cfnlink.operations.owner_tags import tags_of
from cfnlink.operations.progress import Work
from cfnlink.system.folder import File, parse
from cfnlink.system.resource import Body, Resource

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import OperationEventTypeDef

NO_WORK = Work()
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 5.0


class StackAction(Enum):
    """The actions that a stack's state allows."""

    CREATE = "it does not exist"
    UPDATE = "it can be changed"
    CLEAN = "it never came up: the next deployment deletes it and creates it again"
    WAIT = "something is under way"
    REPAIR = "AWS takes no change before it is repaired"


NEVER_UP = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED"}
IN_REVIEW = "REVIEW_IN_PROGRESS"  # no stack yet, but change sets that would create it
TAKEN_BACK = "UPDATE_ROLLBACK_COMPLETE"
GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


@dataclass(frozen=True)
class DeployedStack:
    """A stack in AWS; operations: the last ones, the newest first."""

    name: str
    id: str
    status: str
    protected: bool = False
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] = ()
    is_express: bool = False
    """Whether its last update was one in express mode."""
    reason: str = ""
    """Why it has its status, in AWS's words: a deletion that was refused leaves a good one."""


def allowed_action(deployed: DeployedStack | None) -> StackAction:
    """Return what a state allows; a stack that was complete once is never deleted."""
    if deployed is None or deployed.status in ("DELETE_COMPLETE", IN_REVIEW):
        return StackAction.CREATE
    if deployed.status in NEVER_UP:
        return StackAction.CLEAN
    if is_stuck(deployed.status):
        return StackAction.REPAIR
    return StackAction.WAIT if deployed.status.endswith("_IN_PROGRESS") else StackAction.UPDATE


def is_stuck(status: str) -> bool:
    """Return whether AWS takes no change of a stack in a state that once was good."""
    return status.endswith("_FAILED") and status not in NEVER_UP


def find(environment: Environment, name: str) -> DeployedStack | None:
    """Return a stack by name or id, or None if there is none."""
    try:
        answer = environment.clients.cloudformation.describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    stack = answer["Stacks"][0]
    return DeployedStack(
        stack["StackName"],
        stack["StackId"],
        stack["StackStatus"],
        bool(stack.get("EnableTerminationProtection")),
        {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        tags_of(stack.get("Tags", [])),
        operations_of(stack.get("LastOperations", [])),
        stack.get("DeploymentConfig", {}).get("Mode") == "EXPRESS",
        stack.get("StackStatusReason", ""),
    )


def deployed_template(environment: Environment, name: str) -> Body | None:
    """Return the template of a deployed stack, or None if there is no stack."""
    client = environment.clients.cloudformation
    try:
        answer = client.get_template(StackName=name, TemplateStage="Original")
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    body = answer["TemplateBody"]
    if isinstance(body, dict):
        return body
    return parse(
        File(environment.folder.path / f"the deployed template of {name}", body.encode())
    )


def deployed_stacks(environment: Environment) -> list[DeployedStack]:
    """Return the stacks of the folder that exist."""
    return [found for stack in environment.stacks if (found := find(environment, stack.name))]


@dataclass(frozen=True)
class StackResource:
    """A resource in AWS; id is its name or id there, empty if it has none."""

    logical_id: str
    type: str
    status: str
    id: str


def resources(environment: Environment, stack: str) -> list[StackResource]:
    """Return the resources of a stack in AWS; none if there is no stack."""
    paginator = environment.clients.cloudformation.get_paginator("list_stack_resources")
    try:
        return [
            StackResource(
                each["LogicalResourceId"],
                each["ResourceType"],
                each["ResourceStatus"],
                each.get("PhysicalResourceId", ""),
            )
            for page in paginator.paginate(StackName=stack)
            for each in page["StackResourceSummaries"]
            if each["ResourceStatus"] != "DELETE_COMPLETE"
        ]
    except ClientError as error:
        if "does not exist" in str(error):
            return []
        raise


def of_type(there: Iterable[StackResource], *types: str) -> list[str]:
    """Return the names or ids of those resources that are of some types."""
    return [each.id for each in there if each.type in types and each.id]


def physical(environment: Environment, stack: str, logical_id: str) -> str | None:
    """Return the name or id that AWS gave a resource; None if it does not exist."""
    ids = {each.logical_id: each.id for each in resources(environment, stack)}
    return ids.get(logical_id) or None


def deployed_id(environment: Environment, resource: Resource) -> str:
    """Return the name or id that AWS gave a resource. Raises CommandError without one."""
    found = physical(environment, resource.stack, resource.logical_id)
    if found is None:
        message = f"{resource.stack} has no {resource.logical_id} yet"
        raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
    return found


def all_exports(environment: Environment) -> dict[str, str]:
    """Return every export of the region, and the name of its stack."""
    return {
        export["Name"]: export["ExportingStackId"].split("/")[1]
        for page in environment.clients.cloudformation.get_paginator("list_exports").paginate()
        for export in page["Exports"]
    }


def last_events(environment: Environment, stack_id: str) -> "list[OperationEventTypeDef]":
    """Return the events of the operation that began last on a stack, the oldest first."""
    found = find(environment, stack_id)
    return events_of(environment, stack_id, last_attempt(found.operations) if found else ())


def pauses() -> Iterator[float]:
    """Yield the seconds between two reads: short at first, then longer."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def wait_until(environment: Environment, is_done: Callable[[], bool]) -> None:
    """Read the state of something at AWS until it is as expected."""
    for pause in pauses():
        if is_done():
            return
        environment.pause(pause)


@dataclass
class _Seen:
    """The events of an operation that were told."""

    work: Work
    ids: set[str] = field(default_factory=set)
    ended: set[tuple[str, str]] = field(default_factory=set)
    begun: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def new(self, events: "list[OperationEventTypeDef]", *, each_step: bool) -> Iterator[str]:
        """Yield a line for each new event; an empty one for an event that needs none.

        each_step: whether each end of a step has its line, and not each resource one.
        """
        for event in events:
            state = event.get("ResourceStatus", "")
            if not state or event["EventId"] in self.ids:
                continue
            self.ids.add(event["EventId"])
            key = event.get("OperationId", ""), event.get("LogicalResourceId", "")
            if state.endswith("_IN_PROGRESS"):
                if when := event.get("Timestamp"):
                    self.begun.setdefault(key, when)
                yield ""
            elif each_step:
                yield f"{key[1]} {state}"
            else:
                yield "" if key in self.ended else self.work.line(event, self.begun.get(key))
                self.ended.add(key)


def stream_events(
    environment: Environment,
    stack: Stack,
    stack_id: str,
    watching: "Callable[[list[OperationEventTypeDef]], None] | None" = None,
    work: Work = NO_WORK,
) -> str:
    """Print the events of a stack until nothing is under way; return its last state.

    Without a terminal each resource has one line, at its end. watching: reads the events of
    the operation each time, to say what AWS waits for. work: what the operation changes.
    """
    seen = _Seen(work)
    waits = pauses()
    while True:
        deployed = find(environment, stack_id)
        status = deployed.status if deployed else "DELETE_COMPLETE"
        attempt = last_attempt(deployed.operations) if deployed else ()
        events = events_of(environment, stack_id, attempt)
        for line in seen.new(events, each_step=environment.report.is_live):
            waits = pauses()
            if line:
                environment.report.say(f"{stack.name}: {line}")
        environment.report.working(stack.name, work.words(events))
        environment.timetable.seconds[stack.name] = work.left(events)
        if not status.endswith("_IN_PROGRESS"):
            if status in GOOD and not environment.report.is_live:
                for line in work.without_event({name for _, name in seen.ended}):
                    environment.report.say(f"{stack.name}: {line}")
            environment.report.working(stack.name)
            return status
        if watching:
            watching(events)
        environment.pause(next(waits))
