"""CloudFormation: alarms that take an update back while it runs and some minutes after it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html
The words of the events are not those of AWS, which were not seen.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from ministack.services import cloudformation, cloudwatch
from ministack.services.cloudformation import changesets, handlers, stacks
from pace import MINUTE_SECONDS
from registry import Answer, Properties, patch

LOOK_SECONDS = 0.05
MOST = 5
CLEANUP = "    # Replacement cleanup (update case)"
KEY = "RollbackConfiguration"


def _given(asked: Properties) -> Properties | None:
    """The configuration of a call; None if the call has none, so that the stack's stays."""
    if not any(name.startswith(KEY) for name in asked):
        return None
    triggers = []
    while arn := handlers._p(asked, f"{KEY}.RollbackTriggers.member.{len(triggers) + 1}.Arn"):
        kind = handlers._p(asked, f"{KEY}.RollbackTriggers.member.{len(triggers) + 1}.Type")
        triggers.append({"Arn": arn, "Type": kind})
    minutes = int(handlers._p(asked, f"{KEY}.MonitoringTimeInMinutes", "0") or 0)
    if not any(name.startswith(f"{KEY}.RollbackTriggers") for name in asked):
        return {"MonitoringTimeInMinutes": minutes}
    return {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": minutes}


def _xml(configuration: Properties | None) -> str:
    if configuration is None:
        return ""
    triggers = "".join(
        f"<member><Arn>{each['Arn']}</Arn><Type>{each['Type']}</Type></member>"
        for each in configuration.get("RollbackTriggers", [])
    )
    minutes = configuration.get("MonitoringTimeInMinutes", 0)
    return (
        f"<{KEY}><RollbackTriggers>{triggers}</RollbackTriggers>"
        f"<MonitoringTimeInMinutes>{minutes}</MonitoringTimeInMinutes></{KEY}>"
    )


@patch(handlers, "_create_change_set")
def _create(old: Callable[..., Answer], asked: Properties) -> Answer:
    """A rollback configuration was ignored; AWS takes five triggers."""
    given = _given(asked)
    if given and len(given.get("RollbackTriggers", [])) > MOST:
        said = f"Rollback triggers: expected at most {MOST}"
        return tuple(handlers._error("ValidationError", said))  # type: ignore[return-value]
    answer = old(asked)
    name = handlers._p(asked, "ChangeSetName")
    for each in cloudformation._change_sets.values():
        if each["ChangeSetName"] == name and given is not None and answer[0] == 200:
            each.setdefault(KEY, given)
    return answer


@patch(handlers, "_describe_change_set")
def _describe(old: Callable[..., Answer], asked: Properties) -> Answer:
    status, headers, body = old(asked)
    names = handlers._p(asked, "ChangeSetName"), handlers._p(asked, "StackName")
    _, found = changesets._find_change_set(*names)
    end = b"</DescribeChangeSetResult>"
    return status, headers, body.replace(end, _xml((found or {}).get(KEY)).encode() + end)


@patch(handlers, "_execute_change_set")
def _execute(old: Callable[..., Answer], asked: Properties) -> Answer:
    """What the change set states is the stack's from now on; what it leaves out stays."""
    names = handlers._p(asked, "ChangeSetName"), handlers._p(asked, "StackName")
    _, found = changesets._find_change_set(*names)
    stack = cloudformation._stacks.get(found["StackName"]) if found else None
    if found and stack and found["ExecutionStatus"] == "AVAILABLE" and KEY in found:
        stack[KEY] = {**stack.get(KEY, {}), **found[KEY]}
    return old(asked)


@patch(handlers, "_update_stack")
def _update(old: Callable[..., Answer], asked: Properties) -> Answer:
    given, stack = _given(asked), handlers._resolve_stack(handlers._p(asked, "StackName"))
    if stack and given is not None:
        stack[KEY] = {**stack.get(KEY, {}), **given}
    return old(asked)


@patch(handlers, "_stack_drift_information_xml")
def _described(old: Callable[..., str], stack: Properties) -> str:
    """DescribeStacks had no rollback configuration."""
    return old(stack) + _xml(stack.get(KEY))


def _alarm(arn: str) -> Properties | None:
    name = arn.partition(":alarm:")[2]
    found: Properties | None = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(
        name
    )
    return found


async def monitored(stack: Properties) -> str:
    """Watch the triggers of a stack; return why its operation fails, if it does."""
    configuration = stack.get(KEY, {})
    arns = [each["Arn"] for each in configuration.get("RollbackTriggers", [])]
    loop = asyncio.get_running_loop()
    end = loop.time() + configuration.get("MonitoringTimeInMinutes", 0) * MINUTE_SECONDS
    while True:
        states = {arn: _alarm(arn) for arn in arns}
        if missing := [arn for arn, found in states.items() if found is None]:
            return f"The following rollback triggers do not exist: [{', '.join(missing)}]"
        raised = [arn for arn, found in states.items() if found and _is_raised(found)]
        if raised:
            return f"The following rollback triggers were breached: [{', '.join(raised)}]"
        if stack.pop("_cancel_requested", False):
            stacks.CLIENT_REQUEST_TOKEN.set(stack.pop("_cancel_token", ""))
            return "User Initiated"
        if loop.time() >= end:
            return ""
        await asyncio.sleep(LOOK_SECONDS)


def _is_raised(alarm: Properties) -> bool:
    return bool(alarm["StateValue"] == "ALARM")


def _watch_before_cleanup() -> None:
    """Let the deployment of a stack watch before it cleans up.

    What an update replaces still exists then, so that a rollback goes back to it.
    """
    source = inspect.getsource(stacks._deploy_stack_async)
    before, mark, after = source.partition(CLEANUP)
    if not mark:
        raise LookupError(f"ministack deploys differently: expected {CLEANUP.strip()!r}")
    watching = (
        "    if not failed:\n"
        "        fail_reason = stack['_rollback_reason'] = await monitored(stack)\n"
        "        failed = bool(fail_reason)\n"
    )
    stacks.monitored = monitored
    exec(before + watching + mark + after, vars(stacks))
    for module in (changesets, handlers):
        module._deploy_stack_async = stacks._deploy_stack_async


@patch(stacks, "_roll_back_operation")
async def _roll_back(
    old: Callable[..., Awaitable[None]],
    name: str,
    stack_id: str,
    stack: Properties,
    operation: Properties,
    reason_override: str = "",
) -> None:
    reason = reason_override or stack.pop("_rollback_reason", "")
    await old(name, stack_id, stack, operation, reason)


_watch_before_cleanup()
