"""How many tasks of a service run."""

from typing import Any

from troposphere import Join, Sub, applicationautoscaling, ecs

from templates.load_balancer import LoadBalancer
from templates.settings import ServiceSettings
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
    target = stack.add(_scalable_target(settings, cluster, service))
    stack.add(_cpu_policy(settings, target))
    stack.add(_request_policy(settings, target, balancer))


def _scalable_target(
    service: ServiceSettings, cluster: ecs.Cluster, running: ecs.Service
) -> applicationautoscaling.ScalableTarget:
    """Without RoleARN: Application Auto Scaling uses its service-linked role."""
    return applicationautoscaling.ScalableTarget(
        "ScalableTarget",
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId=Sub(
            "service/${Cluster}/${Service}",
            Cluster=cluster.ref(),
            Service=running.get_att("Name"),
        ),
        MinCapacity=service.minimum_tasks,
        MaxCapacity=service.maximum_tasks,
    )


def _cpu_policy(
    service: ServiceSettings, target: applicationautoscaling.ScalableTarget
) -> applicationautoscaling.ScalingPolicy:
    """Aim at an average CPU of the tasks."""
    metric = applicationautoscaling.PredefinedMetricSpecification(
        PredefinedMetricType="ECSServiceAverageCPUUtilization"
    )
    return applicationautoscaling.ScalingPolicy(
        "CpuScaling", **_tracking("cpu", service.cpu_target_percent, metric, target)
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
        **_tracking("requests", service.requests_per_target, metric, target),
    )


def _tracking(
    name: str,
    value: int,
    metric: applicationautoscaling.PredefinedMetricSpecification,
    target: applicationautoscaling.ScalableTarget,
) -> dict[str, Any]:
    """Scale out quickly and in slowly."""
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "ScalingTargetId": target.ref(),
        "TargetTrackingScalingPolicyConfiguration": (
            applicationautoscaling.TargetTrackingScalingPolicyConfiguration(
                PredefinedMetricSpecification=metric,
                TargetValue=value,
                ScaleOutCooldown=SCALE_OUT_SECONDS,
                ScaleInCooldown=SCALE_IN_SECONDS,
            )
        ),
    }
