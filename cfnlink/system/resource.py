"""The one model: a system, its resources, and the references between them.

A system is all stacks of an environment, joined by link(), or a single template as cfn-lint
hands it in. A reader asks three things of a resource: the value of a property (`get`, `flag`,
`number`, `text`), the resource to which a property refers (`target`), and the resources that
refer to it (`users`). Constants are folded: a parameter with a value is that value, and what a
false condition removes does not exist. The answer is None where only AWS knows it (a parameter
without a value, an import), and then a rule reports nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from cfnlink.aws.catalogue import facts
from cfnlink.system.expressions import (
    INCLUDED,
    NO_VALUE,
    VARIABLE,
    at,
    entries,
    handed_over,
    is_expression,
    mapping,
    number,
    reached,
    references,
    text,
    undecided,
)
from cfnlink.system.fold import Folding, fold, pseudo_parameters
from cfnlink.system.macros import NOTE, Macros

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Body = dict[str, Any]
Path = tuple[str | int, ...]
NO_TYPE = "no type"
STORED = re.compile(r"\{\{resolve:ssm:([^:}]+)(?::\d+)?\}\}")


class Owner(NamedTuple):
    """The stack of a resource: its tier, its name, and the resource's logical id in it."""

    tier: str = ""
    stack: str = ""
    logical_id: str = ""


@dataclass(frozen=True)
class Link:
    """An import: the resources at both ends, and its path in the consumer's template.

    `tier` is that of the consumer; `exporter` and `output` are the tier and the output that
    export the value.
    """

    export: str
    producer: str
    consumer: str
    path: Path
    tier: str
    exporter: str
    output: str


@dataclass(frozen=True)
class Problem:
    """A fault between stacks. `path` leads to it in the template of `tier`."""

    code: str
    tier: str
    stack: str
    path: Path
    message: str


NO_OWNER = Owner()


