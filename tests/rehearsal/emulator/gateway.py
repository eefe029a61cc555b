"""API Gateway: what methods and stages lost, and which deployment is served."""

import copy
import http
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners
from registry import Answer, Made, Properties, camel, patch, require, store

REST_API = {
    "EndpointConfiguration": "endpointConfiguration",
    "ApiKeySourceType": "apiKeySource",
    "DisableExecuteApiEndpoint": "disableExecuteApiEndpoint",
}
INTEGRATION = ("ConnectionId", "IntegrationTarget", "ContentHandling")

# The request that is being answered, for mapping expressions.
current: ContextVar[Properties] = ContextVar("current")

_snapshots = store()
_served: ContextVar[Any] = ContextVar("served", default=None)


def context_value(source: str) -> str | None:
    """What a mapping expression says of the request; the key's id, the stage and what an
    authorizer says were lost."""
    request = current.get()
    if source.startswith("context.authorizer."):
        said: Any = request.get("authorizer")
        for name in source.split(".")[2:]:
            said = (said or {}).get(name)
        return None if said is None else str(said)
    if source == "context.stage":
        return str(request["stage_name"])
    if source == "context.identity.apiKeyId":
        sent = {name.lower(): value for name, value in request["headers"].items()}
        keys = apigateway_v1._api_keys.values()
        return next((key["id"] for key in keys if key["value"] == sent.get("x-api-key")), None)
    found = apigateway_v1._gateway_request_value(source, request)
    return None if found is None else str(found)


@patch(apigateway_v1, "_authorize_request_v1")
async def _authorize(old: Callable[..., Any], *arguments: Any) -> Any:
    """Keep what the authorizer says of the request."""
    refusal, said = await old(*arguments)
    current.get()["authorizer"] = said
    return refusal, said


def _undeclared(props: Properties) -> list[str]:
    """The parameters that an integration maps and the method does not declare."""
    integration = props.get("Integration", {})
    declared = set(props.get("RequestParameters", {}))
    mapped = set(integration.get("RequestParameters", {}).values())
    for response in props.get("MethodResponses", []):
        status = str(response["StatusCode"])
        names = response.get("ResponseParameters", {})
        declared |= {f"{status} {name}" for name in names}
    for response in integration.get("IntegrationResponses", []):
        status = str(response["StatusCode"])
        names = response.get("ResponseParameters", {})
        mapped |= {f"{status} {name}" for name in names}
    return sorted(name for name in mapped - declared if "method.re" in name)


@patch(provisioners, "_apigw_rest_api_create")
def _rest_api(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """EndpointConfiguration read back {}, two other settings their defaults."""
    api, attributes = old(logical_id, props, stack)
    for key, name in REST_API.items():
        if key in props:
            apigateway_v1._rest_apis[api][name] = camel(props[key])
    return api, attributes


@patch(provisioners, "_apigw_method_create")
def _method(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """ConnectionId, IntegrationTarget and RequestValidatorId read back None.

    A mapping of an undeclared parameter, which AWS refuses, was accepted.
    """
    wrong = _undeclared(props)
    require(not wrong, f"Invalid mapping expression parameter specified: {wrong}")
    made = old(logical_id, props, stack)
    resource = apigateway_v1._resources[props["RestApiId"]][props["ResourceId"]]
    method = resource["resourceMethods"][props["HttpMethod"]]
    method["requestValidatorId"] = props.get("RequestValidatorId")
    given = props.get("Integration", {})
    lost = camel({key: given[key] for key in INTEGRATION if key in given})
    (method["methodIntegration"] or {}).update(lost)
    return made


def _keep_access_log(props: Properties) -> None:
    """AccessLogSetting was lost."""
    stage = apigateway_v1._stages_v1[props["RestApiId"]][props["StageName"]]
    stage["accessLogSettings"] = camel(props.get("AccessLogSetting", {}))


@patch(provisioners, "_apigw_stage_create")
def _create_stage(
    old: Callable[..., Made], logical_id: str, props: Properties, stack: str
) -> Made:
    made = old(logical_id, props, stack)
    _keep_access_log(props)
    return made


@patch(provisioners, "_apigw_stage_update")
def _update_stage(
    old: Callable[..., Made],
    stage: str,
    before: Properties,
    after: Properties,
    stack: str,
) -> Made:
    made = old(stage, before, after, stack)
    _keep_access_log(after)
    return made


class _Resources(AccountRegionScopedDict):  # type: ignore[misc]
    """The resources of the APIs: as deployed for callers, current for edits.

    ministack served every edit at once, so a deployment that should have been
    created again and was not had no effect.
    """

    def get(self, key: str, default: Any = None) -> Any:
        served = _served.get()
        return super().get(key, default) if served is None else served


apigateway_v1._resources = _Resources()


@patch(apigateway_v1, "_create_deployment")
def _deploy(old: Callable[..., Answer], api: str, data: Properties) -> Answer:
    resources = apigateway_v1._resources.get(api, {})
    if not any(resource["resourceMethods"] for resource in resources.values()):
        message = "The REST API doesn't contain any methods"
        refusal: Answer = apigateway_v1._v1_error("BadRequestException", message, 400)
        return refusal
    before = set(apigateway_v1._deployments_v1.get(api, {}))
    answer = old(api, data)
    for new in set(apigateway_v1._deployments_v1[api]) - before:
        _snapshots[new] = copy.deepcopy(resources)
    return answer


@patch(provisioners, "_apigw_method_settings")
def _method_settings(old: Callable[..., Properties], raw: Any) -> Properties:
    """The path of a setting kept its ~1 for a slash: it limited nothing."""
    return {key.replace("~1", "/").replace("//", "/"): each for key, each in old(raw).items()}


class _Input:
    """What a template reads of the request that is answered."""

    def __init__(self, headers: Properties) -> None:
        self._headers = headers

    def params(self) -> Properties:
        return {"header": self._headers}


@patch(apigateway_v1, "_invoke_mock_v1")
def _mock(old: Callable[..., Answer], integration: Properties) -> Answer:
    """The template of a response was its body; on AWS it is Velocity, and sets headers."""
    import airspeed  # only templates need it

    status, headers, template = old(integration)
    text = template.decode() if isinstance(template, bytes) else template
    set_headers: Properties = {}
    said = {
        "input": _Input(dict(current.get()["headers"])),
        "context": {"responseOverride": {"header": set_headers}},
    }
    body = airspeed.Template(text).merge(said) if "#" in text else text
    is_empty = status == http.HTTPStatus.NO_CONTENT
    return status, headers | set_headers, b"" if is_empty else body.encode()


@patch(apigateway_v1, "_execute_in_scope")
async def _serve(
    old: Callable[..., Any], request: Properties, api: str, stage: str, *rest: Any
) -> Any:
    record = apigateway_v1._stages_v1.get(api, {}).get(stage, {})
    request_token = current.set(request)
    served_token = _served.set(_snapshots.get(record.get("deploymentId")))
    try:
        answer = await old(request, api, stage, *rest)
        if isinstance(answer, tuple):
            # The id that integrations are told is the one that the client gets.
            answer[1].setdefault("x-amzn-requestid", request["request_id"])
        return answer
    finally:
        _served.reset(served_token)
        current.reset(request_token)
