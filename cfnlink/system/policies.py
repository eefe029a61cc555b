"""Policies: who can change them, what they allow on what, and what they compare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cfnlink.system.arn import UNKNOWN, arn_of, may_mean, pattern
from cfnlink.system.expressions import is_expression, reached, text
from cfnlink.system.identity import (
    SERVICES,
    Call,
    Statement,
    allowed,
    grants,
    is_readable,
    service_of,
    statements,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Resource

BYPASS = "BypassPolicyLockoutSafetyCheck"


def locks_out(key: Resource) -> bool:
    """Whether a key's policy is known to let no principal change it, and KMS checks that."""
    given = [s for s in statements(key) if not s.services() or s.values_at("Principal", "AWS")]
    known = not key.is_missing("KeyPolicy") and is_readable(key)
    checked = key.is_missing(BYPASS) or key.flag(BYPASS) is False
    return known and checked and not allowed(given, Call("kms:PutKeyPolicy"), key.system)


def is_public(statement: Statement) -> bool:
    """Whether a statement allows something to every caller."""
    named = statement.values_at("Principal") + statement.values_at("Principal", "AWS")
    return statement.allows and statement.is_free and "*" in [name for _, name in named]


def foreign_resources(policy: Resource, bucket: Resource) -> Iterator[list[Any]]:
    """Yield where the policy of a bucket names what is neither the bucket nor in it."""
    for statement in statements(policy):
        for path, entry in statement.values_at("Resource"):
            arn = (pattern(policy.system, entry) or UNKNOWN).partition("/")[0]
            if not may_mean(arn, arn_of(bucket)):
                yield path


def named_actions(resource: Resource) -> Iterator[tuple[list[Any], str, list[Any]]]:
    """Yield the actions that a policy allows on named resources: path, action, resources."""
    for statement in grants(resource):
        given = [entry for _, entry in statement.values_at("Resource")]
        for path, action in statement.values_at("Action") if given else ():
            yield path, str(action), given


def is_foreign(resource: Resource, action: str, given: list[Any]) -> bool | None:
    """Whether no resource is of the service of an action; None if one is unknown."""
    services = {service_of(resource, entry) for entry in given}
    prefix = action.partition(":")[0].lower()
    if None in services:
        return None
    return prefix in SERVICES.values() and not services & {prefix, "ec2"}


def allowed_services(resource: Resource) -> Iterator[tuple[Statement, list[str]]]:
    """Yield the statements that allow something, and the services that they name."""
    for statement in statements(resource):
        if statement.allows:
            yield statement, [name for _, name in statement.services()]


def is_bucket(resource: Resource, entry: Any) -> bool:
    """Whether an ARN is known to be that of a bucket and not of objects."""
    arn, found = text(entry), resource.system.target(entry)
    if arn is None or re.fullmatch(r"\$\{[^}]*\}", arn):
        return found is not None and found.type == "AWS::S3::Bucket"
    return re.fullmatch(r"arn:[^:]*:s3:::[a-z0-9.-]+", arn) is not None


def compared(statement: Statement) -> Iterator[tuple[list[Any], str, Any]]:
    """Yield what the conditions compare: the path, the key, and the value."""
    tests = statement.body.get("Condition")
    for test, keys in tests.items() if isinstance(tests, dict) else ():
        sure = isinstance(keys, dict) and not is_expression(keys)
        for key in keys if sure and not re.search("Not|Null", str(test)) else ():
            for path, value in reached(keys, [key, "*"]):
                yield [*statement.path, "Condition", test, *path], str(key).lower(), value
