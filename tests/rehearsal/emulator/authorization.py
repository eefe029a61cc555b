"""What a policy compares with AUTH=true: the resource of a call, its tags, condition keys.

ministack evaluates policies, but knew neither all resources nor the keys of services.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import json
import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

import vpc_link
from ministack.core import iam_actions, iam_evaluator
from ministack.services import (
    acm,
    alb,
    apigateway_v1,
    cloudwatch,
    cloudwatch_logs,
    ec2,
    ecr,
    ecs,
    iam,
    rds,
    tagging,
)
from registry import patch

# The parameter that names the resource of a call, and the end of its ARN.
NAMED = {
    "ecr": {"repositoryNames": "repository/{}"},
    "ecs": {
        "resourceArn": "{}",
        "serviceDeploymentArn": "{}",
        "serviceDeploymentArns": "{}",
        "serviceRevisionArns": "{}",
    },
    "elasticloadbalancing": {"ResourceArns.member.1": "{}", "RuleArn": "{}"},
    "monitoring": {
        "ResourceARN": "{}",
        "AlarmNames": "alarm:{}",
        "DashboardName": "dashboard/{}",
    },
    "rds": {
        "ResourceName": "{}",
        "DBSnapshotIdentifier": "snapshot:{}",
        "SourceDBSnapshotIdentifier": "snapshot:{}",
        "DBParameterGroupName": "pg:{}",
        "DBSubnetGroupName": "subgrp:{}",
        "SubscriptionName": "es:{}",
    },
    "sns": {"ResourceArn": "{}", "SubscriptionArn": "{}"},
}
# What a call without a name is about.
LISTED = {
    "DescribeDBInstanceAutomatedBackups": "auto-backup:*",
    "DescribeDBInstances": "db:*",
    "DescribeDBSnapshots": "snapshot:*",
}
PREFIXES = {"monitoring": "cloudwatch"}
EC2_PARAMETERS = ("ResourceId.1", "NatGatewayId", "GroupId", "RouteTableId", "AllocationId")
EC2_KINDS = {
    "eipalloc": "elastic-ip",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}


_beside: ContextVar[str] = ContextVar("beside", default="")


@patch(iam_evaluator, "enforce")
def _enforce(old: Callable[..., Any], *call: Any, resource_arn: str = "*", **more: Any) -> Any:
    """A restored instance needs its snapshot too: ministack compared one resource alone."""
    denied, beside = old(*call, resource_arn=resource_arn, **more), _beside.get()
    return denied or (old(*call, resource_arn=beside, **more) if beside else None)


@patch(iam_actions, "extract_resource_arn")
def _resource(old: Callable[..., str], service: str, *call: Any) -> str:
    """The resource that a call names."""
    known = old(service, *call)
    body, params, region, account = call[3:]
    asked = _asked(body, params)
    snapshot = f"arn:aws:rds:{region}:{account}:snapshot:{asked.get('DBSnapshotIdentifier')}"
    restores = asked.get("Action") == "RestoreDBInstanceFromDBSnapshot"
    _beside.set(snapshot if restores else "")
    if service == "ecs":
        if "containerDefinitions" in asked:
            known = f"arn:aws:ecs:{region}:{account}:task-definition/{asked['family']}:1"
        known = _of_ecs(known, asked)
    if service == "ec2":
        return _of_ec2(asked, region, account) or known
    if known != "*":
        return known
    prefix = f"arn:aws:{PREFIXES.get(service, service)}:{region}:{account}:"
    for parameter, end in NAMED.get(service, {}).items():
        name = _first(asked.get(parameter))
        if name:
            return str(name) if end == "{}" else f"{prefix}{end.format(name)}"
    listed = LISTED.get(asked.get("Action", ""))
    return f"{prefix}{listed}" if listed else known


def _asked(body: bytes, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a call, in whichever protocol it came."""
    found = {name: _first(value) for name, value in params.items()}
    if body[:1] == b"{":
        found |= json.loads(body)
    return found


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _of_ecs(known: str, asked: dict[str, Any]) -> str:
    """The first service or task that is asked for; of a new task, its definition."""
    if "taskDefinition" in asked and not {"service", "serviceName"} & {*asked}:
        key = ecs._resolve_td_key(asked["taskDefinition"])
        return str(ecs._task_defs[key]["taskDefinitionArn"])
    named = [(name, "service") for name in asked.get("services", [])]
    named += [(name, "task") for name in asked.get("tasks", [])]
    named += [(asked[key], key) for key in ("service", "task") if key in asked]
    for name, kind in named:
        whole = f"{known.replace(':cluster/', f':{kind}/')}/{name}"
        return str(name) if name.startswith("arn:") else whole
    return known


