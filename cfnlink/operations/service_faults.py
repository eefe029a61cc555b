"""Why tasks do not run: what ECS, the load balancer and the tasks' own logs say."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.environment import SERVICE, Environment, Stack
from cfnlink.operations.errors import one_line
from cfnlink.operations.operation_events import LONG_AGO
from cfnlink.operations.service import CLUSTER, ecs_services, last_lines, why_stopped
from cfnlink.operations.service_deployments import newest
from cfnlink.operations.stacks import StackResource, of_type, resources

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef, TaskTypeDef

MOST_TASKS = 100  # that DescribeTasks takes at once
STEADY = "has reached a steady state"
# Words of service events that tell a fault; the others tell progress.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html
EVENT_FAULTS = ("unable to", "unhealthy", "failed", "alarm detected")
# Ends of tasks that a deployment, a scaling or a person asked for.
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html
WANTED = ("UserInitiated", "ServiceSchedulerInitiated", "SpotInterruption")
HEALTH_CHECKS = "health checks"
OF_A_SERVICE = "service:"  # how ECS begins the group of a service's task


@dataclass(frozen=True)
class Fault:
    """A fault at AWS; head: what it is about. lines: what stands below it, such as a log."""

    logical_id: str
    type: str
    message: str
    head: str = ""
    lines: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


def service_faults(
    environment: Environment,
    stack: Stack,
    failed_since: Callable[[], datetime | None] = lambda: None,
) -> list[Fault]:
    """Return why tasks of a stack do not run, the nearest to the root first.

    failed_since: asks when the operation began that failed; None if none did. Tasks that began
    before it, or before the newest deployment of their service where none failed, are no cause.

    Stopped tasks come first, which ECS keeps for an hour; then what a load balancer says of
    their health, the service's own events and its deployment. Where AWS denies one of these
    reads, a fault says so. Empty where all tasks run.
    """
    there = resources(environment, stack.name) if stack.of_type(CLUSTER, SERVICE) else []
    if not of_type(there, CLUSTER):
        return []
    stopped = partial(_stopped, since=failed_since())
    readers = (stopped, _unhealthy, _events, _deployments)
    services: list[ServiceTypeDef] = []
    found: list[Fault] = []
    try:
        services = ecs_services(environment, there)
    except (*NO_ANSWER, ClientError) as error:
        return [Fault("", SERVICE, f"ECS was not asked: {one_line(error)}")]
    for read in readers:
        try:
            found += read(environment, there, services)
        except (*NO_ANSWER, ClientError) as error:
            found.append(Fault("", SERVICE, f"not all is known: {one_line(error)}"))
    return [*dict.fromkeys(found)]


def _stopped(
    environment: Environment,
    there: list[StackResource],
    services: "list[ServiceTypeDef]",
    *,
    since: datetime | None,
) -> Iterator[Fault]:
    """Yield why tasks stopped that should have run, each reason once, with their logs."""
    names = {each["serviceName"]: _logical(there, each) for each in services}
    begun = {
        f"{OF_A_SERVICE}{each['serviceName']}": since or _deployed(environment, each)
        for each in services
    }
    tasks = (
        task
        for task in _stopped_tasks(environment, there)
        if "createdAt" not in task
        or task["createdAt"] >= begun.get(task.get("group", ""), LONG_AGO)
    )
    said: set[str] = set()
    for task in _newest(tasks):
        why = why_stopped(task)
        if why in said:
            continue
        said.add(why)
        lines: list[str] = []
        with suppress(*NO_ANSWER, ClientError):
            lines = [*last_lines(environment, task)]
        name = names.get(task.get("group", "").removeprefix(OF_A_SERVICE), "")
        yield Fault(name, SERVICE, why, "a task stopped: ", tuple(lines))


def _deployed(environment: Environment, service: "ServiceTypeDef") -> datetime:
    """Return when the newest deployment of a service was made; long ago if it is not known."""
    with suppress(*NO_ANSWER, ClientError):
        last = newest(environment, service["clusterArn"], service["serviceName"])
        return last.known.get("createdAt", LONG_AGO) if last else LONG_AGO
    return LONG_AGO


def _stopped_tasks(
    environment: Environment, there: list[StackResource]
) -> "Iterator[TaskTypeDef]":
    ecs = environment.clients.ecs
    for cluster in of_type(there, CLUSTER):
        arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
        asked = arns[:MOST_TASKS]
        yield from ecs.describe_tasks(cluster=cluster, tasks=asked)["tasks"] if asked else []


def _newest(tasks: "Iterator[TaskTypeDef]") -> "list[TaskTypeDef]":
    """Return the tasks that failed, of the task definition that failed last in each group.

    The tasks of an earlier release, which ECS still keeps, say nothing of the last one.
    """
    failed = [task for task in tasks if _is_fault(task)]
    failed.sort(key=lambda task: task.get("createdAt") or LONG_AGO, reverse=True)
    last: dict[str, str] = {}
    for task in failed:
        last.setdefault(task.get("group", ""), task.get("taskDefinitionArn", ""))
    return [
        task
        for task in failed
        if last[task.get("group", "")] == task.get("taskDefinitionArn", "")
    ]


def _is_fault(task: "TaskTypeDef") -> bool:
    """Whether a task stopped that should have run, or ended with another code than 0."""
    if task.get("stopCode") in WANTED:
        return HEALTH_CHECKS in task.get("stoppedReason", "")
    codes = {each.get("exitCode") for each in task.get("containers", [])}
    return task.get("group", "").startswith(OF_A_SERVICE) or codes != {0}


def _unhealthy(
    environment: Environment, there: list[StackResource], services: "list[ServiceTypeDef]"
) -> Iterator[Fault]:
    """Yield what load balancers say of targets that are not healthy."""
    for service in services:
        for balancer in service.get("loadBalancers", []):
            group = balancer.get("targetGroupArn")
            if not group:
                continue
            answer = environment.clients.elbv2.describe_target_health(TargetGroupArn=group)
            for found in answer["TargetHealthDescriptions"]:
                health, target = found["TargetHealth"], found["Target"]
                if health["State"] in ("unhealthy", "unavailable"):
                    message = f"{health.get('Reason', '')}: {health.get('Description', '')}"
                    head = f"port {target.get('Port')} of {target['Id']} is {health['State']}: "
                    yield Fault(_logical(there, service), SERVICE, message, head)


def _events(
    _: Environment, there: list[StackResource], services: "list[ServiceTypeDef]"
) -> Iterator[Fault]:
    """Yield the service's own events about faults, since its tasks were last steady."""
    for service in services:
        newest_first = [each.get("message", "") for each in service.get("events", [])]
        steady = [number for number, text in enumerate(newest_first) if STEADY in text]
        recent = newest_first[: steady[0]] if steady else newest_first
        for text in recent:
            if any(word in text for word in EVENT_FAULTS):
                yield Fault(_logical(there, service), SERVICE, text, "ECS says: ")


def _deployments(
    environment: Environment, there: list[StackResource], services: "list[ServiceTypeDef]"
) -> Iterator[Fault]:
    """Yield why the newest deployment of a service did not end well."""
    for service in services:
        last = newest(environment, service["clusterArn"], service["serviceName"])
        if last and not last.is_ongoing and not last.is_successful:
            message = f"{last.words()}: {last.reason}" if last.reason else last.words()
            yield Fault(_logical(there, service), SERVICE, message, "its deployment is ")


def _logical(there: list[StackResource], service: "ServiceTypeDef") -> str:
    ids = service.get("serviceArn"), service["serviceName"]
    return next((each.logical_id for each in there if each.id in ids), service["serviceName"])
