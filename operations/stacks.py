"""CloudFormation's own words about a stack: its state, its events, and what they allow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from checks.source import locate
from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.target import Stack, Target

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0


class May(Enum):
    """What may be done with a stack in its state."""

    CREATE = "it does not exist"
    UPDATE = "it can be changed"
    CLEAN = "it never came up: it is deleted and made anew"
    WAIT = "something is under way"
    REPAIR = "AWS takes no change before somebody repairs it"


NEVER_UP = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "REVIEW_IN_PROGRESS"}
STUCK = {"UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_FAILED"}
BEGINNINGS = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}
GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


@dataclass(frozen=True)
class Deployed:
    """A stack as AWS has it."""

    name: str
    id: str
    status: str
    protected: bool = False
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Cause:
    """The first thing that went wrong in an operation."""

    stack: str
    logical_id: str
    type: str
    message: str


def may(deployed: Deployed | None) -> May:
    """What a state allows; a stack that once lived is never one to clean."""
    if deployed is None or deployed.status == "DELETE_COMPLETE":
        return May.CREATE
    if deployed.status in NEVER_UP:
        return May.CLEAN
    if deployed.status in STUCK:
        return May.REPAIR
    return May.WAIT if deployed.status.endswith("_IN_PROGRESS") else May.UPDATE


def find(target: Target, name: str) -> Deployed | None:
    """A stack by name or id, or None where there is none."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 (late, as boto3 itself)

    try:
        answer = target.client("cloudformation").describe_stacks(StackName=name)
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    (stack,) = answer["Stacks"]
    return Deployed(
        stack["StackName"],
        stack["StackId"],
        stack["StackStatus"],
        bool(stack.get("EnableTerminationProtection")),
        {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])},
        {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
        stack.get("Tags", []),
    )


def resources(target: Target, name: str) -> list[dict[str, Any]]:
    """The resources of a stack as AWS has them."""
    pages = target.client("cloudformation").get_paginator("list_stack_resources")
    return [
        resource
        for page in pages.paginate(StackName=name)
        for resource in page["StackResourceSummaries"]
    ]


def physical(target: Target, stack: str, logical_id: str) -> str | None:
    """The name or id that AWS gave a resource; None where it is not there."""
    for resource in resources(target, stack) if find(target, stack) else []:
        if resource["LogicalResourceId"] == logical_id:
            return resource.get("PhysicalResourceId") or None
    return None


def operation(target: Target, stack_id: str) -> list[dict[str, Any]]:
    """The events of the operation that began last, oldest first."""
    events: list[dict[str, Any]] = []
    pages = target.client("cloudformation").get_paginator("describe_stack_events")
    for page in pages.paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            events.insert(0, event)
            if _of_stack(event) and event["ResourceStatus"] in BEGINNINGS:
                return events
    return events


def _of_stack(event: dict[str, Any]) -> bool:
    return bool(event.get("PhysicalResourceId") == event["StackId"])


def first_cause(events: Iterable[dict[str, Any]]) -> Cause | None:
    """The first failure that is not only another one's echo."""
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    own = [
        event
        for event in failed
        if not _of_stack(event) and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    for event in [*own, *failed]:
        reason = event.get("ResourceStatusReason") or "AWS gives no reason"
        names = event["StackName"], event["LogicalResourceId"], event["ResourceType"]
        return Cause(*names, " ".join(reason.split()))
    return None


def pauses() -> Iterator[float]:
    """Seconds from one look to the next: short at first, then ever longer."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def follow(target: Target, report: Reporter, stack: Stack, stack_id: str) -> str:
    """Say the events of a stack until nothing is under way; its last state."""
    seen: set[str] = set()
    pause = FIRST_PAUSE_SECONDS
    while True:
        deployed = find(target, stack_id)
        status = deployed.status if deployed else "DELETE_COMPLETE"
        for event in operation(target, stack_id) if deployed else []:
            if event["EventId"] in seen:
                continue
            seen.add(event["EventId"])
            pause = FIRST_PAUSE_SECONDS
            what = f"{event['LogicalResourceId']} {event['ResourceStatus']}"
            report.working(stack.name, what)
            if not event["ResourceStatus"].endswith("_IN_PROGRESS"):
                report.say(f"{stack.name}: {what}")
        if not status.endswith("_IN_PROGRESS"):
            report.working(stack.name)
            return status
        target.pause(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)


def failure(
    target: Target, stack: Stack, stack_id: str, status: str, command: str = "deploy"
) -> Stop:
    """The first cause of a failed operation, with its line of Python and what comes next."""
    cause = first_cause(operation(target, stack_id))
    if cause is None:
        message = f"{stack.name} is {status}, and its events hold no failure"
        return Stop(Exit.FAILED, message, target.command("status"))
    lines = [f"{stack.name} is {status}: {cause.logical_id} ({cause.type}): {cause.message}"]
    place = stack.source and locate(stack.source, ("Resources", cause.logical_id))
    if place:
        lines.append(f"  written in {place.file}:{place.line}")
    if cause.type == "AWS::ECS::Service":
        lines += [f"  a task stopped: {why}" for why in stopped_tasks(target, stack)]
    if status in STUCK and command != "destroy":
        return Stop(Exit.FAILED, "\n".join(lines), repair(target, stack, status))
    then = f"repair the cause, then {target.command(command)}"
    return Stop(Exit.FAILED, "\n".join(lines), then)


def stopped_tasks(target: Target, stack: Stack) -> list[str]:
    """Why the tasks of a stack's cluster stopped, each reason once; best effort."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (late)

    try:
        found = resources(target, stack.name)
        clusters = [r for r in found if r["ResourceType"] == "AWS::ECS::Cluster"]
        if not clusters or not clusters[0].get("PhysicalResourceId"):
            return []
        ecs, cluster = target.client("ecs"), clusters[0]["PhysicalResourceId"]
        arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    except (BotoCoreError, ClientError):
        return []
    return list(dict.fromkeys(why_stopped(task) for task in tasks))


def why_stopped(task: dict[str, Any]) -> str:
    """Why a task stopped, in ECS's words, and how each of its containers ended."""
    parts = [task.get("stoppedReason", "no reason given")]
    for container in task.get("containers", []):
        if "exitCode" in container:
            parts.append(f"{container['name']} ended with {container['exitCode']}")
        if container.get("reason"):
            parts.append(f"{container['name']}: {container['reason']}")
    return "; ".join(parts)


def repair(target: Target, stack: Stack, status: str) -> str:
    """The command that frees a stack of which AWS takes no change."""
    if status == "DELETE_FAILED":
        return (
            f"repair the cause, then aws cloudformation delete-stack --stack-name {stack.name}"
        )
    failed = [
        resource["LogicalResourceId"]
        for resource in resources(target, stack.name)
        if resource["ResourceStatus"] == "UPDATE_FAILED"
    ]
    if status == "UPDATE_FAILED":
        return f"aws cloudformation rollback-stack --stack-name {stack.name}"
    command = f"aws cloudformation continue-update-rollback --stack-name {stack.name}"
    skip = f", or where it cannot: {command} --resources-to-skip {' '.join(failed)}"
    return f"repair the cause, then {command}{skip if failed else ''}"