def _of_ec2(asked: dict[str, Any], region: str, account: str) -> str:
    for parameter in EC2_PARAMETERS:
        name = str(asked.get(parameter, ""))
        kind = EC2_KINDS.get(name.partition("-")[0])
        if kind:
            return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"
    return ""


@patch(tagging, "resource_tags")
def _tags(old: Callable[..., Any], arn: str) -> dict[str, str] | None:
    """Also the tags of services that ministack's policies did not know."""
    known = old(arn)
    service, end = (*arn.split(":", 5), *[""] * 5)[2:6:3]
    if known is not None or service not in TAGGED:
        return known
    found = TAGGED[service](arn, end)
    if isinstance(found, list):
        found = {
            (each.get("Key") or each["key"]): each.get("Value", each.get("value"))
            for each in found
        }
    return found


def _of_group(_: str, end: str) -> Any:
    name = end.removeprefix("log-group:").removesuffix(":*")
    return cloudwatch_logs._log_groups.get(name, {}).get("tags")


def _of_gateway(arn: str, end: str) -> Any:
    """What lies under an API is compared with the tags of the API."""
    _, kind, name, *_ = [*end.split("/"), "", ""]
    if kind == "tags":
        return tagging.resource_tags(unquote(end.removeprefix("/tags/")))
    stores = {
        "apikeys": apigateway_v1._api_keys,
        "usageplans": apigateway_v1._usage_plans,
        "vpclinks": vpc_link._links,
    }
    if kind in stores:
        return stores[kind].get(name, {}).get("tags")
    return apigateway_v1._v1_tags.get(f"{arn.removesuffix(end)}/{kind}/{name}")


TAGGED: dict[str, Callable[[str, str], Any]] = {
    "acm": lambda arn, _: acm._certificates.get(arn, {}).get("Tags"),
    "apigateway": _of_gateway,
    "cloudwatch": lambda arn, _: cloudwatch._resource_tags.get(arn),
    "ec2": lambda _, end: ec2._tags.get(end.partition("/")[2]),
    "ecr": lambda _, end: ecr._repositories.get(end.partition("/")[2], {}).get("tags"),
    "ecs": lambda arn, _: ecs._tags.get(arn),
    "elasticloadbalancing": lambda arn, _: alb._tags.get(arn),
    "logs": _of_group,
    "rds": lambda arn, _: rds._tags.get(arn),
}


@patch(iam_actions, "request_tag_context")
def _keys(
    old: Callable[..., dict[str, Any]], service: str, action: str, body: bytes, params: Any
) -> dict[str, Any]:
    """The keys of services, and API Gateway's tags, whose actions are named by methods."""
    asked = _asked(body, params)
    found = old(service, action, body, params)
    if service == "apigateway":
        tags = asked.get("tags") or {}
        found |= {f"aws:RequestTag/{name}": value for name, value in tags.items()}
        names = [*tags, *params.get("tagKeys", [])]
        found |= {"aws:TagKeys": names} if names else {}
    keys = {
        "cloudformation": _keys_of_cloudformation,
        "ecs": _keys_of_ecs,
        "iam": _keys_of_iam,
    }
    own = keys[service](asked) if service in keys else {}
    return found | {name: value for name, value in own.items() if value}


def _keys_of_cloudformation(asked: dict[str, Any]) -> dict[str, Any]:
    """The name or ARN as the call gives it; that AWS compares an ARN so is not verified."""
    return {"cloudformation:ChangeSetName": asked.get("ChangeSetName")}


def _keys_of_ecs(asked: dict[str, Any]) -> dict[str, Any]:
    return {"ecs:cluster": _cluster(asked.get("cluster", ""))}


def _cluster(name: str) -> str:
    clusters = {each["clusterName"]: each["clusterArn"] for each in ecs._clusters.values()}
    return str(clusters.get(name, name))


def _keys_of_iam(asked: dict[str, Any]) -> dict[str, Any]:
    """The boundary that a call states, else the one that the role has."""
    role = iam._roles.get(asked.get("RoleName", ""), {})
    return {
        "iam:PermissionsBoundary": asked.get("PermissionsBoundary")
        or role.get("PermissionsBoundary"),
        "iam:PolicyARN": asked.get("PolicyArn"),
    }


@patch(iam_evaluator, "_fnmatch_compile")
def _pattern(_: Callable[..., Any], pattern: str, ignore_case: bool) -> "re.Pattern[str]":
    """${*} is a star itself."""
    parts = re.split(r"(\$\{\*\}|\*|\?)", pattern)
    words = {"${*}": r"\*", "*": ".*", "?": "."}
    text = "".join(words.get(part, re.escape(part)) for part in parts)
    return re.compile(f"^{text}$", re.IGNORECASE if ignore_case else 0)
