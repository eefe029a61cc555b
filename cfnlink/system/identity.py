"""Identity: the statements of policies, and what a role may do."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import facts, resource_type, types_with
from cfnlink.system.expressions import is_expression, reached, references, text
from cfnlink.system.resource import Resource

ROLE = "AWS::IAM::Role"
IDENTITY = (ROLE, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy",
            "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy")  # fmt: skip
ATTACHED = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
POLICIES = (*IDENTITY, *types_with("resource_policy"))
# type -> the service whose actions apply to it
SERVICES = {
    name: resource_type(name).iam_service
    for name in (
        "AWS::SecretsManager::Secret",
        "AWS::ECR::Repository",
        "AWS::Logs::LogGroup",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::SSM::Parameter",
    )
}


class Statement(NamedTuple):
    """One statement of a policy and its path below Properties."""

    path: list[Any]
    body: dict[str, Any]
    trust: bool

    @property
    def allows(self) -> bool:
        """Whether it is an Allow."""
        return self.body.get("Effect") == "Allow"

    def values_at(self, *way: str) -> list[tuple[list[Any], Any]]:
        """The entries of Action, Resource ..., one or several, and their paths."""
        return [
            ([*self.path, *path], value)
            for path, value in reached(self.body, [*way, "*"])
            if value is not None
        ]

    def services(self) -> list[tuple[list[Any], str]]:
        """The service principals, in the standard partition's spelling, and their paths."""
        suffix = re.compile(r"(\$\{AWS::URLSuffix\}|amazonaws\.com\.cn)$")
        return [
            (path, suffix.sub("amazonaws.com", text(name) or ""))
            for path, name in self.values_at("Principal", "Service")
        ]


def documents(resource: Resource) -> Iterator[tuple[list[Any], Any]]:
    """Yield the policy documents of a resource and their paths."""
    names = ["AssumeRolePolicyDocument", "Policies.*.PolicyDocument"]
    if resource.type != ROLE:
        names = [resource_type(resource.type).resource_policy or "PolicyDocument"]
    for name in names:
        yield from resource.values_at(name)


def statements(resource: Resource) -> Iterator[Statement]:
    """Yield the statements of a resource's policies, as far as they are literal."""
    for way, document in documents(resource):
        for path, body in reached(document, ["Statement", "*"]):
            if isinstance(body, dict) and not is_expression(body):
                yield Statement([*way, *path], body, way == ["AssumeRolePolicyDocument"])


def grants(resource: Resource) -> list[Statement]:
    """Return the statements that allow something to a role."""
    return [s for s in statements(resource) if s.allows and not s.trust]


def service_of(resource: Resource, entry: Any) -> str | None:
    """Return the service of a resource in a statement, or None if it is unknown."""
    found, arn = resource.system.target(entry), r"arn:(?:aws[\w-]*|\*|\$\{AWS::Partition\})"
    match = re.match(rf"{arn}:([a-z0-9-]+):", text(entry) or "")
    return match[1] if match else SERVICES.get(found.type) if found else None


def managed_actions(arn: Any) -> list[str] | None:
    """Return the actions of one of AWS's managed policies, or None if they are not known."""
    name = (text(arn) or "").partition(":iam::aws:policy/")[2]
    found: list[str] | None = facts("iam")["managed_actions"].get(name)
    return found


def attached(role: Resource, *types: str) -> list[Resource]:
    """Return the policies (of these types, if given) that name a role."""
    users = role.users(*(types or ATTACHED))
    return [user for user, path in users if path[:1] in (["Roles"], ["RoleName"])]


class Rights:
    """What a role may do, as far as the template says it all."""

    def __init__(self, role: Resource) -> None:
        self.role = role
        self.allowed: list[tuple[str, list[Any]]] = []
        self.known = not role.is_exported
        own = attached(role)
        for source in (role, *own, *self._managed(own)):
            self._add(source)

    def _managed(self, own: list[Resource]) -> Iterator[Resource]:
        """Yield the template's managed policies of the role, and add those of AWS.

        own: the policies that name the role.
        """
        for _, arn in self.role.values_at("ManagedPolicyArns.*"):
            policy = self.role.system.target(arn)
            actions = managed_actions(arn)
            if policy is not None and policy.type == "AWS::IAM::ManagedPolicy":
                yield policy
            elif actions is None and policy not in own:
                self.known = False
            self.allowed += [(action.lower(), ["*"]) for action in actions or ()]

    def _add(self, source: Resource) -> None:
        """Add what the statements of a role or policy allow."""
        given = grants(source)
        unread = "Fn::If" in str(source.properties) or is_expression(
            source.expression("Policies")
        )
        self.known = self.known and not unread and "NotAction" not in str(given)
        self.allowed += [
            (str(action).lower(), [r for _, r in one.values_at("Resource")] or ["*"])
            for one in given
            for _, action in one.values_at("Action")
        ]

    def lacks(self, action: str, thing: Resource | None = None) -> bool:
        """Whether an action on a resource is known not to be allowed."""
        return self.known and not any(
            fnmatchcase(action.lower(), pattern) and any(self.covers(r, thing) for r in given)
            for pattern, given in self.allowed
        )

    def covers(self, given: Any, thing: Resource | None) -> bool:
        """Whether a statement's resource may be this thing."""
        here = {name for name, _ in references(given)} & set(self.role.system.resources)
        if thing is not None and here:
            return thing.name in here
        return thing is None or service_of(self.role, given) in (None, SERVICES.get(thing.type))
