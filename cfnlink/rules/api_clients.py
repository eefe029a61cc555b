"""Callers of an API, its address and its limits: keys, plans and authorizers."""

from cfnlink.lint.conditions import none_of, one_of
from cfnlink.lint.rule import Faults, Row, rule
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
    described,
    endpoint_type,
    mapping,
)
from cfnlink.system.expressions import number
from cfnlink.system.template import Resource


@rule("W9511", METHOD, f"{GUIDE}api-gateway-setup-api-keys.html")
def keys_can_be_had(method: Resource) -> Faults:
    """An API whose methods ask for a key has a usage plan.
    A method with ApiKeyRequired answers 403 to every caller until a usage plan with a key
    names its API and stage. If the template has no plan, create one elsewhere."""
    api = api_of(method)
    if api is None or api.is_exported or not method.flag("ApiKeyRequired"):
        return
    if not any(path[-1:] == ["ApiId"] for _, path in api.users(PLAN)):
        said = f"no usage plan names {api.name}: every request gets 403"
        yield ["ApiKeyRequired"], f"{said}; add a plan and a key"


@rule("W9512", METHOD, f"{GUIDE}apigateway-control-access-to-api.html")
def methods_ask_who_calls(method: Resource) -> Faults:
    """A method asks for a key, an authorizer or IAM.
    A method without key, authorizer, IAM or resource policy is open to the internet."""
    api, free = api_of(method), method.expression("AuthorizationType") in (None, "NONE")
    if api and api.is_missing("Policy") and free and method.get("HttpMethod") != "OPTIONS":
        yield Row(
            "ApiKeyRequired!", one_of(True), "every caller may call it; ask for a key or IAM"
        )


@rule("E9512", METHOD, f"{REFERENCE}aws-resource-apigateway-method.html")
def keys_of_authorizers_have_one(method: Resource) -> Faults:
    """A method whose key comes from an authorizer has an authorizer.
    If keys come from an authorizer (ApiKeySourceType AUTHORIZER), a method that asks for a
    key needs an authorizer, or every request gets 403."""
    api = api_of(method)
    ours = api is not None and api.get("ApiKeySourceType") == "AUTHORIZER"
    if ours and method.is_missing("AuthorizerId"):
        yield Row("ApiKeyRequired", none_of(True), "the key comes from an authorizer; name it")


@rule("E9555", (PLAN, MAPPING), f"{REFERENCE}aws-resource-apigateway-usageplan.html")
def stages_are_waited_for(resource: Resource) -> Faults:
    """A resource that uses a stage waits for it.
    A stage that is named as text may not exist yet: "Invalid stage identifier". Take a Ref
    of the Stage, or name it in DependsOn."""
    for place, api in apis_named(resource):
        for stage, path in api.users(STAGE):
            named = resource.text(*place, "Stage") in {stage.text("StageName")} - {None}
            if path == ["RestApiId"] and named and not resource.waits_for(stage):
                yield [*place, "Stage"], f"{stage.name} may not exist yet; take a Ref of it"


@rule("E9557", (PLAN, MAPPING), f"{REFERENCE}aws-resource-apigateway-usageplan.html")
def stages_exist(resource: Resource) -> Faults:
    """A plan or mapping names a stage that its API has.
    A plan or a mapping has no effect if its API does not have the stage that it names."""
    for place, api in apis_named(resource):
        stages = [stage.get("StageName") for stage in api.used_by(STAGE)]
        named = resource.get(*place, "Stage")
        known = bool(stages) and all(isinstance(stage, str) for stage in stages)
        if known and isinstance(named, str) and named not in stages:
            yield [*place, "Stage"], f"{named} is no stage; take {', '.join(stages)}"


@rule("W9557", METHOD, f"{GUIDE}setup-http-integrations.html")
def keys_stay_at_the_gateway(method: Resource) -> Faults:
    """A client's key does not reach the service.
    An HTTP_PROXY integration passes every header on, the client's key among them: overwrite
    integration.request.header.x-api-key with a fixed value."""
    way = ("Integration", "RequestParameters")
    known = method.is_missing(*way) or isinstance(method.get(*way), dict)
    names = {str(name).lower() for name in mapping(method.expression(*way))}
    hidden = not known or "integration.request.header.x-api-key" in names
    proxied = method.get("Integration", "Type") == "HTTP_PROXY"
    if proxied and method.flag("ApiKeyRequired") and not hidden:
        yield ["Integration"], "the service sees the client's key; overwrite x-api-key"


@rule("W9556", PLAN, f"{GUIDE}api-gateway-request-throttling.html")
def limits_agree(plan: Resource) -> Faults:
    """A plan's throttle and quota are below its stage's throttle.
    The stage's throttle applies first: a higher throttle of a plan, or a quota above what
    the stage's rate admits, has no effect."""
    stages = plan.follow("ApiStages.*.Stage")
    settings = [entry for stage in stages for _, entry in stage.entries("MethodSettings")]
    for name in ("RateLimit", "BurstLimit"):
        mine = plan.number("Throttle", name)
        caps = [e.get(f"Throttling{name}") for e in settings if e.get("ResourcePath") == "/*"]
        known = [cap for cap in map(number, caps) if cap is not None]
        if mine is not None and known and mine > min(known):
            yield ["Throttle", name], f"{mine:g} exceeds the stage's {min(known):g}; lower it"
    days = {"DAY": 1, "WEEK": 7, "MONTH": 31}.get(str(plan.get("Quota", "Period")), 0)
    rate, limit = plan.number("Throttle", "RateLimit"), plan.number("Quota", "Limit")
    if rate and limit and days and limit > rate * 86400 * days:
        yield ["Quota", "Limit"], f"{rate:g} a second never reach it; lower it"


@rule("E9561", API, f"{GUIDE}rest-api-disable-default-endpoint.html")
def api_can_be_reached(api: Resource) -> Faults:
    """An API has an address, and a private API a policy.
    DisableExecuteApiEndpoint closes the API's own address: without a custom domain that maps
    to it the API cannot be reached. A private API rejects every request without a Policy."""
    if api.template.linked and not api.users(MAPPING):
        yield Row("DisableExecuteApiEndpoint", none_of(True), "no domain maps to it; add one")
    private = endpoint_type(api) == "PRIVATE"
    if private and api.is_missing("Policy") and not described(api):
        yield ["EndpointConfiguration"], "a private API refuses all without a Policy; add one"


@rule("W9561", API, f"{GUIDE}rest-api-mutual-tls.html")
def certificates_are_not_avoidable(api: Resource) -> Faults:
    """An API whose domain asks for client certificates closes its own address.
    The API's own address asks for no certificate: a client that calls it bypasses the mutual
    TLS of the custom domain."""
    domains = api.follow(MAPPING, "DomainName")
    if any(not domain.is_missing("MutualTlsAuthentication") for domain in domains):
        yield Row("DisableExecuteApiEndpoint!", one_of(True), "its domain has mTLS; set true")
