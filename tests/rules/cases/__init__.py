"""Cases: a good template made wrong at one place, and where a rule must report it.

A path is dotted: "ServiceService.LaunchType" is a property of a resource, a number is the
index of an entry, and a part that itself has dots stands in single quotes. One name alone is the
whole resource. "ServiceService.DependsOn" and the other ATTRIBUTES are no properties.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from build import build
from tests.helpers import example_settings

Path = tuple[str, ...]
ATTRIBUTES = ("DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata", "Properties")
DEPLOYMENT = next(  # the name holds a digest
    name
    for name, body in build(example_settings()).system.template["Resources"].items()
    if body["Type"] == "AWS::ApiGateway::Deployment"
)


class Remove:
    """Stands for a value: the property is removed."""


REMOVE = Remove()


def parse(dotted: str) -> Path:
    """Return the path below Resources that a dotted path means."""
    parts = re.findall(r"'([^']*)'|([^.']+)", dotted)
    name, *rest = (quoted or plain for quoted, plain in parts)
    if rest and rest[0] not in ATTRIBUTES and name != "Outputs":
        rest = ["Properties", *rest]
    return (name, *rest)


@dataclass(frozen=True)
class BadCase:
    """A case: what `changes` in a good template, and the path at which `rule` reports it.

    `base` is the good template: a name of GOOD in test_rules.py. `template` is added to it
    beside Resources; a template that is `alone` has nothing but Resources.
    """

    rule: str
    changes: dict[Path, Any]
    at: Path
    base: str = "production"
    template: dict[str, Any] = field(default_factory=dict)
    alone: bool = False

    @property
    def whole_path(self) -> Path:
        """The path of `at` from the top of the template."""
        return self.at if self.at[0] == "Outputs" else ("Resources", *self.at)

    def mutate(self, good: dict[str, Any]) -> dict[str, Any]:
        """Return the good template with copies of the resources that this case changes."""
        touched = {path[0] for path in self.changes} & good["Resources"].keys()
        resources = good["Resources"] | copy.deepcopy(
            {name: good["Resources"][name] for name in touched}
        )
        for path, value in self.changes.items():
            _change(resources, path, value)
        rest = {} if self.alone else good
        return {**rest, **self.template, "Resources": resources}


def case(rule: str, changes: dict[str, Any], at: str = "", **more: Any) -> BadCase:
    """Return a case; the rule reports it where the first change is unless `at` says more.

    A changed value is REMOVE, a new value, or a function of the old one.
    """
    paths = {parse(dotted): value for dotted, value in changes.items()}
    return BadCase(rule, paths, parse(at) if at else _reported(paths), **more)


def batches(cases: Iterable[BadCase]) -> list[list[BadCase]]:
    """Return cases in batches; those of one change different places of one template."""
    found: list[list[BadCase]] = []
    for case in cases:
        fitting = (
            batch
            for batch in found
            if (case.base, case.alone) == (batch[0].base, batch[0].alone)
            and not (case.template or batch[0].template)
            and not any(_meets(case, other) for other in batch)
        )
        batch = next(fitting, None)
        if batch is None:
            found.append([case])
        else:
            batch.append(case)
    return found


def mutated(good: dict[str, Any], cases: list[BadCase]) -> dict[str, Any]:
    """Return the good template with the changes of all cases of a batch."""
    for each in cases:
        good = each.mutate(good)
    return good


def _meets(one: BadCase, other: BadCase) -> bool:
    """Whether two cases change the same part of a template."""
    return any(a[: len(b)] == b[: len(a)] for a in one.changes for b in other.changes)


def replaced(old: str, new: str) -> Callable[[Any], Any]:
    """Return a function that replaces a part of a text, or of the text of a Sub."""

    def change(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace(old, new)
        text, variables = value["Fn::Sub"]
        return {"Fn::Sub": [text.replace(old, new), variables]}

    return change


def plus(*entries: Any) -> Callable[[list[Any]], list[Any]]:
    """Return a function that appends entries to a list."""
    return lambda found: [*found, *entries]


def chosen(*indexes: int) -> Callable[[list[Any]], list[Any]]:
    """Return a function that takes the entries with these indexes, in this order."""
    return lambda found: [found[index] for index in indexes]


def _reported(changes: dict[Path, Any]) -> Path:
    """Return where a rule reports a change: a removed property at what held it."""
    path, value = next(iter(changes.items()))
    return path[:-1] if value is REMOVE else path


def _change(resources: dict[str, Any], path: Path, value: Any) -> None:
    *parents, last = path
    node: Any = resources
    for part in parents:
        node = node[_key(node, part)]
    key = _key(node, last)
    if value is REMOVE:
        del node[key]
    else:
        node[key] = value(node[key]) if callable(value) else value


def _key(node: Any, part: str) -> Any:
    return int(part) if isinstance(node, list) else part
