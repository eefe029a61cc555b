"""Paths of a REST API, and those that every caller may use."""

import re
from collections.abc import Iterator

from cfnlink.system.resource import Resource, System

METHOD, RESOURCE = "AWS::ApiGateway::Method", "AWS::ApiGateway::Resource"
REST_API = "AWS::ApiGateway::RestApi"


def path_of(resource: Resource | None) -> str | None:
    """Return the path of a resource, such as /webhooks/{proxy+}; None if a part is unknown."""
    parts: list[str] = []
    seen: list[Resource] = []
    while resource is not None and resource.type == RESOURCE and resource not in seen:
        seen.append(resource)
        part = resource.get("PathPart")
        if not isinstance(part, str):
            return None
        parts.insert(0, part)
        resource = resource.target("ParentId")
    is_whole = resource is not None and resource.type == REST_API
    return f"/{'/'.join(parts)}" if is_whole else None


def open_paths(system: System) -> Iterator[tuple[str, Resource]]:
    """Yield each path that passes requests on without a key or authorization, with its
    method."""
    for method in system.of(METHOD):
        path = path_of(method.target("ResourceId"))
        is_open = method.get("AuthorizationType") in (None, "NONE")
        is_preflight = method.get("HttpMethod") == "OPTIONS"
        is_mock = method.get("Integration", "Type") == "MOCK"
        if path and is_open and not (method.flag("ApiKeyRequired") or is_preflight or is_mock):
            yield path, method


def example_of(path: str) -> str:
    """Return a request's path, with a word for each variable."""
    return re.sub(r"\{[^}]*\}", "smoke", path)
