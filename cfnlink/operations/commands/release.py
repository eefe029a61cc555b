"""A release changes the image's tag and nothing else, and goes back where it fails."""

from types import SimpleNamespace

from cfnlink.operations.change_set import ChangeSet, request_tag
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.image import require
from cfnlink.operations.lease import lease
from cfnlink.operations.rollout import wait_until_steady
from cfnlink.operations.service import stopped_tasks
from cfnlink.operations.stack_deployment import StackDeployment
from cfnlink.operations.stacks import DeployedStack, find
from cfnlink.system.parts import Part


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `release`."""
    return release(environment, options.tag, options.wait * 60)


def release(environment: Environment, tag: str, patience_seconds: float = 0) -> Exit:
    """Run the service with another image, or with the image before if that fails."""
    deployment = StackDeployment(environment, environment.stack_with(Part.IMAGE_TAG))
    stack, report = deployment.stack, environment.report
    if find(environment, stack.name):
        require(environment, tag)
    with lease(environment, "release", patience_seconds):
        deployed = deployment.prepare()
        before = environment.image_tag_of(deployed.parameters, stack.name) if deployed else None
        if deployed is None or before is None:
            message = f"{stack.name} was never deployed"
            raise CommandError(Exit.UNUSABLE, message, environment.command("deploy", tag=tag))
        if before == tag:
            report.say(f"{stack.name}: {tag} is released already")
        _change(deployment, deployed, tag)
        why = wait_until_steady(environment, stack)
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
        now, before = find(environment, stack.name), deployed.parameters[str(stack.image_tag)]
        if (
            stop.code == Exit.FAILED
            and now
            and environment.image_tag_of(now.parameters, stack.name) == before
        ):
            message = f"{stop.message}\n{stack.name}: AWS went back to {before}"
            raise CommandError(stop.code, message, environment.command("status")) from None
        raise
