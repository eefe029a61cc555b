"""APIs in an OpenAPI document: the methods and responses that a `Body` describes.

API Gateway makes resources, methods, integrations and gateway responses from the `Body` of an
API. `described_parts` gives them as resources of the same types and properties as those that a
template lists, so that a rule reads both forms alike. Each knows where the document says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cfnlink.system.expressions import INCLUDED, at, is_expression, literal_mapping
from cfnlink.system.resource import Owner, Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Body, Path, System

REST, HTTP = "AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"
ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
RESPONSES = "x-amazon-apigateway-gateway-responses"
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", ANY)
ELSEWHERE = ("BodyS3Location", "CloneFrom")
UNKNOWN = {INCLUDED: "an included document"}
NAMES = {"httpMethod": "IntegrationHttpMethod", "responses": "IntegrationResponses"}
HTTP_NAMES = {"Uri": "IntegrationUri", "Type": "IntegrationType",
              "IntegrationHttpMethod": "IntegrationMethod",
              "Credentials": "CredentialsArn"}  # fmt: skip
IN_CAPITALS = ("type", "contentHandling")
HERE = {"path": "path", "query": "querystring", "header": "header"}  # where a parameter stands


class DescribedPart(Resource):
    """A resource that API Gateway makes from the document of an API.

    `places` maps paths of its properties to paths of the document.
    """

    def __init__(self, api: Resource, name: str, kind: str, start: Path) -> None:
        beside = {k: v for k, v in api.body.items() if k in ("Metadata", "Condition")}
        owner = Owner(api.tier, api.stack, api.logical_id)
        body = {**beside, "Type": kind, "Properties": {}}
        super().__init__(api.system, f"{api.name} {name}", body, owner)
        self.api = api
        self.places: dict[Path, Path] = {(): start}

    def located(self, below: Path) -> Path:
        """Return where the template says what stands below this resource."""
        path = below[1:] if below[:1] == ("Properties",) else ()
        starts = (path[:n] for n in range(len(path), -1, -1))
        start = next(each for each in starts if each in self.places)
        whole = ("Body", *self.places[start], *path[len(start) :])
        while at(self.api.properties, *whole) is None:
            whole = whole[:-1]
        return ("Resources", self.api.name, "Properties", *whole)

    def waits_on(self) -> Resource:
        """Return the API, with which API Gateway makes this part."""
        return self.api


class _Document:
    """The document of one API."""

    def __init__(self, api: Resource) -> None:
        self.api = api
        given = api.expression("Body")
        self.body: Body = given if isinstance(given, dict) and not is_expression(given) else {}

    def follow(self, path: Path) -> Path:
        """Return the path of a node, or of the node of this document that its $ref names."""
        named = at(self.body, *path, "$ref")
        if not isinstance(named, str) or not named.startswith("#/"):
            return path
        steps = (step.replace("~1", "/").replace("~0", "~") for step in named[2:].split("/"))
        return tuple(steps)

    def mapping(self, path: Path) -> Body:
        """Return the mapping at a path; an empty one if it is none or an expression."""
        return literal_mapping(at(self.body, *path))

    def is_included(self, path: Path = ()) -> bool:
        """Whether an included document adds keys to a node."""
        return at(self.body, *path, INCLUDED) is not None

    def operations(self) -> Iterator[tuple[str, str]]:
        """Yield the paths and the verbs that the document serves."""
        for path in self.mapping(("paths",)):
            if str(path).startswith("/"):
                for verb in self.mapping(("paths", path)):
                    if verb in VERBS:
                        yield path, verb


def is_open(api: Resource) -> bool:
    """Whether an API has methods that the template does not show."""
    if any(not api.is_missing(name) for name in ELSEWHERE):
        return True
    document = _Document(api)
    nodes = [api.expression("Body"), at(document.body, "paths")]
    nodes += document.mapping(("paths",)).values()
    keys = (INCLUDED, "$ref")
    return any(is_expression(n) or any(at(n, key) is not None for key in keys) for n in nodes)


def described_parts(system: System) -> Iterator[DescribedPart]:
    """Yield what API Gateway makes from the documents of a system's APIs."""
    for api in list(system.resources.values()):
        if api.type == REST and "Body" in api.properties:
            document = _Document(api)
            yield from _paths(document)
            yield from _gateway_responses(document)
            for path, verb in document.operations():
                yield _method(document, path, verb)
        elif api.type == HTTP and "Body" in api.properties:
            document = _Document(api)
            for path, verb in document.operations():
                yield from _integration_of_route(document, path, verb)


