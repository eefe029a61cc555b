"""`destroy` is rehearsed; the test creates the log groups as a dying instance does."""

import json
import signal
from itertools import count
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from cfnlink.cost.bill import bill_of
from cfnlink.operations import deletion
from cfnlink.operations.commands import destroy
from cfnlink.operations.environment import open_environment
from cfnlink.operations.instances import WITHOUT_SNAPSHOT
from cfnlink.operations.protection import without_instance_protection
from cfnlink.operations.stack_policy import document
from cfnlink.system.folder import read
from tests.operations.fault_proxy import FaultProxy
from tests.operations.helpers import (
    DEVELOPMENT,
    INSTANCE,
    PRODUCTION,
    reset,
    run,
    start,
    statuses,
    topic,
    write,
)
from tests.rehearsal.cloud import Cloud, stacks_of
from tests.reliability import record

pytestmark = pytest.mark.rehearsal
LOGS = "/aws/rds/instance/shop-production-1/postgresql"


def test_production_is_deleted_after_both_options_and_its_data_stays(cloud: Cloud) -> None:
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
    (remains,) = (
        line for line in bill_of(read(PRODUCTION)).remaining if line.item == "automated backups"
    )
    backups = (
        f"automated backups of shop-production-1, at most {remains.per_month:.2f} USD in all"
    )
    assert f"left: {backups}, until their 7 days are over\n" in done.out
    account = "left: shop-account, which other environments may use, 0.60 USD a month\n"
    assert account in done.out
    kept = "of shop-production-database, 0.40 USD a month, until you delete it: aws secretsman"
    assert kept in done.out


@pytest.mark.parametrize("words", [[], ["--yes", "production"], ["--yes", "dev"]])
def test_nothing_is_deleted_without_the_right_name(cloud: Cloud, words: list[str]) -> None:
    done = run(cloud, "destroy", DEVELOPMENT, *words)

    assert done.code == 2
    assert "development was not touched" in done.err
    assert "--yes development" in done.err


def test_what_was_never_deployed_needs_no_second_word(cloud: Cloud) -> None:
    done = run(cloud, "destroy", PRODUCTION, "--yes", "production")

    assert done.code == 0, done.err
    assert "production is deleted: 0 stacks." in done.out


def test_log_groups_that_the_instance_created_again_are_deleted(cloud: Cloud) -> None:
    cloud.client("logs").create_log_group(logGroupName=LOGS)

    done = run(cloud, "destroy", PRODUCTION, "--yes", "production", "--really")

    assert done.code == 0
    assert f"deleted {LOGS}" in done.out
    assert cloud.client("logs").describe_log_groups()["logGroups"] == []


@pytest.mark.fault("destroy is killed half-way", "the next run takes the rest")
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


def test_nothing_is_deleted_while_a_stack_of_others_imports_an_export(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()})
    run(cloud, "deploy", tmp_path)
    alone = write(tmp_path / "alone", one={"Topic": topic()}, three={"Topic": topic()})
    run(cloud, "deploy", alone)

    done = run(cloud, "destroy", alone, "--yes", "test")

    assert done.code == 1
    used = "tiny-test-two imports tiny-test-one-First of tiny-test-one"
    assert f"test was not touched: {used}\n" in done.err
    assert "next: delete tiny-test-two, or take the imports out\n" in done.err
    assert done.err.endswith(f"then: cfnlink destroy {alone} --yes test\n")
    assert len(statuses(cloud)) == 3


def test_a_certificate_that_is_still_in_use_is_deleted_a_little_later(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "IN_USE_PAUSE_SECONDS", 0)
    certificate = {
        "Type": "AWS::CertificateManager::Certificate",
        "Properties": {"DomainName": "in-use.example.com", "ValidationMethod": "DNS"},
    }
    folder = write(tmp_path, one={"Topic": topic(), "Certificate": certificate})
    deployed = run(cloud, "deploy", folder)
    assert deployed.code == 0, deployed.err

    done = run(cloud, "destroy", folder, "--yes", "test")

    assert done.code == 0, done.err
    assert "tiny-test-one: Certificate is still in use; " in done.out
    assert cloud.client("acm").list_certificates()["CertificateSummaryList"] == []


DESTROY = "--yes", "test", "--really"


def guarded(folder: Path) -> Path:
    """Two small stacks, of which the first has a database."""
    return write(folder, one={"Topic": topic(), "Instance": INSTANCE}, two={"Topic": topic()})


