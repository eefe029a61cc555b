"""Bad cases of cfnlink/rules/cors.py."""

from tests.rules.cases import REMOVE, case

BAD_CASES = [
    case("E9514", {"ApiProxyOptions.ApiKeyRequired": True}),
    case("E9514", {"ApiProxyOptions.AuthorizationType": "AWS_IAM"}),
    case("W9514", {"ApiProxyOptions": REMOVE}, at="ApiRestApi.Properties"),
    case("W9514", {"ApiRootOptions": REMOVE}, at="ApiRestApi.Properties"),
    case("W9514", {"ApiClientErrors": REMOVE}, at="ApiRestApi.Properties"),
    case("W9514", {"ApiServerErrors": REMOVE}, at="ApiRestApi.Properties"),
    case(
        "W9518",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): "'example.com'"
        },
    ),
    case(
        "W9518",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): "'https://a.com/'"
        },
    ),
    case(
        "W9518",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Origin'"
            ): REMOVE
        },
    ),
    case(
        "W9518",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Credentials'"
            ): "'true'"
        },
    ),
    case(
        "W9519",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Headers'"
            ): "'Content-Type'"
        },
    ),
    case(
        "W9519",
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
        "W9519",
        {"ApiProxyMethod.HttpMethod": "GET"},
        at=(
            "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
            "'method.response.header.Access-Control-Allow-Methods'"
        ),
    ),
    case(
        "W9518",
        {
            (
                "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Cont"
                "rol-Allow-Origin'"
            ): "'https://a.com'"
        },
    ),
    case(
        "W9518",
        {
            (
                "ApiClientErrors.ResponseParameters.'gatewayresponse.header.Access-Cont"
                "rol-Allow-Origin'"
            ): REMOVE
        },
    ),
    case("W9518", {"ApiClientErrors.ResponseParameters": REMOVE}),
    case(
        "W9518",
        {"LoadBalancerListener.ListenerAttributes.0.Value": "https://a.com"},
        at="LoadBalancerListener.ListenerAttributes.0",
    ),
]

ACCEPTED = [
    case(
        "W9519",
        {
            (
                "ApiProxyOptions.Integration.IntegrationResponses.0.ResponseParameters."
                "'method.response.header.Access-Control-Allow-Methods'"
            ): "'DELETE,GET,HEAD'"
        },
    ),
]
