"""Paths of the API: the catch-all, and those that differ from it in the settings."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from troposphere import apigateway

from templates.api_methods import Backend, Route, method
from templates.cors import options
from templates.settings import ApiSettings, PathSettings
from templates.settings.tokens import EVERY_PATH, ROOT
from templates.stack import Stack, Value

Parts = tuple[str, ...]
GREEDY = "{proxy+}"
# A setting of a stage for one path names one HTTP method: the service knows no ANY there, and
# only the pair of all methods and all paths has a wildcard.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
VERBS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def add_catch_all(stack: Stack, rest_api: apigateway.RestApi, backend: Backend) -> None:
    """Add the methods of every path: the root, which {proxy+} does not match, and the rest."""
    proxy = apigateway.Resource(
        "Proxy",
        RestApiId=rest_api.ref(),
        ParentId=rest_api.get_att("RootResourceId"),
        PathPart=GREEDY,
    )
    stack.add(proxy)
    root = Route(rest_api.get_att("RootResourceId"), "/", entry=ROOT)
    below = Route(proxy.ref(), "/{proxy}", entry=EVERY_PATH)
    stack.add(method("RootMethod", rest_api, root, backend))
    stack.add(method("ProxyMethod", rest_api, below, backend))
    stack.add(options("RootOptions", rest_api, root, backend.api))
    stack.add(options("ProxyOptions", rest_api, below, backend.api))


@dataclass(frozen=True)
class PathNode:
    """A resource in the tree of paths, and how its requests differ from the catch-all.

    entry: its path in the settings, or that of the catch-all, whose methods it has.
    """

    parts: Parts
    settings: PathSettings
    entry: str

    @property
    def title(self) -> str:
        """The end of its logical ids, such as WebhooksProxy1f0c; paths never share one."""
        words = re.findall(r"[A-Za-z0-9]+", "/".join(self.parts))
        digest = hashlib.sha256("/".join(self.parts).encode()).hexdigest()[:6]
        return f"{''.join(word.title() for word in words)}{digest}"

    @property
    def uri(self) -> str:
        """The path of the service: variables are written without the plus sign."""
        return f"/{'/'.join(self.parts)}".replace("+}", "}")


def path_nodes(paths: Mapping[str, PathSettings]) -> list[PathNode]:
    """Return the resources that paths need, each below its parent, without the catch-all's.

    Beside a path, all other requests stay as they are: a resource above a path has the
    catch-all's methods, and {proxy+} beside and below it takes what no other resource takes.
    """
    own = {tuple(path.strip("/").split("/")): each for path, each in paths.items()}
    known = {parts[:n] for parts in own for n in range(1, len(parts) + 1)}
    with_variable = {parts[:-1] for parts in known if _is_variable(parts)}
    leaves = {parts for parts in known if parts[-1].endswith("+}")}
    known |= {(*parts, GREEDY) for parts in known - with_variable - leaves}
    return [
        PathNode(parts, own[parts], f"/{'/'.join(parts)}")
        if parts in own
        else PathNode(parts, PathSettings(), EVERY_PATH)
        for parts in sorted(known)
    ]


def _is_variable(parts: Parts) -> bool:
    return parts[-1].startswith("{")


def add_paths(stack: Stack, rest_api: apigateway.RestApi, backend: Backend) -> None:
    """Add the resources of the paths in the settings, each with its methods."""
    parents: dict[Parts, Value] = {(): rest_api.get_att("RootResourceId")}
    for node in path_nodes(backend.api.paths):
        resource = stack.add(_resource(node, rest_api, parents[node.parts[:-1]]))
        parents[node.parts] = resource.ref()
        route = Route(resource.ref(), node.uri, node.settings, node.entry)
        stack.add(method(f"Method{node.title}", rest_api, route, backend))
        stack.add(options(f"Options{node.title}", rest_api, route, backend.api))


def _resource(
    node: PathNode, rest_api: apigateway.RestApi, parent: Value
) -> apigateway.Resource:
    return apigateway.Resource(
        f"Resource{node.title}",
        RestApiId=rest_api.ref(),
        ParentId=parent,
        PathPart=node.parts[-1],
    )


def path_throttles(api: ApiSettings) -> Iterator[apigateway.MethodSetting]:
    """Yield the stage's settings for each path that has a limit of its own, and nothing else:
    API Gateway takes about 80 values in one call that updates a stage."""
    for path in api.paths:
        limits = api.limits(path)
        if limits is None:
            continue
        rate, burst = limits
        for verb in VERBS:
            yield apigateway.MethodSetting(
                HttpMethod=verb,
                ResourcePath=f"/{path.replace('/', '~1')}",
                ThrottlingRateLimit=rate,
                ThrottlingBurstLimit=burst,
            )
