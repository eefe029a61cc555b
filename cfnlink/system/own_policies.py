"""Policies that a thing holds of itself: who can change them, and what they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cfnlink.system.arn import UNKNOWN, arn_of, may_mean, pattern
from cfnlink.system.identity import Call, Statement, allowed, is_readable, statements

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
    free = statement.allows and not statement.body.get("Condition")
    return free and "*" in [name for _, name in named]


def foreign_resources(policy: Resource, bucket: Resource) -> Iterator[list[Any]]:
    """Yield where the policy of a bucket names what is neither the bucket nor in it."""
    for statement in statements(policy):
        for path, entry in statement.values_at("Resource"):
            arn = (pattern(policy.system, entry) or UNKNOWN).partition("/")[0]
            if not may_mean(arn, arn_of(bucket)):
                yield path
