"""The service as ECS runs it: its network, its tasks, and what they log."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from operations.outcome import Exit, Stop
from operations.stacks import find, resources
from operations.target import IMAGE_TAG, Stack, Target

LAST_LINES = 10  # of a stopped task's log


@dataclass(frozen=True)
class Service:
    """The service as ECS runs it now, whatever the folder holds."""

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
        """What was written since the last time; the same token again says: no more."""
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
        """The last lines."""
        if not self.group:
            return []
        names = {"logGroupName": self.group, "logStreamName": self.stream}
        try:
            page = self.logs.get_log_events(**names, limit=most, startFromHead=False)
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip("\n") for event in page["events"]]


def deployed_service(target: Target) -> Service:
    """The service with its network and task definition, or Stop where there is none."""
    stack = target.holding(IMAGE_TAG)
    there = resources(target, stack.name) if find(target, stack.name) else []
    ids = {each["ResourceType"]: each.get("PhysicalResourceId") for each in there}
    cluster, name = ids.get("AWS::ECS::Cluster"), ids.get("AWS::ECS::Service")
    if cluster and name:
        ecs = target.client("ecs")
        for found in ecs.describe_services(cluster=cluster, services=[name])["services"]:
            arn, network = found["taskDefinition"], found["networkConfiguration"]
            definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
            since = min(each["createdAt"] for each in found["deployments"])
            return Service(found["serviceName"], cluster, network, definition, since)
    message = f"{stack.name} has no service yet"
    raise Stop(Exit.UNUSABLE, message, target.command("deploy"))


def log_of(target: Target, container: dict[str, Any], task: str) -> Log:
    """What a container of a task logs; task: its ARN.

    A stream's name is prefix/container/task:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    """
    options = container.get("logConfiguration", {}).get("options", {})
    names = options.get("awslogs-stream-prefix", ""), container["name"], task.rpartition("/")[2]
    return Log(target.client("logs"), options.get("awslogs-group", ""), "/".join(names))


def stopped_tasks(target: Target, stack: Stack) -> list[str]:
    """Why the tasks of a stack's cluster stopped, each reason once, and below it the last
    lines of such a task's log; best effort."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (late)

    said: list[str] = []
    try:
        ids = {r["ResourceType"]: r for r in resources(target, stack.name)}
        cluster = ids.get("AWS::ECS::Cluster", {}).get("PhysicalResourceId")
        ecs = target.client("ecs")
        asked = {"cluster": cluster, "desiredStatus": "STOPPED"}
        arns = ecs.list_tasks(**asked)["taskArns"] if cluster else []
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        by_reason = {why_stopped(task): task for task in tasks}
        for why, task in by_reason.items():
            said.append(f"a task stopped: {why}")
            said += [f"  {line}" for line in _last_lines(target, task)]
    except (BotoCoreError, ClientError):
        return said
    return said


def _last_lines(target: Target, task: dict[str, Any]) -> Iterator[str]:
    definition = target.client("ecs").describe_task_definition(
        taskDefinition=task["taskDefinitionArn"]
    )["taskDefinition"]
    for container in definition["containerDefinitions"]:
        yield from log_of(target, container, task["taskArn"]).last(LAST_LINES)


def why_stopped(task: dict[str, Any]) -> str:
    """Why a task stopped, in ECS's words, and how each of its containers ended."""
    parts = [task.get("stoppedReason", "no reason given")]
    for container in task.get("containers", []):
        if "exitCode" in container:
            parts.append(f"{container['name']} ended with {container['exitCode']}")
        if container.get("reason"):
            parts.append(f"{container['name']}: {container['reason']}")
    return "; ".join(parts)
