"""One origin stands in each answer; of several, the one that asks, if it is in the list."""

import json
import subprocess
from typing import Any

import pytest

from build import build
from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import (
    System,
    attributes,
    container,
    of_type,
    resources_of,
    variables,
)
from tests.tools import need

ORIGINS = ["https://a.example.com", "https://b.example.com", "http://localhost:3000"]
# Origins that only resemble one of the list, and texts that a template could run.
HOSTILE: list[tuple[str, ...]] = [
    (), ("https://b.example.com.evil.com",), ("null",), ("",), ("*",),
    ("https://evilb.example.com",), ("https://bXexample.com",),
    ("https://b.example.com:8443",), ("http://b.example.com",), ("https://B.example.com",),
    ("https://b.example.com/",), ("https://b.example.com, https://evil.com",),
    ('" == "" || "a',), ('"https://b.example.com"',), ("'https://b.example.com'",),
    ("$context.stage",), ("$origin",), ("#set($origin = 'https://evil.com')",), ("\\",),
]  # fmt: skip
# Velocity is what API Gateway's templates are written in.
VELOCITY = """\
import airspeed, json, sys
class Input:
    def __init__(self, headers): self.headers = headers
    def params(self): return {"header": self.headers}
def run(template, headers):
    override = {}
    context = {"responseOverride": {"header": override}}
    names = {"input": Input(headers), "context": context}
    return [airspeed.Template(template).merge(names), override]
given = json.load(sys.stdin)
print(json.dumps([run(given["template"], headers) for headers in given["requests"]]))
"""
HEADER = "method.response.header.Access-Control-Allow-Origin"


def several(production: Settings, *, credentials: bool = False) -> System:
    settings = changed(production, "api.cors_allow_origin", ORIGINS)
    return resources_of(changed(settings, "api.cors_allow_credentials", credentials))


def response_of(system: System, name: str = "ApiProxyOptions") -> dict[str, Any]:
    (response,) = properties(system, name)["Integration"]["IntegrationResponses"]
    return dict(response)


def allowed(template: str, requests: list[dict[str, str]]) -> list[list[Any]]:
    """Return the body and the headers that a template gives for the headers of requests."""
    done = subprocess.run(
        [need("emulator"), "-c", VELOCITY],
        input=json.dumps({"template": template, "requests": requests}),
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout))


def test_a_list_of_one_origin_is_that_origin(production: Settings) -> None:
    text, listed = (
        build(changed(production, "api.cors_allow_origin", value)).files
        for value in (ORIGINS[0], ORIGINS[:1])
    )

    assert text == listed


def test_a_preflight_allows_whole_origins_of_the_list_alone(production: Settings) -> None:
    response = response_of(several(production))
    template = response["ResponseTemplates"]["application/json"]
    name = "Access-Control-Allow-Origin"
    good = [{key: origin} for origin in ORIGINS[1:] for key in ("Origin", "origin")]
    bad = [{"Origin": hostile[0]} if hostile else {} for hostile in HOSTILE]
    bad += [{"Origin": ORIGINS[0]}, {"Origin": ORIGINS[1], "origin": "https://evil.com"}]

    found = allowed(template, good + bad)

    assert response["ResponseParameters"][HEADER] == f"'{ORIGINS[0]}'"
    assert response["ResponseParameters"]["method.response.header.Vary"] == "'Origin'"
    assert found == [
        *(["", {name: origin}] for request in good for origin in request.values()),
        *(["", {}] for _ in bad),
    ]


def test_every_preflight_of_the_api_has_the_template(production: Settings) -> None:
    system = several(changed(production, "api.paths", {"/webhooks/{proxy+}": {}}))
    options = [
        name
        for name, body in of_type(system, "AWS::ApiGateway::Method").items()
        if body["Properties"]["HttpMethod"] == "OPTIONS"
    ]

    assert len(options) == 4
    assert len({json.dumps(response_of(system, name)) for name in options}) == 1


@pytest.mark.parametrize("credentials", [False, True])
def test_errors_of_the_gateway_allow_all_without_credentials(
    production: Settings, credentials: bool
) -> None:
    system = several(production, credentials=credentials)

    for body in of_type(system, "AWS::ApiGateway::GatewayResponse").values():
        headers = body["Properties"]["ResponseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
        assert not [name for name in headers if "Credentials" in name]
    mapped = response_of(system)["ResponseParameters"]
    sent = "method.response.header.Access-Control-Allow-Credentials" in mapped
    assert sent is credentials


def test_the_service_gets_the_list_and_the_balancer_adds_no_origin(
    production: Settings,
) -> None:
    system = several(production)
    sent = attributes(properties(system, "LoadBalancerListener")["ListenerAttributes"])
    before = properties(resources_of(production), "LoadBalancerListener")

    assert variables(container(system))["CORS_ALLOW_ORIGINS"] == ",".join(ORIGINS)
    assert sent["routing.http.response.access_control_allow_origin.header_value"] == ""
    assert sent.keys() == attributes(before["ListenerAttributes"]).keys()
