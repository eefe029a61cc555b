"""Roles, their trust policies, and the policies of all resources."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import at, text
from cfnlink.system.identity import (
    IDENTITY,
    POLICIES,
    ROLE,
    Statement,
    documents,
    is_readable,
    least_size,
    statements,
)
from cfnlink.system.policies import is_public
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
IAM = facts("iam")
SURE = ("AWS::ECS::TaskDefinition", "AWS::ApiGateway::Account", "AWS::RDS::DBInstance",
        "AWS::RDS::DBCluster", "AWS::EC2::FlowLog", "AWS::Lambda::Function")  # fmt: skip


REGIONAL = re.compile(r"\.[a-z]{2}(-[a-z]+)+-\d\.")  # in states.us-east-1.amazonaws.com


OTHERS = tuple(sorted(set(IAM["assumed_by"]) - set(SURE)))


def distrusted(resource: Resource) -> Faults:
    """Yield the roles of a resource that do not trust its service."""
    for name, wanted in IAM["assumed_by"][resource.type].items():
        patterns = [service.replace("<region>", "*") for service in wanted]
        for path, role in resource.references_from(name):
            trusting = [s for s in statements(role) if s.trust and s.allows]
            names = [service for s in trusting for _, service in s.services()]
            known = [n for n in names if n and "$" not in n]
            sure = role.type == ROLE and trusting and known == names and is_readable(role)
            if not sure or role.undecided("AssumeRolePolicyDocument"):
                continue
            named = {*names, *(REGIONAL.sub(".", str(name)) for name in names)}
            if not any(fnmatchcase(n, p) for n in named for p in patterns):
                yield path, f"{role.name} trusts {', '.join(names)}; let it trust {wanted[0]}"


@rule("E9830", SURE, f"{GUIDE}id_roles_create_for-service.html")
def role_trusts_its_service(resource: Resource) -> Faults:
    """A role trusts the service that uses it.
    A service can use a role only if the role's trust policy names that service. If it does
    not, AWS rejects the role, or the first call fails."""
    return distrusted(resource)


@rule("W9830", OTHERS, f"{GUIDE}id_roles_create_for-service.html", formerly="W9796")
def role_trusts_only_its_services(resource: Resource) -> Faults:
    """A role trusts only the services that use it.
    A role that trusts another service is most likely the wrong role: let it trust the
    service that uses it."""
    return distrusted(resource)


KNOWN = sorted({str(name) for group in IAM["principals"].values() for name in group})


PRINCIPAL_DOCS = f"{GUIDE}reference_policies_elements_principal.html"


@rule("E9876", ROLE, PRINCIPAL_DOCS, formerly="E9831")
def trusted_service_may_assume_the_role(role: Resource) -> Faults:
    """A service that a role trusts may assume the role.
    IAM rejects other actions than those of STS, or the service cannot use the role."""
    for statement in statements(role):
        actions = [str(action).lower() for _, action in statement.values_at("Action")]
        trusts = statement.trust and statement.allows and "Service" in str(statement.body)
        if trusts and not any(fnmatchcase("sts:assumerole", a) or "{" in a for a in actions):
            yield [*statement.path, "Action"], f"{role.name} needs sts:AssumeRole here"


@rule("E9877", POLICIES, PRINCIPAL_DOCS, formerly="E9831")
def service_principal_exists(policies: Resource) -> Faults:
    """Service principals exist.
    IAM rejects a policy whose service principal does not exist: spell it as AWS does."""
    for statement in statements(policies):
        for path, name in statement.services():
            if name and "$" not in name and "*" not in name and (hint := principal_hint(name)):
                yield path, f"there is no service {name}; {hint}"


def principal_hint(name: str) -> str:
    """Return how a service principal is spelled; empty if it is known."""
    labels = name.removesuffix(".amazonaws.com").split(".")
    short = ".".join(x for x in labels if not re.fullmatch(r"\w+-\w+-\d", x))
    close = get_close_matches(short.split(".am")[0], KNOWN, 1, 0.88)
    near = IAM["lookalikes"].get(short) or next(iter(close), None)
    whole = name.endswith((".amazonaws.com", ".amazonaws.eu", ".internal", ".gov"))
    if whole and (short in KNOWN or not near):
        return ""
    return f"write {near}.amazonaws.com" if near else "check its spelling"


SENSITIVE = (  # on "*" they reach what belongs to others
    "iam:passrole", "secretsmanager:getsecretvalue", "kms:decrypt", "ssm:getparameter",
    "ssm:getparameters", "ssm:getparametersbypath", "sts:assumerole", "rds-db:connect",
    "iam:attachrolepolicy", "iam:putrolepolicy", "iam:createaccesskey",
    "secretsmanager:putsecretvalue", "iam:createrole", "s3:getobject")  # fmt: skip


PRACTICES = f"{GUIDE}best-practices.html"


VARIABLE = re.compile(r"\$\{!?(?!AWS::)[\w-]+:(?!:)")  # in ${aws:username}


@rule("W9875", POLICIES, f"{GUIDE}reference_policies_elements_version.html", formerly="W9833")
def policy_with_variables_has_a_version(policies: Resource) -> Faults:
    """A policy with variables states its Version.
    Without Version, IAM reads a policy by the rules of 2008, which have no variables:
    ${aws:username} is a literal text there, and the statement applies to nothing."""
    for path, document in documents(policies):
        if "Version" not in document and VARIABLE.search(str(at(document, "Statement"))):
            yield path, "without a Version its variables are texts; write 2012-10-17"


@rule("W9876", ROLE, PRACTICES, formerly="W9833")
def managed_policy_does_not_allow_everything(role: Resource) -> Faults:
    """A role has no managed policy that allows everything.
    With it a fault or a leaked credential reaches all of the account."""
    for index, arn in role.items("ManagedPolicyArns"):
        if re.search("/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$", str(arn)):
            yield ["ManagedPolicyArns", index], f"{arn} allows everything; write a policy"


def allowing(policies: Resource) -> Iterator[Statement]:
    """Yield the statements that allow something."""
    return (statement for statement in statements(policies) if statement.allows)


@rule("W9877", POLICIES, PRACTICES, formerly="W9833")
def policy_allows_nothing_by_exclusion(policies: Resource) -> Faults:
    """A policy allows nothing by exclusion.
    Allow with NotAction, NotResource or NotPrincipal allows all the rest."""
    for statement in allowing(policies):
        for key in {"NotAction", "NotResource", "NotPrincipal"} & set(statement.body):
            yield [*statement.path, key], f"Allow with {key} allows all the rest; name it"


@rule("W9878", POLICIES, PRACTICES, formerly="W9833")
def policy_names_its_principals(policies: Resource) -> Faults:
    """A policy names its principals.
    Without a condition * is every caller of AWS."""
    for statement in allowing(policies):
        if is_public(statement):
            what = f"{policies.name} is open to every caller; name a principal"
            yield [*statement.path, "Principal"], what


def allowed_actions(policies: Resource) -> Iterator[tuple[list[Any], str, bool]]:
    """Yield the actions that a policy of an identity allows, and whether on every resource."""
    for statement in allowing(policies) if policies.type in IDENTITY else ():
        given = [resource for _, resource in statement.values_at("Resource")]
        for path, action in statement.values_at("Action"):
            yield path, str(action), statement.is_free and "*" in given


def is_too_wide(action: str, *, everywhere: bool) -> bool:
    """Whether an action stands for more actions than needed."""
    service = re.fullmatch(r"[\w-]+:\*", action) and action != "ssmmessages:*"
    whole = action in ("*", "*:*", "iam:deleteservicelinkedrole")
    return whole or (bool(service) and everywhere)


@rule("W9879", IDENTITY, PRACTICES, formerly="W9833")
def policy_names_its_actions(policies: Resource) -> Faults:
    """A policy names its actions.
    A leaked credential can do all that the policy allows."""
    for path, action, everywhere in allowed_actions(policies):
        if is_too_wide(action.lower(), everywhere=everywhere):
            yield path, f"{action} allows more actions than needed; name the actions"


@rule("W9880", IDENTITY, PRACTICES, formerly="W9833")
def policy_names_the_resources_of_sensitive_actions(policies: Resource) -> Faults:
    """A policy names the resources of sensitive actions.
    Roles are passed, and secrets and objects are read, by ARN. On * these actions reach what
    belongs to other systems."""
    for path, action, everywhere in allowed_actions(policies):
        wide = is_too_wide(action.lower(), everywhere=everywhere)
        sensitive = any(fnmatchcase(one, action.lower()) for one in SENSITIVE)
        if everywhere and sensitive and not wide:
            yield path, f'{action} on "*" reaches resources of other systems; name them'


SIZES: dict[str, int] = IAM["policy_sizes"]


@rule("E9951", tuple(SIZES), f"{GUIDE}reference_iam-quotas.html")
def policies_are_within_their_quota(policies: Resource) -> Faults:
    """Policies are within IAM's quotas of characters.
    IAM refuses a managed policy of more than 6,144 characters, and inline policies of a role
    of more than 10,240 together. It counts no white space."""
    found = [
        (path, document)
        for path, document in documents(policies)
        if path != ["AssumeRolePolicyDocument"]
    ]
    size, most = sum(least_size(document) for _, document in found), SIZES[policies.type]
    if size > most:
        what = f"{policies.name} has at least {size:,} characters of {most:,}"
        yield found[-1][0], f"{what}; group actions by *, or write another policy"


PATHS = {name: path for path, names in IAM["managed_policies"].items() for name in names}


@rule("E9837", ROLE, IAM["sources"]["policies"]["url"])
def managed_policy_exists(role: Resource) -> Faults:
    """AWS managed policies exist under their path.
    IAM rejects a managed policy that does not exist. Check its path (service-role/)."""
    for where, arn in role.values_at("ManagedPolicyArns.*"):
        match = re.fullmatch(r"arn:(\$\{.+?\}|[^:]*):iam::aws:policy/([^$]+)", text(arn) or "")
        path, _, name = match[2].rpartition("/") if match else ("", "", "")
        if not match or name in IAM["managed_policies"].get(path, []):
            continue
        near = get_close_matches(name, list(PATHS), 1, 0.85)
        complete = name.startswith(tuple(IAM["complete_prefixes"]))
        if name in PATHS:
            right = f"{PATHS[name]}/{name}".lstrip("/")
            yield where, f"{match[2]} is called {right}; write that"
        elif complete and path in IAM["managed_policies"] and near:
            yield where, f"there is no {name}; is it {near[0]}?"
