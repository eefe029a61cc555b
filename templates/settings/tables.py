"""Tables of a settings file: how they merge, and how their keys are written."""

import json
from collections.abc import Iterable
from typing import Any

from templates.settings.files import (
    Key,
    Tables,
    below,
)


def as_json(tables: Tables) -> str:
    """Return the tables as JSON; a date, which no setting accepts, as a list."""
    return json.dumps(tables, default=lambda _: [[]])


def existing(location: Key, tables: Any, *, is_missing: bool) -> Key:
    """Return the part of an error's location that is a key of the tables, or is
    missing there.

    Other parts are pydantic's own, such as the choice of a union that it tried.
    """
    for depth, part in enumerate(location):
        if part not in below(tables):
            is_key = is_missing and isinstance(tables, dict)
            return location[: depth + 1] if is_key else location[:depth]
        tables = below(tables)[part]
    return location


def merged(below: Tables, above: Tables) -> Tables:
    """Merge tables key by key; any other value of `above` replaces that of `below`."""
    both = dict(below)
    for key, value in above.items():
        under = both.get(key)
        tables = isinstance(value, dict) and isinstance(under, dict)
        both[key] = merged(dict(under or {}), value) if tables else value
    return both


def is_part(key: Key, others: Iterable[Key]) -> bool:
    """Whether a key is one of the others, lies below one or holds one."""
    return any(key[: len(other)] == other[: len(key)] for other in others)


def dotted(key: Key) -> str:
    """Return a key as TOML writes it: names with other characters in quotes."""
    plain = [part.isascii() and f"_{part}".replace("-", "_").isidentifier() for part in key]
    return ".".join(
        p if is_plain else json.dumps(p) for p, is_plain in zip(key, plain, strict=True)
    )
