"""A rule about methods answers alike for a listed method and for one in an OpenAPI document."""

from typing import Any

import pytest

from cfnlink.rules import RULES as CLASSES
from tests.template import get_att, read, ref, resource

API = "AWS::ApiGateway::"
KEY = {"type": "apiKey", "name": "x-api-key", "in": "header"}
CALLER = {"type": "apiKey", "name": "Authorization", "in": "header",
          "x-amazon-apigateway-authtype": "awsSigv4"}  # fmt: skip
SCHEMES = {"key": KEY, "caller": CALLER}
SWAGGER = {"swagger": "2.0", "securityDefinitions": SCHEMES}
OPENAPI = {"openapi": "3.0.1", "components": {"securitySchemes": SCHEMES}}
LINK = resource("AWS::ApiGatewayV2::VpcLink", SubnetIds=["a", "b"])
BALANCER = resource(
    "AWS::ElasticLoadBalancingV2::LoadBalancer", Scheme="internal", Subnets=["a"]
)
LISTENER = resource(
    "AWS::ElasticLoadBalancingV2::Listener",
    LoadBalancerArn=ref("Balancer"), Port=80, Protocol="HTTP",
)  # fmt: skip
PROXY = {"type": "http_proxy", "httpMethod": "GET", "uri": "http://example.com/"}
MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
ORIGIN = "method.response.header.Access-Control-Allow-Origin"
THERE = ("Resources", "Api", "Properties", "Body")
Path = tuple[str, ...]


def found(rule: str, resources: dict[str, Any]) -> list[Path]:
    cfn = read({"Resources": resources})
    return [tuple(map(str, match.path)) for match in CLASSES[rule]().match(cfn)]


def described(
    verb: str, operation: dict[str, Any], form: dict[str, Any], **more: Any
) -> dict[str, Any]:
    body = {**form, **more, "paths": {"/a": {verb: operation}}}
    return {
        "Api": resource(f"{API}RestApi", Body=body),
        "Deployment": resource(f"{API}Deployment", RestApiId=ref("Api")),
        "Link": LINK, "Balancer": BALANCER, "Listener": LISTENER,
    }  # fmt: skip


def listed(verb: str, **method: Any) -> dict[str, Any]:
    path = resource(f"{API}Resource", RestApiId=ref("Api"), PathPart="a",
                    ParentId=get_att("Api", "RootResourceId"))  # fmt: skip
    made = resource(f"{API}Method", RestApiId=ref("Api"), ResourceId=ref("Path"),
                    HttpMethod=verb, **method)  # fmt: skip
    return {
        "Api": resource(f"{API}RestApi"), "Path": path, "Method": made,
        "Deployment": {**resource(f"{API}Deployment", RestApiId=ref("Api")),
                       "DependsOn": "Method"},
        "Link": LINK, "Balancer": BALANCER, "Listener": LISTENER,
    }  # fmt: skip


def given(**integration: Any) -> dict[str, Any]:
    """Return a listed method's properties with an integration."""
    return {"Integration": integration}


CONNECTED = {**PROXY, "connectionType": "VPC_LINK", "connectionId": ref("Link"),
             "integrationTarget": ref("Balancer")}  # fmt: skip
LINKED = {"Type": "HTTP_PROXY", "IntegrationHttpMethod": "GET", "ConnectionType": "VPC_LINK",
          "ConnectionId": ref("Link"), "IntegrationTarget": ref("Balancer")}  # fmt: skip
FACTS: list[tuple[str, str, dict[str, Any], Path, dict[str, Any]]] = [
    ("E9964", "get", {}, (), {}),
    ("W9512", "get", {"x": PROXY}, (), given(Type="HTTP_PROXY")),
    ("E9598", "options", {"x": MOCK, "security": [{"key": []}]}, ("security",),
     {"ApiKeyRequired": True}),
    ("E9599", "options", {"x": MOCK, "security": [{"caller": []}]}, ("security",),
     {"AuthorizationType": "AWS_IAM"}),
    ("E9599", "options", {"x": MOCK, "x-amazon-apigateway-auth": {"type": "aws_iam"}},
     ("x-amazon-apigateway-auth", "type"), {"AuthorizationType": "AWS_IAM"}),
    ("W9511", "get", {"x": PROXY, "security": [{"key": []}]}, ("security",),
     {"ApiKeyRequired": True}),
    ("E9542", "get", {"x": {**PROXY, "connectionId": ref("Link")}}, ("x",),
     given(Type="HTTP_PROXY", ConnectionId=ref("Link"))),
    ("E9543", "get", {"x": {k: CONNECTED[k] for k in CONNECTED if "Target" not in k}}, ("x",),
     given(**{k: LINKED[k] for k in LINKED if "Target" not in k})),
    ("E9545", "get", {"x": {**CONNECTED, "type": "aws_proxy"}}, ("x", "type"),
     given(**{**LINKED, "Type": "AWS_PROXY"})),
    ("E9533", "get", {"x": {**CONNECTED, "uri": "http://a:81/"}}, ("x", "uri"),
     given(**LINKED, Uri="http://a:81/")),
    ("E9537", "get", {"x": {**PROXY, "uri": "http://10.0.0.1/"}}, ("x",),
     given(Type="HTTP_PROXY", Uri="http://10.0.0.1/")),
    ("E9590", "get", {"x": {**PROXY, "uri": "http://example.com/{b}"}}, ("x", "uri"),
     given(Type="HTTP_PROXY", Uri="http://example.com/{b}")),
    ("W9592", "x-amazon-apigateway-any-method", {"x": PROXY}, ("x", "httpMethod"),
     given(Type="HTTP_PROXY", IntegrationHttpMethod="GET")),
    ("E9594", "options", {"x": {**MOCK, "requestTemplates": {"application/json": "{}"}}},
     ("x", "requestTemplates", "application/json"),
     given(Type="MOCK", RequestTemplates={"application/json": "{}"})),
    ("E9516", "options",
     {"x": {**MOCK, "responses": {"default": {"statusCode": "200",
                                              "responseParameters": {ORIGIN: "'*'"}}}},
      "responses": {"200": {"description": "none"}}},
     ("x", "responses", "default", "responseParameters", ORIGIN),
     {"MethodResponses": [{"StatusCode": "200"}],
      **given(Type="MOCK", IntegrationResponses=[
          {"StatusCode": "200", "ResponseParameters": {ORIGIN: "'*'"}}])}),
    ("W9516", "options",
     {"x": {**MOCK, "responses": {"default": {"statusCode": "200",
                                              "responseParameters": {ORIGIN: "'a'"}}}}},
     ("x", "responses", "default", "responseParameters", ORIGIN),
     given(Type="MOCK", IntegrationResponses=[
         {"StatusCode": "200", "ResponseParameters": {ORIGIN: "'a'"}}])),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "verb", "operation", "at", "method"), FACTS)
