"""Selections: entries of lists that Fn::Select names by a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cfnlink.system.expressions import at, references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Path, Resource


def selections(node: Any, path: Path = ()) -> Iterator[tuple[Path, int, list[Any]]]:
    """Yield the path, the number and the list of each Fn::Select that stays in a node."""
    if isinstance(node, dict):
        number, entries = at(node, "Fn::Select", 0), at(node, "Fn::Select", 1)
        if str(number).isdecimal() and isinstance(entries, list):
            yield path, int(number), entries
    parts = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in parts if isinstance(node, (dict, list)) else ():
        if isinstance(value, (dict, list)):
            yield from selections(value, (*path, key))


def lost_selections(resource: Resource) -> Iterator[tuple[list[Any], int, int]]:
    """Yield the path, the number and the length where a list has no entry of the number.

    The default of a parameter may be a list of one in place of a longer one.
    """
    system = resource.system
    for path, number, entries in selections(resource.properties):
        written, given = resource.written(*path), system.template.get("Parameters") or {}
        open_ = not system.linked and any(name in given for name, _ in references(written))
        literal = written == {"Fn::Select": [number, entries]}  # the stock linter reads it
        known = "Fn::If" not in str(entries) and not open_ and not literal
        if number >= len(entries) and known:
            yield [*path], number, len(entries)
