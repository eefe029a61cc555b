"""Combinations of the API's paths."""

import re
from collections.abc import Iterator

from templates.settings.combinations.api import above_ceiling
from templates.settings.combinations.invalid import InvalidCombination
from templates.settings.model import Settings

Key = tuple[str, ...]
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
RESERVED = ("ping", "sping")


def _key(path: str) -> Key:
    return ("api", "paths", path)


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/")


def _first_parts(settings: Settings) -> Iterator[InvalidCombination]:
    """The first part decides whether a request reaches the path at all."""
    for path in settings.api.paths:
        first, *below = _parts(path)
        if first.startswith("{"):
            yield InvalidCombination(
                (_key(path),),
                "the catch-all takes the place of a variable at the root, and stays",
                "a path that begins with a name, such as /webhooks/{proxy+}",
            )
        elif first in RESERVED and not below:
            yield InvalidCombination(
                (_key(path),),
                f"API Gateway answers /{first} itself under a domain of yours",
                "another path",
            )
        elif first == settings.api.stage:
            yield InvalidCombination(
                (_key(path), "api.stage"),
                f"the load balancer removes the stage's name {first} from a path",
                "another path",
            )


def _variables(settings: Settings) -> Iterator[InvalidCombination]:
    """API Gateway takes one variable at a level, and each name once in a path."""
    levels: dict[tuple[str, ...], tuple[str, str]] = {}
    for path in settings.api.paths:
        parts = _parts(path)
        names = re.findall(r"\{(\w+)\+?\}", path)
        twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
        if twice:
            yield InvalidCombination(
                (_key(path),),
                f"the variable {twice} stands twice in the path",
                "another name for one of them",
            )
        elif "proxy" in names and not path.endswith("/{proxy+}"):
            yield InvalidCombination(
                (_key(path),),
                "the name proxy is that of the paths below, {proxy+}",
                "another name of the variable",
            )
        for n, part in enumerate(parts):
            above = tuple(parts[:n])
            taken, other = (
                levels.setdefault(above, (part, path)) if n and "{" in part else ("", "")
            )
            if taken and taken != part:
                yield InvalidCombination(
                    (_key(path), _key(other)),
                    f"{part} and {taken} of {other} stand at one level, and API Gateway takes "
                    "one variable there",
                    f"{taken} in both, or one of the paths",
                )
                break


def _throttles(settings: Settings) -> Iterator[InvalidCombination]:
    for path, own in settings.api.paths.items():
        yield from above_ceiling(_key(path), own, settings.api)


CHECKS = (_first_parts, _variables, _throttles)
