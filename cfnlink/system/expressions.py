"""Read values and expressions of a template: Ref, GetAtt, Sub and Join."""

import re
from collections.abc import Iterator
from typing import Any

# A variable in a Fn::Sub text; ${!Literal} is none.
VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
NO_VALUE = {"Ref": "AWS::NoValue"}
INCLUDED = "Fn::Transform"  # what a macro adds beside the other keys of a mapping
OPEN = r"\$\{[^}]*\}"  # a variable hides its colons and braces
# a dynamic reference to a secret
READING = re.compile(rf"\{{\{{resolve:secretsmanager:((?:{OPEN}|[^}}])*)\}}\}}")


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


def mapping(node: Any) -> dict[Any, Any]:
    """Return the node if it is a mapping, else an empty one."""
    return node if isinstance(node, dict) else {}


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


def is_missing(value: Any) -> bool:
    """Whether a value is missing, or is NoValue, which CloudFormation removes."""
    return value is None or value == NO_VALUE


def is_expression(node: Any) -> bool:
    """Whether a node is an intrinsic function: Ref, Condition, Fn::..."""
    if not isinstance(node, dict) or len(node) != 1:
        return False
    name = str(next(iter(node)))
    return name in ("Ref", "Condition") or name.startswith("Fn::")


def literal_mapping(node: Any) -> dict[str, Any]:
    """Return the node if it is a mapping and no expression, else an empty one."""
    return node if isinstance(node, dict) and not is_expression(node) else {}


def undecided(node: Any) -> bool:
    """Whether a part of a node depends on an unknown condition, or on a macro."""
    whole = str(node)
    return "Fn::If" in whole or INCLUDED in whole


def reached(node: Any, pattern: list[str]) -> Iterator[tuple[list[Any], Any]]:
    """Yield the nodes at a path; * is each entry of a list, or a value that is no list.

    A number is one entry of a list, and % each value of a mapping.
    """
    if not pattern:
        yield [], node
        return
    key, rest = pattern[0], pattern[1:]
    parts: list[tuple[Any, Any]]
    if key.isdigit() and isinstance(node, list):
        parts = [(int(key), node[int(key)])] if int(key) < len(node) else []
    elif key == "%":
        literal = isinstance(node, dict) and not is_expression(node)
        parts = list(node.items()) if literal else []
    elif key != "*":
        parts = [(key, at(node, key))] if isinstance(node, dict) and key in node else []
    else:
        parts = list(enumerate(node)) if isinstance(node, list) else [(None, node)]
    for part, child in parts:
        for path, found in reached(child, rest):
            yield ([part, *path] if part is not None else path), found


def entries(node: Any, *path: Any) -> list[tuple[int, dict[str, Any]]]:
    """Return the literal mappings in a list at a path, with their indexes."""
    found = at(node, *path)
    return [
        (index, entry)
        for index, entry in enumerate(found if isinstance(found, list) else [])
        if isinstance(entry, dict) and not is_expression(entry)
    ]


def attribute(value: Any) -> str | None:
    """Return "Ref" for a Ref, and the attribute for a GetAtt in either form."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Fn::GetAtt" and isinstance(argument, str):
        return argument.partition(".")[2]
    if name == "Fn::GetAtt" and isinstance(argument, list):
        return ".".join(map(str, argument[1:]))
    return "Ref" if name == "Ref" else None


def text(value: Any) -> str | None:
    """Return a literal text, or that of a Sub or Join with ${...} for unknown parts."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Fn::Sub":
        template = argument[0] if isinstance(argument, list) and argument else argument
        return template if isinstance(template, str) else None
    if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2:
        separator, parts = argument
        if isinstance(separator, str) and isinstance(parts, list):
            return separator.join(_open(part) for part in parts)
    return None


def _open(part: Any) -> str:
    known = text(part)
    if known is not None:
        return known
    return f"${{{part['Ref']}}}" if isinstance(part, dict) and "Ref" in part else "${...}"


def spelled(value: Any) -> str | None:
    """Return a text with references as ${Name} or ${Name.Attribute}, unknown parts as ${?}."""
    if not isinstance(value, dict):
        return text(value)
    whole, how, parts = text(value), attribute(value), at(value, "Fn::Join", 1)
    if how is not None:
        name = next((name for name, _ in references(value)), "?")
        return f"${{{name}}}" if how == "Ref" else f"${{{name}.{how}}}"
    if whole is not None and isinstance(parts, list):
        return str(at(value, "Fn::Join", 0)).join(spelled(part) or "${?}" for part in parts)
    given = at(value, "Fn::Sub", 1)
    known = given if isinstance(given, dict) else {}
    return whole and VARIABLE.sub(
        lambda found: (spelled(known[found[1]]) or "${?}") if found[1] in known else found[0],
        whole,
    )


def handed_over(value: Any) -> set[str]:
    """Return the names of the resources whose id or ARN an output gives to other templates."""
    whole = spelled(value)
    if whole is None:
        return {name for name, _ in references(value)}
    found = [name.partition(".") for name in VARIABLE.findall(whole) if "://" not in whole]
    return {name for name, _, how in found if not how or how.endswith(("Id", "Arn"))}
