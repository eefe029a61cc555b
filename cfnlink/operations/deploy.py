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
from cfnlink.operations.failure import failure, stuck
from cfnlink.operations.image import ANY_TAG
from cfnlink.operations.kept import left_of
from cfnlink.operations.lease import PATIENCE_MINUTES, lease
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.order import needs, reversals
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.preflight.secrets import outside_secrets
from cfnlink.operations.protection import policy_allowing, protect, without_protection
from cfnlink.operations.report import Reporter
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
from cfnlink.operations.target import IMAGE_TAG, SHARED_TIER, Stack, Target, in_order

DIFFERS = "differs"
TRIES = 3  # of a change whose change set another run took away


@dataclass(frozen=True)
class Run:
    """One deployment: its target, its reporter and its permissions."""

    target: Target
    report: Reporter
    image_tag: str | None = None
    allowed: tuple[str, ...] = ()
    resolver: str | None = None
    patience_seconds: float = 0


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """Run `deploy`: all stacks, or one and those it needs, in the order of their needs.

    A stack that equals the folder's is not changed.
    """
    target = target.only(options.only) if options.only else target
    patience = options.wait * 60
    this = Run(target, report, options.tag, tuple(options.allow), options.resolver, patience)
    _check_image_tag(this)
    _check_secrets(this)
    waiting: dict[str, str] = {}
    with lease(target, report, "deploy", patience):
        found = reversals(target, partial(deployed_template, target))
        for reversal in found:
            report.say(reversal.words())
        work = partial(_deploy_unless_certificate_blocked, this, waiting)
        done = in_order(target, report.say, work, needs(target, found))
    url = address(target, deployed_stacks(target))
    report.result({"stacks": done, "url": url or None})
    say_left_over(target, report)
    say_subscribers(target, report)
    differs = [only_read(target, each) for each in target.stacks if done[each.name] == DIFFERS]
    if waiting or differs:
        lines = [*differs, *(f"{name} waits: {why}" for name, why in waiting.items())]
        lines += [f"until then the API answers at {url}"] if waiting and url else []
        next_command = (
            f"when public DNS answers: {target.command_line}"
            if waiting
            else target.command_line
        )
        raise CommandError(Exit.FAILED, "\n".join(lines), next_command)
    report.say(f"{options.only or target.environment} is up{f' at {url}' if url else ''}")
    report.next(target.command("preflight") if options.only else target.proof())
    return Exit.DONE


def _check_image_tag(run: Run) -> None:
    """Stop before the deployment if a service without a tag gets none."""
    for stack in run.target.stacks:
        if stack.takes(IMAGE_TAG) and not run.image_tag:
            try:
                request(stack, _to_update(find(run.target, stack.name)), None)
            except CommandError as stop:
                next_command = stop.next_command or run.target.command_line_with(tag=ANY_TAG)
                raise CommandError(stop.code, stop.message, next_command) from None


def _check_secrets(run: Run) -> None:
    """Stop before the deployment if tasks could not start again without their secrets."""
    checks = run_check("secrets", partial(outside_secrets, run.target))
    failed = [check for check in checks if check.result == FAILED]
    if failed:
        message = "\n".join(f"{check.name}: {check.says}" for check in failed)
        steps = [*(check.fix for check in failed), run.target.command_line]
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
    why = [f"it needs {name}" for name in sorted(run.target.needs(stack) & waiting.keys())]
    missing = to_make(run.target, stack)
    for check in run_check(
        "hosted zone", partial(delegated, run.target, missing, run.resolver)
    ):
        if check.result == FAILED:
            why.append(f"{check.says}; its certificate waits as long\n{check.fix}")
        elif check.result == WARNING:
            run.report.say(f"{stack.name}: {check.name}: {check.says}")
    if not why:
        done = deploy_stack(run, stack)
        if stack.takes(IMAGE_TAG):
            leave_owner(run.target, run.report)
        return done
    waiting[stack.name] = "\n".join(why)
    run.report.say(f"{stack.name}: waits: {why[0].splitlines()[0]}")
    return "waits"


