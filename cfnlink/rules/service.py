"""Services on Fargate: their container, their capacity and their deployments."""

from math import inf
from typing import Any

from cfnlink.lint.conditions import (
    between,
    holding,
    is_present,
    must_not_be_literal,
    none_of,
    one_of,
    sibling_condition,
)
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.system.compute import (
    SERVICE,
    STRATEGY,
    containers,
    scalable_targets,
    task_range,
)
from cfnlink.system.expressions import at, entries, is_expression, number
from cfnlink.system.network import LISTENER, zones
from cfnlink.system.security_groups import EGRESS, INGRESS
from cfnlink.system.template import Resource

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
CLUSTER, DEPLOY = "AWS::ECS::Cluster", "DeploymentConfiguration"
BREAKER = f"{DEPLOY}.DeploymentCircuitBreaker"
MOST, LEAST = f"{DEPLOY}.MaximumPercent", f"{DEPLOY}.MinimumHealthyPercent"
BILLED = "Container Insights is billed; disable it if unused"
SUBNETS = "NetworkConfiguration.AwsvpcConfiguration.Subnets"
GRACE = "HealthCheckGracePeriodSeconds"


def alone(service: Resource) -> bool:
    """Whether a service is known to be behind no load balancer and no registry."""
    doors = ("LoadBalancers", "VpcLatticeConfigurations")
    return all(service.is_missing(door) or service.expression(door) == [] for door in doors)


def unchecked(service: Resource) -> bool:
    """Whether neither a load balancer nor a container is known to have a health check."""
    task = service.target("TaskDefinition") if alone(service) else None
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


@rule("E9432", SERVICE, f"{API}CreateService.html")
def service_is_accepted(service: Resource) -> Faults:
    """A service's capacity, percentages and grace period agree.
    A service has a launch type or a strategy with one base and some weight; on Fargate it is
    no daemon. A deployment stops an old task or starts a new one first: with both
    percentages at 100 it can do neither. A grace period is for the health checks of load
    balancers and containers: without such a check it is unused."""
    given = [entry for _, entry in service.entries(STRATEGY)]
    based = [entry for entry in given if number(entry.get("Base"))]
    weightless = given and all(number(entry.get("Weight")) == 0 for entry in given)
    fargate = "FARGATE" in f"{service.get('LaunchType')} {given}"
    replaces = service.get("SchedulingStrategy") != "DAEMON"
    moves = service.get("AvailabilityZoneRebalancing") == "ENABLED"
    others = service.get("DeploymentController", "Type") in ("CODE_DEPLOY", "EXTERNAL")
    broken = others and one_of(True)(service.get(*BREAKER.split("."), "Enable"))
    yield Row("LaunchType", must_not_be_literal, "the strategy decides; leave it out", given)
    yield Row(
        STRATEGY, must_not_be_literal, "only one provider may have a Base", len(based) > 1
    )
    yield Row(
        STRATEGY,
        must_not_be_literal,
        "no task is placed; give one provider a Weight",
        weightless,
    )
    yield Row("SchedulingStrategy", none_of("DAEMON"), "Fargate has no daemons", fargate)
    yield Row(
        MOST, sibling_condition(leaves_room), "no task can be replaced; set 200", replaces
    )
    yield Row(MOST, between(101, inf), "rebalancing starts a task first; set 200", moves)
    yield Row(
        BREAKER, must_not_be_literal, "only deployments by ECS have one; leave it out", broken
    )
    yield Row(GRACE, one_of(0), "nothing checks health; leave it out", unchecked(service))


