"""A case: a good template made wrong at one place, and where a rule must see it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


class Remove:
    """Stands for a value: the property is removed."""


REMOVE = Remove()


@dataclass(frozen=True)
class BadCase:
    """`changes` maps paths below Resources to values (or REMOVE) in a good template.

    `at` is the path below Resources where `rule` reports it, empty for an accepted case;
    `base` is the good template: a name of GOOD in test_rules.py.
    """

    rule: str
    changes: dict[Path, Any]
    at: Path = ()
    base: str = "production"
    why: str = field(default="", compare=False)

    def mutate(self, good: dict[str, Any]) -> dict[str, Any]:
        """Return the good template with copies of the resources that this case changes."""
        touched = {str(path[0]) for path in self.changes} & good["Resources"].keys()
        resources = good["Resources"] | copy.deepcopy(
            {name: good["Resources"][name] for name in touched}
        )
        for path, value in self.changes.items():
            *parents, last = path
            node: Any = resources
            for part in parents:
                node = node[part]
            if value is REMOVE:
                del node[last]
            elif isinstance(value, Callable):  # type: ignore[arg-type]
                node[last] = value(node[last])
            else:
                node[last] = value
        return {**good, "Resources": resources}
