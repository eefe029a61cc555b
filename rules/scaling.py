"""What scales a service: the scalable target, and the policies that move it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import (
    VARIABLE,
    Fault,
    Resource,
    Rule,
    at,
    attribute,
    between,
    none_of,
    number,
    one_of,
    references,
    text,
)
from _rows import Node, Table, Value

SCALING = "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_"
SERVICE = "AWS::ECS::Service"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
TRACKING = "TargetTrackingScalingPolicyConfiguration"
STEPS = "StepScalingPolicyConfiguration"
METRIC = [TRACKING, "PredefinedMetricSpecification"]
Leads = list[tuple[Resource | None, str]]


def spelled(value: Any) -> str:
    """A value as one text, its references as ${Name} and ${Name.Attribute}."""
    how = attribute(value)
    if how is not None:
        name = next((name for name, _ in references(value)), "?")
        return f"${{{name}}}" if how == "Ref" else f"${{{name}.{how}}}"
    parts = at(value, "Fn::Join", 1)
    if isinstance(parts, list):
        return str(at(value, "Fn::Join", 0)).join(spelled(part) for part in parts)
    known = at(value, "Fn::Sub", 1)
    known = known if isinstance(known, dict) else {}
    return VARIABLE.sub(
        lambda found: spelled(known[found[1]]) if found[1] in known else found[0],
        text(value) or "${?}",
    )


def leads(resource: Resource, words: list[str]) -> Leads:
    """The resources and the attributes that lone references mean."""
    found = [re.fullmatch(r"\$\{(\w+)\.?([\w.]*)\}", word) for word in words]
    known = resource.chain.resources
    return [(known.get(one[1]), one[2]) if one else (None, "") for one in found]


def scaled(resource: Resource | None) -> list[Resource]:
    """The services that a scalable target scales."""
    named = references(resource.raw("ResourceId")) if resource else ()
    found = [resource.chain.resources.get(name) for name, _ in named] if resource else []
    return [one for one in found if one is not None and one.kind == SERVICE]


class ScalingFindsItsService(Rule):
    """A scalable target names service/<cluster>/<service>, by their names, of a service that
    is there."""

    id = "E9460"
    shortdesc = "A scalable target names its service"
    source_url = f"{SCALING}RegisterScalableTarget.html"
    on = (TARGET,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        value = spelled(resource.raw("ResourceId"))
        known = "${?}" not in value and ("/" in value or "$" not in value)
        ours = resource.get("ServiceNamespace") == "ecs"
        wrong = _wrong(resource, value.split("/")) if known and ours else None
        if wrong:
            yield ["ResourceId"], wrong


def _wrong(resource: Resource, words: list[str]) -> str | None:
    if len(words) != 3 or words[0] != "service":
        return f"{'/'.join(words)} is not service/<cluster>/<service>; write it so"
    (cluster, arn), (service, name) = leads(resource, words[1:])
    if cluster and (cluster.kind == SERVICE or arn == "Arn"):
        return f"{words[1]} is not a cluster's name; use Ref of the cluster"
    if service and service.kind == SERVICE and name != "Name":
        return f"{words[2]} is not a service's name; use its attribute Name"
    if service and cluster and service.target("Cluster") not in (None, cluster):
        return f"{service.name} runs in another cluster than {cluster.name}; name its own"
    return None


class PoliciesHaveNames(Rule):
    """Two policies of one name are one: a target has each name once."""

    id = "E9464"
    shortdesc = "A scaling policy's name is its target's only once"
    source_url = f"{SCALING}PutScalingPolicy.html"
    on = (POLICY,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        target, name = resource.target("ScalingTargetId"), resource.get("PolicyName")
        for twin, _ in target.users(POLICY) if target and name else []:
            if twin.name < resource.name and twin.get("PolicyName") == name:
                yield ["PolicyName"], f"{twin.name} has this name for one target; rename one"


class LabelsNameTheTargetGroup(Rule):
    """Only ALBRequestCountPerTarget has a label: <load balancer's full name>/<target group's
    full name>, of a target group that the service has."""

    id = "E9465"
    shortdesc = "A request count's label names the service's target group"
    source_url = f"{SCALING}PredefinedMetricSpecification.html"
    on = (POLICY,)
    right = "<load balancer>.LoadBalancerFullName/<target group>.TargetGroupFullName"

    def check(self, resource: Resource) -> Iterator[Fault]:
        metric, path = resource.get(*METRIC, "PredefinedMetricType"), [*METRIC, "ResourceLabel"]
        if not isinstance(metric, str):
            return
        if metric != "ALBRequestCountPerTarget":
            if metric.startswith("ECSService") and not resource.absent(*path):
                yield path, f"{metric} takes no ResourceLabel; leave it out"
        elif resource.absent(*path):
            yield METRIC, "the metric needs the label of a target group; set ResourceLabel"
        else:
            value = spelled(resource.raw(*path))
            found = leads(resource, value.split("/"))
            full = re.fullmatch(r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+", value)
            right = [way for _, way in found] == ["LoadBalancerFullName", "TargetGroupFullName"]
            named = all(one for one, _ in found)
            if not full and (named or "$" not in value) and not right:
                yield path, f"{value} is not {self.right}; write it so"
            elif named and foreign(resource, found[-1][0]):
                yield path, "this is no target group of the service; name its own"


def foreign(policy: Resource, group: Resource | None) -> bool:
    """Whether a target group surely is none of the service that a policy scales."""
    groups = [
        service.target("LoadBalancers", n, "TargetGroupArn")
        for service in scaled(policy.target("ScalingTargetId"))
        for n, _ in service.items("LoadBalancers")
    ]
    return bool(groups) and None not in groups and group not in groups


def percent(policy: Resource) -> bool:
    """Whether a policy tracks a utilization."""
    return str(policy.get(*METRIC, "PredefinedMetricType")).startswith("ECSService")


def idle(resource: Resource) -> bool:
    """Whether a scalable target has no policy, or a step policy no alarm."""
    kinds = ALARMS if resource.kind == POLICY else (POLICY,)
    by_name = [one for one in resource.chain.of(POLICY) if one.raw("ResourceId")]
    used = resource.users(*kinds) or (by_name if resource.kind == TARGET else [])
    return not used and not resource.handed_out


def configured(policy: Any) -> bool:
    """Whether a policy has the configuration of its type."""
    needed = {"TargetTrackingScaling": TRACKING, "StepScaling": STEPS}
    kind = str(policy.get("PolicyType"))
    return kind not in needed or needed[kind] in policy


def of_ecs(policy: Resource) -> bool:
    """Whether a policy surely scales a service of ECS."""
    target = policy.target("ScalingTargetId")
    return "ecs" in (policy.get("ServiceNamespace"), target and target.get("ServiceNamespace"))


def in_order(bounds: Any) -> bool:
    """Whether the least capacity does not exceed the most."""
    most = number(bounds.get("MaxCapacity"))
    return most is None or (number(bounds.get("MinCapacity")) or 0) <= most


def of_its_space(target: Any) -> bool:
    """Whether a dimension is one of the target's namespace."""
    space, dimension = target.get("ServiceNamespace"), target.get("ScalableDimension")
    known = isinstance(space, str) and isinstance(dimension, str) and space != "custom-resource"
    return not known or dimension.startswith(f"{space}:")


