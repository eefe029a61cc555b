"""A folder's stacks as one system, and names that link to their places on the page."""

import json
import re
from dataclasses import dataclass
from typing import Any

from cfnlink.system.expressions import at, references
from cfnlink.system.folder import Folder
from cfnlink.system.link import link


@dataclass(frozen=True)
class Named:
    """A name, and the id on the page to which it links, if any."""

    text: str
    anchor: str | None = None


def anchor(kind: str, *names: str) -> str:
    """Return an id on the page; characters that an id must not hold become their numbers."""
    safe = (re.sub(r"[^A-Za-z0-9_-]", lambda m: f"~{ord(m[0]):x}", name) for name in names)
    return ".".join((kind, *safe))


def text(node: Any) -> str:
    """Return a literal as text, and an expression as JSON."""
    if isinstance(node, str | int | float) and not isinstance(node, bool):
        return str(node)
    return "" if node is None else json.dumps(node, default=str)


class Model:
    """A folder, its stacks and their system."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.stacks = folder.stacks()
        self.system = link(self.stacks, folder.known)
        self.by_tier = {stack.tier: stack for stack in self.stacks}

    def resource(self, name: str) -> Named:
        """Return a resource of the system by its id; another name has no anchor."""
        known = self.system.resources.get(name)
        if known is None:
            return Named(name)
        return Named(name, anchor("resource", known.tier, known.logical_id))

    def value(self, node: Any) -> Named:
        """Return a value as text, with the anchor of the first resource that it names."""
        name = next((name for name, _ in references(node)), None)
        if name is None:
            return Named(text(node))
        parts = at(node, "Fn::GetAtt")
        attribute = f".{parts[1]}" if isinstance(parts, list) and len(parts) > 1 else ""
        plain = attribute or at(node, "Ref")
        return Named(f"{name}{attribute}" if plain else text(node), self.resource(name).anchor)
