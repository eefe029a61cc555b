"""Callers of an API, its address and its limits: keys, plans and authorizers."""

from cfnlink.lint.conditions import none_of, one_of
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.rules._api import (
    API,
    GUIDE,
    MAPPING,
    METHOD,
    PLAN,
    REFERENCE,
    STAGE,
    api_of,
    apis_named,
    endpoint_type,
)
from cfnlink.system.api import setting
from cfnlink.system.expressions import literal_mapping, number
from cfnlink.system.resource import Resource

MAPPED = ("Integration", "RequestParameters")


@rule("W9511", METHOD, f"{GUIDE}api-gateway-setup-api-keys.html")
def api_with_keys_has_a_usage_plan(method: Resource) -> Faults:
    """An API whose methods ask for a key has a usage plan.
    A method with ApiKeyRequired answers 403 to every caller until a usage plan with a key
    names its API and stage. If the template has no plan, create one elsewhere."""
    api = api_of(method)
    if api is None or api.is_exported or not method.flag("ApiKeyRequired"):
        return
    if not any(path[-1:] == ["ApiId"] for _, path in api.users(PLAN)):
        said = f"no usage plan names {api.name}: every request gets 403"
        yield ["ApiKeyRequired"], f"{said}; add a plan and a key"


def is_unprotected(method: Resource) -> bool:
    """Whether a method other than OPTIONS has no authorization and no resource policy."""
    api, free = api_of(method), method.expression("AuthorizationType") in (None, "NONE")
    unprotected = api is not None and setting(api, "Policy") is None and free
    return unprotected and method.get("HttpMethod") != "OPTIONS"


@rule("W9968", METHOD, f"{GUIDE}api-gateway-mapping-template-reference.html")
def authorizer_values_have_an_authorizer(method: Resource) -> Faults:
    """A method that passes on what an authorizer says has an authorizer.
    Without one the values context.authorizer are empty, and it is not documented that an empty
    value replaces a header of the client: a caller could choose its own subject."""
    if method.expression("AuthorizationType") not in (None, "NONE"):
        return
    for name, value in literal_mapping(method.expression(*MAPPED)).items():
        if isinstance(value, str) and value.startswith("context.authorizer."):
            fix = "set AuthorizationType, or map a fixed value such as 'none'"
            yield [*MAPPED], f"{name}: {value} is empty without an authorizer; {fix}"


def lacks_authorizer(method: Resource) -> bool:
    """Whether the keys of a method come from an authorizer that it does not name."""
    api = api_of(method)
    ours = api is not None and setting(api, "ApiKeySourceType") == "AUTHORIZER"
    return ours and method.is_missing("AuthorizerId")


# fmt: off
method_asks_who_calls = property_rule(
    "W9512", METHOD, "ApiKeyRequired", one_of(True), required=True, only_if=is_unprotected,
    good="A method asks for a key, an authorizer or IAM.",
    why="A method without key, authorizer, IAM or resource policy is open to the internet.",
    fix="every caller may call it; ask for a key or IAM",
    docs=f"{GUIDE}apigateway-control-access-to-api.html",
)
key_of_an_authorizer_has_one = property_rule(
    "E9512", METHOD, "ApiKeyRequired", none_of(True), only_if=lacks_authorizer,
    good="A method whose key comes from an authorizer has an authorizer.",
    why="If keys come from an authorizer (ApiKeySourceType AUTHORIZER), a method that asks for "
        "a key needs an authorizer, or every request gets 403.",
    fix="the key comes from an authorizer; name it",
    docs=f"{REFERENCE}aws-resource-apigateway-method.html",
)
# fmt: on


@rule("E9555", (PLAN, MAPPING), f"{REFERENCE}aws-resource-apigateway-usageplan.html")
def resource_waits_for_its_stage(resource: Resource) -> Faults:
    """A resource that uses a stage waits for it.
    A stage that is named as text may not exist yet: "Invalid stage identifier". Take a Ref
    of the Stage, or name it in DependsOn."""
    for place, api in apis_named(resource):
        for stage, path in api.users(STAGE):
            named = resource.text(*place, "Stage") in {stage.text("StageName")} - {None}
            if path == ["RestApiId"] and named and not resource.waits_for(stage):
                yield [*place, "Stage"], f"{stage.name} may not exist yet; take a Ref of it"


