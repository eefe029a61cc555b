"""What each setting accepts, in words: read from the model's JSON Schema.

Messages and docs/settings.md use the same words, so no message repeats Pydantic's.
"""

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

from templates.settings.model import Settings
from templates.settings.values import EXPECTED

Node = dict[str, Any]

MOST_LISTED = 12
EXAMPLES = 3
KINDS = {"boolean": "true or false", "integer": "an integer", "number": "a number"}
FORMATS = {"ipv4network": "an IPv4 range by its first address, such as 10.0.0.0/16"}


@cache
def json_schema() -> Node:
    """Return the JSON Schema of one environment's settings."""
    return Settings.model_json_schema()


def node_at(key: Iterable[str]) -> Node:
    """Return the schema of the setting at a key; empty if there is no such setting."""
    node = json_schema()
    for part in key:
        node = resolved(
            node.get("properties", {}).get(part) or node.get("items") or entry(node)
        )
    return node


def resolved(node: Node) -> Node:
    """Return the node behind a reference or an optional value; of several kinds of value, the
    first one with the choices."""
    choices = _choices(node)
    if choices:
        first = resolved(choices[0])
        return first | {"anyOf": choices} if len(choices) > 1 else first
    if "$ref" in node:
        return dict(json_schema()["$defs"][node["$ref"].rpartition("/")[2]])
    return node


def _choices(node: Node) -> list[Node]:
    """Return the kinds of value that a node accepts; null stands for a key that is left out."""
    return [each for each in node.get("anyOf", []) if each.get("type") != "null"]


def entry(node: Node) -> Node:
    """Return the schema of each value in a table with free keys; empty for another node."""
    if "patternProperties" in node:  # the names are checked
        return dict(*node["patternProperties"].values())
    known = node.get("additionalProperties")
    return dict(known) if isinstance(known, dict) else {}


def expected_value(node: Node) -> str:
    """Return what a setting accepts, such as "an integer from 1 to 35"."""
    choices = _choices(node)
    if len(choices) > 1:
        return ", or ".join(map(expected_value, choices))
    node = resolved(node)
    if "enum" in node:
        return one_of([json.dumps(choice) for choice in node["enum"]])
    if node["type"] == "array":
        return _list(node)
    if node["type"] == "object":
        return _table(node)
    if node["type"] == "string":
        return FORMATS.get(node.get("format", "")) or _text(node)
    return KINDS[node["type"]] + _bounds(node)


def expected_name(node: Node) -> str:
    """Return the form of the names in a table with free names."""
    return _text(node.get("propertyNames", {}))


def _list(node: Node) -> str:
    if "prefixItems" in node:
        first = expected_value(node["prefixItems"][0])
        return f"a list of {len(node['prefixItems'])}, each {first}"
    return f"a list, each entry {expected_value(node['items'])}"


def _table(node: Node) -> str:
    below = resolved(entry(node))
    if not below:
        return f"a table with settings such as {', '.join([*node['properties']][:EXAMPLES])}"
    least, most = node.get("minProperties"), node.get("maxProperties")
    size = f" with at least {least} entry" if least else ""
    size = f" with at most {most} entries" if most else size
    each = "a table" if below["type"] == "object" else expected_value(below)
    return f"a table{size}, each entry {each}"


def _text(node: Node) -> str:
    longest = node.get("maxLength")
    most = f", at most {longest} characters" if longest else ""
    return f"{node.get(EXPECTED, 'a text')}{most}"


def _bounds(node: Node) -> str:
    least, above, most = (
        f"{value:,g}" if (value := node.get(name)) is not None else ""
        for name in ("minimum", "exclusiveMinimum", "maximum")
    )
    if above:
        return f" above {above}" + (f", at most {most}" if most else "")
    if least and most:
        return f" from {least} to {most}"
    return f", {least} or more" if least else f", at most {most}" if most else ""


def one_of(values: Sequence[object], given: object = None, noun: str = "values") -> str:
    """Return all values if they are few, else their number and those nearest to `given`."""
    if len(values) <= MOST_LISTED:
        return f"one of {', '.join(map(str, values))}"
    return f"one of {len(values)} {noun}, such as {', '.join(_nearest(values, given))}"


def _nearest(values: Sequence[object], given: object) -> list[str]:
    """Return some values as text: those nearest to a number or most like a text."""
    if isinstance(given, int):
        numbers = [value for value in values if isinstance(value, int)]
        return [*map(str, sorted(sorted(numbers, key=lambda n: abs(n - given))[:EXAMPLES]))]
    texts = [*map(str, values)]
    return get_close_matches(str(given), texts, EXAMPLES, cutoff=0.5) or texts[:EXAMPLES]
