"""The definition of a job's state machine, in the Amazon States Language with JSONata.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
"""

import json
from collections.abc import Sequence
from typing import Any

from templates.settings import Job

FIRST_PAUSE_SECONDS, FACTOR = 60, 2  # before the first repeat, and from one to the next
CALL_SECONDS = 60  # a call of an API, which Step Functions would otherwise wait for a year
OWN_RUN = "$states.context.Execution.Id"
OLDEST_RUN = "$states.result.Executions[-1].ExecutionArn"
CALLS = 5  # that may fail before the run fails
AGAIN = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": CALLS}


def definition(job: Job, family: str, public_ip: str, subnets: Sequence[str]) -> str:
    """Return the definition as text, whose numbers CloudFormation leaves numbers.

    family: the name of the task definition. public_ip: ENABLED or DISABLED. subnets: the
    names under which the substitutions have them.
    """
    minutes = job.timeout_minutes
    pauses = sum(FIRST_PAUSE_SECONDS * FACTOR**n for n in range(job.retries))
    calls = 3 * CALL_SECONDS * (1 + CALLS) * 2
    machine = {
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": (1 + job.retries) * minutes * 60 + pauses + calls,
        "StartAt": "ListRuns",
        "States": {
            "ListRuns": _list_runs(),
            "IsAlone": _is_alone(),
            "Run": _run(job, public_ip, subnets),
            **_stop_tasks(family),
            "EarlierRunGoesOn": _fail(
                "EarlierRunGoesOn", "An earlier run has not ended, so this one was left out."
            ),
            "TimedOut": _fail(
                "TimedOut", f"The task ran for {minutes} minutes and was stopped."
            ),
        },
    }
    return _text(machine)


def _text(machine: dict[str, Any]) -> str:
    """Return a definition with a line for each state: a template has 51,200 bytes at most."""
    lines = [f'"{name}": {json.dumps(state)}' for name, state in machine["States"].items()]
    head = json.dumps({key: value for key, value in machine.items() if key != "States"})
    states = ",\n".join(lines)
    return f'{head[:-1]},\n"States": {{\n{states}\n}}}}'


def _call(action: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a state that calls an API, and calls it again where it fails."""
    return {
        "Type": "Task",
        "Resource": f"arn:${{AWS::Partition}}:states:::aws-sdk:{action}",
        "Arguments": arguments,
        "TimeoutSeconds": CALL_SECONDS,
        "Retry": [AGAIN],
    }


def _list_runs() -> dict[str, Any]:
    """The oldest of the runs that go on. Of two that start at once, the older one is it.

    Step Functions lists the newest first, and an execution may be listed late.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_ListExecutions.html
    """
    arguments = {
        "StateMachineArn": "{% $states.context.StateMachine.Id %}",
        "StatusFilter": "RUNNING",
    }
    oldest = f"{{% $exists({OLDEST_RUN}) ? {OLDEST_RUN} : {OWN_RUN} %}}"
    return {**_call("sfn:listExecutions", arguments), "Output": oldest, "Next": "IsAlone"}


def _is_alone() -> dict[str, Any]:
    condition = f"{{% $states.input = {OWN_RUN} %}}"
    return {
        "Type": "Choice",
        "Choices": [{"Condition": condition, "Next": "Run"}],
        "Default": "EarlierRunGoesOn",
    }


def _run(job: Job, public_ip: str, subnets: Sequence[str]) -> dict[str, Any]:
    """Run the task and wait for its end: an exit code other than 0 is States.TaskFailed.

    On demand, since Spot could end a job halfway.
    """
    again = {
        "ErrorEquals": ["States.TaskFailed"],
        "IntervalSeconds": FIRST_PAUSE_SECONDS,
        "BackoffRate": FACTOR,
        "MaxAttempts": job.retries,
    }
    return {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::ecs:runTask.sync",
        "Arguments": {
            "Cluster": "${Cluster}",
            "TaskDefinition": "${TaskDefinition}",
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": [f"${{{name}}}" for name in subnets],
                    "SecurityGroups": ["${SecurityGroup}"],
                    "AssignPublicIp": public_ip,
                }
            },
            "PropagateTags": "TASK_DEFINITION",
        },
        "TimeoutSeconds": job.timeout_minutes * 60,
        **({"Retry": [again]} if job.retries else {}),
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "ListTasks"}],
        "End": True,
    }


def _stop_tasks(family: str) -> dict[str, Any]:
    """Stop what still runs after the time is over.

    AWS says that it stops the task of an execution that is stopped, and not that it does so
    where a state has timed out.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
    """
    listed = {"Cluster": "${Cluster}", "Family": family}
    stopped = {
        "Cluster": "${Cluster}",
        "Task": "{% $states.input %}",
        "Reason": "The job's time is over.",
    }
    return {
        "ListTasks": {
            **_call("ecs:listTasks", listed),
            "Output": "{% $states.result.TaskArns %}",
            "Next": "StopTasks",
        },
        "StopTasks": {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "ItemProcessor": {
                "StartAt": "StopTask",
                "States": {"StopTask": {**_call("ecs:stopTask", stopped), "End": True}},
            },
            "Next": "TimedOut",
        },
    }


def _fail(error: str, cause: str) -> dict[str, Any]:
    return {"Type": "Fail", "Error": error, "Cause": cause}
