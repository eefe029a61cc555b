"""Roles of an environment's stacks: who takes one, what it may do, and what limits it."""

from collections.abc import Mapping, Sequence
from typing import Any

from awacs import sts
from awacs.aws import Allow, Condition, PolicyDocument, Principal, Statement, StringEquals
from troposphere import AccountId, Tags, iam

from templates.account import Account
from templates.rights import policy_document
from templates.settings import Settings


def role_limits(settings: Settings, account: Account) -> dict[str, Any]:
    """The properties that keep a role inside its environment.

    The boundary compares the tags of a role with those of what it reads. They are properties
    of the role: CloudFormation does not pass a stack's own tags on to every role.
    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/277
    """
    return {
        "PermissionsBoundary": account.permissions_boundary,
        "Tags": Tags(project=settings.project, environment=settings.environment),
    }


def role(
    logical_id: str,
    trust: PolicyDocument,
    rights: Mapping[str, Sequence[Statement]],
    limits: Mapping[str, Any],
) -> iam.Role:
    """Return a role of an environment, within the permissions boundary.

    rights: its policies by name, of which the empty ones are left out.
    """
    policies = [
        iam.Policy(PolicyName=name, PolicyDocument=policy_document(statements))
        for name, statements in rights.items()
        if statements
    ]
    allowed: dict[str, Any] = {"Policies": policies} if policies else {}
    return iam.Role(logical_id, **limits, AssumeRolePolicyDocument=trust, **allowed)


def assumed_by(service: str) -> PolicyDocument:
    """Return the trust of a role that only one service of AWS takes, for this account.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    return trusted(service, Condition(StringEquals("aws:SourceAccount", AccountId)))


def trusted(service: str, condition: Condition | None = None) -> PolicyDocument:
    """Return the trust of a role that only one service of AWS takes."""
    where = {"Condition": condition} if condition else {}
    return policy_document(
        [
            Statement(
                Effect=Allow,
                Principal=Principal(principal="Service", resources=service),
                Action=[sts.AssumeRole],
                **where,
            )
        ]
    )
