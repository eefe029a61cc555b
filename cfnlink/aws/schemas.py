"""The schemas of AWS's resources, as cfn-lint ships them.

cfn-lint reads the schema of each type that it lints, and keeps it: a second question costs
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

REGION = "us-east-1"


@cache
def schema(type_: str) -> dict[str, Any]:
    """Return the schema of a type; an empty one if cfn-lint knows none."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # noqa: PLC0415 (late: it is slow)

    if type_ not in _types():
        return {}
    found: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, type_).schema
    return found


@cache
def _types() -> frozenset[str]:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # noqa: PLC0415 (late: it is slow)

    names = PROVIDER_SCHEMA_MANAGER.get_resource_types(REGION)
    return frozenset(name for name in names if name.startswith("AWS::"))


@cache
def _nouns() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name in _types():
        found[name.rpartition("::")[2].lower()].add(name)
    return {noun: frozenset(names) for noun, names in found.items()}


def types_of_noun(noun: str) -> frozenset[str]:
    """Return the types whose last part is a noun, such as TargetGroup."""
    return _nouns().get(noun.lower(), frozenset())


@cache
def primary_identifier(type_: str) -> str | None:
    """Return the property that Ref gives; None if there are several, or none is known."""
    found = schema(type_).get("primaryIdentifier") or []
    return str(found[0]).removeprefix("/properties/") if len(found) == 1 else None


@cache
def writable_identifier(type_: str) -> str | None:
    """Return the property that Ref gives, if a template states it."""
    name = primary_identifier(type_)
    fixed = schema(type_).get("readOnlyProperties") or []
    return None if name is None or f"/properties/{name}" in fixed else name


def property_schema(type_: str, path: tuple[Any, ...]) -> dict[str, Any] | None:
    """Return the schema of a property; None if there is none or it can be of several kinds."""
    root = schema(type_)
    node: Any = root
    for part in path:
        node = _inside(root, node, part)
        if node is None:
            return None
    return _resolved(root, node)


def _resolved(root: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return a node with what it refers to; its own description is the better one."""
    target = str(node.get("$ref", ""))
    if not target.startswith("#/"):
        return node
    found: Any = root
    for part in target[2:].split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return {**_resolved(root, found), **{key: node[key] for key in node if key != "$ref"}}


def _inside(root: dict[str, Any], node: dict[str, Any], part: Any) -> dict[str, Any] | None:
    whole = _resolved(root, node)
    if isinstance(part, int):
        found = whole.get("items")
        return found if isinstance(found, dict) else None
    found = (whole.get("properties") or {}).get(part)
    return found if isinstance(found, dict) else None
