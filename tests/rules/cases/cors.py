"""Bad cases of cfnlink/rules/cors.py."""

from tests.rules.cases import REMOVE, case

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
    )
]