class ScalingIsAccepted(Table):
    """A scalable target has a dimension of its namespace and bounds in their order, a policy
    the configuration of its type; a utilization is a percentage."""

    id = "E9461"
    shortdesc = "A scalable target and its policies agree with themselves"
    source_url = f"{SCALING}RegisterScalableTarget.html"
    on = (TARGET, POLICY)
    rows = (
        Node("ScalableDimension", of_its_space, "not of the ServiceNamespace; change one"),
        *(Node(f"{where}MinCapacity", in_order, "this exceeds MaxCapacity; lower it")
          for where in ("", "ScheduledActions.*.ScalableTargetAction.")),
        Value("ScheduledActions.*.Schedule", lambda when: not str(when).startswith("cron(")
              or len(str(when).split()) == 6, "write cron with six fields, the last a year"),
        Value(f"{TRACKING}.PredefinedMetricSpecification.PredefinedMetricType",
              one_of("ECSServiceAverageCPUUtilization", "ECSServiceAverageMemoryUtilization",
                     "ALBRequestCountPerTarget"), "not a metric of an ECS service", of_ecs),
        Node("PolicyType", configured, "the configuration of this type is missing; add it"),
        Value(STEPS, lambda steps: at(steps, "StepAdjustments") != [], "add StepAdjustments"),
        Value(f"{TRACKING}.TargetValue", between(0.1, 100), "set 1 to 100 percent", percent),
    )  # fmt: skip


class ScalingActs(Table):
    """A target that no policy moves, or a step policy without an alarm, scales nothing; one
    that never scales in keeps paying for the last peak. At 0 tasks the load balancer has no
    target, and a utilization near 100 is met only when tasks fail."""

    id = "W9460"
    shortdesc = "Scaling acts, in both directions, before it is too late"
    source_url = f"{SCALING}TargetTrackingScalingPolicyConfiguration.html"
    on = (TARGET, POLICY)
    rows = (
        Value("MinCapacity", none_of(0), "at 0 tasks every request fails; set 1 or more",
              lambda target: any(one.items("LoadBalancers") for one in scaled(target))),
        *(Value(f"SuspendedState.DynamicScaling{way}Suspended", none_of("true"),
                "scaling is suspended; take this out") for way in ("In", "Out")),
        Node("ScheduledActions", lambda target: "ScalableDimension" not in target
             or target.get("ScheduledActions"), "no policy leads to the target; add one", idle),
        Node("alarm", lambda policy: policy.get("PolicyType") != "StepScaling",
             "none triggers this step policy; name it in an alarm's actions", idle),
        Value(f"{TRACKING}.TargetValue", between(10, 90), "no room; set 40 to 80", percent),
        Value(f"{TRACKING}.DisableScaleIn", none_of("true"), "tasks never go; take it out"),
    )  # fmt: skip
