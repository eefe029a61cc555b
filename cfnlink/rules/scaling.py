"""Scaling of a service: the scalable target and its policies."""

import re
from functools import partial
from typing import Any

from cfnlink.lint.conditions import between, matches, none_of, sibling_condition
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.expressions import at, number, spelled
from cfnlink.system.resource import Resource

ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
SCALING = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_"
SERVICE = "AWS::ECS::Service"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
TRACKING = "TargetTrackingScalingPolicyConfiguration"
PREDEFINED = f"{TRACKING}.PredefinedMetricSpecification"
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PredefinedMetricSpecification.html
METRICS = r"ECSServiceAverage(CPU|Memory)Utilization(HighResolution)?|ALBRequestCountPerTarget"
METRIC = f"{PREDEFINED}.PredefinedMetricType"
SECOND_GROUP = ("AdvancedConfiguration", "AlternateTargetGroupArn")
GOAL = f"{TRACKING}.TargetValue"
Leads = list[tuple[Resource | None, str]]


def leads(resource: Resource, words: list[str]) -> Leads:
    """Return the resources and the attributes of single references."""
    found = [re.fullmatch(r"\$\{(\w+)\.?([\w.]*)\}", word) for word in words]
    known = resource.system.resources
    named = [(known.get(one[1]), one[2]) if one else (None, "") for one in found]
    return [(one, how) if one and not one.is_opaque else (None, "") for one, how in named]


def scaled(resource: Resource | None) -> list[Resource]:
    """Return the services that a scalable target scales."""
    if resource is None:
        return []
    return resource.system.named(resource.expression("ResourceId"), SERVICE)


@rule("E9460", TARGET, f"{SCALING}RegisterScalableTarget.html")
def scalable_target_names_its_service(resource: Resource) -> Faults:
    """A scalable target names its service.
    A scalable target names service/<cluster>/<service>, with the names of an existing
    cluster and service."""
    value = spelled(resource.expression("ResourceId")) or "${?}"
    known = "${?}" not in value and ("/" in value or "$" not in value)
    ours = resource.get("ServiceNamespace") == "ecs"
    wrong = _wrong(resource, value.split("/")) if known and ours else None
    if wrong:
        yield ["ResourceId"], wrong


def _wrong(resource: Resource, words: list[str]) -> str | None:
    if len(words) != 3 or words[0] != "service":
        return f"{'/'.join(words)} is not service/<cluster>/<service>; write it so"
    (cluster, arn), (service, name) = leads(resource, words[1:])
    if cluster and (cluster.type == SERVICE or arn == "Arn"):
        return f"{words[1]} is not a cluster's name; use Ref of the cluster"
    if service and service.type == SERVICE and name != "Name":
        return f"{words[2]} is not a service's name; use its attribute Name"
    if service and cluster and service.target("Cluster") not in (None, cluster):
        return f"{service.name} runs in another cluster than {cluster.name}; name its own"
    return None


@rule("E9464", POLICY, f"{SCALING}PutScalingPolicy.html")
def scaling_policy_names_are_unique(policy: Resource) -> Faults:
    """A target has one scaling policy of a name.
    Application Auto Scaling treats two policies with one name and one target as the same
    policy."""
    target, name = policy.target("ScalingTargetId"), policy.get("PolicyName")
    for twin in target.used_by(POLICY) if target and name else []:
        if twin.name < policy.name and twin.get("PolicyName") == name:
            yield ["PolicyName"], f"{twin.name} has this name for one target; rename one"


RIGHT = "<load balancer>.LoadBalancerFullName/<target group>.TargetGroupFullName"


