"""A bend: a good template made wrong at one place, and where a rule must see it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str | int, ...]


class Remove:
    """Takes the place of a value: the property is taken out."""


REMOVE = Remove()


@dataclass(frozen=True)
class Bend:
    """`changes` maps paths below Resources to values (or REMOVE) in a good template.

    `at` is the path below Resources where the finding of `rule` must stand, none in a
    list FINE, of what AWS takes; `base` is the good template: a name of GOOD in
    test_rules.py.
    """

    rule: str
    changes: dict[Path, Any]
    at: Path = ()
    base: str = "production"
    why: str = field(default="", compare=False)

    def apply(self, good: dict[str, Any]) -> dict[str, Any]:
        """The good template, bent."""
        bent = copy.deepcopy(good)
        for path, value in self.changes.items():
            *way, last = path
            node: Any = bent["Resources"]
            for part in way:
                node = node[part]
            if value is REMOVE:
                del node[last]
            elif isinstance(value, Callable):  # type: ignore[arg-type]
                node[last] = value(node[last])
            else:
                node[last] = value
        return bent
