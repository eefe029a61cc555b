"""The rollout of services: new tasks take the place of the old ones, or do not come up.

Whether they do, the deployment of the service says.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cfnlink.operations.diagnosis import diagnose_tasks
from cfnlink.operations.environment import SERVICE, Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import REPAIRED
from cfnlink.operations.service import Service, ecs_services
from cfnlink.operations.service_deployments import (
    WENT_BACK,
    ServiceDeployment,
    deployments,
    newest,
)
from cfnlink.operations.stacks import StackResource, of_type, pauses, resources
from cfnlink.system.expressions import references
from cfnlink.system.parts import Part
from cfnlink.system.resource import Resource

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

TASK_DEFINITION = "AWS::ECS::TaskDefinition"
STEADY_SECONDS = 900  # after which a deployment counts as failed, its bake times aside


def wait_until_steady(environment: Environment, stack: Stack) -> str:
    """Wait until ECS has deployed a stack's task definitions; return what is wrong.

    Empty where nothing is. All services count whose task definition has the image's tag.
    """
    there = resources(environment, stack.name)
    wanted = of_type(there, TASK_DEFINITION)
    services = released_services(environment, stack, there)
    wrong = {each["serviceName"]: _wait(environment, each, wanted) for each in services}
    of = {name: f"{name}: " if len(services) > 1 else "" for name in wrong}
    return "; ".join(f"{of[name]}{why}" for name, why in wrong.items() if why)


def released_services(
    environment: Environment, stack: Stack, there: list[StackResource]
) -> "list[ServiceTypeDef]":
    """Return the services of a stack that the image's tag changes, as ECS describes them.

    A service that the folder does not hold any more is one of them. there: the stack's
    resources.
    """
    others = {
        each.logical_id
        for each in environment.system.of(SERVICE)
        if each.stack == stack.name and not _has_image_tag(environment, each)
    }
    return ecs_services(environment, [each for each in there if each.logical_id not in others])


def _has_image_tag(environment: Environment, service: Resource) -> bool:
    """Whether the task definition of a service has the image's tag."""
    tag = environment.system.parts.get(Part.IMAGE_TAG)
    names = {name for name, _ in references(service.properties.get("TaskDefinition"))}
    known = environment.system.resources
    return any(
        tag in {name for name, _ in references(known[each].properties)}
        for each in names & known.keys()
    )


def _wait(environment: Environment, found: "ServiceTypeDef", wanted: list[str]) -> str:
    """Wait for the deployment of a task definition; return what is wrong, if anything.

    A service that ECS deployed more than 90 days ago has no deployment any more.
    """
    name = found["serviceName"]

    def is_ended(last: ServiceDeployment | None) -> bool:
        if last is None:
            return found["taskDefinition"] in wanted
        # Right after an update the list may still end with the deployment before.
        return not last.is_ongoing and not (last.is_successful and last.result not in wanted)

    last = _follow(environment, found["clusterArn"], name, is_ended)
    if last is None or last.result in wanted:
        return "" if is_ended(last) else "ECS has begun no deployment"
    return failure_of(last)


def failure_of(last: ServiceDeployment) -> str:
    """Return how a deployment failed, or that it has not ended in time."""
    reason = f": {last.reason}" if last.reason else ""
    if last.status == WENT_BACK:
        return f"ECS went back to the task definition before{reason}"
    return f"the deployment is {last.words()}{reason}"


def _follow(
    environment: Environment,
    cluster: str,
    service: str,
    is_ended: Callable[[ServiceDeployment | None], bool],
) -> ServiceDeployment | None:
    """Return the newest deployment of a service once it has ended, or once time is up."""
    begun = time.monotonic()
    for pause in pauses():
        last = newest(environment, cluster, service)
        limit = STEADY_SECONDS + (last.planned_seconds if last else 0)
        if is_ended(last) or time.monotonic() - begun > limit:
            break
        environment.report.working(service, last.words() if last else "no deployment yet")
        environment.pause(pause)
    environment.report.working(service)
    return last


def restart_tasks(environment: Environment, services: Sequence[Service]) -> None:
    """Replace all running tasks, because ECS reads secrets when a task starts.

    Raises CommandError if the new ones do not start, and the circuit breaker or an alarm
    brings the old ones back.
    """
    before = [_restart(environment, service) for service in services]
    for service, known in zip(services, before, strict=True):
        _wait_until_replaced(environment, service, known)


def _restart(environment: Environment, service: Service) -> set[str]:
    """Begin to replace the tasks of a service; return the deployments before this one."""
    known = {*deployments(environment, service.cluster, service.name)}
    environment.clients.ecs.update_service(
        cluster=service.cluster, service=service.name, forceNewDeployment=True
    )
    return known


def _wait_until_replaced(environment: Environment, service: Service, known: set[str]) -> None:
    """Wait until only tasks of a new deployment run. Raises CommandError.

    known: the deployments before. One that was just begun may not be known everywhere yet.
    """

    def is_ended(last: ServiceDeployment | None) -> bool:
        return last is not None and last.arn not in known and not last.is_ongoing

    last = _follow(environment, service.cluster, service.name, is_ended)
    if last is None or last.arn in known:
        why = "ECS has begun no deployment"
    elif not last.is_successful:
        why = failure_of(last)
    else:
        why = _wait_until_stopped(environment, service)
    if why:
        diagnosis = diagnose_tasks(environment, environment.stack_with(Part.IMAGE_TAG))
        lines = [f"{service.name}: the new tasks do not come up: {why}", *diagnosis.lines]
        steps = [*diagnosis.steps, f"{REPAIRED}: {environment.command_line}"]
        raise CommandError(Exit.FAILED, "\n".join(lines), "\n".join(steps))


def _wait_until_stopped(environment: Environment, service: Service) -> str:
    """Wait until no task of an earlier deployment runs; return how many do after a long time.

    ECS lets them answer their last requests. How many run, the service says: the deployment
    keeps the numbers of its end.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-deployment.html
    """
    ecs = environment.clients.ecs
    begun = time.monotonic()
    for pause in pauses():
        answer = ecs.describe_services(cluster=service.cluster, services=[service.name])
        groups = answer["services"][0]["deployments"]
        old = sum(each["runningCount"] for each in groups if each["status"] != "PRIMARY")
        if not old:
            break
        if time.monotonic() - begun > STEADY_SECONDS:
            return f"{old} old tasks still run"
        environment.report.working(service.name, f"{old} old tasks end")
        environment.pause(pause)
    environment.report.working(service.name)
    return ""
