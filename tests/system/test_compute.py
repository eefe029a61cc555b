"""The model knows how many tasks a service runs, where, and on which capacity."""

from typing import Any

import pytest

from cfnlink.system.compute import (
    TaskRange,
    container_ports,
    containers,
    is_on_fargate,
    provider_share,
    provider_tasks,
    task_range,
)
from cfnlink.system.resource import Resource
from tests.system.templates import one, template
from tests.template import ref

BOTH = [
    {"CapacityProvider": "FARGATE", "Base": 1, "Weight": "1"},
    {"CapacityProvider": "FARGATE_SPOT", "Weight": 3},
]


def scaled(**properties: Any) -> Resource:
    target = {"ResourceId": {"Fn::Sub": "service/main/${Service.Name}"}}
    limits = {"MinCapacity": 2, "MaxCapacity": "6"}
    found = template(
        Service=("ECS::Service", properties),
        Target=("ApplicationAutoScaling::ScalableTarget", target | limits),
    )
    return found.resources["Service"]


def test_auto_scaling_states_the_range_of_tasks() -> None:
    found = task_range(scaled())

    assert found == TaskRange(2, 6, None)
    assert (found.lowest, found.highest) == (2, 6)


@pytest.mark.parametrize(
    ("properties", "count"), [({}, 1), ({"DesiredCount": 3}, 3), ({"DesiredCount": 0}, 0)]
)
def test_a_service_without_scaling_keeps_its_count(
    properties: dict[str, int], count: int
) -> None:
    found = task_range(one("ECS::Service", **properties))

    assert (found.lowest, found.highest) == (count, count)


def test_spot_runs_its_share_beyond_the_bases() -> None:
    service = one("ECS::Service", CapacityProviderStrategy=BOTH)

    assert provider_share(service) == 0.75
    assert provider_tasks(service, 5) == 3
    assert provider_tasks(service, 1) == 0
    assert provider_tasks(service, 5, "FARGATE") == 2


def test_a_launch_type_runs_all_tasks() -> None:
    service = one("ECS::Service", LaunchType="FARGATE")

    assert is_on_fargate(service)
    assert provider_share(service) == 0
    assert provider_tasks(service, 4, "FARGATE") == 4


def test_containers_are_the_literal_ones() -> None:
    app = {"Name": "app", "PortMappings": [{"ContainerPort": 3000}]}
    task = one("ECS::TaskDefinition", ContainerDefinitions=[ref("Other"), app])

    assert containers(task) == [(1, app)]
    assert container_ports(task) == [3000]
