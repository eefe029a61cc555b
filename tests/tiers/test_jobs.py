"""Jobs: what a section [jobs.NAME] builds, and what it leaves as it is."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from build import build, faults, main
from cfnlink import cli
from cfnlink.aws.schedules import runs_a_month, schedule_fault
from cfnlink.cost.bill import bill_of
from cfnlink.picture.arrows import Arrows
from cfnlink.picture.badges import Badges
from cfnlink.picture.inventory import Inventory
from cfnlink.system.folder import read
from cfnlink.system.link import link
from templates.settings import Settings, SettingsError, load_environments
from templates.settings.combinations import invalid_combinations
from tests.helpers import SETTINGS, changed, properties, write_settings
from tests.tiers.resources import System, container, of_type, resources_of

NIGHTLY = {
    "schedule": "cron(0 3 * * ? *)",
    "timezone": "Europe/Berlin",
    "command": ["/service", "report"],
    "retries": 2,
}
MACHINE, SCHEDULE = "AWS::StepFunctions::StateMachine", "AWS::Scheduler::Schedule"


def with_jobs(settings: Settings, **jobs: dict[str, Any]) -> Settings:
    return Settings.model_validate_json(
        json.dumps({**settings.model_dump(mode="json"), "jobs": jobs})
    )


@pytest.fixture(scope="module")
def settings() -> Settings:
    (found,) = load_environments(SETTINGS, ["production"])
    return with_jobs(found, nightly=NIGHTLY)


@pytest.fixture(scope="module")
def jobs(settings: Settings) -> System:
    return resources_of(settings)


def states_of(system: System, name: str) -> dict[str, Any]:
    text, _ = properties(system, name)["DefinitionString"]["Fn::Sub"]
    machine: dict[str, Any] = json.loads(text)
    assert {*_targets(machine)} <= {*machine["States"]}
    return dict(machine["States"])


def _targets(machine: dict[str, Any]) -> Iterator[str]:
    yield machine["StartAt"]
    for state in machine["States"].values():
        ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
        yield from (way["Next"] for way in ways if "Next" in way)
        if "Default" in state:
            yield state["Default"]


def test_a_job_adds_resources_and_changes_none(settings: Settings, jobs: System) -> None:
    """Every other resource is as it was, but what must name the log and the rights."""
    before = resources_of(changed(settings, "jobs", {}))
    added, gone = {*jobs} - {*before}, {*before} - {*jobs}
    other = {name for name in before if name in jobs and before[name] != jobs[name]}

    assert added == {
        "ServiceJobLogGroupNightly",
        "ServiceTaskDefinitionJobNightly",
        "ServiceJobMachineNightly",
        "ServiceJobsRole",
        "ServiceJobsScheduleGroup",
        "ServiceJobsScheduleRole",
        "ServiceJobScheduleNightly",
        "MonitoringJobFailedNightly",
        "MonitoringJobTimedOutNightly",
        "MonitoringJobsMissed",
    }
    assert not gone
    assert other == {"AccountPermissionsBoundary", "ServiceExecutionRole"}


def test_no_stack_imports_what_a_job_adds(settings: Settings) -> None:
    """So a job that leaves the settings blocks the update of no stack."""
    without = build(changed(settings, "jobs", {}))
    built = build(settings)

    for tier in ("service", "monitoring"):
        now, then = (json.loads(each.files[f"{tier}.json"]) for each in (built, without))
        assert now.get("Outputs") == then.get("Outputs")


def test_the_task_of_a_job_is_that_of_the_service_with_a_command(jobs: System) -> None:
    job = deepcopy(properties(jobs, "ServiceTaskDefinitionJobNightly"))
    service = deepcopy(properties(jobs, "ServiceTaskDefinition"))
    own, other = job.pop("ContainerDefinitions")[0], service.pop("ContainerDefinitions")[0]

    assert own.pop("Command") == NIGHTLY["command"]
    assert "PortMappings" not in own
    for key in ("Name", "LogConfiguration", "PortMappings"):
        own.pop(key, None), other.pop(key)
    assert own == other
    assert job.pop("Family") == "shop-production-nightly"
    assert job == service


def test_the_schedule_starts_the_machine_at_the_time_of_its_zone(jobs: System) -> None:
    schedule = properties(jobs, "ServiceJobScheduleNightly")

    assert schedule["ScheduleExpression"] == NIGHTLY["schedule"]
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert schedule["Target"]["Arn"] == {"Ref": "ServiceJobMachineNightly"}


def test_a_run_waits_for_its_end_and_starts_again_where_it_failed(jobs: System) -> None:
    run = states_of(jobs, "ServiceJobMachineNightly")["Run"]

    assert run["Resource"].endswith(":states:::ecs:runTask.sync")
    assert run["TimeoutSeconds"] == 3600
    assert run["Retry"][0]["ErrorEquals"] == ["States.TaskFailed"]
    assert run["Retry"][0]["MaxAttempts"] == 2


def test_only_the_oldest_run_starts_a_task(jobs: System) -> None:
    states = states_of(jobs, "ServiceJobMachineNightly")

    assert states["ListRuns"]["Arguments"]["StatusFilter"] == "RUNNING"
    assert "Executions[-1]" in states["ListRuns"]["Output"]
    assert states["IsAlone"]["Choices"][0]["Next"] == "Run"
    assert states[states["IsAlone"]["Default"]]["Type"] == "Fail"


def test_a_run_whose_time_is_over_is_stopped_and_has_failed(jobs: System) -> None:
    states = states_of(jobs, "ServiceJobMachineNightly")
    (caught,) = states["Run"]["Catch"]
    listed = states[caught["Next"]]
    stopped = states[listed["Next"]]

    assert caught["ErrorEquals"] == ["States.Timeout"]
    assert listed["Arguments"]["Family"] == "shop-production-nightly"
    assert stopped["ItemProcessor"]["States"]["StopTask"]["Resource"].endswith("ecs:stopTask")
    assert states[stopped["Next"]]["Type"] == "Fail"


def test_without_retries_a_run_never_starts_again(settings: Settings) -> None:
    once = resources_of(with_jobs(settings, nightly=NIGHTLY | {"retries": 0}))

    assert "Retry" not in states_of(once, "ServiceJobMachineNightly")["Run"]


def test_the_roles_of_jobs_reach_jobs_only(jobs: System) -> None:
    """They run no task of the service, and start no other state machine."""
    text = json.dumps(properties(jobs, "ServiceJobsRole"))

    assert "stateMachine:shop-production-nightly" in text
    assert "task-definition/shop-production-nightly:*" in text
    assert "ServiceTaskDefinition" not in text
    for name in ("ServiceJobsRole", "ServiceJobsScheduleRole"):
        role = properties(jobs, name)
        assert role["PermissionsBoundary"] == {"Ref": "AccountPermissionsBoundary"}
        assert {tag["Key"] for tag in role["Tags"]} == {"project", "environment"}


def test_a_job_has_a_log_of_seven_days(jobs: System) -> None:
    group = jobs["ServiceJobLogGroupNightly"]
    own = container(jobs, "ServiceTaskDefinitionJobNightly")
    options = own["LogConfiguration"]["Options"]

    assert group["Properties"]["RetentionInDays"] == 7
    assert group["DeletionPolicy"] == "Delete"
    assert options["awslogs-group"] == {"Ref": "ServiceJobLogGroupNightly"}


def test_an_alarm_tells_of_runs_that_fail_end_late_or_never_start(jobs: System) -> None:
    watched = {
        alarm["Properties"]["MetricName"]
        for name, alarm in of_type(jobs, "AWS::CloudWatch::Alarm").items()
        if "Job" in name
    }

    assert watched == {"ExecutionsFailed", "ExecutionsTimedOut", "InvocationDroppedCount"}


@pytest.mark.parametrize(
    ("change", "key", "expected"),
    [
        ({"cpu": 300}, "cpu", "256"),
        ({"memory_mib": 700}, "memory_mib", "512"),
        ({"timezone": "Europe/Berlinn"}, "timezone", "Europe/Berlin"),
        ({"timezone": "GMT+1"}, "timezone", "UTC, or the name of a place, such as Europe/"),
        ({"schedule": "cron(0 3 * * * *)"}, "schedule", "not for both"),
        ({"schedule": "cron(60 3 * * ? *)"}, "schedule", "0 to 59"),
        ({"schedule": "rate(1 minutes)"}, "schedule", "1 minute"),
    ],
)
def test_a_combination_that_cannot_work_is_refused(
    settings: Settings, change: dict[str, Any], key: str, expected: str
) -> None:
    (found,) = invalid_combinations(with_jobs(settings, nightly=NIGHTLY | change))

    assert found.keys[0] == f"jobs.nightly.{key}"
    assert expected in found.expected


def test_the_connections_of_jobs_count(settings: Settings) -> None:
    """The class takes as many as the service opens, and no more."""
    sizes = (changed(settings, "service.database_pool_size", pool) for pool in range(1, 500))
    full = next(each for each in sizes if [*invalid_combinations(each)])
    pool = full.service.database_pool_size - 1
    fits = changed(settings, "service.database_pool_size", pool)
    many = with_jobs(fits, **{f"job{n}": NIGHTLY for n in range(60)})

    assert [found.keys[0] for found in invalid_combinations(many)] == [
        "service.database_pool_size"
    ]


@pytest.mark.parametrize(
    "job",
    ["command = []", 'schedule = "at(2027-01-01T00:00:00)"', "retries = 9", "minutes = 5"],
)
def test_a_wrong_value_is_refused(tmp_path: Path, job: str) -> None:
    project = (SETTINGS / "project.toml").read_text("utf-8")
    given = 'command = ["/run"]\nschedule = "rate(1 hour)"\n'.splitlines()
    lines = [line for line in given if line.split()[0] != job.split(maxsplit=1)[0]]
    write_settings(tmp_path, project, test="\n".join(["[jobs.nightly]", *lines, job]))

    with pytest.raises(SettingsError) as error:
        load_environments(tmp_path)

    assert f"jobs.nightly.{job.split(maxsplit=1)[0]}" in str(error.value)


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        ("rate(1 hour)", 730),
        ("rate(15 minutes)", 2920),
        ("cron(0 3 * * ? *)", 30.4),
        ("cron(0/15 8-17 ? * MON-FRI *)", 869),
        ("cron(0 3 1 * ? *)", 1),
        ("cron(0 3 L JAN,JUL ? *)", 0.17),
        ("cron(0 12 ? * 2#1 *)", 1),
    ],
)
def test_the_bill_counts_the_runs_of_a_schedule(expression: str, runs: float) -> None:
    assert schedule_fault(expression) is None
    assert runs_a_month(expression, 730) == pytest.approx(runs, rel=0.02)


def test_six_jobs_fit_into_the_stack(settings: Settings) -> None:
    many = with_jobs(
        changed(settings, "service.database_pool_size", 3),
        **{f"job{n}": NIGHTLY for n in range(6)},
    )

    assert not [*invalid_combinations(many)]
    assert faults(build(many), Path("output")) == []


def built(folder: Path, egress: str) -> Path:
    project = (SETTINGS / "project.toml").read_text("utf-8")
    own = f"""
