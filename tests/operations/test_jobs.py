"""`task --job` and `logs --job` are rehearsed, to the process that the task runs."""

import json
import signal
from pathlib import Path

import pytest

from build import main as build_main
from tests.helpers import SETTINGS, write_settings
from tests.operations.helpers import begun, run, start
from tests.rehearsal.cloud import Cloud

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]

JOBS = """
[service]
maximum_tasks = 2

[jobs.good]
schedule = "cron(0 3 * * ? *)"
command = ["sh", "-c", "echo counted 7; echo $PORT"]

[jobs.bad]
schedule = "rate(1 day)"
command = ["sh", "-c", "echo broken >&2; exit 3"]

[jobs.absent]
schedule = "rate(1 day)"
command = ["/service", "report"]

[jobs.slow]
schedule = "rate(1 day)"
command = ["sh", "-c", "echo begun; exec sleep 60"]
timeout_minutes = 5
"""


@pytest.fixture(scope="module", name="folder")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs")
    project = (SETTINGS / "project.toml").read_text("utf-8")
    write_settings(folder, project, test=JOBS)
    assert build_main(["--settings", str(folder)]) == 0
    return folder / "output" / "test"


@pytest.fixture(name="shop")
def deployed(cloud: Cloud, folder: Path) -> Cloud:
    done = run(cloud, "deploy", folder, "--image-tag", "1")
    assert done.code == 0, done.err
    return cloud


def test_a_job_runs_now_and_its_lines_are_followed(shop: Cloud, folder: Path) -> None:
    done = run(shop, "task", folder, "--job", "good")
    logs = run(shop, "logs", folder, "--job", "good", "--once")
    service = run(shop, "logs", folder, "--once")

    assert done.code == 0, done.err
    assert "counted 7\n3000\n" in done.out
    assert "done: the job good ended with 0" in done.out
    assert logs.out == "counted 7\n3000\n"
    assert "counted" not in service.out


def test_a_job_that_fails_is_reported_with_its_exit_code(shop: Cloud, folder: Path) -> None:
    done = run(shop, "task", folder, "--job", "bad", "--json")

    assert done.code == 1
    assert "broken\n" in done.err
    assert "bad ended with 3" in done.err
    assert json.loads(done.out)["status"] == "FAILED"
    assert f"next: cfnlink logs {folder} --job bad" in done.err


def test_a_job_whose_program_the_emulator_lacks_says_so(shop: Cloud, folder: Path) -> None:
    done = run(shop, "task", folder, "--job", "absent")

    assert done.code == 1
    assert "the emulator has no /service" in done.err
    assert "None" not in done.err


def test_a_second_run_is_left_out_while_one_goes_on(shop: Cloud, folder: Path) -> None:
    first = start(shop, "task", folder, "--job", "slow")
    for line in first.stdout or ():
        if line == "begun\n":
            break
    second = run(shop, "task", folder, "--job", "slow")
    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=60)

    assert second.code == 1
    assert "EarlierRunGoesOn" in second.err
    assert first.returncode == 130
    assert "the job goes on" in err
    assert "aws stepfunctions stop-execution --execution-arn" in err


def test_the_schedules_start_the_state_machines(shop: Cloud) -> None:
    scheduler = shop.client("scheduler")
    machines = shop.client("stepfunctions").list_state_machines()["stateMachines"]
    found = {
        each["Target"]["Arn"]
        for each in scheduler.list_schedules(GroupName="shop-test")["Schedules"]
    }

    assert found == {machine["stateMachineArn"] for machine in machines}
    assert {machine["name"] for machine in machines} == {
        "shop-test-good",
        "shop-test-bad",
        "shop-test-absent",
        "shop-test-slow",
    }


def test_a_job_that_does_not_exist_is_refused(cloud: Cloud, folder: Path) -> None:
    for command in ("task", "logs"):
        done = run(cloud, command, folder, "--job", "godo")

        assert done.code == 2
        assert "there is no job godo; the jobs here: absent, bad, good, slow" in done.err


def test_a_job_leaves_with_its_section(shop: Cloud, folder: Path, tmp_path: Path) -> None:
    """One deployment removes it, after it has asked for the logs, and the database stays.

    The refusal comes before the account's stack takes the running jobs their rights.
    """
    project = (SETTINGS / "project.toml").read_text("utf-8")
    write_settings(tmp_path, project, test="")
    assert build_main(["--settings", str(tmp_path)]) == 0

    output = tmp_path / "output" / "test"
    groups = [f"JobLogGroup{name}" for name in ("Good", "Bad", "Absent", "Slow")]
    formation = shop.client("cloudformation")
    before = formation.describe_stacks()["Stacks"]
    refused = run(shop, "deploy", output)
    after = formation.describe_stacks()["Stacks"]
    for stack in (*before, *after):
        stack.pop("LastOperations")  # a change set that was only read is one, too
    allowed = [word for group in groups for word in ("--allow-replacement", group)]
    done = run(shop, "deploy", output, *allowed)

    assert refused.code == 3
    assert all(f"{group} would be removed" in refused.err for group in groups)
    assert after == before
    assert done.code == 0, done.err
    assert begun(shop, "shop-account", "UPDATE_IN_PROGRESS") == 1
    assert shop.client("stepfunctions").list_state_machines()["stateMachines"] == []
    assert len(shop.client("rds").describe_db_instances()["DBInstances"]) == 1
