"""Conditions for a property: on its own value, or on the properties beside it."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from cfnlink.system.expressions import (
    NO_VALUE,
    at,
    is_expression,
    is_missing,
    number,
    undecided,
)

ValueCondition = Callable[[Any], object]


class SiblingCondition(NamedTuple):
    """A condition on the mapping that holds a property, which may be missing.

    A missing property is reported at the property `reported_at` of the same mapping.
    """

    test: Callable[[dict[str, Any], str], object]
    reported_at: str | None = None


def sibling_condition(test: Callable[[dict[str, Any]], object]) -> SiblingCondition:
    """Accept the property if the mapping that holds it passes a test."""
    return SiblingCondition(lambda node, _: test(node))


def needed_by(other: str, pattern: str = "") -> SiblingCondition:
    """Require the property if another one beside it is present (and matches a pattern)."""
    empty: tuple[Any, ...] = (None, "", [], NO_VALUE)
    return SiblingCondition(
        lambda node, own: not _applies(node, other, pattern) or node.get(own) not in empty,
        other,
    )


def excluded_by(other: str, pattern: str = "") -> SiblingCondition:
    """Forbid the property if another one beside it is present (and matches a pattern)."""
    return SiblingCondition(
        lambda node, own: not _applies(node, other, pattern) or is_missing(node.get(own))
    )


def _applies(node: dict[str, Any], key: str, pattern: str) -> bool:
    value = node.get(key)
    if pattern:
        return not is_expression(value) and matches(pattern)(value)
    return not is_missing(value) and not undecided(value)


def holding(key: str, allowed: ValueCondition) -> ValueCondition:
    """Accept a mapping whose value of a key fulfils a condition."""
    return lambda value: allowed(at(value, key))


def must_be_absent(value: Any) -> bool:
    """Accept no value and no expression that may be none: the property must be missing."""
    return undecided(value)


def must_not_be_literal(_: Any) -> bool:
    """Accept no literal: the property must be missing or an expression."""
    return False


def one_of(*values: Any) -> Callable[[Any], bool]:
    """Accept these values, whether written as text or not."""
    known = {str(value).lower() for value in values}
    return lambda value: str(value).lower() in known


def none_of(*values: Any) -> Callable[[Any], bool]:
    """Accept all but these values."""
    is_one = one_of(*values)
    return lambda value: not is_one(value)


def between(least: float, most: float) -> Callable[[Any], bool]:
    """Accept numbers of a range, and what is no number: another rule reports that."""
    return lambda value: (found := number(value)) is None or least <= found <= most


def matches(pattern: str) -> Callable[[Any], bool]:
    """Accept texts that match a pattern from end to end."""
    return lambda value: re.fullmatch(pattern, str(value), re.DOTALL) is not None


def is_present(value: Any) -> bool:
    """Accept every value that is present."""
    return value is not None
