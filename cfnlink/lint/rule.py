"""Rules: a rule is a function that yields the faults of a resource; its docstring is data.

    @rule("E9109", ADDRESS, f"{DOCS}aws-resource-ec2-eip.html")
    def addresses_are_of_the_vpc(address: Resource) -> Faults:
        '''An Elastic IP has the Domain vpc.
        An Elastic IP for a NAT gateway belongs to the VPC.'''
        yield Row("Domain", one_of("vpc"), "set it to vpc")

The first line of the docstring says what is true of a good template and becomes the rule's
short description; the rest says why and becomes its description. A fault of one property is a
Row; every other fault is a path and a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from cfnlint.rules._rule import CloudFormationLintRule, RuleMatch
from cfnlint.template.template import Template as LintedTemplate

from cfnlink.lint.conditions import SiblingCondition, ValueCondition, must_be_absent
from cfnlink.system.expressions import is_expression, is_missing, reached
from cfnlink.system.template import Resource, Template

HIDDEN = re.compile(r"Password|Secret|^Value|://[^/]*@")  # in a name or a value
Fault = tuple[list[Any], str]  # the path below Properties, or with ".." below the resource


class Row(NamedTuple):
    """A condition for one property.

    `path` names the property; * is each entry of a list. With ! at the end of the path a
    missing property is a fault too, reported at the mapping that should hold it. `allowed`
    judges literal values only. `fix` says what to write instead. The row holds only if
    `only_if` is true.
    """

    path: str
    allowed: ValueCondition | SiblingCondition
    fix: str
    only_if: object = True


Faults = Iterable[Fault | Row]
Check = Callable[[Resource], Faults]


class Rule(CloudFormationLintRule):
    """A rule about resources of some types, or of all types if it names none."""

    on: ClassVar[tuple[str, ...]] = ()
    tags = ["resources"]  # noqa: RUF012 (cfn-lint's own style)

    @staticmethod
    def check(resource: Resource) -> Faults:
        """Return the faults of one resource."""
        raise NotImplementedError

    def match(self, cfn: LintedTemplate) -> list[RuleMatch]:
        """Return every fault of every resource of the rule's types; cfn-lint calls this."""
        return [
            RuleMatch(["Resources", resource.name, *_below(path)], message)
            for resource in Template.read(cfn.template).of(*self.on)
            for path, message in _faults(resource, self.check(resource))
        ]


def rule(code: str, on: str | tuple[str, ...], url: str) -> Callable[[Check], type[Rule]]:
    """Make a rule from a function; give its id, its types (none: all) and its page of AWS."""

    def make(check: Check) -> type[Rule]:
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

    return make


def _below(path: list[Any]) -> list[Any]:
    return path[1:] if path[:1] == [".."] else ["Properties", *path]


def _faults(resource: Resource, found: Faults) -> Iterator[Fault]:
    for one in found:
        if not isinstance(one, Row):
            yield one
        elif one.only_if:
            for path, value in _violations(resource.properties, one):
                name = one.path.rstrip("!").removesuffix(".*").rpartition(".")[2]
                yield path, f"{resource.name}: {name}{_finding(name, value)} {one.fix}"


def _finding(name: str, value: Any) -> str:
    if value is None:
        return " is missing;"
    hidden = HIDDEN.search(name) or HIDDEN.search(str(value))
    shown = isinstance(value, (str, int, float)) and not hidden
    return f" is {str(value)[:60]};" if shown else ":"


def _violations(properties: dict[str, Any], row: Row) -> Iterator[tuple[list[Any], Any]]:
    """Yield the path and the value of each property that a row does not allow."""
    *parents, last = row.path.rstrip("!").split(".")
    allowed = row.allowed
    for path, node in reached(properties, parents):
        literal = isinstance(node, dict) and not is_expression(node)
        if isinstance(allowed, SiblingCondition):
            if literal and not allowed.test(node, last):
                sibling = [allowed.reported_at] if allowed.reported_at else []
                present = not is_missing(node.get(last))
                yield ([*path, last], node[last]) if present else (path or sibling, None)
            continue
        found = [each for each in reached(node, [last]) if not is_missing(each[1])]
        for step, value in found:
            judged = allowed is must_be_absent or not is_expression(value)
            if judged and not allowed(value):
                yield [*path, *step], value
        if not found and row.path.endswith("!") and not is_expression(node):
            yield path, None
