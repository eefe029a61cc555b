"""The alarms of CloudWatch as they are now."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cfnlink.operations.environment import Environment

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import CompositeAlarmTypeDef, MetricAlarmTypeDef

MOST_NAMES = 100  # that DescribeAlarms takes at once


def described_alarms(
    environment: Environment, names: Sequence[str]
) -> "Iterator[MetricAlarmTypeDef | CompositeAlarmTypeDef]":
    """Yield the alarms of these names that exist. Raises ClientError.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    for first in range(0, len(names), MOST_NAMES):
        answer = environment.clients.cloudwatch.describe_alarms(
            AlarmNames=names[first : first + MOST_NAMES],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        yield from answer.get("MetricAlarms", [])
        yield from answer.get("CompositeAlarms", [])
