"""Parts that every ECS service has: its capacity, and how a deployment replaces its tasks."""

from troposphere import ecs


def capacity(spot_percent: int) -> list[ecs.CapacityProviderStrategyItem]:
    """A strategy from the start: a change from LaunchType may replace the service. The first
    task is never on Spot, unless all tasks are."""
    spot = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE_SPOT", Weight=spot_percent
    )
    demand = ecs.CapacityProviderStrategyItem(
        CapacityProvider="FARGATE", Base=1, Weight=100 - spot_percent
    )
    return [item for item in (demand, spot) if item.Weight]


def rolling() -> ecs.DeploymentConfiguration:
    """Start new tasks beside the old ones; return to the old ones when the new ones fail."""
    return ecs.DeploymentConfiguration(
        MinimumHealthyPercent=100,
        MaximumPercent=200,
        DeploymentCircuitBreaker=ecs.DeploymentCircuitBreaker(Enable=True, Rollback=True),
    )
