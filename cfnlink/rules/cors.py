"""CORS: the OPTIONS methods and headers that let a web page of another origin call the API."""

import re
from collections.abc import Iterator
from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.rules._api import API, GUIDE, METHOD, RESPONSE, parts
from cfnlink.system.api import is_open
from cfnlink.system.cors import allowed_origins, origin_template
from cfnlink.system.expressions import at, literal_mapping, text
from cfnlink.system.resource import Resource

CORS_DOCS = f"{GUIDE}how-to-cors.html"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
ATTRIBUTE = re.compile(r"routing\.http\.response\.(access_control_allow_\w+)\.header_value")
Headers = dict[str, tuple[Any, str]]  # allow-origin -> (where it stands, what it says)


def headers(node: Any) -> Headers:
    """The Access-Control headers of a ResponseParameters, values without their quotes."""
    return {
        str(key).lower().partition(".header.access-control-")[2]: (key, said.strip("'"))
        for key, value in literal_mapping(node).items()
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
            if name and isinstance(entry.get("Value"), str) and entry["Value"]:
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


@rule("E9598", METHOD, CORS_DOCS, formerly="E9514")
def preflight_asks_for_no_key(method: Resource) -> Faults:
    """OPTIONS does not ask for a key.
    A browser sends OPTIONS without credentials: a method that asks for a key rejects it, and
    the browser then blocks every call of a web page."""
    if method.get("HttpMethod") == "OPTIONS" and method.flag("ApiKeyRequired"):
        yield ["ApiKeyRequired"], "browsers send no key with OPTIONS; set it to false"


@rule("E9599", METHOD, CORS_DOCS, formerly="E9514")
def preflight_asks_for_no_authorization(method: Resource) -> Faults:
    """OPTIONS does not ask for authorization.
    A browser sends OPTIONS without credentials: a method that authorizes rejects it, and the
    browser then blocks every call of a web page."""
    authorized = method.get("AuthorizationType") not in (None, "NONE")
    if method.get("HttpMethod") == "OPTIONS" and authorized:
        yield ["AuthorizationType"], "browsers do not authorize OPTIONS; set NONE"


@rule("W9503", API, CORS_DOCS, formerly="W9514")
def preflight_is_on_every_resource(api: Resource) -> Faults:
    """An API with CORS answers OPTIONS on every resource.
    If an API answers OPTIONS for some resources, a browser expects it of all. ANY would pass
    OPTIONS to the service, or ask it for a key."""
    methods = parts(api, METHOD)
    served = [method.expression("ResourceId") for method in preflights(methods)]
    for method in methods if served and not is_open(api) else ():
        if method.expression("ResourceId") not in served:
            yield [], f"no OPTIONS on the resource of {method.name}; add one (MOCK)"


@rule("W9504", API, CORS_DOCS, formerly="W9514")
def errors_have_headers_of_cors(api: Resource) -> Faults:
    """An API with CORS answers 4XX and 5XX with its headers.
    A browser hides an error without them from the page."""
    if not preflights(parts(api, METHOD)) or is_open(api):
        return
    answered = [response.get("ResponseType") for response in parts(api, RESPONSE)]
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        if kind not in answered:
            yield [], f"browsers hide {kind} without CORS headers; add a GatewayResponse"


ANSWERING = (METHOD, RESPONSE, LISTENER)


@rule("W9515", ANSWERING, CORS_DOCS, formerly="W9518")
def answer_allows_an_origin(resource: Resource) -> Faults:
    """Each answer of an API with CORS allows an origin.
    A browser hides an answer without Access-Control-Allow-Origin from the page."""
    for path, found in answers(resource):
        if "allow-origin" not in found:
            yield path, "Access-Control-Allow-Origin is missing; browsers hide the answer"


@rule("W9516", ANSWERING, CORS_DOCS, formerly="W9518")
def allowed_origin_is_an_origin(resource: Resource) -> Faults:
    """An allowed origin is `*` or a scheme and a host.
    A browser compares the header with the origin of the page, letter by letter."""
    for path, key, origin, _ in origins(resource):
        if not re.fullmatch(r"\*|https?://[^/,\s*]+|(https?://)?\$\{.*", origin):
            yield [*path, key], f"{origin} is no origin; write * or https:// and a host"


@rule("W9517", ANSWERING, CORS_DOCS, formerly="W9518")
def credentials_have_one_origin(resource: Resource) -> Faults:
    """An answer with credentials allows one origin, not `*`.
    A browser refuses credentials with `*`."""
    for path, _, origin, found in origins(resource):
        credentials, sent = found.get("allow-credentials", (None, ""))
        if origin == "*" and sent == "true":
            yield [*path, credentials], "browsers refuse credentials with *; name an origin"


@rule("W9520", ANSWERING, CORS_DOCS, formerly="W9518")
def answers_allow_one_origin(resource: Resource) -> Faults:
    """All answers of an API allow the same origin.
    A browser that OPTIONS admits sends the request, and then hides the answer."""
    for path, key, origin, _ in origins(resource):
        allowed = preflight(resource)
        if len(allowed) > 1 and origin != "*":
            yield (
                [*path, key],
                f"OPTIONS allows {len(allowed)} origins, and this answer one of them; allow * "
                "without credentials, or let the service answer with the origin that asks",
            )
        elif len(allowed) == 1 and allowed != [origin] and "${" not in f"{allowed}{origin}":
            yield [*path, key], f"OPTIONS allows {allowed[0]}; let both allow the same origin"


def origins(resource: Resource) -> Iterator[tuple[list[Any], Any, str, Headers]]:
    """Yield the allowed origin of each answer: its path, its key, its text, all headers."""
    for path, found in answers(resource):
        key, origin = found.get("allow-origin", (None, "${"))
        yield path, key, origin, found


def preflight(resource: Resource) -> list[str]:
    """The origins that OPTIONS allows in the API that another resource answers for."""
    methods = parts(resource.target("RestApiId"), METHOD)
    everywhere = resource.system.of(METHOD)
    if (
        resource.type == LISTENER
        and len({str(m.expression("RestApiId")) for m in everywhere}) == 1
    ):
        methods = everywhere
    asked = preflights(methods) if resource.type != METHOD else []
    return next((found for method in asked if (found := allowed_origins(method))), [])


def words(said: str) -> set[str]:
    """Return the words of a header's list, in lower case."""
    return {word.strip().lower() for word in said.split(",")}


def methods_beside(method: Resource) -> list[Resource]:
    """Return the methods of the resource of a method, itself included."""
    methods = parts(method.target("RestApiId"), METHOD)
    return [m for m in methods if m.expression("ResourceId") == method.expression("ResourceId")]


def verbs_of(methods: list[Resource]) -> set[str]:
    """Return the HTTP methods that methods serve, OPTIONS and ANY aside."""
    return {str(m.get("HttpMethod")).lower() for m in methods} - {"any", "none", "options"}


@rule("W9507", METHOD, CORS_DOCS, formerly="W9519")
def preflight_allows_what_is_served(method: Resource) -> Faults:
    """OPTIONS allows the methods and the key header of its resource.
    A browser sends only the methods and headers that OPTIONS allows: those of the resource,
    and X-Api-Key where a method asks for a key."""
    here = methods_beside(method)
    keys = {"x-api-key"} if any(m.flag("ApiKeyRequired") for m in here) else set()
    for path, found in answers(method):
        for name, needed in (("allow-methods", verbs_of(here)), ("allow-headers", keys)):
            key, said = found.get(name, (None, "*"))
            known = "*" not in words(said) and "${" not in said
            for word in sorted(needed - words(said)) if known else ():
                yield [*path, key], f"{word} is served but not allowed; add it"


@rule("W9513", METHOD, CORS_DOCS, formerly="W9519")
def preflight_allows_no_more_than_is_served(method: Resource) -> Faults:
    """OPTIONS allows no method that its resource does not serve.
    Such a method answers 403."""
    api, here = method.target("RestApiId"), methods_beside(method)
    for path, found in answers(method):
        key, said = found.get("allow-methods", (None, "*"))
        more = words(said) - {*verbs_of(here), "options", "head"}
        whole = api and not is_open(api) and not api.is_exported
        sure = whole and len(verbs_of(here)) == len(here) - 1 and not re.search(r"[*$]", said)
        if more and sure:
            yield [*path, key], f"allowed but not served: {', '.join(sorted(more))}; drop them"


@rule("W9957", METHOD, CORS_DOCS)
def preflight_of_several_origins_varies(method: Resource) -> Faults:
    """A preflight that allows the origin that asks says so to caches.
    Without Vary: Origin a cache gives the answer for one origin to another."""
    found = origin_template(method) if method.get("HttpMethod") == "OPTIONS" else None
    if found is None:
        return
    for n, response in method.entries("Integration", "IntegrationResponses"):
        named = literal_mapping(at(response, "ResponseParameters"))
        varied = [text(value) or "${" for key, value in named.items() if is_vary(key)]
        if not any("origin" in said.lower() or "${" in said for said in varied):
            yield ["Integration", "IntegrationResponses", n], "add Vary: 'Origin'"


def is_vary(key: object) -> bool:
    """Whether a response parameter is the header Vary."""
    return str(key).lower() == "method.response.header.vary"


PATTERN = re.compile(r"\.(matches|startsWith|endsWith|contains|indexOf)\(")


@rule("W9958", METHOD, CORS_DOCS)
def preflight_compares_whole_origins(method: Resource) -> Faults:
    """A preflight compares the origin that asks with whole origins.
    A pattern or a part admits other sites: the dot of a regular expression is any character,
    and https://example.com.attacker.net begins with an allowed origin."""
    found = origin_template(method) if method.get("HttpMethod") == "OPTIONS" else None
    if found and (call := PATTERN.search(found[1])):
        yield found[0], f'{call[1]} admits other origins; compare with == "https://..."'
