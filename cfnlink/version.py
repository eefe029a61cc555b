"""The version of the tool, which setup.cfg states, and what pip has installed of it."""

from configparser import RawConfigParser
from contextlib import suppress
from functools import cache
from pathlib import Path

NAME = "cfnlink"
FILE = Path(__file__).parents[1] / "setup.cfg"


@cache
def version() -> str:
    """Return the version of the tool, such as 0.1.0."""
    config = RawConfigParser()
    config.read(FILE, "utf-8")
    if config.get("metadata", "name", fallback="") == NAME:
        return config.get("metadata", "version")
    from importlib import metadata  # noqa: PLC0415 (slow, and a clone needs none)

    with suppress(metadata.PackageNotFoundError):
        return metadata.version(NAME)
    return "0.0.0"


def is_newer(other: str) -> bool:
    """Return whether another version is newer than this one; what is no version is not."""
    try:
        return _numbers(other) > _numbers(version())
    except ValueError:
        return False


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