@rule("E9465", POLICY, f"{SCALING}PredefinedMetricSpecification.html")
def request_count_label_names_the_target_group(policy: Resource) -> Faults:
    """A request count's label names the service's target group.
    Only ALBRequestCountPerTarget has a label: <load balancer's full name>/<target group's full
    name>, of a target group that the service has."""
    specified = PREDEFINED.split(".")
    metric, path = policy.get(*specified, "PredefinedMetricType"), [*specified, "ResourceLabel"]
    if not isinstance(metric, str):
        return
    if metric != "ALBRequestCountPerTarget":
        if metric.startswith("ECSService") and not policy.is_missing(*path):
            yield path, f"{metric} takes no ResourceLabel; leave it out"
    elif policy.is_missing(*path):
        yield specified, "the metric needs the label of a target group; set ResourceLabel"
    else:
        value = spelled(policy.expression(*path)) or "${?}"
        found = leads(policy, value.split("/"))
        full = re.fullmatch(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+", value)
        right = [way for _, way in found] == ["LoadBalancerFullName", "TargetGroupFullName"]
        named = all(one for one, _ in found)
        if not full and (named or "$" not in value) and not right:
            yield path, f"{value} is not {RIGHT}; write it so"
        elif named and foreign(policy, found[-1][0]):
            yield path, "this is no target group of the service; name its own"


@rule("W9467", POLICY, f"{ECS}target-tracking-create-policy.html")
def request_count_is_of_the_only_group(policy: Resource) -> Faults:
    """A policy that counts the requests of one target group scales a service with one group.
    ECS moves all requests of a service with an alternate target group to the other group at
    each deployment. The count of one group is then 0, and the service is scaled in. Add the
    RequestCountPerTarget of both groups by metric math."""
    path = PREDEFINED.split(".")
    if policy.get(*path, "PredefinedMetricType") != "ALBRequestCountPerTarget":
        return
    for service in scaled(policy.target("ScalingTargetId")):
        for n, balancer in service.entries("LoadBalancers"):
            if at(balancer, *SECOND_GROUP):
                second = service.target("LoadBalancers", n, *SECOND_GROUP)
                name = second.name if second else "another group"
                yield [*path, "ResourceLabel"], f"{name} gets the requests too; add its count"
                return


def foreign(policy: Resource, group: Resource | None) -> bool:
    """Whether a target group is known not to be of the service that a policy scales."""
    groups = [
        service.target("LoadBalancers", n, "TargetGroupArn")
        for service in scaled(policy.target("ScalingTargetId"))
        for n, _ in service.items("LoadBalancers")
    ]
    return bool(groups) and None not in groups and group not in groups


def percent(policy: Resource) -> bool:
    """Whether a policy tracks a utilization."""
    return str(policy.get(*PREDEFINED.split("."), "PredefinedMetricType")).startswith(
        "ECSService"
    )


def idle(resource: Resource) -> bool:
    """Whether a scalable target has no policy, or a step policy no alarm."""
    kinds = ALARMS if resource.type == POLICY else (POLICY,)
    by_name = [one for one in resource.system.of(POLICY) if one.expression("ResourceId")]
    used = resource.users(*kinds) or (by_name if resource.type == TARGET else [])
    return not used and not resource.is_exported


def of_ecs(policy: Resource) -> bool:
    """Whether a policy is known to scale an ECS service."""
    target = policy.target("ScalingTargetId")
    return "ecs" in (policy.get("ServiceNamespace"), target and target.get("ServiceNamespace"))


def in_order(bounds: Any) -> bool:
    """Whether the minimum capacity does not exceed the maximum."""
    most = number(bounds.get("MaxCapacity"))
    return most is None or (number(bounds.get("MinCapacity")) or 0) <= most


def of_its_space(target: Any) -> bool:
    """Whether a dimension belongs to the target's namespace."""
    space, dimension = target.get("ServiceNamespace"), target.get("ScalableDimension")
    known = isinstance(space, str) and isinstance(dimension, str) and space != "custom-resource"
    return not known or dimension.startswith(f"{space}:")


def serves_requests(target: Resource) -> bool:
    """Whether a scalable target scales a service behind a load balancer."""
    return any(service.items("LoadBalancers") for service in scaled(target))


# fmt: off
accepted = partial(
    property_rule, docs=f"{SCALING}RegisterScalableTarget.html", formerly="E9461"
)
acting = partial(
    property_rule, docs=f"{SCALING}TargetTrackingScalingPolicyConfiguration.html",
    formerly="W9460",
)

dimension_is_of_its_namespace = accepted(
    "E9487", TARGET, "ScalableDimension", sibling_condition(of_its_space),
    good="A scalable target has a dimension of its namespace.",
    fix="not of the ServiceNamespace; correct one",
)
minimum_is_not_above_maximum = accepted(
    "E9488", TARGET, ("MinCapacity", "ScheduledActions.*.ScalableTargetAction.MinCapacity"),
    sibling_condition(in_order),
    good="The minimum capacity does not exceed the maximum.",
    fix="this exceeds MaxCapacity; lower it",
)
scaling_metric_is_of_ecs = accepted(
    "E9490", POLICY, METRIC, matches(METRICS), only_if=of_ecs,
    docs=f"{SCALING}PredefinedMetricSpecification.html",
    good="A policy of an ECS service tracks a metric of ECS services.",
    fix="ECS services have no such metric; use ECSServiceAverageCPUUtilization",
)

minimum_is_not_zero = acting(
    "W9461", TARGET, "MinCapacity", none_of(0), only_if=serves_requests,
    good="A service behind a load balancer keeps a task.",
    why="At 0 tasks the load balancer has no target.",
    fix="at 0 tasks every request fails; set 1",
)
target_has_a_policy = acting(
    "W9463", TARGET, "ScheduledActions", bool, required=True,
    good="A policy or a schedule scales a scalable target.",
    why="A target without a policy scales nothing.",
    only_if=lambda target: idle(target) and "ScalableDimension" in target.properties,
    fix="no policy leads to the target; add one",
)
utilization_is_not_near_a_limit = acting(
    "W9465", POLICY, GOAL, between(10, 90), only_if=percent,
    good="The target of a utilization is from 10 to 90 percent.", formerly="W9460 E9494",
    why="A service reaches a utilization near 100 only when tasks fail, and above 100 never.",
    fix="too close to a limit; set 40 to 80",
)
# fmt: on


@rule("W9464", POLICY, f"{SCALING}PutScalingPolicy.html", formerly="W9460")
def step_policy_has_an_alarm(policy: Resource) -> Faults:
    """An alarm triggers a step scaling policy.
    A step policy without an alarm scales nothing."""
    if idle(policy) and policy.expression("PolicyType") == "StepScaling":
        yield [], f"nothing triggers {policy.name}; name it in an alarm's actions"


OF_TASKS = ("AWS/ECS", "ECS/ContainerInsights")
CUSTOMIZED = f"{TRACKING}.CustomizedMetricSpecification"


def reads_tasks(policy: Resource) -> bool:
    """Whether a policy tracks a metric that only running tasks have."""
    spaces = ("Namespace", "Metrics.*.MetricStat.Metric.Namespace")
    found = (value for each in spaces for _, value in policy.values_at(f"{CUSTOMIZED}.{each}"))
    predefined = policy.get(*PREDEFINED.split("."), "PredefinedMetricType")
    return predefined is not None or any(value in OF_TASKS for value in found)


@rule("W9946", TARGET, f"{SCALING}TargetTrackingScalingPolicyConfiguration.html")
def something_starts_the_first_task(target: Resource) -> Faults:
    """A service without tasks has a policy that starts the first one.
    Without a task there is no utilization and no backlog for each task: target tracking then
    does nothing. A step policy, or target tracking of another metric, starts a task."""
    policies = target.used_by(POLICY)
    at_zero = target.get("ServiceNamespace") == "ecs" and target.number("MinCapacity") == 0
    waits = policies and all(
        each.get("PolicyType") == "TargetTrackingScaling" and reads_tasks(each)
        for each in policies
    )
    by_name = any(one.expression("ResourceId") for one in target.system.of(POLICY))
    others = by_name or target.is_exported or target.items("ScheduledActions")
    if at_zero and waits and not others and not serves_requests(target):
        yield ["MinCapacity"], "at 0 tasks nothing starts one; add a step policy, or set 1"
