"""Bends of rules/api.py."""

from typing import Any

from build import build
from tests.helpers import example_settings
from tests.rules.bends import REMOVE, Bend, Path

P = "Properties"
API, STAGE = ("ApiRestApi", P), ("ApiStage", P)
PROXY = ("ApiProxyMethod", P)
OPTIONS, KEY, PLAN = ("ApiProxyOptions", P), ("ApiApiKeyDefault", P), ("ApiPlanDefault", P)
LINK, RESOURCE = ("ApiVpcLink", P), ("ApiProxy", P)
PRODUCTION = example_settings()
DEPLOYMENT = next(  # its name holds a digest
    name
    for name, body in build(PRODUCTION).system.template["Resources"].items()
    if body["Type"] == "AWS::ApiGateway::Deployment"
)
INTEGRATION, MOCK = (*PROXY, "Integration"), (*OPTIONS, "Integration")
ANSWER = (*MOCK, "IntegrationResponses", 0)
ALLOW = "method.response.header.Access-Control-Allow-"
GATEWAY = "gatewayresponse.header.Access-Control-Allow-"
ERRORS = ("ApiClientErrors", P)
SETTING, LOG = (*STAGE, "MethodSettings", 0), (*STAGE, "AccessLogSetting")
VPC = {"aws:SourceVpc": {"Ref": "NetworkVpc"}}
ORIGIN = "routing.http.response.access_control_allow_origin.header_value"


def bend(rule: str, path: Path, value: Any, at: Path | None = None) -> Bend:
    return Bend(rule, {path: value}, at or path)


def policy(effect: str, condition: dict[str, Any]) -> dict[str, Any]:
    """A policy of an API for some callers."""
    return {"Statement": [{"Effect": effect, "Principal": "*", "Condition": condition}]}


