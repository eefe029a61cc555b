"""Rules: each rule states one fact about a good template, under one id.

A fact about one property is declared:

    instance_is_deletion_protected = property_rule(
        "W9231", INSTANCE, "DeletionProtection", one_of(True), required=True,
        good="A database instance has deletion protection.",
        why="A call of DeleteDBInstance is otherwise enough to lose the data.",
        fix="a delete call is enough to lose it; set true", docs=API,
    )

A fact about several resources is a function that yields its faults. The first line of the
function's docstring is data: it says what is true of a good template and becomes the rule's
short description. The rest says why and becomes the description:

    @rule("E9106", ROUTE, f"{VPC_DOCS}VPC_Internet_Gateway.html")
    def route_targets_attached_gateway(route: Resource) -> Faults:
        '''An internet gateway that a route uses is attached to the VPC.
        EC2 rejects a route to a gateway that no VPCGatewayAttachment attaches.'''

A rule whose id is new names the id under which its fact was known before (`formerly`). A user
who ignores, includes or requires the old id gets the same answer of the new rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from cfnlint.rules._rule import CloudFormationLintRule, RuleMatch
from cfnlint.template.template import Template as LintedTemplate

from cfnlink.lint.conditions import (
    SiblingCondition,
    ValueCondition,
    must_be_absent,
    must_not_be_literal,
)
from cfnlink.system.expressions import INCLUDED, at, is_expression, is_missing, reached
from cfnlink.system.resource import Resource, System

HIDDEN = re.compile(r"Password|Secret|^Value|://[^/]*@")  # in a name or a value
IGNORED = ("Metadata", "cfn-lint", "config", "ignore_checks")
Fault = tuple[list[Any], str]  # the path below Properties, or with ".." below the resource
WHOLE = ["..", ".."]  # begins a path from the top of the template


class Row(NamedTuple):
    """A condition for one property, which a rule yields that computes it.

    `path` names the property; * is each entry of a list. `allowed` judges literal values only.
    `fix` ends the message. A missing property is a fault too if it is `required`, reported at
    the mapping that should hold it.
    """

    path: str
    allowed: ValueCondition | SiblingCondition
    fix: str
    required: bool = False


Faults = Iterable[Fault | Row]
Check = Callable[[Resource], Faults]


class Rule(CloudFormationLintRule):
    """A rule about resources of some types, or of all types if it names none."""

    on: ClassVar[tuple[str, ...]] = ()
    formerly: ClassVar[str] = ""  # the ids under which earlier releases knew this fact
    tags = ["resources"]  # noqa: RUF012 (cfn-lint's own style)
    _is_mandatory = False

    @staticmethod
    def check(resource: Resource) -> Faults:
        """Return the faults of one resource."""
        raise NotImplementedError

    def is_enabled(
        self,
        include_experimental: bool = False,
        ignore_rules: Sequence[str] | None = None,
        include_rules: Sequence[str] | None = None,
        mandatory_rules: Sequence[str] | None = None,
    ) -> bool:
        """Answer as cfn-lint does, and take the old id for the new one."""
        mandatory = self.with_new_id(mandatory_rules)
        self._is_mandatory = any(self.id.startswith(name) for name in mandatory)
        return bool(
            super().is_enabled(  # type: ignore[no-untyped-call]
                include_experimental,
                self.with_new_id(ignore_rules),
                self.with_new_id(include_rules),
                mandatory,
            )
        )

    def with_new_id(self, ids: Sequence[str] | None) -> list[str]:
        """Return ids or their beginnings; with this rule's id if its old id is among them.

        A letter alone stands for a severity, and an old id does not give its severity.
        """
        known = list(ids or ())
        olds = self.formerly.split()
        renamed = any(len(name) > 1 and old.startswith(name) for name in known for old in olds)
        return [*known, self.id] if renamed else known

    def match(self, cfn: LintedTemplate) -> list[RuleMatch]:
        """Return every fault of every resource of the rule's types; cfn-lint calls this."""
        region = cfn.regions[0] if len(cfn.regions) == 1 else None
        system = System.read(cfn.template, region)
        return [
            RuleMatch(_written(resource, path), message)
            for resource in (*system.of(*self.on), *system.optional(*self.on))
            for path, message in _faults(resource, self.check(resource))
            if not self._is_ignored_by(resource)
        ]

    def matchall_resource_properties(self, *_: Any) -> tuple[()]:
        """Return nothing: `match` has found every fault. cfn-lint asks for each resource."""
        return ()

    def _is_ignored_by(self, resource: Resource) -> bool:
        """Whether the resource's Metadata ignores the old id; cfn-lint knows the new one."""
        if not self.formerly or self._is_mandatory:
            return False
        ignored = at(resource.body, *IGNORED) or ()
        return any(old in ignored for old in self.formerly.split())


