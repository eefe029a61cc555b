"""Write the template of the role with which GitHub Actions deploys one environment.

It is no tier of the environment: who deploys must not be able to widen the own role. An
administrator deploys it once, and again when the output folder asks for more.
"""

import json
import re
from argparse import Namespace
from pathlib import Path
from typing import Any

import awacs.aws
from awacs.aws import Action, Allow, Condition, PolicyDocument, Principal, Statement
from awacs.sts import AssumeRoleWithWebIdentity
from troposphere import AWSHelperFn, Output, Sub, Template, encode_to_dict, iam

from operations.aws_cli import Deployment
from operations.outcome import Exit, Stop
from operations.permissions import Grant, Permissions, Test
from operations.report import Reporter
from operations.target import Target
from templates.writer import in_reading_order, yaml_text

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
PROVIDER_ARN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/" + ISSUER
# No name that CloudFormation makes up has a path: the role's policies never reach the role.
PATH = "/deploy/"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY, MOST_POLICIES = 6_144, 10
LONGEST = {"AWS::Partition": 10, "AWS::Region": 14, "AWS::AccountId": 12}
# Since July 2026 GitHub puts the ids of owner and repository into a new repository's subject:
# https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+|[\w.-]+@\d+/[\w.-]+@\d+", re.ASCII)
SUBJECT = "gh api repos/OWNER/NAME/actions/oidc/customization/sub --jq .sub_claim_prefix"


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """The command `deploy-role`; asks AWS nothing."""
    name = f"{target.project}-{target.environment}-deploy-role"
    if name in {stack.name for stack in target.stacks}:
        message = f"{name} is a stack of the manifest: the role could widen its own rights"
        raise Stop(Exit.UNUSABLE, message, "take it out of the manifest")
    if not REPOSITORY.fullmatch(options.repository):
        message = (
            f"{options.repository} is no repository: expected OWNER/NAME or OWNER@ID/NAME@ID"
        )
        raise Stop(
            Exit.UNUSABLE, message, f"to see what GitHub calls it, behind repo: {SUBJECT}"
        )
    permissions = Permissions(target)
    subject = f"repo:{options.repository}:environment:{target.environment}"
    template = deploy_role(permissions, subject, options.existing_provider)
    named = re.sub(r"[^\w.-]", "-", f"deploy-role-{target.environment}.yaml")
    file = Path(options.output, named)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml_text(in_reading_order(template.to_dict())), "utf-8")
    wide, left_out = reasons(permissions)
    for why, actions in wide.items():
        report.say(f"wide, because {why}: {', '.join(actions)}")
    for why, actions in left_out.items():
        report.say(f"left out, because {why}: {', '.join(actions)}")
    report.say(f"{file} is the role of {subject}")
    deployment = Deployment(name, file, target.folder.region, ["CAPABILITY_IAM"])
    report.next(f"as an administrator: {deployment.command()}")
    report.result({"template": str(file), "stack": name, "wide": wide, "left_out": left_out})
    return Exit.DONE


def reasons(permissions: Permissions) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The actions that reach beyond what is ours, and those left out, each by its reason."""
    wide: dict[str, list[str]] = {}
    for grant in permissions.grants:
        if grant.why:
            wide.setdefault(grant.why, []).extend(grant.actions)
    left_out: dict[str, list[str]] = {}
    for action, why in permissions.left_out.items():
        left_out.setdefault(why, []).append(action)
    return wide, left_out


def deploy_role(permissions: Permissions, subject: str, existing_provider: bool) -> Template:
    """The template: GitHub's provider unless it exists, policies, and the role."""
    target = permissions.target
    template = Template(Description=f"Who deploys {target.project}-{target.environment}.")
    template.set_version("2010-09-09")
    wide, left_out = reasons(permissions)
    template.set_metadata({"Wide": wide, "LeftOut": left_out})
    provider: AWSHelperFn = Sub(PROVIDER_ARN)
    if not existing_provider:
        provider = template.add_resource(_provider()).ref()
    policies = [template.add_resource(each) for each in _policies(permissions)]
    role = template.add_resource(_role(provider, subject, policies))
    arn = role.get_att("Arn")
    template.add_output(Output("RoleArn", Value=arn, Description="What the workflow assumes."))
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
        Description=f"Deploys for {subject}.",
        AssumeRolePolicyDocument=PolicyDocument(Version="2012-10-17", Statement=[trust]),
        ManagedPolicyArns=[policy.ref() for policy in policies],
    )


def _policies(permissions: Permissions) -> list[iam.ManagedPolicy]:
    """As few policies as hold all grants, or Stop where IAM takes no more."""
    full: list[list[Grant]] = []
    for grant in sorted(permissions.grants, key=_size, reverse=True):
        fits = [each for each in full if sum(map(_size, [*each, grant])) < LARGEST_POLICY]
        if fits:
            fits[0].append(grant)
        else:
            full.append([grant])
    if len(full) > MOST_POLICIES or _size(full[0][0]) >= LARGEST_POLICY:
        message = f"{len(full)} policies: a role takes {MOST_POLICIES} of {LARGEST_POLICY:,}"
        raise Stop(Exit.UNUSABLE, f"{message} characters", "split the environment")
    return [
        iam.ManagedPolicy(
            f"Policy{number}",
            Path=PATH,
            PolicyDocument=PolicyDocument(
                Version="2012-10-17", Statement=[_statement(grant) for grant in grants]
            ),
        )
        for number, grants in enumerate(full, 1)
    ]


def _size(grant: Grant) -> int:
    """The characters of a statement in IAM at most, which counts no white space."""
    text = json.dumps(encode_to_dict(_statement(grant)), separators=(",", ":"))
    text = text.replace('{"Fn::Sub":"', '"').replace('"}', '"')
    sized = re.sub(r"\$\{(.+?)\}", lambda found: "x" * LONGEST[found[1]], text)
    return len(sized) + len(',"Version":"2012-10-17"')


def _statement(grant: Grant) -> Statement:
    more = {"Condition": _condition(grant.tests)} if grant.tests else {}
    return Statement(
        Effect=Allow,
        Action=[Action(*action.split(":")) for action in grant.actions],
        Resource=[_text(arn) for arn in grant.resources],
        **more,
    )


def _condition(tests: tuple[Test, ...]) -> Condition:
    """The tests, those of one operator together."""
    operators: dict[str, dict[str, Any]] = {}
    for operator, key, values in tests:
        operators.setdefault(operator, {})[key] = [_text(value) for value in values]
    classes = {name: getattr(awacs.aws, name.replace(":", "")) for name in operators}
    return Condition([classes[name](keys) for name, keys in operators.items()])


def _text(text: str) -> AWSHelperFn | str:
    return Sub(text) if "${" in text else text
