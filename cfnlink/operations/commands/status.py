"""Print the state of an environment: stacks, tasks, alarms, drift, cost."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.aws.catalogue import resource_type
from cfnlink.next_command import cost
from cfnlink.operations import drill_instance
from cfnlink.operations.alarms import described_alarms
from cfnlink.operations.aws_cli import aws, aws_global
from cfnlink.operations.check import OK, say_check
from cfnlink.operations.clients import unpaginated
from cfnlink.operations.database import database_user
from cfnlink.operations.default_endpoint import second_addresses
from cfnlink.operations.earlier import say_earlier
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import Exit, counted, one_line
from cfnlink.operations.forecast import is_as_folder
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.owner_tags import owner_tags
from cfnlink.operations.protection import gaps
from cfnlink.operations.service import TaskCount, task_counts
from cfnlink.operations.stacks import (
    GOOD,
    StackAction,
    allowed_action,
    find,
    of_type,
    resources,
    wait_until,
)
from cfnlink.operations.subscribers import ALARMS, say_subscribers
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from mypy_boto3_ce.type_defs import DateIntervalTypeDef

NOT_DEPLOYED = "not deployed"
FAILED_CHANGE = "the last change failed and was taken back"


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `status`; FAILED if something is not as expected."""
    stacks: list[StackState] = []
    for stack in environment.stacks:
        stacks.append(_state_of(environment, stack, options.drift))
        _say_state(environment, stacks[-1])
    wrong = [line for state in stacks for line in state.wrong]
    if options.spent:
        wrong += _spent(environment)
    checks = [
        *say_left_over(environment),
        *say_earlier(environment),
        *drill_instance.say_left(environment),
        *say_subscribers(environment),
        *say_check(environment.report, "database user", lambda: database_user(environment)),
        *say_check(environment.report, "address", lambda: second_addresses(environment)),
    ]
    environment.report.result({"stacks": [asdict(state) for state in stacks], "wrong": wrong})
    if not wrong:
        warnings = sum(check.result != OK for check in checks)
        warnings += sum(len(state.unprotected) for state in stacks)
        environment.report.say(_conclusion(stacks, options.drift, warnings))
        return Exit.DONE
    environment.report.say(_problems(environment, stacks, len(wrong)))
    environment.report.next(_next(environment, stacks))
    return Exit.FAILED


def _say_state(environment: Environment, state: "StackState") -> None:
    """Print the state of a stack, with its faults below it."""
    environment.report.say(state.words(), f"{state.name}: ")
    if state.is_as_folder:
        environment.report.say(f"  {FAILED_CHANGE}; the folder asks for nothing else")
    for line in state.wrong:
        environment.report.say(f"  {line}")
    for line in state.unprotected:
        if line not in state.wrong:
            fix = environment.command("deploy")
            environment.report.say(f"  warning: {line}; fix: {fix}")


@dataclass
class StackState:
    """One stack at AWS, and its faults in words."""

    name: str
    status: str
    image_tag: str | None = None
    services: list[TaskCount] = field(default_factory=list)
    alarms: int = 0
    without_data: list[str] = field(default_factory=list)
    """The alarms that have no data."""
    unprotected: list[str] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    is_as_folder: bool = False
    """Whether the last change was taken back and the folder asks for none."""

    def words(self) -> str:
        """Return the state as a line."""
        parts = [self.status]
        if self.image_tag:
            parts.append(f"image {self.image_tag}")
        for each in self.services:
            limits = f", from {each.least} to {each.most}" if each.most else ""
            of = f"{each.name}: " if len(self.services) > 1 else ""
            parts.append(f"{of}{each.running} of {each.desired} tasks run{limits}")
        if self.alarms:
            parts.append(f"{self.alarms} alarms")
        if self.without_data:
            parts.append(f"{len(self.without_data)} without data")
        return ", ".join(parts)


def _conclusion(stacks: list[StackState], drift: bool, warnings: int) -> str:
    """Return the sentence about an environment without problems."""
    services = [count for state in stacks for count in state.services]
    running = sum(count.running for count in services)
    desired = sum(count.desired for count in services)
    alarms = sum(state.alarms for state in stacks)
    parts = [f"{counted(len(stacks), 'stack')} up"]
    parts += [f"{running} of {counted(desired, 'task')} running"] if services else []
    parts += [f"none of {counted(alarms, 'alarm')} raised"] if alarms else []
    parts += ["nothing changed outside CloudFormation"] if drift else []
    well = f"No problem and {counted(warnings, 'warning')}, listed above"
    return f"{well if warnings else 'All is well'}: {', '.join(parts)}."


def _problems(environment: Environment, stacks: list[StackState], number: int) -> str:
    """Return the sentence about an environment with problems."""
    own = {stack.name for stack in environment.own_stacks}
    if all(state.status == NOT_DEPLOYED for state in stacks if state.name in own):
        return f"{environment.name} is not deployed."
    return f"{environment.name} has {counted(number, 'problem')}, listed above."


def _next(environment: Environment, stacks: list[StackState]) -> str:
    """Return the command for the first kind of problem: stacks, tasks, drift, cost."""
    if any(state.status.endswith("_IN_PROGRESS") for state in stacks):
        return f"when that is done: {environment.command_line}"
    if any(state.status not in GOOD and not state.is_as_folder for state in stacks):
        return environment.command("plan")
    if any({*state.wrong} & {*state.unprotected} for state in stacks):
        return environment.command("deploy")
    if any({*state.wrong} - {*state.drift} for state in stacks):
        return environment.command("logs")
    drifts = "cloudformation", "describe-stack-resource-drifts", "--stack-name"
    filters = "--stack-resource-drift-status-filters", "MODIFIED", "DELETED"
    shown = [aws(environment, *drifts, each.name, *filters) for each in stacks if each.drift]
    if not shown:
        return cost(environment.folder.path)
    return "\n".join([*shown, f"to undo it: {environment.command('plan', revert_drift=True)}"])


