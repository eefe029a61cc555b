"""API tier: the REST API with its keys, and the private way to the load balancer.

docs/decisions/0004-vpc-link-and-load-balancer.md has the reasons.
"""

import json
from dataclasses import dataclass

from troposphere import AWSHelperFn, Sub, apigateway, apigatewayv2, ec2, logs

from templates.api_clients import SMOKE, add_client
from templates.api_methods import Backend
from templates.api_paths import add_catch_all, add_paths, path_throttles
from templates.authorizer import add_authorizer
from templates.cors import gateway_response
from templates.deployment import api_deployment
from templates.firewall import add_web_acl, api_policy
from templates.load_balancer import PORT as LISTENER_PORT
from templates.load_balancer import LoadBalancer
from templates.needed import Needed
from templates.network import Network
from templates.parts import closed_group, connect, expiring_log_group
from templates.saved_queries import add_saved_queries
from templates.settings import SMOKE_CLIENT, ApiSettings, Settings
from templates.stack import Stack, Tier, Value, publish
from templates.tracing import add_sampling, traced_stage

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
# Exported with and without a domain: CloudFormation would refuse to drop an export that a dns
# stack imports, and a first dns stack finds it already there.
FOR_DOMAIN = "For the dns stack, which an environment with a domain has."


@dataclass(frozen=True, kw_only=True)
class Api(Tier):
    """What the other tiers may use."""

    rest_api: AWSHelperFn
    stage: AWSHelperFn
    name: Value


def api_tier(settings: Settings, needed: Needed, service_log: Value) -> Api:
    """Return the API; it checks the key of every request and passes the request on
    unchanged."""
    stack = Stack.of(settings, "api", "The REST API with its keys.")

    link = _link(stack, settings, needed.network, needed.balancer)
    rest_api = stack.add(_rest_api(settings))
    authorization = add_authorizer(stack, settings, needed.account, rest_api)
    _add_methods(stack, rest_api, Backend(settings.api, link, needed.balancer, authorization))
    stage = _add_stage(stack, settings, rest_api, service_log)
    add_web_acl(stack, settings, rest_api, stage)
    _add_clients(stack, settings.api, stage)
    url = stack.add_output("Url", _url(rest_api, stage), "The API by its own address.")
    stack.name_parts(default_url=url)

    return publish(
        Api,
        stack,
        dict.fromkeys(("rest_api", "stage"), FOR_DOMAIN),
        rest_api=rest_api.ref(),
        stage=stage.ref(),
        name=rest_api.properties["Name"],
    )


def _add_methods(stack: Stack, rest_api: apigateway.RestApi, backend: Backend) -> None:
    """Add every path, and the gateway's own errors."""
    add_catch_all(stack, rest_api, backend)
    add_paths(stack, rest_api, backend)
    stack.add(gateway_response("ClientErrors", rest_api, "DEFAULT_4XX", backend.api))
    stack.add(gateway_response("ServerErrors", rest_api, "DEFAULT_5XX", backend.api))


def _add_stage(
    stack: Stack, settings: Settings, rest_api: apigateway.RestApi, service_log: Value
) -> apigateway.Stage:
    """Add the deployment and the stage that serves it, with its log."""
    deployment = stack.add(api_deployment(stack, rest_api))
    log_group = stack.add(expiring_log_group("AccessLog", settings))
    add_sampling(stack, settings)
    stage = stack.add(_stage(settings, rest_api, deployment, log_group))
    add_saved_queries(stack, settings, log_group.ref(), service_log)
    return stage


def _add_clients(stack: Stack, api: ApiSettings, stage: apigateway.Stage) -> None:
    """Add the clients of the settings, and that of the smoke test."""
    for name, client in (api.clients | {SMOKE_CLIENT: SMOKE}).items():
        key = add_client(stack, name, client, stage)
        if name == SMOKE_CLIENT:
            stack.name_parts(smoke_key=key)


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
        **api_policy(settings.api.firewall),
    )


def _stage(
    settings: Settings,
    rest_api: apigateway.RestApi,
    deployment: apigateway.Deployment,
    log_group: logs.LogGroup,
) -> apigateway.Stage:
    """Execution logging stays off: its log group would never expire."""
    api = settings.api
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
            ),
            *path_throttles(api),
        ],
        **traced_stage(settings),
    )


def _url(rest_api: apigateway.RestApi, stage: apigateway.Stage) -> Sub:
    return Sub(
        "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}",
        Api=rest_api.ref(),
        Stage=stage.ref(),
    )
