"""The metrics of a load balancer about the target groups of one service.

With two groups, the tasks are in one of them, and in both while ECS moves the requests.
CloudWatch and Application Auto Scaling know metrics of one group, so they add those of both.
A group without tasks sends no metric: FILL makes it 0.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import AWSHelperFn

from templates.alarms import Metric, Sum
from templates.load_balancer import LoadBalancer

IDS = "first", "second"


@dataclass(frozen=True)
class TargetGroups:
    """One target group, or two between which ECS moves the requests; full names are
    CloudWatch's dimensions."""

    balancer: AWSHelperFn
    names: Sequence[AWSHelperFn]

    @classmethod
    def of(cls, balancer: LoadBalancer, second: AWSHelperFn | None) -> "TargetGroups":
        """Return those of a service. second: the full name of the second one, if any."""
        first = balancer.target_group_full_name
        return cls(balancer.full_name, [first, *([second] if second else [])])

    def metric(self, name: str) -> Metric | Sum:
        """Return a metric of the only group, or the sum of both."""
        every = [
            Metric(
                "AWS/ApplicationELB",
                name,
                {"LoadBalancer": self.balancer, "TargetGroup": group},
            )
            for group in self.names
        ]
        return every[0] if len(every) == 1 else Sum(dict(zip(IDS, every, strict=True)))
