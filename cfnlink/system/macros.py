"""What a Transform leaves unknown in a template, and the loops that need no AWS to expand.

A macro changes a template before CloudFormation reads it. The catalogue (macros.yaml) says of
each macro of AWS what it adds. A macro of the user's own may change everything. Fn::Transform
inside a section changes that section, and inside a resource only the mapping that holds it.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cfnlink.aws.catalogue import facts
from cfnlink.system.expressions import INCLUDED, at, mapping, references

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.aws.files import Macro
    from cfnlink.system.fold import Folding

Body = dict[str, Any]
Path = tuple[str | int, ...]
LOOP = "Fn::ForEach::"
NAMING = ("Ref", "Fn::GetAtt", "Fn::FindInMap")
NOTE = "LinkedMacros"  # the key in the Metadata of a linked template
SECTIONS = ("Conditions", "Resources", "Outputs")


def types_of_macros() -> tuple[str, ...]:
    """Return the beginnings of the types that only a macro understands."""
    known = facts("macros")["macros"].values()
    return tuple(each["types"] for each in known if "types" in each)


class Macros:
    """The macros of one template, and the template with its loops expanded."""

    def __init__(self, folding: Folding) -> None:
        self.folding = folding
        self.declared = [*_names(folding.template.get("Transform"))]
        self.loops: dict[Path, Path] = {}

    def __bool__(self) -> bool:
        """Whether the template has a macro, in whatever section."""
        return bool(self.declared) or self._is_called

    def adds(self, section: str) -> bool:
        """Whether a macro may add to a section what the template does not show."""
        loops = any(key.startswith(LOOP) for key in self._keys(self.template, section))
        shown = any(section in each.get("adds", ()) for each in self._rows)
        return shown or loops or INCLUDED in self._keys(self.template, section)

    def changed(self) -> set[str]:
        """Return the names of the resources to which a macro may add properties."""
        everything = any(each.get("completes") for each in self._rows)
        return {
            name for name, body in self._bodies.items() if everything or "Connectors" in body
        }

    def used(self) -> set[str]:
        """Return the names of the resources for which a macro may make users and rights."""
        types = tuple(each["types"] for each in self._rows if "types" in each)
        own = {n for n, body in self._bodies.items() if str(at(body, "Type")).startswith(types)}
        whole = own | self.changed()
        return whole | {name for each in whole for name, _ in references(self._bodies[each])}

    def makes_role(self, body: Any) -> bool:
        """Whether a macro makes a role for a resource that names none."""
        kind = str(at(body, "Type"))
        names = [each.get("makes_roles", {}).get(kind, "") for each in self._rows]
        common = at(self.template, "Globals", kind.rpartition("::")[2])
        given = (at(body, "Properties"), common)
        return any(name and not any(at(one, name) for one in given) for name in names)

    def is_made(self, name: str) -> bool:
        """Whether only a macro can have made what a reference names."""
        known = (self._keys(self.template, each) for each in ("Resources", "Parameters"))
        missing = not name.startswith("AWS::") and not any(name in keys for keys in known)
        return missing and self.adds("Resources")

    def written_path(self, path: Path) -> Path:
        """Return the path in the written template; all that a loop makes is at the loop."""
        return self.loops.get(path[:2], path)

    @cached_property
    def template(self) -> Body:
        """The template with its loops expanded; a loop over an unknown list stays."""
        written = self.folding.template
        if not any(each.get("expands") for each in self._rows):
            return written
        return {
            name: self._section(name, body)
            if name in SECTIONS and isinstance(body, dict)
            else body
            for name, body in written.items()
        }

    @cached_property
    def _bodies(self) -> Body:
        bodies = mapping(self.template.get("Resources"))
        return {str(name): body for name, body in bodies.items() if isinstance(body, dict)}

    @cached_property
    def _rows(self) -> list[Macro]:
        known = facts("macros")
        return [known["macros"].get(name, known["own"]) for name in self.declared]

    @cached_property
    def _is_called(self) -> bool:
        return any(_calls(self.folding.template.get(section)) for section in SECTIONS)

    @staticmethod
    def _keys(template: Body, section: str) -> list[str]:
        return [str(key) for key in mapping(template.get(section))]

    def _section(self, section: str, bodies: Body) -> Body:
        found: Body = {}
        for name, body in bodies.items():
            made = self._expanded({name: body})
            found |= made
            if name not in made:
                self.loops |= {(section, each): (section, name) for each in made}
        return found

    def _expanded(self, node: Any) -> Any:
        """Return a node with each loop replaced by what it makes, the outer ones first."""
        if isinstance(node, list):
            return [self._expanded(part) for part in node]
        if not isinstance(node, dict):
            return node
        if len(node) == 1 and (key := next(iter(node))) in NAMING:
            return {key: self._named(self._expanded(node[key]))}
        found: Body = {}
        for key, body in node.items():
            made = self._made(body) if str(key).startswith(LOOP) else None
            if made is None:
                found[key] = body if str(key).startswith(LOOP) else self._expanded(body)
            else:
                found |= self._expanded(made)
        return found

    def _named(self, argument: Any) -> Any:
        """Return what a function names; the extensions let an expression give the name."""
        if isinstance(argument, list) and argument:
            return [self._named(argument[0]), *argument[1:]]
        name = self.folding.value(argument) if isinstance(argument, dict) else argument
        return name if isinstance(name, str) else argument

    def _made(self, loop: Any) -> Body | None:
        """Return what a loop makes; None if only AWS knows its collection."""
        match loop:
            case [str(name), collection, dict(fragment)]:
                entries = self.folding.value(collection)
                if not isinstance(entries, list):
                    return None
                texts = [each for each in entries if isinstance(each, str | int)]
                made = [_with(fragment, name, str(each)) for each in texts]
                whole = len(texts) == len(entries)
                return {k: v for each in made for k, v in each.items()} if whole else None
        return None


def _with(node: Any, name: str, value: str) -> Any:
    """Return a fragment with the loop's value in place of its identifier."""
    if isinstance(node, dict):
        if node == {"Ref": name}:
            return value
        return {_with(key, name, value): _with(part, name, value) for key, part in node.items()}
    if isinstance(node, list):
        return [_with(part, name, value) for part in node]
    if not isinstance(node, str):
        return node
    plain = re.sub("[^0-9A-Za-z]", "", value)
    return node.replace(f"${{{name}}}", value).replace(f"&{{{name}}}", plain)


def _names(declared: Any) -> Iterator[str]:
    for each in declared if isinstance(declared, list) else [declared]:
        name = at(each, "Name") if isinstance(each, dict) else each
        if name is not None:
            yield str(name)


def _calls(node: Any) -> bool:
    """Whether a macro is called inside a node."""
    if isinstance(node, dict):
        return any(str(key).startswith((INCLUDED, LOOP)) or _calls(node[key]) for key in node)
    return isinstance(node, list) and any(map(_calls, node))
