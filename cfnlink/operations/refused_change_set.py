"""Why AWS makes no change set: what its validations and the account's hooks say."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from cfnlink.next_command import lint
from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.causes import Cause, causes_of, hook_words, roots
from cfnlink.operations.clients import unpaginated
from cfnlink.operations.diagnosis import Diagnosis, finding_of
from cfnlink.operations.environment import Environment, Stack
from cfnlink.operations.errors import CommandError, Exit, one_line
from cfnlink.operations.failure import REPAIRED
from cfnlink.operations.operation_events import events_of_change_set

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import DescribeChangeSetOutputTypeDef

NO_REASON = "AWS gives no reason"
HOOK = "hook"
FAILED_HOOKS = ("HOOK_COMPLETE_FAILED", "HOOK_FAILED")


def refusal(
    environment: Environment, stack: Stack, found: "DescribeChangeSetOutputTypeDef"
) -> CommandError:
    """Return the error of a change set that AWS did not make: each cause, and the steps.

    found: how AWS describes it. Where AWS does not tell what a validation found, a line says
    so.
    """
    reason = found.get("StatusReason", NO_REASON)
    lines = [f"{stack.name}: AWS refuses the change set: {reason}"]
    causes: list[Cause] = []
    try:
        causes = causes_of(events_of_change_set(environment, stack.name, found["ChangeSetId"]))
        if not causes and HOOK in reason:
            causes = [*_of_hooks(environment, stack, found["ChangeSetId"])]
    except (*NO_ANSWER, ClientError) as error:
        lines.append(f"  what AWS's validation found is not known: {one_line(error)}")
    causes = causes or [Cause(stack.name, "", "", reason)]
    findings = [finding_of(environment, stack, root) for root in roots(causes)]
    for finding in findings:
        words = [*finding.words()]
        lines += [f"  {line}" for line in words if line != reason]
    steps = Diagnosis(stack, "", tuple(findings)).steps
    if not steps:
        return CommandError(Exit.FAILED, "\n".join(lines), lint(environment.folder.path))
    again = f"{REPAIRED}: {environment.command_line}"
    return CommandError(Exit.FAILED, "\n".join(lines), "\n".join([*steps, again]))


def _of_hooks(environment: Environment, stack: Stack, change_set_id: str) -> Iterator[Cause]:
    """Yield what hooks say that refused the change set itself, which has no event.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListHookResults.html
    """
    formation = environment.clients.cloudformation
    for each in unpaginated(
        formation.list_hook_results,
        "HookResults",
        TargetType="CHANGE_SET",
        TargetId=change_set_id,
    ):
        if each.get("Status") in FAILED_HOOKS and each.get("FailureMode") == "FAIL":
            said = hook_words(each.get("TypeName", ""), each.get("HookStatusReason", ""))
            yield Cause(stack.name, stack.name, "", one_line(said))
