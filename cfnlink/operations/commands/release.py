"""A release changes the image's tag and nothing else, and goes back where it fails."""

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

from cfnlink.operations.change_set import ChangeSet, request_tag
from cfnlink.operations.diagnosis import diagnose_tasks
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import REPAIRED
from cfnlink.operations.image import require
from cfnlink.operations.lease import lease
from cfnlink.operations.live_view import live_view
from cfnlink.operations.named_alarms import name_alarms
from cfnlink.operations.release_under_way import ReleaseUnderWay, replaced_tag
from cfnlink.operations.rollout import wait_until_steady
from cfnlink.operations.stack_deployment import DeployOptions, StackDeployment
from cfnlink.operations.stacks import DeployedStack, find
from cfnlink.operations.watching import TakenBackError, renewed_alarms, watch
from cfnlink.system.parts import Part

DEFAULT = DeployOptions()


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `release`."""
    chosen = DeployOptions(
        patience_seconds=options.wait * 60,
        is_watched=not options.ignore_alarms,
        ignores_alarms=options.ignore_alarms,
    )
    stack = environment.stack_with(Part.IMAGE_TAG)
    with live_view(environment, stack) if options.watch else nullcontext():
        if options.stop:
            return stop(environment)
        return release(environment, options.tag, chosen, with_smoke=options.smoke)


def release(
    environment: Environment,
    tag: str,
    options: DeployOptions = DEFAULT,
    *,
    with_smoke: bool = False,
) -> Exit:
    """Run the service with another image, or with the image before if that fails.

    with_smoke: whether a failure of `smoke` counts.
    """
    deployment = StackDeployment(environment, environment.stack_with(Part.IMAGE_TAG), options)
    stack, report = deployment.stack, environment.report
    if with_smoke and Part.SMOKE_KEY not in environment.system.parts:
        raise environment.without(Part.SMOKE_KEY)
    if find(environment, stack.name):
        require(environment, tag)
    with lease(environment, "release", options.patience_seconds):
        try:
            before = _begin(deployment, tag)
            why = wait_until_steady(environment, stack) or (with_smoke and _smoke(environment))
        except KeyboardInterrupt:
            raise _interrupted(environment, tag) from None
        if why:
            raise _failed(deployment, tag, before, why)
    report.result({"stack": stack.name, "image_tag": tag, "before": before})
    if before != tag:
        report.say(f"{stack.name}: {tag} runs, before it {before}")
        report.say(f"to go back: {environment.command_line_with(tag=before)}")
    report.next(environment.command("status") if with_smoke else environment.proof())
    return Exit.DONE


def stop(environment: Environment) -> Exit:
    """Take back the release that is under way, of whichever run.

    The lease stays with that run, which ends with a failure as soon as AWS has gone back.
    """
    stack, report = environment.stack_with(Part.IMAGE_TAG), environment.report
    found = ReleaseUnderWay.find(environment, stack)
    if found is None:
        raise _nothing_to_stop(environment)
    report.say(f"{stack.name}: AWS takes the release of {found.tag} back")
    found.take_back()
    tag = found.end()
    report.result({"stack": stack.name, "image_tag": tag, "stopped": found.tag})
    if tag == found.tag:
        raise _nothing_to_stop(environment)
    report.say(f"{stack.name}: {tag} is back")
    report.next(environment.proof())
    return Exit.DONE


def _nothing_to_stop(environment: Environment) -> CommandError:
    """Return the error of a release that has ended, with the command that goes back all the
    same."""
    stack = environment.stack_with(Part.IMAGE_TAG)
    now = find(environment, stack.name)
    tag = environment.image_tag_of(now.parameters, stack.name) if now else None
    before = replaced_tag(environment, stack, tag) if tag else None
    message = f"{stack.name}: no release is under way" + (f", and {tag} runs" if tag else "")
    step = environment.command("status")
    if before:
        step = f"to go back: {environment.command_line_with(tag=before, stop=False)}"
    return CommandError(Exit.UNUSABLE, message, step)


def _begin(deployment: StackDeployment, tag: str) -> str:
    """Change the image's tag; return the one before. A tag that runs already stays.

    What an earlier run left under way comes to its end first: a release of the same tag is
    waited for, and one of another tag is taken back, so that the tag before is one that ran.
    Of a tag that runs already, the one before is that which ECS has replaced last.
    """
    environment, stack = deployment.environment, deployment.stack
    if earlier := ReleaseUnderWay.find(environment, stack):
        words = "this run goes on with it" if earlier.tag == tag else "AWS takes it back first"
        environment.report.say(
            f"{stack.name}: an earlier run began the release of {earlier.tag}; {words}"
        )
        if earlier.tag == tag:
            earlier.wait()
        else:
            earlier.take_back()
    deployed = deployment.prepare()
    running = environment.image_tag_of(deployed.parameters, stack.name) if deployed else None
    if deployed is None or running is None:
        message = f"{stack.name} was never deployed"
        raise CommandError(Exit.UNUSABLE, message, environment.command("deploy", tag=tag))
    if running != tag:
        _change(deployment, deployed, tag)
        return running
    environment.report.say(f"{stack.name}: {tag} is released already")
    return replaced_tag(environment, stack, tag) or tag


def _smoke(environment: Environment) -> str:
    """Return which checks of `smoke` fail; empty where none does."""
    from cfnlink.operations.commands import smoke  # noqa: PLC0415 (few releases need it)

    try:
        smoke.run(environment, SimpleNamespace())
    except CommandError as error:
        if error.code != Exit.FAILED:
            raise
        return error.message
    return ""


def _interrupted(environment: Environment, tag: str) -> CommandError:
    """Return the error of an interrupted release, with both ways to go on."""
    back = environment.command_line_with(tag=None, stop=True)
    steps = f"to go on: {environment.command_line}\nto go back: {back}"
    message = f"interrupted; AWS goes on with what it has begun for {tag}"
    return CommandError(Exit.INTERRUPTED, message, steps)


def _failed(deployment: StackDeployment, tag: str, before: str, why: str) -> CommandError:
    """Go back to the image before; return the error of the release."""
    environment, stack = deployment.environment, deployment.stack
    diagnosis = diagnose_tasks(environment, stack)
    state = "no image is known that ran before it"
    if before != tag:
        environment.report.say(f"{stack.name}: {tag} failed: {why}; going back to {before}")
        # An alarm that the failed image raises may go off late.
        back = replace(deployment, options=DeployOptions(ignores_alarms=True))
        if deployed := back.prepare():
            alarms = deployed.parameters.get(stack.parts.get(Part.DEPLOYMENT_ALARMS, ""), "")
            _change(back, deployed, before)
            name_alarms(environment, stack, alarms)
        state = f"{before} is back"
    message = "\n".join([f"{stack.name}: {tag} failed, {why}; {state}", *diagnosis.lines])
    steps = "\n".join([*diagnosis.steps, environment.command("status")])
    return CommandError(Exit.FAILED, message, steps)


def _change(deployment: StackDeployment, deployed: DeployedStack, tag: str) -> None:
    """Change only the tag: template, other parameters and tags are the deployed ones.

    The names of ECS's alarms change where one is in ALARM: ECS would watch none of the others.
    """
    environment, stack = deployment.environment, deployment.stack
    alarms = stack.parts.get(Part.DEPLOYMENT_ALARMS, "")
    is_ignored = deployment.options.ignores_alarms and alarms in deployed.parameters
    names = {alarms: ""} if is_ignored else renewed_alarms(environment, stack, deployed)
    asked = request_tag(stack, deployed, tag, names)
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
            known = stop.next_command.splitlines()
            steps = [each for each in known if is_alarm or not each.startswith(REPAIRED)]
            steps += [] if is_alarm else [environment.command("status")]
            step = "\n".join(steps)
            raise CommandError(stop.code, message, step) from None
        raise
