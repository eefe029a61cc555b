"""Delete a stack and wait until it is deleted, for destroy and for deploy's clean-up."""

from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError
from cfnlink.operations.failure import failure, first_cause
from cfnlink.operations.kept import Kept, kept_resources
from cfnlink.operations.stacks import DeployedStack, operation, stream_events

STACK = "AWS::CloudFormation::Stack"
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
            cause = first_cause(operation(environment, deployed.id))
            is_export = cause is not None and cause.type == STACK  # no wait ends its use
            if cause is None or is_export or "in use" not in cause.message:
                raise
            environment.report.say(
                f"{stack.name}: {cause.logical_id} is still in use; AWS may need 20 minutes "
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
    pages = client.get_paginator("describe_stack_events").paginate(StackName=deployed.id)
    newest_first = [event for page in pages for event in page["StackEvents"]]
    return kept_resources(reversed(newest_first))  # a rollback may have left something, too
