"""Which permission AWS denied to which role, and what the deploy role's own statements say.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

import json
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from botocore.exceptions import ClientError

from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.aws_cli import aws_global
from cfnlink.operations.causes import Cause
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError
from cfnlink.operations.explanations import Explanation
from cfnlink.operations.grants import ALLOW, Grant
from cfnlink.operations.owner_tags import deploy_role_stack
from cfnlink.operations.stacks import resources

ACTION = re.compile(r"not authorized to perform: (?P<action>[\w-]+:\w+)")
# CloudFormation's own words before a handler's: API: ec2:DescribeVpcs You are not authorized.
API = re.compile(r"API: (?P<action>[\w-]+:\w+) (?:You are n|N|User: \S+ is n)ot authorized")
PRINCIPAL = re.compile(r"User: (?P<principal>arn:\S+?) is not authorized")
RESOURCE = re.compile(r"on resource: (?P<resource>(?:(?:role|user|policy|group) )?[^\s\"]+)")
WHY = re.compile(
    r"because (?P<why>no [\w -]+? allows|[\w -]+?explicitly den\w+)"
    r"|(?P<deny>with an explicit deny in an? [\w -]+?)(?=[.\"(:]|$)"
)
ENCODED = re.compile(r"Encoded authorization failure message: (?P<encoded>[\w-]+)")
VARIABLE = re.compile(r"\$\{[^}]*\}")
ROLE = re.compile(r":assumed-role/(?P<role>[^/]+)|:role/(?:.*/)?(?P<name>[^/]+)$")
PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"
NAME = "a permission is denied"
ROLE_TYPE = "AWS::IAM::Role"
SHOWN = 3  # actions of a statement, which name it


@dataclass(frozen=True)
class Denial:
    """A call that AWS refused; empty: what AWS does not say.

    why: such as "because no identity-based policy allows it". encoded: what only IAM can read.
    """

    action: str = ""
    principal: str = ""
    resource: str = ""
    why: str = ""
    encoded: str = ""

    @property
    def role(self) -> str:
        """Return the name of the role that called, or the whole principal."""
        found = ROLE.search(self.principal)
        return (found["role"] or found["name"]) if found else self.principal

    def words(self) -> str:
        """Return what was denied to which role."""
        who = self.role or "the caller"
        on = f" on {self.resource}" if self.resource else ""
        why = f", {self.why}" if self.why else ""
        return f"{who} may not {self.action or 'make the call'}{on}{why}"


def denial_of(message: str) -> Denial | None:
    """Return the denied call of a message; None for a message about something else."""
    action = ACTION.search(message) or API.search(message)
    encoded = ENCODED.search(message)
    if not action and not encoded and "not authorized to perform this operation" not in message:
        return None
    principal, resource = PRINCIPAL.search(message), RESOURCE.search(message)
    why = WHY.search(message)
    return Denial(
        action=action["action"] if action else "",
        principal=principal["principal"] if principal else "",
        resource=resource["resource"].rstrip(".,;)") if resource else "",
        why=_why(why) if why else "",
        encoded=encoded["encoded"] if encoded else "",
    )


def _why(found: "re.Match[str]") -> str:
    return f"because {found['why']} it" if found["why"] else found["deny"]


def explain_denial(environment: Environment, message: str) -> Explanation | None:
    """Return which permission is missing, where, and who gives it; None for other messages."""
    denial = denial_of(message)
    if denial is None:
        return None
    denial = _decoded(environment, denial)
    if denial.encoded and not denial.action:
        step = aws_global(
            "sts", "decode-authorization-message", "--encoded-message", denial.encoded
        )
        asked = (f"with credentials that may: {step}",)
        return Explanation(NAME, f"{denial.words()}: AWS encodes which", PAGE, asked)
    own = _of_a_stack(environment, denial)
    if own:
        both = environment.command("lint"), environment.command("deploy")
        return Explanation(NAME, f"{denial.words()}; {own}", PAGE, both)
    says, steps = _of_deploy_role(environment, denial)
    return Explanation(NAME, f"{denial.words()}; {says}", PAGE, steps)


def _decoded(environment: Environment, denial: Denial) -> Denial:
    """Return a denial with what IAM reads in its encoded message, if the caller may."""
    if not denial.encoded:
        return denial
    with suppress(ClientError, *NO_ANSWER, ValueError, KeyError):
        answer = environment.clients.sts.decode_authorization_message(
            EncodedMessage=denial.encoded
        )
        found = json.loads(answer["DecodedMessage"])
        context = found["context"]
        why = "an explicit deny" if found.get("explicitDeny") else denial.why
        return replace(
            denial,
            action=context["action"],
            principal=context.get("principal", {}).get("arn", denial.principal),
            resource=context.get("resource", denial.resource),
            why=why,
        )
    return denial


def _of_a_stack(environment: Environment, denial: Denial) -> str:
    """Return which role of the stacks is meant, with its line of Python; empty for another."""
    for stack in environment.stacks:
        if not denial.role.startswith(stack.name):
            continue
        for found in resources(environment, stack.name):
            if found.type == ROLE_TYPE and found.id == denial.role:
                place = Cause(stack.name, found.logical_id, found.type, "").place(stack)
                where = f", written in {place.file}:{place.line}" if place else ""
                return f"it is {found.logical_id} of {stack.name}{where}"
    return ""


def _of_deploy_role(environment: Environment, denial: Denial) -> tuple[str, tuple[str, ...]]:
    """Return which statement of the derived role lacks what, and the steps to give it."""
    from cfnlink.operations.permissions import Permissions  # noqa: PLC0415 (a second)

    grants: list[Grant] = []
    left_out: dict[str, str] = {}
    for is_shared in (False, True):
        with suppress(CommandError):  # there may be no shared stack
            permissions = Permissions(environment, is_shared)
            if permissions.stacks:
                grants += permissions.grants
                left_out = permissions.left_out | left_out
    again = environment.command("deploy")
    allowing = [
        each for each in grants if each.effect == ALLOW and denial.action in each.actions
    ]
    if not allowing:
        reason = left_out.get(denial.action)
        says = "no statement of the deploy role has it" + (
            f", since {reason}" if reason else ""
        )
        return says, (f"with credentials of an administrator: {again}",)
    matching = [each for each in allowing if _matches(each, denial.resource)]
    if not matching:
        says = f"the deploy role has it in {_statement(allowing[0], denial.action)} only"
        return says, (f"with credentials of an administrator: {again}",)
    statement = _statement(matching[0], denial.action)
    says = (
        f"the deploy role has it in {statement}: the role at AWS is older, or a condition fails"
    )
    if deploy_role_stack(environment.project, environment.name) not in denial.role:
        says = f"the deploy role has it in {statement}; this caller is another role"
    return says, (
        environment.command("deploy-role", repository="OWNER/NAME"),
        f"when an administrator has deployed it: {again}",
    )


def _statement(grant: Grant, action: str) -> str:
    """Return a statement by its first actions, resources and condition keys."""
    others = [each for each in grant.actions if each != action]
    named = ", ".join([action, *others[: SHOWN - 1]])
    more = f" and {len(others) - SHOWN + 1} more" if len(others) >= SHOWN else ""
    keys = ", ".join(dict.fromkeys(test.key for test in grant.tests))
    under = f" if {keys}" if keys else ""
    on = ", ".join(grant.resources[:SHOWN])
    return f"the statement of {named}{more} on {on}{under}"


def _matches(grant: Grant, resource: str) -> bool:
    """Whether the ARNs of a statement cover a resource; one that AWS does not name may be."""
    if not resource.startswith("arn:"):
        return True
    patterns = (VARIABLE.sub("*", arn) for arn in grant.resources)
    return any(fnmatchcase(resource, pattern) for pattern in patterns)
