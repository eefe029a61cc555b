"""Properties that every ECS service has."""

from typing import Any

from troposphere import ecs

from templates.task_network import Place


def placed(place: Place, task: ecs.TaskDefinition, spot_percent: int) -> dict[str, Any]:
    """Return the properties that say what a service runs, and where.

    Without DesiredCount, which every update would reset: a service starts with one task, and
    auto scaling raises it to the minimum.
    """
    return {
        "DependsOn": [*place.rules],
        "Cluster": place.cluster.ref(),
        "TaskDefinition": task.ref(),
        "CapacityProviderStrategy": _capacity(spot_percent),
        "NetworkConfiguration": place.network,
    }


# The circuit breaker is for rolling deployments alone:
# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html
ROLLING: dict[str, Any] = {
    "DeploymentCircuitBreaker": ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True)
}


def deployed(strategy: dict[str, Any] = ROLLING, *, ecs_exec: bool) -> dict[str, Any]:
    """Return the properties that say how a service replaces its tasks, and who sees into them.

    New tasks start beside the old ones; the old ones come back when the new ones fail.
    """
    return {
        "DeploymentConfiguration": ecs.DeploymentConfiguration(
            MinimumHealthyPercent=100, MaximumPercent=200, **strategy
        ),
        "AvailabilityZoneRebalancing": "ENABLED",
        "EnableExecuteCommand": ecs_exec,
        "EnableECSManagedTags": True,
        "PropagateTags": "SERVICE",
    }


def _capacity(spot_percent: int) -> list[ecs.CapacityProviderStrategyItem]:
    """A strategy from the start: a change from LaunchType may replace the service. The first
    task is never on Spot, unless all tasks are."""
    spot = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE_SPOT", Weight=spot_percent
    )
    demand = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE", Base=1, Weight=100 - spot_percent
    )
    return [item for item in (demand, spot) if item.Weight]
