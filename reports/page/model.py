"""A folder's stacks as one system, and names that lead to their places on the page."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from checks.folder import Folder
from checks.link import StackTemplate, System, link, literal, system_id
from checks.references import at, references


@dataclass(frozen=True)
class Named:
    """A name, and the id on the page to which it leads, if it leads anywhere."""

    text: str
    anchor: str | None = None


def anchor(kind: str, *names: str) -> str:
    """An id on the page: whatever an id must not hold is written as its number."""
    safe = (re.sub(r"[^A-Za-z0-9_-]", lambda m: f"~{ord(m[0]):x}", name) for name in names)
    return ".".join((kind, *safe))


def mapping(node: Any) -> dict[Any, Any]:
    """A mapping where one belongs, whatever stands there."""
    return node if isinstance(node, dict) else {}


def text(node: Any) -> str:
    """A literal as text, an expression as the JSON that it is."""
    if isinstance(node, str | int | float) and not isinstance(node, bool):
        return str(node)
    return "" if node is None else json.dumps(node, default=str)


class Model:
    """A folder's stacks, their system, and who owns and exports what."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.stacks = folder.stacks()
        self.system: System = link(self.stacks)
        self.by_tier = {stack.tier: stack for stack in self.stacks}

    @cached_property
    def owners(self) -> dict[str, tuple[StackTemplate, str]]:
        """The stack and the own name of everything that has an id in the system."""
        found: dict[str, tuple[StackTemplate, str]] = {}
        for section in ("Resources", "Outputs", "Parameters", "Conditions"):
            for stack in self.stacks:
                for name in mapping(stack.template.get(section)):
                    found.setdefault(system_id(stack.tier, str(name)), (stack, str(name)))
        return found

    @cached_property
    def exporters(self) -> dict[str, tuple[StackTemplate, str]]:
        """The stack and the output of every export whose name can be known."""
        found: dict[str, tuple[StackTemplate, str]] = {}
        for stack in self.stacks:
            for output, body in mapping(stack.template.get("Outputs")).items():
                name = literal(at(body, "Export", "Name"), stack)
                if name is not None:
                    found.setdefault(name, (stack, str(output)))
        return found

    def resource(self, name: str) -> Named:
        """A resource of the system by its id there; other names lead nowhere."""
        known = self.system.resources.get(name)
        if known is None:
            return Named(name)
        return Named(name, anchor("resource", known.tier, known.logical_id))

    def value(self, node: Any) -> Named:
        """A value as text, leading to the resource that it names first."""
        name = next((name for name, _ in references(node)), None)
        if name is None:
            return Named(text(node))
        parts = at(node, "Fn::GetAtt")
        attribute = f".{parts[1]}" if isinstance(parts, list) and len(parts) > 1 else ""
        plain = attribute or at(node, "Ref")
        return Named(f"{name}{attribute}" if plain else text(node), self.resource(name).anchor)
