"""Paths of the API differ as the settings say, and every other path stays as it is."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build import build
from cfnlink.aws.limits import LARGEST_BODY_BYTES
from cfnlink.system.expressions import references
from templates.api_paths import path_nodes, path_throttles
from templates.settings import PathSettings, Settings
from tests.helpers import changed, example_settings, properties
from tests.tiers.resources import System, attributes, of_type, resources_of

METHOD, RESOURCE = "AWS::ApiGateway::Method", "AWS::ApiGateway::Resource"
HOOKS = {"/webhooks/{proxy+}": PathSettings(key=False)}


def served(system: System) -> dict[str, dict[str, Any]]:
    """Return each path with its methods by verb."""
    paths = {"": "/"}
    for name, body in of_type(system, RESOURCE).items():
        parent = next(ref for ref, _ in references(body["Properties"]["ParentId"]))
        paths[name] = f"{paths.get(parent, '')}/{body['Properties']['PathPart']}"
    found: dict[str, dict[str, Any]] = {}
    for body in of_type(system, METHOD).values():
        target = next(ref for ref, _ in references(body["Properties"]["ResourceId"]))
        verbs = found.setdefault(paths.get(target, "/"), {})
        verbs[body["Properties"]["HttpMethod"]] = body["Properties"]
    return found


def route(paths: dict[str, PathSettings], request: str) -> tuple[str, ...] | None:
    """Return the resource of a request for a gateway that never goes back up the tree."""
    nodes = {node.parts for node in path_nodes(paths)} | {("{proxy+}",)}
    at: tuple[str, ...] = ()
    steps = request.strip("/").split("/")
    for n, step in enumerate(steps):
        children = sorted(node[-1] for node in nodes if node[:-1] == at and len(node) == n + 1)
        literal = [child for child in children if child == step]
        variable = [child for child in children if child.startswith("{")]
        if not literal and variable and variable[0].endswith("+}"):
            return (*at, variable[0])
        if not literal and not variable:
            return None
        at = (*at, (literal or variable)[0])
    return at


def test_a_path_without_a_key_opens_what_is_below_it_and_nothing_else(
    production: Settings,
) -> None:
    paths = served(resources_of(changed(production, "api.paths", HOOKS)))

    assert set(paths) == {"/", "/{proxy+}", "/webhooks", "/webhooks/{proxy+}"}
    open_paths = {path for path, verbs in paths.items() if not verbs["ANY"]["ApiKeyRequired"]}
    assert open_paths == {"/webhooks/{proxy+}"}
    for verbs in paths.values():
        assert set(verbs) == {"ANY", "OPTIONS"}
        assert verbs["OPTIONS"]["ApiKeyRequired"] is False
    method = paths["/webhooks/{proxy+}"]["ANY"]
    assert method["Integration"]["Uri"].endswith("/webhooks/{proxy}")
    sent = method["Integration"]["RequestParameters"]
    assert sent["integration.request.header.X-Api-Key-Id"] == "'none'"
    assert sent["integration.request.path.proxy"] == "method.request.path.proxy"


def test_a_path_adds_resources_and_changes_only_the_deployment(production: Settings) -> None:
    before, after = (build(changed(production, "api.paths", paths)) for paths in ({}, HOOKS))
    old, new = (built.system.template["Resources"] for built in (before, after))

    gone = set(old) - set(new)
    assert [old[name]["Type"] for name in gone] == ["AWS::ApiGateway::Deployment"]
    same = {name for name in old if old[name] == new.get(name)}
    assert set(old) - same - gone == {"ApiStage"}  # it serves the new deployment
    assert {name for name in before.files if before.files[name] != after.files[name]} == {
        "api.yaml", "api.json", "system.yaml",
    }  # fmt: skip


def test_parents_are_shared_and_the_rest_of_a_level_keeps_the_key(production: Settings) -> None:
    without_key = ("/hooks/stripe", "/hooks/github", "/shops/{shop}/status")
    given = dict.fromkeys(without_key, PathSettings(key=False))
    paths = served(resources_of(changed(production, "api.paths", given)))

    open_paths = {path for path, verbs in paths.items() if not verbs["ANY"]["ApiKeyRequired"]}
    assert open_paths == {"/hooks/stripe", "/hooks/github", "/shops/{shop}/status"}
    assert {"/hooks/{proxy+}", "/hooks/stripe/{proxy+}", "/shops/{shop}/{proxy+}"} <= set(paths)
    assert "/shops/{proxy+}" not in paths  # beside {shop}, API Gateway takes no other variable
    deep = paths["/shops/{shop}/{proxy+}"]["ANY"]
    assert deep["Integration"]["Uri"].endswith("/shops/{shop}/{proxy}")
    assert set(deep["RequestParameters"]) == {
        "method.request.path.shop", "method.request.path.proxy",
    }  # fmt: skip


def test_a_limit_and_a_timeout_of_a_path_are_its_own(production: Settings) -> None:
    own = PathSettings(rate_limit=5, burst_limit=7, timeout_seconds=3)
    slow = PathSettings(timeout_seconds=90)
    paths = {"/webhooks/{proxy+}": own, "/reports": slow}
    system = resources_of(changed(production, "api.paths", paths))

    first, *settings = properties(system, "ApiStage")["MethodSettings"]
    assert (first["ResourcePath"], first["ThrottlingRateLimit"]) == ("/*", 100)
    assert {s["ResourcePath"] for s in settings} == {"/~1webhooks~1{proxy+}"}
    assert {s["HttpMethod"] for s in settings} == {
        "DELETE", "GET", "HEAD", "PATCH", "POST", "PUT",
    }  # fmt: skip
    assert {(s["ThrottlingRateLimit"], s["ThrottlingBurstLimit"]) for s in settings} == {(5, 7)}
    timeouts = {
        path: verbs["ANY"]["Integration"]["TimeoutInMillis"]
        for path, verbs in served(system).items()
    }
    assert timeouts["/webhooks/{proxy+}"] == 3_000
    assert timeouts["/reports"] == 90_000
    assert {timeouts["/"], timeouts["/webhooks"], timeouts["/reports/{proxy+}"]} == {29_000}
    balancer = properties(system, "LoadBalancerLoadBalancer")["LoadBalancerAttributes"]
    assert attributes(balancer)["idle_timeout.timeout_seconds"] == "95"


@pytest.mark.parametrize(
    ("stated", "limits"),
    [
        ({"rate_limit": 5}, (5, 10)),
        ({"rate_limit": 0.2}, (0.2, 1)),
        ({"rate_limit": 1.2}, (1.2, 3)),
        ({"rate_limit": 100}, (100, 150)),
        ({"burst_limit": 7}, (100, 7)),
        ({"rate_limit": 5, "burst_limit": 90}, (5, 90)),
        ({}, None),
    ],
)
def test_a_path_with_a_rate_takes_at_once_what_fits_it(
    production: Settings, stated: dict[str, Any], limits: tuple[float, int] | None
) -> None:
    api = changed(production, "api.paths", {"/hooks": stated}).api
    found = [*path_throttles(api.model_copy(update={"burst_limit": 150}))]

    made = {(each.ThrottlingRateLimit, each.ThrottlingBurstLimit) for each in found}
    assert made == ({limits} if limits else set())


PART = st.sampled_from(["a", "b", "c", "{x}"])
PATHS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.lists(PART, max_size=2), st.booleans()).map(
        lambda made: "/" + "/".join([made[0], *made[1], *(["{proxy+}"] if made[2] else [])])
    ),
    min_size=1,
    max_size=4,
)


def levels(paths: list[str]) -> dict[tuple[str, ...], set[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for path in paths:
        parts = tuple(path.strip("/").split("/"))
        for n, part in enumerate(parts):
            if "{" in part:
                found.setdefault(parts[:n], set()).add(part)
    return found


@given(PATHS, st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=4))
def test_every_request_has_a_resource_and_is_open_only_where_a_path_says_so(
    listed: list[str], steps: list[str]
) -> None:
    possible = [path for path in listed if path.count("{x}") < 2]
    if any(len(variables) > 1 for variables in levels(possible).values()):
        return  # refused by the settings
    paths = {path: PathSettings(key=False) for path in possible}
    found = route(paths, "/".join(steps))

    assert found is not None
    is_open = f"/{'/'.join(found)}" in paths
    matching = [path for path in paths if matches(path, steps)]
    assert not is_open or matching
    if f"/{'/'.join(steps)}" in paths:
        assert is_open  # a literal path wins


def matches(path: str, steps: list[str]) -> bool:
    parts = path.strip("/").split("/")
    if parts[-1] == "{proxy+}":
        parts = parts[:-1]
        if len(steps) <= len(parts):
            return False
        steps = steps[: len(parts)]
    return len(parts) == len(steps) and all(
        part in (step, "{x}") for part, step in zip(parts, steps, strict=True)
    )


def test_six_paths_with_limits_fit_into_a_template(production: Settings) -> None:
    paths = {f"/hooks{n}/{{proxy+}}": {"key": False, "rate_limit": 1} for n in range(6)}
    built = build(changed(production, "api.paths", paths))

    assert len(built.files["api.yaml"].encode()) < LARGEST_BODY_BYTES


def test_a_limit_of_a_path_needs_no_deployment_of_the_api(production: Settings) -> None:
    ids = {
        name
        for rate in (1, 2)
        for name in of_type(
            resources_of(changed(production, "api.paths", {"/a": {"rate_limit": rate}})),
            "AWS::ApiGateway::Deployment",
        )
    }

    assert len(ids) == 1


def test_paths_never_share_a_logical_id() -> None:
    paths = ["/a-b", "/ab", "/a_b", "/a.b", "/AB", "/a/b", "/a/{b}", "/a{b}"]
    titles = {node.title for node in path_nodes({path: PathSettings() for path in paths[:-1]})}

    assert len(titles) == len(path_nodes({path: PathSettings() for path in paths[:-1]}))


@pytest.mark.parametrize(
    "change",
    [{"key": True}, {"key": False, "timeout_seconds": 5}],
)
def test_the_deployment_follows_a_path(change: dict[str, Any]) -> None:
    settings = example_settings()
    ids = {
        json.dumps(sorted(of_type(resources_of(each), "AWS::ApiGateway::Deployment")))
        for each in (
            settings,
            changed(settings, "api.paths", HOOKS),
            changed(settings, "api.paths", {"/webhooks/{proxy+}": change}),
        )
    }

    assert len(ids) == 3
