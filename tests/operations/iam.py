"""Evaluate IAM policies by the documented logic, for what no emulator evaluates.

A request is allowed if a statement allows it and none denies it. A statement is about a
request if its action, its resource and all of its conditions match.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

ACCOUNT = "111122223333"
REGION = "us-east-1"
Keys = dict[str, str | list[str]]


@dataclass(frozen=True)
class Request:
    """A call as IAM sees it: an action on one resource, and the keys of the request."""

    action: str
    resource: str = "*"
    keys: Keys = field(default_factory=dict)


def is_allowed(statements: Iterable[dict[str, Any]], request: Request) -> bool:
    """Return whether the statements of a role's policies allow a request."""
    about = [each["Effect"] for each in statements if _matches(each, request)]
    return "Allow" in about and "Deny" not in about


def _matches(statement: dict[str, Any], request: Request) -> bool:
    if not any(_like(request.action.lower(), each.lower()) for each in statement["Action"]):
        return False
    inside = "Resource" in statement
    named = statement["Resource" if inside else "NotResource"]
    if any(_like(request.resource, each) for each in named) is not inside:
        return False
    region = {"aws:requestedregion": REGION}
    keys = region | {name.lower(): value for name, value in request.keys.items()}
    return all(
        _holds(operator, keys.get(key.lower()), values)
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


def _holds(operator: str, found: str | list[str] | None, values: list[str]) -> bool:
    """One condition. A negated operator is true of a key that is absent."""
    if operator == "Null":
        return (found is None) is (values == ["true"])
    several, _, plain = operator.rpartition(":")
    negated, fits = OPERATORS[plain]
    actual = [] if found is None else [found] if isinstance(found, str) else found
    passed = [any(fits(one, value) for value in values) is not negated for one in actual]
    if several == "ForAllValues":
        return all(passed)
    if several == "ForAnyValue":
        return any(passed)
    return all(passed) if passed else negated


@cache
def _pattern(text: str) -> "re.Pattern[str]":
    """Return a pattern of IAM: * is any text, ? any character, ${*} a star itself."""
    parts = re.split(r"(\$\{\*\}|\*|\?)", text)
    words = {"${*}": r"\*", "*": ".*", "?": "."}
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _like(text: str, pattern: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def _same(text: str, value: str) -> bool:
    return text == value


OPERATORS: dict[str, tuple[bool, Callable[[str, str], bool]]] = {
    "StringEquals": (False, _same),
    "StringNotEquals": (True, _same),
    "StringLike": (False, _like),
    "ArnEquals": (False, _like),
    "ArnLike": (False, _like),
}


def resolved(node: Any, imports: dict[str, str]) -> Any:
    """Return a part of a template as CloudFormation fills it in for ACCOUNT."""
    if isinstance(node, list):
        return [resolved(each, imports) for each in node]
    if not isinstance(node, dict):
        return node
    if "Fn::ImportValue" in node:
        return imports[node["Fn::ImportValue"]]
    if "Fn::Sub" in node:
        text, more = node["Fn::Sub"], {}
        if isinstance(text, list):
            text, given = text
            more = {name: resolved(value, imports) for name, value in given.items()}
        known = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT} | imports | more
        filled = re.sub(r"\$\{([^!}]+)\}", lambda found: known[found[1]], text)
        return filled.replace("${!", "${")
    return {key: resolved(value, imports) for key, value in node.items()}
