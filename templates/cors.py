"""CORS: the preflight and the gateway's own errors, answered for browsers."""

import json

from troposphere import apigateway

from templates.api_methods import Route
from templates.settings import ApiSettings


def options(
    logical_id: str, rest_api: apigateway.RestApi, route: Route, api: ApiSettings
) -> apigateway.Method:
    """The preflight, which browsers send without a key: answered here, not passed on."""
    headers = _cors(api) | {
        "Access-Control-Max-Age": f"'{api.cors_max_age_seconds}'",
    }
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
                )
            ],
        ),
        MethodResponses=[
            apigateway.MethodResponse(
                StatusCode="204", ResponseParameters=dict.fromkeys(responses, True)
            )
        ],
    )


def _cors(api: ApiSettings) -> dict[str, str]:
    """CORS headers in API Gateway's form of a fixed value: in single quotes."""
    headers = {
        "Access-Control-Allow-Origin": api.cors_allow_origin,
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
    """The gateway's own errors carry CORS too: browsers would hide 403, 429 and 5xx."""
    return apigateway.GatewayResponse(
        logical_id,
        RestApiId=rest_api.ref(),
        ResponseType=kind,
        ResponseParameters={
            f"gatewayresponse.header.{name}": value for name, value in _cors(api).items()
        },
    )
