"""Write the template of the role with which GitHub Actions deploys one environment.

A role of another purpose does less, for a GitHub environment without reviewers: `plan` changes
nothing, `schedule` rotates passwords and restores drills, and `images` pushes images.

It is no tier of the environment, because a deployment must not widen its own role. An
administrator deploys it once, and again when the output folder needs more. The stack that all
environments share has a role of its own.
"""

import re
from pathlib import Path
from types import SimpleNamespace

import awacs.aws
from awacs.aws import Allow, Condition, PolicyDocument, Principal, Statement
from awacs.sts import AssumeRoleWithWebIdentity
from troposphere import AWSHelperFn, Output, Sub, Template, iam

from cfnlink.aws.limits import LARGEST_BODY_BYTES
from cfnlink.aws.region import partition_of
from cfnlink.operations.aws_cli import Deployment
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit, counted
from cfnlink.operations.owner_tags import deploy_role_stack
from cfnlink.operations.permissions import SESSION_SECONDS, Permissions
from cfnlink.operations.policy_documents import managed_policies
from cfnlink.writer import OneLine, in_reading_order, yaml_text

DEPLOY, IMAGES = "deploy", "images"
ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
PROVIDER_ARN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/" + ISSUER
# No name that CloudFormation makes up has a path: the role's policies never reach the role.
PATH = "/deploy/"
# Since July 2026 GitHub puts the ids of owner and repository into a new repository's subject:
# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+|[\w.-]+@\d+/[\w.-]+@\d+", re.ASCII)
SUBJECT = "gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq .sub_claim_prefix"


def run(environment: Environment, options: SimpleNamespace) -> Exit:
    """Run `deploy-role` without asking AWS."""
    role = "" if options.purpose == DEPLOY else options.purpose
    is_shared = options.account or role == IMAGES
    who = _owner(environment, role, is_account=options.account)
    name = deploy_role_stack(environment.project, who)
    _check(environment, name, options)
    permissions = Permissions(environment, is_shared, role)
    subject = f"repo:{options.repository}:environment:{who}"
    template = deploy_role(permissions, subject, options.existing_provider)
    text = template_text(template, environment.region)
    wide, left_out = reasons(permissions)
    file = Path(options.output, re.sub(r"[^\w.-]", "-", f"deploy-role-{who}.yaml"))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    listed = file.with_suffix(".md")
    listed.write_text(listing(f"The role of {subject}", wide, left_out), "utf-8")
    environment.report.say(f"{file} is the role of {subject}")
    environment.report.say(f"{listed} lists what it may do to others, and what it may not do:")
    for why, actions in wide.items():
        environment.report.say(f"wide: {counted(len(actions), 'action')}, because {why}")
    deployment = Deployment(name, file, environment.region, ["CAPABILITY_IAM"])
    environment.report.next(f"as an administrator: {deployment.command()}")
    environment.report.result(
        {"template": str(file), "stack": name, "wide": wide, "left_out": left_out}
    )
    return Exit.DONE


def _owner(environment: Environment, role: str, *, is_account: bool) -> str:
    """Return the name of the GitHub environment whose jobs get the role."""
    if role == IMAGES:
        return IMAGES
    who = (environment.shared_tier or "") if is_account else environment.name
    return f"{who}-{role}" if role else who


def _check(environment: Environment, name: str, options: SimpleNamespace) -> None:
    """Stop before anything is written."""
    if name in {stack.name for stack in environment.stacks}:
        message = f"{name} is a stack of the manifest: the role could widen its own rights"
        raise CommandError(Exit.UNUSABLE, message, "take it out of the manifest")
    if not REPOSITORY.fullmatch(options.repository):
        expected = "expected OWNER/NAME or OWNER@ID/NAME@ID"
        message = f"{options.repository} is no repository: {expected}"
        next_command = f"to see what GitHub calls it, behind repo: {SUBJECT}"
        raise CommandError(Exit.UNUSABLE, message, next_command)
    if options.account and options.purpose != DEPLOY:
        message = f"the purpose {options.purpose} is not one of the account's role"
        raise CommandError(Exit.UNUSABLE, message, environment.command_line_with(account=False))
    needs_shared = options.account or options.purpose == IMAGES
    if needs_shared and environment.shared_tier is None:
        message = f"{environment.folder.path} has no stack that environments share"
        fix = environment.command_line_with(account=False, purpose=DEPLOY)
        raise CommandError(Exit.UNUSABLE, message, fix)


