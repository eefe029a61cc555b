"""A release changes the image's tag and nothing else, and goes back where it fails."""

import time
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from cfnlink.operations.change_sets import prepare
from cfnlink.operations.deploy import Run, execute, prepare_stack
from cfnlink.operations.environment import IMAGE_TAG, Environment, Stack
from cfnlink.operations.image import require
from cfnlink.operations.lease import lease
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.service import ecs_services, stopped_tasks
from cfnlink.operations.stacks import DeployedStack, find, of_type, resources

STEADY_SECONDS = 900
PAUSE_SECONDS = 5.0


def run(environment: Environment, options: Namespace) -> Exit:
    """The command `release`."""
    return release(Run(environment), options.tag, options.wait * 60)


def release(run: Run, tag: str, patience_seconds: float = 0) -> Exit:
    """The stack with the image at another tag, its tasks running; or the tag before."""
    environment = run.environment
    stack = environment.holding(IMAGE_TAG)
    if find(environment, stack.name):
        require(environment, tag)
    with lease(environment, "release", patience_seconds):
        deployed = prepare_stack(run, stack)
        if deployed is None or IMAGE_TAG not in deployed.parameters:
            message = f"{stack.name} was never deployed"
            raise CommandError(Exit.UNUSABLE, message, environment.command("deploy", tag=tag))
        before = deployed.parameters[IMAGE_TAG]
        if before == tag:
            environment.report.say(f"{stack.name}: {tag} is released already")
        _change(run, stack, deployed, tag, before)
        why = _until_steady(environment, stack, STEADY_SECONDS)
        if why and before != tag:
            environment.report.say(
                f"{stack.name}: {tag} does not run ({why}); going back to {before}"
            )
            again = prepare_stack(run, stack)
            if again:
                _change(run, stack, again, before, tag)
        if why:
            stopped = [f"  {line}" for line in stopped_tasks(environment, stack)]
            state = f"{before} is back" if before != tag else "its tasks do not run"
            message = f"{stack.name}: {tag} failed, {why}; {state}"
            raise CommandError(
                Exit.FAILED, "\n".join([message, *stopped]), environment.command("status")
            )
    environment.report.result({"stack": stack.name, "image_tag": tag, "before": before})
    if before != tag:
        environment.report.say(f"{stack.name}: {tag} runs, before it {before}")
        environment.report.say(f"to go back: {environment.command_line_with(tag=before)}")
    environment.report.next(environment.proof())
    return Exit.DONE


def _change(run: Run, stack: Stack, deployed: DeployedStack, tag: str, before: str) -> None:
    """Only the tag: template, other parameters and tags are the deployed ones."""
    parameters: list[dict[str, Any]] = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in deployed.parameters
        if name != IMAGE_TAG
    ]
    asked = {
        "UsePreviousTemplate": True,
        "Parameters": [*parameters, {"ParameterKey": IMAGE_TAG, "ParameterValue": tag}],
        "Capabilities": stack.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in deployed.tags.items()],
    }
    prepared = prepare(run.environment, stack, deployed, asked)
    if prepared is None:
        return
    try:
        execute(run, stack, prepared)
    except CommandError as stop:
        now = find(run.environment, stack.name)
        if stop.code == Exit.FAILED and now and now.parameters.get(IMAGE_TAG) == before:
            message = f"{stop.message}\n{stack.name}: AWS went back to {before}"
            raise CommandError(stop.code, message, run.environment.command("status")) from None
        raise


def _until_steady(environment: Environment, stack: Stack, seconds: float) -> str:
    """Why the tasks are not what they should be after a while; empty when they are."""
    end = time.monotonic() + seconds
    while True:
        why = "; ".join(_unsteady(environment, stack))
        if not why or "FAILED" in why or time.monotonic() > end:
            return why
        environment.pause(min(PAUSE_SECONDS, max(end - time.monotonic(), 0.1)))


def _unsteady(environment: Environment, stack: Stack) -> Iterator[str]:
    """What is not yet as the stack has it. A circuit breaker that trips makes a deployment
    of the task definition before the primary one: that is no success.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    there = resources(environment, stack.name)
    wanted = of_type(there, "AWS::ECS::TaskDefinition")
    for found in ecs_services(environment, there):
        if found["runningCount"] < found["desiredCount"]:
            yield f"{found['runningCount']} of {found['desiredCount']} tasks run"
        for deployment in found.get("deployments", []):
            state = deployment.get("rolloutState", "COMPLETED")
            first = deployment["status"] == "PRIMARY"
            if first and deployment.get("taskDefinition") not in (None, *wanted):
                yield "the rollout FAILED: ECS went back to the task definition before"
            elif first and state != "COMPLETED":
                yield f"the rollout is {state}"