@rule("W9438", (SERVICE, CLUSTER), f"{ECS}deployment-circuit-breaker.html")
def service_is_run_with_care(service: Resource) -> Faults:
    """A service stays up, rolls back, and can be replaced.
    An update that carries DesiredCount overwrites the count that auto scaling has set. Spot
    tasks, or tasks of one zone, may all stop at once. Without a circuit breaker that rolls
    back, a deployment that fails continues for hours. A name blocks the replacement.
    Container Insights is billed."""
    given = {str(entry.get("CapacityProvider")) for _, entry in service.entries(STRATEGY)}
    spot = given == {"FARGATE_SPOT"} and scales(service, 2)
    runs, balanced = "TaskDefinition" in service.properties, service.items("LoadBalancers")
    ours = service.get("DeploymentController", "Type") in (None, "ECS")
    cure = "a circuit breaker needs Enable and Rollback; set both"
    yield Row(
        "DesiredCount",
        must_not_be_literal,
        "auto scaling sets it; leave it out",
        scales(service),
    )
    yield Row(STRATEGY, must_not_be_literal, "all tasks are on Spot; give FARGATE a Base", spot)
    yield Row(f"{DEPLOY}!", is_present, cure, runs and ours)
    yield Row(BREAKER, sibling_condition(rolls_back), cure, ours)
    yield Row(LEAST, between(50, 100), "it may stop the other tasks; keep 100", balanced)
    yield Row(f"{GRACE}!", none_of(0), "tasks that still start are killed; set it", balanced)
    yield Row("AvailabilityZoneRebalancing", none_of("DISABLED"), "one zone may hold all tasks")
    yield Row(
        SUBNETS,
        must_not_be_literal,
        "all tasks are in one zone; add another",
        together(service),
    )
    yield Row("ServiceName", must_not_be_literal, "it cannot be replaced; leave the name out")
    yield Row("PlatformVersion", one_of("LATEST", "1.4.0"), "out of date; leave it out")
    yield Row("Cluster!", is_present, "the account's default cluster runs it; name one", runs)
    yield Row("ClusterSettings.*", holding("Value", none_of("enabled", "enhanced")), BILLED)


@rule("E9430", SERVICE, f"{API}LoadBalancer.html")
def load_balancer_reaches_the_container(service: Resource) -> Faults:
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
def providers_are_the_clusters(service: Resource) -> Faults:
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
    order = list(service.template.resources)  # a system template's stacks stand in theirs
    earlier = order[: order.index(service.name)] if service.template.linked else []
    for n, _ in service.items("LoadBalancers"):
        path = ["LoadBalancers", n, "TargetGroupArn"]
        group = service.target(*path)
        doors = group.used_by(LISTENER, f"{LISTENER}Rule") if group else []
        first = any(service.waits_for(door) or door.name in earlier for door in doors)
        if doors and not first and by_rule is all(door.type != LISTENER for door in doors):
            yield path, f"nothing makes it wait for {doors[0].name}; add it to DependsOn"


@rule("W9436", SERVICE, f"{ECS}service-load-balancing.html")
def targets_are_listened_to(service: Resource) -> Faults:
    """A service waits for the listener of its target group.
    ECS rejects a service whose target group no load balancer uses yet. The service must wait
    for the listener that forwards to the group, or the first deployment may fail."""
    return unlistened(service, by_rule=False)


@rule("W9434", SERVICE, f"{ECS}service-load-balancing.html")
def targets_are_ruled_first(service: Resource) -> Faults:
    """A service waits for the rule that forwards to its target group.
    If only a listener rule forwards to the target group, the service must wait for that
    rule, or the first deployment may fail."""
    return unlistened(service, by_rule=True)


@rule("W9435", SERVICE, f"{CFN}aws-resource-iam-policy.html")
def service_comes_last(service: Resource) -> Faults:
    """A service waits for its groups' rules and its roles' policies.
    Tasks start as soon as the service exists, and the service is stable only when they are
    healthy: the rules of its groups and its roles' policies must exist first."""
    groups = service.targets("NetworkConfiguration", "AwsvpcConfiguration", "SecurityGroups")
    task = service.target("TaskDefinition")
    roles = [task.target(key) for key in ("ExecutionRoleArn", "TaskRoleArn") if task]
    needed = {rule.name: rule for group in groups for rule in group.used_by(INGRESS, EGRESS)}
    for role in filter(None, roles):
        for policy, path in role.users("AWS::IAM::Policy", "AWS::IAM::RolePolicy"):
            needed |= {policy.name: policy} if path[:1] in (["Roles"], ["RoleName"]) else {}
    for name, other in sorted(needed.items()):
        if not service.waits_for(other):
            yield (
                service.depends_on_path,
                f"tasks may start before {name} is there; depend on it",
            )
