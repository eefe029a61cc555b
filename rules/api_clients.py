"""Who may call an API, by which address, and how much: keys, plans, authorizers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _chain import Fault, Resource, Rule, entries, number

GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
REFERENCE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
API, METHOD, STAGE, PLAN, MAPPING = (
    f"AWS::ApiGateway::{kind}"
    for kind in ("RestApi", "Method", "Stage", "UsagePlan", "BasePathMapping")
)


def api_of(resource: Resource, *path: Any) -> Resource | None:
    """The API of this template to which a property leads."""
    found = resource.target(*(path or ("RestApiId",)))
    return found if found is not None and found.kind == API else None


def stage_uses(resource: Resource) -> Iterator[tuple[list[Any], Resource]]:
    """Where a plan or a mapping names a stage, and the API of this template it is of."""
    places = [["ApiStages", n] for n, _ in resource.items("ApiStages")]
    for place in places if resource.kind == PLAN else [[]]:
        api = api_of(resource, *place, "ApiId" if place else "RestApiId")
        if api is not None:
            yield place, api


class KeysCanBeHad(Rule):
    """A method with ApiKeyRequired answers 403 to everybody until a usage plan with a key
    names its API and stage; where no plan is in the template, somebody must make it."""

    id = "W9511"
    shortdesc = "An API whose methods ask for a key has a usage plan"
    source_url = f"{GUIDE}api-gateway-setup-api-key-with-console.html"
    on = (METHOD,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        api = api_of(resource)
        if api is None or api.handed_out or not resource.flag("ApiKeyRequired"):
            return
        if not any(path[-1:] == ["ApiId"] for _, path in api.users(PLAN)):
            said = f"no usage plan names {api.name}: every request gets 403"
            yield ["ApiKeyRequired"], f"{said}; add a plan and a key"


class MethodsAskWhoCalls(Rule):
    """A method without key, authorizer, IAM or resource policy is open to the internet."""

    id = "W9512"
    shortdesc = "A method asks for a key, an authorizer or IAM"
    source_url = f"{GUIDE}apigateway-control-access-to-api.html"
    on = (METHOD,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        api = api_of(resource)
        if api is None or resource.get("HttpMethod") == "OPTIONS" or not api.absent("Policy"):
            return
        keyless = resource.flag("ApiKeyRequired") is False
        free = resource.raw("AuthorizationType") in (None, "NONE")
        if free and (keyless or resource.absent("ApiKeyRequired")):
            place = ["ApiKeyRequired"] if keyless else []
            yield place, "anybody may call it; set ApiKeyRequired or an AuthorizationType"


class KeysOfAuthorizersHaveOne(Rule):
    """Where keys come from an authorizer (ApiKeySourceType AUTHORIZER), a method that asks for
    a key needs one, or every request gets 403."""

    id = "E9512"
    shortdesc = "A method whose key comes from an authorizer has one"
    source_url = f"{REFERENCE}aws-resource-apigateway-method.html"
    on = (METHOD,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        api = api_of(resource)
        named = api is None or api.get("ApiKeySourceType") != "AUTHORIZER"
        named = named or not resource.absent("AuthorizerId")
        if resource.flag("ApiKeyRequired") and not named:
            yield ["ApiKeyRequired"], "the key comes from an authorizer; name it"


class StagesAreWaitedFor(Rule):
    """A stage that is named as text may not exist yet: "Invalid stage identifier". Take a Ref
    of the Stage, or name it in DependsOn."""

    id = "E9555"
    shortdesc = "What uses a stage waits for it"
    source_url = f"{REFERENCE}aws-resource-apigateway-usageplan.html"
    on = (PLAN, MAPPING)

    def check(self, resource: Resource) -> Iterator[Fault]:
        for place, api in stage_uses(resource):
            for stage, path in api.users(STAGE):
                named = resource.text(*place, "Stage") in {stage.text("StageName")} - {None}
                if path == ["RestApiId"] and named and not resource.waits_for(stage):
                    yield [*place, "Stage"], f"{stage.name} may not exist yet; take a Ref of it"


class StagesExist(Rule):
    """A plan or a mapping that names a stage which its API does not have opens nothing."""

    id = "E9557"
    shortdesc = "A plan or mapping names a stage that its API has"
    source_url = f"{REFERENCE}aws-resource-apigateway-usageplan.html"
    on = (PLAN, MAPPING)

    def check(self, resource: Resource) -> Iterator[Fault]:
        for place, api in stage_uses(resource):
            stages = [stage.get("StageName") for stage, _ in api.users(STAGE)]
            named = resource.get(*place, "Stage")
            known = bool(stages) and all(isinstance(stage, str) for stage in stages)
            if known and isinstance(named, str) and named not in stages:
                yield [*place, "Stage"], f"{named} is no stage; take {', '.join(stages)}"


class KeysStayAtTheGateway(Rule):
    """An HTTP_PROXY integration hands every header on, the client's key among them: overwrite
    integration.request.header.x-api-key with a fixed value."""

    id = "W9557"
    shortdesc = "A client's key does not reach the service"
    source_url = f"{GUIDE}request-response-data-mappings.html"
    on = (METHOD,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        proxy = resource.get("Integration", "Type") == "HTTP_PROXY"
        mapped = resource.get("Integration", "RequestParameters")
        names = {str(name).lower() for name in mapped} if isinstance(mapped, dict) else set()
        hidden = "integration.request.header.x-api-key" in names
        unknown = not isinstance(mapped, dict) and not resource.absent(
            "Integration", "RequestParameters"
        )
        if resource.flag("ApiKeyRequired") and proxy and not hidden and not unknown:
            yield ["Integration"], "the service sees the client's key; overwrite x-api-key"


class LimitsAgree(Rule):
    """A plan's throttle above its stage's is never reached, nor is a quota above what the rate
    lets through."""

    id = "W9556"
    shortdesc = "A plan's throttle and quota are below its stage's throttle"
    source_url = f"{GUIDE}api-gateway-request-throttling.html"
    on = (PLAN,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        stages = [
            resource.target("ApiStages", n, "Stage") for n, _ in resource.items("ApiStages")
        ]
        settings = [e for s in stages if s for _, e in entries(s.properties, "MethodSettings")]
        for name in ("RateLimit", "BurstLimit"):
            mine = resource.number("Throttle", name)
            caps = [
                e.get(f"Throttling{name}") for e in settings if e.get("ResourcePath") == "/*"
            ]
            known = [cap for cap in map(number, caps) if cap is not None]
            if mine is not None and known and mine > min(known):
                yield (
                    ["Throttle", name],
                    f"{mine:g} exceeds the stage's {min(known):g}; lower it",
                )
        days = {"DAY": 1, "WEEK": 7, "MONTH": 31}.get(str(resource.get("Quota", "Period")), 0)
        rate, limit = (
            resource.number("Throttle", "RateLimit"),
            resource.number("Quota", "Limit"),
        )
        if rate and limit and days and limit > rate * 86400 * days:
            yield ["Quota", "Limit"], f"{rate:g} a second never reach it; lower it"


class ApiCanBeReached(Rule):
    """DisableExecuteApiEndpoint closes the API's own address: without a custom domain that maps
    to it nobody reaches it. A private API answers nobody without a Policy."""

    id = "E9561"
    shortdesc = "An API has an address, and a private one a policy"
    source_url = f"{GUIDE}rest-api-disable-default-endpoint.html"
    on = (API,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        mapped = resource.users(MAPPING) or not resource.chain.linked
        if resource.flag("DisableExecuteApiEndpoint") and not mapped:
            yield ["DisableExecuteApiEndpoint"], "no domain maps to it; add a BasePathMapping"
        private = (0, "PRIVATE") in resource.items("EndpointConfiguration", "Types")
        documented = any(
            not resource.absent(n) for n in ("Body", "BodyS3Location", "CloneFrom")
        )
        if private and resource.absent("Policy") and not documented:
            yield (
                ["EndpointConfiguration"],
                "a private API refuses all without a Policy; add one",
            )


class ApiHasOneAddress(Rule):
    """With a custom domain the API's own address is a second way in, past a certificate and a
    firewall of the domain: close it."""

    id = "W9561"
    shortdesc = "An API with a domain closes its own address"
    source_url = f"{GUIDE}rest-api-disable-default-endpoint.html"
    on = (API,)

    def check(self, resource: Resource) -> Iterator[Fault]:
        name = "DisableExecuteApiEndpoint"
        opened = resource.absent(name) or resource.flag(name) is False
        if opened and resource.users(MAPPING):
            where = [name] if name in resource.properties else []
            yield where, f"it has a custom domain; set {name} to true"
