"""Bends of rules/service.py."""

from typing import Any

from tests.rules.bends import REMOVE, Bend, Path
from tests.rules.bends_network import AWSVPC

SERVICE: Path = ("ServiceService", "Properties")
DEPLOY: Path = (*SERVICE, "DeploymentConfiguration")
STRATEGY: Path = (*SERVICE, "CapacityProviderStrategy")
WAITS: Path = ("ServiceService", "DependsOn")


def bend(rule: str, path: Path, value: Any, at: Path | None = None, base: str = "production",
         **more: Any) -> Bend:  # fmt: skip
    """One property changed, seen where it stands unless told otherwise."""
    return Bend(rule, {path: value, **more.get("also", {})}, at or path, base)


def plus(entry: Any) -> Any:
    """A list with one more entry."""
    return lambda found: [*found, entry]


BENDS = [
    bend("E9430", (*SERVICE, "LoadBalancers", 0, "ContainerName"), "web"),
    bend("E9430", (*SERVICE, "LoadBalancers", 0, "ContainerPort"), 8080),
    bend("W9438", (*SERVICE, "DesiredCount"), 2),
    bend("E9432", (*SERVICE, "LaunchType"), "FARGATE"),
    bend("E9432", (*SERVICE, "SchedulingStrategy"), "DAEMON"),
    bend("E9432", STRATEGY, plus({"CapacityProvider": "FARGATE_SPOT", "Base": 1, "Weight": 1})),
    bend("E9432", (*STRATEGY, 0, "Weight"), 0, STRATEGY),
    bend("E9433", ("ServiceCluster", "Properties", "CapacityProviders"), ["FARGATE_SPOT"],
         (*STRATEGY, 0, "CapacityProvider")),
    bend("W9438", (*STRATEGY, 0, "CapacityProvider"), "FARGATE_SPOT", STRATEGY),
    bend("W9436", ("ServiceOwnListener",),
         {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"DefaultActions": [
             {"Type": "forward", "TargetGroupArn": {"Ref": "LoadBalancerTargetGroup"}}]}},
         (*SERVICE, "LoadBalancers", 0, "TargetGroupArn"),
         also={("LoadBalancerListener", "Properties", "DefaultActions"): [],
               ("LoadBalancerWithoutStage",): REMOVE}),
    bend("W9434", ("ServiceRule",),
         {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"Actions": [
             {"Type": "forward", "TargetGroupArn": {"Ref": "LoadBalancerTargetGroup"}}]}},
         (*SERVICE, "LoadBalancers", 0, "TargetGroupArn"),
         also={("LoadBalancerListener", "Properties", "DefaultActions"): [],
               ("LoadBalancerWithoutStage",): REMOVE}),
    bend("W9435", WAITS, lambda on: on[1:]),
    bend("W9435", ("ServicePolicy",),
         {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "ServiceTaskRole"}]}},
         WAITS),
    bend("E9432", (*DEPLOY, "MaximumPercent"), 100),
    bend("E9432", (*DEPLOY, "MinimumHealthyPercent"), 50, (*DEPLOY, "MaximumPercent"),
         also={(*DEPLOY, "MaximumPercent"): 100}),
    bend("W9438", (*DEPLOY, "DeploymentCircuitBreaker"), REMOVE, DEPLOY),
    bend("W9438", (*DEPLOY, "DeploymentCircuitBreaker", "Rollback"), False,
         (*DEPLOY, "DeploymentCircuitBreaker")),
    bend("W9438", (*DEPLOY, "MinimumHealthyPercent"), 0),
    bend("W9438", (*SERVICE, "AvailabilityZoneRebalancing"), "DISABLED"),
    bend("W9438", (*SERVICE, "HealthCheckGracePeriodSeconds"), 0),
    bend("W9438", (*SERVICE, "HealthCheckGracePeriodSeconds"), REMOVE, SERVICE),
    bend("E9432", (*SERVICE, "LoadBalancers"), REMOVE,
         (*SERVICE, "HealthCheckGracePeriodSeconds")),
    bend("W9438", (*SERVICE, *AWSVPC, "Subnets"), lambda found: found[:1]),
    bend("W9438", ("NetworkPublicSubnetB", "Properties", "AvailabilityZoneId"), "use1-az1",
         (*SERVICE, *AWSVPC, "Subnets")),
    bend("W9438", (*SERVICE, "ServiceName"), "shop"),
    bend("W9438", (*SERVICE, "PlatformVersion"), "1.3.0"),
    bend("W9438", (*SERVICE, "Cluster"), REMOVE, SERVICE),
    bend("W9438", ("ServiceCluster", "Properties", "ClusterSettings", 0, "Value"), "enhanced",
         ("ServiceCluster", "Properties", "ClusterSettings", 0)),
    *(
        bend("E9432", (*SERVICE, "DeploymentController"), {"Type": kind},
             (*DEPLOY, "DeploymentCircuitBreaker"))
        for kind in ("CODE_DEPLOY", "EXTERNAL")
    ),
]  # fmt: skip

CHECKED = ("ServiceTaskDefinition", "Properties", "ContainerDefinitions", 0, "HealthCheck")
FINE = [
    bend("W9438", (*SERVICE, *AWSVPC, "Subnets"), lambda found: found[:1],
         also={("ServiceScalableTarget", "Properties", "MinCapacity"): 1}),
    bend("E9432", (*SERVICE, "LoadBalancers"), REMOVE,
         also={CHECKED: {"Command": ["CMD", "/health"]}}),
]  # fmt: skip
