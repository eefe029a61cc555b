"""Services on Fargate: their container, their capacity and their deployments."""

from functools import partial
from typing import Any

from cfnlink.aws.catalogue import resource_type
from cfnlink.lint.conditions import (
    between,
    is_present,
    must_not_be_literal,
    none_of,
    one_of,
    sibling_condition,
)
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.compute import (
    SERVICE,
    STRATEGY,
    containers,
    is_on_fargate,
    scalable_targets,
    task_range,
)
from cfnlink.system.expressions import at, entries, is_expression, number
from cfnlink.system.identity import attached
from cfnlink.system.network import LISTENER, zones
from cfnlink.system.resource import Resource
from cfnlink.system.security_groups import EGRESS, INGRESS
from cfnlink.system.task_runs import RUNNERS

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
CLUSTER, DEPLOY = "AWS::ECS::Cluster", "DeploymentConfiguration"
BREAKER = f"{DEPLOY}.DeploymentCircuitBreaker"
MOST, LEAST = f"{DEPLOY}.MaximumPercent", f"{DEPLOY}.MinimumHealthyPercent"
CURE = "a circuit breaker needs Enable and Rollback; set both"
SUBNETS = "NetworkConfiguration.AwsvpcConfiguration.Subnets"
GRACE = "HealthCheckGracePeriodSeconds"
PLACES = [run.at for name in RUNNERS for run in resource_type(name).runs_tasks]
PLATFORMS = tuple(dict.fromkeys(f"{place}.PlatformVersion".lstrip(".") for place in PLACES))


def has_no_door(service: Resource) -> bool:
    """Whether a service is known to be behind no load balancer and no registry."""
    doors = ("LoadBalancers", "VpcLatticeConfigurations")
    return all(service.is_missing(door) or service.expression(door) == [] for door in doors)


def unchecked(service: Resource) -> bool:
    """Whether neither a load balancer nor a container is known to have a health check."""
    task = service.target("TaskDefinition") if has_no_door(service) else None
    return task is not None and "HealthCheck" not in str(
        task.expression("ContainerDefinitions")
    )


def scales(service: Resource, least: float = 0) -> bool:
    """Whether a scalable target keeps at least so many tasks."""
    is_scaled = bool(scalable_targets(service))
    return is_scaled and (task_range(service).minimum or 0) >= least


def together(service: Resource) -> bool:
    """Whether two tasks or more are known to be all in one Availability Zone."""
    return len(zones(service, SUBNETS)) == 1 and scales(service, 2)


def leaves_room(deployment: Any) -> bool:
    """Whether the percentages of a deployment let ECS replace a task."""
    high = number(deployment.get("MaximumPercent"))
    low = deployment.get("MinimumHealthyPercent", 100)
    return high is None or (high >= 100 and (is_expression(low) or high > (number(low) or 0)))


def rolls_back(deployment: Any) -> bool:
    """Whether a circuit breaker stops a deployment that fails, and rolls it back."""
    breaker = deployment.get("DeploymentCircuitBreaker")
    off = [one_of(False, None)(at(breaker, key)) for key in ("Enable", "Rollback")]
    return is_expression(breaker) or not any(off)


def strategy(service: Resource) -> list[dict[str, Any]]:
    """Return the entries of a service's capacity provider strategy."""
    return [entry for _, entry in service.entries(STRATEGY)]


def has_two_bases(service: Resource) -> bool:
    """Whether two providers of a strategy have a base."""
    return sum(bool(number(entry.get("Base"))) for entry in strategy(service)) > 1


def has_no_weight(service: Resource) -> bool:
    """Whether no provider of a strategy gets tasks."""
    given = strategy(service)
    return bool(given) and all(number(entry.get("Weight")) == 0 for entry in given)


def has_unused_breaker(service: Resource) -> bool:
    """Whether a circuit breaker is on for deployments that ECS does not make."""
    others = service.get("DeploymentController", "Type") in ("CODE_DEPLOY", "EXTERNAL")
    return others and bool(one_of(True)(service.get(*BREAKER.split("."), "Enable")))


def is_deployed_by_ecs(service: Resource) -> bool:
    """Whether ECS makes the deployments of a service."""
    return service.get("DeploymentController", "Type") in (None, "ECS")


def is_rolling(service: Resource) -> bool:
    """Whether ECS replaces the tasks of a service by a rolling update."""
    return service.get(DEPLOY, "Strategy") in (None, "ROLLING")


def runs_tasks(service: Resource) -> bool:
    """Whether a service runs the tasks of a task definition."""
    return "TaskDefinition" in service.properties


def is_balanced(service: Resource) -> bool:
    """Whether a service is behind a load balancer."""
    return bool(service.items("LoadBalancers"))


