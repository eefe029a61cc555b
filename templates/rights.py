"""Statements and documents of policies, as every tier writes them."""

from collections.abc import Sequence

from awacs.aws import Action, Allow, Condition, ConditionElement, PolicyDocument, Statement

from templates.settings.service import Permission
from templates.stack import Value


def allow(
    actions: Sequence[Action], resources: Sequence[Value], where: ConditionElement | None = None
) -> Statement:
    """Return the statement that allows actions on resources."""
    more = {"Condition": Condition(where)} if where else {}
    return Statement(Effect=Allow, Action=list(actions), Resource=list(resources), **more)


def permitted(permission: Permission, where: ConditionElement | None = None) -> Statement:
    """Return the statement of a right that the settings give."""
    actions = [Action(*name.split(":")) for name in permission.actions]
    return allow(actions, permission.resources, where)


def policy_document(statements: Sequence[Statement]) -> PolicyDocument:
    """Return the document with these statements, in the current version of the language."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))
