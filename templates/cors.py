"""CORS: the preflight and the gateway's own errors, answered for browsers.

docs/decisions/0009-cors-and-headers.md has the reasons.
"""

import json
from typing import Any

from troposphere import apigateway

from templates.api_methods import Route
from templates.settings import ORIGINS_VARIABLE, ApiSettings


def options(
    logical_id: str, rest_api: apigateway.RestApi, route: Route, api: ApiSettings
) -> apigateway.Method:
    """The preflight, which browsers send without a key: answered here, not passed on."""
    headers = _cors(api) | {
        "Access-Control-Max-Age": f"'{api.cors_max_age_seconds}'",
    }
    more: dict[str, Any] = {}
    if api.has_several_origins:
        headers["Vary"] = "'Origin'"
        more["ResponseTemplates"] = {"application/json": _origin_template(api.cors_origins)}
    responses = {f"method.response.header.{name}": value for name, value in headers.items()}
    return apigateway.Method(
        logical_id,
        RestApiId=rest_api.ref(),
        ResourceId=route.resource,
        HttpMethod="OPTIONS",
        AuthorizationType="NONE",
        ApiKeyRequired=False,
        Integration=apigateway.Integration(
            Type="MOCK",
            # Both conversions, or the binary type for all makes the mock answer 500.
            ContentHandling="CONVERT_TO_TEXT",
            PassthroughBehavior="WHEN_NO_MATCH",
            RequestTemplates={"application/json": json.dumps({"statusCode": 204})},
            IntegrationResponses=[
                apigateway.IntegrationResponse(
                    StatusCode="204",
                    ContentHandling="CONVERT_TO_TEXT",
                    ResponseParameters=responses,
                    **more,
                )
            ],
        ),
        MethodResponses=[
            apigateway.MethodResponse(
                StatusCode="204", ResponseParameters=dict.fromkeys(responses, True)
            )
        ],
    )


def _origin_template(origins: list[str]) -> str:
    """Return the template that allows the origin of the request if it is one of several.

    An answer to another origin names the first one, which a browser refuses. The names of
    headers keep the client's letters: one of the two spellings is empty. A whole string is
    compared, no pattern. One line, since each line break would become a part of the body.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """
    is_allowed = " || ".join(f'$origin == "{origin}"' for origin in origins[1:])
    return (
        "#set($headers = $input.params().header)"
        "#set($origin = \"$!headers.get('Origin')$!headers.get('origin')\")"
        f"#if({is_allowed})"
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
        "#end"
    )


def _cors(api: ApiSettings) -> dict[str, str]:
    """CORS headers in API Gateway's form of a fixed value: in single quotes."""
    headers = {
        "Access-Control-Allow-Origin": api.cors_origins[0],
        "Access-Control-Allow-Methods": api.cors_allow_methods,
        "Access-Control-Allow-Headers": api.cors_allow_headers,
        "Access-Control-Expose-Headers": api.cors_expose_headers,
    }
    if api.cors_allow_credentials:
        headers["Access-Control-Allow-Credentials"] = "true"
    return {name: f"'{value}'" for name, value in headers.items()}


def gateway_response(
    logical_id: str, rest_api: apigateway.RestApi, kind: str, api: ApiSettings
) -> apigateway.GatewayResponse:
    """The gateway's own errors carry CORS too: browsers would hide 403, 429 and 5xx.

    They have no template that could choose one of several origins: they allow all, without
    credentials, so that a page can read the error of a request that sent none.
    """
    if api.has_several_origins:
        api = api.model_copy(update={"cors_allow_origin": "*", "cors_allow_credentials": False})
    return apigateway.GatewayResponse(
        logical_id,
        RestApiId=rest_api.ref(),
        ResponseType=kind,
        ResponseParameters={
            f"gatewayresponse.header.{name}": value for name, value in _cors(api).items()
        },
    )


def origin_variables(api: ApiSettings) -> dict[str, str]:
    """Return the variable with the origins that the service allows itself, if several."""
    origins = ",".join(api.cors_origins)
    return {ORIGINS_VARIABLE: origins} if api.has_several_origins else {}
