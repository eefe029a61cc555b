"""A rule as a table: what fits at one place of a resource is one row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

from _chain import Fault, Resource, Rule, is_expression, reached


class Value(NamedTuple):
    """`fits` is asked for each literal value at the path; * leads through a list."""

    path: str
    fits: Callable[[Any], bool]
    right: str
    when: Callable[[Resource], bool] = lambda _: True


class Node(NamedTuple):
    """`fits` is asked for what holds the property, which may be absent: two that must agree."""

    path: str
    fits: Callable[[Any], bool]
    right: str
    when: Callable[[Resource], bool] = lambda _: True


class Table(Rule):
    """A rule of several rows, of which each says what would be right."""

    rows: ClassVar[tuple[Value | Node, ...]] = ()

    def check(self, resource: Resource) -> Iterator[Fault]:
        for row in self.rows:
            for path, value in _judged(resource.properties, row) if row.when(resource) else ():
                name = row.path.removesuffix(".*").rpartition(".")[2]
                shown = f" is {value}" if isinstance(value, (str, int, float)) else ""
                yield path, f"{name}{shown}: {row.right}"


def _judged(properties: dict[str, Any], row: Value | Node) -> Iterator[tuple[list[Any], Any]]:
    """Where a row finds what does not fit, and what that is."""
    *way, key = row.path.split(".")
    if isinstance(row, Value):
        for path, value in reached(properties, [*way, key]):
            if value is not None and not is_expression(value) and not row.fits(value):
                yield path, value
        return
    for path, node in reached(properties, way):
        if isinstance(node, dict) and not is_expression(node) and not row.fits(node):
            yield ([*path, key], node[key]) if key in node else (path, None)
