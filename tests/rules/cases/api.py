"""Bad cases of cfnlink/rules/api.py."""

from typing import Any

from build import build
from tests.helpers import example_settings
from tests.rules.cases import REMOVE, BadCase, Path

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


def case(rule: str, path: Path, value: Any, at: Path | None = None) -> BadCase:
    return BadCase(rule, {path: value}, at or path)


def policy(effect: str, condition: dict[str, Any]) -> dict[str, Any]:
    """A policy of an API for some callers."""
    return {"Statement": [{"Effect": effect, "Principal": "*", "Condition": condition}]}


class Alone(BadCase):
    """A case of the good template as one stack that hands nothing out."""

    def mutate(self, good: dict[str, Any]) -> dict[str, Any]:
        bent = super().mutate(good)
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

BAD_CASES = [
    case("E9501", (DEPLOYMENT, "DependsOn"), UNREADY, (DEPLOYMENT,)),
    case("E9501", (DEPLOYMENT, "DependsOn"), REMOVE, (DEPLOYMENT,)),
    *(
        case(
            "W9501",
            (DEPLOYMENT, "DependsOn"),
            lambda names, name=name: [n for n in names if n != name],
        )
        for name in (*METHODS, "ApiClientErrors", "ApiServerErrors")
    ),
    case("W9502", ("Deployment",), resource("AWS::ApiGateway::Deployment")),
    case(
        "E9503",
        (DEPLOYMENT, P),
        {"RestApiId": ref("ApiRestApi"), "StageName": "gateway-stage"},
        (DEPLOYMENT, P, "StageName"),
    ),
    *(
        BadCase("E9504", {("Other",): OTHER_API, (*where, name): ref("Other")}, (*where, at))
        for where, name, at in (
            (PROXY, "RestApiId", "ResourceId"),
            (STAGE, "RestApiId", "DeploymentId"),
            (RESOURCE, "RestApiId", "ParentId"),
            ((*PLAN, "ApiStages", 0), "ApiId", "Stage"),
            (("DnsBasePathMapping", P), "RestApiId", "Stage"),
        )
    ),
    BadCase("W9505", {("AccountApiGatewayAccount",): REMOVE}, LOG),
    case("W9506", (*LOG, "Format"), "$context.requestId $context.sourceIp"),
    case("W9509", (*SETTING, "LoggingLevel"), "INFO"),
    case("E9516", (*ANSWER, "StatusCode"), "200"),
    case(
        "E9516",
        (*OPTIONS, "MethodResponses", 0, "ResponseParameters", f"{ALLOW}Origin"),
        REMOVE,
        (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"),
    ),
    case("E9517", (*ERRORS, "ResponseParameters", f"{GATEWAY}Origin"), "*"),
    case("E9517", (*ERRORS, "ResponseParameters", "Access-Control-Max-Age"), "'1'"),
    case("E9517", (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"), "*"),
    case("E9517", (*MAPPINGS, "integration.request.header.x-api-key"), "hidden"),
    case("E9517", (*PROXY, "RequestParameters", "method.request.proxy"), True),
    case("E9521", (*MOCK, "RequestTemplates", "application/json"), "{}"),
    case("E9521", (*MOCK, "ContentHandling"), REMOVE, MOCK),
    case("E9521", (*MOCK, "RequestTemplates", "application/json"), '{"statusCode": 200}'),
    case("E9524", (*MAPPINGS, "integration.request.path.proxy"), REMOVE, (*INTEGRATION, "Uri")),
    case(
        "E9524",
        (*PROXY, "RequestParameters"),
        REMOVE,
        (*MAPPINGS, "integration.request.path.proxy"),
    ),
    case(
        "E9524",
        (*INTEGRATION, "Uri"),
        "http://service.internal:80/",
        (*MAPPINGS, "integration.request.path.proxy"),
    ),
    case(
        "E9524",
        (*RESOURCE, "PathPart"),
        "{path+}",
        (*PROXY, "RequestParameters", "method.request.path.proxy"),
    ),
    case("W9525", ("ApiRootMethod",), REMOVE, (*RESOURCE, "PathPart")),
    case("W9525", ("ApiProxyMethod",), REMOVE, RESOURCE),
    BadCase("W9525", {("ApiProxyMethod",): REMOVE, ("ApiProxyOptions",): REMOVE}, RESOURCE),
    *(
        BadCase(
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
    case("W9508", (*ERRORS, "StatusCode"), "200"),
    case(
        "W9508",
        (*ERRORS, "ResponseTemplates"),
        {"application/json": '{"message": "$context.error.messageString"}'},
    ),
    case("W9508", (*INTEGRATION, "IntegrationHttpMethod"), "GET"),
    case(
        "W9508",
        (*API, "Policy"),
        '{"Statement": {"Effect": "Allow", "Condition": {"IpAddress": {"aws:SourceIp": '
        '["192.168.0.0/16"]}}}}',
    ),
    case("W9508", (*API, "Policy"), policy("Allow", {"StringEquals": VPC})),
    case("W9508", (*API, "Policy"), policy("Deny", {"StringNotEquals": VPC})),
    case("E9525", (*INTEGRATION, "ConnectionId"), "${stageVariables.vpcLinkId}"),
    case("W9508", (*RESOURCE, "PathPart"), "{proxy}"),
    *(
        case(
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

ACCEPTED = [
    case("W9508", (*API, "Policy"), policy("Deny", {"StringEquals": VPC})),
    BadCase(
        "E9525",
        {
            (*INTEGRATION, "ConnectionId"): "${stageVariables.link}",
            (*STAGE, "Variables"): {"link": {"Ref": "ApiVpcLink"}},
        },
    ),
]
