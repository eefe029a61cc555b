"""Express mode: AWS ends an update when it is configured, and waits for no resource.

It is for development. AWS turns the rollback off in this mode unless told otherwise.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-express-mode.html
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.system.resource import Resource

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import DeploymentConfigTypeDef

EXPRESS: "DeploymentConfigTypeDef" = {"Mode": "EXPRESS", "DisableRollback": False}
# DescribeStacks has a configuration of the stack: whether it stays for later updates is not
# verified, so an update of such a stack states the standard.
STANDARD: "DeploymentConfigTypeDef" = {"Mode": "STANDARD", "DisableRollback": False}
PROTECTIONS = ("DeletionProtection", "DeletionProtectionEnabled")
UNPROTECTED = ("false", "inactive", "disabled")


def refuse_valuable(environment: Environment) -> None:
    """Stop if an environment holds something of value. Raises CommandError."""
    found = [*valuables(environment)]
    if found:
        message = (
            f"refused: --express is for an environment that holds nothing of value, and "
            f"{environment.name} does: {'; '.join(found)}"
        )
        again = environment.command_line_with(express=False)
        raise CommandError(Exit.UNUSABLE, message, again)


def valuables(environment: Environment) -> Iterator[str]:
    """Yield what an environment protects or keeps, in words.

    A resource with data that only serves a database, such as the secret with its password,
    is worth what the database is.
    """
    own = {stack.name for stack in environment.own_stacks}
    for each in environment.system.of():
        row = resource_type(each.type)
        if each.stack not in own or not row.holds_data:
            continue
        if _is_protected(each):
            yield f"{each.stack} protects {each.logical_id}"
        elif _is_kept(each) and not (row.is_guarded or _serves_a_database(each)):
            yield f"{each.stack} keeps {each.logical_id} when it goes"


def _is_protected(resource: Resource) -> bool:
    """Whether the template protects a resource from deletion, or may do so."""
    stated = [name for name in PROTECTIONS if not resource.is_missing(name)]
    return any(str(resource.get(name)).lower() not in UNPROTECTED for name in stated)


def _is_kept(resource: Resource) -> bool:
    return str(resource.body.get("DeletionPolicy", "")).startswith("Retain")


def _serves_a_database(resource: Resource) -> bool:
    return any(resource_type(each.type).is_guarded for each in resource.dependents())
