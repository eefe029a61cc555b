"""The words of a row: what a property may be, by itself or by what stands beside it."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from _read import NO_VALUE, absent, at, is_expression, number

Fits = Callable[[Any], object]


class Beside(NamedTuple):
    """Fits by what holds a property, which may be absent; `speaker` is who asks for it."""

    test: Callable[[dict[str, Any], str], object]
    speaker: str | None = None


def beside(test: Callable[[dict[str, Any]], object]) -> Beside:
    """Fits where what holds the property, absent or not, passes a test."""
    return Beside(lambda node, _: test(node))


def needed_by(other: str, pattern: str = "") -> Beside:
    """Fits where it is there, or the property beside it is not (or not so)."""
    empty: tuple[Any, ...] = (None, "", [], NO_VALUE)
    return Beside(
        lambda node, own: not _says(node, other, pattern) or node.get(own) not in empty, other
    )


def excluded_by(other: str, pattern: str = "") -> Beside:
    """Fits where it is not there, or the property beside it is not (or not so)."""
    return Beside(lambda node, own: not _says(node, other, pattern) or absent(node.get(own)))


def _says(node: dict[str, Any], key: str, pattern: str) -> bool:
    value = node.get(key)
    if pattern:
        return not is_expression(value) and matches(pattern)(value)
    return not absent(value) and "Fn::If" not in str(value)


def holding(key: str, fits: Fits) -> Fits:
    """Fits what holds such a value."""
    return lambda value: fits(at(value, key))


def gone(value: Any) -> bool:
    """Fits nothing: the property must not be there, not even by an expression."""
    return "Fn::If" in str(value)


def unwritten(_: Any) -> bool:
    """Fits no literal: leave it out, or to an expression."""
    return False


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
    return lambda value: re.fullmatch(pattern, str(value), re.DOTALL) is not None


def stated(value: Any) -> bool:
    """Fits whatever is there."""
    return value is not None