def _paths(document: _Document) -> Iterator[DescribedPart]:
    """Yield the resources of the paths; a path has one for each of its beginnings."""
    api = document.api
    made: set[str] = set()
    for path in document.mapping(("paths",)):
        steps = str(path).strip("/").split("/") if str(path).startswith("/") else []
        for n in range(1, len(steps) + 1):
            name = f"/{'/'.join(steps[:n])}"
            if steps[n - 1] and name not in made:
                made.add(name)
                part = DescribedPart(api, name, "AWS::ApiGateway::Resource", ("paths", path))
                part.properties |= {
                    "RestApiId": {"Ref": api.name},
                    "ParentId": _resource(api, f"/{'/'.join(steps[: n - 1])}"),
                    "PathPart": steps[n - 1],
                }
                yield part


def _resource(api: Resource, path: str) -> Body:
    path = path.rstrip("/")
    return (
        {"Ref": f"{api.name} {path}"} if path else {"Fn::GetAtt": [api.name, "RootResourceId"]}
    )


def _gateway_responses(document: _Document) -> Iterator[DescribedPart]:
    api = document.api
    for kind, given in document.mapping((RESPONSES,)).items():
        part = DescribedPart(
            api, str(kind), "AWS::ApiGateway::GatewayResponse", (RESPONSES, kind)
        )
        part.properties |= {"RestApiId": {"Ref": api.name}, "ResponseType": kind}
        for key in ("statusCode", "responseParameters", "responseTemplates"):
            if at(given, key) is not None:
                _put(part, (_name(key),), given[key], (RESPONSES, kind, key))
        yield part


def _name(key: str) -> str:
    return NAMES.get(key, key[:1].upper() + key[1:])


def _verb(key: str) -> str:
    return "ANY" if key == ANY else key.upper()


def _value(key: str, value: Any) -> Any:
    """Return a value as resources write it: those of some keys in capitals."""
    return value.upper() if key in IN_CAPITALS and isinstance(value, str) else value


def _put(part: DescribedPart, path: Path, value: Any, place: Path) -> None:
    """Set a property of a part, and remember where the document says it."""
    node: Any = part.properties
    for step in path[:-1]:
        node = node.setdefault(step, {})
    node[path[-1]] = value
    part.places[path] = place


def _method(document: _Document, path: str, verb: str) -> DescribedPart:
    api, start = document.api, ("paths", path, verb)
    name = _verb(verb)
    part = DescribedPart(api, f"{name} {path}", "AWS::ApiGateway::Method", start)
    part.properties |= {
        "RestApiId": {"Ref": api.name},
        "ResourceId": _resource(api, path),
        "HttpMethod": name,
    }
    _authorize(document, part, start)
    _declare(document, part, path, verb)
    _integrate(document, part, start)
    return part


def _authorize(document: _Document, part: DescribedPart, start: Path) -> None:
    """Set what a method asks of its callers: nothing if the document asks for nothing."""
    hidden = document.is_included() or document.is_included(start)
    part.properties["AuthorizationType"] = UNKNOWN if hidden else "NONE"
    own = at(document.body, *start, "security") is not None
    place: Path = (*start, "security") if own else ("security",)
    asked = at(document.body, *place)
    entries = asked if isinstance(asked, list) else [asked]
    names = [name for entry in entries if isinstance(entry, dict) for name in entry]
    for name in names:
        _ask(part, place, *_scheme(document, name))
    kind = at(document.body, *start, "x-amazon-apigateway-auth", "type")
    if kind is not None:
        place = (*start, "x-amazon-apigateway-auth", "type")
        _put(part, ("AuthorizationType",), _value("type", kind), place)


def _ask(part: DescribedPart, place: Path, name: str, value: Any) -> None:
    if name:
        _put(part, (name,), value, place)
    if value == "CUSTOM":
        _put(part, ("AuthorizerId",), UNKNOWN, place)


