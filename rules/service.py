"""What a service on Fargate must hold: its container, its capacity and its deployments."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import (
    Fault,
    Resource,
    Rule,
    at,
    between,
    containers,
    entries,
    is_expression,
    none_of,
    number,
    one_of,
)
from _rows import Node, Table, Value

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
TASK, SERVICE = "AWS::ECS::TaskDefinition", "AWS::ECS::Service"
CLUSTER, TARGET = "AWS::ECS::Cluster", "AWS::ApplicationAutoScaling::ScalableTarget"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
GROUP_RULES = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
DEPLOY, STRATEGY = "DeploymentConfiguration", "CapacityProviderStrategy"
BREAKER = f"{DEPLOY}.DeploymentCircuitBreaker"


def balanced(service: Resource) -> bool:
    """Whether a service surely stands behind a load balancer."""
    return bool(service.items("LoadBalancers"))


def alone(service: Resource) -> bool:
    """Whether a service surely stands behind nothing."""
    doors = ("LoadBalancers", "VpcLatticeConfigurations")
    return all(service.absent(door) or service.raw(door) == [] for door in doors)


def scales(service: Resource, least: float = 0) -> bool:
    """Whether a scalable target keeps at least so many tasks."""
    found = [target.number("MinCapacity") or 0 for target, _ in service.users(TARGET)]
    return bool(found) and max(found) >= least


def leaves_room(deployment: Any) -> bool:
    """Whether the percentages of a deployment let ECS replace a task."""
    high = number(deployment.get("MaximumPercent"))
    low = deployment.get("MinimumHealthyPercent", 100)
    return high is None or (high >= 100 and (is_expression(low) or high > (number(low) or 0)))


def rolls_back(breaker: Any) -> bool:
    """Whether a circuit breaker stops a deployment that fails, and rolls it back."""
    off = [one_of("false", "None")(at(breaker, key)) for key in ("Enable", "Rollback")]
    return is_expression(breaker) or not any(off)


def ecs_deploys(service: Resource) -> bool:
    """Whether ECS itself deploys a service."""
    return service.get("DeploymentController", "Type") in (None, "ECS")


class ServiceIsAccepted(Table):
    """A service has a launch type or a strategy, of one base and some weight. A deployment
    stops an old task or starts a new one first: with both percentages at 100 it can do
    neither. A grace period concerns the load balancer's health check only."""

    id = "E9432"
    shortdesc = "A service's capacity, percentages and grace period agree"
    source_url = f"{API}CreateService.html"
    on = (SERVICE,)
    rows = (
        Node("LaunchType", lambda service: not isinstance(service.get("LaunchType"), str)
             or not entries(service, STRATEGY), "the strategy decides; leave it out"),
        Value(STRATEGY, lambda strategy: len([
              entry for _, entry in entries(strategy) if number(entry.get("Base"))]) <= 1,
              "only one provider may have a Base; take the others out"),
        Value(STRATEGY, lambda strategy: not entries(strategy) or not all(
              number(entry.get("Weight")) == 0 for _, entry in entries(strategy)),
              "every weight is 0 and no task is placed; give one provider a Weight"),
        Node(f"{DEPLOY}.MaximumPercent", leaves_room, "no task can be replaced; set 200",
             lambda service: service.get("SchedulingStrategy") != "DAEMON"),
        Value(f"{DEPLOY}.MaximumPercent", lambda most: (number(most) or inf) > 100,
              "zone rebalancing starts a task first; set 200",
              lambda service: service.get("AvailabilityZoneRebalancing") == "ENABLED"),
        Value(BREAKER, lambda breaker: not one_of("true")(at(breaker, "Enable")),
              "only deployments by ECS itself have one; leave it out",
              lambda service: service.get("DeploymentController", "Type")
              in ("CODE_DEPLOY", "EXTERNAL")),
        Value("HealthCheckGracePeriodSeconds", one_of(0),
              "there is no load balancer whose check could wait; leave it out", alone),
    )  # fmt: skip


class ServiceIsRunWithCare(Table):
    """An update that carries DesiredCount overwrites what auto scaling has set; Spot tasks may
    all stop at once. Without a circuit breaker that rolls back a deployment that fails goes
    on for hours. A name blocks the replacement, and Container Insights is billed."""

    id = "W9438"
    shortdesc = "A service stays up, rolls back, and can be replaced"
    source_url = f"{ECS}deployment-circuit-breaker.html"
    on = (SERVICE, CLUSTER)
    rows = (
        Value("DesiredCount", lambda _: False, "auto scaling sets it; leave it out", scales),
        Value(STRATEGY, lambda strategy: {
              str(entry.get("CapacityProvider")) for _, entry in entries(strategy)}
              != {"FARGATE_SPOT"}, "all tasks are on Spot; give FARGATE a Base",
              lambda service: scales(service, 2)),
        Node(DEPLOY, lambda service: DEPLOY in service or "TaskDefinition" not in service,
             "a circuit breaker needs Enable and Rollback; set both", ecs_deploys),
        Node(BREAKER, lambda deployment: rolls_back(deployment.get("DeploymentCircuitBreaker")),
             "a circuit breaker needs Enable and Rollback; set both", ecs_deploys),
        Value(f"{DEPLOY}.MinimumHealthyPercent", between(50, 100),
              "a deployment may stop the other tasks; keep 100", balanced),
        Node("HealthCheckGracePeriodSeconds",
             lambda service: none_of("None", 0)(service.get("HealthCheckGracePeriodSeconds")),
             "tasks that are still starting are killed; set it", balanced),
        Value("AvailabilityZoneRebalancing", none_of("DISABLED"),
              "tasks may gather in one zone; enable it"),
        Value("ServiceName", lambda _: False, "it cannot be replaced; leave the name out"),
        Value("PlatformVersion", one_of("LATEST", "1.4.0"), "out of date; leave it out"),
        Node("Cluster", lambda service: "Cluster" in service or "TaskDefinition" not in service,
             "without it the service runs in the account's default cluster; name one"),
        Value("ClusterSettings.*",
              lambda entry: at(entry, "Value") not in ("enabled", "enhanced"),
              "Container Insights is billed; disable it if unused"),
    )  # fmt: skip


