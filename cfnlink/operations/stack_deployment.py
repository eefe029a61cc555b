"""The deployment of one stack, from every state that it can have at AWS."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.operations.change_set import ChangeSet, OvertakenError, request
from cfnlink.operations.changes import is_metadata_alone, lines, refuse
from cfnlink.operations.deletion import remove
from cfnlink.operations.earlier import delete_left_logs, refuse_without_snapshot
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError
from cfnlink.operations.express import EXPRESS
from cfnlink.operations.failure import failure, stuck
from cfnlink.operations.kept import left_of
from cfnlink.operations.lease import PATIENCE_MINUTES, lease
from cfnlink.operations.ownership import wait_until_idle
from cfnlink.operations.progress import Work
from cfnlink.operations.protection import protect, without_protection
from cfnlink.operations.reversion import reversion
from cfnlink.operations.shared import is_as_in_folder, is_refusal, only_read
from cfnlink.operations.stack_policy import StackPolicy
from cfnlink.operations.stacks import (
    GOOD,
    TAKEN_BACK,
    DeployedStack,
    StackAction,
    allowed_action,
    find,
    last_events,
    stream_events,
)
from cfnlink.operations.traffic import refuse_while_moved
from cfnlink.operations.watching import (
    TakenBackError,
    Watch,
    has_failed,
    progress_of,
    tell,
    watch,
    went_off,
    with_deployment_alarms,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import CreateChangeSetInputTypeDef

TRIES = 3  # of a change whose change set another run took away


class Outcome(StrEnum):
    """What a deployment did with a stack."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DIFFERS = "differs"
    WAITS = "waits"


@dataclass(frozen=True)
class DeployOptions:
    """What a user chose for a deployment.

    image_tag: of the service. allowed: the resources that may be replaced or removed with
    their data. patience_seconds: how long it waits for another deployment. is_watched:
    whether alarms can take an update back. ignores_alarms: whether the user wants that none
    does, those of ECS's own deployments included. reverts_drift: whether it undoes what was
    changed outside CloudFormation. is_express: whether AWS waits for no resource of an update.
    """

    image_tag: str | None = None
    allowed: tuple[str, ...] = ()
    patience_seconds: float = 0
    is_watched: bool = False
    ignores_alarms: bool = False
    reverts_drift: bool = False
    is_express: bool = False


