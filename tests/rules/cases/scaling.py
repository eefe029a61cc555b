"""Bad cases of cfnlink/rules/scaling.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path

TARGET: Path = ("ServiceScalableTarget", "Properties")
TRACK = "TargetTrackingScalingPolicyConfiguration"
CPU: Path = ("ServiceCpuScaling", "Properties")
REQUESTS: Path = ("ServiceRequestScaling", "Properties")
LABEL: Path = (*REQUESTS, TRACK, "PredefinedMetricSpecification", "ResourceLabel")
RESOURCE_ID: Path = (*TARGET, "ResourceId")


def case(rule: str, path: Path, value: Any, at: Path | None = None, base: str = "production",
         **more: Any) -> BadCase:  # fmt: skip
    """One property changed, seen where it stands unless told otherwise."""
    return BadCase(rule, {path: value, **more.get("also", {})}, at or path, base)


BAD_CASES = [
    case("E9460", RESOURCE_ID, {"Fn::Sub": "service/${ServiceCluster}/${ServiceService}"}),
    case("E9460", RESOURCE_ID, {"Fn::Sub": "${ServiceCluster}/${ServiceService.Name}"}),
    case("E9460", RESOURCE_ID,
         {"Fn::Sub": "service/${ServiceCluster.Arn}/${ServiceService.Name}"}),
    case("E9461", (*TARGET, "ScalableDimension"), "rds:cluster:ReadReplicaCount"),
    case("E9461", (*TARGET, "MinCapacity"), 7),
    case("E9460", ("OtherCluster",), {"Type": "AWS::ECS::Cluster"}, RESOURCE_ID,
         also={RESOURCE_ID: {"Fn::Sub": "service/${OtherCluster}/${ServiceService.Name}"}}),
    case("W9460", (*TARGET, "MinCapacity"), 0),
    case("W9460", (*TARGET, "SuspendedState"), {"DynamicScalingInSuspended": True},
         (*TARGET, "SuspendedState", "DynamicScalingInSuspended")),
    BadCase(
        "W9460", {("ServiceCpuScaling",): REMOVE, ("ServiceRequestScaling",): REMOVE}, TARGET
    ),
    case("E9461", (*CPU, "PolicyType"), "StepScaling"),
    case("E9464", (*REQUESTS, "PolicyName"), "cpu"),
    case("E9461", (*CPU, TRACK, "TargetValue"), 160),
    case("E9465", LABEL, REMOVE, LABEL[:-1]),
    case("E9465", (*LABEL, "Fn::Join", 1), lambda two: two[::-1], LABEL),
    case("E9465", (*LABEL, "Fn::Join", 1, 1), {"Ref": "LoadBalancerTargetGroup"}, LABEL),
    case("E9465", (*CPU, TRACK, "PredefinedMetricSpecification", "ResourceLabel"), "app/a/b"),
    case("W9460", (*CPU, TRACK, "DisableScaleIn"), True),
    case("W9460", (*CPU, TRACK, "TargetValue"), 95),
    case("W9460", CPU, {"PolicyType": "StepScaling",
                        "ScalingTargetId": {"Ref": "ServiceScalableTarget"}}),
    case("E9461", (*TARGET, "ScheduledActions"), [{"Schedule": "cron(0 8 * * *)"}],
         (*TARGET, "ScheduledActions", 0, "Schedule")),
    case("E9461", (*TARGET, "ScheduledActions"),
         [{"ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 2}}],
         (*TARGET, "ScheduledActions", 0, "ScalableTargetAction", "MinCapacity")),
    case("E9461", (*CPU, TRACK, "PredefinedMetricSpecification", "PredefinedMetricType"),
         "RDSReaderAverageCPUUtilization"),
]  # fmt: skip

TYPE = (*CPU, TRACK, "PredefinedMetricSpecification", "PredefinedMetricType")
ACCEPTED = [
    case("E9461", TYPE, "ECSServiceAverageCPUUtilizationHighResolution"),
    case("E9461", TYPE, "ECSServiceAverageMemoryUtilizationHighResolution"),
]
