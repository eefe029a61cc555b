"""A release changes the image's tag and nothing else, and goes back where it fails."""

from dataclasses import replace
from types import SimpleNamespace

from cfnlink.operations.change_set import ChangeSet, request_tag
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.image import require
from cfnlink.operations.lease import lease
from cfnlink.operations.rollout import wait_until_steady
from cfnlink.operations.service import stopped_tasks
from cfnlink.operations.stack_deployment import DeployOptions, StackDeployment
from cfnlink.operations.stacks import DeployedStack, find
from cfnlink.operations.watching import TakenBackError, watch
from cfnlink.system.parts import Part

DEFAULT = DeployOptions()


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `release`."""
    chosen = DeployOptions(
        patience_seconds=options.wait * 60, is_watched=not options.ignore_alarms
    )
    return release(environment, options.tag, chosen)


def release(environment: Environment, tag: str, options: DeployOptions = DEFAULT) -> Exit:
    """Run the service with another image, or with the image before if that fails."""
    deployment = StackDeployment(environment, environment.stack_with(Part.IMAGE_TAG), options)
    stack, report = deployment.stack, environment.report
    if find(environment, stack.name):
        require(environment, tag)
    with lease(environment, "release", options.patience_seconds):
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
        back = replace(deployment, options=DeployOptions())  # an alarm may go off late
        if deployed := back.prepare():
            _change(back, deployed, before)
        state = f"{before} is back"
    stopped = [f"  {line}" for line in stopped_tasks(environment, stack)]
    message = "\n".join([f"{stack.name}: {tag} failed, {why}; {state}", *stopped])
    return CommandError(Exit.FAILED, message, environment.command("status"))


def _change(deployment: StackDeployment, deployed: DeployedStack, tag: str) -> None:
    """Change only the tag: template, other parameters and tags are the deployed ones."""
    environment, stack = deployment.environment, deployment.stack
    asked = request_tag(stack, deployed, tag)
    is_watched = deployment.options.is_watched
    watched = watch(environment, stack, deployed, is_watched=is_watched)
    if watched:
        asked["RollbackConfiguration"] = watched.configuration
    change_set = ChangeSet.create(environment, stack, asked)
    if change_set is None:
        return
    try:
        deployment.execute(change_set, watched)
    except CommandError as stop:
        now, before = find(environment, stack.name), deployed.parameters[str(stack.image_tag)]
        if (
            stop.code == Exit.FAILED
            and now
            and environment.image_tag_of(now.parameters, stack.name) == before
        ):
            message = f"{stop.message}\n{stack.name}: AWS went back to {before}"
            is_alarm = isinstance(stop, TakenBackError)
            step = stop.next_command if is_alarm else environment.command("status")
            raise CommandError(stop.code, message, step) from None
        raise