class Alone(Bend):
    """A bend of the good template as one stack that hands nothing out."""

    def apply(self, good: dict[str, Any]) -> dict[str, Any]:
        bent = super().apply(good)
        return {"Resources": bent["Resources"]}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def get(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


OTHER_API = resource("AWS::ApiGateway::RestApi", Name="other")
METHODS = ("ApiRootMethod", "ApiProxyMethod", "ApiRootOptions", "ApiProxyOptions")
UNREADY = ["ApiProxy", "ApiClientErrors", "ApiServerErrors"]
MAPPINGS = (*INTEGRATION, "RequestParameters")

BENDS = [
    bend("E9501", (DEPLOYMENT, "DependsOn"), UNREADY, (DEPLOYMENT,)),
    bend("E9501", (DEPLOYMENT, "DependsOn"), REMOVE, (DEPLOYMENT,)),
    *(
        bend(
            "W9501",
            (DEPLOYMENT, "DependsOn"),
            lambda names, name=name: [n for n in names if n != name],
        )
        for name in (*METHODS, "ApiClientErrors", "ApiServerErrors")
    ),
    bend("W9502", ("Deployment",), resource("AWS::ApiGateway::Deployment")),
    bend(
        "E9503",
        (DEPLOYMENT, P),
        {"RestApiId": ref("ApiRestApi"), "StageName": "gateway-stage"},
        (DEPLOYMENT, P, "StageName"),
    ),
    *(
        Bend("E9504", {("Other",): OTHER_API, (*where, name): ref("Other")}, (*where, at))
        for where, name, at in (
            (PROXY, "RestApiId", "ResourceId"),
            (STAGE, "RestApiId", "DeploymentId"),
            (RESOURCE, "RestApiId", "ParentId"),
            ((*PLAN, "ApiStages", 0), "ApiId", "Stage"),
            (("DnsBasePathMapping", P), "RestApiId", "Stage"),
        )
    ),
    Bend("W9505", {("AccountApiGatewayAccount",): REMOVE}, LOG),
    bend("W9506", (*LOG, "Format"), "$context.requestId $context.sourceIp"),
    bend("W9509", (*SETTING, "LoggingLevel"), "INFO"),
    bend("E9516", (*ANSWER, "StatusCode"), "200"),
    bend(
        "E9516",
        (*OPTIONS, "MethodResponses", 0, "ResponseParameters", f"{ALLOW}Origin"),
        REMOVE,
        (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"),
    ),
    bend("E9517", (*ERRORS, "ResponseParameters", f"{GATEWAY}Origin"), "*"),
    bend("E9517", (*ERRORS, "ResponseParameters", "Access-Control-Max-Age"), "'1'"),
    bend("E9517", (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"), "*"),
    bend("E9517", (*MAPPINGS, "integration.request.header.x-api-key"), "hidden"),
    bend("E9517", (*PROXY, "RequestParameters", "method.request.proxy"), True),
    bend("E9521", (*MOCK, "RequestTemplates", "application/json"), "{}"),
    bend("E9521", (*MOCK, "ContentHandling"), REMOVE, MOCK),
    bend("E9521", (*MOCK, "RequestTemplates", "application/json"), '{"statusCode": 200}'),
    bend("E9524", (*MAPPINGS, "integration.request.path.proxy"), REMOVE, (*INTEGRATION, "Uri")),
    bend(
        "E9524",
        (*PROXY, "RequestParameters"),
        REMOVE,
        (*MAPPINGS, "integration.request.path.proxy"),
    ),
    bend(
        "E9524",
        (*INTEGRATION, "Uri"),
        "http://service.internal:80/",
        (*MAPPINGS, "integration.request.path.proxy"),
    ),
    bend(
        "E9524",
        (*RESOURCE, "PathPart"),
        "{path+}",
        (*PROXY, "RequestParameters", "method.request.path.proxy"),
    ),
    bend("W9525", ("ApiRootMethod",), REMOVE, (*RESOURCE, "PathPart")),
    bend("W9525", ("ApiProxyMethod",), REMOVE, RESOURCE),
    Bend("W9525", {("ApiProxyMethod",): REMOVE, ("ApiProxyOptions",): REMOVE}, RESOURCE),
    *(
        Bend(
            "E9541",
            {
                ("Other",): resource(
                    "AWS::ApiGateway::Resource",
                    RestApiId=ref("ApiRestApi"),
                    ParentId=parent,
                    PathPart=part,
                )
            },
            ("Other", P, at),
        )
        for parent, part, at in (
            (get("ApiRestApi", "RootResourceId"), "{other}", "PathPart"),
            (ref("ApiProxy"), "below", "ParentId"),
        )
    ),
    Alone("W9505", {("Nothing",): {"Type": "AWS::SNS::Topic"}}, ("ApiStage",)),
    bend("W9508", (*ERRORS, "StatusCode"), "200"),
    bend(
        "W9508",
        (*ERRORS, "ResponseTemplates"),
        {"application/json": '{"message": "$context.error.messageString"}'},
    ),
    bend("W9508", (*INTEGRATION, "IntegrationHttpMethod"), "GET"),
    bend(
        "W9508",
        (*API, "Policy"),
        '{"Statement": {"Effect": "Allow", "Condition": {"IpAddress": {"aws:SourceIp": '
        '["192.168.0.0/16"]}}}}',
    ),
    bend("W9508", (*API, "Policy"), policy("Allow", {"StringEquals": VPC})),
    bend("W9508", (*API, "Policy"), policy("Deny", {"StringNotEquals": VPC})),
    bend("E9525", (*INTEGRATION, "ConnectionId"), "${stageVariables.vpcLinkId}"),
    bend("W9508", (*RESOURCE, "PathPart"), "{proxy}"),
    *(
        bend(
            "W9508",
            (*API, "Policy"),
            {
                "Statement": [
                    {"Effect": effect, "Condition": {test: {"aws:SourceIp": "10.0.0.0/8"}}}
                ]
            },
        )
        for effect, test in (("Allow", "IpAddress"), ("Deny", "NotIpAddress"))
    ),
]

FINE = [
    bend("W9508", (*API, "Policy"), policy("Deny", {"StringEquals": VPC})),
    Bend(
        "E9525",
        {
            (*INTEGRATION, "ConnectionId"): "${stageVariables.link}",
            (*STAGE, "Variables"): {"link": {"Ref": "ApiVpcLink"}},
        },
    ),
]
