"""Identity: the statements of policies, and what a role may do."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import facts, resource_type, types_with
from cfnlink.system.arn import (
    UNKNOWN,
    always_means,
    arn_of,
    may_mean,
    pattern,
    things,
    whole_arn,
)
from cfnlink.system.expressions import (
    OPEN,
    VARIABLE,
    at,
    is_expression,
    reached,
    spelled,
    text,
    undecided,
)
from cfnlink.system.resource import Resource, System

ROLE = "AWS::IAM::Role"
IDENTITY = (ROLE, "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy",
            "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy")  # fmt: skip
ATTACHED = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")
PERMISSION = "AWS::Lambda::Permission"
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

    @property
    def is_free(self) -> bool:
        """Whether it has no condition."""
        return not self.body.get("Condition")

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


@dataclass(frozen=True)
class Call:
    """One action on the resource of an ARN, for the caller that aws:SourceArn names."""

    action: str
    arn: str = "*"
    source: str = UNKNOWN


def judged(statement: Statement, call: Call, system: System) -> bool | None:
    """Whether a statement speaks of a call; None if only AWS knows it."""
    parts = (
        _on_action(statement, call),
        _on_resource(statement, call, system),
        _on_source(statement, call, system),
    )
    return False if False in parts else None if None in parts else True


def _on_action(statement: Statement, call: Call) -> bool | None:
    """Whether a statement names the action."""
    key = "NotAction" if "NotAction" in statement.body else "Action"
    given = [text(each) for _, each in statement.values_at(key)]
    named = any(
        fnmatchcase(call.action.lower(), each.lower()) for each in given if each is not None
    )
    if not named and (None in given or any("${" in str(each) for each in given)):
        return None
    return named is (key == "Action")


def _on_resource(statement: Statement, call: Call, system: System) -> bool | None:
    """Whether a statement names the resource; it names any if it names none."""
    key = "NotResource" if "NotResource" in statement.body else "Resource"
    given = [pattern(system, each) or UNKNOWN for _, each in statement.values_at(key)]
    if not given or call.arn == "*":
        return True
    maybe = any(may_mean(each, call.arn) for each in given)
    sure = maybe and any(always_means(each, call.arn) for each in given)
    if key == "Resource":
        return sure or (None if maybe else False)
    return not sure and (None if maybe else True)


def _on_source(statement: Statement, call: Call, system: System) -> bool | None:
    """Whether a statement's conditions hold; only aws:SourceArn is known of a call."""
    tests = statement.body.get("Condition")
    if not tests:
        return True
    for test, keys in tests.items() if isinstance(tests, dict) else ():
        for key, value in keys.items() if isinstance(keys, dict) else ():
            named = value if isinstance(value, list) else [value]
            given = [pattern(system, each) or UNKNOWN for each in named]
            exact = "StringEquals" in str(test)  # there * and ? are letters
            wrong = [exact and bool(re.search("[*?]", each)) for each in given]
            positive = re.search("^(For\\w+:)?(Arn|String)(Equals|Like)", str(test))
            if str(key).lower() == "aws:sourcearn" and positive and not any(
                may_mean(each, call.source) and not odd
                for each, odd in zip(given, wrong, strict=True)
            ):  # fmt: skip
                return False
    return None


def allowed(given: Iterable[Statement], call: Call, system: System) -> bool | None:
    """Whether statements may allow a call: False if one denies it, None if none allows it."""
    found = [(one, judged(one, call, system)) for one in given]
    if any(said and one.body.get("Effect") == "Deny" for one, said in found):
        return False
    return any(said is not False and one.allows for one, said in found) or None


def calls_of(role: Resource, service: str) -> Iterator[Call]:
    """Yield the calls to a service that a role's own policies allow, each action by name."""
    for statement in grants(role):
        named = [text(action) or "*" for _, action in statement.values_at("Action")]
        arns = [
            pattern(role.system, each) or "*" for _, each in statement.values_at("Resource")
        ]
        for action in named:
            if action.startswith(f"{service}:") and "*" not in action:
                yield from (Call(action, arn) for arn in arns)


class Rights:
    """What a role may do, as far as the template says it all."""

    def __init__(self, role: Resource) -> None:
        self.role = role
        self.known = not role.is_exported
        self.by_aws: list[str] = []
        own = attached(role)
        self.apart = attached(role, "AWS::IAM::Policy", "AWS::IAM::RolePolicy")
        sources = self.sources = [role, *own, *self._managed(own)]
        self.known = self.known and all(map(is_readable, sources))
        self.statements = [s for each in sources for s in statements(each) if not s.trust]

    def _managed(self, own: list[Resource]) -> Iterator[Resource]:
        """Yield the template's managed policies of the role, and note those of AWS.

        own: the policies that name the role.
        """
        arns = self.role.expression("ManagedPolicyArns")
        self.known = self.known and not is_expression(arns)
        for _, arn in self.role.values_at("ManagedPolicyArns.*"):
            policy = self.role.system.target(arn)
            actions = managed_actions(arn)
            if policy is not None and policy.type == "AWS::IAM::ManagedPolicy":
                yield policy
            elif actions is None and policy not in own:
                self.known = False
            self.by_aws += [action.lower() for action in actions or ()]

    def lacks(self, call: Call) -> bool:
        """Whether a call is known not to be allowed."""
        said = allowed(self.statements, call, self.role.system)
        return said is False or (self.known and said is None and not self._by_aws(call))

    def _by_aws(self, call: Call) -> bool:
        """Whether one of AWS's managed policies allows a call."""
        return any(fnmatchcase(call.action.lower(), each) for each in self.by_aws)

    def is_for_others(self, service: str, arn: str) -> bool:
        """Whether the role may do what a service does, but only to other things than this."""
        starts = (f"{service}:", "*")
        given = [one for one in self.statements if one.allows and _begins(one, starts)]
        calls = [Call("", f"{arn}{end}") for end in ("", f"/{UNKNOWN}", f":{UNKNOWN}")]
        on_it = any(
            _on_resource(s, c, self.role.system) is not False for s in given for c in calls
        )
        by_aws = any(action.startswith(starts) for action in self.by_aws)
        return self.known and bool(given) and not on_it and not by_aws

    def late(self, call: Call) -> list[Resource]:
        """Return the separate policies without which the role does not allow a call."""
        given = [one for one in self.sources if allowed(statements(one), call, one.system)]
        sure = self.known and not self._by_aws(call) and all(one in self.apart for one in given)
        return given if sure else []


