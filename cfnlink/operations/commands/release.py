"""A release changes the image's tag and nothing else, and goes back where it fails."""

import time
from collections.abc import Iterator
from types import SimpleNamespace

from cfnlink.operations.change_set import ChangeSet, request_tag
from cfnlink.operations.environment import IMAGE_TAG, Environment, Stack
from cfnlink.operations.image import require
from cfnlink.operations.lease import lease
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.service import ecs_services, stopped_tasks
from cfnlink.operations.stack_deployment import StackDeployment
from cfnlink.operations.stacks import DeployedStack, find, of_type, resources

STEADY_SECONDS = 900
PAUSE_SECONDS = 5.0


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `release`."""
    return release(environment, options.tag, options.wait * 60)


def release(environment: Environment, tag: str, patience_seconds: float = 0) -> Exit:
    """Run the service with another image, or with the image before if that fails."""
    deployment = StackDeployment(environment, environment.holding(IMAGE_TAG))
    stack, report = deployment.stack, environment.report
    if find(environment, stack.name):
        require(environment, tag)
    with lease(environment, "release", patience_seconds):
        deployed = deployment.prepare()
        if deployed is None or IMAGE_TAG not in deployed.parameters:
            message = f"{stack.name} was never deployed"
            raise CommandError(Exit.UNUSABLE, message, environment.command("deploy", tag=tag))
        before = deployed.parameters[IMAGE_TAG]
        if before == tag:
            report.say(f"{stack.name}: {tag} is released already")
        _change(deployment, deployed, tag)
        why = _until_steady(environment, stack, STEADY_SECONDS)
        if why:
            raise _failed(deployment, tag, before, why)
    report.result({"stack": stack.name, "image_tag": tag, "before": before})
    if before != tag:
        report.say(f"{stack.name}: {tag} runs, before it {before}")
        report.say(f"to go back: {environment.command_line_with(tag=before)}")
    report.next(environment.proof())
    return Exit.DONE


def _failed(deployment: StackDeployment, tag: str, before: str, why: str) -> CommandError:
    """Go back to the image before; return the error of the release."""
    environment, stack = deployment.environment, deployment.stack
    state = "its tasks do not run"
    if before != tag:
        words = f"{tag} does not run ({why}); going back to {before}"
        environment.report.say(f"{stack.name}: {words}")
        if deployed := deployment.prepare():
            _change(deployment, deployed, before)
        state = f"{before} is back"
    stopped = [f"  {line}" for line in stopped_tasks(environment, stack)]
    message = "\n".join([f"{stack.name}: {tag} failed, {why}; {state}", *stopped])
    return CommandError(Exit.FAILED, message, environment.command("status"))


def _change(deployment: StackDeployment, deployed: DeployedStack, tag: str) -> None:
    """Change only the tag: template, other parameters and tags are the deployed ones."""
    environment, stack = deployment.environment, deployment.stack
    change_set = ChangeSet.create(environment, stack, request_tag(stack, deployed, tag))
    if change_set is None:
        return
    try:
        deployment.execute(change_set)
    except CommandError as stop:
        now, before = find(environment, stack.name), deployed.parameters[IMAGE_TAG]
        if stop.code == Exit.FAILED and now and now.parameters.get(IMAGE_TAG) == before:
            message = f"{stop.message}\n{stack.name}: AWS went back to {before}"
            raise CommandError(stop.code, message, environment.command("status")) from None
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
