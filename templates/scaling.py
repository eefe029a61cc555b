"""How many tasks of a service run; what the scaling of the workers shares with it."""

from typing import Any

from troposphere import Join, Sub, applicationautoscaling, ecs

from templates.load_balancer import LoadBalancer
from templates.settings import ServiceSettings, WorkerSettings
from templates.stack import Stack

SCALE_OUT_SECONDS, SCALE_IN_SECONDS = 60, 300


def add_scaling(
    stack: Stack,
    settings: ServiceSettings,
    cluster: ecs.Cluster,
    service: ecs.Service,
    balancer: LoadBalancer,
) -> None:
    """Scale the service by CPU and by requests."""
    target = stack.add(scalable_target("ScalableTarget", settings, cluster, service))
    stack.add(_cpu_policy(settings, target))
    stack.add(_request_policy(settings, target, balancer))


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
    balancer: LoadBalancer,
) -> applicationautoscaling.ScalingPolicy:
    """Aim at a number of requests a minute and task."""
    metric = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="ALBRequestCountPerTarget",
        ResourceLabel=Join("/", [balancer.full_name, balancer.target_group_full_name]),
    )
    return applicationautoscaling.ScalingPolicy(
        "RequestScaling",
        **tracking(
            "requests",
            service.requests_per_target,
            target,
            PredefinedMetricSpecification=metric,
        ),
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