@dataclass(frozen=True)
class StackDeployment:
    """Brings one stack from what AWS has to what the output folder holds."""

    environment: Environment
    stack: Stack
    options: DeployOptions = DeployOptions()
    drifted: list[str] = field(default_factory=list)
    """What stays as it was changed outside CloudFormation, although it should not."""

    def run(self) -> Outcome:
        """Bring the stack to the state of the folder, and return what happened to it."""
        is_beside_others = self.stack.is_shared and len(self.environment.stacks) > 1
        return self._run_shared() if is_beside_others else self._run()

    def prepare(self) -> DeployedStack | None:
        """Return the stack once nothing is under way; None if it is to be created."""
        deployed = wait_until_idle(self.environment, self.stack)
        action = allowed_action(deployed)
        if deployed is None or action == StackAction.CREATE:
            return None
        if action == StackAction.CLEAN:
            self._clean(deployed)
            return None
        if action == StackAction.REPAIR:
            raise stuck(self.environment, self.stack, deployed.status)
        return deployed

    def execute(self, change_set: ChangeSet, watched: Watch | None = None) -> Outcome:
        """Execute a change set, follow its events, and protect the result.

        A terminal shows the changes first. Elsewhere each resource has one line, at its end,
        but for changes that lose or undo something.

        watched: the alarms that can take the update back.
        """
        changes = change_set.changes
        is_live = self.environment.report.is_live
        first = (
            each for each in changes if is_live or each.is_told_first or each.is_metadata_alone
        )
        for line in lines(first):
            self._say(line.lstrip())
        tell(self.environment, watched)
        for warning in change_set.warnings:
            self._say(f"warning: {warning}")
        named = [
            each.logical_id for each in change_set.changes if each.named(self.options.allowed)
        ]
        policy = StackPolicy(self.environment, self.stack)
        progress = progress_of(self.environment, watched, change_set.changes)
        with policy.allowing([] if change_set.creates else named):
            change_set.execute()
            work = Work.of(changes, self.stack.template["Resources"])
            status = stream_events(
                self.environment, self.stack, change_set.stack_id, progress, work
            )
        if status not in GOOD:
            raise self._failed(change_set.stack_id, status, watched)
        if deployed := find(self.environment, self.stack.name):
            protect(self.environment, self.stack, deployed)
        return Outcome.CREATED if change_set.creates else Outcome.UPDATED

    def _failed(self, stack_id: str, status: str, watched: Watch | None) -> CommandError:
        """Return the error of an operation: a resource that failed, or alarms that went off."""
        events = last_events(self.environment, stack_id) if watched and watched.alarms else []
        causes = went_off(self.environment, watched, events)
        if not causes:
            return failure(self.environment, self.stack, stack_id, status)
        if status == TAKEN_BACK and not has_failed(events):
            return TakenBackError(self.environment, self.stack, causes)
        error = failure(self.environment, self.stack, stack_id, status)
        names = ", ".join(each.name for each in causes)
        message = f"{error.message}\n  in ALARM during it: {names}"
        return CommandError(error.code, message, error.next_command)

    def _run(self) -> Outcome:
        """Change the stack where it differs.

        A plan that ends may delete an empty stack just when this run makes its first change
        set there. Then this run makes another.
        """
        for _ in range(TRIES - 1):
            with suppress(OvertakenError):
                return self._run_once()
        return self._run_once()

    def _run_once(self) -> Outcome:
        deployed = self.prepare()
        if deployed:
            for words in protect(self.environment, self.stack, deployed):
                self._say(f"protected again: {words}")
        change_set, watched = self._asked(deployed, is_watched=self.options.is_watched)
        if change_set is None:
            self._say("no changes")
            return Outcome.UNCHANGED
        name = self.environment.typed.name
        try:
            refuse(self.environment, change_set.changes, self.options.allowed, name)
            refuse_while_moved(self.environment, change_set.changes)
        except CommandError:
            change_set.discard()
            raise
        return self.execute(change_set, watched)

    def _asked(
        self, deployed: DeployedStack | None, *, is_watched: bool
    ) -> tuple[ChangeSet | None, Watch | None]:
        """Return the change set, None if nothing changes, and the alarms that watch it.

        None watches a change of Metadata alone: AWS would wait for alarms that it cannot raise.
        """
        asked = request(self._named(deployed), deployed, self.options.image_tag)
        watched = watch(self.environment, self.stack, deployed, is_watched=is_watched)
        if watched:
            asked["RollbackConfiguration"] = watched.configuration
        if deployed and self.options.is_express:
            asked["DeploymentConfig"] = EXPRESS
        found = self._change_set(asked, can_revert=deployed is not None)
        has_alarms = watched is not None and bool(watched.alarms)
        if found and has_alarms and is_metadata_alone(found.changes):
            found.discard()
            return self._asked(deployed, is_watched=False)
        return found, watched

    def _change_set(
        self, asked: "CreateChangeSetInputTypeDef", *, can_revert: bool
    ) -> ChangeSet | None:
        """Return the change set; one that undoes drift leaves alone what AWS itself changes."""
        if not can_revert or not self.options.reverts_drift:
            return ChangeSet.create(self.environment, self.stack, asked)
        found = reversion(self.environment, self.stack, asked)
        self.drifted.extend(f"{self.stack.name}: {line}" for line in found.stays)
        return found.change_set

    def _named(self, deployed: DeployedStack | None) -> Stack:
        """Return the stack with the names of the alarms that it takes as a parameter.

        The deployed names stay where no alarm is to watch, such as in a restore.
        """
        options = self.options
        if not (options.is_watched or options.ignores_alarms):
            return self.stack
        return with_deployment_alarms(
            self.environment, self.stack, deployed, are_ignored=options.ignores_alarms
        )

    def _run_shared(self) -> Outcome:
        """Leave the shared stack alone if it is as in the folder, or if AWS refuses a change.

        The role of an environment may only read it. The environment's own stacks come up all
        the same: what they lack of it, AWS says.
        """
        deployed = wait_until_idle(self.environment, self.stack)
        same = is_as_in_folder(self.environment, self.stack, deployed)
        try:
            if not same or not deployed:
                return self._change_shared()
            protect(self.environment, self.stack, deployed)
        except ClientError as error:
            if not is_refusal(error):
                raise
            if not same:
                self.environment.report.say(only_read(self.environment, self.stack))
                return Outcome.DIFFERS
            self._say("this role may not give it termination protection")
        self._say("no changes")
        return Outcome.UNCHANGED

    def _change_shared(self) -> Outcome:
        """Change the shared stack under its own lease.

        Another environment may deploy it, too.
        """
        alone = replace(self.environment, stacks=(self.stack,))
        patience = max(self.options.patience_seconds, PATIENCE_MINUTES * 60)
        with lease(alone, "deploy", patience):
            return self._run()

    def _clean(self, deployed: DeployedStack) -> None:
        """Delete a stack that never came up, and say what its deletion left."""
        self._say(f"{deployed.status}, it never came up; deleting what is left")
        refuse_without_snapshot(self.environment, self.stack)
        with without_protection(self.environment, self.stack, deployed):
            kept = remove(self.environment, self.stack, deployed)
        for line in left_of(self.environment, self.stack, kept):
            self.environment.report.say(f"left: {line}")
        delete_left_logs(self.environment, self.stack)

    def _say(self, text: str) -> None:
        self.environment.report.say(f"{self.stack.name}: {text}")
