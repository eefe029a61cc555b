"""The rollout of a service: new tasks take the place of the old ones, or do not come up."""

import time
from collections.abc import Iterator, Sequence

from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import REPAIRED
from cfnlink.operations.service import Service, ecs_services, stopped_tasks
from cfnlink.operations.stacks import of_type, pauses, resources
from cfnlink.system.parts import Part

STEADY_SECONDS = 900  # after which a rollout counts as failed
PAUSE_SECONDS = 5.0


def wait_until_steady(environment: Environment, stack: Stack) -> str:
    """Wait until the tasks of a stack run as it states; return what is wrong, if anything."""
    end = time.monotonic() + STEADY_SECONDS
    while True:
        why = "; ".join(_unsteady(environment, stack))
        if not why or "FAILED" in why or time.monotonic() > end:
            return why
        environment.pause(min(PAUSE_SECONDS, max(end - time.monotonic(), 0.1)))


def _unsteady(environment: Environment, stack: Stack) -> Iterator[str]:
    """Yield what is not yet as the stack states.

    A circuit breaker that trips makes a deployment of the task definition before the primary
    one: that is no success.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    there = resources(environment, stack.name)
    wanted = of_type(there, "AWS::ECS::TaskDefinition")
    services = ecs_services(environment, there)
    for found in services:
        of = f"{found['serviceName']}: " if len(services) > 1 else ""
        if found["runningCount"] < found["desiredCount"]:
            yield f"{of}{found['runningCount']} of {found['desiredCount']} tasks run"
        for deployment in found.get("deployments", []):
            state = deployment.get("rolloutState", "COMPLETED")
            first = deployment["status"] == "PRIMARY"
            if first and deployment.get("taskDefinition") not in (None, *wanted):
                yield f"{of}the rollout FAILED: ECS went back to the task definition before"
            elif first and state != "COMPLETED":
                yield f"{of}the rollout is {state}"


def restart_tasks(environment: Environment, services: Sequence[Service]) -> None:
    """Replace all running tasks, because ECS reads secrets when a task starts.

    Raises CommandError if the new ones do not start: the circuit breaker then makes another
    deployment the primary one.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    deployments = [_restart(environment, service) for service in services]
    for service, mine in zip(services, deployments, strict=True):
        _wait_until_replaced(environment, service, mine)


def _restart(environment: Environment, service: Service) -> str:
    """Begin to replace the tasks of a service; return the id of the deployment."""
    found = environment.clients.ecs.update_service(
        cluster=service.cluster, service=service.name, forceNewDeployment=True
    )["service"]
    return next(each["id"] for each in found["deployments"] if each["status"] == "PRIMARY")


def _wait_until_replaced(environment: Environment, service: Service, mine: str) -> None:
    """Wait until only tasks of a deployment run; mine: its id. Raises CommandError."""
    ecs = environment.clients.ecs
    end = time.monotonic() + STEADY_SECONDS
    for pause in pauses():
        answer = ecs.describe_services(cluster=service.cluster, services=[service.name])
        deployments = {each["id"]: each for each in answer["services"][0]["deployments"]}
        new = deployments.pop(mine, {})  # just begun, it may not be known everywhere yet
        old = sum(each["runningCount"] for each in deployments.values())
        running = f"{new.get('runningCount', 0)} new tasks run, and {old} old ones"
        environment.report.working("service", running)
        first, state = new.get("status", "PRIMARY") == "PRIMARY", new.get("rolloutState")
        if first and state == "COMPLETED" and not old:
            environment.report.working("service")
            return
        if not first or state == "FAILED" or time.monotonic() > end:
            stopped = stopped_tasks(environment, environment.stack_with(Part.IMAGE_TAG)) or [
                running
            ]
            message = "\n  ".join([f"{service.name}: the new tasks do not come up", *stopped])
            raise CommandError(Exit.FAILED, message, f"{REPAIRED}: {environment.command_line}")
        environment.pause(pause)
