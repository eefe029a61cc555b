"""Rules of a data file: a row states one fact about one property under the id of its rule.

    E9576:
      type: AWS::ApiGateway::Stage
      path: StageName
      matches: "[A-Za-z0-9_-]{1,128}"
      good: A StageName has 1 to 128 letters, digits, - and _.
      fix: use letters, digits, - and _ only
      docs: https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html

`type` and `path` are one or a list. One key says what is allowed:

- `one_of` or `none_of`: values; `between`: two numbers; `matches`: a pattern
- `listed`: FILE.KEY, a list of a file of cfnlink/aws/; the fix may say {listed}
- `is`: present, absent, filled or expression
- `needed_by` or `excluded_by`: another property, or one with the pattern of its value
- `holding`: the key of a mapping, and what is allowed of its value

`only_if` names properties of the resource, each with a pattern or a value, or with null if it
is missing. The other keys are those of `property_rule`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import yaml

from cfnlink.aws.catalogue import CatalogueError, facts
from cfnlink.lint.conditions import (
    SiblingCondition,
    ValueCondition,
    between,
    excluded_by,
    holding,
    is_present,
    matches,
    must_be_absent,
    must_not_be_literal,
    needed_by,
    none_of,
    one_of,
)
from cfnlink.lint.rule import Rule, property_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cfnlink.system.resource import Resource

KEYS: dict[str, type | tuple[type, ...]] = {
    "type": (str, list),
    "path": (str, list),
    "good": str,
    "why": str,
    "fix": str,
    "docs": str,
    "formerly": str,
    "required": bool,
    "only_if": dict,
}
STATES: dict[str, ValueCondition] = {
    "present": is_present,
    "absent": must_be_absent,
    "filled": bool,
    "expression": must_not_be_literal,
}
Condition = ValueCondition | SiblingCondition
CONDITIONS: dict[str, Callable[[Any], Condition]] = {
    "one_of": lambda values: one_of(*_a_list(values)),
    "none_of": lambda values: none_of(*_a_list(values)),
    "between": lambda ends: between(*map(float, ends)),
    "matches": matches,
    "listed": lambda name: _listed(name).__contains__,
    "is": lambda state: STATES[state],
    "needed_by": lambda other: needed_by(*_property(other)),
    "excluded_by": lambda other: excluded_by(*_property(other)),
    "holding": lambda inside: _holding(**inside),
}


def declared(file: Path) -> dict[str, type[Rule]]:
    """Return the rules of a file by id; none if it does not exist. Raises CatalogueError."""
    if not file.exists():
        return {}
    rows = yaml.load(file.read_bytes(), Loader=yaml.CSafeLoader)
    return {code: _rule(file, code, row) for code, row in rows.items()}


def _rule(file: Path, code: str, row: Any) -> type[Rule]:
    try:
        return _made(code, **row)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        wrong = str(error).replace(
            "property_rule() got an unexpected keyword argument", "no key"
        )
        where = "/".join(file.parts[-3:])
        message = f"{where}: {code}: {wrong}; expected the keys of cfnlink/lint/declared.py"
        raise CatalogueError(message) from None


def _made(code: str, **row: Any) -> type[Rule]:
    """Make the rule of a row."""
    allowed = [(key, row.pop(key)) for key in CONDITIONS if key in row]
    for key, value in row.items():
        if key in KEYS and not isinstance(value, KEYS[key]):
            message = f"{key} is of the type {type(value).__name__}"
            raise TypeError(message)
    if [key for key, _ in allowed] == ["listed"]:
        row["fix"] = row["fix"].format(listed=", ".join(_listed(allowed[0][1])))
    row["on"] = row.pop("type")
    for key in ("on", "path"):
        row[key] = tuple(row[key]) if isinstance(row[key], list) else row[key]
    if "only_if" in row:
        row["only_if"] = _with(row["only_if"])
    return property_rule(code, allowed=_condition(dict(allowed)), **row)


def _condition(said: Mapping[str, Any]) -> Condition:
    """Return the condition of the one key that says what is allowed."""
    if len(said) != 1:
        message = f"it allows by {', '.join(said) or 'nothing'}, and needs one condition"
        raise ValueError(message)
    ((key, value),) = said.items()
    return CONDITIONS[key](value)


def _holding(key: str, **said: Any) -> ValueCondition:
    return holding(key, cast("ValueCondition", _condition(said)))


def _with(properties: Mapping[str, Any]) -> Callable[[Resource], bool]:
    """Return whether a resource has these properties; null: whether one is missing."""
    wanted = [
        (path.split("."), matches(value) if isinstance(value, str) else one_of(value), value)
        for path, value in properties.items()
    ]

    def holds(resource: Resource) -> bool:
        return all(
            resource.is_missing(*path)
            if value is None
            else (found := resource.get(*path)) is not None and test(found)
            for path, test, value in wanted
        )

    return holds


def _a_list(values: Any) -> list[Any]:
    if not isinstance(values, list):
        message = f"{values} is no list"
        raise TypeError(message)
    return values


def _property(other: Any) -> tuple[str, ...]:
    """Return a property, and the pattern of its value if there is one."""
    if isinstance(other, str):
        return (other,)
    ((name, pattern),) = other.items()
    return name, pattern


def _listed(name: str) -> list[str]:
    file, _, key = name.partition(".")
    found: list[str] = facts(cast("Any", file))[key]
    return found
