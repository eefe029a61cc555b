"""Bad cases of cfnlink/rules/service.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase, Path
from tests.rules.cases.network import AWSVPC

SERVICE: Path = ("ServiceService", "Properties")
DEPLOY: Path = (*SERVICE, "DeploymentConfiguration")
STRATEGY: Path = (*SERVICE, "CapacityProviderStrategy")
WAITS: Path = ("ServiceService", "DependsOn")


def case(rule: str, path: Path, value: Any, at: Path | None = None, base: str = "production",
         **more: Any) -> BadCase:  # fmt: skip
    """One property changed, seen where it stands unless told otherwise."""
    return BadCase(rule, {path: value, **more.get("also", {})}, at or path, base)


def plus(entry: Any) -> Any:
    """A list with one more entry."""
    return lambda found: [*found, entry]


BAD_CASES = [
    case("E9430", (*SERVICE, "LoadBalancers", 0, "ContainerName"), "web"),
    case("E9430", (*SERVICE, "LoadBalancers", 0, "ContainerPort"), 8080),
    case("W9438", (*SERVICE, "DesiredCount"), 2),
    case("E9432", (*SERVICE, "LaunchType"), "FARGATE"),
    case("E9432", (*SERVICE, "SchedulingStrategy"), "DAEMON"),
    case("E9432", STRATEGY, plus({"CapacityProvider": "FARGATE_SPOT", "Base": 1, "Weight": 1})),
    case("E9432", (*STRATEGY, 0, "Weight"), 0, STRATEGY),
    case("E9433", ("ServiceCluster", "Properties", "CapacityProviders"), ["FARGATE_SPOT"],
         (*STRATEGY, 0, "CapacityProvider")),
    case("W9438", (*STRATEGY, 0, "CapacityProvider"), "FARGATE_SPOT", STRATEGY),
    case("W9436", ("ServiceOwnListener",),
         {"Type": "AWS::ElasticLoadBalancingV2::Listener", "Properties": {"DefaultActions": [
             {"Type": "forward", "TargetGroupArn": {"Ref": "LoadBalancerTargetGroup"}}]}},
         (*SERVICE, "LoadBalancers", 0, "TargetGroupArn"),
         also={("LoadBalancerListener", "Properties", "DefaultActions"): [],
               ("LoadBalancerWithoutStage",): REMOVE}),
    case("W9434", ("ServiceRule",),
         {"Type": "AWS::ElasticLoadBalancingV2::ListenerRule", "Properties": {"Actions": [
             {"Type": "forward", "TargetGroupArn": {"Ref": "LoadBalancerTargetGroup"}}]}},
         (*SERVICE, "LoadBalancers", 0, "TargetGroupArn"),
         also={("LoadBalancerListener", "Properties", "DefaultActions"): [],
               ("LoadBalancerWithoutStage",): REMOVE}),
    case("W9435", WAITS, lambda on: on[1:]),
    case("W9435", ("ServicePolicy",),
         {"Type": "AWS::IAM::Policy", "Properties": {"Roles": [{"Ref": "ServiceTaskRole"}]}},
         WAITS),
    case("E9432", (*DEPLOY, "MaximumPercent"), 100),
    case("E9432", (*DEPLOY, "MinimumHealthyPercent"), 50, (*DEPLOY, "MaximumPercent"),
         also={(*DEPLOY, "MaximumPercent"): 100}),
    case("W9438", (*DEPLOY, "DeploymentCircuitBreaker"), REMOVE, DEPLOY),
    case("W9438", (*DEPLOY, "DeploymentCircuitBreaker", "Rollback"), False,
         (*DEPLOY, "DeploymentCircuitBreaker")),
    case("W9438", (*DEPLOY, "MinimumHealthyPercent"), 0),
    case("W9438", (*SERVICE, "AvailabilityZoneRebalancing"), "DISABLED"),
    case("W9438", (*SERVICE, "HealthCheckGracePeriodSeconds"), 0),
    case("W9438", (*SERVICE, "HealthCheckGracePeriodSeconds"), REMOVE, SERVICE),
    case("E9432", (*SERVICE, "LoadBalancers"), REMOVE,
         (*SERVICE, "HealthCheckGracePeriodSeconds")),
    case("W9438", (*SERVICE, *AWSVPC, "Subnets"), lambda found: found[:1]),
    case("W9438", ("NetworkPublicSubnetB", "Properties", "AvailabilityZoneId"), "use1-az1",
         (*SERVICE, *AWSVPC, "Subnets")),
    case("W9438", (*SERVICE, "ServiceName"), "shop"),
    case("W9438", (*SERVICE, "PlatformVersion"), "1.3.0"),
    case("W9438", (*SERVICE, "Cluster"), REMOVE, SERVICE),
    case("W9438", ("ServiceCluster", "Properties", "ClusterSettings", 0, "Value"), "enhanced",
         ("ServiceCluster", "Properties", "ClusterSettings", 0)),
    *(
        case("E9432", (*SERVICE, "DeploymentController"), {"Type": kind},
             (*DEPLOY, "DeploymentCircuitBreaker"))
        for kind in ("CODE_DEPLOY", "EXTERNAL")
    ),
]  # fmt: skip

CHECKED = ("ServiceTaskDefinition", "Properties", "ContainerDefinitions", 0, "HealthCheck")
ACCEPTED = [
    case("W9438", (*SERVICE, *AWSVPC, "Subnets"), lambda found: found[:1],
         also={("ServiceScalableTarget", "Properties", "MinCapacity"): 1}),
    case("E9432", (*SERVICE, "LoadBalancers"), REMOVE,
         also={CHECKED: {"Command": ["CMD", "/health"]}}),
]  # fmt: skip
