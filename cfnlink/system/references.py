"""Read plain dictionaries of a template: values at paths, and names in expressions."""

import re
from collections.abc import Iterator
from typing import Any

# A variable in a Fn::Sub text; ${!Literal} is none.
VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")


def at(node: Any, *path: Any) -> Any:
    """Return the value at a path inside a node, or None."""
    for part in path:
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return None
    return node


def number(value: Any) -> float | None:
    """Return a literal number, or the number in a text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def references(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the names in Ref, GetAtt and Sub anywhere in a node, and their paths."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref" and isinstance(value, str):
                yield value, path
            elif key == "Fn::GetAtt":
                name = value[0] if isinstance(value, list) and value else value
                yield str(name).partition(".")[0], path
            elif key == "Fn::Sub":
                yield from _in_sub(value, path)
            else:
                yield from references(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from references(value, (*path, index))


def _in_sub(argument: Any, path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    template, variables = argument, {}
    if isinstance(argument, list) and len(argument) == 2:
        template, variables = argument
    if not isinstance(variables, dict):
        variables = {}
    for name in VARIABLE.findall(template if isinstance(template, str) else ""):
        if name not in variables:
            yield name.partition(".")[0], path
    yield from references(variables, path)
