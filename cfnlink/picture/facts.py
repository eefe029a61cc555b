"""Read the resources of a system and the references between them."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from cfnlink.system.references import VARIABLE, at, references
from cfnlink.system.resource import System

LOOKS_THROUGH = 3  # a reference by way of at most so many resources in between


class Facts:
    """A system's resources by type and by reference; no name of a resource is known here."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.resources = system.resources

    @cached_property
    def _by_type(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key in self.resources:
            found.setdefault(self.type(key), []).append(key)
        return found

    @cached_property
    def uses(self) -> dict[str, tuple[str, ...]]:
        """Return the resources to which each one refers, DependsOn included, in order."""
        return {key: self._uses(resource.body) for key, resource in self.resources.items()}

    @cached_property
    def users(self) -> dict[str, tuple[str, ...]]:
        """Return the resources that refer to each one."""
        found: dict[str, tuple[str, ...]] = {}
        for key, used in self.uses.items():
            for other in used:
                found[other] = (*found.get(other, ()), key)
        return found

    def _uses(self, body: Any) -> tuple[str, ...]:
        after = at(body, "DependsOn")
        names = after if isinstance(after, list) else [after]
        return tuple(dict.fromkeys((*self.refs(body), *(n for n in names if self.known(n)))))

    def known(self, name: Any) -> bool:
        """Whether this is the id of a resource."""
        return isinstance(name, str) and name in self.resources

    def type(self, key: str) -> str:
        """Return the type of a resource, such as AWS::EC2::Subnet."""
        kind = at(self.resources[key].body, "Type") if key in self.resources else None
        return kind if isinstance(kind, str) else "no type"

    def of(self, *types: str) -> list[str]:
        """Return the resources of these types, in the order of the templates."""
        return [key for kind in types for key in self._by_type.get(kind, [])]

    def get(self, key: str, *path: Any) -> Any:
        """Return the property of a resource at this path, or None."""
        return at(self.resources[key].body, "Properties", *path)

    def items(self, key: str, *path: Any) -> list[Any]:
        """Return the list at this path."""
        return listed(self.get(key, *path))

    def refs(self, node: Any) -> list[str]:
        """Return the resources that a node names anywhere, each once."""
        return list(dict.fromkeys(name for name, _ in references(node) if self.known(name)))

    def first(self, node: Any, *types: str) -> str | None:
        """Return the first resource of these types that a node names."""
        return next((key for key in self.refs(node) if self.type(key) in types), None)

    def users_of(self, key: str, *types: str) -> list[str]:
        """Return the resources of these types that refer to one."""
        return [user for user in self.users.get(key, ()) if self.type(user) in types]

    def text(self, key: str, *path: Any) -> str:
        """Return a property as text: a literal, or the default of a parameter."""
        return self.literal(self.get(key, *path))

    def literal(self, node: Any) -> str:
        """Return the text of a node, or nothing if only AWS knows it."""
        if isinstance(node, bool):
            return str(node).lower()
        if isinstance(node, str | int | float):
            return str(node)
        if isinstance(at(node, "Ref"), str):
            default = at(self.system.template, "Parameters", node["Ref"], "Default")
            return self.literal(default) if isinstance(default, str | int) else ""
        sub = at(node, "Fn::Sub")
        return VARIABLE.sub(r"\1", sub) if isinstance(sub, str) else ""

    def true(self, key: str, *path: Any) -> bool:
        """Whether a property is true."""
        return self.text(key, *path).lower() == "true"

    def reached(self, key: str) -> Iterator[str]:
        """Yield what a resource refers to, directly or through others, the nearest first."""
        seen, ring = {key}, [key]
        for _ in range(LOOKS_THROUGH):
            found = (used for near in ring for used in self.refs(self.resources[near].body))
            ring = [used for used in dict.fromkeys(found) if used not in seen]
            seen.update(ring)
            yield from ring


def listed(value: Any) -> list[Any]:
    """Return a value as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]
