"""cfn-lint's rules that compare several values, asked about the folded values.

cfn-lint reads literals. What a parameter, a mapping or another stack determines is literal only
after folding.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from cfnlint.jsonschema import CfnTemplateValidator
from cfnlint.template.template import Template

from cfnlink.aws.catalogue import facts
from cfnlink.system.expressions import mapping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Resource, System

TYPES: tuple[str, ...] = tuple(facts("stock_rules"))


class StockFault(NamedTuple):
    """A fault that a rule of cfn-lint finds: in which resource, where, and what is wrong."""

    code: str
    name: str
    path: tuple[Any, ...]
    message: str


def stock_faults(resource: Resource) -> Iterator[StockFault]:
    """Yield what is wrong with the folded values of a resource and not with the written."""
    return (fault for fault in _new_faults(resource.system) if fault.name == resource.name)


@lru_cache(maxsize=2)  # a rule asks for each resource
def _new_faults(system: System) -> tuple[StockFault, ...]:
    folded = [each for each in system.of(*TYPES) if each.written() != each.properties]
    types = {each.type for each in folded}
    if not types:
        return ()
    found = [*_faults(system, types, written=False)]
    known = (
        {(one.code, one.name) for one in _faults(system, types, written=True)} if found else ()
    )
    return tuple(one for one in found if (one.code, one.name) not in known)


def _faults(system: System, types: set[str], *, written: bool) -> Iterator[StockFault]:
    """Yield the faults of all resources of some types, with folded or with written values."""
    bodies = {
        one.name: {"Type": one.type, "Properties": _properties(one, written=written)}
        for one in system.of()
    }
    # cfn-lint sorts the sides of an Fn::Equals where they stand: not those of the system.
    others = {name: part for name, part in system.template.items() if name != "Resources"}
    template = {**deepcopy(others), "Resources": bodies}
    region = system.known.get("AWS::Region")
    cfn = Template("", template, [str(region)] if region else None)
    for rule in (rule for type_ in sorted(types) for rule in _rules(type_)):
        rule.initialize(cfn)
        for name, body in bodies.items():
            keyword = f"Resources/{body['Type']}/Properties"
            if keyword in rule.keywords and body["Type"] in types:
                properties = body["Properties"]
                for error in rule.validate(_validator(cfn), keyword, properties, {}):
                    code = str(getattr(error.rule, "id", rule.id))
                    yield StockFault(code, name, tuple(error.path), error.message)


def _properties(resource: Resource, *, written: bool) -> dict[str, Any]:
    return dict(mapping(resource.written()) if written else resource.properties)


def _validator(cfn: Template) -> Any:
    return CfnTemplateValidator({}).evolve(cfn=cfn, context=cfn.context)


@cache
def _rules(type_: str) -> tuple[Any, ...]:
    """Return new rules of cfn-lint for a type; those of a run keep what they have seen."""
    names = facts("stock_rules")[type_]
    modules = [import_module(f"cfnlint.rules.resources.{name}") for name in names]
    return tuple(
        getattr(module, name.rpartition(".")[2])()
        for module, name in zip(modules, names, strict=True)
    )
