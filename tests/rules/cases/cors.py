"""Bad cases of cfnlink/rules/cors.py."""

from typing import Any

from tests.rules.cases import REMOVE, case

RESPONSE = "ApiProxyOptions.Integration.IntegrationResponses.0"
TEMPLATES = f"{RESPONSE}.ResponseTemplates"
ORIGIN = "method.response.header.Access-Control-Allow-Origin"
VARIED = {ORIGIN: "'https://a.com'", "method.response.header.Vary": "'Origin'"}
WHOLE = (
    "#set($origin = $input.params().header.get('Origin'))"
    '#if($origin == "https://b.com")'
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end"
)


def several(headers: dict[str, str], template: str) -> dict[str, Any]:
    """Return a preflight that allows the origin that asks."""
    return {
        f"{RESPONSE}.ResponseParameters": headers,
        TEMPLATES: {"application/json": template},
    }


BAD_CASES = [
    case("E9598", {"ApiProxyOptions.ApiKeyRequired": True}),
    case("E9599", {"ApiProxyOptions.AuthorizationType": "AWS_IAM"}),
    case("W9503", {"ApiProxyOptions": REMOVE}, at="ApiRestApi.Properties"),
    case("W9503", {"ApiRootOptions": REMOVE}, at="ApiRestApi.Properties"),
    case("W9504", {"ApiClientErrors": REMOVE}, at="ApiRestApi.Properties"),
    case("W9504", {"ApiServerErrors": REMOVE}, at="ApiRestApi.Properties"),
    case(
        "W9516",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): "'example.com'"
        },
    ),
    case(
        "W9516",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): "'https://a.com/'"
        },
    ),
    case(
        "W9515",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): REMOVE
        },
    ),
    case(
        "W9517",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Credentials'"
            ): "'true'"
        },
    ),
    case(
        "W9507",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Headers'"
            ): "'Content-Type'"
        },
    ),
    case(
        "W9507",
        {
            "ApiProxyMethod.HttpMethod": "PUT",
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Methods'"
            ): "'GET'",
        },
        at=(
            "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
            "'method.response.header.Access-Control-Allow-Methods'"
        ),
    ),
    case(
        "W9513",
        {"ApiProxyMethod.HttpMethod": "GET"},
        at=(
            "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
            "'method.response.header.Access-Control-Allow-Methods'"
        ),
    ),
    case(
        "W9520",
        {
            (
                "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Cont"
                "rol-Allow-Origin'"
            ): "'https://a.com'"
        },
    ),
    case(
        "W9515",
        {
            (
                "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Cont"
                "rol-Allow-Origin'"
            ): REMOVE
        },
    ),
    case("W9515", {"ApiClientErrors.ResponseParameters": REMOVE}),
    case(
        "W9520",
        {"LoadBalancerListener.ListenerAttributes.0.Value": "https://a.com"},
        at="LoadBalancerListener.ListenerAttributes.0",
    ),
    case(
        "W9957",
        several({ORIGIN: "'https://a.com'"}, WHOLE),
        at="ApiProxyOptions.Integration.IntegrationResponses.0",
    ),
    case(
        "W9958",
        several(VARIED, WHOLE.replace('$origin == "https://b.com"', '$origin.matches(".*")')),
        at=f"{TEMPLATES}.'application/json'",
    ),
    case(
        "W9958",
        several(VARIED, WHOLE.replace(' == "https://b.com"', '.startsWith("https://b")')),
        at=f"{TEMPLATES}.'application/json'",
    ),
    case(
        "W9520",
        several(VARIED, WHOLE)
        | {
            "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Control-Allow-"
            "Origin'": "'https://a.com'",
            "LoadBalancerListener.ListenerAttributes.0.Value": "",
            "ApiRootOptions": REMOVE,
        },
        at=(
            "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Control-Allow-"
            "Origin'"
        ),
    ),
]

ACCEPTED = [
    case(
        "W9507",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Methods'"
            ): "'DELETE,GET,HEAD'"
        },
    ),
    case(
        "W9520",
        several(VARIED, WHOLE)
        | {"LoadBalancerListener.ListenerAttributes.0.Value": "", "ApiRootOptions": REMOVE},
    ),
    case("W9516", {"LoadBalancerListener.ListenerAttributes.0.Value": ""}),
    case("W9957", several(VARIED, WHOLE)),
    case("W9958", several(VARIED, WHOLE)),
]