def deploy_stack(run: Run, stack: Stack) -> str:
    """Bring a stack to the state of the folder, and return what happened to it."""
    is_beside_others = stack.tier == SHARED_TIER and len(run.target.stacks) > 1
    return _bring_up_shared(run, stack) if is_beside_others else _change(run, stack)


def _bring_up_shared(run: Run, stack: Stack) -> str:
    """The shared stack: left alone where it is as it should be, or where AWS refuses it.

    The role of an environment may only read it. The environment's own stacks come up all the
    same: what they lack of it, AWS says.
    """
    deployed = wait_until_idle(run.target, run.report, stack)
    same = is_as_in_folder(run.target, stack, deployed)
    try:
        if not same or not deployed:
            return _change_shared(run, stack)
        protect(run.target, stack, deployed)
    except ClientError as error:
        if not is_refusal(error):
            raise
        if not same:
            run.report.say(only_read(run.target, stack))
            return DIFFERS
        run.report.say(f"{stack.name}: this role may not give it termination protection")
    run.report.say(f"{stack.name}: no changes")
    return "unchanged"


def _change_shared(run: Run, stack: Stack) -> str:
    """Change the shared stack under its own lease: another environment may deploy it, too."""
    alone = replace(run.target, stacks=(stack,))
    patience = max(run.patience_seconds, PATIENCE_MINUTES * 60)
    with lease(alone, run.report, "deploy", patience):
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
        for words in protect(run.target, stack, deployed):
            run.report.say(f"{stack.name}: protected again: {words}")
    asked = request(stack, deployed, run.image_tag)
    prepared = prepare(run.target, stack, deployed, asked)
    if prepared is None:
        run.report.say(f"{stack.name}: no changes")
        return "unchanged"
    try:
        refuse(run.target, prepared.changes, run.allowed, run.target.typed.name)
    except CommandError:
        discard(run.target, stack, prepared)
        raise
    return execute(run, stack, prepared)


def prepare_stack(run: Run, stack: Stack) -> DeployedStack | None:
    """Return the stack once nothing is under way; None if it is to be created."""
    target, report = run.target, run.report
    deployed = wait_until_idle(target, report, stack)
    if allowed_action(deployed) == StackAction.CREATE:
        return None
    if deployed and allowed_action(deployed) == StackAction.CLEAN:
        report.say(f"{stack.name}: {deployed.status}, it never came up; deleting what is left")
        refuse_without_snapshot(target, stack)
        with without_protection(target, report, stack, deployed):
            kept = remove(target, report, stack, deployed)
        for line in left_of(target, stack, kept):
            report.say(f"left: {line}")
        delete_left_logs(target, report, stack)
        return None
    if deployed and allowed_action(deployed) == StackAction.REPAIR:
        raise stuck(target, stack, deployed.status)
    return deployed


def execute(run: Run, stack: Stack, prepared: ChangeSet) -> str:
    """Execute a change set, follow its events, and protect the result."""
    target, report = run.target, run.report
    for change in prepared.changes:
        report.say(f"{stack.name}:{change.words()}")
    named = [change.logical_id for change in prepared.changes if change.named(run.allowed)]
    with policy_allowing(target, stack, [] if prepared.creates else named):
        _start(run, stack, prepared)
        status = stream_events(target, report, stack, prepared.stack_id)
    if status not in GOOD:
        raise failure(target, stack, prepared.stack_id, status)
    deployed = find(target, stack.name)
    if deployed:
        protect(target, stack, deployed)
    return "created" if prepared.creates else "updated"


def _start(run: Run, stack: Stack, prepared: ChangeSet) -> None:
    """Execute a change set; after a lost answer it has already begun."""
    client = run.target.client("cloudformation")
    names = {"StackName": stack.name, "ChangeSetName": prepared.name}
    run.target.pause(0)  # after an interruption nothing begins
    with overtaken(run.target, stack):
        try:
            client.execute_change_set(**names, ClientRequestToken=prepared.name)
        except client.exceptions.InvalidChangeSetStatusException:
            status = client.describe_change_set(**names)["ExecutionStatus"]
            if not status.startswith("EXECUTE_"):
                raise OvertakenError(run.target, stack) from None
