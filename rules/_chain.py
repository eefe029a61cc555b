"""What the rules share: a template read as a chain of resources, and their base class.

A rule asks three things: what a property is (`get`, `flag`, `number`, `text`), to which
resource it leads (`target`), and who leads here (`users`). Where only AWS could know, a
parameter, an import, a condition, the answer is None, and the rule stays silent.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml
from cfnlint.rules._rule import CloudFormationLintRule, RuleMatch
from cfnlint.template.template import Template

sys.path.append(str(Path(__file__).parents[1]))  # cfn-lint may be run in any folder

from checks.references import VARIABLE, at, number, references  # noqa: F401 (for the rules)

Fault = tuple[list[Any], str]
FACTS = Path(__file__).with_name("facts")
NO_VALUE = {"Ref": "AWS::NoValue"}


@cache
def facts(name: str) -> Any:
    """One file of rules/facts."""
    return yaml.load((FACTS / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)


class Rule(CloudFormationLintRule):
    """A rule about resources of some types; the docstring is its description.

    `on` names the types. `check` yields for a resource each fault as the path below its
    Properties (or, with a leading "..", below the resource itself) and a message that
    names what is wrong and what to do.
    """

    on: ClassVar[tuple[str, ...]] = ()
    tags = ["resources"]

    def __init__(self) -> None:
        super().__init__()
        self.description = " ".join((self.__doc__ or "").split())

    def check(self, resource: Resource) -> Iterator[Fault]:
        """The faults of one resource."""
        raise NotImplementedError

    def match(self, cfn: Template) -> list[RuleMatch]:
        """cfn-lint's entry: every fault of every resource of the rule's types."""
        return [
            RuleMatch(["Resources", resource.name, *_below(path)], message)
            for resource in Chain.read(cfn.template).of(*self.on)
            for path, message in self.check(resource)
        ]


def _below(path: list[Any]) -> list[Any]:
    return path[1:] if path[:1] == [".."] else ["Properties", *path]


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
        """The resources of these types, in the template's order."""
        return [r for r in self.resources.values() if r.kind in kinds]

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

    @property
    def handed_out(self) -> bool:
        """Whether another template may use it."""
        return self.chain.handed_out(self)

    @property
    def depends_on(self) -> list[str]:
        """The logical ids in DependsOn."""
        named = self.body.get("DependsOn") or []
        return [str(name) for name in (named if isinstance(named, list) else [named])]

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


class Expect(NamedTuple):
    """A rule that one property decides: most rules need no more.

    `path` leads to the property, * through each entry of a list. `fits` is asked for a
    literal value only (for None where `absent` says that absence counts); `right` says
    what would be right, `why` is the rule's description.
    """

    id: str
    name: str
    on: str | tuple[str, ...]
    path: str
    fits: Callable[[Any], bool]
    right: str
    good: str
    why: str
    url: str
    absent: bool = False
    when: Callable[[Resource], bool] = lambda _: True


def expectations(table: list[Expect]) -> dict[str, type[Rule]]:
    """A rule class for each entry, for the module's globals, where cfn-lint looks."""
    return {expect.name: _expectation(expect) for expect in table}


def _expectation(expect: Expect) -> type[Rule]:
    def check(_: Rule, resource: Resource) -> Iterator[Fault]:
        if not expect.when(resource):
            return
        *way, last = expect.path.split(".")
        for path, node in reached(resource.properties, way):
            value = at(node, last)
            if value is None and (not expect.absent or is_expression(node)):
                continue
            if not is_expression(value) and not expect.fits(value):
                said = "is missing" if value is None else f"is {value}"
                place = [*path, last] if value is not None else path
                yield place, f"{resource.name}: {last} {said}; {expect.right}"

    kinds = (expect.on,) if isinstance(expect.on, str) else expect.on
    content = {"id": expect.id, "shortdesc": expect.good, "source_url": expect.url, "on": kinds}
    return type(expect.name, (Rule,), {**content, "__doc__": expect.why, "check": check})


