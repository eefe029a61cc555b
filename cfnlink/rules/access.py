"""Roles, their trust policies, and the policies of all resources."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase

from cfnlink.aws.catalogue import facts
from cfnlink.lint.rule import Fault, Faults, rule
from cfnlink.system.expressions import at, text
from cfnlink.system.identity import (
    IDENTITY,
    POLICIES,
    ROLE,
    Statement,
    documents,
    statements,
)
from cfnlink.system.template import Resource

GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
IAM = facts("iam")
SURE = ("AWS::ECS::TaskDefinition", "AWS::ApiGateway::Account", "AWS::RDS::DBInstance",
        "AWS::RDS::DBCluster", "AWS::EC2::FlowLog", "AWS::Lambda::Function")  # fmt: skip


OTHERS = tuple(sorted(set(IAM["assumed_by"]) - set(SURE)))


def distrusted(resource: Resource) -> Faults:
    """Yield the roles of a resource that do not trust its service."""
    for name, wanted in IAM["assumed_by"][resource.type].items():
        patterns = [service.replace("<region>", "*") for service in wanted]
        for path, role in resource.references_from(name):
            trusting = [s for s in statements(role) if s.trust and s.allows]
            names = [service for s in trusting for _, service in s.services()]
            known = [n for n in names if n and "$" not in n]
            sure = role.type == ROLE and trusting and known == names
            if not sure or "Fn::If" in str(role.expression("AssumeRolePolicyDocument")):
                continue
            if not any(fnmatchcase(n, p) for n in names for p in patterns):
                yield path, f"{role.name} trusts {', '.join(names)}; let it trust {wanted[0]}"


@rule("E9830", SURE, f"{GUIDE}id_roles_create_for-service.html")
def services_may_assume_roles(resource: Resource) -> Faults:
    """A role trusts the service that uses it.
    A service can use a role only if the role's trust policy names that service. If it does
    not, AWS rejects the role, or the first call fails."""
    return distrusted(resource)


@rule("W9830", OTHERS, f"{GUIDE}id_roles_create_for-service.html")
def other_services_may_assume_roles(resource: Resource) -> Faults:
    """A role trusts only the services that use it.
    A role that trusts another service is most likely the wrong role: let it trust the
    service that uses it."""
    return distrusted(resource)


KNOWN = sorted({str(name) for group in IAM["principals"].values() for name in group})


@rule("E9831", POLICIES, f"{GUIDE}reference_policies_elements_principal.html")
def principals_exist(policies: Resource) -> Faults:
    """Service principals exist, and trusted ones may assume the role.
    IAM rejects a policy whose service principal does not exist: spell it as AWS does. A
    service that is trusted without sts:AssumeRole cannot use the role."""
    for statement in statements(policies):
        actions = [str(action).lower() for _, action in statement.values_at("Action")]
        trusts = statement.trust and statement.allows and "Service" in str(statement.body)
        if trusts and not any(fnmatchcase("sts:assumerole", a) or "{" in a for a in actions):
            yield [*statement.path, "Action"], f"{policies.name} needs sts:AssumeRole here"
        for path, name in statement.services():
            if not name or "$" in name or "*" in name:
                continue
            labels = name.removesuffix(".amazonaws.com").split(".")
            short = ".".join(x for x in labels if not re.fullmatch(r"\w+-\w+-\d", x))
            close = get_close_matches(short.split(".am")[0], KNOWN, 1, 0.88)
            near = IAM["lookalikes"].get(short) or next(iter(close), None)
            whole = name.endswith((".amazonaws.com", ".amazonaws.eu", ".internal", ".gov"))
            if not whole or (short not in KNOWN and near):
                hint = f"write {near}.amazonaws.com" if near else "check its spelling"
                yield path, f"there is no service {name}; {hint}"


SENSITIVE = (  # on "*" they reach what belongs to others
    "iam:passrole", "secretsmanager:getsecretvalue", "kms:decrypt", "ssm:getparameter",
    "ssm:getparameters", "ssm:getparametersbypath", "sts:assumerole", "rds-db:connect",
    "iam:attachrolepolicy", "iam:putrolepolicy", "iam:createaccesskey",
    "secretsmanager:putsecretvalue", "iam:createrole", "s3:getobject")  # fmt: skip


@rule("W9833", POLICIES, f"{GUIDE}best-practices.html")
def policies_are_narrow(policies: Resource) -> Faults:
    """Policies name their principals, actions and resources.
    A policy allows what is needed and no more: it names principals, actions and resources,
    passes roles and reads secrets by ARN, and allows nothing by exclusion. Without Version,
    IAM reads it by the rules of 2008."""
    for path, document in documents(policies):
        if at(document, "Statement") and "Version" not in document:
            yield path, "this policy has no Version; write 2012-10-17"
    for statement in statements(policies):
        if statement.allows:
            yield from excesses(policies, statement)
    for index, arn in policies.items("ManagedPolicyArns"):
        if re.search("/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$", str(arn)):
            yield ["ManagedPolicyArns", index], f"{arn} allows everything; write a policy"


def excesses(resource: Resource, statement: Statement) -> Iterator[Fault]:
    """Yield what one statement allows beyond need."""
    path, body, _ = statement
    for key in {"NotAction", "NotResource", "NotPrincipal"} & set(body):
        yield [*path, key], f"Allow with {key} allows all the rest; name it"
    named = statement.values_at("Principal") + statement.values_at("Principal", "AWS")
    free = not body.get("Condition")
    if free and "*" in [name for _, name in named]:
        yield [*path, "Principal"], f"{resource.name} is open to every caller; name a principal"
    wide = free and "*" in [given for _, given in statement.values_at("Resource")]
    for place, action in statement.values_at("Action") if resource.type in IDENTITY else ():
        if fault := excess(str(action).lower(), wide):
            yield place, f"{action} {fault}"


def excess(action: str, wide: bool) -> str | None:
    """Return what an action allows beyond need."""
    service = re.fullmatch(r"[\w-]+:\*", action) and action != "ssmmessages:*"
    if action in ("*", "*:*", "iam:deleteservicelinkedrole") or (service and wide):
        return "allows more actions than needed; name the actions"
    if wide and any(fnmatchcase(sensitive, action) for sensitive in SENSITIVE):
        return 'on "*" reaches resources of other systems; name them'
    return None


PATHS = {name: path for path, names in IAM["managed_policies"].items() for name in names}


@rule("E9837", ROLE, IAM["sources"]["policies"]["url"])
def managed_policies_exist(role: Resource) -> Faults:
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
