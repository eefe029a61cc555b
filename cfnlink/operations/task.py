"""Run a command once in the service's own image, such as a migration."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from cfnlink.operations.aws_cli import aws
from cfnlink.operations.outcome import CommandError, Exit
from cfnlink.operations.report import Reporter
from cfnlink.operations.service import Service, deployed_service, log_of, why_stopped
from cfnlink.operations.stacks import pauses
from cfnlink.operations.target import Target

LATE_SECONDS = 2.0  # that a last line may take from the container to its log at AWS


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """Run `task`."""
    service = deployed_service(target)
    why = one_off(target, report, service, service.definition, options.cmd)
    if why:
        message = f"{' '.join(options.cmd)} failed: {why}"
        raise CommandError(Exit.FAILED, message, target.command("logs"))
    report.say("done: it ended with 0")
    return Exit.DONE


def one_off(
    target: Target,
    report: Reporter,
    service: Service,
    definition: dict[str, Any],
    command: Sequence[str] = (),
) -> str:
    """Run a task definition once where the service runs, its log followed.

    command: in place of the image's own. Why it failed; empty when it ended with 0. It
    never runs on Spot, which could end it halfway, and a repeated call starts no second
    task, because it carries the same token:
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
    """
    container = definition["containerDefinitions"][0]
    override = {"name": container["name"], **({"command": [*command]} if command else {})}
    answer = target.client("ecs").run_task(
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
        return _follow(target, report, service, container, arn)
    except KeyboardInterrupt:
        stop = aws(target, "ecs", "stop-task", "--cluster", service.cluster, "--task", arn)
        message = f"interrupted; the task goes on: {arn}"
        raise CommandError(Exit.INTERRUPTED, message, f"to stop it: {stop}") from None


def _follow(
    target: Target, report: Reporter, service: Service, container: dict[str, Any], arn: str
) -> str:
    """Print the log until the task has stopped; return why it failed."""
    log = log_of(target, container, arn)
    report.say(f"task {arn}")
    task: dict[str, Any] = {}
    for pause in pauses():
        target.pause(pause)
        # Just started, it may not be known everywhere yet.
        answer = target.client("ecs").describe_tasks(cluster=service.cluster, tasks=[arn])
        task = answer["tasks"][0] if answer["tasks"] else {}
        report.working("task", task.get("lastStatus", "not seen yet"))
        for line in log.lines():
            report.say(line)
        if task.get("lastStatus") == "STOPPED":
            break
    target.pause(0 if target.emulated else LATE_SECONDS)
    for line in log.lines():
        report.say(line)
    report.working("task")
    codes = [each.get("exitCode") for each in task["containers"]]
    report.result({"task": arn, "exit_code": codes[0]})
    return "" if codes == [0] else why_stopped(task)
