"""Application Auto Scaling: both types were unrecognized, and there was no API."""

import json
import time
import uuid

from ministack import app
from ministack.core import router
from ministack.core.responses import get_account_id, get_region
from ministack.services import ecs
from registry import Answer, Made, Properties, accepted, require, store, teach

NAME = "application-autoscaling"
TARGET = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_targets = store()
_policies = store()
DESCRIBED = {
    "DescribeScalableTargets": ("ScalableTargets", _targets),
    "DescribeScalingPolicies": ("ScalingPolicies", _policies),
}


def _register(_: str, props: Properties, __: str) -> Made:
    service = props["ResourceId"].removeprefix("service/")
    require(
        props["ServiceNamespace"] != "ecs" or service in ecs._services,
        f"ECS service doesn't exist: {props['ResourceId']}",
    )
    low, high = int(props["MinCapacity"]), int(props["MaxCapacity"])
    require(low <= high, "Maximum capacity cannot be less than minimum capacity")
    target = f"{props['ResourceId']}|{props['ScalableDimension']}"
    target += f"|{props['ServiceNamespace']}"
    _targets[target] = {
        **{key: props[key] for key in TARGET},
        "MinCapacity": low,
        "MaxCapacity": high,
        "RoleARN": props.get("RoleARN", ""),
        "CreationTime": time.time(),
    }
    _keep_between(service, low, high)
    return target, {"Id": target}


def _keep_between(name: str, low: int, high: int) -> None:
    """Give a service of ECS as many tasks as its limits allow."""
    service = ecs._services.get(name)
    if not service:
        return
    wanted = min(max(service["desiredCount"], low), high)
    if wanted != service["desiredCount"]:
        cluster = name.partition("/")[0]
        asked = {"cluster": cluster, "service": service["serviceName"], "desiredCount": wanted}
        accepted(ecs._update_service(asked))


def _deregister(target: str, _: Properties) -> None:
    _targets.pop(target, None)


def _put_policy(_: str, props: Properties, __: str) -> Made:
    target = props.get("ScalingTargetId")
    target = target or "|".join(props[TARGET[part]] for part in (1, 2, 0))
    require(target in _targets, f"No scalable target registered for {target}")
    resource, dimension, namespace = target.split("|")
    name = props["PolicyName"]
    key = f"{target}|{name}"
    fresh = (
        f"arn:aws:autoscaling:{get_region()}:{get_account_id()}:scalingPolicy:"
        f"{uuid.uuid4()}:resource/{namespace}/{resource}:policyName/{name}"
    )
    arn = _policies.get(key, {}).get("PolicyARN", fresh)
    _policies[key] = {
        **{key: props[key] for key in props if key != "ScalingTargetId"},
        **dict(zip(TARGET, (namespace, resource, dimension), strict=True)),
        "PolicyARN": arn,
        "CreationTime": time.time(),
        "Alarms": [],
    }
    return arn, {"Arn": arn}


def _delete_policy(arn: str, _: Properties) -> None:
    for key, policy in _policies.items():
        if policy["PolicyARN"] == arn:
            _policies.pop(key)


async def _answer(_: str, __: str, headers: Properties, body: bytes, ___: Properties) -> Answer:
    """The two calls that describe, by namespace and resource."""
    request = json.loads(body or b"{}")
    _, _, action = headers["x-amz-target"].partition(".")
    content = {"Content-Type": "application/x-amz-json-1.1"}
    if action not in DESCRIBED:
        error = {"__type": "UnknownOperationException", "message": action}
        return 400, content, json.dumps(error).encode()
    name, kept = DESCRIBED[action]
    # One API filters by a list of resources, the other by one and by policies.
    resources = request.get("ResourceIds") or [request.get("ResourceId")]
    policies = request.get("PolicyNames", [])
    shown = [
        record
        for record in kept.values()
        if record["ServiceNamespace"] == request["ServiceNamespace"]
        and (resources == [None] or record["ResourceId"] in resources)
        and (not policies or record["PolicyName"] in policies)
    ]
    return 200, content, json.dumps({name: shown}).encode()


teach(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    _register,
    _deregister,
    replacing=TARGET,
)
teach(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    _put_policy,
    _delete_policy,
    replacing=("PolicyName", "ScalingTargetId", *TARGET),
)
app.SERVICE_HANDLERS[NAME] = _answer
router.SERVICE_PATTERNS[NAME] = {"target_prefixes": ["AnyScaleFrontendService"]}
