"""The alarms under which CloudFormation changes a stack, and takes the change back.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.alarms import described_alarms
from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.changes import REMOVED, Change
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit, counted
from cfnlink.operations.operation_events import is_of_stack
from cfnlink.operations.shared import is_refusal
from cfnlink.operations.stacks import DeployedStack, resources
from cfnlink.system.parts import Part
from cfnlink.system.release_alarms import ReleaseAlarm, is_released, release_alarms

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import (
        OperationEventTypeDef,
        RollbackConfigurationTypeDef,
    )

MINUTES = 3  # for which CloudFormation watches after the last resource has changed
MOST = 5  # triggers that a stack takes
ACTION = "cloudwatch:DescribeAlarms"
QUIET_SECONDS = 10.0
BEFORE = timedelta(minutes=1)  # an alarm may go off between the question and the update


class TakenBackError(CommandError):
    """Alarms took an update back; causes: those that went to ALARM during it."""

    def __init__(
        self, environment: Environment, stack: Stack, causes: "Sequence[Alarm]"
    ) -> None:
        names = ", ".join(f"{each.name} ({each.sign})" for each in causes)
        message = f"{stack.name}: AWS took the update back, because {names} went to ALARM"
        again = environment.command_line_with(ignore_alarms=True)
        steps = f"{environment.command('status')}\nif the alarm has another cause: {again}"
        super().__init__(Exit.FAILED, message, steps)


@dataclass(frozen=True)
class Alarm:
    """An alarm at AWS; type: that of its resource. state: OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    arn: str
    type: str
    sign: str
    state: str
    logical_id: str


@dataclass(frozen=True)
class Watch:
    """The alarms of one update: those that watch it, and those that do not, and why."""

    stack: str
    alarms: tuple[Alarm, ...] = ()
    raised: tuple[Alarm, ...] = ()
    without_data: tuple[Alarm, ...] = ()
    note: str = ""
    """Why no alarm watches."""

    @property
    def configuration(self) -> "RollbackConfigurationTypeDef":
        """Return what a change set asks for.

        The triggers of an earlier update stay without an empty list, and one that does not
        exist any more fails the whole update. Without triggers AWS would wait all the same.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackConfiguration.html
        """
        return {
            "RollbackTriggers": [{"Arn": each.arn, "Type": each.type} for each in self.alarms],
            "MonitoringTimeInMinutes": MINUTES if self.alarms else 0,
        }

    def as_result(self) -> dict[str, list[str]]:
        """Return the names of the alarms for `--json`."""
        return {
            "watching": [each.name for each in self.alarms],
            "raised": [each.name for each in self.raised],
            "without_data": [each.name for each in self.without_data],
        }

    def words(self) -> Iterator[str]:
        """Yield what watches, a line each; the alarms in ALARM do not, and are named."""
        if self.note:
            yield f"{self.stack}: {self.note}"
        if self.alarms:
            names = ", ".join(f"{each.logical_id} ({each.sign})" for each in self.alarms)
            yield (
                f"{self.stack}: {counted(len(self.alarms), 'alarm')} can take this update "
                f"back, until {MINUTES} minutes after it: {names}"
            )
        for each in self.raised:
            yield f"{self.stack}: warning: {each.name} is in ALARM, so it does not watch"
        if self.without_data:
            names = ", ".join(each.logical_id for each in self.without_data)
            yield f"{self.stack}: without data, so not watching: {names}"


def watch(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    *,
    is_watched: bool = True,
) -> Watch | None:
    """Return the alarms that watch an update of a stack.

    None for a stack that is created, or holds nothing that answers requests. At most five
    alarms watch: those of the folder that exist and are in OK, the surest sign of a bad
    release first. is_watched: whether alarms may watch at all; without them the triggers of an
    earlier update go, too.
    """
    if deployed is None or not is_released(environment.system, stack.name):
        return None
    if not is_watched:
        return Watch(stack.name, note="no alarm can take this update back")
    try:
        found = [*_at_aws(environment, release_alarms(environment.system, stack.name))]
    except ClientError as error:
        if not is_refusal(error):
            raise
        return Watch(stack.name, note=f"warning: no alarm watches: it needs {ACTION}")
    quiet = [each for each in found if each.state == "OK"]
    return Watch(
        stack.name,
        tuple(quiet[:MOST]),
        tuple(each for each in found if each.state == "ALARM"),
        tuple(each for each in found if each.state not in ("OK", "ALARM")),
    )


def tell(environment: Environment, watched: Watch | None) -> None:
    """Say what watches an update, and what does not."""
    if watched is None:
        return
    for line in watched.words():
        environment.report.say(line)
    environment.report.result_of("alarms", watched.stack, watched.as_result())


def deployment_alarms(environment: Environment, stack: Stack) -> str | None:
    """Return the names of the alarms with which ECS deploys the service of a stack.

    They are those that can take an update of the stack back, without those in ALARM, which
    `tell` names: if one alarm is in ALARM when a deployment begins, ECS watches none of them
    during it. None if AWS does not let the caller ask for alarms.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html
    """
    try:
        found = [*_at_aws(environment, release_alarms(environment.system, stack.name))]
    except ClientError as error:
        if not is_refusal(error):
            raise
        return None
    quiet = [each.name for each in found if each.state != "ALARM"]
    return ",".join(quiet[:MOST])


