"""The service in ECS: its network, its tasks, and their logs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.stacks import StackResource, of_type, resources
from cfnlink.system.parts import Part

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ContainerDefinitionOutputTypeDef,
        NetworkConfigurationOutputTypeDef,
        ServiceTypeDef,
        TaskDefinitionTypeDef,
        TaskTypeDef,
    )
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import GetLogEventsRequestTypeDef

CLUSTER = "AWS::ECS::Cluster"
MOST_SERVICES = 10  # that DescribeServices takes at once
LAST_LINES = 10  # of a stopped task's log


@dataclass(frozen=True)
class Service:
    """The service in ECS now, independent of the folder."""

    name: str
    cluster: str
    network: "NetworkConfigurationOutputTypeDef"
    definition: "TaskDefinitionTypeDef"
    since: datetime
    """When the deployment began whose tasks run."""


@dataclass
class Log:
    """A task's log stream, read as it grows."""

    logs: "CloudWatchLogsClient"
    group: str
    stream: str
    _token: str = ""

    def lines(self) -> Iterator[str]:
        """Return the lines since the last call; an unchanged token means no more lines."""
        while self.group:  # a container may log elsewhere
            asked: GetLogEventsRequestTypeDef = {
                "logGroupName": self.group,
                "logStreamName": self.stream,
                "startFromHead": True,
            }
            if self._token:
                asked["nextToken"] = self._token
            try:
                page = self.logs.get_log_events(**asked)
            except self.logs.exceptions.ResourceNotFoundException:
                return  # the container has not said anything yet
            yield from (event["message"] for event in page["events"])
            if page["nextForwardToken"] == self._token:
                return
            self._token = page["nextForwardToken"]

    def last(self, most: int) -> list[str]:
        """Return the last lines."""
        if not self.group:
            return []
        try:
            page = self.logs.get_log_events(
                logGroupName=self.group,
                logStreamName=self.stream,
                limit=most,
                startFromHead=False,
            )
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip("\n") for event in page["events"]]


def deployed_service(environment: Environment) -> Service:
    """Return the service with its network and task definition. Raises CommandError."""
    return _service(environment, _described(environment)[0])


def deployed_services(environment: Environment) -> list[Service]:
    """Return the service, and after it the others of its stack: workers read the same secrets.

    Raises CommandError if there is no service.
    """
    return [_service(environment, each) for each in _described(environment)]


def _described(environment: Environment) -> "list[ServiceTypeDef]":
    """Return the services as ECS describes them, the service first. Raises CommandError."""
    stack = environment.stack_with(Part.SERVICE)
    there = resources(environment, stack.name)
    ids = {each.id for each in there if each.logical_id == stack.parts[Part.SERVICE]}

    def is_other(found: "ServiceTypeDef") -> bool:
        return not ids & {found.get("serviceArn"), found["serviceName"]}

    services = sorted(ecs_services(environment, there), key=is_other)
    if services and not is_other(services[0]):
        return services
    message = f"{stack.name} has no service yet"
    raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))


def _service(environment: Environment, found: "ServiceTypeDef") -> Service:
    return Service(
        name=found["serviceName"],
        cluster=found["clusterArn"].rpartition("/")[2],
        network=found["networkConfiguration"],
        definition=task_definition(environment, found["taskDefinition"]),
        since=min(each["createdAt"] for each in found["deployments"]),
    )


def ecs_services(
    environment: Environment, there: list[StackResource]
) -> "list[ServiceTypeDef]":
    """Return the services among a stack's resources, as ECS describes them."""
    ecs, named = environment.clients.ecs, of_type(there, "AWS::ECS::Service")
    answers = [
        ecs.describe_services(cluster=cluster, services=named[first : first + MOST_SERVICES])
        for cluster in of_type(there, CLUSTER)
        for first in range(0, len(named), MOST_SERVICES)
    ]
    return [found for answer in answers for found in answer["services"]]


@dataclass(frozen=True)
class TaskCount:
    """The running and the desired tasks of a service, and the limits of its scaling, if any."""

    name: str
    running: int
    desired: int
    least: int | None
    most: int | None


def task_counts(environment: Environment, there: list[StackResource]) -> Iterator[TaskCount]:
    """Yield the tasks of each service among a stack's resources."""
    for found in ecs_services(environment, there):
        name = f"service/{found['clusterArn'].rpartition('/')[2]}/{found['serviceName']}"
        scaling = environment.clients.application_autoscaling.describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[name]
        )["ScalableTargets"]
        yield TaskCount(
            name=found["serviceName"],
            running=found["runningCount"],
            desired=found["desiredCount"],
            least=scaling[0]["MinCapacity"] if scaling else None,
            most=scaling[0]["MaxCapacity"] if scaling else None,
        )


def task_definition(environment: Environment, arn: str) -> "TaskDefinitionTypeDef":
    """Return a task definition as ECS has it."""
    answer = environment.clients.ecs.describe_task_definition(taskDefinition=arn)
    return answer["taskDefinition"]


def log_of(
    environment: Environment, container: "ContainerDefinitionOutputTypeDef", task: str
) -> Log:
    """Return the log of a container of a task; task: its ARN.

    A stream's name is prefix/container/task:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
    """
    logs = container.get("logConfiguration")
    options = logs.get("options", {}) if logs else {}
    names = options.get("awslogs-stream-prefix", ""), container["name"], task.rpartition("/")[2]
    return Log(environment.clients.logs, options.get("awslogs-group", ""), "/".join(names))


def last_lines(environment: Environment, task: "TaskTypeDef") -> Iterator[str]:
    """Yield the last lines of the logs of a task's containers."""
    definition = task_definition(environment, task["taskDefinitionArn"])
    for container in definition["containerDefinitions"]:
        yield from log_of(environment, container, task["taskArn"]).last(LAST_LINES)


def why_stopped(task: "TaskTypeDef") -> str:
    """Return why a task stopped, in ECS's words, and how each of its containers ended."""
    parts = [task.get("stoppedReason", "no reason given")]
    for container in task.get("containers", []):
        if container.get("exitCode") is not None:
            parts.append(f"{container['name']} ended with {container['exitCode']}")
        if container.get("reason"):
            parts.append(f"{container['name']}: {container['reason']}")
    return "; ".join(parts)
