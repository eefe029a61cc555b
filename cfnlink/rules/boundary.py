"""Permissions boundaries: they leave roles what their policies allow."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import at
from cfnlink.system.identity import (
    ROLE,
    Statement,
    grants,
    is_readable,
    managed_actions,
    statements,
)
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
BOUNDARIES = f"{GUIDE}access_policies_boundaries.html"
TAG = re.compile(r"\$\{aws:PrincipalTag/([^}]+)\}")


def boundary(role: Resource) -> Resource | None:
    """The policy that is a role's boundary, where its statements can be read."""
    found = role.target("PermissionsBoundary")
    if found is None or found.type != "AWS::IAM::ManagedPolicy" or not is_readable(found):
        return None
    return None if "NotAction" in str(found.properties) else found


def given(role: Resource) -> Iterator[tuple[list[Any], str]]:
    """Yield the actions that a role's policies allow, and their paths."""
    for statement in grants(role):
        for path, action in statement.values_at("Action"):
            if isinstance(action, str):
                yield path, action
    for path, arn in role.values_at("ManagedPolicyArns.*"):
        for action in managed_actions(arn) or ():
            yield path, action


def allowing(policy: Resource, action: str) -> list[Statement]:
    """The statements of a boundary that allow an action, or a part of its pattern."""
    wanted = action.lower()
    return [
        statement
        for statement in statements(policy)
        if statement.allows
        and any(
            fnmatchcase(wanted, pattern) or fnmatchcase(pattern, wanted)
            for pattern in (str(each).lower() for _, each in statement.values_at("Action"))
        )
    ]


@rule("E9860", ROLE, BOUNDARIES)
def boundary_allows_what_policies_allow(role: Resource) -> Faults:
    """A role's boundary allows what its policies allow.
    A role may do what its policies and its permissions boundary both allow. AWS denies an
    action that the boundary leaves out when the role is used, not when it is deployed."""
    policy = boundary(role)
    for path, action in given(role) if policy else ():
        if policy and not allowing(policy, action):
            yield path, f"{policy.name} does not allow {action}; allow it there too"


@rule("W9861", ROLE, f"{GUIDE}reference_policies_condition-keys.html")
def roles_have_the_tags_of_their_boundary(role: Resource) -> Faults:
    """A role has the tags that its boundary compares.
    A boundary that compares aws:PrincipalTag allows nothing to a role without that tag, and
    CloudFormation does not pass a stack's own tags on to every role."""
    policy, tags = boundary(role), role.expression("Tags")
    known = policy is not None and (tags is None or isinstance(tags, list))
    missing: dict[str, str] = {}
    for _, action in given(role) if policy and known else ():
        for key in _untold(role, allowing(policy, action)) if policy else ():
            missing.setdefault(key, action)
    for key, action in missing.items():
        path = ["Tags"] if tags else []
        yield path, f"without the tag {key} the boundary denies {action}; add it to Tags"


def _untold(role: Resource, allowed: list[Statement]) -> set[str]:
    """The tags without which none of the statements allows anything to a role."""
    lacks = [_tags(statement) - {*role.pairs("Tags")} for statement in allowed]
    return set.intersection(*lacks) if lacks else set()


def _tags(statement: Statement) -> set[str]:
    """The tags of its caller that a statement compares."""
    compared = [at(statement.body, key) for key in ("Resource", "Condition")]
    return {*TAG.findall(str(compared).replace("${!", "${"))}


@rule("W9862", ROLE, BOUNDARIES)
def roles_have_a_boundary(role: Resource) -> Faults:
    """If roles have a permissions boundary, every role has one.
    A boundary limits what a deployment can give to a role. The right to change a role
    without a boundary is the right to do anything."""
    others = [
        other.name for other in role.system.of(ROLE) if other.expression("PermissionsBoundary")
    ]
    if others and role.is_missing("PermissionsBoundary"):
        yield [], f"{others[0]} has a PermissionsBoundary; set one here too"
