"""Runs of tasks: what starts a task in which subnets, and what the task must reach to start."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import facts, resource_type, types_with
from cfnlink.aws.resource_type import RunsTasks
from cfnlink.system.capacity import groups_of_hosts
from cfnlink.system.compute import SERVICE, TASK, containers
from cfnlink.system.endpoints import endpoint_services
from cfnlink.system.expressions import VARIABLE, at, reached, text
from cfnlink.system.network import GROUP, SUBNET, egress_of, has_ipv6
from cfnlink.system.resource import NO_OWNER, Resource, System
from cfnlink.system.security_groups import blocks_https
from cfnlink.system.state_machines import STATE_MACHINE, states

RUNNERS = types_with("runs_tasks")
# the places in a container that name a secret or a parameter, which ECS reads before the start
READ = (
    "Secrets.*.ValueFrom",
    "LogConfiguration.SecretOptions.*.ValueFrom",
    "RepositoryCredentials.CredentialsParameter",
)
CAPACITY = ("LaunchType", "CapacityProviderStrategy")


class MissingWay(NamedTuple):
    """Services that a run does not reach: no route leads there, or its groups allow none.

    `path` leads to the subnet, or to the groups if `is_blocked`.
    """

    path: list[Any]
    subnet: Resource
    services: list[str]
    is_blocked: bool


@dataclass(frozen=True)
class TaskRun:
    """One place where a resource says which task ECS runs, and in which subnets.

    `path` leads to the place below the properties, or to the text that holds it; `columns`
    names the properties there, and `body` has them.
    """

    resource: Resource
    path: tuple[Any, ...]
    columns: RunsTasks
    body: Resource
    is_text: bool = False

    def place(self, name: str, *rest: Any) -> tuple[Any, ...]:
        """Return the path of a property of the run below the properties of its resource."""
        return self.path if self.is_text else (*self.path, *_steps(name), *rest)

    @property
    def task(self) -> Resource | None:
        """Return the task definition, if this system has it."""
        found = self.body.target(*_steps(self.columns.task))
        return found if found is not None and found.type == TASK else None

    @property
    def subnets(self) -> Iterator[tuple[list[Any], Resource]]:
        """Yield the subnets of this system, and their paths."""
        return self._named("Subnets", SUBNET)

    @property
    def groups(self) -> list[Resource]:
        """Return the security groups, if all of them are in this system."""
        given = self.body.expression(*_steps(self.columns.network), "SecurityGroups")
        found = [group for _, group in self._named("SecurityGroups", GROUP)]
        return found if isinstance(given, list) and len(found) == len(given) else []

    def _named(self, key: str, kind: str) -> Iterator[tuple[list[Any], Resource]]:
        listed = self.body.expression(*_steps(self.columns.network), key)
        for step, value in reached(listed, ["*"]):
            found = self.resource.system.target(value)
            if found is not None and found.type == kind:
                yield [*self.place(self.columns.network, key, *step)], found

    @property
    def public_ip_path(self) -> tuple[Any, ...]:
        """Return the path of the property that assigns a public address."""
        return self.place(self.columns.network, "AssignPublicIp")

    @property
    def has_public_ip(self) -> bool | None:
        """Whether the task gets a public address; None if it is unknown."""
        path = (*_steps(self.columns.network), "AssignPublicIp")
        if self.body.is_missing(*path):
            return False
        value = self.body.get(*path)
        return None if value is None else value == "ENABLED"

    @property
    def is_on_fargate(self) -> bool:
        """Whether the run names Fargate, or names no capacity and its task is for Fargate."""
        given = [self.body.expression(key) for key in CAPACITY]
        if not any(given) and self.task is not None:
            given = [self.task.expression("RequiresCompatibilities")]
        return "FARGATE" in str(given)

    def missing_ways(self) -> Iterator[MissingWay]:
        """Yield what the task needs to start on Fargate and does not reach from its subnets.

        Nothing is known of a subnet whose VPC or routes another template may hold.
        """
        public = self.has_public_ip
        if public is None or not self.is_on_fargate:
            return
        enough = {"nat", "other", "internet" if public else "nat"}
        place = [*self.place(self.columns.network, "SecurityGroups")]
        for each in _missing_ways(self.subnets, required_services(self), enough, self.groups):
            yield each._replace(path=place) if each.is_blocked else each


def task_runs(system: System) -> Iterator[TaskRun]:
    """Yield each run of a task in a system, by the column runs_tasks of types.yaml."""
    for kind in RUNNERS:
        for resource in system.of(kind):
            yield from runs_of(resource)


def runs_of(resource: Resource) -> Iterator[TaskRun]:
    """Yield the runs of tasks that one resource states."""
    for columns in resource_type(resource.type).runs_tasks:
        if resource.type == STATE_MACHINE:
            yield from _of_states(resource, columns)
            continue
        pattern = columns.at.split(".") if columns.at else []
        for path, found in reached(resource.properties, pattern):
            yield TaskRun(resource, tuple(path), columns, _body(resource, found))


def tasks_of(resource: Resource) -> list[Resource]:
    """Return the task definitions that a service or another resource runs."""
    own = resource.target("TaskDefinition") if resource.type == SERVICE else None
    found = [own, *(run.task for run in runs_of(resource))]
    return [task for task in found if task is not None and task.type == TASK]


def _of_states(machine: Resource, columns: RunsTasks) -> Iterator[TaskRun]:
    """Yield the runs of the states that call RunTask."""
    for state in states(machine):
        if state.calls == "ecs:runTask":
            key, arguments = state.arguments
            path = state.path if state.is_text else (*state.path, key)
            body = _body(machine, arguments)
            yield TaskRun(machine, path, columns, body, is_text=state.is_text)


def _body(resource: Resource, found: Any) -> Resource:
    """Return a part of a resource, which is read like a resource."""
    return Resource(resource.system, resource.name, {"Properties": found}, NO_OWNER)


def _steps(name: str) -> list[str]:
    return name.split(".")


def required_services(run: TaskRun) -> set[str]:
    """Return what a task must reach to start: names of endpoints, and hosts of images.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
    """
    task, wanted = run.task, facts("endpoints")["needed"]
    if task is None or task.get("NetworkMode") != "awsvpc":
        return set()
    executes = run.body.flag(*_steps(run.columns.exec))
    found = set(wanted["exec"] if executes else ())
    for _, container in containers(task):
        found |= _of_image(task, container.get("Image"))
        if at(container, "LogConfiguration", "LogDriver") == "awslogs":
            found |= set(wanted["awslogs"])
        for place in READ:
            for _, value in reached(container, place.split(".")):
                found |= set(wanted.get(_store(task, value), ()))
    return found


def _of_image(task: Resource, image: Any) -> set[str]:
    """Return what the pull of an image needs; nothing if its registry is unknown."""
    written, known = text(image) or "", facts("endpoints")
    if task.system.named(image, "AWS::ECR::Repository") or ".dkr.ecr." in written:
        return set(known["needed"]["pull_image"])
    host, slash, _ = written.partition("/")
    if not slash or not ("." in host or ":" in host or "$" in host):
        named = written.partition(":")[0]
        return set() if not named or VARIABLE.match(named) else {known["docker_hub"]}
    return {host} if host in known["public_registries"] else set()


def _store(task: Resource, value: Any) -> str:
    """Return which store holds what ECS reads: secrets, parameters, or nothing if unknown.

    A name that is no ARN is one of a parameter.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
    """
    source, written = task.system.target(value), text(value) or ""
    kind = source.type if source else ""
    if ":secretsmanager:" in written or "::SecretsManager:" in kind:
        return "secrets"
    if "MasterUserSecret" in str(value):
        return "secrets"
    plain = isinstance(value, str) and not value.startswith("arn:")
    is_parameter = ":ssm:" in written or kind == "AWS::SSM::Parameter" or plain
    return "parameters" if is_parameter else ""


def missing_of_hosts(fleet: Resource) -> Iterator[MissingWay]:
    """Yield what the instances of a cluster do not reach from their subnets.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html
    """
    needed = facts("endpoints")["needed"]
    wanted = {*needed["instances"], *needed["pull_image"]}
    subnets = fleet.references_from("VPCZoneIdentifier.*")
    yield from _missing_ways(
        subnets, wanted, {"nat", "other", "internet"}, groups_of_hosts((fleet,))
    )


def _missing_ways(
    subnets: Iterable[tuple[list[Any], Resource]],
    wanted: set[str],
    enough: set[str],
    groups: list[Resource],
) -> Iterator[MissingWay]:
    """Yield the services that have no way from a subnet, then the first that groups block.

    `enough` are the routes that lead to all services.
    """
    for path, subnet in subnets if wanted else ():
        ways, vpc = egress_of(subnet), subnet.target("VpcId")
        missing = sorted(wanted - endpoint_services(subnet))
        if ways is None or vpc is None or vpc.is_exported or not missing:
            continue
        if not ways & enough:
            yield MissingWay(path, subnet, missing, is_blocked=False)
        elif "other" not in ways and not has_ipv6(subnet) and blocks_https(groups):
            yield MissingWay(path, subnet, missing, is_blocked=True)
            return
