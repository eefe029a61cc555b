"""Capacity: the instances that run the tasks of a service, and their network.

Tasks of the network modes bridge and host have no address of their own: the groups and subnets
of their instances apply, and the ports of the instances.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PortMapping.html
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cfnlink.system.compute import SERVICE, TASK, is_for_fargate, is_on_fargate, port_mappings
from cfnlink.system.expressions import at, number

if TYPE_CHECKING:
    from cfnlink.system.resource import Resource

FLEET, MACHINE = "AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::Instance"
PROVIDER = "AWS::ECS::CapacityProvider"
ASSOCIATIONS = "AWS::ECS::ClusterCapacityProviderAssociations"
LAUNCHES = ("LaunchTemplate", "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification")
# where a launch template, a launch configuration or an instance names its security groups
GROUPS = {
    "AWS::EC2::LaunchTemplate": (
        "LaunchTemplateData.SecurityGroupIds",
        "LaunchTemplateData.NetworkInterfaces.*.Groups",
    ),
    "AWS::AutoScaling::LaunchConfiguration": ("SecurityGroups",),
}
# stands for a port that the instance chooses; no rule about a single port has it
DYNAMIC_PORT = 49153.5
DYNAMIC = "the dynamic ports, 32768 to 65535,"


def port_words(port: float) -> str:
    """Return a port for people."""
    return DYNAMIC if port == DYNAMIC_PORT else f"port {port:g}"


@lru_cache(maxsize=256)
def hosts_of(service: Resource) -> tuple[Resource, ...]:
    """Return the groups of instances that run the tasks of a service; none if one is unknown.

    Tasks of the network mode awsvpc, and those on Fargate, have a network of their own.
    """
    task = service.target("TaskDefinition") if service.type == SERVICE else None
    if task is None or task.type != TASK or is_on_fargate(service):
        return ()
    mode = "bridge" if task.is_missing("NetworkMode") else task.get("NetworkMode")
    if mode not in ("bridge", "host") or is_for_fargate(task):
        return ()
    found = [provider.target("AutoScalingGroupProvider", "AutoScalingGroupArn")
             for provider in _providers(service)]  # fmt: skip
    fleets = [fleet for fleet in found if fleet is not None and fleet.type == FLEET]
    return tuple(dict.fromkeys(fleets)) if len(fleets) == len(found) else ()


def _providers(service: Resource) -> list[Resource]:
    """Return the capacity providers of a service, or those of its cluster."""
    way = "CapacityProviderStrategy"
    holders = [(service, way)]
    if service.is_missing(way) and service.is_missing("LaunchType"):
        cluster, way = service.target("Cluster"), "DefaultCapacityProviderStrategy"
        joined = cluster.used_by(ASSOCIATIONS) if cluster else []
        holders = [(each, way) for each in (*joined, *([cluster] if cluster else []))]
    named = [value for holder, key in holders
             for _, value in holder.values_at(f"{key}.*.CapacityProvider")]  # fmt: skip
    found = [service.system.target(value) for value in named]
    known = [each for each in found if each is not None and each.type == PROVIDER]
    return known if len(known) == len(found) else []


def launch_of(fleet: Resource) -> Resource | None:
    """Return the launch template or launch configuration of a group of instances."""
    for way in LAUNCHES:
        for key in ("LaunchTemplateId", "LaunchTemplateName"):
            if found := fleet.target(*way.split("."), key):
                return found
    return fleet.target("LaunchConfigurationName")


def groups_of_hosts(fleets: tuple[Resource, ...]) -> list[Resource]:
    """Return the security groups of groups of instances, if all of them are known."""
    found: list[Resource | None] = []
    for fleet in fleets:
        launch = launch_of(fleet)
        named = [
            value
            for way in (GROUPS.get(launch.type, ()) if launch else ())
            for _, value in (launch.values_at(f"{way}.*") if launch else ())
        ]
        found += [fleet.system.target(value) for value in named] or [None]
    known = [group for group in found if group is not None]
    return list(dict.fromkeys(known)) if len(known) == len(found) else []


def host_port(service: Resource, port: float) -> float:
    """Return the port of the instance, or of the task, behind a port of a container."""
    task = service.target("TaskDefinition")
    if task is None or not hosts_of(service) or task.get("NetworkMode") == "host":
        return port
    for mapping in port_mappings(task):
        if number(at(mapping, "ContainerPort")) == port:
            given: Any = at(mapping, "HostPort")
            return DYNAMIC_PORT if given in (None, 0, "0") else number(given) or port
    return port


def joins_cluster(fleet: Resource) -> bool:
    """Whether the instances of a group run tasks: a capacity provider has it, or their data."""
    launch = launch_of(fleet)
    return bool(fleet.used_by(PROVIDER)) or "ECS_CLUSTER=" in str(launch and launch.properties)
