"""Bring every stack to the state of the folder, from every state of the stacks."""

from argparse import Namespace
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from botocore.exceptions import ClientError

from cfnlink.operations.api_client import address
from cfnlink.operations.change_sets import (
    ChangeSet,
    OvertakenError,
    discard,
    overtaken,
    prepare,
    request,
)
from cfnlink.operations.changes import refuse
from cfnlink.operations.check import FAILED, WARNING, run_check
from cfnlink.operations.delegation import delegated, to_make
from cfnlink.operations.deletion import remove
from cfnlink.operations.earlier import delete_left_logs, refuse_without_snapshot
from cfnlink.operations.environment import IMAGE_TAG, SHARED_TIER, Environment, Stack
from cfnlink.operations.failure import failure, stuck
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.kept import left_of
from cfnlink.operations.lease import PATIENCE_MINUTES, lease
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.order import in_order, needs, reversals
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.preflight.secrets import outside_secrets
from cfnlink.operations.protection import policy_allowing, protect, without_protection
from cfnlink.operations.rotate import leave_owner
from cfnlink.operations.shared import is_as_in_folder, is_refusal, only_read
from cfnlink.operations.stacks import (
    GOOD,
    DeployedStack,
    StackAction,
    allowed_action,
    deployed_stacks,
    deployed_template,
    find,
    stream_events,
)
from cfnlink.operations.subscribers import say_subscribers

DIFFERS = "differs"
TRIES = 3  # of a change whose change set another run took away


@dataclass(frozen=True)
class Run:
    """One deployment: its environment, its permissions and its patience."""

    environment: Environment
    image_tag: str | None = None
    allowed: tuple[str, ...] = ()
    resolver: str | None = None
    patience_seconds: float = 0


def run(environment: Environment, options: Namespace) -> Exit:
    """Run `deploy`: all stacks, or one and those it needs, in the order of their needs.

    A stack that equals the folder's is not changed.
    """
    environment = environment.only(options.only) if options.only else environment
    patience = options.wait * 60
    this = Run(environment, options.tag, tuple(options.allow), options.resolver, patience)
    _check_image_tag(this)
    _check_secrets(this)
    waiting: dict[str, str] = {}
    with lease(environment, "deploy", patience):
        found = reversals(environment, partial(deployed_template, environment))
        for reversal in found:
            environment.report.say(reversal.words())
        work = partial(_deploy_unless_certificate_blocked, this, waiting)
        done = in_order(environment, work, needs(environment, found))
    url = address(environment, deployed_stacks(environment))
    environment.report.result({"stacks": done, "url": url or None})
    say_left_over(environment)
    say_subscribers(environment)
    differs = [
        only_read(environment, each)
        for each in environment.stacks
        if done[each.name] == DIFFERS
    ]
    if waiting or differs:
        lines = [*differs, *(f"{name} waits: {why}" for name, why in waiting.items())]
        lines += [f"until then the API answers at {url}"] if waiting and url else []
        next_command = (
            f"when public DNS answers: {environment.command_line}"
            if waiting
            else environment.command_line
        )
        raise CommandError(Exit.FAILED, "\n".join(lines), next_command)
    environment.report.say(
        f"{options.only or environment.name} is up{f' at {url}' if url else ''}"
    )
    environment.report.next(
        environment.command("preflight") if options.only else environment.proof()
    )
    return Exit.DONE


def _check_image_tag(run: Run) -> None:
    """Stop before the deployment if a service without a tag gets none."""
    for stack in run.environment.stacks:
        if stack.takes(IMAGE_TAG) and not run.image_tag:
            try:
                request(stack, _to_update(find(run.environment, stack.name)), None)
            except CommandError as stop:
                next_command = stop.next_command or run.environment.command_line_with(
                    tag=ANY_TAG
                )
                raise CommandError(stop.code, stop.message, next_command) from None


def _check_secrets(run: Run) -> None:
    """Stop before the deployment if tasks could not start again without their secrets."""
    checks = run_check("secrets", partial(outside_secrets, run.environment))
    failed = [check for check in checks if check.result == FAILED]
    if failed:
        message = "\n".join(f"{check.name}: {check.says}" for check in failed)
        steps = [*(check.fix for check in failed), run.environment.command_line]
        raise CommandError(Exit.FAILED, message, "\n".join(steps))


def _to_update(deployed: DeployedStack | None) -> DeployedStack | None:
    return (
        None
        if allowed_action(deployed) in (StackAction.CREATE, StackAction.CLEAN)
        else deployed
    )


def _deploy_unless_certificate_blocked(run: Run, waiting: dict[str, str], stack: Stack) -> str:
    """Deploy a stack unless its certificate would wait for a zone that DNS does not find.

    Such a stack is left out with those that need it; the others are deployed.
    """
    why = [f"it needs {name}" for name in sorted(run.environment.needs(stack) & waiting.keys())]
    missing = to_make(run.environment, stack)
    for check in run_check(
        "hosted zone", partial(delegated, run.environment, missing, run.resolver)
    ):
        if check.result == FAILED:
            why.append(f"{check.says}; its certificate waits as long\n{check.fix}")
        elif check.result == WARNING:
            run.environment.report.say(f"{stack.name}: {check.name}: {check.says}")
    if not why:
        done = deploy_stack(run, stack)
        if stack.takes(IMAGE_TAG):
            leave_owner(run.environment)
        return done
    waiting[stack.name] = "\n".join(why)
    run.environment.report.say(f"{stack.name}: waits: {why[0].splitlines()[0]}")
    return "waits"


