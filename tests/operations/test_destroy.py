"""destroy: rehearsed; the instance that makes its log groups anew is played by the test."""

import signal
from pathlib import Path

import pytest

from operations.target import open_target
from tests.operations.world import DEVELOPMENT, PRODUCTION, run, start, statuses, topic, write
from tests.rehearsal.cloud import Cloud, stacks_of

pytestmark = pytest.mark.rehearsal
LOGS = "/aws/rds/instance/shop-production-1/postgresql"


def test_production_goes_after_both_words_and_its_data_stays(cloud: Cloud) -> None:
    run(cloud, "deploy", PRODUCTION, "--image-tag", "1")
    once = run(cloud, "destroy", PRODUCTION, "--yes", "production")
    untouched = len(statuses(cloud))

    done = run(cloud, "destroy", PRODUCTION, "--yes", "production", "--really")

    assert (once.code, untouched, done.code) == (3, len(stacks_of(PRODUCTION)), 0), done.err
    assert "this is production" in once.err
    assert "destroy" in once.err
    assert "--yes production --really" in once.err
    assert statuses(cloud) == {"shop-account": "CREATE_COMPLETE"}
    (snapshot,) = cloud.client("rds").describe_db_snapshots()["DBSnapshots"]
    name, cost = snapshot["DBSnapshotIdentifier"], "at most 1.90 USD a month"  # 20 GiB x 0.095
    assert f"left: snapshot {name}, {cost}, until you delete it: aws rds delete-db-" in done.out
    backups = "left: automated backups of shop-production-1, at most 1.90 USD a month, until"
    assert backups in done.out
    account = "left: shop-account, which other environments may use, 0.60 USD a month\n"
    assert account in done.out
    assert "of shop-production-database, 0.40 USD a month\n" in done.out


@pytest.mark.parametrize("words", [[], ["--yes", "production"], ["--yes", "dev"]])
def test_nothing_goes_without_the_right_name(cloud: Cloud, words: list[str]) -> None:
    done = run(cloud, "destroy", DEVELOPMENT, *words)

    assert done.code == 2
    assert "development was not touched" in done.err
    assert "--yes development" in done.err


def test_log_groups_that_the_instance_made_anew_are_deleted(cloud: Cloud) -> None:
    cloud.client("logs").create_log_group(logGroupName=LOGS)

    done = run(cloud, "destroy", PRODUCTION, "--yes", "production", "--really")

    assert done.code == 0
    assert f"deleted {LOGS}" in done.out
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


def test_killed_half_way_the_next_run_takes_the_rest(cloud: Cloud) -> None:
    words = ["destroy", DEVELOPMENT, "--yes", "development"]
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    process = start(cloud, *words)
    assert process.stdout
    next(line for line in process.stdout if "-service" in line)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    assert run(cloud, *words).code == 0
    assert statuses(cloud) == {"shop-account": "CREATE_COMPLETE"}


def test_it_comes_up_again_afterwards(cloud: Cloud) -> None:
    """But for the repository and the zone, which the account stack keeps."""
    for _ in range(2):
        assert run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1").code == 0
        assert run(cloud, "destroy", DEVELOPMENT, "--yes", "development").code == 0


def test_an_export_in_use_is_the_cause_that_is_told(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()})
    run(cloud, "deploy", tmp_path)
    alone = write(tmp_path / "alone", one={"Topic": topic()})

    done = run(cloud, "destroy", alone, "--yes", "test")

    assert done.code != 0
    assert "tiny-test-one" in done.err
    assert "next: " in done.err
    assert [stack.tier for stack in open_target(alone).stacks] == ["one"]