def rule(
    code: str, on: str | tuple[str, ...], url: str, *, formerly: str = ""
) -> Callable[[Check], type[Rule]]:
    """Make a rule from a function; give its id, its types (none: all) and its page of AWS."""

    def make(check: Check) -> type[Rule]:
        good, _, why = (check.__doc__ or "").partition("\n")
        content = {
            "id": code,
            "formerly": formerly,
            "shortdesc": good.removesuffix("."),
            "description": " ".join(why.split()) or good,
            "source_url": url,
            "on": (on,) if isinstance(on, str) else on,
            "check": staticmethod(check),
            "__module__": check.__module__,
        }
        return type(check.__name__, (Rule,), content)

    return make


def property_rule(  # noqa: PLR0913 (a declaration: each argument has a name)
    code: str,
    on: str | tuple[str, ...],
    path: str | tuple[str, ...],
    allowed: ValueCondition | SiblingCondition,
    *,
    good: str,
    fix: str,
    docs: str,
    why: str = "",
    required: bool | Callable[[Resource], object] = False,
    only_if: Callable[[Resource], object] | None = None,
    formerly: str = "",
) -> type[Rule]:
    """Make a rule about one property.

    In a path, * is each entry of a list; several paths are one fact. `allowed` judges literal
    values only. `good` says what is true of a good template, and `why` says the reason. A
    missing property is a fault if it is `required`, reported at the mapping that should hold
    it. `fix` ends the message. The rule looks only at resources for which `only_if` is true.
    """

    def check(resource: Resource) -> Faults:
        if only_if is None or only_if(resource):
            needed = bool(required(resource) if callable(required) else required)
            for one in (path,) if isinstance(path, str) else path:
                yield Row(one, allowed, fix, required=needed)

    check.__doc__ = f"{good}\n{why}"
    check.__name__ = code
    return rule(code, on, docs, formerly=formerly)(check)


def _written(resource: Resource, path: list[Any]) -> list[Any]:
    """Return the path of a fault in the template as written."""
    if path[:2] == WHOLE:
        return list(resource.system.folded.written_path(tuple(path[2:])))
    below = path[1:] if path[:1] == [".."] else ["Properties", *path]
    whole = resource.located(tuple(below))
    return list(resource.system.folded.written_path(whole))


def _faults(resource: Resource, found: Faults) -> Iterator[Fault]:
    for one in found:
        if not isinstance(one, Row):
            yield one
            continue
        for path, value in _violations(resource.properties, one):
            written = one.allowed is must_not_be_literal
            if written and is_expression(resource.written(*path)):
                continue
            if value is None and resource.system.is_changed(resource):
                continue
            name = one.path.removesuffix(".*").rpartition(".")[2]
            yield path, f"{resource.name}: {name}{_finding(name, value)} {one.fix}"


def _finding(name: str, value: Any) -> str:
    if value is None:
        return " is missing;"
    hidden = HIDDEN.search(name) or HIDDEN.search(str(value))
    shown = isinstance(value, (str, int, float)) and not hidden
    return f" is {str(value)[:60]};" if shown else ":"


def _violations(properties: dict[str, Any], row: Row) -> Iterator[tuple[list[Any], Any]]:
    """Yield the path and the value of each property that a row does not allow."""
    *parents, last = row.path.split(".")
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
        if not found and row.required and not is_expression(node) and INCLUDED not in node:
            yield path, None
