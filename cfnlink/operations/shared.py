"""The stack that all environments share, which the role of one environment only reads."""

from botocore.exceptions import ClientError

from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.stacks import (
    DeployedStack,
    StackAction,
    allowed_action,
    deployed_template,
)
from cfnlink.system.context import is_same

REFUSED = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
)


def is_as_in_folder(
    environment: Environment, stack: Stack, deployed: DeployedStack | None
) -> bool:
    """Return whether a stack without parameters is at AWS what the folder holds.

    It asks for no change set, which the role of one environment may not make. Another Metadata
    Context changes nothing that runs: it waits for the next change.
    """
    if deployed is None or allowed_action(deployed) != StackAction.UPDATE:
        return False
    same = is_same(deployed_template(environment, stack.name), stack.template)
    return same and deployed.tags == stack.tags and not stack.template.get("Parameters")


def is_refusal(error: ClientError) -> bool:
    """Return whether the caller has no permission for a call."""
    return error.response.get("Error", {}).get("Code", "") in REFUSED


def only_read(environment: Environment, stack: Stack) -> str:
    """Return the message that a stack differs, and the command that changes it."""
    next_command = environment.command("deploy", only=stack.tier)
    return (
        f"{stack.name} differs from {environment.folder.path}, and this role may only read it; "
        f"fix: run as an administrator, or as the role of the account: {next_command}"
    )
