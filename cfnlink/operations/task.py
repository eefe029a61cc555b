"""One-off tasks: a task definition that runs once where the service runs."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.service import Log, Service, log_of, why_stopped
from cfnlink.operations.stacks import pauses

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import (
        ContainerDefinitionOutputTypeDef,
        ContainerOverrideTypeDef,
        TaskDefinitionTypeDef,
        TaskTypeDef,
    )

LATE_SECONDS = 2.0  # that a last line may take from the container to its log at AWS


def one_off(
    environment: Environment,
    service: Service,
    definition: "TaskDefinitionTypeDef",
    command: Sequence[str] = (),
    hear: Callable[[str], None] | None = None,
) -> str:
    """Run a task definition once where the service runs, its log followed.

    command: in place of the image's own. hear: gets each line of the log, too. Why it
    failed; empty when it ended with 0. It never runs on Spot, which could end it halfway,
    and a repeated call starts no second task, because it carries the same token:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    """
    container = definition["containerDefinitions"][0]
    override: ContainerOverrideTypeDef = {"name": container["name"]}
    if command:
        override["command"] = [*command]
    answer = environment.clients.ecs.run_task(
        cluster=service.cluster,
        taskDefinition=definition["taskDefinitionArn"],
        networkConfiguration=service.network,
        overrides={"containerOverrides": [override]},
        launchType="FARGATE",
        propagateTags="TASK_DEFINITION",
        clientToken=uuid4().hex,
    )
    for failed in answer["failures"]:
        return f"no task was started: {failed.get('reason')} {failed.get('detail', '')}".strip()
    arn = answer["tasks"][0]["taskArn"]
    try:
        return _follow(environment, service, container, arn, hear)
    except KeyboardInterrupt:
        stop = aws(environment, "ecs", "stop-task", "--cluster", service.cluster, "--task", arn)
        message = f"interrupted; the task goes on: {arn}"
        raise CommandError(Exit.INTERRUPTED, message, f"to stop it: {stop}") from None


def _follow(
    environment: Environment,
    service: Service,
    container: "ContainerDefinitionOutputTypeDef",
    arn: str,
    hear: Callable[[str], None] | None,
) -> str:
    """Print the log until the task has stopped; return why it failed."""
    log = log_of(environment, container, arn)
    environment.report.say(f"task {arn}")
    task: TaskTypeDef = {}
    for pause in pauses():
        environment.pause(pause)
        # Just started, it may not be known everywhere yet.
        answer = environment.clients.ecs.describe_tasks(cluster=service.cluster, tasks=[arn])
        task = answer["tasks"][0] if answer["tasks"] else {}
        environment.report.working("task", task.get("lastStatus", "not seen yet"))
        _say(environment, log, hear)
        if task.get("lastStatus") == "STOPPED":
            break
    environment.pause(0 if environment.emulated else LATE_SECONDS)
    _say(environment, log, hear)
    environment.report.working("task")
    codes = [each.get("exitCode") for each in task["containers"]]
    environment.report.result({"task": arn, "exit_code": codes[0]})
    return "" if codes == [0] else why_stopped(task)


def _say(environment: Environment, log: Log, hear: Callable[[str], None] | None) -> None:
    """Print the new lines of a log."""
    for line in log.lines():
        environment.report.say(line)
        if hear:
            hear(line)
