"""Alarms on the metrics of AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from troposphere import AWSProperty, cloudwatch, logs, sns

from templates.stack import Value

ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
MINUTE, FIVE_MINUTES = 60, 300


@dataclass(frozen=True)
class Metric:
    """A metric that AWS emits, of one resource."""

    namespace: str
    name: str
    dimensions: Mapping[str, Value]

    def properties(self, dimension: type[AWSProperty]) -> dict[str, Any]:
        """Return the properties that name the metric; dimension: the class of one."""
        return {
            "Namespace": self.namespace,
            "MetricName": self.name,
            "Dimensions": [
                dimension(Name=name, Value=value) for name, value in self.dimensions.items()
            ],
        }


@dataclass(frozen=True)
class Sum:
    """The sum of a metric of several resources, of which one without data counts as 0.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    parts: Mapping[str, Metric]
    """Each by its id."""

    @property
    def expression(self) -> str:
        """Return the expression of CloudWatch."""
        return " + ".join(f"FILL({id_}, 0)" for id_ in self.parts)


@dataclass(frozen=True)
class Limit:
    """The limit of a metric: for so many periods of so many seconds."""

    statistic: str
    comparison: str
    threshold: float
    periods: int = 3
    seconds: int = FIVE_MINUTES
    missing: str = "notBreaching"


def counted_lines(
    logical_id: str, log_group: Value, pattern: str, metric: Metric
) -> logs.MetricFilter:
    """Count the lines of a log that match a pattern, each other line as 0."""
    return logs.MetricFilter(
        logical_id,
        LogGroupName=log_group,
        FilterPattern=pattern,
        MetricTransformations=[
            logs.MetricTransformation(
                MetricNamespace=metric.namespace,
                MetricName=metric.name,
                MetricValue="1",
                DefaultValue=0,
            )
        ],
    )


def alarm(
    logical_id: str, description: str, metric: Metric | Sum, limit: Limit, topic: sns.Topic
) -> cloudwatch.Alarm:
    """Notifies when the alarm starts and when it ends."""
    kind = "ExtendedStatistic" if limit.statistic.startswith("p") else "Statistic"
    watched: dict[str, Any]
    period: dict[str, Any]
    if isinstance(metric, Metric):
        named = metric.properties(cloudwatch.MetricDimension)
        watched, period = {**named, kind: limit.statistic}, {"Period": limit.seconds}
    else:
        watched, period = {"Metrics": _summed(metric, limit)}, {}
    return cloudwatch.Alarm(
        logical_id,
        AlarmDescription=description,
        **watched,
        ComparisonOperator=limit.comparison,
        Threshold=limit.threshold,
        **period,
        EvaluationPeriods=limit.periods,
        DatapointsToAlarm=limit.periods,
        TreatMissingData=limit.missing,
        AlarmActions=[topic.ref()],
        OKActions=[topic.ref()],
    )


def _summed(sum_: Sum, limit: Limit) -> list[cloudwatch.MetricDataQuery]:
    total = cloudwatch.MetricDataQuery(Id="sum", Expression=sum_.expression, ReturnData=True)
    return [*(_part(id_, metric, limit) for id_, metric in sum_.parts.items()), total]


def _part(id_: str, metric: Metric, limit: Limit) -> cloudwatch.MetricDataQuery:
    return cloudwatch.MetricDataQuery(
        Id=id_,
        MetricStat=cloudwatch.MetricStat(
            Metric=cloudwatch.Metric(**metric.properties(cloudwatch.MetricDimension)),
            Period=limit.seconds,
            Stat=limit.statistic,
        ),
        ReturnData=False,
    )
