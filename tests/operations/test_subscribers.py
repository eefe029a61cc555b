"""Alarms reach someone, and one address is enough once the domain answers."""

import shutil
from pathlib import Path

import pytest

from build import build, write
from cfnlink.operations.check import FAILED, OK, WARNING
from cfnlink.operations.environment import open_environment
from cfnlink.operations.preflight import budget, quotas
from cfnlink.operations.preflight.context import PreflightContext
from templates.settings import Settings
from tests.helpers import SETTINGS, changed
from tests.operations.helpers import DEVELOPMENT, outputs, run
from tests.operations.stubs import served, stubbed
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal


def own(settings: Settings, folder: Path) -> Path:
    """Return an output folder with settings above it."""
    shutil.copytree(SETTINGS, folder, dirs_exist_ok=True)
    write(build(settings), folder / "output")
    return folder / "output" / settings.environment


def test_without_an_address_every_command_says_that_no_one_hears_of_an_alarm(
    cloud: Cloud, environments: dict[str, Settings], tmp_path: Path
) -> None:
    folder = own(environments["development"], tmp_path)

    run_check = run(cloud, "preflight", folder, "--image-tag", "1")
    done = run(cloud, "deploy", folder, "--image-tag", "1")
    status = run(cloud, "status", folder)

    assert "warning: alarms: no subscriber receives the alarms\n    in " in run_check.out
    assert 'set alarm_email = "you@example.com" in [monitoring]' in run_check.out
    topic = outputs(cloud, "shop-development-monitoring")["AlarmTopicArn"]
    command = f"aws sns subscribe --topic-arn {topic} --protocol email"
    for said in (done.out, status.out):
        assert "warning: alarms: no confirmed subscriber receives the alarms\n" in said
        assert f"    {command} --notification-endpoint you@example.com" in said
    assert status.code == 0, "it is a warning, not a problem"


def test_an_address_counts_once_it_is_confirmed(
    cloud: Cloud, environments: dict[str, Settings], tmp_path: Path
) -> None:
    settings = changed(environments["development"], "monitoring.alarm_email", "ops@example.com")
    folder = own(settings, tmp_path)
    done = run(cloud, "deploy", folder, "--image-tag", "1")
    sns = cloud.client("sns")
    topic = outputs(cloud, "shop-development-monitoring")["AlarmTopicArn"]
    queue = "arn:aws:sqs:us-east-1:000000000000:q"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)

    status = run(cloud, "status", folder)

    assert "the alarms; ops@example.com has not confirmed\n    follow the link" in done.out
    assert "ok: alarms: 1 confirmed subscriber; ops@example.com has not" in status.out


def test_the_second_address_is_named_once_the_domain_answers(
    cloud: Cloud, environments: dict[str, Settings], tmp_path: Path
) -> None:
    with_domain = changed(environments["development"], "dns.domain", "api.example.com")
    folder = own(with_domain, tmp_path)
    run(cloud, "deploy", folder, "--only", "api", "--image-tag", "1")
    before = run(cloud, "status", folder)
    run(cloud, "deploy", folder, "--only", "dns")
    with served(cloud, "development"):
        after = run(cloud, "status", folder)

    assert "can be closed" not in before.out
    assert "ok: address: api.example.com answers" in after.out
    assert 'set default_endpoint = "closed" in [api]' in after.out


def test_a_longer_timeout_needs_a_quota(
    cloud: Cloud,
    production: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    longer = open_environment(own(changed(production, "api.timeout_seconds", 60), tmp_path))
    usual = open_environment(DEVELOPMENT)

    assert list(quotas.integration_timeout(PreflightContext(usual, {}))) == []
    (found,) = quotas.integration_timeout(PreflightContext(longer, {}))

    assert found[0] == FAILED
    assert found[1].endswith("29000 allowed, 60000 wanted")
    assert "--quota-code L-E5AE38E3 --desired-value 60000 --region us-east-1" in found[-1]


@pytest.mark.parametrize("active", [True, False])
def test_a_budget_by_tag_needs_an_active_tag(
    production: Settings, tmp_path: Path, active: bool
) -> None:
    """Replayed: the emulator has no cost explorer."""
    with_budget = changed(production, "account.monthly_budget_usd", 100)
    folder = own(changed(with_budget, "account.budget_by_tag", value=True), tmp_path)
    tag = {"TagKey": "project", "Type": "UserDefined", "Status": "Active"}
    with stubbed(folder, "ce") as (environment, stubs):
        stubs["ce"].add_response(
            "list_cost_allocation_tags",
            {"CostAllocationTags": [tag] if active else []},
            {"Status": "Active", "TagKeys": ["project"]},
        )
        ((result, *_),) = budget.tag_is_active(PreflightContext(environment, {}))

    assert result == (OK if active else WARNING)