def _scheme(document: _Document, name: str) -> tuple[str, Any]:
    """Return the property of a method that a security scheme sets, and its value."""
    for way in (("securityDefinitions",), ("components", "securitySchemes")):
        scheme = at(document.body, *way, name)
        if isinstance(scheme, dict) and not is_expression(scheme):
            if scheme.get("x-amazon-apigateway-authtype") == "awsSigv4":
                return "AuthorizationType", "AWS_IAM"
            if any(str(key).startswith("x-amazon-apigateway-a") for key in scheme):
                return "AuthorizationType", "CUSTOM"
            if str(scheme.get("name")).lower() == "x-api-key":
                return "ApiKeyRequired", True
            return "", None
    return "AuthorizationType", UNKNOWN


def _declare(document: _Document, part: DescribedPart, path: str, verb: str) -> None:
    """Set the parameters and the responses that a method declares."""
    for start in (("paths", path), ("paths", path, verb)):
        given = at(document.body, *start, "parameters")
        for n in range(len(given) if isinstance(given, list) else 0):
            place = document.follow((*start, "parameters", n))
            where, name = (at(document.body, *place, key) for key in ("in", "name"))
            if where in HERE and isinstance(name, str):
                key = f"method.request.{HERE[where]}.{name}"
                _put(part, ("RequestParameters", key), True, place)
    responses = []
    for n, status in enumerate(document.mapping(("paths", path, verb, "responses"))):
        place = document.follow(("paths", path, verb, "responses", status))
        headers = {f"method.response.header.{h}": False
                   for h in document.mapping((*place, "headers"))}  # fmt: skip
        responses.append({"StatusCode": str(status), "ResponseParameters": headers})
        part.places["MethodResponses", n] = place
    part.properties["MethodResponses"] = responses


def _integrate(document: _Document, part: DescribedPart, start: Path) -> None:
    """Set the integration of a method, if the document describes one."""
    place = document.follow((*start, INTEGRATION))
    given = at(document.body, *place)
    if given is None:
        hidden = document.is_included(start)
        part.properties |= {"Integration": UNKNOWN} if hidden else {}
        return
    part.places["Integration",] = place
    if not isinstance(given, dict) or is_expression(given):
        part.properties["Integration"] = given
        return
    for key, value in given.items():
        if key == "responses" and isinstance(value, dict) and not is_expression(value):
            _respond(part, value, (*place, key))
        else:
            _put(part, ("Integration", _name(key)), _value(key, value), (*place, key))


def _respond(part: DescribedPart, given: Body, start: Path) -> None:
    """Set the responses of an integration; the key of each is its pattern."""
    responses = []
    for n, (pattern, body) in enumerate(given.items()):
        place = (*start, pattern)
        entry: Body = {} if pattern == "default" else {"SelectionPattern": pattern}
        part.places["Integration", "IntegrationResponses", n] = place
        for key, value in body.items() if isinstance(body, dict) else ():
            entry[_name(key)] = value
            part.places["Integration", "IntegrationResponses", n, _name(key)] = (*place, key)
        responses.append(entry)
    part.properties["Integration"] = {
        **part.properties.get("Integration", {}),
        "IntegrationResponses": responses,
    }


def _integration_of_route(document: _Document, path: str, verb: str) -> Iterator[DescribedPart]:
    """Yield the integration of one route of an HTTP API."""
    api, start = document.api, ("paths", path, verb)
    kind = "AWS::ApiGatewayV2::Integration"
    part = DescribedPart(api, f"{_verb(verb)} {path}", kind, start)
    place = document.follow((*start, INTEGRATION))
    given = document.mapping(place)
    for key, value in given.items():
        target = HTTP_NAMES.get(_name(key), _name(key))
        _put(part, (target,), _value(key, value), (*place, key))
    if given:
        part.properties["ApiId"] = {"Ref": api.name}
        yield part


SETTINGS = {
    "Policy": "x-amazon-apigateway-policy",
    "ApiKeySourceType": "x-amazon-apigateway-api-key-source",
    "BinaryMediaTypes": "x-amazon-apigateway-binary-media-types",
}


def setting(api: Resource, name: str) -> Any:
    """Return what an API, or its document, sets; None if neither does."""
    if not api.is_missing(name):
        return api.expression(name)
    opaque = any(not api.is_missing(key) for key in ELSEWHERE)
    if opaque or is_expression(api.expression("Body")):
        return UNKNOWN
    return at(api.expression("Body"), SETTINGS[name])
