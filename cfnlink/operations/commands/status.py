"""Print the state of an environment: stacks, tasks, alarms, drift, cost."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.aws.catalogue import resource_type
from cfnlink.next_command import cost
from cfnlink.operations.aws_cli import aws, aws_global
from cfnlink.operations.check import run_check
from cfnlink.operations.clients import unpaginated
from cfnlink.operations.database import database_user
from cfnlink.operations.default_endpoint import second_addresses
from cfnlink.operations.earlier import say_earlier
from cfnlink.operations.environment import IMAGE_TAG, SHARED_TIER, Environment, Stack
from cfnlink.operations.left_over import say_left_over
from cfnlink.operations.outcome import Exit, counted, one_line
from cfnlink.operations.protection import gaps
from cfnlink.operations.service import task_counts
from cfnlink.operations.stacks import (
    GOOD,
    StackAction,
    allowed_action,
    find,
    of_type,
    resources,
    wait_until,
)
from cfnlink.operations.subscribers import say_subscribers
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from mypy_boto3_ce.type_defs import DateIntervalTypeDef

ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
NOT_DEPLOYED = "not deployed"
MOST_NAMES = 100  # that DescribeAlarms takes at once


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `status`; FAILED if something is not as expected."""
    stacks, wrong = [], []
    for stack in environment.stacks:
        one = _stack(environment, stack, options.drift)
        stacks.append(one)
        environment.report.say(f"{stack.name}: {_words(one)}")
        for line in one["wrong"]:
            environment.report.say(f"  {line}")
        for line in one["unprotected"]:
            if line not in one["wrong"]:
                environment.report.say(
                    f"  warning: {line}; fix: {environment.command('deploy')}"
                )
        wrong += one["wrong"]
    if options.spent:
        wrong += _spent(environment)
    say_left_over(environment)
    say_earlier(environment)
    say_subscribers(environment)
    for check in run_check("database user", lambda: database_user(environment)):
        environment.report.say(check.text())
    for check in run_check("address", lambda: second_addresses(environment)):
        environment.report.say(check.text())
    environment.report.result({"stacks": stacks, "wrong": wrong})
    if not wrong:
        environment.report.say(_conclusion(stacks, options.drift))
        return Exit.DONE
    environment.report.say(_problems(environment, stacks, len(wrong)))
    environment.report.next(_next(environment, stacks))
    return Exit.FAILED


def _conclusion(stacks: list[Body], drift: bool) -> str:
    """Return the sentence about an environment without problems."""
    services = [each for one in stacks for each in one["services"]]
    running = sum(each["running"] for each in services)
    desired = sum(each["desired"] for each in services)
    alarms = sum(one["alarms"] for one in stacks)
    parts = [f"{counted(len(stacks), 'stack')} up"]
    parts += [f"{running} of {counted(desired, 'task')} running"] if services else []
    parts += [f"none of {counted(alarms, 'alarm')} raised"] if alarms else []
    parts += ["nothing changed outside CloudFormation"] if drift else []
    return f"All is well: {', '.join(parts)}."


def _problems(environment: Environment, stacks: list[Body], number: int) -> str:
    """Return the sentence about an environment with problems."""
    own = {stack.name for stack in environment.stacks if stack.tier != SHARED_TIER}
    if all(one["status"] == NOT_DEPLOYED for one in stacks if one["name"] in own):
        return f"{environment.name} is not deployed."
    return f"{environment.name} has {counted(number, 'problem')}, listed above."


def _next(environment: Environment, stacks: list[Body]) -> str:
    """Return the command for the first kind of problem: stacks, tasks, drift, cost."""
    if any(one["status"].endswith("_IN_PROGRESS") for one in stacks):
        return f"when that is done: {environment.command_line}"
    if any(one["status"] not in GOOD for one in stacks):
        return environment.command("plan")
    if any({*one["wrong"]} & {*one["unprotected"]} for one in stacks):
        return environment.command("deploy")
    if any({*one["wrong"]} - {*one["drift"]} for one in stacks):
        return environment.command("logs")
    drifts = "cloudformation", "describe-stack-resource-drifts", "--stack-name"
    filters = "--stack-resource-drift-status-filters", "MODIFIED", "DELETED"
    shown = [aws(environment, *drifts, one["name"], *filters) for one in stacks if one["drift"]]
    return "\n".join(shown) or cost(environment.folder.path)


def _words(one: Body) -> str:
    parts = [one["status"]]
    if one["image_tag"]:
        parts.append(f"image {one['image_tag']}")
    parts += [
        f"{each['running']} of {each['desired']} tasks run, from {each['least']} to "
        f"{each['most']}"
        if each["most"]
        else f"{each['running']} of {each['desired']} tasks run"
        for each in one["services"]
    ]
    if one["alarms"]:
        parts.append(f"{one['alarms']} alarms")
    if one["without_data"]:
        parts.append(f"{len(one['without_data'])} without data")
    return ", ".join(parts)


def _stack(environment: Environment, stack: Stack, drift: bool) -> Body:
    """Return one stack as JSON, with its faults in words."""
    deployed = find(environment, stack.name)
    one: Body = {
        "name": stack.name,
        "status": deployed.status if deployed else NOT_DEPLOYED,
        "image_tag": deployed.parameters.get(IMAGE_TAG) if deployed else None,
        "services": [],
        "alarms": 0,
        "without_data": [],
        "unprotected": [],
        "drift": [],
        "wrong": [],
    }
    if not deployed or allowed_action(deployed) != StackAction.UPDATE:
        one["wrong"].append(allowed_action(deployed).value)
        return one
    if deployed.status.endswith("ROLLBACK_COMPLETE"):
        one["wrong"].append("the last change failed and was taken back")
    there = resources(environment, stack.name)
    found = [*gaps(environment, stack, deployed, there)]
    one["unprotected"] = [gap.words for gap in found]
    one["wrong"] += [gap.words for gap in found if gap.is_of_instance]
    one["services"] = [asdict(each) for each in task_counts(environment, there)]
    one["wrong"] += [
        f"{each['desired'] - each['running']} tasks are missing"
        for each in one["services"]
        if each["running"] < each["desired"]
    ]
    _add_alarms(environment, one, of_type(there, *ALARMS))
    if drift:
        one["drift"] = [*_drifted(environment, stack)]
        one["wrong"] += one["drift"]
    return one


def _add_alarms(environment: Environment, one: Body, names: list[str]) -> None:
    """Add the number of the alarms, and those that are raised or have no data."""
    one["alarms"] = len(names)
    for first in range(0, len(names), MOST_NAMES):
        answer = environment.clients.cloudwatch.describe_alarms(
            AlarmNames=names[first : first + MOST_NAMES],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        for alarm in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]:
            name, state = alarm["AlarmName"], alarm["StateValue"]
            if state == "ALARM":
                one["wrong"].append(f"alarm {name}: {alarm.get('StateReason', '')}")
            elif state != "OK":
                one["without_data"].append(name)


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
    named = {"project": environment.project, "environment": environment.name}
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