def unprotected(cloud: Cloud) -> list[str]:
    """What may be deleted, of the stacks and the instance that are there."""
    formation = cloud.client("cloudformation")
    found = [
        each["StackName"]
        for each in formation.describe_stacks()["Stacks"]
        if not each.get("EnableTerminationProtection")
    ]
    for each in cloud.client("rds").describe_db_instances()["DBInstances"]:
        found += [] if each["DeletionProtection"] else [each["DBInstanceIdentifier"]]
        answer = formation.get_stack_policy(StackName="tiny-test-one")
        is_kept = json.loads(answer["StackPolicyBody"]) == document(["Instance"])
        found += [] if is_kept else ["policy"]
    return found


def test_what_a_failed_deletion_leaves_is_protected_again(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another stack imports what the database's stack exports, after destroy has looked."""
    monkeypatch.setattr(destroy, "refuse_imported", lambda _: None)
    folder = guarded(tmp_path)
    run(cloud, "deploy", folder)
    alone = tmp_path / "alone"
    write(alone, one={"Topic": topic(), "Instance": INSTANCE})
    waiting = {"DBInstanceIdentifier": "tiny", "AllocatedStorage": 30}
    cloud.client("rds").modify_db_instance(**waiting)  # for the maintenance window

    done = run(cloud, "destroy", alone, *DESTROY)

    assert done.code != 0
    assert "put back, since the stack stays: tiny has no deletion protection" in done.out
    assert unprotected(cloud) == []
    (instance,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert instance["AllocatedStorage"] == 20


def test_an_instance_that_lost_its_protection_is_reported_and_gets_it_back(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder = guarded(tmp_path)
    run(cloud, "deploy", folder)
    cloud.client("rds").modify_db_instance(
        DBInstanceIdentifier="tiny", DeletionProtection=False
    )
    formation = cloud.client("cloudformation")
    formation.update_termination_protection(
        StackName="tiny-test-two", EnableTerminationProtection=False
    )

    told = run(cloud, "status", folder)
    done = run(cloud, "deploy", folder)

    assert told.code == 1
    assert "\n  tiny has no deletion protection; the template states it\n" in told.out
    assert "warning: tiny-test-two has no termination protection; fix: cfnlink" in told.out
    assert f"next: cfnlink deploy {folder}" in told.out
    assert "protected again: tiny has no deletion protection" in done.out
    assert unprotected(cloud) == []
    assert run(cloud, "status", folder).code == 0


def test_a_stopped_instance_is_reported_with_the_command_that_starts_it(
    cloud: Cloud, tmp_path: Path
) -> None:
    """RDS lifts no protection of it and takes no final snapshot. No stack is deleted before."""
    folder = guarded(tmp_path)
    run(cloud, "deploy", folder)
    before = statuses(cloud)
    cloud.client("rds").stop_db_instance(DBInstanceIdentifier="tiny")

    done = run(cloud, "destroy", folder, *DESTROY)

    assert done.code == 1
    assert "tiny is stopped: RDS modifies no such instance" in done.err
    start = "aws rds start-db-instance --db-instance-identifier tiny --region us-east-1"
    assert f"next: {start} && aws rds wait db-instance-available " in done.err
    assert f"cfnlink destroy {folder} --yes test --really" in done.err
    assert statuses(cloud) == before
    cloud.client("rds").start_db_instance(DBInstanceIdentifier="tiny")
    assert run(cloud, "destroy", folder, *DESTROY).code == 0


def test_a_stopped_instance_without_its_protection_stops_a_deployment(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder, rds = guarded(tmp_path), cloud.client("rds")
    run(cloud, "deploy", folder)
    rds.modify_db_instance(DBInstanceIdentifier="tiny", DeletionProtection=False)
    rds.stop_db_instance(DBInstanceIdentifier="tiny")

    done = run(cloud, "deploy", folder)

    assert done.code == 1
    assert "tiny is stopped: " in done.err
    assert "aws rds start-db-instance --db-instance-identifier tiny" in done.err
    assert f"cfnlink deploy {folder}" in done.err


@pytest.mark.parametrize("status", WITHOUT_SNAPSHOT)
def test_an_instance_without_a_final_snapshot_goes_after_a_confirmation(
    cloud: Cloud, tmp_path: Path, status: str
) -> None:
    """RDS deletes it in these states only so; what remains of its data is told before."""
    values = {**INSTANCE["Properties"], "DeletionProtection": False}
    instance = {**INSTANCE, "DeletionPolicy": "Snapshot", "Properties": values}
    folder = write(tmp_path, one={"Topic": topic(), "Instance": instance})
    assert run(cloud, "deploy", folder).code == 0
    rds = cloud.client("rds")
    rds.create_db_snapshot(DBSnapshotIdentifier="before", DBInstanceIdentifier="tiny")
    break_instance(cloud, "tiny", status)

    refused = run(cloud, "destroy", folder, "--yes", "test")
    done = run(cloud, "destroy", folder, *DESTROY)

    lost = f"it is {status}, so RDS takes no final snapshot; what remains: its automated"
    assert refused.code == 3
    assert f"refused to destroy test: tiny: {lost} backups until " in refused.err
    assert "the snapshot before" in refused.err
    assert done.code == 0, done.err
    assert f"tiny-test-one: deleting tiny; {lost}" in done.out
    assert rds.describe_db_instances()["DBInstances"] == []
    (left,) = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert left["DBInstanceIdentifier"] == "tiny"


def break_instance(cloud: Cloud, name: str, status: str) -> None:
    """Give an instance a status that no call of AWS makes."""
    rds = cloud.client("rds")
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    tag = {"Key": "emulator:status", "Value": status}
    rds.add_tags_to_resource(ResourceName=found["DBInstanceArn"], Tags=[tag])


def test_an_instance_of_no_stack_is_protected_again_where_its_deletion_fails(
    cloud: Cloud,
) -> None:
    rds, values = cloud.client("rds"), INSTANCE["Properties"]
    rds.create_db_instance(**values | {"AllocatedStorage": 20})
    (found,) = rds.describe_db_instances()["DBInstances"]
    environment = open_environment(DEVELOPMENT)
    environment.clients.rds = rds

    with pytest.raises(ClientError), without_instance_protection(environment, found):
        rds.delete_db_instance(DBInstanceIdentifier="absent", SkipFinalSnapshot=True)

    assert rds.describe_db_instances()["DBInstances"][0]["DeletionProtection"]


def kill_after(
    cloud: Cloud, url: str, folder: Path, call: int | bytes, monkeypatch: pytest.MonkeyPatch
) -> list[str] | None:
    """Kill a destroy after a call, and deploy again; return what had no protection.

    call: its number, or words of its body. None where no call was the last.
    """
    reset(cloud)
    assert run(cloud, "deploy", folder).code == 0
    monkeypatch.setattr(FaultProxy, "calls", count(1))
    monkeypatch.setattr(FaultProxy, "kills", call)
    monkeypatch.setattr(FaultProxy, "kills_at", call if isinstance(call, bytes) else b"")
    process = start(cloud, "destroy", folder, *DESTROY, AWS_ENDPOINT_URL=url)
    monkeypatch.setattr(FaultProxy, "victim", process)
    process.communicate(timeout=60)
    told = run(cloud, "status", folder)
    lost = unprotected(cloud)

    done = run(cloud, "deploy", folder)

    assert all(name in told.out for name in lost), (call, lost, told.out)
    assert done.code == 0, (call, done.err)
    assert {*statuses(cloud)} == {"tiny-test-one", "tiny-test-two"}
    assert unprotected(cloud) == [], call
    return lost if process.returncode == -signal.SIGKILL else None


def test_killed_without_its_protection_the_database_gets_it_back(
    cloud: Cloud, between: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifts = b"DeletionProtection=false"

    lost = kill_after(cloud, between, guarded(tmp_path), lifts, monkeypatch)

    assert lost == ["tiny"]


@pytest.mark.faults
def test_a_destroy_that_is_killed_after_any_call_leaves_what_deploy_protects_again(
    cloud: Cloud, between: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, number = guarded(tmp_path), 1
    while kill_after(cloud, between, folder, number, monkeypatch) is not None:
        number += 1
    ended = "status named what had no protection, and deploy protected it again"
    record("destroy is killed after each of its calls", number - 1, ended)


def test_a_kept_queue_whose_id_is_an_address_is_deleted_by_the_printed_command(
    cloud: Cloud, tmp_path: Path
) -> None:
    """Version 1 of the AWS CLI would read the page of the address in place of its text."""
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    folder = write(tmp_path / "test", one={"Queue": {"Type": "AWS::SQS::Queue", **kept}})
    assert run(cloud, "deploy", folder).code == 0

    done = run(cloud, "destroy", folder, "--yes", "test", "--really")

    assert done.code == 0, done.err
    assert "aws cloudcontrol delete-resource --cli-input-json" in done.out
