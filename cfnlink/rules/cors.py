"""CORS: the OPTIONS methods and headers that let a web page of another origin call the API."""

import re
from collections.abc import Iterator
from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.rules._api import API, GUIDE, METHOD, RESPONSE, described, mapping, parts
from cfnlink.system.expressions import at, text
from cfnlink.system.template import Resource

CORS_DOCS = f"{GUIDE}how-to-cors.html"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
ATTRIBUTE = re.compile(r"routing\.http\.response\.(access_control_allow_\w+)\.header_value")
Headers = dict[str, tuple[Any, str]]  # allow-origin -> (where it stands, what it says)


def headers(node: Any) -> Headers:
    """The Access-Control headers of a ResponseParameters, values without their quotes."""
    return {
        str(key).lower().partition(".header.access-control-")[2]: (key, said.strip("'"))
        for key, value in mapping(node).items()
        if ".header.access-control-" in str(key).lower() and (said := text(value) or "${")
    }


def preflights(methods: list[Resource]) -> list[Resource]:
    """The OPTIONS among methods."""
    return [method for method in methods if method.get("HttpMethod") == "OPTIONS"]


def answers(resource: Resource) -> Iterator[tuple[list[Any], Headers]]:
    """Yield the paths at which a resource sets or lacks Access-Control headers, with the
    headers."""
    if resource.type == LISTENER:
        found: Headers = {}
        for n, entry in resource.entries("ListenerAttributes"):
            name = ATTRIBUTE.fullmatch(str(entry.get("Key")))
            if name and isinstance(entry.get("Value"), str):
                header = name[1].removeprefix("access_control_").replace("_", "-")
                found[header] = (n, entry["Value"])
        if "allow-origin" in found:
            yield ["ListenerAttributes"], found
    elif resource.type == RESPONSE:
        found = headers(resource.expression("ResponseParameters"))
        general = str(resource.get("ResponseType")).startswith("DEFAULT_")
        if found or (general and preflights(parts(resource.target("RestApiId"), METHOD))):
            there = not resource.is_missing("ResponseParameters")
            yield ["ResponseParameters"] if there else [], found
    elif resource.get("HttpMethod") == "OPTIONS":
        for n, entry in resource.entries("Integration", "IntegrationResponses"):
            path = ["Integration", "IntegrationResponses", n, "ResponseParameters"]
            if found := headers(at(entry, "ResponseParameters")):
                yield path, found


@rule("E9514", METHOD, CORS_DOCS)
def preflight_is_free(method: Resource) -> Faults:
    """OPTIONS asks neither for a key nor for authorization.
    A browser sends OPTIONS without credentials: a method that asks for a key or for
    authorization rejects it, and the browser then blocks every call of a web page."""
    if method.get("HttpMethod") == "OPTIONS":
        if method.flag("ApiKeyRequired"):
            yield ["ApiKeyRequired"], "browsers send no key with OPTIONS; set it to false"
        if method.get("AuthorizationType") not in (None, "NONE"):
            yield ["AuthorizationType"], "browsers do not authorize OPTIONS; set NONE"


@rule("W9514", API, CORS_DOCS)
def preflight_is_everywhere(api: Resource) -> Faults:
    """An API with CORS answers OPTIONS, 4XX and 5XX with its headers.
    If an API answers OPTIONS for some resources, a browser expects it of all. ANY would pass
    OPTIONS to the service, or ask it for a key. Errors need the headers too."""
    methods, responses = (parts(api, kind) for kind in (METHOD, RESPONSE))
    served = [method.expression("ResourceId") for method in preflights(methods)]
    if not served or described(api):
        return
    for method in methods:
        if method.expression("ResourceId") not in served:
            yield [], f"no OPTIONS on the resource of {method.name}; add one (MOCK)"
    answered = [response.get("ResponseType") for response in responses]
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        if kind not in answered:
            yield [], f"browsers hide {kind} without CORS headers; add a GatewayResponse"


@rule("W9518", (METHOD, RESPONSE, LISTENER), CORS_DOCS)
def answers_agree(resource: Resource) -> Faults:
    """All answers of an API allow the same origin.
    OPTIONS, gateway responses and the listener's attributes must allow one and the same
    origin, `*` or scheme and host, and never `*` with credentials."""
    for path, found in answers(resource):
        key, origin = found.get("allow-origin", (None, "${"))
        if key is None:
            yield path, "Access-Control-Allow-Origin is missing; browsers hide the answer"
        if not re.fullmatch(r"\*|https?://[^/,\s*]+|(https?://)?\$\{.*", origin):
            yield [*path, key], f"{origin} is no origin; write * or https:// and a host"
        credentials, sent = found.get("allow-credentials", (None, ""))
        if origin == "*" and sent == "true":
            yield [*path, credentials], "browsers refuse credentials with *; name an origin"
        other = preflight(resource)
        if other != origin and other and "${" not in f"{other}{origin}":
            yield [*path, key], f"OPTIONS allows {other}; let both allow the same origin"


def preflight(resource: Resource) -> str | None:
    """The origin that OPTIONS allows in the API that another resource answers for."""
    methods = parts(resource.target("RestApiId"), METHOD)
    everywhere = resource.template.of(METHOD)
    if (
        resource.type == LISTENER
        and len({str(m.expression("RestApiId")) for m in everywhere}) == 1
    ):
        methods = everywhere
    asked = preflights(methods) if resource.type != METHOD else []
    found = [f for m in asked for _, f in answers(m) if "allow-origin" in f]
    return found[0]["allow-origin"][1] if found else None


@rule("W9519", METHOD, CORS_DOCS)
def preflight_lists_what_is_served(method: Resource) -> Faults:
    """OPTIONS allows the methods and the key header of its resource.
    A browser sends only the methods and headers that OPTIONS allows: those of the resource and
    no others, which answer 403, and X-Api-Key where a method asks for a key."""
    api = method.target("RestApiId")
    methods = parts(api, METHOD)
    here = [m for m in methods if m.expression("ResourceId") == method.expression("ResourceId")]
    verbs = {str(m.get("HttpMethod")).lower() for m in here} - {"any", "none", "options"}
    keys = {"x-api-key"} if any(m.flag("ApiKeyRequired") for m in here) else set()
    for path, found in answers(method):
        for name, needed in (("allow-methods", verbs), ("allow-headers", keys)):
            key, said = found.get(name, (None, "*"))
            allowed = {word.strip().lower() for word in said.split(",")}
            for word in (
                sorted(needed - allowed) if "*" not in allowed and "${" not in said else ()
            ):
                yield [*path, key], f"{word} is served but not allowed; add it"
        key, said = found.get("allow-methods", (None, "*"))
        more = {word.strip().lower() for word in said.split(",")} - {*verbs, "options", "head"}
        whole = api and not described(api) and not api.is_exported
        sure = whole and len(verbs) == len(here) - 1 and not re.search(r"[*$]", said)
        if more and sure:
            yield [*path, key], f"allowed but not served: {', '.join(sorted(more))}; drop them"
