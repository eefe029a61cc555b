"""Delete a stack and wait until it is deleted, for destroy and for deploy's clean-up."""

from cfnlink.operations.causes import last_causes
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError
from cfnlink.operations.failure import failure
from cfnlink.operations.kept import Kept, kept_resources
from cfnlink.operations.operation_events import STACK, all_events
from cfnlink.operations.stacks import DeployedStack, stream_events

IN_USE_TRIES, IN_USE_PAUSE_SECONDS = 50, 30


def remove(environment: Environment, stack: Stack, deployed: DeployedStack) -> list[Kept]:
    """Delete a stack and return what it left; try again while a resource of it is in use.

    ACM may hold a certificate as in use for 20 minutes after the deletion of its domain:
    https://github.com/aws/aws-cdk/issues/36265
    """
    for _ in range(IN_USE_TRIES):
        try:
            return _remove_once(environment, stack, deployed)
        except CommandError:
            causes = last_causes(environment, deployed.id)
            # The use of an export, which is the stack's own failure, ends with no wait.
            if not causes or not all(
                "in use" in cause.message and cause.type != STACK for cause in causes
            ):
                raise
            name = causes[0].logical_id
            environment.report.say(
                f"{stack.name}: {name} is still in use; AWS may need 20 minutes "
                f"to release it; trying again in {IN_USE_PAUSE_SECONDS} seconds"
            )
            environment.pause(IN_USE_PAUSE_SECONDS)
    return _remove_once(environment, stack, deployed)


def _remove_once(environment: Environment, stack: Stack, deployed: DeployedStack) -> list[Kept]:
    client = environment.clients.cloudformation
    client.delete_stack(StackName=deployed.id)
    status = stream_events(environment, stack, deployed.id)
    if status != "DELETE_COMPLETE":
        raise failure(environment, stack, deployed.id, status)
    # A rollback may have left something, too.
    return kept_resources(all_events(environment, deployed.id))