def deploy_stack(run: Run, stack: Stack) -> str:
    """Bring a stack to the state of the folder, and return what happened to it."""
    is_beside_others = stack.tier == SHARED_TIER and len(run.environment.stacks) > 1
    return _bring_up_shared(run, stack) if is_beside_others else _change(run, stack)


def _bring_up_shared(run: Run, stack: Stack) -> str:
    """The shared stack: left alone where it is as it should be, or where AWS refuses it.

    The role of an environment may only read it. The environment's own stacks come up all the
    same: what they lack of it, AWS says.
    """
    deployed = wait_until_idle(run.environment, stack)
    same = is_as_in_folder(run.environment, stack, deployed)
    try:
        if not same or not deployed:
            return _change_shared(run, stack)
        protect(run.environment, stack, deployed)
    except ClientError as error:
        if not is_refusal(error):
            raise
        if not same:
            run.environment.report.say(only_read(run.environment, stack))
            return DIFFERS
        run.environment.report.say(
            f"{stack.name}: this role may not give it termination protection"
        )
    run.environment.report.say(f"{stack.name}: no changes")
    return "unchanged"


def _change_shared(run: Run, stack: Stack) -> str:
    """Change the shared stack under its own lease: another environment may deploy it, too."""
    alone = replace(run.environment, stacks=(stack,))
    patience = max(run.patience_seconds, PATIENCE_MINUTES * 60)
    with lease(alone, "deploy", patience):
        return _change(run, stack)


def _change(run: Run, stack: Stack) -> str:
    """One stack, changed where it differs; what happened to it.

    A plan that ends may delete an empty stack just when this run makes its first change set
    there. Then this run makes another.
    """
    for _ in range(TRIES - 1):
        with suppress(OvertakenError):
            return _change_once(run, stack)
    return _change_once(run, stack)


def _change_once(run: Run, stack: Stack) -> str:
    """Wait until a stack is idle, set its protections, and change it where it differs."""
    deployed = prepare_stack(run, stack)
    if deployed:
        for words in protect(run.environment, stack, deployed):
            run.environment.report.say(f"{stack.name}: protected again: {words}")
    asked = request(stack, deployed, run.image_tag)
    prepared = prepare(run.environment, stack, deployed, asked)
    if prepared is None:
        run.environment.report.say(f"{stack.name}: no changes")
        return "unchanged"
    try:
        refuse(run.environment, prepared.changes, run.allowed, run.environment.typed.name)
    except CommandError:
        discard(run.environment, stack, prepared)
        raise
    return execute(run, stack, prepared)


def prepare_stack(run: Run, stack: Stack) -> DeployedStack | None:
    """Return the stack once nothing is under way; None if it is to be created."""
    environment = run.environment
    deployed = wait_until_idle(environment, stack)
    if allowed_action(deployed) == StackAction.CREATE:
        return None
    if deployed and allowed_action(deployed) == StackAction.CLEAN:
        environment.report.say(
            f"{stack.name}: {deployed.status}, it never came up; deleting what is left"
        )
        refuse_without_snapshot(environment, stack)
        with without_protection(environment, stack, deployed):
            kept = remove(environment, stack, deployed)
        for line in left_of(environment, stack, kept):
            environment.report.say(f"left: {line}")
        delete_left_logs(environment, stack)
        return None
    if deployed and allowed_action(deployed) == StackAction.REPAIR:
        raise stuck(environment, stack, deployed.status)
    return deployed


def execute(run: Run, stack: Stack, prepared: ChangeSet) -> str:
    """Execute a change set, follow its events, and protect the result."""
    environment = run.environment
    for change in prepared.changes:
        environment.report.say(f"{stack.name}:{change.words()}")
    named = [change.logical_id for change in prepared.changes if change.named(run.allowed)]
    with policy_allowing(environment, stack, [] if prepared.creates else named):
        _start(run, stack, prepared)
        status = stream_events(environment, stack, prepared.stack_id)
    if status not in GOOD:
        raise failure(environment, stack, prepared.stack_id, status)
    deployed = find(environment, stack.name)
    if deployed:
        protect(environment, stack, deployed)
    return "created" if prepared.creates else "updated"


def _start(run: Run, stack: Stack, prepared: ChangeSet) -> None:
    """Execute a change set; after a lost answer it has already begun."""
    client = run.environment.clients.cloudformation
    run.environment.pause(0)  # after an interruption nothing begins
    with overtaken(run.environment, stack):
        try:
            client.execute_change_set(
                StackName=stack.name,
                ChangeSetName=prepared.name,
                ClientRequestToken=prepared.name,
            )
        except client.exceptions.InvalidChangeSetStatusException:
            status = client.describe_change_set(
                StackName=stack.name, ChangeSetName=prepared.name
            )["ExecutionStatus"]
            if not status.startswith("EXECUTE_"):
                raise OvertakenError(run.environment, stack) from None