[network]
egress = "{egress}"
[monitoring]
alarm_email = "ops@example.com"
[jobs.nightly]
schedule = "cron(0 3 * * ? *)"
command = ["/service", "report"]
"""
    write_settings(folder, project, test=own)
    assert main(["--settings", str(folder)]) == 0
    return folder / "output" / "test"


@pytest.mark.long
@pytest.mark.parametrize("egress", ["public-ip", "endpoints"])
def test_an_environment_with_jobs_is_clean(
    tmp_path: Path, egress: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["lint", str(built(tmp_path, egress))]) == 0, capsys.readouterr().out


def test_the_bill_has_the_transitions_and_the_time_of_jobs(tmp_path: Path) -> None:
    """Calculated independently: a run a day, three states, five minutes of a quarter vCPU."""
    bill = bill_of(read(built(tmp_path, "public-ip")))
    lines = {line.item: line for line in bill.lines if "JobMachine" in line.resource}

    transitions = lines["transitions"]
    assert not bill.not_priced
    assert {"vCPU on demand", "memory on demand", "public addresses"} <= {*lines}
    assert transitions.quantity + transitions.free == pytest.approx(730 / 24 * 3 / 1000)
    assert transitions.unit_price == 0.025
    assert lines["vCPU on demand"].quantity == pytest.approx(730 / 24 * 5 / 60 / 4)


def test_a_job_has_a_card_with_its_time_and_size(tmp_path: Path, settings: Settings) -> None:
    """Its tasks reach the database, and no arrow of the load balancer leads to them."""
    for name, text in build(settings).files.items():
        (tmp_path / name).write_text(text, "utf-8")
    inventory = Inventory(link(read(tmp_path).stacks()))
    (card,) = [each for each in inventory.cards if each.key == "ServiceJobMachineNightly"]
    arrows = {(each.source, each.target) for each in Arrows(inventory).all()}
    badges = [line.text for line in Badges(inventory).by_card()[card.key]]

    assert card.title == "Job on Fargate"
    assert {"cron(0 3 * * ? *)", "Europe/Berlin"} <= {line.text for line in card.lines}
    assert "0.25 vCPU, 512 MB" in [line.text for line in card.lines]
    assert (card.key, "DatabaseInstance") in arrows
    assert ("LoadBalancerLoadBalancer", "ServiceService") in arrows
    assert ("LoadBalancerLoadBalancer", card.key) not in arrows
    assert badges == ["log, 7 days", "2 alarms"]


def test_jobs_of_one_environment_widen_the_one_account_stack(tmp_path: Path) -> None:
    """All environments share the stack, so each builds the same."""
    project = (SETTINGS / "project.toml").read_text("utf-8")
    job = '[jobs.nightly]\nschedule = "rate(1 day)"\ncommand = ["/run"]\n'
    write_settings(tmp_path, project, one="", two=job)

    one, two = (build(each).files["account.yaml"] for each in load_environments(tmp_path))
    (alone,) = load_environments(tmp_path, ["one"])

    assert one == two == build(alone).files["account.yaml"]
    assert "states:StartExecution" in one
