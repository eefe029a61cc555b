"""Combinations of the settings of tokens."""

from collections.abc import Iterator

from templates.settings.combinations.invalid import InvalidCombination, stated_in_vain
from templates.settings.model import Settings
from templates.settings.tokens import EVERYTHING

HEADER = "authorization"
# What a function's variables may take together, less their names and the page's address.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_VARIABLES_BYTES = 4096 - 700
SWITCHES = {"jwt": "issuer", "cognito": "user_pool_arn"}


def _is_on(settings: Settings, name: str) -> bool:
    return getattr(getattr(settings.api, name), SWITCHES[name]) is not None


def _both(settings: Settings) -> Iterator[InvalidCombination]:
    if all(_is_on(settings, name) for name in SWITCHES):
        yield InvalidCombination(
            ("api.cognito.user_pool_arn", "api.jwt.issuer"),
            "a method has one authorizer",
            "one of the two",
        )


def _incomplete(settings: Settings) -> Iterator[InvalidCombination]:
    """A token of another API of the issuer must not pass."""
    for name, needed in (("jwt", "audience"), ("cognito", "scopes")):
        section, switch = getattr(settings.api, name), f"api.{name}.{SWITCHES[name]}"
        if not _is_on(settings, name):
            wrong, expected = "the API asks for no token", f"{SWITCHES[name]} beside it"
            keys = type(section).model_fields
            yield from stated_in_vain(switch, section, keys, wrong, expected)
        elif not getattr(section, needed):
            yield InvalidCombination(
                (f"api.{name}.{needed}", switch),
                "a token for any other API would pass",
                "a list of one or more",
            )


def _paths(settings: Settings) -> Iterator[InvalidCombination]:
    for name in SWITCHES:
        listed = getattr(settings.api, name).paths
        known = [*EVERYTHING, *settings.api.paths]
        unknown = [path for path in listed if path not in known]
        if unknown:
            yield InvalidCombination(
                (f"api.{name}.paths", "api.paths"),
                f"{unknown[0]} is no path of its own",
                f"one of {', '.join(known)}; [api.paths] adds others",
            )
        elif not listed or len(set(listed)) < len(listed):
            yield InvalidCombination(
                (f"api.{name}.paths",), "a path is missing or stands twice", "each path once"
            )


def _browsers(settings: Settings) -> Iterator[InvalidCombination]:
    """A browser asks in the preflight whether it may send the token.

    https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Access-Control-Allow-Headers
    """
    allowed = [name.strip().lower() for name in settings.api.cors_allow_headers.split(",")]
    for name, switch in SWITCHES.items():
        if _is_on(settings, name) and HEADER not in allowed:
            yield InvalidCombination(
                ("api.cors_allow_headers", f"api.{name}.{switch}"),
                "browsers could not send the token",
                "Authorization among its names; * does not stand for it",
            )


def _size(settings: Settings) -> Iterator[InvalidCombination]:
    jwt = settings.api.jwt
    size = len(" ".join([(jwt.issuer or "") * 2, *jwt.audience, *jwt.scopes]))
    if size > MOST_VARIABLES_BYTES:
        yield InvalidCombination(
            ("api.jwt.audience",),
            f"issuer, audience and scopes have {size:,} characters, and a function's variables "
            f"hold {MOST_VARIABLES_BYTES:,} of them",
            "shorter or fewer ones",
        )


CHECKS = (_both, _incomplete, _paths, _browsers, _size)
