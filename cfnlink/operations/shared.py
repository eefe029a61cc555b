"""The stack that all environments share, which the role of one environment only reads."""

from botocore.exceptions import ClientError

from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    allowed_action,
    deployed_template,
)
from cfnlink.operations.target import SHARED_TIER, Stack, Target

REFUSED = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
)


def is_as_in_folder(target: Target, stack: Stack, deployed: DeployedStack | None) -> bool:
    """Return whether a stack without parameters is at AWS what the folder holds.

    It asks for no change set, which the role of one environment may not make.
    """
    if deployed is None or allowed_action(deployed) != StackAction.UPDATE:
        return False
    tags = {tag["Key"]: tag["Value"] for tag in deployed.tags}
    same = deployed_template(target, stack.name) == stack.template
    return same and tags == stack.tags and not stack.template.get("Parameters")


def is_refusal(error: ClientError) -> bool:
    """Return whether the caller has no permission for a call."""
    return error.response.get("Error", {}).get("Code", "") in REFUSED


def only_read(target: Target, stack: Stack) -> str:
    """Return the message that a stack differs, and the command that changes it."""
    next_command = target.command("deploy", only=SHARED_TIER)
    return (
        f"{stack.name} differs from {target.folder.path}, and this role may only read it; "
        f"fix: run as an administrator, or as the role of the account: {next_command}"
    )
