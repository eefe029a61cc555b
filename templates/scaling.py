"""How many tasks of a service run; what the scaling of the workers shares with it."""

from typing import Any

from troposphere import Join, Sub, applicationautoscaling, ecs

from templates.alarms import Metric, Sum
from templates.settings import ServiceSettings, WorkerSettings
from templates.stack import Stack
from templates.target_groups import TargetGroups

SCALE_OUT_SECONDS, SCALE_IN_SECONDS = 60, 300


def add_scaling(
    stack: Stack,
    settings: ServiceSettings,
    cluster: ecs.Cluster,
    service: ecs.Service,
    groups: TargetGroups,
) -> None:
    """Scale the service by CPU and by requests."""
    target = stack.add(scalable_target("ScalableTarget", settings, cluster, service))
    stack.add(_cpu_policy(settings, target))
    stack.add(_request_policy(settings, target, groups))


def scalable_target(
    logical_id: str,
    settings: ServiceSettings | WorkerSettings,
    cluster: ecs.Cluster,
    service: ecs.Service,
) -> applicationautoscaling.ScalableTarget:
    """Without RoleARN: Application Auto Scaling uses its service-linked role."""
    return applicationautoscaling.ScalableTarget(
        logical_id,
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId=Sub(
            "service/${Cluster}/${Service}",
            Cluster=cluster.ref(),
            Service=service.get_att("Name"),
        ),
        MinCapacity=settings.minimum_tasks,
        MaxCapacity=settings.maximum_tasks,
    )


def _cpu_policy(
    service: ServiceSettings, target: applicationautoscaling.ScalableTarget
) -> applicationautoscaling.ScalingPolicy:
    """Aim at an average CPU of the tasks."""
    metric = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="ECSServiceAverageCPUUtilization"
    )
    return applicationautoscaling.ScalingPolicy(
        "CpuScaling",
        **tracking(
            "cpu", service.cpu_target_percent, target, PredefinedMetricSpecification=metric
        ),
    )


def _request_policy(
    service: ServiceSettings,
    target: applicationautoscaling.ScalableTarget,
    groups: TargetGroups,
) -> applicationautoscaling.ScalingPolicy:
    """Aim at a number of requests a minute and task."""
    return applicationautoscaling.ScalingPolicy(
        "RequestScaling",
        **tracking("requests", service.requests_per_target, target, **_requests(groups)),
    )


def _requests(groups: TargetGroups) -> dict[str, Any]:
    """Return the metric: that of the only target group, or of two.

    ALBRequestCountPerTarget is of one group and not for blue/green deployments. Both sets of
    tasks have the same size while there are two, so the sum of the requests for each target is
    that of all requests for each task of a set.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/target-tracking-create-policy.html
    https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-metric-math.html
    """
    requests = groups.metric("RequestCountPerTarget")
    if isinstance(requests, Sum):
        metrics = [
            *(tracked(id_, metric, "Sum") for id_, metric in requests.parts.items()),
            applicationautoscaling.TargetTrackingMetricDataQuery(
                Id="requests",
                Expression=requests.expression,
                Label="Requests for each task",
                ReturnData=True,
            ),
        ]
        customized = applicationautoscaling.CustomizedMetricSpecification(Metrics=metrics)
        return {"CustomizedMetricSpecification": customized}
    predefined = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="ALBRequestCountPerTarget",
        ResourceLabel=Join("/", [groups.balancer, *groups.names]),
    )
    return {"PredefinedMetricSpecification": predefined}


def tracked(
    id_: str, metric: Metric, statistic: str
) -> applicationautoscaling.TargetTrackingMetricDataQuery:
    """Return a metric that an expression of a policy reads, by its id."""
    dimension = applicationautoscaling.TargetTrackingMetricDimension
    return applicationautoscaling.TargetTrackingMetricDataQuery(
        Id=id_,
        MetricStat=applicationautoscaling.TargetTrackingMetricStat(
            Metric=applicationautoscaling.TargetTrackingMetric(**metric.properties(dimension)),
            Stat=statistic,
        ),
        ReturnData=False,
    )


def tracking(
    name: str, value: int, target: applicationautoscaling.ScalableTarget, **metric: Any
) -> dict[str, Any]:
    """Return the properties of a policy that aims at a value of a metric.

    It scales out quickly and in slowly. metric: the specification, predefined or customized.
    """
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": target.ref(),
        "TargetTrackingScalingPolicyConfiguration": (
            applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
                **metric,
                TargetValue=value,
                ScaleOutCooldown=SCALE_OUT_SECONDS,
                ScaleInCooldown=SCALE_IN_SECONDS,
            )
        ),
    }
