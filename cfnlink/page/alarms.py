"""Alarms in words: which metric, of what, past which threshold, for how long."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.page.model import Model, Named, text
from cfnlink.system.expressions import at, number

ALARM, COMPOSITE = "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"
COMPARISONS = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at or above",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at or below",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside the band of",
    "LessThanLowerThreshold": "below the band of",
    "GreaterThanUpperThreshold": "above the band of",
}


@dataclass(frozen=True)
class Alarm:
    """An alarm in words."""

    alarm: Named
    description: str
    metric: str
    dimensions: tuple[tuple[str, Named], ...]
    condition: str
    duration: str


def alarms(model: Model) -> Iterator[Alarm]:
    """Every alarm of the system, in the order of its stacks."""
    for resource in model.system.of(ALARM, COMPOSITE):
        kind, body = resource.type, resource.properties
        yield Alarm(
            model.resource(resource.name),
            str(at(body, "AlarmDescription") or ""),
            "other alarms" if kind == COMPOSITE else _metric(body),
            tuple(
                (text(at(entry, "Name")), model.value(at(entry, "Value")))
                for entry in resource.listed("Dimensions")
            ),
            text(at(body, "AlarmRule")) if kind == COMPOSITE else _condition(body),
            "" if kind == COMPOSITE else _duration(body),
        )


def _queries(body: Any) -> list[Any]:
    """The queries of an alarm that computes its metric from others."""
    queries = at(body, "Metrics")
    return queries if isinstance(queries, list) else []


def _metric(body: Any) -> str:
    if at(body, "MetricName") is None:
        made = (at(query, "Expression") for query in _queries(body))
        return ", ".join(text(each) for each in made if each is not None) or "several metrics"
    return f"{text(at(body, 'Namespace'))} {text(at(body, 'MetricName'))}"


def _condition(body: Any) -> str:
    """Average above 0.05."""
    statistic = at(body, "Statistic") or at(body, "ExtendedStatistic") or "value"
    comparison = text(at(body, "ComparisonOperator"))
    limit = at(body, "Threshold")
    known = number(limit)
    threshold = text(at(body, "ThresholdMetricId") if limit is None else limit)
    threshold = threshold if known is None else f"{known:,.10g}"
    return f"{text(statistic)} {COMPARISONS.get(comparison, comparison)} {threshold}"


def _duration(body: Any) -> str:
    """2 of 3 periods of 5 minutes, or 3 periods of 5 minutes in a row."""
    periods = text(at(body, "EvaluationPeriods"))
    points = text(at(body, "DatapointsToAlarm") or at(body, "EvaluationPeriods"))
    stated = [at(query, "MetricStat", "Period") for query in _queries(body)]
    seconds = next(filter(None, map(number, [at(body, "Period"), *stated])), None)
    each = "" if seconds is None else f" of {_span(seconds)}"
    if points != periods:
        return f"{points} of {periods} periods{each}"
    return f"one period{each}" if periods == "1" else f"{periods} periods{each} in a row"


def _span(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size and not seconds % size:
            count = seconds / size
            return f"{count:g} {unit}" + ("" if count == 1 else "s")
    return f"{seconds:g} seconds"
