"""The service in ECS: its network, its tasks, and their logs."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.stacks import StackResource, of_type, resources
from cfnlink.operations.target import IMAGE_TAG, Stack, Target

CLUSTER = "AWS::ECS::Cluster"
LAST_LINES = 10  # of a stopped task's log


@dataclass(frozen=True)
class Service:
    """The service in ECS now, independent of the folder."""

    name: str
    cluster: str
    network: dict[str, Any]
    definition: dict[str, Any]
    since: datetime
    """When the deployment began whose tasks run."""


@dataclass
class Log:
    """A task's log stream, read as it grows."""

    logs: Any
    group: str
    stream: str
    _read: dict[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """Return the lines since the last call; an unchanged token means no more lines."""
        while self.group:  # a container may log elsewhere
            try:
                page = self.logs.get_log_events(
                    logGroupName=self.group,
                    logStreamName=self.stream,
                    startFromHead=True,
                    **self._read,
                )
            except self.logs.exceptions.ResourceNotFoundException:
                return  # the container has not said anything yet
            yield from (event["message"] for event in page["events"])
            read = {"nextToken": page["nextForwardToken"]}
            if read == self._read:
                return
            self._read = read

    def last(self, most: int) -> list[str]:
        """Return the last lines."""
        if not self.group:
            return []
        names = {"logGroupName": self.group, "logStreamName": self.stream}
        try:
            page = self.logs.get_log_events(**names, limit=most, startFromHead=False)
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip("\n") for event in page["events"]]


def deployed_service(target: Target) -> Service:
    """Return the service with its network and task definition. Raises CommandError."""
    stack = target.holding(IMAGE_TAG)
    for found in ecs_services(target, resources(target, stack.name)):
        return Service(
            name=found["serviceName"],
            cluster=found["clusterArn"].rpartition("/")[2],
            network=found["networkConfiguration"],
            definition=_definition(target, found["taskDefinition"]),
            since=min(each["createdAt"] for each in found["deployments"]),
        )
    message = f"{stack.name} has no service yet"
    raise CommandError(Exit.UNUSABLE, message, target.command("deploy"))


def ecs_services(target: Target, there: list[StackResource]) -> list[dict[str, Any]]:
    """Return the services among a stack's resources, as ECS describes them."""
    ecs, named = target.client("ecs"), of_type(there, "AWS::ECS::Service")
    answers = [
        ecs.describe_services(cluster=cluster, services=named)
        for cluster in of_type(there, CLUSTER)
        if named
    ]
    return [found for answer in answers for found in answer["services"]]


def _definition(target: Target, arn: str) -> dict[str, Any]:
    answer = target.client("ecs").describe_task_definition(taskDefinition=arn)
    return dict(answer["taskDefinition"])


def log_of(target: Target, container: dict[str, Any], task: str) -> Log:
    """Return the log of a container of a task; task: its ARN.

    A stream's name is prefix/container/task:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    """
    options = container.get("logConfiguration", {}).get("options", {})
    names = options.get("awslogs-stream-prefix", ""), container["name"], task.rpartition("/")[2]
    return Log(target.client("logs"), options.get("awslogs-group", ""), "/".join(names))


def stopped_tasks(target: Target, stack: Stack) -> list[str]:
    """Why the tasks of a stack's cluster stopped, each reason once, and below it the last
    lines of such a task's log; best effort."""
    said: list[str] = []
    ecs = target.client("ecs")
    with suppress(*NO_ANSWER, ClientError):
        for cluster in of_type(resources(target, stack.name), CLUSTER):
            arns = ecs.list_tasks(cluster=cluster, desiredStatus="STOPPED")["taskArns"]
            tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
            for why, task in {why_stopped(task): task for task in tasks}.items():
                said.append(f"a task stopped: {why}")
                said += [f"  {line}" for line in _last_lines(target, task)]
    return said


def _last_lines(target: Target, task: dict[str, Any]) -> Iterator[str]:
    definition = _definition(target, task["taskDefinitionArn"])
    for container in definition["containerDefinitions"]:
        yield from log_of(target, container, task["taskArn"]).last(LAST_LINES)


def why_stopped(task: dict[str, Any]) -> str:
    """Return why a task stopped, in ECS's words, and how each of its containers ended."""
    parts = [task.get("stoppedReason", "no reason given")]
    for container in task.get("containers", []):
        if "exitCode" in container:
            parts.append(f"{container['name']} ended with {container['exitCode']}")
        if container.get("reason"):
            parts.append(f"{container['name']}: {container['reason']}")
    return "; ".join(parts)
