"""What an account is asked before a first deployment: roles, quotas, versions, images."""

import json
import os
import re
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import router
from ministack.core.responses import json_response
from ministack.services import ecr, iam, rds
from registry import Answer, Properties, accepted, patch

ROLES = {
    "ecs.amazonaws.com": "ECS",
    "ecs.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_ECSService",
    "elasticloadbalancing.amazonaws.com": "ElasticLoadBalancing",
    "ops.apigateway.amazonaws.com": "APIGateway",
    "rds.amazonaws.com": "RDS",
}
# Values of a new account, without any increase.
QUOTAS = {
    "L-F678F1CE": 5,
    "L-0263D0A3": 5,
    "L-608BDCD4": 10,
    "L-3032A538": 6,
    "L-36FBB829": 6,
    "L-E5AE38E3": 29_000,
}
CREATABLE = ("15.18", "15.19", "16.15")


def _linked(parameters: Properties) -> Answer:
    """The names were made of the service's: AWSServiceRoleForEcs, for scaling too."""
    service = iam._p(parameters, "AWSServiceName")
    name = f"AWSServiceRoleFor{ROLES[service]}"
    if name in iam._roles:
        taken = f"Service role name {name} has been taken in this account"
        refusal: Answer = iam._error(400, "InvalidInput", taken, ns="iam")
        return refusal
    path = f"/aws-service-role/{service}/"
    trust = {"Principal": {"Service": service}, "Action": "sts:AssumeRole", "Effect": "Allow"}
    status, headers, body = iam._create_role(
        {
            "RoleName": [name],
            "Path": [path],
            "AssumeRolePolicyDocument": [json.dumps({"Statement": [trust]})],
        }
    )
    return status, headers, body.replace(b"CreateRole", b"CreateServiceLinkedRole")


iam._IAM_HANDLERS["CreateServiceLinkedRole"] = _linked


def make_roles() -> None:
    """Make the service-linked roles, as an account has them that has used the services."""
    for service in ROLES:
        accepted(_linked({"AWSServiceName": [service]}))


async def _quota(method: str, path: str, headers: Any, body: bytes, query: Any) -> Answer:
    """Service Quotas was unsupported: no applied value, and AWS's default of each."""
    code = json.loads(body)["QuotaCode"]
    answer: Answer
    if headers["x-amz-target"].endswith(".GetServiceQuota") or code not in QUOTAS:
        refusal = {"__type": "NoSuchResourceException", "Message": code}
        answer = json_response(refusal, 400)
    else:
        answer = json_response({"Quota": {"QuotaCode": code, "Value": QUOTAS[code]}})
    return answer


app.SERVICE_HANDLERS["servicequotas"] = _quota
router.SERVICE_PATTERNS["servicequotas"] = {"target_prefixes": ["ServiceQuotas"]}


def _versions(parameters: Properties) -> Answer:
    """PostgreSQL was 15.3, which AWS no longer creates, and no other 15."""
    status, headers, body = rds._describe_engine_versions(
        {key: value for key, value in parameters.items() if key != "EngineVersion"}
    )
    one = re.search(r"<DBEngineVersion>.*?</DBEngineVersion>", body.decode(), re.DOTALL)
    members = "".join(
        re.sub("<EngineVersion>.*?<", f"<EngineVersion>{version}<", one[0])
        for version in (CREATABLE if one else ())
        if rds._p(parameters, "EngineVersion") in ("", version)
    )
    whole = re.sub(
        "(<DBEngineVersions>).*(</DBEngineVersions>)",
        rf"\1{members}\2",
        body.decode(),
        flags=re.DOTALL,
    )
    return status, headers, whole.encode()


def _options(parameters: Properties) -> Answer:
    """Classes of ARM and gp3 were missing."""
    wanted = rds._p(parameters, "DBInstanceClass")
    asked = {**parameters, "DBInstanceClass": ["db.t3.micro"]}
    status, headers, body = rds._describe_orderable_options(asked)
    text = body.decode().replace("db.t3.micro", wanted).replace(">gp2<", ">gp3<")
    return status, headers, text.encode()


rds._ACTION_MAP["DescribeDBEngineVersions"] = _versions
rds._ACTION_MAP["DescribeOrderableDBInstanceOptions"] = _options


@patch(ecr, "_get_download_url_for_layer")
def _layer(old: Callable[..., Answer], data: Properties) -> Answer:
    """The address was AWS's own; the blob lies behind the emulator's registry."""
    status, headers, body = old(data)
    here = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}/v2/"
    return status, headers, re.sub(rb"https://[^/]+/v2/", here.encode(), body)
