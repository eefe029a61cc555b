"""List names that an account has once in a region, and environments that take them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from cfnlink.system.expressions import at, references
from cfnlink.system.folder import Folder, read
from cfnlink.system.link import link, literal
from cfnlink.system.resource import Resource, System

Claim = tuple[str, str]
"""A name, and its owner: what several environments share has one owner."""


def collisions(outputs: list[Path]) -> list[str]:
    """Return the names that have several owners, each with the environments that take it.

    An environment's own stacks own what they name. A stack of several environments is one
    stack as long as its template is the same in all of them.
    """
    owners: dict[str, dict[str, set[str]]] = {}
    for output in outputs:
        for name, owner in _claims(read(output)):
            owners.setdefault(name, {}).setdefault(owner, set()).add(output.name)
    return [
        f"{name}: taken by {', '.join(sorted(set().union(*takers.values())))}"
        for name, takers in owners.items()
        if len(takers) > 1
    ]


def _claims(folder: Folder) -> Iterator[Claim]:
    stacks = folder.stacks()
    entries = {entry["name"]: entry for entry in folder.manifest["stacks"]}
    for stack in stacks:
        said = {"template": stack.template, "tags": entries[stack.name].get("tags")}
        yield f"the stack {stack.name}", json.dumps(said, sort_keys=True)
        for body in stack.template.get("Outputs", {}).values():
            name = literal(body.get("Export", {}).get("Name"), stack)
            if name:
                yield f"the export {name}", stack.name
    system = link(stacks)
    for resource in system.resources.values():
        for name in _names(system, resource, folder.region):
            yield name, resource.stack


def _names(system: System, resource: Resource, region: str) -> Iterator[str]:
    """Yield the identifier that a template gives a resource, or else its name for people."""
    kind, properties = str(resource.body["Type"]), resource.body.get("Properties", {})
    if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource":
        return
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
    read_only = {*schema.get("readOnlyProperties", [])}
    for paths in [schema["primaryIdentifier"], *schema.get("additionalIdentifiers", [])]:
        if not {*paths} & read_only:
            keys = [path.split("/")[2:] for path in paths]
            yield from _name(system, kind, [at(properties, *key) for key in keys], [])
    if {*schema["primaryIdentifier"]} & read_only:
        of_the_parent = [properties.get(key) for key in schema.get("required", [])]
        for key in ("Name", f"{kind.rpartition(':')[2]}Name"):
            yield from _name(system, kind, [properties.get(key)], of_the_parent)


def _name(system: System, kind: str, values: list[Any], within: list[Any]) -> Iterator[str]:
    """Yield the name that values make, with the stacks of the resources in them."""
    if any(isinstance(value, str) for value in values):
        text = " ".join(v if isinstance(v, str) else json.dumps(v) for v in values if v)
        named = [name for name, _ in references([*values, *within])]
        stacks = {system.resources[name].stack for name in named if name in system.resources}
        yield " ".join([f"{kind} {text}", *(f"of {stack}" for stack in sorted(stacks))])
