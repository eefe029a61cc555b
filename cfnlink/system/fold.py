"""Fold a template: compute what is constant before a deployment.

A parameter's value, a condition, Fn::If, FindInMap, Sub, Join, Select, Split, Cidr, Length and
ToJsonString become values where all that they need is known. The rest stays an expression, in
one form for each meaning: a Join of texts and references is a Sub, a Sub of one variable is
that Ref or GetAtt. A parameter without a value stays its Ref, an opaque constant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from cfnlink.system.expressions import INCLUDED, NO_VALUE, at
from cfnlink.system.fold_functions import FUNCTIONS, is_literal, single, written
from cfnlink.system.parameter_values import as_list, is_hidden, is_list

if TYPE_CHECKING:
    from collections.abc import Mapping

Path = tuple[Any, ...]
Body = dict[str, Any]
ABSENT = object()  # in place of what NoValue or a false condition removes
MACROS = (INCLUDED, "Fn::ForEach::")  # keys among others; only AWS knows their result
EMPTY: tuple[Any, ...] = ("", [])
PARTITIONS = {"cn-": ("aws-cn", "amazonaws.com.cn"), "us-gov-": ("aws-us-gov", "amazonaws.com")}


class Folded(NamedTuple):
    """A folded template, and where its values are in the written one.

    `moved` maps the path of a folded value to its path in the template as written, for the
    values whose path differs: those of a chosen branch, and those after a removed entry.
    """

    template: Body
    moved: Mapping[Path, Path]

    def written_path(self, path: Path) -> Path:
        """Return the path in the written template of a path in the folded one."""
        for length in range(len(path), 0, -1):
            if (start := self.moved.get(path[:length])) is not None:
                return (*start, *path[length:])
        return path


def pseudo_parameters(region: str | None, account: str | None = None) -> dict[str, str]:
    """Return the pseudo parameters that a region and an account determine."""
    known = {"AWS::AccountId": account} if account else {}
    if not region:
        return known
    ends = [names for start, names in PARTITIONS.items() if region.startswith(start)]
    partition, suffix = ends[0] if ends else ("aws", "amazonaws.com")
    names = ("AWS::Region", "AWS::Partition", "AWS::URLSuffix")
    return {**known, **dict(zip(names, (region, partition, suffix), strict=True))}


def fold(
    template: Body, known: Mapping[str, Any] | None = None, *, is_open: bool = False
) -> Folded:
    """Return a template with its constants folded.

    known: values of parameters and pseudo parameters; a parameter has its Default otherwise.
    is_open: leave every condition and parameter unknown.
    """
    return Folding(template, known or {}, is_open=is_open).folded()


@dataclass
class Folding:
    """The constants of one template: its parameters, mappings and conditions.

    `is_exact` folds empty and hidden parameters too, as conditions always do. `is_open` leaves
    every condition and parameter unknown.
    """

    template: Body
    known: Mapping[str, Any] = field(default_factory=dict)
    is_exact: bool = False
    is_open: bool = False
    moved: dict[Path, Path] = field(default_factory=dict, init=False)
    _conditions: dict[str, bool | None] = field(default_factory=dict, init=False)

    def folded(self) -> Folded:
        """Return the whole template; what a false condition removes is not in it."""
        result = {
            section: self._section(section, body)
            if section in ("Resources", "Outputs") and isinstance(body, dict)
            else body
            for section, body in self.template.items()
        }
        return Folded(result, self.moved)

    def value(self, node: Any) -> Any:
        """Return one folded value of the template; what NoValue removes is None."""
        found = self._node(node, (), ())
        return None if found is ABSENT else found

    def exists(self, body: Any) -> bool:
        """Whether a resource or an output is not under a condition that is false."""
        return self.condition(at(body, "Condition")) is not False

    def condition(self, name: Any) -> bool | None:
        """Return whether a condition of the template is true; None if only AWS knows it."""
        if self.is_open or not isinstance(name, str):
            return None
        if name not in self._conditions:
            self._conditions[name] = None  # what refers to itself is unknown
            body = at(self.template, "Conditions", name)
            outer, self.is_exact = self.is_exact, True
            self._conditions[name] = self._truth(body)
            self.is_exact = outer
        return self._conditions[name]

    def _section(self, section: str, bodies: Body) -> Body:
        existing = {
            name: body
            for name, body in bodies.items()
            if self.exists(body) and not str(name).startswith(MACROS)
        }
        removed = bodies.keys() - existing.keys()
        found = {}
        for name, body in existing.items():
            path = (section, name)
            content = self._node(body, path, path)
            if isinstance(content, dict):
                if self.condition(content.get("Condition")):
                    del content["Condition"]
                if removed and "DependsOn" in content:
                    content["DependsOn"] = _without(content["DependsOn"], removed)
            found[name] = None if content is ABSENT else content
        return found

    def _truth(self, node: Any) -> bool | None:
        name, argument = single(node)
        if name == "Condition":
            return self.condition(argument)
        if not isinstance(argument, list):
            return None
        if name == "Fn::Equals" and len(argument) == 2:
            return _equal(*(self.value(part) for part in argument))
        parts = [self._truth(part) for part in argument]
        if name == "Fn::Not" and len(parts) == 1:
            return None if parts[0] is None else not parts[0]
        decisive = {"Fn::And": False, "Fn::Or": True}.get(name)
        if decisive is None or not parts:
            return None
        return decisive if decisive in parts else None if None in parts else not decisive

    def _node(self, node: Any, here: Path, there: Path) -> Any:
        """Return a folded node; `here` is its path when folded, `there` the written one."""
        if isinstance(node, dict):
            name, argument = single(node)
            if name == "Fn::If" and (branch := self._branch(argument)) is not None:
                there = (*there, name, branch)
                self.moved[here] = there
                return self._node(argument[branch], here, there)
            if name == "Ref":
                return self._ref(node, argument)
            if name.startswith("Fn::"):
                return self._function(name, argument, here, there)
            if not name and any(str(key).startswith(MACROS) for key in node):
                return {INCLUDED: node}  # the macro may change what is beside it
            found = {
                key: self._node(value, (*here, key), (*there, key))
                for key, value in node.items()
            }
            return {key: value for key, value in found.items() if value is not ABSENT}
        return self._list(node, here, there) if isinstance(node, list) else node

    def _list(self, nodes: list[Any], here: Path, there: Path) -> list[Any]:
        found: list[Any] = []
        for index, node in enumerate(nodes):
            path = (*there, index)
            own = (*here, len(found))
            if len(found) != index:
                self.moved[own] = path
            if (value := self._node(node, own, path)) is not ABSENT:
                found.append(value)
            else:
                self.moved.pop(own, None)
        return found

    def _branch(self, argument: Any) -> int | None:
        if not isinstance(argument, list) or len(argument) != 3:
            return None
        chosen = self.condition(argument[0])
        return None if chosen is None else 1 if chosen else 2

    def _function(self, name: str, argument: Any, here: Path, there: Path) -> Any:
        """Return a function's value, or the function with its arguments folded."""
        here, there = (*here, name), (*there, name)
        if isinstance(argument, list):
            folded: Any = [
                self._kept(part, (*here, index), (*there, index))
                for index, part in enumerate(argument)
            ]
        else:
            folded = self._kept(argument, here, there)
        computed = FUNCTIONS.get(name)
        return computed(self, folded) if computed else {name: folded}

    def _kept(self, node: Any, here: Path, there: Path) -> Any:
        """Return a folded argument; NoValue keeps its place among the arguments."""
        found = self._node(node, here, there)
        return dict(NO_VALUE) if found is ABSENT else found

    def _ref(self, node: Body, name: Any) -> Any:
        if name == "AWS::NoValue":
            return ABSENT
        return dict(node) if (found := self.parameter(name)) is None else found

    def parameter(self, name: Any) -> Any:
        """Return the value of a parameter or pseudo parameter, or None if it is opaque.

        Opaque are a value that Systems Manager stores, and outside conditions a hidden value
        and an empty text, which mostly stands for "none".
        """
        if not isinstance(name, str):
            return None
        body = at(self.template, "Parameters", name)
        if not isinstance(body, dict):
            return self.known.get(name) if name.startswith("AWS::") else None
        kind = str(body.get("Type"))
        value = self.known.get(name, body.get("Default"))
        stored = kind.startswith("AWS::SSM::Parameter::Value")
        if self.is_open or stored or isinstance(value, dict):
            return None
        if is_list(kind) and value is not None:
            value = as_list(value)
        unsaid = is_hidden(body) or value in EMPTY
        return None if unsaid and not self.is_exact else value

    def mapping(self, name: Any) -> Any:
        """Return a mapping of the template, or None."""
        return at(self.template, "Mappings", name) if isinstance(name, str) else None


def _equal(one: Any, other: Any) -> bool | None:
    if is_literal(one) and is_literal(other):
        return written(one) == written(other)
    lists = isinstance(one, list) and isinstance(other, list)
    if one is None or not (lists or one == other):
        return None
    known = lists and all(map(is_literal, [*one, *other]))
    return [*map(written, one)] == [*map(written, other)] if known else one == other or None


def _without(names: Any, removed: set[str]) -> Any:
    """Return DependsOn without resources that do not exist."""
    if isinstance(names, list):
        return [name for name in names if not isinstance(name, str) or name not in removed]
    return [] if isinstance(names, str) and names in removed else names
