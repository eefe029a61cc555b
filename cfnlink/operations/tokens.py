"""The token that `smoke` sends where the API asks for one beside the key."""

import os

from cfnlink.system.api_paths import METHOD, path_of
from cfnlink.system.resource import System

VARIABLE = "SMOKE_TOKEN"
EVERY_PATH = "/{proxy+}"
NOT_TRIED = f"not known: the API asks for a token, and {VARIABLE} is empty"


def asks_for_token(system: System) -> bool:
    """Whether the API asks for a token on the paths that no other resource takes."""
    return any(
        method.get("AuthorizationType") in ("CUSTOM", "COGNITO_USER_POOLS")
        for method in system.of(METHOD)
        if method.get("HttpMethod") in ("ANY", "GET")
        and path_of(method.target("ResourceId")) == EVERY_PATH
    )


def token() -> str:
    """Return the token of the caller's environment; empty without one."""
    return os.environ.get(VARIABLE, "").strip()
