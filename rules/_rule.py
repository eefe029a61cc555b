"""What a rule is: a function that yields what is wrong with a resource.

    @rule("E9109", ADDRESS, f"{DOCS}aws-resource-ec2-eip.html")
    def addresses_are_of_the_vpc(address: Resource) -> Faults:
        '''An Elastic IP has the Domain vpc.
        An Elastic IP for a NAT gateway belongs to the VPC.'''
        yield Row("Domain", one_of("vpc"), "set it to vpc")

The docstring's first line is what is true of a good template, the rest says why. What one
property decides is a Row; what takes more to find is a path and a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml
from _chain import Chain, Resource
from _read import absent, is_expression, reached
from _words import Beside, Fits, gone
from cfnlint.rules._rule import CloudFormationLintRule, RuleMatch
from cfnlint.template.template import Template

FACTS = Path(__file__).with_name("facts")
HIDDEN = re.compile(r"Password|Secret|^Value|://[^/]*@")  # in a name or a value
Fault = tuple[list[Any], str]  # the path below Properties, or with ".." below the resource


class Row(NamedTuple):
    """What one property must be.

    `path` leads to it, * through each entry of a list; with ! at its end absence is a fault
    too, of what should hold it. `fits` is asked for literal values only, `right` says what is
    expected. `when` is what else must be so.
    """

    path: str
    fits: Fits | Beside
    right: str
    when: object = True


Faults = Iterable[Fault | Row]
Check = Callable[[Resource], Faults]


class Rule(CloudFormationLintRule):
    """A rule about resources of some types, or of all where none is named."""

    on: ClassVar[tuple[str, ...]] = ()
    tags = ["resources"]

    @staticmethod
    def check(resource: Resource) -> Faults:
        """The faults of one resource."""
        raise NotImplementedError

    def match(self, cfn: Template) -> list[RuleMatch]:
        """cfn-lint's entry: every fault of every resource of the rule's types."""
        return [
            RuleMatch(["Resources", resource.name, *_below(path)], message)
            for resource in Chain.read(cfn.template).of(*self.on)
            for path, message in _faults(resource, self.check(resource))
        ]


def rule(code: str, on: str | tuple[str, ...], url: str) -> Callable[[Check], type[Rule]]:
    """Make a rule of a function: its id, its types (all if none), AWS's page behind it."""

    def made(check: Check) -> type[Rule]:
        good, _, why = (check.__doc__ or "").partition("\n")
        content = {
            "id": code,
            "shortdesc": good.removesuffix("."),
            "description": " ".join(why.split()) or good,
            "source_url": url,
            "on": (on,) if isinstance(on, str) else on,
            "check": staticmethod(check),
            "__module__": check.__module__,
        }
        return type(check.__name__, (Rule,), content)

    return made


def _below(path: list[Any]) -> list[Any]:
    return path[1:] if path[:1] == [".."] else ["Properties", *path]


def _faults(resource: Resource, found: Faults) -> Iterator[Fault]:
    for one in found:
        if not isinstance(one, Row):
            yield one
        elif one.when:
            for path, value in _misfits(resource.properties, one):
                name = one.path.rstrip("!").removesuffix(".*").rpartition(".")[2]
                yield path, f"{resource.name}: {name}{_said(name, value)} {one.right}"


def _said(name: str, value: Any) -> str:
    if value is None:
        return " is missing;"
    hidden = HIDDEN.search(name) or HIDDEN.search(str(value))
    shown = isinstance(value, (str, int, float)) and not hidden
    return f" is {str(value)[:60]};" if shown else ":"


def _misfits(properties: dict[str, Any], row: Row) -> Iterator[tuple[list[Any], Any]]:
    """Where a property is not as a row wants it, and what stands there."""
    *way, last = row.path.rstrip("!").split(".")
    for path, node in reached(properties, way):
        literal = isinstance(node, dict) and not is_expression(node)
        if isinstance(row.fits, Beside):
            if literal and not row.fits.test(node, last):
                speaker = [row.fits.speaker] if row.fits.speaker else []
                there = not absent(node.get(last))
                yield ([*path, last], node[last]) if there else (path or speaker, None)
            continue
        found = [there for there in reached(node, [last]) if not absent(there[1])]
        for step, value in found:
            if (row.fits is gone or not is_expression(value)) and not row.fits(value):
                yield [*path, *step], value
        if not found and row.path.endswith("!") and not is_expression(node):
            yield path, None


@cache
def facts(name: str) -> Any:
    """One file of rules/facts."""
    return yaml.load((FACTS / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)
