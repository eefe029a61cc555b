"""Whose an account and a stack are: nothing is changed that is not this project's."""

import json
from collections.abc import Iterable
from types import SimpleNamespace
from typing import TYPE_CHECKING

from cfnlink.commands import COMMANDS, Use
from cfnlink.operations.aws_cli import aws, aws_global
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.owner_tags import OWNER_TAGS
from cfnlink.operations.stacks import (
    IN_REVIEW,
    DeployedStack,
    StackAction,
    allowed_action,
    find,
    stream_events,
)

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

RENAME = "project.toml", 'set project = "ANOTHER_NAME"'


def check(environment: Environment, options: SimpleNamespace) -> None:
    """Check the account, and the stacks of a command that changes some. Raises CommandError."""
    use = COMMANDS[environment.typed.name].use
    if use == Use.OFFLINE:
        return
    stated = environment.folder.account if not environment.emulated else None
    if use == Use.CHANGES or stated:
        who = environment.clients.sts.get_caller_identity()
        if stated and who["Account"] != stated:
            raise _other_account(stated, who)
    if use == Use.CHANGES:
        environment.report.say(
            f"account {who['Account']}, {environment.region}, as {who['Arn']}"
        )
        environment.report.result({"account": who["Account"], "region": environment.region})
        only = getattr(options, "only", None)
        refuse_foreign(environment, (environment.only(only) if only else environment).stacks)


def _other_account(stated: str, who: "GetCallerIdentityResponseTypeDef") -> CommandError:
    message = (
        f"these credentials are of account {who['Account']}, as {who['Arn']}; "
        f"expected account {stated}, as project.toml says"
    )
    next_command = (
        f"set AWS_PROFILE to a profile of account {stated}; to see which one is in use: "
    )
    return CommandError(
        Exit.UNUSABLE, message, f"{next_command}{aws_global('sts', 'get-caller-identity')}"
    )


def refuse_foreign(
    environment: Environment, stacks: Iterable[Stack]
) -> list[DeployedStack | None]:
    """Return the stacks as AWS has them. Raises CommandError for those of another project."""
    found = [(stack, find(environment, stack.name)) for stack in stacks]
    foreign = [(stack, there) for stack, there in found if there and missing_tags(stack, there)]
    if foreign:
        lines = [foreign_words(stack, deployed) for stack, deployed in foreign]
        steps = [adoption(environment, stack, deployed) for stack, deployed in foreign]
        steps += (
            [f"otherwise: {rename}"] if (rename := environment.change_setting(*RENAME)) else []
        )
        raise CommandError(Exit.DATA, "\n".join(lines), "\n".join(steps))
    return [deployed for _, deployed in found]


def wait_until_idle(environment: Environment, stack: Stack) -> DeployedStack | None:
    """A stack once nothing is under way there: what an earlier run began is waited for."""
    deployed = refuse_foreign(environment, [stack])[0]
    if deployed and allowed_action(deployed) == StackAction.WAIT:
        environment.report.say(
            f"{stack.name}: waiting for what is under way ({deployed.status})"
        )
        stream_events(environment, stack, deployed.id)
        deployed = refuse_foreign(environment, [stack])[0]
    return deployed


def missing_tags(stack: Stack, deployed: DeployedStack) -> dict[str, str]:
    """Return those tags of the owner that a deployed stack lacks, or has with other values.

    A manifest that states no such tag says nothing of the owner, and a stack under review has
    no resource yet.
    """
    wanted = {key: stack.tags[key] for key in OWNER_TAGS if key in stack.tags}
    lacks = {key: value for key, value in wanted.items() if deployed.tags.get(key) != value}
    return {} if deployed.status == IN_REVIEW else lacks


def foreign_words(stack: Stack, deployed: DeployedStack) -> str:
    """Return the sentence about a stack that is not this project's."""
    missing = missing_tags(stack, deployed)
    named = " and ".join(f"{key}={value}" for key, value in missing.items())
    tags = f"the tag{'s' if len(missing) > 1 else ''} {named}"
    return f"{stack.name} exists without {tags}, so it is not this project's"


def adoption(environment: Environment, stack: Stack, deployed: DeployedStack) -> str:
    """Return the step that gives a deployed stack the tags of its owner, and changes no more.

    https://docs.aws.amazon.com/cli/latest/reference/cloudformation/update-stack.html
    """
    tags = [
        {"Key": key, "Value": value}
        for key, value in {**deployed.tags, **missing_tags(stack, deployed)}.items()
    ]
    words = ["cloudformation", "update-stack", "--stack-name", stack.name]
    words += ["--use-previous-template", "--tags", json.dumps(tags)]
    if deployed.parameters:
        before = [
            {"ParameterKey": name, "UsePreviousValue": True} for name in deployed.parameters
        ]
        words += ["--parameters", json.dumps(before)]
    if stack.capabilities:
        words += ["--capabilities", *stack.capabilities]
    return f"if {stack.name} is this project's: {aws(environment, *words)}"
