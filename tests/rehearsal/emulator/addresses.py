"""Addresses on this machine for the API of an environment and for its first client's key.

    http://127.0.0.1:PORT/_emulator/<environment>/api/<path>
    http://127.0.0.1:PORT/_emulator/<environment>/key

Only `make emulator` loads this. The first leads into API Gateway as the API's own name does at
AWS; the second is what `aws apigateway get-api-key --include-value` answers.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import apigateway_v1, cloudformation
from registry import Answer, patch

PREFIX = "/_emulator/"


def _resources(environment: str, resource_type: str) -> Iterator[tuple[tuple[str, str], str]]:
    """The account and region, and the physical id, of the resources of an environment."""
    for (account, region, _), stack in cloudformation._stacks.all_items():
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        if tags.get("environment") == environment and "DELETE" not in stack["StackStatus"]:
            for resource in stack.get("_resources", {}).values():
                if resource["ResourceType"] == resource_type:
                    yield (account, region), resource["PhysicalResourceId"]


def _first(path: str, resource_type: str) -> tuple[tuple[str, str], str] | None:
    environment = path.removeprefix(PREFIX).partition("/")[0]
    return next(_resources(environment, resource_type), None)


@patch(app, "_parse_execute_api_url")
def _api(old: Callable[..., Any], host: str, path: str) -> Any:
    """The address of a stage on this machine has a random id in it."""
    if not path.startswith(PREFIX):
        return old(host, path)
    _, found, rest = path.removeprefix(PREFIX).partition("/api")
    api = _first(path, "AWS::ApiGateway::RestApi")
    stage = _first(path, "AWS::ApiGateway::Stage")
    return (api[1], stage[1], rest or "/") if found and api and stage else None


@patch(app, "_handle_ready_request")
def _key(old: Callable[..., Any], path: str, request_id: str) -> Any:
    """The key, and what is not there in words."""
    if not path.startswith(PREFIX):
        return old(path, request_id)
    found = _first(path, "AWS::ApiGateway::ApiKey")
    environment, _, rest = path.removeprefix(PREFIX).partition("/")
    if not found:
        return _text(404, f"no API of an environment {environment} is deployed here")
    if rest == "key":
        with request_scope(*found[0]):
            return _text(200, apigateway_v1._api_keys[found[1]]["value"])
    if not f"{rest}/".startswith("api/"):
        return _text(404, f"expected {PREFIX}{environment}/api/ or {PREFIX}{environment}/key")
    return old(path, request_id)


def _text(status: int, words: str) -> Answer:
    return status, {"Content-Type": "text/plain"}, f"{words}\n".encode()
