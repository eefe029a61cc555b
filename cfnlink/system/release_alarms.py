"""The alarms that say whether a release is bad: on what it changes, and on what leads to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cfnlink.aws.catalogue import facts
from cfnlink.system.expressions import at, number
from cfnlink.system.logs import bearers
from cfnlink.system.network import SERVICE, TARGET_GROUPS, balancers_of
from cfnlink.system.resource import Body, Resource, System

ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
STAGES = ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage")
ANSWERING = (SERVICE, *STAGES)  # what answers requests, so that its update is a release
APIS = ("RestApiId", "ApiId")
ALARM_OF = re.compile(r"ALARM\(\s*[\"']?([^\"')]+?)[\"']?\s*\)")


@dataclass(frozen=True)
class ReleaseAlarm:
    """An alarm on which a bad release shows.

    place: that of its sign among the signs of metrics.yaml; the surest is 0.
    """

    resource: Resource
    place: int
    sign: str

    @property
    def seconds(self) -> float:
        """Return after how long it goes to ALARM; of several metrics the slowest counts."""
        alarm = self.resource
        stated = [alarm.number("Period")]
        stated += [number(value) for _, value in alarm.values_at("Metrics.*.MetricStat.Period")]
        points = alarm.number("DatapointsToAlarm") or alarm.number("EvaluationPeriods") or 1
        return max((each for each in stated if each), default=0) * points


def is_released(system: System, stack: str) -> bool:
    """Whether a stack holds what answers requests: a service of ECS, or the stage of an API."""
    return any(each.stack == stack for each in system.of(*ANSWERING))


def release_alarms(system: System, stack: str) -> list[ReleaseAlarm]:
    """Return the alarms that watch a release of a stack, the surest sign first.

    They are on the resources of the stack, on the target groups and load balancers of its
    services, and on the APIs that lead there. Of one sign, the alarm that reacts sooner
    comes first. A composite alarm comes by its surest alarm. The list is empty for a stack
    without a service and without a stage.
    """
    if not is_released(system, stack):
        return []
    watched = {each.name for each in _path(system, stack)}
    found = [alarm for each in system.of(ALARM) if (alarm := _single(each, watched))]
    by_name = {alarm.resource.name: alarm for alarm in found}
    for each in system.of(COMPOSITE):
        found += sorted(_of_rule(each, by_name), key=lambda alarm: alarm.place)[:1]
    return sorted(found, key=lambda alarm: (alarm.place, alarm.seconds))


def _path(system: System, stack: str) -> Iterator[Resource]:
    """Yield the resources of a stack, and those that lead requests to its services."""
    yield from (each for each in system.of() if each.stack == stack)
    answering = [each for each in system.of(*ANSWERING) if each.stack == stack]
    targets = [each for one in answering for each in one.referenced(TARGET_GROUPS)]
    waiting = [*answering, *targets, *(each for one in targets for each in balancers_of(one))]
    seen: set[str] = set()
    while waiting:
        one = waiting.pop()
        if one.name in seen or one.type in (ALARM, COMPOSITE):
            continue
        seen.add(one.name)
        yield one
        yield from one.referenced(*APIS)
        waiting += one.used_by()


def _single(alarm: Resource, watched: set[str]) -> ReleaseAlarm | None:
    """Return an alarm with its surest sign, if a metric of it is of a watched resource."""
    signs = facts("metrics")["releases"]
    for place, sign in enumerate(signs):
        for metric in _metrics(alarm):
            space, name = str(at(metric, "Namespace")), at(metric, "MetricName")
            about = [*_makers(alarm.system, metric, sign.get("types", []))]
            if name in sign.get("metrics", {}).get(space, ()):
                about += _dimensions(alarm.system, metric)
            if any(each.name in watched for each in about):
                return ReleaseAlarm(alarm, place, sign["sign"])
    return None


def _metrics(alarm: Resource) -> Iterator[Body]:
    """Yield the metrics of an alarm, its own or those of its metric math."""
    yield alarm.properties
    for _, metric in alarm.values_at("Metrics.*.MetricStat.Metric"):
        if isinstance(metric, dict):
            yield metric


def _dimensions(system: System, metric: Body) -> list[Resource]:
    """Return the resources that the dimensions of a metric refer to, or name."""
    dimensions = metric.get("Dimensions")
    entries = dimensions if isinstance(dimensions, list) else []
    values = {system.shown(at(entry, "Value")) for entry in entries} - {""}
    return [*system.named(entries), *bearers(system, values)]


def _makers(system: System, metric: Body, types: list[str]) -> Iterator[Resource]:
    """Yield what the resources of some types that make a metric read: a filter's log group."""
    wanted = metric.get("Namespace"), metric.get("MetricName")
    for maker in system.of(*types) if types else ():
        for _, made in maker.values_at("MetricTransformations.*"):
            if (at(made, "MetricNamespace"), at(made, "MetricName")) == wanted:
                yield from maker.named()


def _of_rule(composite: Resource, by_name: dict[str, ReleaseAlarm]) -> Iterator[ReleaseAlarm]:
    """Yield a composite alarm with the sign of each alarm that its rule names."""
    named = {each.name for each in composite.system.named(composite.expression("AlarmRule"))}
    written = {*ALARM_OF.findall(composite.text("AlarmRule") or "")}
    for name, alarm in by_name.items():
        if name in named or alarm.resource.get("AlarmName") in written:
            yield ReleaseAlarm(composite, alarm.place, alarm.sign)
