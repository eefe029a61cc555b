"""API tier: the REST API with its keys, and the private way to the load balancer."""

import json
from dataclasses import dataclass
from typing import Any

from troposphere import AWSHelperFn, Sub, apigateway, apigatewayv2, ec2, logs

from templates.deployment import api_deployment
from templates.load_balancer import PORT as LISTENER_PORT
from templates.load_balancer import LoadBalancer
from templates.network import Network
from templates.parts import closed_group, connect, expiring_log_group
from templates.settings import SMOKE_CLIENT, ApiSettings, Client, Settings
from templates.stack import Stack, Tier, Value, publish

# `make smoke` has a client of its own, so that it spends no other client's quota.
SMOKE = Client(rate_limit=1, burst_limit=1, monthly_quota=10_000)
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
# TLS 1.2 with forward secrecy, or 1.3. A regional API without a policy takes TLS 1.0, and while
# its own address is open the policy of the API applies to a custom domain too.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
SECURITY_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "stage": "$context.stage",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "ip": "$context.identity.sourceIp",
    "keyId": "$context.identity.apiKeyId",
    "latency": "$context.responseLatency",
    "integrationLatency": "$context.integrationLatency",
    "integrationStatus": "$context.integrationStatus",
    "error": "$context.error.message",
}


@dataclass(frozen=True, kw_only=True)
class Api(Tier):
    """What the other tiers may use."""

    rest_api: AWSHelperFn
    stage: AWSHelperFn
    name: Value


def api_tier(settings: Settings, network: Network, balancer: LoadBalancer) -> Api:
    """Return the API; it checks the key of every request and passes the request on
    unchanged."""
    stack = Stack.of(settings, "api", "The REST API with its keys.")

    link = _link(stack, settings, network, balancer)
    rest_api = stack.add(_rest_api(settings))
    proxy = stack.add(_proxy_resource(rest_api))
    root = _Route(rest_api.get_att("RootResourceId"), "/")
    below = _Route(proxy.ref(), "/{proxy}", ("proxy",))
    backend = _Backend(settings.api, link, balancer)
    stack.add(_method("RootMethod", rest_api, root, backend))
    stack.add(_method("ProxyMethod", rest_api, below, backend))
    stack.add(_options("RootOptions", rest_api, root, settings.api))
    stack.add(_options("ProxyOptions", rest_api, below, settings.api))
    stack.add(_gateway_response("ClientErrors", rest_api, "DEFAULT_4XX", settings.api))
    stack.add(_gateway_response("ServerErrors", rest_api, "DEFAULT_5XX", settings.api))
    deployment = stack.add(api_deployment(stack, rest_api))
    log_group = stack.add(expiring_log_group("AccessLog", settings))
    stage = stack.add(_stage(settings.api, rest_api, deployment, log_group))
    for name, client in (settings.api.clients | {SMOKE_CLIENT: SMOKE}).items():
        key = _client(stack, name, client, stage)
        if name == SMOKE_CLIENT:
            stack.name_parts(smoke_key=key)
    url = stack.add_output("Url", _url(rest_api, stage), "The API by its own address.")
    stack.name_parts(default_url=url)

    # Exported with and without a domain: CloudFormation would refuse to drop an export that
    # a dns stack imports, and a first dns stack finds it already there.
    domain = "For the dns stack, which an environment with a domain has."
    return publish(
        Api,
        stack,
        {"rest_api": domain, "stage": domain},
        rest_api=rest_api.ref(),
        stage=stage.ref(),
        name=rest_api.properties["Name"],
    )


def _link(
    stack: Stack, settings: Settings, network: Network, balancer: LoadBalancer
) -> apigatewayv2.VpcLink:
    """The link and both ends of the connection from it to the load balancer."""
    group = stack.add(closed_group("SecurityGroup", network.vpc, "The VPC link."))
    own = group.get_att("GroupId")
    connect(
        ("LinkToBalancer", "BalancerFromLink"),
        stack,
        own,
        balancer.security_group,
        LISTENER_PORT,
    )
    return stack.add(_vpc_link(settings, network, group))


def _vpc_link(
    settings: Settings, network: Network, group: ec2.SecurityGroup
) -> apigatewayv2.VpcLink:
    """Subnets and groups cannot change: another value creates another link."""
    return apigatewayv2.VpcLink(
        "VpcLink",
        Name=settings.system,
        SubnetIds=network.private_subnets,
        SecurityGroupIds=[group.get_att("GroupId")],
    )


def _rest_api(settings: Settings) -> apigateway.RestApi:
    """Named after the environment, since CloudWatch distinguishes APIs by name. Bodies pass
    unchanged: without a binary type for all, the gateway would read them as text."""
    return apigateway.RestApi(
        "RestApi",
        Name=settings.system,
        EndpointConfiguration=apigateway.EndpointConfiguration(
            Types=["REGIONAL"], IpAddressType="ipv4"
        ),
        ApiKeySourceType="HEADER",
        BinaryMediaTypes=["*/*"],
        DisableExecuteApiEndpoint=settings.api.default_endpoint == "closed",
        SecurityPolicy=SECURITY_POLICY,
        EndpointAccessMode="BASIC",
    )


