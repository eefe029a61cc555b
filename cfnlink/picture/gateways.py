"""Cards of API Gateway: what it requires from a client, and its limits."""

import re
from collections.abc import Iterator
from typing import Any

from cfnlink.picture.card import card, count, named
from cfnlink.picture.facts import Facts
from cfnlink.picture.model import Card, Line
from cfnlink.system.link import SMOKE_KEY
from cfnlink.system.references import at, number

KEY, MEMBER = "AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlanKey"

# The lowest version that a security policy accepts: TLS_1_2, SecurityPolicy_TLS13_1_2_2021_06,
# SecurityPolicy_TLS12_2018_EDGE.
LOWEST_TLS = re.compile(r"TLS(?:13)?_1_(\d)|TLS1(\d)_(?:PFS_)?20")


def rest_api(facts: Facts, key: str) -> Card:
    """Return the card of a REST API: its name, keys, limits and preflight."""
    used = facts.users_of
    mappings = used(key, "AWS::ApiGateway::BasePathMapping")
    domains = named(facts, mappings, "AWS::ApiGateway::DomainName")
    stages = used(key, "AWS::ApiGateway::Stage")
    methods = used(key, "AWS::ApiGateway::Method")
    plans = used(key, "AWS::ApiGateway::UsagePlan")
    members = [member for plan in plans for member in used(plan, MEMBER)]
    keys = named(facts, members, KEY)
    options = [method for method in methods if facts.text(method, "HttpMethod") == "OPTIONS"]
    guarded = [method for method in methods if facts.true(method, "ApiKeyRequired")]
    scope = facts.literal(at(facts.items(key, "EndpointConfiguration", "Types"), 0)).lower()
    return card(
        facts,
        key,
        Line(f"REST, {scope}" if scope else "REST"),
        *_domain(facts, domains, mappings),
        Line("API key required" if guarded else "", (*guarded, *keys, *members)),
        *_limits(facts, plans),
        *_stages(facts, stages),
        Line(f"CORS for {_origin(facts, options)}" if options else "", tuple(options)),
    )


def _domain(facts: Facts, domains: list[str], mappings: list[str]) -> Iterator[Line]:
    for index, domain in enumerate(domains):
        policy = LOWEST_TLS.search(facts.text(domain, "SecurityPolicy"))
        text = f"TLS 1.{policy[1] or policy[2]}" if policy else "own name"
        yield Line(text, (domain, *(mappings if index == 0 else ())))


def _limits(facts: Facts, plans: list[str]) -> Iterator[Line]:
    """Yield the limits of a client's key, from the lowest to the highest of the plans."""
    own = [plan for plan in plans if not _is_operational(facts, plan)]
    throttles = [facts.get(plan, "Throttle") for plan in own]
    quotas: dict[str, list[Any]] = {}
    for quota in (facts.get(plan, "Quota") for plan in own):
        quotas.setdefault(facts.literal(at(quota, "Period")).lower(), []).append(quota)
    texts = [_rate(throttles, "", "/s a key")]
    for period, found in quotas.items():
        limit = _span(found, "Limit")
        texts += [f"{limit} a {period}"] * bool(limit)
    said = [text for text in texts if text] or ["usage plan"] * bool(plans)
    yield from (Line(text, tuple(plans) if text is said[0] else ()) for text in said)


def _is_operational(facts: Facts, plan: str) -> bool:
    """Whether a usage plan has the operations' key and no other."""
    keys = named(facts, facts.users_of(plan, MEMBER), KEY)
    return keys == [facts.system.parts.get(SMOKE_KEY)]


def _span(limits: list[Any], key: str) -> str:
    """Return the numbers of a key as text: 20, or 1 to 20."""
    found = [value for limit in limits if (value := number(at(limit, key))) is not None]
    ends = sorted({min(found), max(found)}) if found else []
    return " to ".join(f"{end:,.10g}" for end in ends)


def _stages(facts: Facts, stages: list[str]) -> Iterator[Line]:
    for stage in stages:
        limits = facts.get(stage, "MethodSettings", 0)
        name = facts.text(stage, "StageName")
        rate = _rate([limits], "Throttling", "/s in all")
        yield Line(rate or f"stage {name}".strip(), (stage,))


def _rate(limits: list[Any], prefix: str, unit: str) -> str:
    """Return rate and burst as text: 10/s a key, burst 20."""
    rate, burst = (_span(limits, f"{prefix}{name}Limit") for name in ("Rate", "Burst"))
    return f"{rate}{unit}{f', burst {burst}' * bool(burst)}" if rate else ""


def _origin(facts: Facts, options: list[str]) -> str:
    name = "method.response.header.Access-Control-Allow-Origin"
    path = ("Integration", "IntegrationResponses", 0, "ResponseParameters", name)
    return facts.text(options[0], *path).strip("'").replace("*", "any origin") or "origins"


def http_api(facts: Facts, key: str) -> Card:
    """Return the card of an HTTP or WebSocket API: its type, routes and stages."""
    mappings = facts.users_of(key, "AWS::ApiGatewayV2::ApiMapping")
    domains = named(facts, mappings, "AWS::ApiGatewayV2::DomainName")
    stages = facts.users_of(key, "AWS::ApiGatewayV2::Stage")
    routes = facts.users_of(key, "AWS::ApiGatewayV2::Route")
    return card(
        facts,
        key,
        Line(f"{facts.text(key, 'ProtocolType') or 'HTTP'} API"),
        Line("own name" if domains else "", (*domains, *mappings)),
        Line(count(len(routes), "route") if routes else "", tuple(routes)),
        Line(count(len(stages), "stage") if stages else "", tuple(stages)),
    )
