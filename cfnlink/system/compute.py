"""Compute: the containers of a task definition, and the tasks of a service."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cfnlink.system.expressions import at, entries, literal_mapping, number, reached
from cfnlink.system.resource import Path, Resource

SERVICE, TASK = "AWS::ECS::Service", "AWS::ECS::TaskDefinition"
SCALABLE_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
SPOT = "FARGATE_SPOT"
STRATEGY = "CapacityProviderStrategy"


def containers(task: Resource) -> list[tuple[int, dict[str, Any]]]:
    """Return the literal containers of a task definition, with their indexes."""
    return entries(task.properties, "ContainerDefinitions")


class Variable(NamedTuple):
    """A variable of the environment of a function or a container."""

    path: Path
    name: str
    value: Any


def environment(resource: Resource) -> Iterator[Variable]:
    """Yield the variables that a function, or the containers of a task, get."""
    own = literal_mapping(resource.expression("Environment", "Variables"))
    for name, value in own.items():
        yield Variable(("Environment", "Variables", name), str(name), value)
    for n, container in containers(resource) if resource.type == TASK else ():
        for index, entry in entries(container, "Environment"):
            path = ("ContainerDefinitions", n, "Environment", index, "Value")
            yield Variable(path, str(entry.get("Name")), entry.get("Value"))


def container_log_groups(task: Resource) -> list[Resource]:
    """Return the log groups to which the containers of a task definition write."""
    key = "LogConfiguration", "Options", "awslogs-group"
    found = (task.target("ContainerDefinitions", n, *key) for n, _ in containers(task))
    return [group for group in found if group]


def port_mappings(task: Resource) -> list[Any]:
    """Return the port mappings of the containers of a task definition, as they are written."""
    return [
        mapping
        for _, container in containers(task)
        for _, mapping in reached(container, ["PortMappings", "*"])
    ]


def container_ports(task: Resource) -> list[Any]:
    """Return the ports that the containers of a task definition map, as they are written."""
    return [at(mapping, "ContainerPort") for mapping in port_mappings(task)]


@dataclass(frozen=True)
class TaskRange:
    """How many tasks a service keeps: the numbers that its template states, None if none.

    `minimum` and `maximum` are those of auto scaling, `desired` is the service's own.
    """

    minimum: float | None
    maximum: float | None
    desired: float | None

    @property
    def lowest(self) -> float:
        """Return the number of tasks that always run; ECS runs one if none is stated."""
        stated = (self.minimum, self.desired, 1)
        return next(count for count in stated if count is not None)

    @property
    def highest(self) -> float:
        """Return the most tasks that run, those of a deployment aside."""
        stated = [count for count in (self.maximum, self.desired) if count is not None]
        return max(stated, default=self.lowest)


def scalable_targets(service: Resource) -> list[Resource]:
    """Return the scalable targets of a service."""
    return list(dict.fromkeys(service.used_by(SCALABLE_TARGET)))


def task_range(service: Resource) -> TaskRange:
    """Return how many tasks a service keeps, by auto scaling or by itself."""
    targets = scalable_targets(service)

    def scaled(key: str) -> float | None:
        found = (target.number(key) for target in targets)
        return max((count for count in found if count is not None), default=None)

    return TaskRange(
        scaled("MinCapacity"), scaled("MaxCapacity"), service.number("DesiredCount")
    )


def rollout_percent(service: Resource) -> float:
    """Return the most tasks during a deployment, in percent; ECS's default is 200."""
    return service.number("DeploymentConfiguration", "MaximumPercent") or 200


@dataclass(frozen=True)
class Provider:
    """A capacity provider of a strategy: its base of tasks, and its weight beyond the bases.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
    """

    name: str
    base: float
    weight: float


def providers(service: Resource) -> list[Provider]:
    """Return the capacity providers of a service; a launch type counts as one."""
    given = [entry for _, entry in service.entries(STRATEGY)]
    if not given:
        return [Provider(str(service.get("LaunchType")), 0, 1)]
    return [
        Provider(
            str(entry.get("CapacityProvider")),
            number(entry.get("Base")) or 0,
            number(entry.get("Weight")) or 0,
        )
        for entry in given
    ]


def provider_share(service: Resource, name: str = SPOT) -> float:
    """Return the share of the tasks beyond the bases that a provider runs, from 0 to 1."""
    found = providers(service)
    whole = sum(provider.weight for provider in found)
    return sum(p.weight for p in found if p.name == name) / whole if whole else 0.0


def provider_tasks(service: Resource, count: float, name: str = SPOT) -> float:
    """Return how many of so many tasks a provider runs on average: its base and its share."""
    found = providers(service)
    base = min(sum(p.base for p in found if p.name == name), count)
    rest = max(count - sum(provider.base for provider in found), 0)
    return base + rest * provider_share(service, name)


def is_on_fargate(service: Resource) -> bool:
    """Whether a service runs on Fargate, by its launch type or its capacity providers."""
    return any("FARGATE" in provider.name for provider in providers(service))


def is_for_fargate(task: Resource) -> bool:
    """Whether a task definition is known to be for Fargate."""
    return "FARGATE" in str(task.get("RequiresCompatibilities"))
