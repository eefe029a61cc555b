"""VPC links: the type, its API, and integrations that really go through one.

The type was unrecognized, GET /v2/vpclinks "Unknown API Gateway path", and an
integration's Uri was called as it stood, whatever the link.
"""

import asyncio
import json
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

import gateway
from ministack.services import alb, apigateway, apigateway_v1, ec2
from registry import Made, Properties, patch, require, store, teach

# AWS's pages disagree about whether the backend sees the stage: a test tries both.
STAGE_IN_PATH = os.environ.get("STAGE_IN_PATH") == "1"
CONNECTION = {"host", "connection", "content-length", "transfer-encoding"}

_links = store()


def _create(_: str, props: Properties, __: str) -> Made:
    groups = props.get("SecurityGroupIds", [])
    for name, known in [(name, ec2._subnets) for name in props["SubnetIds"]] + [
        (name, ec2._security_groups) for name in groups
    ]:
        require(name in known, f"The ID '{name}' does not exist")
    link = uuid.uuid4().hex[:10]
    _links[link] = {
        "vpcLinkId": link,
        "securityGroupIds": groups,
        "subnetIds": props["SubnetIds"],
        "vpcLinkStatus": "AVAILABLE",
        "vpcLinkVersion": "V2",
        "createdDate": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return _update(link, {}, props, "")


def _update(link: str, _: Properties, props: Properties, __: str) -> Made:
    _links[link].update(name=props["Name"], tags=props.get("Tags", {}))
    return link, {"VpcLinkId": link}


def _delete(link: str, _: Properties) -> None:
    _links.pop(link, None)


@patch(apigateway, "handle_request")
async def _answer(old: Callable[..., Any], method: str, path: str, *rest: Any) -> Any:
    """GetVpcLinks and GetVpcLink."""
    collection, _, link = path.strip("/").partition("v2/vpclinks")
    if method != "GET" or collection or path.count("v2/vpclinks") != 1:
        return await old(method, path, *rest)
    link = link.strip("/")
    if link and link not in _links:
        message = f"Unable to find VpcLink: {link}"
        return apigateway._apigw_error("NotFoundException", message, 404)
    body = _links[link] if link else {"items": _links.values()}
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def _mapped(integration: Properties, place: str) -> dict[str, str]:
    """What the integration's request parameters put into a place of the request."""
    prefix = f"integration.request.{place}."
    values = {
        name.removeprefix(prefix): gateway.context_value(source)
        for name, source in integration.get("requestParameters", {}).items()
        if name.startswith(prefix)
    }
    return {name: value for name, value in values.items() if value is not None}


def _sent(integration: Properties, headers: Properties) -> dict[str, str]:
    """The client's headers as the integration maps them, with the Uri's host."""
    sent = {name.lower(): value for name, value in headers.items()}
    sent = {name: value for name, value in sent.items() if name not in CONNECTION}
    for name, value in _mapped(integration, "header").items():
        sent[name.lower()] = value
    return {**sent, "host": urlsplit(integration["uri"]).netloc}


def _through_balancer(
    integration: Properties, method: str, headers: Properties, body: bytes, query: Any
) -> Any:
    """The answer of the load balancer to be awaited; None where no way leads to it."""
    uri = urlsplit(integration["uri"])
    port = uri.port or (443 if uri.scheme == "https" else 80)
    target = integration.get("integrationTarget")
    # Without the listener, ministack would take any other one of the balancer.
    way = (target, port) in {
        (listener["LoadBalancerArn"], listener["Port"]) for listener in alb._listeners.values()
    }
    if not way or integration.get("connectionId") not in _links:
        return None
    path = STAGE_IN_PATH * f"/{gateway.current.get()['stage_name']}" + (uri.path or "/")
    for name, value in _mapped(integration, "path").items():
        path = path.replace(f"{{{name}}}", quote(value, safe="/:@!$&'()*+,;=~"))
    query = {**query, **_mapped(integration, "querystring")}
    text = urlencode(query, doseq=True)
    sent = _sent(integration, headers)
    request = (alb._lbs[target], method, unquote(path), sent, body, query, port)
    return alb.dispatch_request(*request, raw_query_string=text, raw_path=path)


@patch(apigateway_v1, "_invoke_http_proxy_v1")
async def _invoke(
    old: Callable[..., Any],
    integration: Properties,
    path: str,
    method: str,
    headers: Properties,
    body: bytes,
    query: Any,
    path_params: Any = None,
) -> Any:
    """A VPC_LINK integration goes to the ALB that IntegrationTarget names."""
    if integration.get("connectionType") != "VPC_LINK":
        return await old(integration, path, method, headers, body, query, path_params)
    verb = integration.get("httpMethod", method)
    verb = method if verb == "ANY" else verb
    answer = _through_balancer(integration, verb, headers, body, query)
    if answer is None:
        message = "Internal server error"
        return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", message)
    try:
        seconds = int(integration["timeoutInMillis"]) / 1000
        return await asyncio.wait_for(answer, seconds)
    except TimeoutError:
        message = "Endpoint request timed out"
        return apigateway_v1._gw_error("INTEGRATION_TIMEOUT", message)


teach(
    "AWS::ApiGatewayV2::VpcLink",
    _create,
    _delete,
    _update,
    replacing=("SubnetIds", "SecurityGroupIds"),
)
