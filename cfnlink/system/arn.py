"""ARNs: what a template says of them, and whether a pattern of a policy can mean one.

A pattern is a text in which * and ? are wildcards, UNKNOWN is a text that only AWS knows, and a
name between OPEN and CLOSE is the name that AWS makes up for a resource without one.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cfnlink.aws.catalogue import facts
from cfnlink.system.expressions import VARIABLE, is_missing, spelled

if TYPE_CHECKING:
    from cfnlink.aws.files import Thing
    from cfnlink.system.resource import Resource, System

UNKNOWN, OPEN, HINT, CLOSE = "\ue000", "\ue001", "\ue002", "\ue003"
MADE_UP = re.compile(f"{OPEN}.*?{HINT}(.*?){CLOSE}")
TOKEN = re.compile(f"{OPEN}.*?{CLOSE}|.", re.DOTALL)
WILD = re.compile(f"[*?{UNKNOWN}]")
KEPT = 5  # letters of a logical id that a name made up by AWS keeps, however long it is


def things() -> dict[str, Thing]:
    """Return the types of which ARNs are known."""
    return facts("rights")["things"]


def row_of(kind: str) -> Thing:
    """Return the row of a type; an empty one if it has none."""
    return things().get(kind, {"arn": ""})


def arn_of(resource: Resource) -> str:
    """Return the ARN of a resource; UNKNOWN if its type has no row."""
    row = things().get(resource.type)
    if row is None:
        return UNKNOWN
    other = re.match(r"\[(\w+)\]", row["arn"])
    if other:
        return whole_arn(resource.system, resource.expression(other[1])) + _filled(
            resource, row["arn"][other.end() :]
        )
    return f"arn:{UNKNOWN}:{_filled(resource, row['arn'])}"


def _filled(resource: Resource, form: str) -> str:
    """Return a form of an ARN with the names of a resource."""
    whole = form.replace("~", UNKNOWN)
    return re.sub(r"(/?)\{(\w*)\}", lambda part: _step_to(resource, part[1], part[2]), whole)


def _step_to(resource: Resource, slash: str, name: str) -> str:
    """Return a name after its slash, with which the name of a parameter may begin itself."""
    part = _part(resource, name)
    return slash + part.lstrip("/") if slash else part


def _part(resource: Resource, name: str) -> str:
    value = resource.expression(name) if name else None
    if is_missing(value):
        hint = resource.logical_id or resource.name
        return f"{OPEN}{resource.name}{HINT}{hint}{CLOSE}"
    return pattern(resource.system, value) or UNKNOWN


def region_of(value: Any, system: System | None) -> str:
    """Return the region of a written ARN, or of a linked system's resource; else nothing.

    Those of a lone template are in any region: a user lints it for some.
    """
    if isinstance(value, str):
        return value.split(":")[3] if value.count(":") > 4 else ""
    return own_region(system) if system and system.target(value) is not None else ""


def own_region(system: System | None) -> str:
    """Return the region of a linked system; nothing for a lone template."""
    return str(system.known.get("AWS::Region", "")) if system and system.linked else ""


def pattern(system: System, value: Any) -> str | None:
    """Return a value as a pattern, with the ARNs and names of the resources in it."""
    whole = spelled(value)
    if whole is None:
        return None
    return VARIABLE.sub(lambda found: _variable(system, found[1]), whole)


def _variable(system: System, name: str) -> str:
    head, _, attribute = name.partition(".")
    resource = system.resources.get(head)
    row = things().get(resource.type) if resource else None
    if resource is None or row is None:
        return UNKNOWN
    if attribute == "Arn" or attribute in row.get("attributes", {}) or (
        not attribute and row.get("ref")
    ):  # fmt: skip
        end = row.get("attributes", {}).get(attribute, "")
        return arn_of(resource) + end.replace("~", UNKNOWN)
    named = re.search(r"\{(\w*)\}", row["arn"])
    return _part(resource, named[1]) if named and not attribute.endswith("Uri") else UNKNOWN


def whole_arn(system: System, value: Any, kind: str = "") -> str:
    """Return the ARN that a value means where a thing of a type belongs, else UNKNOWN."""
    found = system.target(value) or (system.first_named(value, kind) if kind else None)
    if found is not None and found.type in things():
        return arn_of(found)
    whole, row = pattern(system, value) or UNKNOWN, row_of(kind)
    for form, arn in row.get("written", {}).items():
        if re.fullmatch(form, whole):
            return f"arn:{UNKNOWN}:" + re.sub(form, arn, whole).replace("~", UNKNOWN)
    if not whole.startswith("arn:"):
        return UNKNOWN
    return ":".join(whole.split(":")[: row.get("parts")])


def is_kind(arn: str, kind: str) -> bool:
    """Whether an ARN is one of a type."""
    form, parts = row_of(kind).get("arn", ""), arn.split(":", 5)
    every = "arn:*:" + re.sub(r"\{\w*\}|~", "*", form)
    same = parts[2:3] == [form.partition(":")[0]]
    return same and len(parts) == 6 and may_mean(every, arn)


def may_mean(given: str, arn: str) -> bool:
    """Whether a pattern of a policy may mean an ARN."""
    ones, others = given.split(":", 5), arn.split(":", 5)
    if len(ones) == len(others) == 6:
        return all(map(_meet, ones, others))
    return _meet(given, arn)


def always_means(given: str, arn: str) -> bool:
    """Whether a pattern of a policy means an ARN, whatever AWS makes of it."""
    ones, others = given.split(":", 5), arn.split(":", 5)
    if len(ones) == len(others) == 6:
        return all(map(_meet, ones[:5], others[:5])) and fnmatchcase(others[5], ones[5])
    return fnmatchcase(arn, given)


@lru_cache(maxsize=4096)
def _meet(one: str, other: str) -> bool:
    """Whether two patterns have a text in common."""
    if one == other or "*" in (one, other) or UNKNOWN in (one, other):
        return True
    made_up = [bool(MADE_UP.search(each)) for each in (one, other)]
    if any(made_up) and not all(made_up):
        # AWS makes the name of the stack, the logical id and some letters
        one, other = (
            MADE_UP.sub(lambda name: f"*{name[1][:KEPT]}*", each).lower()
            for each in (one, other)
        )
    if not WILD.search(one) and not WILD.search(other):
        return one == other
    return _common(TOKEN.findall(one), TOKEN.findall(other))


def _common(ones: list[str], others: list[str]) -> bool:
    """Whether two lists of letters and wildcards have a text in common."""
    many = ("*", UNKNOWN)
    reached = {(0, 0)}
    waiting = [(0, 0)]

    def reach(one: int, other: int) -> None:
        if (one, other) not in reached:
            reached.add((one, other))
            waiting.append((one, other))

    while waiting:
        one, other = waiting.pop()
        left = ones[one] if one < len(ones) else ""
        right = others[other] if other < len(others) else ""
        if not left and not right:
            return True
        if left in many:
            reach(one + 1, other)
        if right in many:
            reach(one, other + 1)
        if left and right and _step(left, right, many):
            reach(one + (left not in many), other + (right not in many))
    return False


def _step(left: str, right: str, many: tuple[str, ...]) -> bool:
    return left == right or "?" in (left, right) or left in many or right in many
