"""Jobs: state machines that run a task, each by the name that a user types."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.service import Log, log_of, task_definition, why_stopped
from cfnlink.operations.stacks import deployed_id, pauses
from cfnlink.operations.task import LATE_SECONDS
from cfnlink.system.resource import Resource
from cfnlink.system.state_machines import STATE_MACHINE
from cfnlink.system.task_runs import runs_of

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef

RUNNING = "RUNNING"


def jobs_of(environment: Environment) -> dict[str, Resource]:
    """Return the state machines that run tasks, by their names without the environment's."""
    head = f"{environment.project}-{environment.name}-"
    return {
        (machine.text("StateMachineName") or machine.logical_id).removeprefix(head): machine
        for machine in environment.system.of(STATE_MACHINE)
        if any(runs_of(machine))
    }


def job_named(environment: Environment, name: str) -> Resource:
    """Return the state machine of a job. Raises CommandError."""
    found = jobs_of(environment)
    if name not in found:
        known = ", ".join(sorted(found)) or "none: [jobs.NAME] of the settings adds one"
        message = f"there is no job {name}; the jobs here: {known}"
        change = environment.command_line_with(job=min(found)) if found else environment.build()
        raise CommandError(Exit.UNUSABLE, message, change)
    return found[name]


@dataclass
class Run:
    """One run of a job, followed through the events of its state machine."""

    environment: Environment
    arn: str
    logs: list[Log] = field(default_factory=list)
    """The log of each task that the run has started."""
    _seen: int = 0

    def follow(self) -> dict[str, Any]:
        """Print what the tasks log until the run ends; return Step Functions' description."""
        report, client = self.environment.report, self.environment.clients.stepfunctions
        answer = {"status": RUNNING}
        for pause in pauses():
            self.environment.pause(pause)
            answer = client.describe_execution(executionArn=self.arn)
            report.working("job", answer["status"].lower())
            self.print_news()
            if answer["status"] != RUNNING:
                break
        self.environment.pause(0 if self.environment.emulated else LATE_SECONDS)
        self.print_news()
        report.working("job")
        return answer

    def print_news(self) -> None:
        """Print the tasks that have started and the lines that they have logged."""
        for task in self._new_tasks():
            self.environment.report.say(f"task {task['taskArn']}")
            self.logs.append(self._log_of(task))
        for log in self.logs:
            for line in log.lines():
                self.environment.report.say(line)

    def _new_tasks(self) -> Iterator[dict[str, Any]]:
        """Yield the tasks that ECS has accepted since the last call."""
        client = self.environment.clients.stepfunctions
        pages = client.get_paginator("get_execution_history").paginate(
            executionArn=self.arn, includeExecutionData=True
        )
        for event in (event for page in pages for event in page["events"]):
            if event["id"] > self._seen and event["type"] == "TaskSubmitted":
                output = event["taskSubmittedEventDetails"].get("output", "{}")
                yield from _as_of_ecs(output).get("tasks", [])
            self._seen = max(self._seen, event["id"])

    def _log_of(self, task: dict[str, Any]) -> Log:
        definition = task_definition(self.environment, task["taskDefinitionArn"])
        container = definition["containerDefinitions"][0]
        return log_of(self.environment, container, task["taskArn"])


def run_job(environment: Environment, name: str) -> str:
    """Start a job now and follow it; return why it failed, or nothing if it ended with 0.

    Its state machine leaves it out if a run goes on, and repeats it where its schedule would.
    """
    machine = deployed_id(environment, job_named(environment, name))
    answer = environment.clients.stepfunctions.start_execution(
        stateMachineArn=machine, name=uuid4().hex, input="{}"
    )
    arn = answer["executionArn"]
    environment.report.say(f"run {arn}")
    try:
        ended = Run(environment, arn).follow()
    except KeyboardInterrupt:
        stop = aws(environment, "stepfunctions", "stop-execution", "--execution-arn", arn)
        message = f"interrupted; the job goes on: {arn}"
        raise CommandError(Exit.INTERRUPTED, message, f"to stop it: {stop}") from None
    environment.report.result({"run": arn, "status": ended["status"]})
    return "" if ended["status"] == "SUCCEEDED" else why_failed(ended)


def why_failed(ended: dict[str, Any]) -> str:
    """Return why a run failed: of a task that failed its stop reason and exit codes.

    The cause of States.TaskFailed is the task as ECS describes it, as JSON.
    """
    cause, task = ended.get("cause") or "", None
    with suppress(ValueError):
        task = _as_of_ecs(cause)
    if isinstance(task, dict) and "containers" in task:
        cause = why_stopped(cast("TaskTypeDef", task))
    return f"{ended.get('error') or ended['status']}: {cause}".removesuffix(": ")


def _as_of_ecs(text: str) -> Any:
    """Return the JSON of Step Functions with the keys of ECS, which begin with a small letter.

    Raises ValueError if it is no JSON.
    """

    def lowered(body: dict[str, Any]) -> dict[str, Any]:
        return {key[:1].lower() + key[1:]: value for key, value in body.items()}

    return json.loads(text, object_hook=lowered)
