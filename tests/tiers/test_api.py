"""Production has the facts that a reviewer asks for about the API."""

import json
import re
from fnmatch import fnmatch

import pytest

from templates.settings import Client, Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, attributes, of_type, resources_of


def test_every_method_but_options_needs_a_key(system: System) -> None:
    methods = [
        body["Properties"] for body in of_type(system, "AWS::ApiGateway::Method").values()
    ]

    assert len(methods) == 4
    for method in methods:
        assert method["ApiKeyRequired"] is (method["HttpMethod"] != "OPTIONS")


def test_requests_go_through_the_link_to_the_balancer(system: System) -> None:
    for name in ("ApiRootMethod", "ApiProxyMethod"):
        integration = properties(system, name)["Integration"]
        assert integration["ConnectionType"] == "VPC_LINK"
        assert integration["ConnectionId"] == {"Ref": "ApiVpcLink"}
        assert integration["IntegrationTarget"] == {"Ref": "LoadBalancerLoadBalancer"}
        assert integration["Uri"].startswith("http://")


def test_the_path_is_passed_on_and_the_key_is_not(system: System) -> None:
    method = properties(system, "ApiProxyMethod")

    assert method["RequestParameters"] == {"method.request.path.proxy": True}
    assert method["Integration"]["RequestParameters"] == {
        "integration.request.path.proxy": "method.request.path.proxy",
        "integration.request.header.X-Request-Id": "context.requestId",
        "integration.request.header.X-Api-Key-Id": "context.identity.apiKeyId",
        "integration.request.header.X-Stage": "context.stage",
        "integration.request.header.x-api-key": "'hidden'",
    }


def test_errors_of_the_gateway_carry_cors(system: System) -> None:
    kinds = {
        body["Properties"]["ResponseType"]: body["Properties"]["ResponseParameters"]
        for body in of_type(system, "AWS::ApiGateway::GatewayResponse").values()
    }

    assert set(kinds) == {"DEFAULT_4XX", "DEFAULT_5XX"}
    for headers in kinds.values():
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"


def test_bodies_pass_as_they_are(system: System) -> None:
    """Binary for all, and so a conversion for the mock that answers preflights."""
    assert properties(system, "ApiRestApi")["BinaryMediaTypes"] == ["*/*"]
    mock = properties(system, "ApiProxyOptions")["Integration"]
    assert mock["ContentHandling"] == "CONVERT_TO_TEXT"
    assert mock["IntegrationResponses"][0]["ContentHandling"] == "CONVERT_TO_TEXT"


def test_each_client_has_a_key_and_a_plan(production: Settings) -> None:
    clients = {"web": Client(rate_limit=5), "mobile": Client()}
    system = resources_of(changed(production, "api.clients", clients))

    assert properties(system, "ApiApiKeyWeb")["Enabled"] is True
    assert properties(system, "ApiPlanWeb")["Throttle"]["RateLimit"] == 5
    assert properties(system, "ApiMembershipMobile")["KeyId"] == {"Ref": "ApiApiKeyMobile"}


def test_the_stage_has_a_ceiling_and_an_access_log(system: System) -> None:
    stage = properties(system, "ApiStage")

    (settings,) = stage["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)
    assert "$context.requestId" in stage["AccessLogSetting"]["Format"]
    assert "\n" not in stage["AccessLogSetting"]["Format"]


def test_the_deployment_waits_for_all_that_it_shows(system: System) -> None:
    ((_, deployment),) = of_type(system, "AWS::ApiGateway::Deployment").items()

    shown = {
        name
        for kind in ("Method", "GatewayResponse", "Resource")
        for name in of_type(system, f"AWS::ApiGateway::{kind}")
    }
    assert shown <= set(deployment["DependsOn"])


def test_the_service_learns_who_asked_and_the_log_has_the_same_ids(system: System) -> None:
    log = json.loads(properties(system, "ApiStage")["AccessLogSetting"]["Format"])

    for method in ("ApiRootMethod", "ApiProxyMethod"):
        sent = properties(system, method)["Integration"]["RequestParameters"]
        headers = {
            name.removeprefix("integration.request.header."): f"${value}"
            for name, value in sent.items()
            if name.startswith("integration.request.header.X-")
        }
        assert headers == {
            "X-Request-Id": log["requestId"],
            "X-Api-Key-Id": log["keyId"],
            "X-Stage": log["stage"],
        }


@pytest.mark.parametrize(("timeout", "idle"), [(0.05, "60"), (29, "60"), (120.5, "126")])
def test_the_gateway_gives_up_before_the_balancer(
    production: Settings, timeout: float, idle: str
) -> None:
    system = resources_of(changed(production, "api.timeout_seconds", timeout))
    balancer = properties(system, "LoadBalancerLoadBalancer")["LoadBalancerAttributes"]
    integration = properties(system, "ApiProxyMethod")["Integration"]

    assert attributes(balancer)["idle_timeout.timeout_seconds"] == idle
    assert integration["TimeoutInMillis"] < 1000 * int(idle)


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/gateway-stage/orders/7", "/orders/7"),
        ("/gateway-stage/", "/"),
        ("/gateway-stage", "/"),
        ("/gateway-stage/gateway-stage/a", "/gateway-stage/a"),
    ],
)
def test_the_balancer_removes_the_stage_from_a_path(
    system: System, path: str, seen: str
) -> None:
    rule = properties(system, "LoadBalancerWithoutStage")
    (transform,) = rule["Transforms"]
    (rewrite,) = transform["UrlRewriteConfig"]["Rewrites"]
    patterns = rule["Conditions"][0]["PathPatternConfig"]["Values"]

    assert any(fnmatch(path, pattern) for pattern in patterns)
    assert re.sub(rewrite["Regex"], rewrite["Replace"].replace("$1", r"\1"), path) == seen


@pytest.mark.parametrize("path", ["/", "/orders", "/gateway-stages", "/a/gateway-stage/b"])
def test_the_balancer_leaves_every_other_path(system: System, path: str) -> None:
    rule = properties(system, "LoadBalancerWithoutStage")
    patterns = rule["Conditions"][0]["PathPatternConfig"]["Values"]

    assert not any(fnmatch(path, pattern) for pattern in patterns)


@pytest.mark.parametrize("allowed", [True, False])
def test_every_listener_attribute_is_sent_empty_when_it_is_off(
    production: Settings, allowed: bool
) -> None:
    """ELB keeps the value of an attribute that a template no longer names."""
    one = changed(production, "api.cors_allow_origin", "https://www.example.com")
    system = resources_of(changed(one, "api.cors_allow_credentials", allowed))
    sent = attributes(properties(system, "LoadBalancerListener")["ListenerAttributes"])
    every = attributes(
        properties(resources_of(production), "LoadBalancerListener")["ListenerAttributes"]
    )

    assert sent.keys() == every.keys()
    credentials = sent["routing.http.response.access_control_allow_credentials.header_value"]
    assert credentials == ("true" if allowed else "")


@pytest.mark.parametrize(
    ("key", "value"), [("database.ssl_mode", "verify-full"), ("database.generation", 2)]
)
def test_another_db_url_starts_new_tasks(
    production: Settings, key: str, value: str | int
) -> None:
    """ECS reads a secret only when a task starts: another task definition starts them."""
    before = properties(resources_of(production), "ServiceTaskDefinition")
    after = properties(resources_of(changed(production, key, value)), "ServiceTaskDefinition")

    assert before != after
