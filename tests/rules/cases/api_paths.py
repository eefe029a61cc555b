"""Bad cases of cfnlink/rules/api_paths.py."""

from typing import Any

from tests.rules.cases import case
from tests.template import get_att, ref, resource


def part(path_part: str, parent: Any = None) -> dict[str, Any]:
    """Return a resource of the API, below the root without a parent."""
    return resource(
        "AWS::ApiGateway::Resource",
        RestApiId=ref("ApiRestApi"),
        ParentId=parent or get_att("ApiRestApi", "RootResourceId"),
        PathPart=path_part,
    )


def settings(path: str, method: str) -> dict[str, Any]:
    """Return settings of the stage for one path, beside those for all."""
    limits = {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 5}
    every = {"ResourcePath": "/*", "HttpMethod": "*", **limits}
    own = {"ResourcePath": path, "HttpMethod": method, **limits}
    return {"ApiStage.MethodSettings": [every, own]}


HOOKS = {"Hooks": part("hooks"), "HooksBelow": part("{proxy+}", ref("Hooks"))}

BAD_CASES = [
    case(
        "W9955",
        settings("/~1{proxy+}", "ANY"),
        at="ApiStage.MethodSettings.1.HttpMethod",
    ),
    case("W9955", settings("/~1{proxy+}", "*"), at="ApiStage.MethodSettings.1.HttpMethod"),
    case("W9955", settings("/*", "GET"), at="ApiStage.MethodSettings.1.HttpMethod"),
    case(
        "W9956",
        HOOKS | settings("/~1hook~1{proxy+}", "POST"),
        at="ApiStage.MethodSettings.1.ResourcePath",
    ),
    case(
        "W9956",
        HOOKS | settings("/hooks/{proxy+}", "POST"),
        at="ApiStage.MethodSettings.1.ResourcePath",
    ),
]

ACCEPTED = [
    case("W9955", settings("/~1{proxy+}", "POST")),
    case("W9956", HOOKS | settings("/~1hooks~1{proxy+}", "POST")),
    case("W9956", settings("/", "GET")),
]