def is_on_spot_only(service: Resource) -> bool:
    """Whether all tasks of a service, two or more, are on Spot."""
    given = {str(entry.get("CapacityProvider")) for entry in strategy(service)}
    return given == {"FARGATE_SPOT"} and scales(service, 2)


# fmt: off
accepted = partial(
    property_rule, on=SERVICE, docs=f"{API}CreateService.html", formerly="E9432"
)
with_care = partial(
    property_rule, on=SERVICE, docs=f"{ECS}deployment-circuit-breaker.html", formerly="W9438"
)

strategy_excludes_launch_type = accepted(
    "E9440", path="LaunchType", allowed=must_not_be_literal, only_if=strategy,
    good="A service has a launch type or a strategy of capacity providers, not both.",
    fix="the strategy decides; leave it out",
)
strategy_has_one_base = accepted(
    "E9441", path=STRATEGY, allowed=must_not_be_literal, only_if=has_two_bases,
    good="One capacity provider of a strategy has a Base.",
    fix="only one provider may have a Base",
)
strategy_has_a_weight = accepted(
    "E9442", path=STRATEGY, allowed=must_not_be_literal, only_if=has_no_weight,
    good="A capacity provider of a strategy has a Weight above 0.",
    fix="no task is placed; give one provider a Weight",
)
fargate_service_is_no_daemon = accepted(
    "E9443", path="SchedulingStrategy", allowed=none_of("DAEMON"), only_if=is_on_fargate,
    good="A service on Fargate is no daemon.", fix="Fargate has no daemons; set REPLICA",
)
deployment_can_replace_a_task = accepted(
    "E9444", path=MOST, allowed=sibling_condition(leaves_room),
    good="A deployment may start a task more or stop a task.",
    why="With both percentages at 100 it can do neither.",
    only_if=lambda service: service.get("SchedulingStrategy") != "DAEMON",
    fix="no task can be replaced; set 200",
)
circuit_breaker_is_of_ecs = accepted(
    "E9446", path=BREAKER, allowed=must_not_be_literal, only_if=has_unused_breaker,
    good="Only a service that ECS deploys has a circuit breaker.",
    fix="only deployments by ECS have one; leave it out",
)
grace_period_has_a_check = accepted(
    "E9447", path=GRACE, allowed=one_of(0), only_if=unchecked,
    good="A service with a grace period has a health check.",
    why="A grace period is for the checks of load balancers and containers.",
    fix="nothing checks health; leave it out",
)

scaled_service_states_no_count = with_care(
    "W9440", path="DesiredCount", allowed=must_not_be_literal, only_if=scales,
    good="A service that auto scaling scales states no DesiredCount.",
    why="An update that carries it overwrites the count that auto scaling has set.",
    fix="auto scaling sets it; leave it out",
)
service_is_not_on_spot_only = with_care(
    "W9441", path=STRATEGY, allowed=must_not_be_literal, only_if=is_on_spot_only,
    good="A service of two tasks or more has tasks that are not on Spot.",
    why="AWS may stop all Spot tasks at once.",
    fix="all tasks are on Spot; give FARGATE a Base",
)
deployment_is_configured = with_care(
    "W9442", path=DEPLOY, allowed=is_present, required=True,
    good="A service has a deployment configuration.",
    why="Without a circuit breaker that rolls back, a deployment that fails goes on for hours.",
    only_if=lambda service: runs_tasks(service) and is_deployed_by_ecs(service), fix=CURE,
)
failed_deployment_rolls_back = with_care(
    "W9443", path=BREAKER, allowed=sibling_condition(rolls_back),
    only_if=lambda service: is_deployed_by_ecs(service) and is_rolling(service),
    good="A circuit breaker stops a rolling deployment that fails, and rolls it back.",
    why="Without it a deployment that fails goes on for hours.", fix=CURE,
)
deployment_keeps_tasks = with_care(
    "W9444", path=LEAST, allowed=between(50, 100), only_if=is_balanced,
    good="A deployment keeps half of the tasks or more behind a load balancer.",
    why="Requests fail while too few tasks answer.",
    fix="it may stop the other tasks; keep 100",
)
balanced_service_has_a_grace_period = with_care(
    "W9445", path=GRACE, allowed=none_of(0), required=True, only_if=is_balanced,
    good="A service behind a load balancer has a grace period for health checks.",
    why="ECS stops a task whose check fails while the task still starts.",
    fix="tasks that still start are killed; set it",
)
tasks_are_in_two_zones = with_care(
    "W9447", path=SUBNETS, allowed=must_not_be_literal, only_if=together,
    good="A service of two tasks or more has subnets in two zones.",
    why="The loss of one zone stops all tasks.", fix="all tasks are in one zone; add another",
)
platform_is_current = with_care(
    "W9449", on=RUNNERS, path=PLATFORMS, allowed=one_of("LATEST", "1.4.0"),
    good="A task runs on the current platform version.",
    why="An older one lacks features and repairs.", fix="out of date; leave it out",
)
service_names_its_cluster = with_care(
    "W9450", path="Cluster", allowed=is_present, required=True, only_if=runs_tasks,
    good="A service names its cluster.",
    why="It runs in the account's default cluster otherwise.",
    fix="the account's default cluster runs it; name one",
)
# fmt: on