def _begins(statement: Statement, starts: tuple[str, ...]) -> bool:
    """Whether a statement may allow an action that begins in some way."""
    actions = [text(action) or "*" for _, action in statement.values_at("Action")]
    return not actions or any(action.lower().startswith(starts) for action in actions)


def is_readable(resource: Resource) -> bool:
    """Whether a resource's policies are literal, except for the resources that they name."""
    policies = resource.expression("Policies")
    parts = [policies, *(policies if isinstance(policies, list) else [])]
    for _, document in documents(resource):
        parts += [document, at(document, "Statement")]
        for _, body in reached(document, ["Statement", "*"]):
            parts += [body, *(at(body, key) for key in ("Effect", "Action", "Principal"))]
            parts += [action for _, action in reached(body, ["Action", "*"])]
    return not undecided(resource.properties) and not any(map(is_expression, parts))


def least_size(document: Any) -> int:
    """Return how many characters a policy has at least: references are as short as can be."""
    if isinstance(document, dict) and is_expression(document):
        said = VARIABLE.sub("", spelled(document) or "")
        return len(said.replace("${!", "${")) + len('""')
    if isinstance(document, dict):
        parts = [len(str(key)) + 3 + least_size(value) for key, value in document.items()]
    elif isinstance(document, list):
        parts = [least_size(each) for each in document]
    else:
        return len(json.dumps(document))
    return sum(parts) + max(len(parts) - 1, 0) + 2


def holders(thing: Resource) -> list[Resource]:
    """Return the resources that hold a policy of a thing."""
    return [
        policy
        for kind, way in things()[thing.type].get("policies", {}).items()
        for policy in thing.system.of(kind)
        if any(policy.system.target(value) is thing for _, value in policy.values_at(way))
    ]


def policies_of(thing: Resource) -> list[Statement] | None:
    """Return the statements of the policies of a thing.

    None if another may exist, or if nothing is known of the policies of its type.
    """
    if thing.type not in things():
        return None
    found: list[Statement] = []
    for kind, way in things()[thing.type].get("policies", {}).items():
        if kind == "own":
            if not is_readable(thing):
                return None
            found += statements(thing)
        for policy in thing.system.of(kind):
            named = [value for _, value in policy.values_at(way)]
            mine = [_is_of(policy, value, thing) for value in named]
            if None in mine or (True in mine and not is_readable(policy)):
                return None
            if True in mine:
                found += [_permission(policy)] if kind == PERMISSION else statements(policy)
    return found


def _is_of(policy: Resource, value: Any, thing: Resource) -> bool | None:
    """Whether a value of a policy names a thing; None if only AWS knows it."""
    target = policy.system.target(value)
    if target is not None:
        return target is thing
    arn = whole_arn(policy.system, value, thing.type)
    return None if arn == UNKNOWN else may_mean(arn, arn_of(thing))


def _permission(resource: Resource) -> Statement:
    """Return a permission of a function as the statement that Lambda makes of it."""
    source = resource.expression("SourceArn")
    body = {
        "Effect": "Allow",
        "Principal": {"Service": resource.expression("Principal")},
        "Action": resource.expression("Action"),
        **({"Condition": {"ArnLike": {"aws:SourceArn": source}}} if source else {}),
    }
    return Statement([], body, trust=False)


def names_service(statement: Statement, service: str) -> bool | None:
    """Whether a statement's principal is a service; None if only AWS knows it."""
    everyone = statement.body.get("Principal")
    named = [name for _, name in statement.services()]
    others = [name for _, name in statement.values_at("Principal", "AWS")]
    if "NotPrincipal" in statement.body or is_expression(everyone):
        return None
    if everyone == "*" or "*" in others:
        return True
    short = service.removesuffix(".amazonaws.com")
    regional = re.compile(rf"{re.escape(short)}(\.(\w+-[\w-]+-\d|{OPEN}))?\.amazonaws\.com")
    if any(name == "*" or regional.fullmatch(name) for name in named):
        return True
    return None if any(not name or "${" in name for name in named) else False


def admits(given: list[Statement], service: str, call: Call, system: System) -> bool | None:
    """Whether policies let a service make a call; None if only AWS knows it."""
    said = [(one, judged(one, call, system), names_service(one, service)) for one in given]
    if any(spoken and named and not one.allows for one, spoken, named in said):
        return False
    allowed = [
        None not in (spoken, named)
        for one, spoken, named in said
        if one.allows and spoken is not False and named is not False
    ]
    return None if allowed and True not in allowed else bool(allowed)
