"""Values of one resource that must fit each other, by the rows of aws/fits.yaml."""

from collections.abc import Iterator
from typing import Any

from cfnlink.aws.fits import Fit, fits
from cfnlink.lint.conditions import one_of
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import at, is_expression, is_missing, number, reached, undecided
from cfnlink.system.resource import Resource

DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
NOTHING: tuple[Any, ...] = (False, "false", "", [], {})


@rule("E9962", tuple(fits()), f"{DOCS}aws-template-resource-type-ref.html")
def values_fit_each_other(resource: Resource) -> Faults:
    """The values of a resource fit each other.
    A service rejects a property beside another one that excludes it, without another one that
    it needs, or with a value that does not go with another one. The deployment fails at this
    resource. The message names both properties and the page of AWS."""
    return _misfits(resource, warn=False)


@rule("W9963", tuple(fits()), f"{DOCS}aws-template-resource-type-ref.html")
def value_is_not_ignored(resource: Resource) -> Faults:
    """A value of a resource is not ignored because of another one.
    A service ignores a property that does not apply beside another one: what the template
    states is not what runs."""
    return _misfits(resource, warn=True)


def _misfits(resource: Resource, *, warn: bool) -> Faults:
    for fit in fits()[resource.type]:
        if fit.warn is not warn:
            continue
        for path, node in reached(resource.properties, fit.at.split(".") if fit.at else []):
            for where, said in misfits(fit, node):
                yield [*path, *where], f"{resource.name}: {said} ({fit.docs})"


def misfits(fit: Fit, node: Any) -> Iterator[tuple[list[Any], str]]:
    """Yield where the properties of a node break one fact, why, and what is to be done."""
    if reason := _reason(fit, node):
        for where, said in _wrong(fit, node):
            yield where, f"{reason} {said}"


def _reason(fit: Fit, node: Any) -> str:
    """Return why a fact holds for the properties of a node; nothing if it does not."""
    value = at(node, *fit.trigger.split("."))
    if not isinstance(node, dict) or is_expression(node) or undecided(value):
        return ""
    if is_missing(value):
        return f"{fit.trigger} is {fit.default} by default;" if fit.default else ""
    if not fit.among and not fit.besides:
        return "" if value in NOTHING else f"with {fit.trigger}"
    if is_expression(value) or isinstance(value, (dict, list)):
        return ""
    holds = one_of(*fit.among)(value) if fit.among else not one_of(*fit.besides)(value)
    return f"{fit.trigger} is {value};" if holds else ""


def _wrong(fit: Fit, node: dict[str, Any]) -> Iterator[tuple[list[Any], str]]:
    """Yield where the other property is wrong, and what is to be done."""
    steps = fit.then.split(".")
    found = [each for each in reached(node, steps) if not is_missing(each[1])]
    if fit.must == "present" or (fit.must == "true" and not found):
        parents = [at(node, *steps[:n]) for n in range(len(steps))]
        known = not any(map(is_expression, parents))
        if known and all(value in ([], "") for _, value in found):
            yield [], f"it needs {fit.then}; state it"
        return
    for path, value in found:
        if fit.at_most:
            least, most = number(value), number(at(node, *fit.at_most.split(".")))
            if least is not None and most is not None and least > most - fit.minus:
                yield path, f"{fit.then} is at most {most - fit.minus:g}; lower it"
        elif fit.must == "absent":
            if value not in NOTHING and not undecided(value):
                yield path, f"it takes no {fit.then}; leave it out"
        elif not is_expression(value) and not one_of(*fit.allowed)(value):
            yield path, f"{fit.then} is then {' or '.join(fit.allowed)}; change one of the two"
