"""The model knows the instances of a service, and the ports and ways of their network."""

from typing import Any

import pytest

from cfnlink.system.capacity import DYNAMIC_PORT, host_port, hosts_of, joins_cluster
from cfnlink.system.connections import required_connections
from cfnlink.system.network import groups_of, groups_path, subnets_of
from cfnlink.system.resource import System
from cfnlink.system.task_runs import missing_of_hosts
from tests.system.templates import template
from tests.template import get_att, ref


def cluster(mode: str = "bridge", host: Any = 0, **egress: Any) -> System:
    """Return a service whose tasks run on the instances of a capacity provider."""
    container = {"Name": "web", "PortMappings": [{"ContainerPort": 3000, "HostPort": host}]}
    return template(
        Vpc=("EC2::VPC", {}),
        Subnet=("EC2::Subnet", {"VpcId": ref("Vpc"), "CidrBlock": "10.0.0.0/24"}),
        Group=("EC2::SecurityGroup", {"VpcId": ref("Vpc"), **egress}),
        Launch=(
            "EC2::LaunchTemplate",
            {"LaunchTemplateData": {"SecurityGroupIds": [get_att("Group", "GroupId")]}},
        ),
        Fleet=(
            "AutoScaling::AutoScalingGroup",
            {
                "VPCZoneIdentifier": [ref("Subnet")],
                "LaunchTemplate": {"LaunchTemplateId": ref("Launch")},
            },
        ),
        Provider=(
            "ECS::CapacityProvider",
            {"AutoScalingGroupProvider": {"AutoScalingGroupArn": ref("Fleet")}},
        ),
        Task=(
            "ECS::TaskDefinition",
            {"NetworkMode": mode, "ContainerDefinitions": [container]},
        ),
        Balancer=("ElasticLoadBalancingV2::LoadBalancer", {}),
        Targets=("ElasticLoadBalancingV2::TargetGroup", {}),
        Entry=(
            "ElasticLoadBalancingV2::Listener",
            {
                "LoadBalancerArn": ref("Balancer"),
                "DefaultActions": [{"TargetGroupArn": ref("Targets")}],
            },
        ),
        Web=(
            "ECS::Service",
            {
                "TaskDefinition": ref("Task"),
                "CapacityProviderStrategy": [{"CapacityProvider": ref("Provider")}],
                "LoadBalancers": [{"TargetGroupArn": ref("Targets"), "ContainerPort": 3000}],
            },
        ),
    )


def test_a_service_lies_in_the_network_of_its_instances() -> None:
    web = cluster().resources["Web"]

    assert [host.name for host in hosts_of(web)] == ["Fleet"]
    assert [group.name for group in groups_of(web)] == ["Group"]
    assert [subnet.name for subnet in subnets_of(web)] == ["Subnet"]
    assert groups_path(web) == []


@pytest.mark.parametrize("mode", ["awsvpc", "none"])
def test_other_tasks_have_a_network_of_their_own(mode: str) -> None:
    assert hosts_of(cluster(mode).resources["Web"]) == ()


@pytest.mark.parametrize(("host", "port"), [(0, DYNAMIC_PORT), (80, 80), ("0", DYNAMIC_PORT)])
def test_a_balancer_connects_to_the_port_of_the_instance(host: Any, port: float) -> None:
    system = cluster(host=host)

    assert host_port(system.resources["Web"], 3000) == port
    assert [found.port for found in required_connections(system)] == [port]


def test_instances_of_a_provider_need_a_way_to_ecs() -> None:
    fleet = cluster().resources["Fleet"]

    assert joins_cluster(fleet)
    (found,) = missing_of_hosts(fleet)
    assert {"ecs", "ecs-agent", "ecs-telemetry", "ecr.api"} <= {*found.services}
