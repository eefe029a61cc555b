"""Methods of the API: each passes its requests to the same path of the service."""

import re
from dataclasses import dataclass, field
from typing import Any

from troposphere import AWSHelperFn, apigateway, apigatewayv2

from templates.authorizer import Authorization
from templates.load_balancer import PORT as LISTENER_PORT
from templates.load_balancer import LoadBalancer
from templates.settings import ApiSettings, PathSettings
from templates.settings.tokens import EVERY_PATH

# The name before the port is only the Host header: the request goes where
# IntegrationTarget says.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-private-integration.html
BACKEND = f"http://service.internal:{LISTENER_PORT}"
# What the service learns of a request; the access log has the same ids. A client's header of
# the same name is replaced.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
CONTEXT_HEADERS = {
    "X-Request-Id": "context.requestId",
    "X-Api-Key-Id": "context.identity.apiKeyId",
    "X-Stage": "context.stage",
}
# The settings open the path: lint reports other methods without a key.
OPEN_ON_PURPOSE: dict[str, Any] = {
    "Metadata": {"cfn-lint": {"config": {"ignore_checks": ["W9512"]}}}
}
# Without a key the context has no id, and a client could send one of its choice.
NO_KEY = {"X-Api-Key-Id": "'none'"}


@dataclass(frozen=True)
class Route:
    """A resource of the API, the path to which its requests go, and how it differs.

    entry: the path by which the settings of tokens know it.
    """

    resource: AWSHelperFn
    path: str
    settings: PathSettings = field(default_factory=PathSettings)
    entry: str = EVERY_PATH

    @property
    def variables(self) -> list[str]:
        """The names of the variables in the path."""
        return re.findall(r"\{(\w+)\}", self.path)


@dataclass(frozen=True)
class Backend:
    """What every integration needs to reach the service."""

    api: ApiSettings
    link: apigatewayv2.VpcLink
    balancer: LoadBalancer
    authorization: Authorization


def method(
    logical_id: str, rest_api: apigateway.RestApi, route: Route, backend: Backend
) -> apigateway.Method:
    """Any method to the same path of the service, with a key unless the path needs none."""
    variables = {f"method.request.path.{name}": True for name in route.variables}
    parameters: dict[str, Any] = {"RequestParameters": variables} if variables else {}
    if not route.settings.key and route.entry not in backend.authorization.paths:
        parameters |= OPEN_ON_PURPOSE
    return apigateway.Method(
        logical_id,
        RestApiId=rest_api.ref(),
        ResourceId=route.resource,
        HttpMethod="ANY",
        **backend.authorization.method_properties(route.entry),
        ApiKeyRequired=route.settings.key,
        **parameters,
        Integration=_integration(route, backend),
    )


def _integration(route: Route, backend: Backend) -> apigateway.Integration:
    """Through the link to the load balancer; the key stays behind at the gateway."""
    path = {
        f"integration.request.path.{name}": f"method.request.path.{name}"
        for name in route.variables
    }
    headers = {
        **CONTEXT_HEADERS,
        **({} if route.settings.key else NO_KEY),
        **backend.authorization.headers_of(route.entry),
    }
    context = {f"integration.request.header.{name}": value for name, value in headers.items()}
    timeout = route.settings.timeout_seconds or backend.api.timeout_seconds
    return apigateway.Integration(
        Type="HTTP_PROXY",
        IntegrationHttpMethod="ANY",
        Uri=f"{BACKEND}{route.path}",
        ConnectionType="VPC_LINK",
        ConnectionId=backend.link.ref(),
        IntegrationTarget=backend.balancer.arn,
        RequestParameters={
            **path,
            **context,
            "integration.request.header.x-api-key": "'hidden'",
        },
        PassthroughBehavior="WHEN_NO_MATCH",
        TimeoutInMillis=round(timeout * 1000),
    )