class System:
    """The resources of a template, and the references between them.

    `template` is as written. `folded` is the same with its constants computed, from `known`
    values of parameters and pseudo parameters too; the resources show its values.
    `linked` is true if the template is that of a whole environment, so that a missing
    resource exists nowhere else; `links` and `problems` are those of its stacks. `parts` maps
    a part, such as smoke_key, to the name of its resource. `names` has for each tier what its
    template names, by the system's name, whether it exists or not.
    """

    _latest: ClassVar[tuple[Any, System] | None] = None

    def __init__(  # noqa: PLR0913 (a record: each argument has a name)
        self,
        template: Body,
        owners: Mapping[str, Owner] | None = None,
        links: tuple[Link, ...] = (),
        problems: tuple[Problem, ...] = (),
        parts: Mapping[str, str] | None = None,
        *,
        known: Mapping[str, Any] | None = None,
        names: Mapping[str, Mapping[str, str]] | None = None,
        is_open: bool = False,
    ) -> None:
        self.template = template
        self.known = known or {}
        self.folded = fold(template, known, is_open=is_open)
        self.links = links
        self.problems = problems
        self.parts = parts or {}
        self.names = names or {}
        owners = owners or {}
        self.resources = {
            str(name): Resource(self, str(name), body, owners.get(name, NO_OWNER))
            for name, body in mapping(self.folded.template.get("Resources")).items()
        }

    def read_by_rules(self, template: Body, region: str) -> None:
        """Let rules that read a copy of this system's template know whose its resources are."""
        owners = {
            each.name: Owner(each.tier, each.stack, each.logical_id)
            for each in self.resources.values()
        }
        known = {**pseudo_parameters(region), **self.known}
        System._latest = (template, System(template, owners, known=known))

    @classmethod
    def read(cls, template: Body, region: str | None = None) -> System:
        """Return the system of this template; the latest is kept, for all rules read it."""
        if cls._latest is None or cls._latest[0] is not template:
            cls._latest = (template, cls(template, known=pseudo_parameters(region)))
        return cls._latest[1]

    def of(self, *types: str) -> list[Resource]:
        """Return the resources of these types, or all, in the template's order.

        Those of named types include what an OpenAPI document describes.
        """
        if len(types) == 1:
            return list(self._by_type[types[0]])
        more = self.described.values() if types else ()
        return [r for r in (*self.resources.values(), *more) if r.type in types or not types]

    def optional(self, *types: str) -> list[Resource]:
        """Return the resources of these types that only other parameters create.

        They are those of a lone template whose condition is false for its defaults, seen with
        every condition unknown.
        """
        return [r for r in self._open.of(*types) if r.name not in self.resources]

    @cached_property
    def _open(self) -> System:
        given = mapping(self.template.get("Resources"))
        if self.linked or len(given) == len(self.resources):
            return System({})
        return System(self.template, known=self.known, is_open=True)

    @cached_property
    def described(self) -> dict[str, Resource]:
        """The resources that API Gateway makes from the OpenAPI documents of APIs, by name."""
        bodies = (
            each.properties for each in self.resources.values() if "Body" in each.properties
        )
        if not any(bodies):
            return {}
        from cfnlink.system.api import described_parts  # noqa: PLC0415 (it needs Resource)

        return {part.name: part for part in described_parts(self)}

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in (*self.resources.values(), *self.described.values()):
            found[resource.type].append(resource)
        return found

    @cached_property
    def linked(self) -> bool:
        """Whether this is a whole environment, so that a missing resource exists nowhere."""
        return "Linked" in mapping(self.template.get("Metadata"))

    @cached_property
    def has_unknown_stacks(self) -> bool:
        """Whether this is a linked template alone: its stacks stand in their order, unnamed."""
        return self.linked and not any(each.stack for each in self.resources.values())

    @property
    def is_whole(self) -> bool:
        """Whether every resource of the environment is known: no macro adds one."""
        return self.linked and bool(self._macros.get("is_whole", True))

    @cached_property
    def _macros(self) -> Body:
        noted = at(self.template, "Metadata", NOTE)
        if isinstance(noted, dict) or "Transform" not in self.template:
            return noted or {}
        own = Macros(Folding(self.template))
        return {"changed": own.changed(), "used": own.used()}

    def is_changed(self, resource: Resource) -> bool:
        """Whether a macro may add properties to a resource."""
        return resource.name in self._macros.get("changed", ())

    @cached_property
    def order(self) -> dict[str, int]:
        """The place of each stack in the order of deployment, by its name."""
        names = dict.fromkeys(resource.stack for resource in self.resources.values())
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def users_by_name(self) -> dict[str, list[tuple[Resource, list[Any]]]]:
        """The resources that refer to each resource, and where, by its name."""
        found: dict[str, list[tuple[Resource, list[Any]]]] = defaultdict(list)
        for resource in (*self.resources.values(), *self.described.values()):
            for name, path in references(resource.properties):
                found[name].append((resource, list(path)))
        return found

    @cached_property
    def dependents_by_name(self) -> dict[str, list[Resource]]:
        """The resources that depend on each resource, by its name."""
        found: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.resources.values():
            for other in resource.dependencies:
                found[other.name].append(resource)
        return found

    def outputs(self) -> Iterator[tuple[str, Body]]:
        """Yield the names and the bodies of the outputs."""
        for name, body in mapping(self.folded.template.get("Outputs")).items():
            if isinstance(body, dict):
                yield str(name), body

    @cached_property
    def _handed_over(self) -> set[str]:
        values = [body.get("Value") for _, body in self.outputs()]
        return {name for value in values for name in handed_over(value)}

    def is_exported(self, resource: Resource) -> bool:
        """Whether another template may refer to a resource, by an id or ARN that is an output.

        Then a missing user proves nothing. A name of a host, a port or a URL gives no other
        template a resource that it could extend.
        """
        handed = not self.linked and resource.name in self._handed_over
        return handed or resource.name in self._macros.get("used", ())

    def target(self, value: Any) -> Resource | None:
        """Return the resource that a Ref, GetAtt or lone Sub refers to.

        What a nested stack or a custom resource returns may be anything: it has none.
        """
        names = {name for name, _ in references(value)} if isinstance(value, dict) else set()
        lone = len(names) == 1 and next(iter(value)) in ("Ref", "Fn::GetAtt", "Fn::Sub")
        found = self.resources.get(next(iter(names))) if lone else None
        return None if found is not None and found.is_opaque else found

    def stored_name(self, value: Any) -> str:
        """Return the name of the parameter of Systems Manager that a value refers to, if any.

        A name below /aws/service states what AWS publishes there.
        """
        if isinstance(value, str):
            found = STORED.fullmatch(value)
            return found[1] if found else ""
        name = str(value.get("Ref")) if isinstance(value, dict) else ""
        body = mapping(mapping(self.template.get("Parameters")).get(name))
        stored = str(body.get("Type")).startswith("AWS::SSM::Parameter::Value")
        return str(self.known.get(name, body.get("Default", ""))) if stored else ""

    def is_unknown(self, value: Any) -> bool:
        """Whether a value may refer to any resource here.

        A parameter of a template alone leads to another template.
        """
        if not is_expression(value) or value == NO_VALUE or self.target(value) is not None:
            return False
        return self.linked or bool(self.named(value))

    def may_name_any(self, kind: str, *path: Any) -> bool:
        """Whether a resource of a type may refer, at a path, to any resource here."""
        return any(self.is_unknown(one.expression(*path)) for one in self.of(kind))

    def named(self, node: Any, *types: str) -> list[Resource]:
        """Return the resources (of these types, if given) that a node names, each once."""
        names = dict.fromkeys(name for name, _ in references(node))
        found = (self.resources[name] for name in names if name in self.resources)
        return [resource for resource in found if not types or resource.type in types]

    def first_named(self, node: Any, *types: str) -> Resource | None:
        """Return the first resource (of these types, if given) that a node names."""
        return next(iter(self.named(node, *types)), None)

    def shown(self, node: Any) -> str:
        """Return a node as text for people, or nothing if only AWS knows it.

        The text is a literal, or a Sub with the names of its variables.
        """
        if isinstance(node, bool):
            return str(node).lower()
        if isinstance(node, str | int | float):
            return str(node)
        sub = at(node, "Fn::Sub")
        return VARIABLE.sub(r"\1", sub) if isinstance(sub, str) else ""