def test_a_fault_is_found_in_both_forms(
    rule: str, verb: str, operation: dict[str, Any], at: Path, method: dict[str, Any]
) -> None:
    names = {"x": "x-amazon-apigateway-integration"}
    whole = {names.get(key, key): value for key, value in operation.items()}
    place = (*THERE, "paths", "/a", verb, *(names.get(step, step) for step in at))
    name = "ANY" if verb.startswith("x-") else verb.upper()

    assert found(rule, listed(name, **method))
    for form in (SWAGGER, OPENAPI):
        assert place in found(rule, described(verb, whole, form))


WHOLE: dict[str, Any] = {"x-amazon-apigateway-integration": CONNECTED,
                         "security": [{"caller": []}]}  # fmt: skip


@pytest.mark.parametrize("rule", ["E9501", "W9501", "W9512", "E9964", "E9533", "W9597"])
@pytest.mark.parametrize("form", [SWAGGER, OPENAPI])
def test_a_good_document_has_no_fault(rule: str, form: dict[str, Any]) -> None:
    assert found(rule, described("get", WHOLE, form)) == []


def test_what_holds_for_the_whole_document_holds_for_each_operation() -> None:
    security: dict[str, Any] = {"security": [{"caller": []}]}
    operation = {"x-amazon-apigateway-integration": {"$ref": "#/components/x/one"}}
    components = {"components": {"securitySchemes": SCHEMES, "x": {"one": PROXY}}}

    assert found("W9512", described("get", operation, components, **security)) == []
    assert found("E9964", described("get", operation, components)) == []


@pytest.mark.parametrize("rule", ["E9012", "E9964", "W9512"])
@pytest.mark.parametrize("more", [{}, {"summary": "included"}])
def test_an_included_operation_is_not_judged(rule: str, more: dict[str, str]) -> None:
    operation = {"Fn::Transform": {"Name": "AWS::Include"}, **more}

    assert found(rule, described("get", operation, OPENAPI)) == []


def test_an_operation_without_security_asks_for_no_authorization() -> None:
    operation = {"x-amazon-apigateway-integration": PROXY}

    assert found("E9012", described("get", operation, OPENAPI)) == []
    assert found("W9512", described("get", operation, OPENAPI))


@pytest.mark.parametrize("responses", [{}, {"default": {"statusCode": "200"}}])
def test_a_mock_needs_a_template(responses: dict[str, Any]) -> None:
    integration = {"type": "mock", **({"responses": responses} if responses else {})}
    operation = {"x-amazon-apigateway-integration": integration}

    assert found("E9584", described("get", operation, OPENAPI))


@pytest.mark.parametrize(
    "properties",
    [{"BodyS3Location": {"Bucket": "b", "Key": "k"}},
     {"Body": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3"}}}}],
)  # fmt: skip
@pytest.mark.parametrize("rule", ["E9501", "E9964", "E9511"])
def test_a_document_elsewhere_is_not_judged(rule: str, properties: dict[str, Any]) -> None:
    api = resource(f"{API}RestApi", EndpointConfiguration={"Types": ["PRIVATE"]}, **properties)
    deployment = resource(f"{API}Deployment", RestApiId=ref("Api"))

    assert found(rule, {"Api": api, "Deployment": deployment}) == []


def test_a_document_has_the_policy_and_the_gateway_responses_of_its_api() -> None:
    key = "gatewayresponse.header.Access-Control-Allow-Origin"
    answers = {"DEFAULT_4XX": {"responseParameters": {key: "*"}}}
    extra = {
        "x-amazon-apigateway-policy": {"Statement": []},
        "x-amazon-apigateway-gateway-responses": answers,
    }
    resources = described("get", WHOLE, OPENAPI, **extra)
    resources["Api"]["Properties"]["EndpointConfiguration"] = {"Types": ["PRIVATE"]}
    place = ("x-amazon-apigateway-gateway-responses", "DEFAULT_4XX", "responseParameters", key)

    assert found("E9511", resources) == []
    assert found("E9517", resources) == [(*THERE, *place)]
    for name in extra:
        resources["Api"]["Properties"]["Body"].pop(name)
    assert found("E9511", resources)


@pytest.mark.parametrize(("version", "faults"), [("1.0", 0), ("2.0", 1)])
def test_the_integration_of_an_http_api_is_read_like_a_listed_one(
    version: str, faults: int
) -> None:
    integration = {**PROXY, "payloadFormatVersion": version}
    body = {"paths": {"/a": {"get": {"x-amazon-apigateway-integration": integration}}}}
    api = resource("AWS::ApiGatewayV2::Api", Body=body)

    assert len(found("E9962", {"Api": api})) == faults