@rule("E9430", SERVICE, f"{API}LoadBalancer.html")
def registered_container_exists(service: Resource) -> Faults:
    """The container and port of a service exist in its task definition.
    A service registers one container and one of its mapped ports with a target group or a
    registry: ECS rejects names and ports that the task definition does not have."""
    task = service.target("TaskDefinition")
    listed = containers(task) if task else []
    known = {str(container.get("Name")): container for _, container in listed}
    whole = task is not None and task.expression("ContainerDefinitions") == [
        b for _, b in listed
    ]
    if not whole or any(is_expression(container.get("Name")) for _, container in listed):
        return
    for key in ("LoadBalancers", "ServiceRegistries"):
        for n, entry in service.entries(key):
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


@rule("E9433", SERVICE, f"{API}CapacityProviderStrategyItem.html")
def capacity_providers_are_of_the_cluster(service: Resource) -> Faults:
    """A service's capacity providers are its cluster's.
    A strategy names capacity providers that its cluster has."""
    cluster = service.target("Cluster")
    if cluster is None or cluster.type != CLUSTER:
        return
    known = (
        []
        if cluster.is_missing("CapacityProviders")
        else cluster.expression("CapacityProviders")
    )
    literal = isinstance(known, list) and all(isinstance(one, str) for one in known)
    elsewhere = cluster.users("AWS::ECS::ClusterCapacityProviderAssociations")
    for n, entry in service.entries(STRATEGY) if literal and not elsewhere else ():
        name = entry.get("CapacityProvider")
        if isinstance(name, str) and name not in known:
            yield [STRATEGY, n, "CapacityProvider"], f"{cluster.name} has no {name}; add it"


def unlistened(service: Resource, *, by_rule: bool) -> Faults:
    """Yield the target groups to which listeners, or only their rules, may forward too late."""
    order = list(service.system.resources) if service.system.has_unknown_stacks else []
    earlier = order[: order.index(service.name)] if order else []
    for n, _ in service.items("LoadBalancers"):
        path = ["LoadBalancers", n, "TargetGroupArn"]
        group = service.target(*path)
        doors = group.used_by(LISTENER, f"{LISTENER}Rule") if group else []
        first = any(service.waits_for(door) or door.name in earlier for door in doors)
        if doors and not first and by_rule is all(door.type != LISTENER for door in doors):
            yield path, f"nothing makes it wait for {doors[0].name}; add it to DependsOn"


@rule("W9436", SERVICE, f"{ECS}service-load-balancing.html")
def service_waits_for_its_listener(service: Resource) -> Faults:
    """A service waits for the listener of its target group.
    ECS rejects a service whose target group no load balancer uses yet. The service must wait
    for the listener that forwards to the group, or the first deployment may fail."""
    return unlistened(service, by_rule=False)


@rule("W9434", SERVICE, f"{ECS}service-load-balancing.html")
def service_waits_for_its_listener_rule(service: Resource) -> Faults:
    """A service waits for the rule that forwards to its target group.
    If only a listener rule forwards to the target group, the service must wait for that
    rule, or the first deployment may fail."""
    return unlistened(service, by_rule=True)


@rule("W9435", SERVICE, f"{CFN}aws-resource-iam-policy.html")
def service_waits_for_group_rules_and_policies(service: Resource) -> Faults:
    """A service waits for its groups' rules and its roles' policies.
    Tasks start as soon as the service exists, and the service is stable only when they are
    healthy: the rules of its groups and its roles' policies must exist first."""
    groups = service.targets("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups")
    task = service.target("TaskDefinition")
    roles = [task.target(key) for key in ("ExecutionRoleArn", "TaskRoleArn") if task]
    needed = {rule.name: rule for group in groups for rule in group.used_by(INGRESS, EGRESS)}
    for role in filter(None, roles):
        policies = attached(role, "AWS::IAM::Policy", "AWS::IAM::RolePolicy")
        needed |= {policy.name: policy for policy in policies}
    late = [name for name in sorted(needed) if not service.waits_for(needed[name])]
    if late and service.number("DesiredCount") != 0:
        what = f"tasks may start before {', '.join(late)}; add to DependsOn"
        yield service.depends_on_path, what