def _proxy_resource(rest_api: apigateway.RestApi) -> apigateway.Resource:
    """Every path but the root, which needs a method of its own."""
    return apigateway.Resource(
        "Proxy",
        RestApiId=rest_api.ref(),
        ParentId=rest_api.get_att("RootResourceId"),
        PathPart="{proxy+}",
    )


@dataclass(frozen=True)
class _Route:
    """A resource of the API and the path to which its requests go."""

    resource: AWSHelperFn
    path: str
    variables: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Backend:
    """What every integration needs to reach the service."""

    api: ApiSettings
    link: apigatewayv2.VpcLink
    balancer: LoadBalancer


def _method(
    logical_id: str, rest_api: apigateway.RestApi, route: _Route, backend: _Backend
) -> apigateway.Method:
    """Any method, with a key, to the same path of the service."""
    variables = {f"method.request.path.{name}": True for name in route.variables}
    parameters: dict[str, Any] = {"RequestParameters": variables} if variables else {}
    return apigateway.Method(
        logical_id,
        RestApiId=rest_api.ref(),
        ResourceId=route.resource,
        HttpMethod="ANY",
        AuthorizationType="NONE",
        ApiKeyRequired=True,
        **parameters,
        Integration=_integration(route, backend),
    )


def _integration(route: _Route, backend: _Backend) -> apigateway.Integration:
    """Through the link to the load balancer; the key stays behind at the gateway."""
    path = {
        f"integration.request.path.{name}": f"method.request.path.{name}"
        for name in route.variables
    }
    context = {
        f"integration.request.header.{name}": value for name, value in CONTEXT_HEADERS.items()
    }
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
        TimeoutInMillis=round(backend.api.timeout_seconds * 1000),
    )


def _options(
    logical_id: str, rest_api: apigateway.RestApi, route: _Route, api: ApiSettings
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


def _gateway_response(
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


def _stage(
    api: ApiSettings,
    rest_api: apigateway.RestApi,
    deployment: apigateway.Deployment,
    log_group: logs.LogGroup,
) -> apigateway.Stage:
    """Execution logging stays off: its log group would never expire."""
    return apigateway.Stage(
        "Stage",
        RestApiId=rest_api.ref(),
        StageName=api.stage,
        DeploymentId=deployment.ref(),
        AccessLogSetting=apigateway.AccessLogSetting(
            DestinationArn=log_group.get_att("Arn"), Format=json.dumps(ACCESS_LOG)
        ),
        MethodSettings=[
            apigateway.MethodSetting(
                HttpMethod="*",
                ResourcePath="/*",
                LoggingLevel="OFF",
                DataTraceEnabled=False,
                MetricsEnabled=False,
                ThrottlingRateLimit=api.rate_limit,
                ThrottlingBurstLimit=api.burst_limit,
            )
        ],
    )


def _client(
    stack: Stack, name: str, client: Client, stage: apigateway.Stage
) -> apigateway.ApiKey:
    """Add a key with a usage plan; AWS cannot change the key's name and value later."""
    title = name.title()
    plan = stack.add(_usage_plan(title, client, stage))
    key = stack.add(_api_key(title))
    stack.add(_usage_plan_key(title, plan, key))
    stack.add_output(f"Key{title}", key.ref(), f"Id of the API key of {name}.")
    return key


def _usage_plan(
    client_title: str, client: Client, stage: apigateway.Stage
) -> apigateway.UsagePlan:
    """Refers to the stage, so that it waits for it: "Invalid stage identifier"."""
    return apigateway.UsagePlan(
        f"Plan{client_title}",
        ApiStages=[apigateway.ApiStage(ApiId=stage.properties["RestApiId"], Stage=stage.ref())],
        Throttle=apigateway.ThrottleSettings(
            RateLimit=client.rate_limit, BurstLimit=client.burst_limit
        ),
        Quota=apigateway.QuotaSettings(Limit=client.monthly_quota, Period="MONTH"),
    )


def _api_key(client_title: str) -> apigateway.ApiKey:
    """Enabled, which is not the default, and with a generated value."""
    return apigateway.ApiKey(f"ApiKey{client_title}", Enabled=True)


def _usage_plan_key(
    client_title: str, plan: apigateway.UsagePlan, key: apigateway.ApiKey
) -> apigateway.UsagePlanKey:
    return apigateway.UsagePlanKey(
        f"Membership{client_title}",
        KeyId=key.ref(),
        KeyType="API_KEY",
        UsagePlanId=plan.ref(),
    )


def _url(rest_api: apigateway.RestApi, stage: apigateway.Stage) -> Sub:
    return Sub(
        "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}",
        Api=rest_api.ref(),
        Stage=stage.ref(),
    )
