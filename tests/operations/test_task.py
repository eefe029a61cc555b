"""`task`, `logs` and `key` are rehearsed; a task that never starts is replayed."""

import json
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from cfnlink.operations.jobs import why_failed
from cfnlink.operations.service import Service
from cfnlink.operations.task import one_off
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, outputs, run, start
from tests.operations.stubs import stubbed
from tests.operations.suggestions import hold
from tests.operations.test_terminal import on_a_terminal
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
PLANTED = "postgres://owner:planted0secret@db/app"


@pytest.fixture(name="shop")
def deployed(cloud: Cloud) -> Cloud:
    assert run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1").code == 0
    return cloud


def tasks(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the tasks of no service but those of SQL, stopped ones included."""
    ecs = cloud.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=cluster, desiredStatus=status)["taskArns"]
    ]
    found = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    return [
        task
        for task in found
        if not task["group"].startswith("service:") and "-sql:" not in task["taskDefinitionArn"]
    ]


def test_a_command_runs_once_in_the_service_s_image_and_its_lines_are_followed(
    shop: Cloud,
) -> None:
    done = run(shop, "task", DEVELOPMENT, "--", "sh", "-c", "echo one; echo two")

    (task,) = tasks(shop)
    ecs = shop.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    (arn,) = ecs.list_services(cluster=cluster)["serviceArns"]
    (service,) = ecs.describe_services(cluster=cluster, services=[arn])["services"]
    assert done.code == 0, done.err
    assert "one\ntwo\n" in done.out
    assert task["taskDefinitionArn"] == service["taskDefinition"]
    assert task["launchType"] == "FARGATE"


def test_its_exit_code_is_reported(shop: Cloud) -> None:
    done = run(shop, "task", DEVELOPMENT, "--json", "--", "sh", "-c", "echo no >&2; exit 3")

    assert done.code == 1
    assert '"exit_code": 3' in done.out
    assert "no\n" in done.err
    assert "service ended with 3" in done.err
    assert f"next: cfnlink logs {DEVELOPMENT}" in done.err


def test_a_program_that_the_image_lacks_is_reported(shop: Cloud) -> None:
    done = run(shop, "task", DEVELOPMENT, "--", "no-such-program")

    assert done.code == 1
    assert "CannotStartContainerError" in done.err
    assert "no-such-program" in done.err


def test_no_secret_of_its_log_is_shown(shop: Cloud) -> None:
    task = run(shop, "task", DEVELOPMENT, "--", "echo", PLANTED)
    logs = run(shop, "logs", DEVELOPMENT, "--once")

    for done in (task, logs):
        assert done.code == 0, done.err
        assert "postgres://owner:(hidden)@db/app" in done.out
        assert "planted0secret" not in done.out + done.err


def test_an_interrupted_operation_goes_on_and_its_end_is_reported(shop: Cloud) -> None:
    process = start(shop, "task", DEVELOPMENT, "--", "sh", "-c", "echo begun; exec sleep 60")
    for line in process.stdout or ():
        if line == "begun\n":
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    (task,) = tasks(shop)
    stop = f"aws ecs stop-task --cluster {task['clusterArn'].split('/')[-1]}"
    assert process.returncode == 130
    assert "the task goes on" in err
    hold(err)
    assert f"next: to stop it: {stop} --task {task['taskArn']} --region us-east-1" in err
    assert task["lastStatus"] == "RUNNING"


def test_logs_follow_until_ctrl_c_and_begin_at_the_given_time(shop: Cloud) -> None:
    run(shop, "task", DEVELOPMENT, "--", "echo", "a line")

    process = start(shop, "logs", DEVELOPMENT, "--since", "2h")
    for line in process.stdout or ():
        if line == "a line\n":
            break
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    wrong = run(shop, "logs", DEVELOPMENT, "--since", "yesterday")

    assert process.returncode == 0
    assert wrong.code == 2
    assert "yesterday is no time" in wrong.err


def test_a_background_job_goes_on_at_ctrl_c_and_ends_in_order_at_kill(shop: Cloud) -> None:
    """A shell starts it with SIGINT ignored, and Ctrl-C is meant for the foreground."""
    run(shop, "task", DEVELOPMENT, "--", "echo", "before it")
    process = start(shop, "logs", DEVELOPMENT, "--since", "2h", in_background=True)
    lines = iter(process.stdout or ())
    assert "before it\n" in lines

    process.send_signal(signal.SIGINT)
    run(shop, "task", DEVELOPMENT, "--", "echo", "after it")
    assert "after it\n" in lines
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, "")


def test_the_key_is_shown_on_a_terminal_and_nowhere_else(shop: Cloud) -> None:
    name = outputs(shop, "shop-development-api")["KeyDefault"]
    key = shop.client("apigateway").get_api_key(apiKey=name, includeValue=True)

    piped = run(shop, "key", DEVELOPMENT)
    code, shown = on_a_terminal(shop, "key", str(DEVELOPMENT), "--client", "default")
    as_json, shown_as_json = on_a_terminal(shop, "key", str(DEVELOPMENT), "--json")

    assert (code, piped.code, as_json) == (0, 2, 2)
    assert key["value"] in shown
    assert key["value"] not in piped.out + piped.err + shown_as_json
    command = piped.err.partition("next: ")[2].strip()
    assert shop.run(command).strip() == key["value"]


def test_a_missing_client_is_reported_with_an_existing_one(shop: Cloud) -> None:
    done = run(shop, "key", DEVELOPMENT, "--client", "partner")

    assert done.code == 2
    assert done.err.startswith("no client partner; there are default")
    assert done.err.endswith(f"next: cfnlink key {DEVELOPMENT} --client default\n")


def test_without_a_service_there_is_nothing_to_run(shop: Cloud) -> None:
    run(shop, "destroy", DEVELOPMENT, "--yes", "development")

    for command in (["task", DEVELOPMENT, "--", "true"], ["logs", DEVELOPMENT, "--once"]):
        done = run(shop, *command)

        assert done.code == 2
        assert f"next: cfnlink deploy {DEVELOPMENT}" in done.err


def test_a_task_that_did_not_start_says_why() -> None:
    """Replayed: no image is missing in the emulator."""
    task = {
        "taskArn": "arn:aws:ecs:us-east-1:1:task/cluster/1",
        "lastStatus": "STOPPED",
        "stoppedReason": "CannotPullContainerError: not found",
        "containers": [{"name": "service"}],
    }
    container = {"name": "service", "logConfiguration": {"logDriver": "splunk"}}
    definition: Any = {"taskDefinitionArn": "arn", "containerDefinitions": [container]}
    with stubbed(PRODUCTION, "ecs") as (environment, stubs):
        stubs["ecs"].add_response("run_task", {"tasks": [task], "failures": []})
        stubs["ecs"].add_response("describe_tasks", {"tasks": [task], "failures": []})
        why = one_off(
            environment,
            Service("s", "c", {}, definition, datetime.now(UTC)),
            definition,
        )

    assert why == "CannotPullContainerError: not found"


def test_a_job_whose_container_does_not_start_says_why() -> None:
    """Replayed: Step Functions gives the task with its own keys, as text."""
    container = {"Name": "report", "Reason": "CannotPullContainerError: no such image"}
    task = {"StoppedReason": "Task failed to start", "Containers": [container]}
    ended = {"status": "FAILED", "error": "States.TaskFailed", "cause": json.dumps(task)}

    assert why_failed(ended) == (
        "States.TaskFailed: Task failed to start; "
        "report: CannotPullContainerError: no such image"
    )


@pytest.mark.parametrize(
    ("ended", "why"),
    [
        ({"error": "Late", "cause": "it is over"}, "Late: it is over"),
        ({"error": "Late", "cause": "[7]"}, "Late: [7]"),
        ({"status": "ABORTED"}, "ABORTED"),
    ],
)
def test_a_job_that_no_task_ended_says_why(ended: dict[str, str], why: str) -> None:
    assert why_failed(ended) == why


def test_a_task_that_finds_no_place_says_why() -> None:
    """Replayed: the emulator's capacity has no end."""
    failure = {"arn": "arn", "reason": "Capacity is unavailable at this time"}
    definition: Any = {
        "taskDefinitionArn": "arn",
        "containerDefinitions": [{"name": "service"}],
    }
    with stubbed(PRODUCTION, "ecs") as (environment, stubs):
        stubs["ecs"].add_response("run_task", {"tasks": [], "failures": [failure]})
        why = one_off(
            environment,
            Service("s", "c", {}, definition, datetime.now(UTC)),
            definition,
        )

    assert why == "no task was started: Capacity is unavailable at this time"
