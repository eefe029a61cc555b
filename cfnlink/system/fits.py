"""Facts about values that must fit each other, judged by the rows of fits.yaml.

A path A.B>C is the property C of the resource to which A.B refers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from cfnlink.aws.rds import window_minutes, windows_overlap
from cfnlink.system.arn import own_region, region_of
from cfnlink.system.expressions import (
    VARIABLE,
    at,
    is_expression,
    is_missing,
    number,
    reached,
    spelled,
    text,
    undecided,
)
from cfnlink.system.security_groups import is_block, overlap
from cfnlink.system.shapes import is_opaque

if TYPE_CHECKING:
    from cfnlink.aws.fits import Fit
    from cfnlink.system.resource import Resource, System

NOTHING: tuple[Any, ...] = (False, "false", "", [], {})
UNKNOWN = {"Ref": "AWS::Unknown"}
Found = Iterator[tuple[list[Any], Any]]


def faults_of(resource: Resource, facts: tuple[Fit, ...]) -> Iterator[tuple[list[Any], str]]:
    """Yield where the values of a resource break facts, why, and what is to be done."""
    for fit in facts:
        if fit.is_stock and _is_literal(resource, fit):
            continue
        top, above = (resource.body, [".."]) if fit.whole else (resource.properties, [])
        for path, node in reached(top, _steps(fit.at)):
            for where, said in misfits(fit, node, resource):
                yield [*above, *path, *where], f"{resource.name}: {said} ({fit.docs})"


def _is_literal(resource: Resource, fit: Fit) -> bool:
    """Whether one template writes all values of a fact, so that the stock linter reads them."""
    heads: list[tuple[Resource, str]] = []
    for path in (fit.at or fit.trigger, fit.at or fit.then, fit.at_most, fit.same_as):
        near, _, far = path.partition(">")
        heads.append((resource, near.partition(".")[0]))
        other = resource.target(near.partition(".")[0]) if far else None
        heads += [(other, far.partition(".")[0])] if other else []
    return all(
        one.stack == resource.stack and (not head or one.written(head) == one.expression(head))
        for one, head in heads
    )


def misfits(
    fit: Fit, node: Any, owner: Resource | None = None
) -> Iterator[tuple[list[Any], str]]:
    """Yield where the properties of a node break one fact, why, and what is to be done."""
    reason = _reason(fit, node, owner)
    if reason is None:
        return
    for where, said in _wrong(fit, node, owner):
        yield where, f"{reason} {said}".strip()


def _reason(fit: Fit, node: Any, owner: Resource | None) -> str | None:
    """Return why a fact holds for the properties of a node; None if it does not."""
    if not (fit.trigger or fit.to or fit.unless):
        return ""
    plain = not fit.trigger or (isinstance(node, dict) and not is_expression(node))
    value = next((found for _, found in _read(node, fit.trigger, owner)), None)
    lifted = any(
        each not in NOTHING for way in fit.unless for _, each in _read(node, way, owner)
    )
    if not plain or lifted or undecided(value):
        return None
    if not fit.trigger and not fit.to:
        return ""
    if fit.to:
        other = owner.system.target(value) if owner else None
        return f"with {other.name}" if other is not None and other.type in fit.to else None
    if fit.stored and owner is not None:
        value = owner.system.stored_name(value) or value
    if is_missing(value):
        return f"{_said(fit.trigger)} is {fit.default} by default;" if fit.default else None
    return _reason_of(fit, value)


def _reason_of(fit: Fit, value: Any) -> str | None:
    """Return why a fact holds for a value of its trigger; None if it does not."""
    name = _said(fit.trigger)
    if not fit.among and not fit.besides:
        return None if value in NOTHING else f"with {name}"
    if is_expression(value) or isinstance(value, (dict, list)):
        return None
    holds = _is_one(value, fit.among) if fit.among else not _is_one(value, fit.besides)
    return f"{name} is {value};" if holds else None


def _wrong(fit: Fit, node: Any, owner: Resource | None) -> Iterator[tuple[list[Any], str]]:
    """Yield where the other property is wrong, and what is to be done."""
    found = [each for each in _read(node, fit.then, owner) if not is_missing(each[1])]
    stated = fit.stated or fit.must == "true"
    if fit.must == "present" or (stated and not found):
        yield from _lacks(fit, node, found, owner)
        return
    if fit.must == "unique":
        yield from _doubles(fit.then, found)
        return
    if not found and fit.then_default is not None:
        found = [([], fit.then_default)]
    for path, value in found:
        excepted = bool(fit.excepted) and _is_one(value, fit.excepted)
        if not excepted and (said := _misfit(fit, node, value, owner)):
            yield path, said


def _misfit(fit: Fit, node: Any, value: Any, owner: Resource | None) -> str:
    """Return what is to be done about a value of the other property; empty if it fits."""
    name = _said(fit.then)
    if fit.at_most or fit.multiple_of or fit.at_least is not None:
        return _misfit_number(fit, node, value, owner)
    if fit.same_as:
        there = next((each for _, each in _read(node, fit.same_as, owner)), None)
        differ = owner is not None and _differ(value, there, owner.system)
        return f"{name} is that of {_said(fit.same_as)}; make both one" if differ else ""
    if fit.region or fit.apart or fit.written or fit.must_not or fit.no_keys:
        return _misfit_text(fit, node, value, owner)
    if fit.one_of:
        known = _known(fit, node, owner)
        lost = known is not None and not is_expression(value) and str(value) not in known
        return f"{value} is none of {', '.join(known or ())}; name one" if lost else ""
    if fit.must == "absent":
        given = value not in NOTHING and not undecided(value)
        return f"it takes no {name}; leave it out" if given else ""
    fits = is_expression(value) or _is_one(value, fit.allowed)
    return "" if fits else f"{name} is then {' or '.join(fit.allowed)}; change one of the two"


def _misfit_text(fit: Fit, node: Any, value: Any, owner: Resource | None) -> str:
    name = _said(fit.then)
    if fit.region:
        system = owner.system if owner else None
        wanted = own_region(system) if fit.region == "own" else fit.region
        other = wanted and region_of(value, system) not in ("", wanted)
        return f"{name} is of another region than {wanted}; take one there" if other else ""
    if fit.apart:
        there = next((text(each) or "" for _, each in _read(node, fit.apart, owner)), "")
        fix = _overlap(text(value) or "", there)
        return f"{name} overlaps {_said(fit.apart)}; {fix}" if fix else ""
    if fit.no_keys:
        known = value if isinstance(value, dict) and not is_expression(value) else {}
        foreign = next((key for key in known if _is_one(key, fit.no_keys)), None)
        return f"{name} has no {foreign}; remove it" if foreign else ""
    if fit.must_not:
        wrong = not isinstance(value, (dict, list)) and _is_one(value, fit.must_not)
        return f"{name} is then not {value}; change one of the two" if wrong else ""
    whole = spelled(value) or "${?}"
    heads = {found.partition(".")[0] for found in VARIABLE.findall(whole)}
    plain = all(head.startswith("AWS::") or _is_known(owner, head) for head in heads)
    amiss = plain and not _is_one(whole, fit.written)
    return f"{name} is {whole}, not {' or '.join(fit.written)}; write it so" if amiss else ""


def _overlap(value: str, there: str) -> str:
    """Return what separates two blocks, or a weekly and a daily window, that overlap."""
    if is_block(value):
        shared, fix = is_block(there) and overlap(value, there), "take other addresses"
    else:
        weekly = window_minutes(value, weekly=True)
        shared, fix = windows_overlap(window_minutes(there), weekly), "move one of the two"
    return fix if shared else ""


def _is_known(owner: Resource | None, name: str) -> bool:
    """Whether a name is that of a resource whose values are those of its type."""
    found = owner.system.resources.get(name) if owner else None
    return found is not None and not is_opaque(found)


def _misfit_number(fit: Fit, node: Any, value: Any, owner: Resource | None) -> str:
    name, amount, least = _said(fit.then), number(value), fit.at_least
    if least is not None:
        low = amount is not None and amount < least
        return f"{name} is at least {least:g}; raise it" if low else ""
    if fit.multiple_of:
        return _misfit_multiple(fit, node, amount)
    given = next((each for _, each in _read(node, fit.at_most, owner)), None)
    most = number(fit.most_default if is_missing(given) else given)
    high = amount is not None and most is not None and amount > most - fit.minus
    return f"{name} is at most {(most or 0) - fit.minus:g}; lower it" if high else ""


def _misfit_multiple(fit: Fit, node: Any, amount: float | None) -> str:
    """Return what is to be done about a number of which a list does not get equal parts."""
    listed = at(node, *_steps(fit.multiple_of))
    known = isinstance(listed, list) and not any(map(undecided, listed))
    if amount is None or not known or not listed or amount % len(listed) == 0:
        return ""
    parts = f"{len(listed)} {_said(fit.multiple_of)}"
    return f"{_said(fit.then)} is {amount:g}, no multiple of {parts}; change one of the two"


def _lacks(fit: Fit, node: Any, found: list[Any], owner: Resource | None) -> Found:
    """Yield where a property is missing that must be present; for a list, at each entry."""
    near, _, far = fit.then.partition(">")
    steps = _steps(near)
    if far:
        others = [owner.system.target(v) for _, v in reached(node, steps)] if owner else []
        custom = any(r.is_opaque for o in others if o for r in o.used_by())
        if custom or not others or not all(others):
            return
    elif "*" in steps:
        for where, entry in reached(node, steps[:-1]):
            if isinstance(entry, dict) and not is_expression(entry) and steps[-1] not in entry:
                yield where, f"it needs {steps[-1]}; state it"
        return
    parents = [at(node, *steps[:n]) for n in range(len(steps))] if not far else []
    known = not any(map(is_expression, parents))
    if known and all(value in ([], "") for _, value in found):
        yield [], f"it needs {_said(fit.then)}; state it"


def _doubles(path: str, found: list[Any]) -> Found:
    """Yield the values that a list has twice."""
    plain = [(where, str(value)) for where, value in found if not is_expression(value)]
    times = Counter(value for _, value in plain)
    seen: set[str] = set()
    for where, value in plain:
        if value in seen and times[value] > 1:
            yield where, f"{_said(path)} {value} is there twice; change one of the two"
        seen.add(value)


def _known(fit: Fit, node: Any, owner: Resource | None) -> list[str] | None:
    """Return the values among which a value must be; None if one of them is unknown."""
    found: list[str] = []
    for path in fit.one_of:
        for _, value in _read(node, path, owner):
            if is_missing(value) or not isinstance(value, (str, int)):
                return None
            found.append(str(value))
    lists = [at(node, *_steps(path.partition(".*")[0])) for path in fit.one_of]
    opaque = any(is_expression(each) for one in lists for each in (one, *(one or ())))
    return None if opaque or not found else found


def _read(node: Any, path: str, owner: Resource | None) -> Found:
    """Yield the values at a path, also of the resources to which a part of it refers."""
    near, crosses, far = path.partition(">")
    for where, value in reached(node, _steps(near)):
        if not crosses:
            yield where, value
            continue
        other = owner.system.target(value) if owner else None
        if other is None or is_opaque(other):
            yield where, UNKNOWN
            continue
        beyond = [each for _, each in _read(other.properties, far, other)]
        yield from ((where, each) for each in beyond or [None])


def _differ(one: Any, other: Any, system: System) -> bool:
    """Whether two values are known to be different: two literals, or two resources."""
    if is_missing(one) or is_missing(other):
        return False
    here, there = system.target(one), system.target(other)
    if here is not None and there is not None:
        return here is not there and here.type == there.type
    opaque = isinstance(one, (dict, list)) or isinstance(other, (dict, list))
    return not opaque and str(one).lower() != str(other).lower()


def _is_one(value: Any, patterns: tuple[str, ...]) -> bool:
    whole = str(value).lower()
    return any(fnmatchcase(whole, pattern.lower()) for pattern in patterns)


def _said(path: str) -> str:
    return path.removeprefix(">").replace(">", "'s ")


def _steps(path: str) -> list[str]:
    return path.split(".") if path else []