class LoadBalancerReachesTheContainer(Rule):
    """A service registers one container and one of its mapped ports with a target group or a
    registry: ECS refuses names and ports that the task definition does not have."""

    id = "E9430"
    shortdesc = "The container and port of a service exist in its task definition"
    source_url = f"{API}LoadBalancer.html"
    on = (SERVICE,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        task = resource.target("TaskDefinition")
        boxes = containers(task) if task else []
        known = {str(box.get("Name")): box for _, box in boxes}
        whole = task is not None and task.raw("ContainerDefinitions") == [b for _, b in boxes]
        if not whole or any(is_expression(box.get("Name")) for _, box in boxes):
            return
        for key in ("LoadBalancers", "ServiceRegistries"):
            for n, entry in entries(resource.raw(key)):
                name, port = entry.get("ContainerName"), number(entry.get("ContainerPort"))
                if not isinstance(name, str):
                    continue
                if name not in known:
                    there = ", ".join(known)
                    yield [key, n, "ContainerName"], f"there is no {name}; name one of {there}"
                    continue
                mapped = known[name].get("PortMappings", [])
                ports = [number(one.get("ContainerPort")) for _, one in entries(mapped)]
                whole = [one for _, one in entries(mapped)] == mapped and None not in ports
                if port and port not in ports and whole:
                    yield [key, n, "ContainerPort"], f"{name} does not map {port:g}; map it"


class ProvidersAreTheClusters(Rule):
    """A strategy names capacity providers that its cluster has."""

    id = "E9433"
    shortdesc = "A service's capacity providers are its cluster's"
    source_url = f"{API}CapacityProviderStrategyItem.html"
    on = (SERVICE,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        cluster = resource.target("Cluster")
        if cluster is None or cluster.kind != CLUSTER:
            return
        known = [] if cluster.absent("CapacityProviders") else cluster.raw("CapacityProviders")
        literal = isinstance(known, list) and all(isinstance(one, str) for one in known)
        elsewhere = cluster.users("AWS::ECS::ClusterCapacityProviderAssociations")
        for n, entry in entries(resource.raw(STRATEGY)) if literal and not elsewhere else ():
            name = entry.get("CapacityProvider")
            if isinstance(name, str) and name not in known:
                yield [STRATEGY, n, "CapacityProvider"], f"{cluster.name} has no {name}; add it"


class TargetsAreListenedTo(Rule):
    """ECS refuses a service whose target group no load balancer uses yet: the service must
    wait for the listener that forwards to the group, or the first deployment is a race."""

    id = "W9436"
    shortdesc = "A service waits for the listener of its target group"
    source_url = f"{ECS}service-load-balancing.html"
    on = (SERVICE,)
    by_listener = True

    def check(self, resource: Resource) -> Iterator[Fault]:
        order = list(resource.chain.resources)  # a system template's stacks stand in theirs
        earlier = order[: order.index(resource.name)] if resource.chain.linked else []
        for n, _ in resource.items("LoadBalancers"):
            group = resource.target("LoadBalancers", n, "TargetGroupArn")
            doors = group.users(LISTENER, f"{LISTENER}Rule") if group else []
            first = any(resource.waits_for(one) or one.name in earlier for one, _ in doors)
            listens = any(one.kind == LISTENER for one, _ in doors)
            if doors and not first and listens is self.by_listener:
                path = ["LoadBalancers", n, "TargetGroupArn"]
                yield path, f"nothing makes it wait for {doors[0][0].name}; add it to DependsOn"


class TargetsAreRuledFirst(TargetsAreListenedTo):
    """Where only a rule forwards to the target group, the service must wait for that rule:
    if the service is quicker, ECS refuses it."""

    id = "W9434"
    shortdesc = "A service waits for the rule that forwards to its target group"
    by_listener = False


class ServiceComesLast(Rule):
    """Tasks start as soon as the service is made, and it is stable only when they are
    healthy: the rules of its groups and its roles' policies must be there first."""

    id = "W9435"
    shortdesc = "A service waits for its groups' rules and its roles' policies"
    source_url = f"{ECS}task-iam-roles.html"
    on = (SERVICE,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        groups = resource.targets(
            "NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups"
        )
        task = resource.target("TaskDefinition")
        roles = [task.target(key) for key in ("ExecutionRoleArn", "TaskRoleArn") if task]
        needed = {rule.name: rule for group in groups for rule, _ in group.users(*GROUP_RULES)}
        for role in filter(None, roles):
            for policy, path in role.users("AWS::IAM::Policy", "AWS::IAM::RolePolicy"):
                needed |= {policy.name: policy} if path[:1] in (["Roles"], ["RoleName"]) else {}
        for name, other in sorted(needed.items()):
            if not resource.waits_for(other):
                path = ["..", "DependsOn"] if resource.depends_on else [".."]
                yield path, f"tasks may start before {name} is there; add it to DependsOn"
