"""A template as a chain of resources, and how they lead to each other.

A rule asks three things: what a property is (`get`, `flag`, `number`, `text`), to which
resource it leads (`target`), and who leads here (`users`). Where only AWS could know, a
parameter, an import, a condition, the answer is None, and the rule stays silent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from _read import NO_VALUE, at, entries, is_expression, number, reached, references, text


class Chain:
    """A template's resources, and how they lead to each other."""

    _latest: ClassVar[tuple[Any, Chain] | None] = None

    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template
        self.resources = {
            str(name): Resource(self, str(name), body)
            for name, body in (template.get("Resources") or {}).items()
            if isinstance(body, dict)
        }

    @classmethod
    def read(cls, template: dict[str, Any]) -> Chain:
        """The chain of a template; the last one is kept, since all rules ask for it."""
        if cls._latest is None or cls._latest[0] is not template:
            cls._latest = (template, cls(template))
        return cls._latest[1]

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of these types, or all, in the template's order."""
        if len(kinds) == 1:
            return list(self._kinds[kinds[0]])
        return [r for r in self.resources.values() if r.kind in kinds or not kinds]

    @cached_property
    def _kinds(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources.values():
            found[resource.kind].append(resource)
        return found

    @cached_property
    def linked(self) -> bool:
        """Whether this is a system template: what is not here is nowhere."""
        metadata = self.template.get("Metadata")
        return isinstance(metadata, dict) and "Linked" in metadata

    @cached_property
    def _users(self) -> dict[str, list[tuple[Resource, list[Any]]]]:
        found: dict[str, list[tuple[Resource, list[Any]]]] = defaultdict(list)
        for resource in self.resources.values():
            for name, path in references(resource.properties):
                found[name].append((resource, list(path)))
        return found

    @cached_property
    def _handed_out(self) -> set[str]:
        return {name for name, _ in references(self.template.get("Outputs") or {})}

    def handed_out(self, resource: Resource) -> bool:
        """Whether another template may use it, so that nothing can be said missing."""
        return not self.linked and resource.name in self._handed_out

    def target(self, value: Any) -> Resource | None:
        """The resource of this template to which a Ref, GetAtt or lone Sub leads."""
        names = {name for name, _ in references(value)} if isinstance(value, dict) else set()
        lone = len(names) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::Sub")
        return self.resources.get(next(iter(names))) if lone else None


class Resource:
    """One resource: its properties as far as they can be known."""

    def __init__(self, chain: Chain, name: str, body: dict[str, Any]) -> None:
        self.chain = chain
        self.name = name
        self.body = body
        self.kind = str(body.get("Type"))
        properties = body.get("Properties")
        self.properties: dict[str, Any] = properties if isinstance(properties, dict) else {}

    def __repr__(self) -> str:
        return f"{self.name} ({self.kind})"

    def raw(self, *path: Any) -> Any:
        """What stands at a path of the properties, expressions and all; else None."""
        return at(self.properties, *path)

    def absent(self, *path: Any) -> bool:
        """Whether a property is surely not there: no expression could bring it."""
        node: Any = self.properties
        for part in path:
            if is_expression(node):
                return bool(node == NO_VALUE)
            inside = isinstance(node, dict) or (
                isinstance(node, list) and isinstance(part, int)
            )
            node = at(node, part) if inside else None
            if node is None:
                return True
        return bool(node == NO_VALUE)

    def get(self, *path: Any) -> Any:
        """A literal value, or None where it is absent or an expression."""
        value = self.raw(*path)
        return None if is_expression(value) else value

    def flag(self, *path: Any) -> bool | None:
        """A literal boolean, which templates also write as text."""
        return {"true": True, "false": False}.get(str(self.get(*path)).lower())

    def number(self, *path: Any) -> float | None:
        """A literal number, which templates also write as text."""
        return number(self.raw(*path))

    def text(self, *path: Any) -> str | None:
        """A literal text, or the text of a Sub or Join with ${...} where it is open."""
        return text(self.raw(*path))

    def items(self, *path: Any) -> list[tuple[int, Any]]:
        """The entries of a literal list with their indexes; expressions are left out."""
        value = self.raw(*path)
        if not isinstance(value, list):
            return []
        return [(n, entry) for n, entry in enumerate(value) if not is_expression(entry)]

    def entries(self, *path: Any) -> list[tuple[int, dict[str, Any]]]:
        """The literal mappings in a list, with their indexes."""
        return entries(self.properties, *path)

    def pairs(
        self, path: str, key: str = "Key", value: str = "Value"
    ) -> dict[str, tuple[int, Any]]:
        """A list of key/value entries as a mapping: key -> (index, value)."""
        return {
            str(entry[key]): (index, entry.get(value))
            for index, entry in self.items(path)
            if isinstance(entry, dict) and isinstance(entry.get(key), (str, int))
        }

    def target(self, *path: Any) -> Resource | None:
        """The resource of this template to which a property leads."""
        return self.chain.target(self.raw(*path))

    def targets(self, *path: Any) -> list[Resource]:
        """The resources to which the entries of a list lead, one or several."""
        value = self.raw(*path)
        entries = value if isinstance(value, list) else [value]
        found = (self.chain.target(entry) for entry in entries)
        return [resource for resource in found if resource is not None]

    def users(self, *kinds: str) -> list[tuple[Resource, list[Any]]]:
        """Who leads here: resources (of these types, if given) and where they do."""
        found = self.chain._users[self.name]
        return [(r, path) for r, path in found if not kinds or r.kind in kinds]

    def used_by(self, *kinds: str) -> list[Resource]:
        """The resources (of these types, if given) that lead here."""
        return [user for user, _ in self.users(*kinds)]

    def each(self, path: str) -> Iterator[tuple[list[Any], Any]]:
        """What stands at the places of a path, "A.*.B": * through each entry of a list."""
        return reached(self.properties, path.split("."))

    def led(self, *paths: str) -> Iterator[tuple[list[Any], Resource]]:
        """The resources of this template to which some paths lead, and where they stand."""
        for way in paths:
            for path, value in self.each(way):
                if (found := self.chain.target(value)) is not None:
                    yield path, found

    def along(self, *steps: str | tuple[str, ...]) -> list[Resource]:
        """The resources at the end of a chain of references, each once.

        A step is a property that leads on, or a type whose resources lead here.
        """
        found = [self]
        for step in steps:
            kinds = (step,) if isinstance(step, str) else step
            found = [
                other
                for one in found
                for other in (one.used_by(*kinds) if "::" in kinds[0] else one._leads(*kinds))
            ]
        return list(dict.fromkeys(found))

    def _leads(self, *paths: str) -> list[Resource]:
        return [found for _, found in self.led(*paths)]

    def twin(self, *keys: str) -> Resource | None:
        """An earlier resource of the type with the same properties, the last of them stated."""
        known = not keys or self.raw(keys[-1]) is not None
        for other in self.chain.of(self.kind) if known and "Condition" not in self.body else ():
            if other is self:
                break
            same = all(self._agrees(other, key) for key in keys[:-1])
            alike = not keys or str(self.raw(keys[-1])) == str(other.raw(keys[-1]))
            if same and alike and "Condition" not in other.body:
                return other
        return None

    def _agrees(self, other: Resource, key: str) -> bool:
        lead = self.target(key)
        return self.raw(key) == other.raw(key) or (
            lead is not None and lead is other.target(key)
        )

    def unkept(self, *enough: str) -> Iterator[tuple[str, list[Any]]]:
        """The policies by which it goes with its stack, and where a fault of theirs stands."""
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            given = self.body.get(policy)
            kept = given in ("Retain", "RetainExceptOnCreate", *enough)
            if not kept and not isinstance(given, dict):
                yield policy, [".."] if given is None else ["..", policy]

    @property
    def handed_out(self) -> bool:
        """Whether another template may use it."""
        return self.chain.handed_out(self)

    @property
    def depends_on(self) -> list[str]:
        """The logical ids in DependsOn."""
        named = self.body.get("DependsOn") or []
        return [str(name) for name in (named if isinstance(named, list) else [named])]

    @property
    def waiting(self) -> list[Any]:
        """Where a fault of DependsOn stands: there, or at the resource without one."""
        return ["..", "DependsOn"] if self.depends_on else [".."]

    def waits_for(self, other: Resource) -> bool:
        """Whether CloudFormation makes the other one first."""
        seen: set[str] = set()
        waiting = [self.name]
        while waiting:
            name = waiting.pop()
            resource = self.chain.resources.get(name)
            if resource is None or name in seen:
                continue
            seen.add(name)
            waiting += resource.depends_on
            waiting += [other_name for other_name, _ in references(resource.properties)]
        return other.name in seen - {self.name}


def containers(task: Resource) -> list[tuple[int, dict[str, Any]]]:
    """The literal containers of a task definition, with their indexes."""
    return entries(task.properties, "ContainerDefinitions")


def zone(subnet: Resource) -> str | None:
    """What tells a subnet's zone, comparable between subnets: a literal or GetAZs."""
    for key in ("AvailabilityZoneId", "AvailabilityZone"):
        value = subnet.raw(key)
        if isinstance(value, (str, dict)) and "Fn::If" not in str(value):
            return key + json.dumps(value, default=str)
    return None


def zones(resource: Resource, key: str) -> set[str]:
    """The zones in which the subnets of a list lie; none where one of them is unknown."""
    listed, subnets = resource.raw(key), resource.targets(key)
    whole = isinstance(listed, list) and len(subnets) == len(listed)
    if whole and len(set(subnets)) == 1:
        return {subnets[0].name}
    found = {zone(subnet) for subnet in subnets} if whole else set()
    return {name for name in found if name} if None not in found else set()
