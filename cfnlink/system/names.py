"""Names: a name that is written as text is that of a resource of the system, or of none.

A template states the names of some resources (BucketName, QueueName). Another one may write
such a name, or an ARN that ends in it, in place of a reference.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cfnlink.aws.catalogue import facts, kinds, resource_type, values_of
from cfnlink.aws.schemas import types_of_noun, writable_identifier
from cfnlink.system.expressions import is_expression, text
from cfnlink.system.shapes import BARE, noun, place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Path, Resource, System

OPEN = re.compile(r"\$\{[^}]*\}")
BY_NAME = "AWS::SSM::Parameter::Value<"
SSM_READING = re.compile(r"\{\{resolve:ssm(?:-secure)?:([^:{}$]+)")
ELSEWHERE = re.compile(r"(/?aws/|AWS|default|arn:|alias/|\{\{|.*\$\{)")


def name_property(type_: str) -> str | None:
    """Return the property with which a template states the name of a resource."""
    return resource_type(type_).named_by or writable_identifier(type_)


def is_named(resource: Resource, name: str) -> bool:
    """Whether a resource has a name, or can have it: only AWS knows a part of its own."""
    stated = resource.text(name_property(resource.type) or "")
    if stated is None:
        return resource.logical_id.lower() in name.lower() and bool(resource.logical_id)
    form = ".*".join(map(re.escape, OPEN.split(stated)))
    return re.fullmatch(form, name, re.IGNORECASE) is not None


def is_taken(system: System, name: str, *types: str) -> bool:
    """Whether a resource of some types has a name, or can have it."""
    return any(is_named(one, name) for type_ in types for one in system.of(type_))


def stated_names(system: System, *types: str) -> list[str]:
    """Return the names that the resources of some types state."""
    names = (
        one.text(name_property(one.type) or "") for type_ in types for one in system.of(type_)
    )
    return [name for name in names if name is not None]


def resource_named(system: System, name: str, *types: str) -> Resource | None:
    """Return the resource of some types that states a name."""
    found = (one for type_ in types for one in system.of(type_))
    return next((one for one in found if one.get(name_property(one.type) or "") == name), None)


def names_nothing(system: System, name: str, *types: str) -> list[str]:
    """Return the names that exist, if a written name is none of them; else an empty list.

    It is empty too if the system states no name of these types: then all are elsewhere.
    """
    elsewhere = not system.is_whole or ELSEWHERE.match(name)
    taken = elsewhere or is_taken(system, name, *types)
    return [] if taken else stated_names(system, *types)


@lru_cache(maxsize=2)  # a rule asks for each parameter
def ssm_names(system: System) -> set[str]:
    """Return the names of the parameters of Systems Manager that the stacks read."""
    given = system.template.get("Parameters")
    bodies = given.values() if isinstance(given, dict) else ()
    typed = {
        str(body.get("Default"))
        for body in bodies
        if isinstance(body, dict) and str(body.get("Type")).startswith(BY_NAME)
    }
    texts = (text_ for one in system.of() for _, text_ in written(one))
    return typed | {name for text_ in texts for name in SSM_READING.findall(text_)}


def types_of_place(resource: Resource, path: Path) -> tuple[str, ...]:
    """Return the types of which a place takes the name; none if it takes an id or an ARN."""
    key = ".".join("*" if isinstance(part, int) else part for part in path)
    known = values_of(resource.type).references
    kind = known.get(key) or known.get(f"{key}.*")
    if kind:
        ways = kinds()[kind]
        return tuple(type_ for type_ in ways if "Ref" in ways[type_] and name_property(type_))
    where = place(resource.type, path)
    if where is None or where.is_own_name or BARE not in where.forms:
        return ()
    return tuple(type_ for type_ in types_of_noun(noun(where.name)) if name_property(type_))


def written(resource: Resource) -> Iterator[tuple[Path, str]]:
    """Yield the texts in a resource's properties that could be names, and their paths."""
    waiting: list[tuple[Path, Any]] = [((), resource.properties)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict) and not is_expression(node):
            waiting += [((*path, key), value) for key, value in node.items()]
        elif isinstance(node, list):
            waiting += [((*path, n), value) for n, value in enumerate(node)]
        elif isinstance(node, str) and text(node):
            yield path, node


def other_namespace(resource: Resource | None, namespace: Any) -> str | None:
    """Return the namespace of a resource's metrics, if this is that of its like."""
    row = facts("metrics")["namespaces_by"].get(resource.type) if resource else None
    if resource is None or row is None or namespace not in row["namespaces"].values():
        return None
    missing = resource.is_missing(row["property"])
    value = row["default"] if missing else resource.get(row["property"])
    own: str | None = row["namespaces"].get(value)
    return None if own == namespace else own


def dimension_types(name: str, namespace: str) -> tuple[str, ...]:
    """Return the types whose name a dimension of a namespace holds."""
    ways = kinds().get(facts("metrics")["dimension_kinds"].get(name, ""), {})
    service = namespace.rpartition("/")[2].lower()
    own = [type_ for type_ in ways if type_.split("::")[1].lower() == service]
    return tuple(type_ for type_ in own if name_property(type_))
