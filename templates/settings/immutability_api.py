"""Changes of the API that would be half done, compared with the earlier build."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from templates.settings.built_templates import (
    Change,
    Properties,
    Templates,
    properties,
    resources,
)


def api_changes(before: Templates, after: Templates, environment: str) -> Iterator[Change]:
    """Yield the changes of the API that need a deployment before them."""
    yield from _variables(before, after)
    yield from _open_paths(before, after, environment)
    yield from _addresses(before, after)


def _variables(before: Templates, after: Templates) -> Iterator[Change]:
    """CloudFormation creates a resource before it deletes another one, and API Gateway takes
    one variable at a level."""
    old, new = (_variable_parts(resources(each, "api")) for each in (before, after))
    for parent in sorted(old.keys() & new.keys()):
        was, is_ = old[parent], new[parent]
        if was != is_:
            level = "API Gateway takes one variable at a level"
            wrong = f"{is_} takes the place of the deployed {was}, and {level}"
            expected = "two deployments"
            step = "deploy without the paths of this level, then with the new ones"
            yield "api.paths", wrong, expected, step


def _variable_parts(deployed: dict[str, Any]) -> dict[str, str]:
    """Return the variable below each resource of the API that has one, by the reference."""
    parts = (body.get("Properties", {}) for body in deployed.values())
    return {
        json.dumps(part.get("ParentId"), sort_keys=True): str(part["PathPart"])
        for part in parts
        if str(part.get("PathPart", "")).startswith("{")
    }


def _open_paths(before: Templates, after: Templates, environment: str) -> Iterator[Change]:
    """CloudFormation deletes a method after it has made the new deployment of the API, so the
    deployment still has it: a path that was open would stay open, without the key or the token
    that the catch-all asks for.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-monitor-stack.html
    """
    old, new = resources(before, "api"), resources(after, "api")
    catch_all = _asked(new.get("ProxyMethod", {}))
    for name, body in old.items():
        method = body.get("Properties", {})
        missing = catch_all - _asked(body) if method.get("HttpMethod") == "ANY" else set()
        if name not in new and missing:
            path, asked = _service_path(method), " and no ".join(sorted(missing))
            wrong = f"{path} asks for no {asked}, and its removal leaves it so"
            expected = (
                "a deployment in which it asks for what /{proxy+} does, before the removal"
            )
            asks = {"key": "key = true", "token": f'"{path}" in api.jwt.paths'}
            asking = " and ".join(asks[each] for each in sorted(missing))
            step = f'keep [api.paths."{path}"] with {asking}, build and deploy, then remove it'
            undo = f"if only the last build has it: git checkout -- output/{environment}"
            yield "api.paths", wrong, expected, f"{step}; or, {undo}"
            return  # others are often above or below this one


def _asked(method: Mapping[str, Any]) -> set[str]:
    """Return what a method asks of a client."""
    own = method.get("Properties", {})
    has_token = own.get("AuthorizationType", "NONE") != "NONE"
    asks = {"key": own.get("ApiKeyRequired"), "token": has_token}
    return {name for name, is_asked in asks.items() if is_asked}


def _addresses(before: Templates, after: Templates) -> Iterator[Change]:
    """CloudFormation leaves the policy of an API as it is when the property Policy goes.

    https://github.com/aws/aws-cdk/issues/21840
    https://github.com/serverless/serverless/pull/7138
    """
    was, is_ = (properties(each, "api", "RestApi") for each in (before, after))
    statements = was.get("Policy", {}).get("Statement", [])
    if is_ and "Policy" not in is_ and any(each["Effect"] == "Deny" for each in statements):
        yield (
            "api.firewall.allow",
            "the removal of the list leaves its policy in AWS, which denies other addresses",
            "a deployment that admits every address, before the removal",
            'allow = ["0.0.0.0/0"], build and deploy, then remove it',
        )


def _service_path(method: Properties) -> str:
    """Return the path to which a method passes its requests, as the settings write it."""
    uri = str(method.get("Integration", {}).get("Uri", ""))
    path = "/" + uri.partition("://")[2].partition("/")[2]
    return path.replace("{proxy}", "{proxy+}")