def reasons(permissions: Permissions) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Return the actions with a wider scope, and those left out, each by its reason."""
    wide: dict[str, list[str]] = {}
    for grant in permissions.grants:
        known = wide.setdefault(grant.why, [])
        known += [action for action in grant.actions if action not in known]
    left_out: dict[str, list[str]] = {}
    for action, why in permissions.left_out.items():
        left_out.setdefault(why, []).append(action)
    wide.pop("", None)
    return wide, left_out


def listing(title: str, wide: dict[str, list[str]], left_out: dict[str, list[str]]) -> str:
    """Return a page with all reasons, each with its actions."""
    parts = [f"# {title}", "## Wide: what no name and no tag limits further"]
    parts += [f"{why[0].upper()}{why[1:]}:\n\n{_bullets(names)}" for why, names in wide.items()]
    parts += ["## Left out: what handlers or commands ask for and the role does not get"]
    parts += [f"Because {why}:\n\n{_bullets(names)}" for why, names in left_out.items()]
    return "\n\n".join(parts) + "\n"


def _bullets(names: list[str]) -> str:
    return "\n".join(f"- {name}" for name in names)


def template_text(template: Template, region: str) -> str:
    """Return the template with each statement on a line.

    A template that is longer than AWS accepts names the region's partition, which is shorter
    than the variable. Raises CommandError if it is still longer.
    """
    content = in_reading_order(template.to_dict())
    for body in content["Resources"].values():
        document = body["Properties"].get("PolicyDocument")
        if document:
            document["Statement"] = [OneLine(each) for each in document["Statement"]]
    text = yaml_text(content)
    if len(text.encode()) > LARGEST_BODY_BYTES:
        text = text.replace("${AWS::Partition}", partition_of(region))
    if len(text.encode()) > LARGEST_BODY_BYTES:
        message = f"the role's template has {len(text.encode()):,} bytes"
        expected = f"CloudFormation takes {LARGEST_BODY_BYTES:,}"
        raise CommandError(Exit.UNUSABLE, f"{message}; {expected}", "split the environment")
    return text


def deploy_role(permissions: Permissions, subject: str, existing_provider: bool) -> Template:
    """Return the template: GitHub's provider unless it exists, policies, and the role."""
    names = ", ".join(stack.name for stack in permissions.stacks)
    does = f"for the purpose {permissions.role} of" if permissions.role else "that deploys"
    template = Template(Description=f"The role {does} {names}."[:1024])
    template.set_version("2010-09-09")
    provider: AWSHelperFn = Sub(PROVIDER_ARN)
    if not existing_provider:
        provider = template.add_resource(_provider()).ref()
    imports = permissions.values.imports
    policies = [
        template.add_resource(each)
        for each in managed_policies(permissions.grants, PATH, imports)
    ]
    role = template.add_resource(_role(provider, subject, policies))
    if permissions.role in SESSION_SECONDS:
        role.MaxSessionDuration = SESSION_SECONDS[permissions.role]
    arn = role.get_att("Arn")
    template.add_output(Output("RoleArn", Value=arn, Description="The workflow assumes it."))
    return template


def _provider() -> iam.OIDCProvider:
    """One for each account, hence kept. Without thumbprints: AWS trusts GitHub's certificate
    by its authority.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html
    """
    return iam.OIDCProvider(
        "Provider",
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        Url=f"https://{ISSUER}",
        ClientIdList=[AUDIENCE],
    )


def _role(provider: AWSHelperFn, subject: str, policies: list[iam.ManagedPolicy]) -> iam.Role:
    """For jobs of one environment of one repository.

    https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
    """
    claims = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}
    trust = Statement(
        Effect=Allow,
        Principal=Principal("Federated", provider),
        Action=[AssumeRoleWithWebIdentity],
        Condition=Condition(awacs.aws.StringEquals(claims)),
    )
    return iam.Role(
        "Role",
        Path=PATH,
        Description=f"For jobs of {subject}.",
        AssumeRolePolicyDocument=PolicyDocument(Version="2012-10-17", Statement=[trust]),
        ManagedPolicyArns=[policy.ref() for policy in policies],
    )
