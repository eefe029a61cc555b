"""Step Functions: a state that runs a task of ECS ends as the task does.

A state with ecs:runTask.sync fails where a container ends with another code than 0, and its
run has an event that names the task.
"""

import json
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from ministack.services import ecs, stepfunctions
from registry import Properties, accepted, patch

PAUSE_SECONDS = 0.05
_EXECUTION: ContextVar[Properties] = ContextVar("execution")


@patch(stepfunctions, "_add_event")
def _add_event(
    old: Callable[..., Properties], execution: Properties, kind: str, details: Any = None
) -> Properties:
    """Keep the run whose state calls a service next: the call itself does not know it."""
    if kind == "TaskScheduled":
        _EXECUTION.set(execution)
    return old(execution, kind, details)


def _pascal(node: Any) -> Any:
    if isinstance(node, dict):
        return {key[:1].upper() + key[1:]: _pascal(value) for key, value in node.items()}
    return [_pascal(each) for each in node] if isinstance(node, list) else node


@patch(stepfunctions, "_invoke_ecs_run_task")
def _run_task(_: Callable[..., Any], resource: str, arguments: Properties) -> Any:
    """ministack answered with the task in camelCase, whatever its exit code."""
    request = stepfunctions._pascal_to_camel(arguments)
    answer = json.loads(accepted(ecs._run_task(request)))
    output = json.dumps(_pascal(answer))
    details = {"resourceType": "ecs", "resource": resource, "output": output}
    stepfunctions._add_event(
        _EXECUTION.get(), "TaskSubmitted", {"taskSubmittedEventDetails": details}
    )
    if not resource.endswith(".sync"):
        return _pascal(answer)
    arns = [task["taskArn"] for task in answer["tasks"]]
    while True:
        tasks = [ecs._tasks[arn] for arn in arns]
        if all(task["lastStatus"] == "STOPPED" for task in tasks):
            break
        time.sleep(PAUSE_SECONDS)
    codes = [each.get("exitCode") for task in tasks for each in task["containers"]]
    (task,) = json.loads(json.dumps(tasks, default=str))
    if any(code != 0 for code in codes):
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(_pascal(task)))
    return _pascal(task)


stepfunctions._SERVICE_DISPATCH.update(
    {
        prefix: stepfunctions._invoke_ecs_run_task
        for prefix in stepfunctions._SERVICE_DISPATCH
        if prefix.endswith("ecs:runTask")
    }
)