def renewed_alarms(
    environment: Environment, stack: Stack, deployed: DeployedStack
) -> dict[str, str]:
    """Return the parameter with the names of today for a stack that names alarms already.

    Empty where the names stay: as deployed, or none at all.
    """
    parameter = stack.parts.get(Part.DEPLOYMENT_ALARMS, "")
    before = deployed.parameters.get(parameter, "")
    names = deployment_alarms(environment, stack) if before else None
    return {} if names in (None, before) else {parameter: str(names)}


def with_deployment_alarms(
    environment: Environment,
    stack: Stack,
    deployed: DeployedStack | None,
    *,
    are_ignored: bool = False,
) -> Stack:
    """Return a stack whose parameter names the alarms, if it has one and exists already.

    A stack that is created has none: its alarms come after it. are_ignored: whether no alarm
    may take a deployment back.
    """
    parameter = stack.parts.get(Part.DEPLOYMENT_ALARMS)
    if parameter is None or deployed is None or parameter in stack.parameters:
        return stack
    names = "" if are_ignored else deployment_alarms(environment, stack)
    if names is None:
        return stack
    return replace(stack, parameters={**stack.parameters, parameter: names})


def went_off(
    environment: Environment, watched: Watch | None, events: "Sequence[OperationEventTypeDef]"
) -> list[Alarm]:
    """Return the alarms that went to ALARM during an update.

    events: those of the update, the oldest first. An alarm that is in OK again counts too, by
    its history. The list is empty where AWS does not answer: it explains another error.
    """
    if watched is None or not events:
        return []
    began = events[0]["Timestamp"] - BEFORE
    try:
        return [each for each in watched.alarms if _went_off(environment, each, began)]
    except (*NO_ANSWER, ClientError):
        return []


def has_failed(events: "Sequence[OperationEventTypeDef]") -> bool:
    """Whether a resource of an update failed itself."""
    return any(
        each.get("ResourceStatus", "").endswith("_FAILED") and not is_of_stack(each)
        for each in events
    )


def progress_of(
    environment: Environment, watched: Watch | None, changes: Sequence[Change]
) -> "Progress | None":
    """Return what says how long AWS still watches; None for an update without alarms."""
    if watched is None or not watched.alarms:
        return None
    stay = frozenset(each.logical_id for each in changes if each.how != REMOVED)
    return Progress(environment, watched, stay)


@dataclass
class Progress:
    """Says how long AWS still watches, once every resource is changed.

    changed: the logical ids of what changes and stays. A resource that may change may also have
    no event: then ten quiet seconds count as the end of the changes.
    """

    environment: Environment
    watched: Watch
    changed: frozenset[str]
    _end: float = 0
    _quiet_since: float = 0
    _seen: int = 0

    def __call__(self, events: "Sequence[OperationEventTypeDef]") -> None:
        """Say it if the time has come; events: those of the update, the oldest first."""
        now = time.monotonic()
        if len(events) != self._seen:
            self._seen, self._quiet_since = len(events), now
        latest = {
            each.get("LogicalResourceId", ""): each["ResourceStatus"]
            for each in events
            if each.get("ResourceStatus")
        }
        own = latest.pop(self.watched.stack, "")
        states = [*latest.values()]
        if own != "UPDATE_IN_PROGRESS" or any(each.endswith("_PROGRESS") for each in states):
            return
        if not (self.changed <= latest.keys() or now > self._quiet_since + QUIET_SECONDS):
            return
        words = f"watched by {counted(len(self.watched.alarms), 'alarm')}"
        if not self._end:
            self._end = now + MINUTES * 60
            self.environment.report.say(
                f"{self.watched.stack}: its resources are changed, and are {words} for "
                f"{MINUTES} minutes"
            )
        left = max(int(self._end - now), 0)
        text = f"{words}, {left // 60}:{left % 60:02} left"
        self.environment.report.working(self.watched.stack, text)


def _at_aws(environment: Environment, known: Sequence[ReleaseAlarm]) -> Iterator[Alarm]:
    """Yield the alarms that exist, in their order."""
    ids = {
        (stack, each.logical_id): each.id
        for stack in dict.fromkeys(each.resource.stack for each in known)
        for each in resources(environment, stack)
    }
    names = {
        each.resource.name: ids.get((each.resource.stack, each.resource.logical_id), "")
        for each in known
    }
    states = _states(environment, [name for name in names.values() if name])
    for each in known:
        if found := states.get(names[each.resource.name]):
            name, (arn, state) = names[each.resource.name], found
            kind = each.resource.type
            yield Alarm(name, arn, kind, each.sign, state, each.resource.logical_id)


def _states(environment: Environment, names: list[str]) -> Mapping[str, tuple[str, str]]:
    """Return ARN and state of the alarms that exist, by name."""
    found = described_alarms(environment, names)
    return {each["AlarmName"]: (each["AlarmArn"], each["StateValue"]) for each in found}


def _went_off(environment: Environment, alarm: Alarm, began: datetime) -> bool:
    """Whether an alarm is in ALARM, or went there since a time."""
    if _states(environment, [alarm.name]).get(alarm.name, ("", ""))[1] == "ALARM":
        return True
    pages = environment.clients.cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=alarm.name,
        AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        HistoryItemType="StateUpdate",
        StartDate=began,
    )
    return any(
        each.get("HistorySummary", "").endswith("to ALARM")
        for page in pages
        for each in page["AlarmHistoryItems"]
    )
