"""The API gets a new deployment exactly when its snapshot would change."""

import json
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from troposphere import apigateway

from build import architecture
from templates.deployment import api_deployment
from templates.settings import Settings
from templates.stack import Stack
from tests.helpers import changed, example_settings

PRODUCTION = example_settings()
# Whatever the gateway serves from, by its settings.
SERVED = {
    "api.timeout_seconds": st.floats(0.05, 28.9).map(lambda seconds: round(seconds, 3)),
    "api.cors_allow_origin": st.sampled_from(
        ["https://a.example.com", "http://localhost:3000"]
    ),
    "api.cors_allow_methods": st.sampled_from(["GET", "GET,POST"]),
    "api.cors_allow_headers": st.sampled_from(["Content-Type", "X-Api-Key"]),
    "api.cors_expose_headers": st.sampled_from(["ETag", "X-Total"]),
    "api.cors_max_age_seconds": st.integers(0, 3599),
    "api.firewall": st.sampled_from(["203.0.113.0/24", "192.0.2.7/32"]).map(
        lambda text: {"allow": (IPv4Network(text),)}
    ),
    "environment": st.sampled_from(["other", "another"]),
}
ELSEWHERE = {
    "api.rate_limit": st.integers(20, 99),
    "api.burst_limit": st.integers(20, 199),
    "api.clients": st.sampled_from([{"web": {}}, {"web": {"rate_limit": 3}, "app": {}}]),
    "api.firewall": st.sampled_from([{"web_acl": True}, {"web_acl": True, "rate_limit": 99}]),
    "dns.domain": st.sampled_from([None, "www.example.com"]),
    "service.cpu_target_percent": st.integers(10, 59),
    "service.port": st.integers(3001, 9000),
    "service.environment": st.dictionaries(st.sampled_from("ABC"), st.text("xyz")),
    "database.storage_gib": st.integers(21, 80),
    "logs.retention_days": st.sampled_from([1, 3, 14]),
    "monitoring.latency_ms": st.integers(1, 999),
    "tags": st.dictionaries(st.sampled_from("ab"), st.text("xyz")),
    "network.egress": st.sampled_from(["nat", "endpoints"]),
}


def one_of(changes: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[tuple[str, Any]]:
    return st.sampled_from(sorted(changes)).flatmap(
        lambda key: st.tuples(st.just(key), changes[key])
    )


def api_stack(settings: Settings) -> Stack:
    return next(tier.stack for tier in architecture(settings) if tier.stack.tier == "api")


def deployment_id(settings: Settings) -> str:
    resources = api_stack(settings).template.resources
    (title,) = [t for t, body in resources.items() if isinstance(body, apigateway.Deployment)]
    return str(title)


BEFORE = deployment_id(PRODUCTION)


@given(one_of(SERVED))
def test_a_change_of_what_is_served_makes_another_deployment(change: tuple[str, Any]) -> None:
    assert deployment_id(changed(PRODUCTION, *change)) != BEFORE


@given(one_of(ELSEWHERE))
def test_a_change_elsewhere_does_not(change: tuple[str, Any]) -> None:
    assert deployment_id(changed(PRODUCTION, *change)) == BEFORE


def again(stack: Stack) -> str:
    """Return the deployment's id for the current resources of the stack."""
    rest_api = stack.template.resources["RestApi"]
    assert isinstance(rest_api, apigateway.RestApi)
    return str(api_deployment(stack, rest_api).title)


def served_properties() -> list[tuple[str, str]]:
    """Return every property of the resources in the snapshot, and of their link."""
    resources = api_stack(PRODUCTION).template.resources
    kinds = ("RestApi", "Resource", "Method", "GatewayResponse", "VpcLink")
    return [
        (title, name)
        for title, body in resources.items()
        if str(body.resource_type).rpartition("::")[2] in kinds
        for name in body.to_dict()["Properties"]
    ]


class Changed:
    """A value that differs from the template's."""

    def __init__(self, was: Any) -> None:
        self.was = was

    def to_dict(self) -> Any:
        return ["changed", json.loads(json.dumps(self.was, default=lambda o: o.to_dict()))]


@pytest.mark.parametrize(("title", "name"), served_properties())
def test_each_property_of_what_is_served_counts(title: str, name: str) -> None:
    stack = api_stack(PRODUCTION)
    body = stack.template.resources[title]
    body.properties[name] = Changed(body.properties[name])

    assert again(stack) != BEFORE


def test_a_removed_method_counts() -> None:
    stack = api_stack(PRODUCTION)
    del stack.template.resources["RootMethod"]

    assert again(stack) != BEFORE


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_code_does_not_count(random: Any) -> None:
    stack = api_stack(PRODUCTION)
    resources = list(stack.template.resources.items())
    random.shuffle(resources)
    stack.template.resources = dict(resources)

    assert again(stack) == BEFORE


@pytest.mark.parametrize("title", ["Stage", "AccessLog", "PlanDefault", "ApiKeyDefault"])
def test_resources_beside_the_api_do_not_count(title: str) -> None:
    stack = api_stack(PRODUCTION)
    del stack.template.resources[title]

    assert again(stack) == BEFORE