def _state_of(environment: Environment, stack: Stack, drift: bool) -> StackState:
    """Return the state of one stack; drift: whether changes outside CloudFormation count."""
    deployed = find(environment, stack.name)
    action = allowed_action(deployed)
    tag = environment.image_tag_of(deployed.parameters, stack.name) if deployed else None
    if not deployed or action != StackAction.UPDATE:
        status = deployed.status if deployed else NOT_DEPLOYED
        return StackState(stack.name, status, tag, wrong=[action.value])
    state = StackState(stack.name, deployed.status, tag)
    if deployed.status.endswith("ROLLBACK_COMPLETE"):
        state.is_as_folder = is_as_folder(environment, stack, deployed)
        if not state.is_as_folder:
            state.wrong.append(FAILED_CHANGE)
    there = resources(environment, stack.name)
    found = [*gaps(environment, stack, deployed, there)]
    state.unprotected += [gap.words for gap in found]
    state.wrong += [gap.words for gap in found if gap.is_of_instance]
    state.services += task_counts(environment, there)
    state.wrong += [
        f"{count.desired - count.running} tasks are missing{_of(count, state.services)}"
        for count in state.services
        if count.running < count.desired
    ]
    _add_alarms(environment, state, of_type(there, *ALARMS))
    if drift:
        state.drift += _drifted(environment, stack)
        state.wrong += state.drift
    return state


def _of(count: TaskCount, services: list[TaskCount]) -> str:
    """Return the words that say whose tasks are counted, where there are several services."""
    return f" of {count.name}" if len(services) > 1 else ""


def _add_alarms(environment: Environment, state: StackState, names: list[str]) -> None:
    """Add the number of the alarms, and those that are raised or have no data."""
    state.alarms = len(names)
    for alarm in described_alarms(environment, names):
        name = alarm["AlarmName"]
        if alarm["StateValue"] == "ALARM":
            state.wrong.append(f"alarm {name}: {alarm.get('StateReason', '')}")
        elif alarm["StateValue"] != "OK":
            state.without_data.append(name)


def _drifted(environment: Environment, stack: Stack) -> Iterator[str]:
    """Yield changes outside CloudFormation, without changes of normal operation."""
    client = environment.clients.cloudformation
    asked = client.detect_stack_drift(StackName=stack.name)["StackDriftDetectionId"]

    def is_detected() -> bool:
        found = client.describe_stack_drift_detection_status(StackDriftDetectionId=asked)
        return found["DetectionStatus"] != "DETECTION_IN_PROGRESS"

    wait_until(environment, is_detected)
    for drift in unpaginated(
        client.describe_stack_resource_drifts,
        "StackResourceDrifts",
        StackName=stack.name,
        StackResourceDriftStatusFilters=["MODIFIED", "DELETED"],
    ):
        yield from _drift(drift)


def _drift(drift: Body) -> Iterator[str]:
    """Return a drifted resource in words, without values."""
    name, kind = drift["LogicalResourceId"], drift["ResourceType"]
    if drift["StackResourceDriftStatus"] == "DELETED":
        yield f"drift: {name} ({kind}) was deleted"
        return
    for difference in drift.get("PropertyDifferences", []):
        if difference["PropertyPath"] not in resource_type(kind).drifts:
            yield f"drift: {name} ({kind}) {difference['PropertyPath']} was changed"


def _spent(environment: Environment) -> Iterator[str]:
    """Say what this month has cost so far, by the tags of the stacks; yield an excess.

    A question costs 0.01 USD, so it is asked only with the option.
    https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/ (2026-11-24)
    """
    today = datetime.now(UTC).date()
    days: DateIntervalTypeDef = {
        "Start": str(today.replace(day=1)),
        "End": str(today + timedelta(days=1)),
    }
    named = owner_tags(environment)
    tags = [{"Tags": {"Key": key, "Values": [value]}} for key, value in named.items()]
    try:
        found = environment.clients.ce.get_cost_and_usage(
            TimePeriod=days,
            Granularity="MONTHLY",
            Metrics=["UnblendedCost"],
            Filter={"And": tags},
        )["ResultsByTime"]
    except ClientError as error:
        environment.report.say(f"spent: not known: {one_line(error)}")
        return
    spent = sum(float(each["Total"]["UnblendedCost"]["Amount"]) for each in found)
    budget = environment.folder.manifest.get("monthly_budget_usd")
    environment.report.result({"spent_usd": spent, "budget_usd": budget})
    of = f" of {budget:.2f}" if budget is not None else ""
    environment.report.say(f"spent: {spent:.2f}{of} USD since {days['Start']}")
    if not spent:
        command = aws_global(
            *("ce", "update-cost-allocation-tags-status", "--cost-allocation-tags-status"),
            *(f"TagKey={key},Status=Active" for key in named),
        )
        environment.report.say(
            f"  if that cannot be, AWS does not bill by these tags yet: {command}"
        )
    if budget is not None and spent > budget:
        yield f"{spent:.2f} USD are spent, and the budget of the month is {budget:.2f}"
