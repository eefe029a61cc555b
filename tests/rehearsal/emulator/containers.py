"""ECS: capacity providers of a cluster, and what task definitions and services lost."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack.services import ecs
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, accepted, camel, patch, require, teach

TASK = ("RuntimePlatform", "EphemeralStorage", "Volumes", "EnableFaultInjection")
SERVICE = (
    "HealthCheckGracePeriodSeconds",
    "EnableExecuteCommand",
    "EnableECSManagedTags",
    "PropagateTags",
    "PlatformVersion",
    "AvailabilityZoneRebalancing",
)


def _associate(_: str, props: Properties, __: str) -> Made:
    cluster = props["Cluster"]
    strategy = camel(props.get("DefaultCapacityProviderStrategy", []))
    request = {
        "cluster": cluster,
        "capacityProviders": props.get("CapacityProviders", []),
        "defaultCapacityProviderStrategy": strategy,
    }
    accepted(ecs._put_cluster_capacity_providers(request))
    return cluster, {}


def _dissociate(cluster: str, _: Properties) -> None:
    ecs._put_cluster_capacity_providers({"cluster": cluster})


@patch(ecs, "_ts_to_epoch")
def _timestamp(_: Callable[..., Any], value: Any) -> Any:
    """A time was cut to whole seconds: a task was older than its deployment."""
    return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else value


@patch(provisioners, "_normalize_container_defs")
def _containers(_: Callable[..., Any], definitions: Any) -> Any:
    """Secrets, HealthCheck and others kept `Name`/`ValueFrom`: an SDK read [{}]."""
    return camel(definitions)


@patch(provisioners, "_ecs_task_def_create")
def _task_definition(
    old: Callable[..., Made], logical_id: str, props: Properties, stack: str
) -> Made:
    """No container was accepted; RuntimePlatform and EphemeralStorage were lost."""
    require(
        bool(props.get("ContainerDefinitions")),
        "TaskDefinition must contain at least one container definition.",
    )
    arn, attributes = old(logical_id, props, stack)
    record = ecs._task_defs[arn.rsplit("/", 1)[-1]]
    record.update(camel({key: props[key] for key in TASK if key in props}))
    return arn, attributes


@patch(provisioners, "_ecs_service_create")
def _service(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """HealthCheckGracePeriodSeconds read back 0, and other settings were lost.

    A cluster given by ARN made an ARN inside the service's ARN, a DesiredCount
    from a parameter "unsupported operand type(s) for -: 'str' and 'int'".
    """
    props = {**props, "Cluster": props.get("Cluster", "default").rsplit("/", 1)[-1]}
    props["DesiredCount"] = int(props.get("DesiredCount", 1))
    arn, attributes = old(logical_id, props, stack)
    record = ecs._services[arn.split(":service/")[1]]
    record.update(camel({key: props[key] for key in SERVICE if key in props}))
    return arn, attributes


teach(
    "AWS::ECS::ClusterCapacityProviderAssociations",
    _associate,
    _dissociate,
    replacing=("Cluster",),
)