@rule("E9557", (PLAN, MAPPING), f"{REFERENCE}aws-resource-apigateway-usageplan.html")
def named_stage_exists(resource: Resource) -> Faults:
    """A plan or mapping names a stage that its API has.
    API Gateway rejects a plan or a mapping whose API does not have the stage that it names."""
    for place, api in apis_named(resource):
        stages = [stage.get("StageName") for stage in api.used_by(STAGE)]
        named = resource.get(*place, "Stage")
        known = bool(stages) and all(isinstance(stage, str) for stage in stages)
        if known and isinstance(named, str) and named not in stages:
            yield [*place, "Stage"], f"{named} is no stage; take {', '.join(stages)}"


@rule("W9557", METHOD, f"{GUIDE}setup-http-integrations.html")
def client_key_does_not_reach_the_service(method: Resource) -> Faults:
    """A client's key does not reach the service.
    An HTTP_PROXY integration passes every header on, the client's key among them: overwrite
    integration.request.header.x-api-key with a fixed value."""
    way = ("Integration", "RequestParameters")
    known = method.is_missing(*way) or isinstance(method.get(*way), dict)
    names = {str(name).lower() for name in literal_mapping(method.expression(*way))}
    hidden = not known or "integration.request.header.x-api-key" in names
    proxied = method.get("Integration", "Type") == "HTTP_PROXY"
    if proxied and method.flag("ApiKeyRequired") and not hidden:
        yield ["Integration"], "the service sees the client's key; overwrite x-api-key"


@rule("W9521", PLAN, f"{GUIDE}api-gateway-request-throttling.html", formerly="W9556")
def plan_limit_is_within_the_stage(plan: Resource) -> Faults:
    """A plan's throttle is not above its stage's throttle.
    The stage's throttle applies first: a higher throttle of a plan has no effect."""
    stages = plan.follow("ApiStages.*.Stage")
    settings = [entry for stage in stages for _, entry in stage.entries("MethodSettings")]
    for name in ("RateLimit", "BurstLimit"):
        mine = plan.number("Throttle", name)
        caps = [e.get(f"Throttling{name}") for e in settings if e.get("ResourcePath") == "/*"]
        known = [cap for cap in map(number, caps) if cap is not None]
        if mine is not None and known and mine > min(known):
            yield ["Throttle", name], f"{mine:g} exceeds the stage's {min(known):g}; lower it"


@rule("W9522", PLAN, f"{GUIDE}api-gateway-request-throttling.html", formerly="W9556")
def plan_quota_can_be_reached(plan: Resource) -> Faults:
    """A plan's quota is not above what its rate admits.
    A higher quota has no effect."""
    days = {"DAY": 1, "WEEK": 7, "MONTH": 31}.get(str(plan.get("Quota", "Period")), 0)
    rate, limit = plan.number("Throttle", "RateLimit"), plan.number("Quota", "Limit")
    if rate and limit and days and limit > rate * 86400 * days:
        yield ["Quota", "Limit"], f"{rate:g} a second never reach it; lower it"


# fmt: off
closed_api_has_a_domain = property_rule(
    "E9509", API, "DisableExecuteApiEndpoint", none_of(True),
    good="An API whose own address is closed has a custom domain.",
    why="Without a custom domain that maps to it such an API cannot be reached.",
    only_if=lambda api: api.system.linked and not api.users(MAPPING),
    fix="no domain maps to it; add one",
    docs=f"{GUIDE}rest-api-disable-default-endpoint.html", formerly="E9561",
)
# fmt: on


@rule("E9511", API, f"{GUIDE}apigateway-private-api-create.html", formerly="E9561")
def private_api_has_a_policy(api: Resource) -> Faults:
    """A private API has a policy.
    API Gateway rejects the deployment of a private API without a Policy."""
    if endpoint_type(api) == "PRIVATE" and setting(api, "Policy") is None:
        yield ["EndpointConfiguration"], "a private API refuses all without a Policy; add one"


def has_client_certificates(api: Resource) -> bool:
    """Whether a custom domain of an API asks for client certificates."""
    domains = api.follow(MAPPING, "DomainName")
    return any(not domain.is_missing("MutualTlsAuthentication") for domain in domains)


# fmt: off
api_with_client_certificates_is_closed = property_rule(
    "W9561", API, "DisableExecuteApiEndpoint", one_of(True), required=True,
    good="An API whose domain asks for client certificates closes its own address.",
    why="The API's own address asks for no certificate: a client that calls it bypasses the "
        "mutual TLS of the custom domain.",
    only_if=has_client_certificates, fix="its domain has mTLS; set true",
    docs=f"{GUIDE}rest-api-mutual-tls.html",
)
# fmt: on
