"""A release that is under way: of a run that was killed, or of one that still waits.

Its change set has a name of its own, which CloudFormation repeats in every event of the update.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackEvent.html
"""

from contextlib import suppress
from dataclasses import dataclass

from botocore.exceptions import ClientError

from cfnlink.operations.change_set import RELEASE
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import failure
from cfnlink.operations.rollout import released_services
from cfnlink.operations.service_deployments import newest
from cfnlink.operations.stacks import GOOD, TAKEN_BACK, find, pauses, resources, stream_events

UPDATING = "UPDATE_IN_PROGRESS"


@dataclass(frozen=True)
class ReleaseUnderWay:
    """The release of a tag that AWS has not finished."""

    environment: Environment
    stack: Stack
    stack_id: str
    tag: str

    @classmethod
    def find(cls, environment: Environment, stack: Stack) -> "ReleaseUnderWay | None":
        """Return the release of a stack that is under way, if any; a deployment is none."""
        now = find(environment, stack.name)
        if now is None or now.status != UPDATING:
            return None
        client = environment.clients.cloudformation
        newest_event = client.describe_stack_events(StackName=now.id)["StackEvents"][0]
        name = newest_event.get("ClientRequestToken", "")
        if not name.startswith(RELEASE):
            return None
        asked = client.describe_change_set(StackName=stack.name, ChangeSetName=name)
        values = {each["ParameterKey"]: each["ParameterValue"] for each in asked["Parameters"]}
        return cls(environment, stack, now.id, values[str(stack.image_tag)])

    def wait(self) -> None:
        """Wait for its end. Raises CommandError if AWS went back."""
        status = stream_events(self.environment, self.stack, self.stack_id)
        if status not in GOOD:
            error = failure(self.environment, self.stack, self.stack_id, status)
            message = f"{error.message}\n{self.stack.name}: AWS went back to {self._tag()}"
            raise CommandError(Exit.FAILED, message, self.environment.command("status"))

    def end(self) -> str:
        """Wait until nothing is under way; return the tag that runs then.

        Raises CommandError if AWS could not go back.
        """
        status = stream_events(self.environment, self.stack, self.stack_id)
        if status not in {*GOOD, TAKEN_BACK}:
            raise failure(self.environment, self.stack, self.stack_id, status)
        return self._tag()

    def _tag(self) -> str:
        now = find(self.environment, self.stack_id)
        return now.parameters[str(self.stack.image_tag)] if now else ""

    def take_back(self) -> None:
        """Let AWS take it back, and wait until it does so.

        ECS takes back the deployments that have begun, without a wait for their failure; then
        the update fails, and CloudFormation takes back the rest. That CloudFormation fails for
        a deployment that was stopped, as for one that ECS stops itself, is not verified.
        Where no deployment is under way, CloudFormation cancels the update.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html
        """
        if not self._stop_deployments():
            client = self.environment.clients.cloudformation
            with suppress(ClientError):  # it has ended in the meantime
                client.cancel_update_stack(StackName=self.stack_id)
        for pause in pauses():
            now = find(self.environment, self.stack_id)
            if now is None or now.status != UPDATING:
                return
            self.environment.pause(pause)
            self._stop_deployments()

    def _stop_deployments(self) -> bool:
        """Stop each deployment that changes an image; return whether there was one."""
        there = resources(self.environment, self.stack_id)
        stopped = False
        for each in released_services(self.environment, self.stack, there):
            last = newest(self.environment, each["clusterArn"], each["serviceName"])
            if last and last.is_stoppable and last.image_change():
                self.environment.report.say(
                    f"{last.service}: ECS takes it back: {last.words()}"
                )
                last.stop()
                stopped = True
        return stopped


def replaced_tag(environment: Environment, stack: Stack, tag: str) -> str | None:
    """Return the tag that a tag has replaced in its services, if that was their last change."""
    for each in released_services(environment, stack, resources(environment, stack.name)):
        last = newest(environment, each["clusterArn"], each["serviceName"])
        change = last.image_change(tag) if last else None
        if change:
            return change[0]
    return None