def one_of(*values: Any) -> Callable[[Any], bool]:
    """Fits these values, as text or not."""
    return lambda value: str(value).lower() in {str(known).lower() for known in values}


def none_of(*values: Any) -> Callable[[Any], bool]:
    """Fits all but these values."""
    return lambda value: not one_of(*values)(value)


def between(least: float, most: float) -> Callable[[Any], bool]:
    """Fits numbers of a range; what is no number is another rule's."""
    return lambda value: (found := number(value)) is None or least <= found <= most


def matches(pattern: str) -> Callable[[Any], bool]:
    """Fits texts that match whole."""
    return lambda value: re.fullmatch(pattern, str(value)) is not None


def stated(value: Any) -> bool:
    """Fits whatever is there."""
    return value is not None


def reached(node: Any, way: list[str]) -> Iterator[tuple[list[Any], Any]]:
    """The nodes at a path, * through each entry of a list (or the value, if it is none)."""
    if not way:
        yield [], node
        return
    key, rest = way[0], way[1:]
    parts: list[tuple[Any, Any]]
    if key != "*":
        parts = [(key, at(node, key))] if isinstance(node, dict) and key in node else []
    else:
        parts = list(enumerate(node)) if isinstance(node, list) else [(None, node)]
    for part, child in parts:
        for path, found in reached(child, rest):
            yield ([part, *path] if part is not None else path), found


def entries(node: Any, *path: Any) -> list[tuple[int, dict[str, Any]]]:
    """The literal mappings in a list at a path, with their indexes."""
    found = at(node, *path)
    return [
        (index, entry)
        for index, entry in enumerate(found if isinstance(found, list) else [])
        if isinstance(entry, dict) and not is_expression(entry)
    ]


def containers(task: Resource) -> list[tuple[int, dict[str, Any]]]:
    """The literal containers of a task definition, with their indexes."""
    return entries(task.properties, "ContainerDefinitions")


def attribute(value: Any) -> str | None:
    """By what a reference leads: Ref, or the attribute of a GetAtt in either form."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Fn::GetAtt" and isinstance(argument, str):
        return argument.partition(".")[2]
    if name == "Fn::GetAtt" and isinstance(argument, list):
        return ".".join(map(str, argument[1:]))
    return "Ref" if name == "Ref" else None


def is_expression(node: Any) -> bool:
    """Whether a node is an intrinsic function: Ref, Condition, Fn::..."""
    if not isinstance(node, dict) or len(node) != 1:
        return False
    name = str(next(iter(node)))
    return name in ("Ref", "Condition") or name.startswith("Fn::")


def text(value: Any) -> str | None:
    """A literal text, or that of a Sub or Join with ${...} where it is open."""
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((name, argument),) = value.items()
    if name == "Fn::Sub":
        template = argument[0] if isinstance(argument, list) and argument else argument
        return template if isinstance(template, str) else None
    if name == "Fn::Join" and isinstance(argument, list) and len(argument) == 2:
        separator, parts = argument
        if isinstance(separator, str) and isinstance(parts, list):
            return separator.join(_open(part) for part in parts)
    return None


def spelled(value: Any) -> str | None:
    """A text with its variables put in: ${Name} or ${Name.Attribute} where it is open."""
    whole, variables = text(value), at(value, "Fn::Sub", 1)
    for name, given in variables.items() if whole and isinstance(variables, dict) else ():
        lead, how = next((lead for lead, _ in references(given)), name), attribute(given)
        known = text(given) or f"${{{lead if how in (None, 'Ref') else f'{lead}.{how}'}}}"
        whole = str(whole).replace(f"${{{name}}}", known)
    return whole


def _open(part: Any) -> str:
    known = text(part)
    if known is not None:
        return known
    return f"${{{part['Ref']}}}" if isinstance(part, dict) and "Ref" in part else "${...}"
