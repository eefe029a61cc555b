"""Cards of API Gateway: what it asks of a client, and how much it lets through."""

from collections.abc import Iterator
from typing import Any

from checks.references import at, number
from reports.picture.card import GATEWAY, card, count, named
from reports.picture.facts import Facts
from reports.picture.model import Card, Line


def rest_api(facts: Facts, key: str) -> Card:
    """REST API: its name, keys, limits and preflight."""
    used = facts.users_of
    mappings = used(key, "AWS::ApiGateway::BasePathMapping")
    domains = named(facts, mappings, "AWS::ApiGateway::DomainName")
    stages = used(key, "AWS::ApiGateway::Stage")
    methods = used(key, "AWS::ApiGateway::Method")
    plans = used(key, "AWS::ApiGateway::UsagePlan")
    members = [m for plan in plans for m in used(plan, "AWS::ApiGateway::UsagePlanKey")]
    keys = named(facts, members, "AWS::ApiGateway::ApiKey")
    options = [method for method in methods if facts.text(method, "HttpMethod") == "OPTIONS"]
    guarded = [method for method in methods if facts.true(method, "ApiKeyRequired")]
    scope = facts.literal(at(facts.items(key, "EndpointConfiguration", "Types"), 0)).lower()
    return card(
        facts,
        key,
        ("gateway", "network", "API Gateway", GATEWAY),
        Line(f"REST, {scope}" if scope else "REST"),
        *_domain(facts, domains, mappings),
        Line("API key required" if guarded else "", (*guarded, *keys, *members)),
        *_limits(facts, plans),
        *_stages(facts, stages),
        Line(f"CORS for {_origin(facts, options)}" if options else "", tuple(options)),
    )


def _domain(facts: Facts, domains: list[str], mappings: list[str]) -> Iterator[Line]:
    for index, domain in enumerate(domains):
        policy = facts.text(domain, "SecurityPolicy").replace("_", " ", 1).replace("_", ".")
        yield Line(policy or "own name", (domain, *(mappings if index == 0 else ())))


def _limits(facts: Facts, plans: list[str]) -> Iterator[Line]:
    """What a key may ask for; plans that say the same share their lines."""
    texts: dict[tuple[str, ...], list[str]] = {}
    for plan in plans:
        throttle, quota = facts.get(plan, "Throttle"), facts.get(plan, "Quota")
        said = [text] if (text := _rate(throttle, "", "/s a key")) else []
        limit, period = number(at(quota, "Limit")), facts.literal(at(quota, "Period"))
        said += [f"{limit:,.0f} a {period.lower()}"] if limit is not None else []
        texts.setdefault(tuple(said) or ("usage plan",), []).append(plan)
    for said_by, owners in texts.items():
        yield Line(said_by[0], tuple(owners))
        yield from (Line(text) for text in said_by[1:])


def _stages(facts: Facts, stages: list[str]) -> Iterator[Line]:
    for stage in stages:
        limits = facts.get(stage, "MethodSettings", 0)
        name = facts.text(stage, "StageName")
        told = _rate(limits, "Throttling", "/s in all")
        yield Line(told or f"stage {name}".strip(), (stage,))


def _rate(limits: Any, prefix: str, unit: str) -> str:
    """Rate and burst as text: 10/s a key, burst 20."""
    rate, burst = (number(at(limits, f"{prefix}{name}Limit")) for name in ("Rate", "Burst"))
    if rate is None:
        return ""
    return f"{rate:,g}{unit}" + (f", burst {burst:,g}" if burst is not None else "")


def _origin(facts: Facts, options: list[str]) -> str:
    name = "method.response.header.Access-Control-Allow-Origin"
    path = ("Integration", "IntegrationResponses", 0, "ResponseParameters", name)
    return facts.text(options[0], *path).strip("'").replace("*", "any origin") or "origins"


def http_api(facts: Facts, key: str) -> Card:
    """HTTP or WebSocket API: what it is, and how much of it there is."""
    mappings = facts.users_of(key, "AWS::ApiGatewayV2::ApiMapping")
    domains = named(facts, mappings, "AWS::ApiGatewayV2::DomainName")
    stages = facts.users_of(key, "AWS::ApiGatewayV2::Stage")
    routes = facts.users_of(key, "AWS::ApiGatewayV2::Route")
    return card(
        facts,
        key,
        ("gateway", "network", "API Gateway", GATEWAY),
        Line(f"{facts.text(key, 'ProtocolType') or 'HTTP'} API"),
        Line("own name" if domains else "", (*domains, *mappings)),
        Line(count(len(routes), "route") if routes else "", tuple(routes)),
        Line(count(len(stages), "stage") if stages else "", tuple(stages)),
    )
