"""Compare the values that a stack's parameters are given with their constraints.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from cfnlink.system.expressions import at, number
from cfnlink.system.fold_functions import written

MANIFEST = "the manifest"
UNKNOWN = "E9021"
VALUELESS = "E9022"  # no fault of a stack that is deployed already: it keeps its value
Fault = tuple[str, tuple[str, ...], str]  # its id, its path in the template, the message


def is_hidden(parameter: Any) -> bool:
    """Whether CloudFormation shows the value of a parameter to no reader."""
    return str(at(parameter, "NoEcho")).lower() == "true"


def is_list(kind: str) -> bool:
    """Whether the value of a parameter of a type is a list."""
    return kind == "CommaDelimitedList" or kind.startswith("List<")


def as_list(value: Any) -> list[Any]:
    """Return the entries of a list parameter, which CloudFormation trims."""
    if isinstance(value, list):
        return value
    return [part.strip() for part in written(value).split(",")] if value != "" else []


def parameter_faults(
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    passed: Collection[str] = (),
    origins: Mapping[str, str] | None = None,
) -> Iterator[Fault]:
    """Yield the faults of the values of a stack's parameters.

    parameters: the section of the template. passed: the parameters that get a value later.
    origins: what gives a parameter its value, if it is not the manifest.
    """
    stated = {**dict.fromkeys(values, MANIFEST), **(origins or {})}
    for name in [name for name in values if name not in parameters]:
        message = f"the template has no parameter {name}"
        yield UNKNOWN, ("Parameters",), f"{message}; {_hint(name, parameters, stated[name])}"
    for name, body in parameters.items():
        if not isinstance(body, dict):
            continue
        path = ("Parameters", name)
        if name not in values:
            if "Default" not in body and name not in passed:
                fix = "give it a value in the manifest, or a Default"
                yield VALUELESS, path, f"the parameter {name} has no value; {fix}"
            continue
        if wanted := next(_unfulfilled(body, values[name]), None):
            shown = "its value" if is_hidden(body) else repr(str(values[name])[:60])
            message = (
                f"the parameter {name}: {shown} is not {wanted}; change it in {stated[name]}"
            )
            yield "E9023", path, message


def unknown_names(
    names: Collection[str], parameters: Collection[str], origin: str
) -> str | None:
    """Return what is wrong if none of the names that a file states is a known parameter."""
    if not names or any(name in parameters for name in names):
        return None
    first = min(names)
    others = f" or {len(names) - 1} more that it states" if len(names) > 1 else ""
    hint = _hint(first, parameters, origin)
    return f"no template here has a parameter {first}{others}; {hint}"


def _hint(name: str, parameters: Collection[str], origin: str) -> str:
    near = get_close_matches(name, parameters, 1)
    where = "" if origin == MANIFEST else f" Change it in {origin}"
    return f"did you mean {near[0]}?{where}" if near else f"take it out of {origin}"


def _unfulfilled(body: Mapping[str, Any], value: Any) -> Iterator[str]:
    """Yield each constraint of a parameter that its value does not fulfil, in words."""
    kind = str(body.get("Type"))
    if kind.startswith("AWS::SSM::Parameter"):
        return  # the constraints are on the name of a stored value
    if isinstance(value, dict) or (isinstance(value, list) and not is_list(kind)):
        yield "a text"
        return
    texts = [*map(written, as_list(value))] or [""] if is_list(kind) else [written(value)]
    if kind in ("Number", "List<Number>") and None in map(number, texts):
        yield "a number"
        return
    for key, (fits, words) in CONSTRAINTS.items():
        wanted = body.get(key)
        if wanted is not None and not all(fits(text, wanted) for text in texts):
            yield words.format(wanted)


def _bounded(
    measure: Callable[[str], float | None], *, least: bool
) -> Callable[[str, Any], bool]:
    def fits(text: str, wanted: Any) -> bool:
        found, bound = measure(text), number(wanted)
        return found is None or bound is None or (found >= bound if least else found <= bound)

    return fits


def _is_allowed(text: str, wanted: Any) -> bool:
    return not isinstance(wanted, list) or text in map(written, wanted)


def _matches(text: str, pattern: Any) -> bool:
    """Whether the pattern matches the whole value; it is Java's and may be no Python."""
    try:
        return re.fullmatch(str(pattern), text) is not None
    except re.error:
        return True


CONSTRAINTS: dict[str, tuple[Callable[[str, Any], bool], str]] = {
    "AllowedValues": (_is_allowed, "one of {}"),
    "AllowedPattern": (_matches, "a text of the pattern {}"),
    "MinLength": (_bounded(len, least=True), "a text of at least {} characters"),
    "MaxLength": (_bounded(len, least=False), "a text of at most {} characters"),
    "MinValue": (_bounded(number, least=True), "at least {}"),
    "MaxValue": (_bounded(number, least=False), "at most {}"),
}


def with_value(parameter: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return a parameter with its value of the manifest as its default, to read it there.

    The value is spelled as the allowed one: CloudFormation compares texts, and a YAML list may
    hold true where a manifest holds "true". A hidden parameter keeps its value to itself.
    """
    if is_hidden(parameter):
        return parameter
    allowed = parameter.get("AllowedValues")
    same = (
        each
        for each in (allowed if isinstance(allowed, list) else ())
        if written(each) == written(value)
    )
    return {**parameter, "Default": next(same, value)}


def is_export_name(name: str) -> bool:
    """Whether CloudFormation takes a name of an export; what only AWS knows is left out.

    It refuses others: "The Name field of every Export member must be specified and consist
    only of alphanumeric characters, colons, or hyphens".
    """
    return re.fullmatch(r"[A-Za-z0-9:-]*", re.sub(r"\$\{[^}]*\}", "", name)) is not None
