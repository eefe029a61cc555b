"""Bring every stack to the state of the folder, from every state of the stacks."""

from dataclasses import dataclass, field
from functools import cache, partial
from types import SimpleNamespace

from cfnlink.operations.api_client import address
from cfnlink.operations.change_set import request
from cfnlink.operations.changes import RECREATED, SYNCED, refuse
from cfnlink.operations.check import FAILED, WARNING, run_check
from cfnlink.operations.delegation import delegated, to_make
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.express import refuse_valuable
from cfnlink.operations.forecast import by_templates, refusable
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.lease import lease
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.order import Before, in_order, needs, reversals
from cfnlink.operations.preflight.names import kept_names
from cfnlink.operations.preflight.secrets import outside_secrets
from cfnlink.operations.progress import Work
from cfnlink.operations.rotation import leave_owner
from cfnlink.operations.shared import only_read
from cfnlink.operations.stack_deployment import DeployOptions, Outcome, StackDeployment
from cfnlink.operations.stacks import (
    StackAction,
    allowed_action,
    deployed_stacks,
    deployed_template,
    find,
)
from cfnlink.operations.subscribers import say_subscribers
from cfnlink.operations.traffic import refuse_while_moved
from cfnlink.operations.watching import with_deployment_alarms
from cfnlink.system.parts import Part


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `deploy`: all stacks, or one and those it needs, in the order of their needs.

    A stack that equals the folder's is not changed.
    """
    environment = environment.only(options.only) if options.only else environment
    chosen = _chosen(environment, options)
    _check_image_tag(environment, options.tag)
    _check_first(environment)
    deployment = Deployment(environment, chosen, options.resolver)
    with lease(environment, "deploy", chosen.patience_seconds):
        before = cache(partial(deployed_template, environment))
        _refuse(environment, chosen, before)
        found = reversals(environment, before)
        for reversal in found:
            environment.report.say(reversal.words())
        for stack in environment.stacks:
            there = by_templates(environment, stack, before(stack.name))
            work = Work.of(there, stack.template["Resources"])
            environment.timetable.seconds[stack.name] = work.left()
        done = in_order(environment, deployment.deploy, needs(environment, found))
        deployment.name_alarms()
    url = address(environment, deployed_stacks(environment))
    environment.report.result({"stacks": done, "url": url or None})
    say_left_over(environment)
    say_subscribers(environment)
    differs = [
        only_read(environment, stack)
        for stack in environment.stacks
        if done[stack.name] == Outcome.DIFFERS
    ]
    if deployment.waiting or differs or deployment.drifted:
        raise _incomplete(deployment, differs, url)
    where = f" at {url}" if url else ""
    name = options.only or environment.name
    if chosen.is_express and Outcome.UPDATED in done.values():
        environment.report.say(f"{name} is configured{where}; AWS may still start what changed")
        environment.report.next(environment.command("status"))
        return Exit.DONE
    environment.report.say(f"{name} is up{where}")
    environment.report.next(
        environment.command("preflight") if options.only else environment.proof()
    )
    return Exit.DONE


def _chosen(environment: Environment, options: SimpleNamespace) -> DeployOptions:
    """Return what the user chose. Raises CommandError for choices that AWS or we refuse.

    In express mode no alarm watches: AWS would wait three minutes for it all the same. AWS does
    not say that express mode and the undoing of drift go together.
    """
    if options.express:
        if options.revert_drift:
            message = "--express and --revert-drift: expected one of them"
            again = environment.command_line_with(express=False)
            raise CommandError(Exit.UNUSABLE, message, again)
        refuse_valuable(environment)
    return DeployOptions(
        options.tag,
        tuple(options.allow),
        options.wait * 60,
        is_watched=not (options.ignore_alarms or options.express),
        ignores_alarms=options.ignore_alarms,
        reverts_drift=options.revert_drift,
        is_express=options.express,
    )


def _refuse(environment: Environment, chosen: DeployOptions, before: Before) -> None:
    """Stop before the first change if data would be lost; say first what drift goes back."""
    changes = [
        *refusable(environment, chosen.image_tag, before, reverts_drift=chosen.reverts_drift)
    ]
    for change in changes if chosen.reverts_drift else ():
        if change.drifts or change.how in (RECREATED, SYNCED):
            environment.report.say(f"{change.stack}: {change.words().lstrip()}")
    refuse(environment, changes, chosen.allowed, environment.typed.name)
    refuse_while_moved(environment, changes)


NOW_WATCHED = "its alarms exist now, and take a bad deployment of it back"


@dataclass(frozen=True)
class Deployment:
    """The deployment of an environment, stack by stack.

    resolver: HOST:PORT of the DNS server to ask. waiting: why some stacks are left out, by
    the names of these. drifted: what stays as it was changed outside CloudFormation.
    """

    environment: Environment
    options: DeployOptions
    resolver: str | None = None
    waiting: dict[str, str] = field(default_factory=dict)
    drifted: list[str] = field(default_factory=list)

    def deploy(self, stack: Stack) -> Outcome:
        """Deploy a stack unless its certificate would wait for a zone that DNS does not find.

        Such a stack is left out with those that need it; the others are deployed.
        """
        why = self._blocked(stack)
        if why:
            self.waiting[stack.name] = "\n".join(why)
            self.environment.report.say(f"{stack.name}: waits: {why[0].splitlines()[0]}")
            return Outcome.WAITS
        done = StackDeployment(self.environment, stack, self.options, self.drifted).run()
        if stack.image_tag:
            leave_owner(self.environment)
        return done

    def name_alarms(self) -> None:
        """Give services the alarms that came after them."""
        for stack in self.environment.stacks:
            parameter = stack.parts.get(Part.DEPLOYMENT_ALARMS)
            deployed = find(self.environment, stack.name) if parameter else None
            if deployed is None or not self.options.is_watched:
                continue
            named = with_deployment_alarms(self.environment, stack, deployed)
            before = deployed.parameters.get(str(parameter))
            if named.parameters.get(str(parameter), before) != before:
                self.environment.report.say(f"{stack.name}: {NOW_WATCHED}")
                StackDeployment(self.environment, stack, self.options).run()

    def _blocked(self, stack: Stack) -> list[str]:
        """Return why a stack cannot come up yet."""
        environment = self.environment
        needed = environment.needs(stack) & self.waiting.keys()
        why = [f"it needs {name}" for name in sorted(needed)]
        look = partial(delegated, environment, to_make(environment, stack), self.resolver)
        for check in run_check("hosted zone", look):
            if check.result == FAILED:
                why.append(f"{check.says}; its certificate waits as long\n{check.fix}")
            elif check.result == WARNING:
                environment.report.say(f"{stack.name}: {check.name}: {check.says}")
        return why


def _incomplete(deployment: Deployment, differs: list[str], url: str) -> CommandError:
    """Return the error of a deployment that left stacks out, or left drift as it is."""
    environment, waiting = deployment.environment, deployment.waiting
    lines = [*differs, *(f"{name} waits: {why}" for name, why in waiting.items())]
    lines += [f"{each}: it stays as it was changed" for each in deployment.drifted]
    lines += [f"until then the API answers at {url}"] if waiting and url else []
    again = environment.command_line
    if deployment.drifted and not (differs or waiting):
        again = environment.command("status", drift=True)
    step = f"when public DNS answers: {again}" if waiting else again
    return CommandError(Exit.FAILED, "\n".join(lines), step)


def _check_image_tag(environment: Environment, image_tag: str | None) -> None:
    """Stop before the deployment if a service without a tag gets none."""
    for stack in environment.stacks:
        if stack.image_tag and not image_tag:
            deployed = find(environment, stack.name)
            is_new = allowed_action(deployed) in (StackAction.CREATE, StackAction.CLEAN)
            try:
                request(stack, None if is_new else deployed, None)
            except CommandError as stop:
                step = stop.next_command or environment.command_line_with(tag=ANY_TAG)
                raise CommandError(stop.code, stop.message, step) from None


def _check_first(environment: Environment) -> None:
    """Stop before the deployment if tasks could not start again without their secrets, or if
    a resource that a stack kept has the name of one to make."""
    checks = [
        *run_check("secrets", partial(outside_secrets, environment)),
        *run_check("names", partial(kept_names, environment)),
    ]
    failed = [check for check in checks if check.result == FAILED]
    if failed:
        message = "\n".join(f"{check.name}: {check.says}" for check in failed)
        steps = [*(check.fix for check in failed), environment.command_line]
        raise CommandError(Exit.FAILED, message, "\n".join(steps))
