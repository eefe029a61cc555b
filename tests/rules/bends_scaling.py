"""Bends of rules/scaling.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path

TARGET: Path = ("ServiceScalableTarget", "Properties")
TRACK = "TargetTrackingScalingPolicyConfiguration"
CPU: Path = ("ServiceCpuScaling", "Properties")
REQUESTS: Path = ("ServiceRequestScaling", "Properties")
LABEL: Path = (*REQUESTS, TRACK, "PredefinedMetricSpecification", "ResourceLabel")
RESOURCE_ID: Path = (*TARGET, "ResourceId")


def bend(rule: str, path: Path, value: Any, at: Path | None = None, base: str = "production",
         **more: Any) -> Bend:  # fmt: skip
    """One property changed, seen where it stands unless told otherwise."""
    return Bend(rule, {path: value, **more.get("also", {})}, at or path, base)


BENDS = [
    bend("E9460", RESOURCE_ID, {"Fn::Sub": "service/${ServiceCluster}/${ServiceService}"}),
    bend("E9460", RESOURCE_ID, {"Fn::Sub": "${ServiceCluster}/${ServiceService.Name}"}),
    bend("E9460", RESOURCE_ID,
         {"Fn::Sub": "service/${ServiceCluster.Arn}/${ServiceService.Name}"}),
    bend("E9461", (*TARGET, "ScalableDimension"), "rds:cluster:ReadReplicaCount"),
    bend("E9461", (*TARGET, "MinCapacity"), 7),
    bend("E9460", ("OtherCluster",), {"Type": "AWS::ECS::Cluster"}, RESOURCE_ID,
         also={RESOURCE_ID: {"Fn::Sub": "service/${OtherCluster}/${ServiceService.Name}"}}),
    bend("W9460", (*TARGET, "MinCapacity"), 0),
    bend("W9460", (*TARGET, "SuspendedState"), {"DynamicScalingInSuspended": True},
         (*TARGET, "SuspendedState", "DynamicScalingInSuspended")),
    Bend("W9460", {("ServiceCpuScaling",): REMOVE, ("ServiceRequestScaling",): REMOVE}, TARGET),
    bend("E9461", (*CPU, "PolicyType"), "StepScaling"),
    bend("E9464", (*REQUESTS, "PolicyName"), "cpu"),
    bend("E9461", (*CPU, TRACK, "TargetValue"), 160),
    bend("E9465", LABEL, REMOVE, LABEL[:-1]),
    bend("E9465", (*LABEL, "Fn::Join", 1), lambda two: two[::-1], LABEL),
    bend("E9465", (*LABEL, "Fn::Join", 1, 1), {"Ref": "LoadBalancerTargetGroup"}, LABEL),
    bend("E9465", (*CPU, TRACK, "PredefinedMetricSpecification", "ResourceLabel"), "app/a/b"),
    bend("W9460", (*CPU, TRACK, "DisableScaleIn"), True),
    bend("W9460", (*CPU, TRACK, "TargetValue"), 95),
    bend("W9460", CPU, {"PolicyType": "StepScaling",
                        "ScalingTargetId": {"Ref": "ServiceScalableTarget"}}),
    bend("E9461", (*TARGET, "ScheduledActions"), [{"Schedule": "cron(0 8 * * *)"}],
         (*TARGET, "ScheduledActions", 0, "Schedule")),
    bend("E9461", (*TARGET, "ScheduledActions"),
         [{"ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 2}}],
         (*TARGET, "ScheduledActions", 0, "ScalableTargetAction", "MinCapacity")),
    bend("E9461", (*CPU, TRACK, "PredefinedMetricSpecification", "PredefinedMetricType"),
         "RDSReaderAverageCPUUtilization"),
]  # fmt: skip

TYPE = (*CPU, TRACK, "PredefinedMetricSpecification", "PredefinedMetricType")
FINE = [
    bend("E9461", TYPE, "ECSServiceAverageCPUUtilizationHighResolution"),
    bend("E9461", TYPE, "ECSServiceAverageMemoryUtilizationHighResolution"),
]