class Resource:
    """One resource: its properties as far as the template determines them.

    `name` is its logical id in the system, `logical_id` that in its own stack.
    """

    def __init__(self, system: System, name: str, body: Any, owner: Owner) -> None:
        self.system = system
        self.name = name
        self.body: Body = mapping(body)
        self.tier, self.stack, self.logical_id = owner
        kind = self.body.get("Type")
        self.type = kind if isinstance(kind, str) else NO_TYPE
        self.properties: Body = mapping(self.body.get("Properties"))

    def __repr__(self) -> str:
        return f"{self.name} ({self.type})"

    def written(self, *path: Any) -> Any:
        """Return the value at a path as the template writes it, without folding, or None."""
        whole = self.located(("Properties", *path))
        return at(self.system.template, *self.system.folded.written_path(whole))

    def located(self, below: Path) -> Path:
        """Return the path from the top of the template of what stands below this resource."""
        return ("Resources", self.name, *below)

    def waits_on(self) -> Resource:
        """Return the resource with which CloudFormation makes this one."""
        return self

    def expression(self, *path: Any) -> Any:
        """Return the value at a path of the properties, an expression included, or None."""
        return at(self.properties, *path)

    def is_missing(self, *path: Any) -> bool:
        """Whether a property is known to be missing: no expression or macro can produce it."""
        node: Any = self.properties
        if self.system.is_changed(self):
            return False
        for part in path:
            if is_expression(node):
                return bool(node == NO_VALUE)
            if isinstance(node, dict) and INCLUDED in node and part not in node:
                return False
            inside = isinstance(node, dict) or (
                isinstance(node, list) and isinstance(part, int)
            )
            node = at(node, part) if inside else None
            if node is None:
                return True
        return bool(node == NO_VALUE)

    def undecided(self, *path: Any) -> bool:
        """Whether a part of the value depends on an unknown condition, or on a macro."""
        return undecided(self.expression(*path))

    def get(self, *path: Any) -> Any:
        """Return a literal value, or None if it is missing or an expression."""
        value = self.expression(*path)
        return None if is_expression(value) else value

    def flag(self, *path: Any) -> bool | None:
        """Return a literal boolean, which templates also write as text."""
        return {"true": True, "false": False}.get(str(self.get(*path)).lower())

    def number(self, *path: Any) -> float | None:
        """Return a literal number, which templates also write as text."""
        return number(self.expression(*path))

    def text(self, *path: Any) -> str | None:
        """Return a literal text, or that of a Sub or Join with ${...} for unknown parts."""
        return text(self.expression(*path))

    def items(self, *path: Any) -> list[tuple[int, Any]]:
        """Return the literal entries of a list with their indexes, without expressions."""
        value = self.expression(*path)
        if not isinstance(value, list):
            return []
        return [(n, entry) for n, entry in enumerate(value) if not is_expression(entry)]

    def entries(self, *path: Any) -> list[tuple[int, dict[str, Any]]]:
        """Return the literal mappings in a list, with their indexes."""
        return entries(self.properties, *path)

    def pairs(
        self, path: str, key: str = "Key", value: str = "Value"
    ) -> dict[str, tuple[int, Any]]:
        """Return a list of key/value entries as a mapping: key -> (index, value)."""
        return {
            str(entry[key]): (index, entry.get(value))
            for index, entry in self.items(path)
            if isinstance(entry, dict) and isinstance(entry.get(key), (str, int))
        }

    def target(self, *path: Any) -> Resource | None:
        """Return the resource of the system that a property refers to."""
        return self.system.target(self.expression(*path))

    def targets(self, *path: Any) -> list[Resource]:
        """Return the resources that a property, or the entries of a list, refer to."""
        value = self.expression(*path)
        entries = value if isinstance(value, list) else [value]
        found = (self.system.target(entry) for entry in entries)
        return [resource for resource in found if resource is not None]

    @cached_property
    def dependencies(self) -> list[Resource]:
        """Return the resources that CloudFormation makes first: by reference or DependsOn."""
        named = [name for name, _ in references(self.body)] + self.depends_on
        known = self.system.resources
        return [known[name] for name in dict.fromkeys(named) if name in known]

    def dependents(self, *types: str) -> list[Resource]:
        """Return the resources (of these types, if given) that depend on this, each once."""
        found = self.system.dependents_by_name[self.name]
        return [resource for resource in found if not types or resource.type in types]

    def reaches(self, steps: int) -> Iterator[Resource]:
        """Yield what the body refers to, directly or in so many steps, the nearest first."""
        seen, ring = {self}, [self]
        for _ in range(steps):
            found = (used for near in ring for used in self.system.named(near.body))
            ring = [used for used in dict.fromkeys(found) if used not in seen]
            seen.update(ring)
            yield from ring

    def named(self, *types: str) -> list[Resource]:
        """Return the resources (of these types, if given) that the properties name."""
        return self.system.named(self.properties, *types)

    def shown(self, *path: Any) -> str:
        """Return a property as text for people, or nothing if only AWS knows it."""
        return self.system.shown(self.expression(*path))

    def listed(self, *path: Any) -> list[Any]:
        """Return the list at a path, expressions included; a single value is a list of one."""
        value = self.expression(*path)
        return value if isinstance(value, list) else [] if value is None else [value]

    def users(self, *types: str) -> list[tuple[Resource, list[Any]]]:
        """Return the resources (of these types, if given) that refer to this, and where."""
        found = self.system.users_by_name[self.name]
        own = self.system.resources
        return [(r, p) for r, p in found if (r.type in types if types else r.name in own)]

    def used_by(self, *types: str) -> list[Resource]:
        """Return the resources (of these types, if given) that refer to this one."""
        return [user for user, _ in self.users(*types)]

    def values_at(self, path: str) -> Iterator[tuple[list[Any], Any]]:
        """Yield the values at a path like "A.*.B", where * is each entry of a list."""
        return reached(self.properties, path.split("."))

    def references_from(self, *paths: str) -> Iterator[tuple[list[Any], Resource]]:
        """Yield the resources that the properties at some paths refer to, and where."""
        for pattern in paths:
            for path, value in self.values_at(pattern):
                if (found := self.system.target(value)) is not None:
                    yield path, found

    def follow(self, *steps: str | tuple[str, ...]) -> list[Resource]:
        """Return the resources at the end of several references, each once.

        A step is a property, whose reference is followed, or a type, whose resources that
        refer to this one are taken.
        """
        found = [self]
        for step in steps:
            names = (step,) if isinstance(step, str) else step
            by_type = "::" in names[0]
            found = [
                other
                for one in found
                for other in (one.used_by(*names) if by_type else one.referenced(*names))
            ]
        return list(dict.fromkeys(found))

    def referenced(self, *paths: str) -> list[Resource]:
        """Return the resources that the properties at some paths refer to."""
        return [found for _, found in self.references_from(*paths)]

    def duplicate_of(self, *keys: str) -> Resource | None:
        """Return an earlier resource of this type with the same values of some properties.

        The last of the properties must be present.
        """
        known = not keys or self.expression(keys[-1]) is not None
        for other in (
            self.system.of(self.type) if known and "Condition" not in self.body else ()
        ):
            if other is self:
                break
            same = all(self._agrees(other, key) for key in keys[:-1])
            alike = not keys or str(self.expression(keys[-1])) == str(
                other.expression(keys[-1])
            )
            if same and alike and "Condition" not in other.body:
                return other
        return None

    def _agrees(self, other: Resource, key: str) -> bool:
        lead = self.target(key)
        return self.expression(key) == other.expression(key) or (
            lead is not None and lead is other.target(key)
        )

    def missing_retention(self, *enough: str) -> Iterator[tuple[str, list[Any]]]:
        """Yield each policy that lets the resource be deleted with its stack, and its path."""
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            given = self.body.get(policy)
            kept = given in ("Retain", "RetainExceptOnCreate", *enough)
            if not kept and not isinstance(given, dict):
                yield policy, [".."] if given is None else ["..", policy]

    @property
    def is_opaque(self) -> bool:
        """Whether only AWS knows what the resource makes."""
        opaque = facts("shapes")["opaque_types"]
        return self.type in opaque or self.type.startswith("Custom::")

    @property
    def is_exported(self) -> bool:
        """Whether another template may use this resource."""
        return self.system.is_exported(self)

    @property
    def depends_on(self) -> list[str]:
        """Return the logical ids in DependsOn."""
        named = self.body.get("DependsOn") or []
        return [str(name) for name in (named if isinstance(named, list) else [named])]

    @property
    def depends_on_path(self) -> list[Any]:
        """Return the path of DependsOn, or of the resource if it has none."""
        return ["..", "DependsOn"] if self.depends_on else [".."]

    def waits_for(self, other: Resource) -> bool:
        """Whether CloudFormation creates the other resource first.

        Everything of an earlier stack is there before a stack begins.
        """
        other = other.waits_on()
        if self.stack != other.stack:
            order = self.system.order
            return order.get(other.stack, 0) < order.get(self.stack, 0)
        seen: set[str] = set()
        waiting = [self.name]
        while waiting:
            name = waiting.pop()
            resource = self.system.resources.get(name)
            if resource is None or name in seen:
                continue
            seen.add(name)
            waiting += resource.depends_on
            waiting += [other_name for other_name, _ in references(resource.properties)]
        return other.name in seen - {self.name}
