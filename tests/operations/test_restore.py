"""`restore` is rehearsed; the last test asks a real PostgreSQL who may log in."""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from build import main as build
from cfnlink.operations.changes import Change, described, refuse
from cfnlink.operations.commands.restore import _check, _set_passwords, _settings
from cfnlink.operations.database import Database, Psql, deployed_database, psql_image
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.instances import INSTANCE
from cfnlink.operations.origins import of_snapshot
from cfnlink.operations.rollout import restart_tasks
from cfnlink.operations.rotation import USER_SECRET
from cfnlink.operations.service import deployed_service
from cfnlink.system.replacement import REPLACED
from tests.helpers import SETTINGS
from tests.operations.helpers import DEVELOPMENT, Done, run, start
from tests.operations.postgres import with_postgres
from tests.operations.test_deployment_alarms import deployment
from tests.operations.test_destroy import break_instance
from tests.operations.test_rotate import (
    agrees,
    as_owner,
    deploy,
    deploy_on_postgres,
    hidden,
    secret,
    secret_id,
    user,
)
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
OLD, NEW = "shop-development-1", "shop-development-2"


@pytest.fixture(name="shop")
def deployed(cloud: Cloud) -> Cloud:
    deploy(cloud)
    snapshot(cloud, "before")
    return cloud


def snapshot(cloud: Cloud, name: str) -> None:
    cloud.client("rds").create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=OLD)


def built(folder: Path, lines: str, environment: str = "development") -> Path:
    """Return the folder of an environment with more lines in the database's settings."""
    shutil.copytree(SETTINGS, folder, dirs_exist_ok=True)
    file = folder / "environments" / f"{environment}.toml"
    text = file.read_text("utf-8").replace("[database]\n", f"[database]\n{lines}\n")
    file.write_text(text, "utf-8")
    assert build([environment, "--settings", str(folder)]) == 0
    return folder / "output" / environment


def restored(cloud: Cloud, folder: Path, name: str = "before") -> tuple[Path, Done]:
    """Restore a snapshot as a user does."""
    return with_lines(cloud, folder, "--snapshot", name)


def with_lines(cloud: Cloud, folder: Path, *options: str) -> tuple[Path, Done]:
    """As a user does: the command, its lines into the settings, build, the command."""
    asked = run(cloud, "restore", DEVELOPMENT, *options)
    assert asked.code == 2, asked.err
    lines = asked.out.partition("[database]\n")[2]
    target = built(folder, lines)
    return target, run(cloud, "restore", target, *options)


def instances(cloud: Cloud) -> dict[str, Any]:
    found = cloud.client("rds").describe_db_instances()["DBInstances"]
    return {each["DBInstanceIdentifier"]: each for each in found}


def test_what_no_setting_declares_is_reported_line_by_line_and_changes_nothing(
    shop: Cloud,
) -> None:
    done = run(shop, "restore", DEVELOPMENT, "--snapshot", "before")

    assert done.code == 2
    assert done.out.endswith('[database]\ngeneration = 2\nsnapshot = "before"\n')
    settings = DEVELOPMENT.parents[1]
    assert done.err.endswith(
        f"next: in {settings}/environments/development.toml add the lines above\n"
        f"      make build SETTINGS={settings}\n"
        f"      cfnlink restore {DEVELOPMENT} --snapshot before\n"
    )
    assert [*instances(shop)] == [OLD]


def test_a_snapshot_in_the_settings_leads_to_restore_and_changes_nothing(
    shop: Cloud, tmp_path: Path
) -> None:
    """Deploy would bring up the data with the passwords of the snapshot's day."""
    target = built(tmp_path, 'generation = 2\nsnapshot = "before"')
    planned = run(shop, "plan", target, "--json")
    refused = run(shop, "deploy", target, "--wait", "1")

    restore = f"cfnlink restore {target} --snapshot before"
    step = "to put the database back to it: "
    assert (planned.code, refused.code) == (3, 3)
    assert "the settings name the snapshot before\n" in refused.err
    assert refused.err.endswith(f"next: {step}{restore} --wait 1\n")
    assert json.loads(planned.out)["next"] == f"{step}{restore} --json"
    assert [*instances(shop)] == [OLD]


def test_a_replacement_for_another_reason_is_no_restore(tmp_path: Path) -> None:
    """The snapshot that runs already would take back what was written since."""
    environment = open_environment(built(tmp_path, 'generation = 2\nsnapshot = "before"'))
    names = environment.stacks[2].name, "database", "Instance", INSTANCE
    change = described(Change(*names, REPLACED, ("StorageEncrypted",)))

    with pytest.raises(CommandError) as stop:
        refuse(environment, [change], [], "deploy")

    assert stop.value.next_command.startswith("if you accept the loss: ")
    assert "restore" not in stop.value.next_command


def test_a_snapshot_takes_the_instance_s_place_and_the_service_goes_with_it(
    shop: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shop, "rotate", DEVELOPMENT)
    snapshot(shop, "later")
    run(shop, "rotate", DEVELOPMENT)
    before = user(shop), user(shop, "AWSPREVIOUS")
    named, during = deployment(shop)["alarms"], []

    def remember(*known: Any) -> None:
        during.append(deployment(shop)["alarms"]["enable"])
        restart_tasks(*known)

    monkeypatch.setattr("cfnlink.operations.commands.restore.restart_tasks", remember)
    target, done = restored(shop, tmp_path, "later")

    place = instances(shop)[NEW]["Endpoint"]
    assert done.code == 0, done.err
    assert urlsplit(secret(shop, "UrlSecret")).hostname == place["Address"]
    assert (during, deployment(shop)["alarms"]) == ([False], named)
    assert named["enable"] is True
    assert (user(shop), user(shop, "AWSPREVIOUS")) == before
    given = [done.out.index(f"app_{each}: setting the password") for each in "ba"]
    assert given == sorted(given)
    assert done.out.index("new tasks begin") > max(given)
    assert "shop-development-monitoring" in done.out
    assert OLD not in instances(shop)
    agrees(shop)
    hidden(shop, done)
    assert run(shop, "status", target).code == 0
    assert run(shop, "plan", target).out.endswith("Nothing would change.\n")


def test_a_url_of_another_instance_is_changed_once_the_passwords_are_set(
    shop: Cloud, tmp_path: Path
) -> None:
    """CloudFormation did not write it again, or the AWS CLI wrote the old one."""
    run(shop, "rotate", DEVELOPMENT)
    old = secret(shop, "UrlSecret")
    target, _ = restored(shop, tmp_path)
    shop.client("secretsmanager").put_secret_value(
        SecretId=secret_id(shop, "UrlSecret"), SecretString=old
    )

    done = run(shop, "restore", target, "--snapshot", "before")

    assert done.code == 0, done.err
    assert done.out.index("setting the password") < done.out.index("DB_URL names it")
    assert (
        urlsplit(secret(shop, "UrlSecret")).hostname
        == (instances(shop)[NEW]["Endpoint"]["Address"])
    )


def test_the_owner_needs_no_sql(shop: Cloud, tmp_path: Path) -> None:
    """The owner's password is that of its secret, in the snapshot as in the instance."""
    as_owner(shop)

    _, done = restored(shop, tmp_path)

    assert done.code == 0, done.err
    assert "dbadmin: setting the password" not in done.out
    agrees(shop)


def protected(shop: Cloud, folder: Path) -> Path:
    """Return an environment that was restored while its instance was protected."""
    shop.client("rds").modify_db_instance(DBInstanceIdentifier=OLD, DeletionProtection=True)
    target, done = restored(shop, folder)
    assert done.code == 0, done.err
    assert {OLD, NEW} == {*instances(shop)}
    return target


def test_a_protected_instance_stays_and_its_deletion_is_explained(
    shop: Cloud, tmp_path: Path
) -> None:
    target = protected(shop, tmp_path)

    done = run(shop, "status", target)

    assert done.code == 0, done.err
    assert f"{OLD}, an earlier instance of shop-development-database; billed about" in done.out
    assert "USD a month, as the new one is\n" in done.out
    command = done.out.partition("as the new one is\n    ")[2].splitlines()[0]
    # The AWS CLI 1 asks AWS itself about rds, whatever AWS_ENDPOINT_URL says.
    shop.run(command.replace("aws rds", f"aws --endpoint-url {shop.url} rds"))
    assert [*instances(shop)] == [NEW]
    assert backed_up(shop) == [OLD, NEW]
    assert "an earlier instance" not in run(shop, "status", target).out


def backed_up(cloud: Cloud) -> list[str]:
    """Return the instances with a point in time to restore, deleted ones included."""
    answer = cloud.client("rds").describe_db_instance_automated_backups()
    return sorted(each["DBInstanceIdentifier"] for each in answer["DBInstanceAutomatedBackups"])


@pytest.mark.parametrize("name", ["rds:nightly", "awsbackup:job-1"])
def test_a_snapshot_that_aws_took_is_found(shop: Cloud, tmp_path: Path, name: str) -> None:
    snapshot(shop, name)
    asked = run(shop, "restore", DEVELOPMENT, "--snapshot", name)
    run(shop, "destroy", DEVELOPMENT, "--yes", "development")

    told = run(shop, "preflight", built(tmp_path, f'generation = 2\nsnapshot = "{name}"'))

    assert f'snapshot = "{name}"\n' in asked.out
    assert f"the snapshot {name} can be restored" in told.out


def test_an_instance_that_a_failed_restore_left_stops_the_next_one(
    shop: Cloud, tmp_path: Path
) -> None:
    """It has the new generation's name, and the rollback may not delete a protected one."""
    shop.client("rds").create_db_instance(
        DBInstanceIdentifier=NEW,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        DeletionProtection=True,
    )
    target = built(tmp_path, 'generation = 2\nsnapshot = "before"')

    done = run(shop, "restore", target, "--snapshot", "before")

    assert done.code == 2
    assert f"{NEW} exists already and is not the instance of shop-development-" in done.err
    assert f"to keep {NEW}: in " in done.err
    assert "set generation = 3 in [database]\n" in done.err
    assert f"or, to delete {NEW}: aws rds modify-db-instance " in done.err
    assert "cfnlink restore" in done.err
    assert {*instances(shop)} == {OLD, NEW}


def test_the_logs_that_a_deleted_instance_of_the_new_name_left_stop_no_restore(
    shop: Cloud, tmp_path: Path
) -> None:
    """A failed restore left the instance, and the user deleted it as told."""
    for name in logs_of(NEW):
        shop.client("logs").create_log_group(logGroupName=name)
    target = built(tmp_path, 'generation = 2\nsnapshot = "before"')

    done = run(shop, "restore", target, "--snapshot", "before")

    assert done.code == 0, done.err
    assert [f"deleted {name}\n" in done.out for name in logs_of(NEW)] == [True, True]
    assert {name: retentions(shop)[name] for name in logs_of(NEW)} == dict.fromkeys(
        logs_of(NEW), 7
    )


def retentions(cloud: Cloud) -> dict[str, int | None]:
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/rds/")
    return {each["logGroupName"]: each.get("retentionInDays") for each in groups["logGroups"]}


def test_the_logs_of_a_protected_instance_keep_their_retention(
    shop: Cloud, tmp_path: Path
) -> None:
    """CloudFormation deletes its groups, and it makes them again without one."""
    before = retentions(shop)
    target = protected(shop, tmp_path)
    days = {name: 7 for each in (OLD, NEW) for name in logs_of(each)}
    assert before == dict.fromkeys(logs_of(OLD), 7)
    assert retentions(shop) == days

    group = logs_of(OLD)[0]
    shop.client("logs").delete_retention_policy(logGroupName=group)
    said = run(shop, "status", target).out
    assert f"{group} of {OLD} never expires\n    aws logs put-retention-policy " in said


def logs_of(instance: str) -> list[str]:
    return [f"/aws/rds/instance/{instance}/{kind}" for kind in ("postgresql", "upgrade")]


def test_log_groups_that_a_deleted_instance_created_again_are_deleted(
    shop: Cloud, tmp_path: Path
) -> None:
    target, _ = restored(shop, tmp_path)
    shop.client("logs").create_log_group(logGroupName=logs_of(OLD)[0])

    done = run(shop, "restore", target, "--snapshot", "before")

    assert f"deleted {logs_of(OLD)[0]}\n" in done.out
    assert {*retentions(shop)} == {*logs_of(NEW)}


def test_destroy_deletes_an_earlier_instance_before_its_subnet_group(
    shop: Cloud, tmp_path: Path
) -> None:
    """Its final snapshot stays, and is named with what it costs."""
    target = protected(shop, tmp_path)
    refused = run(shop, "destroy", target, "--yes", "development")
    assert refused.code == 3
    assert f"{OLD}, an earlier instance, is protected" in refused.err
    assert {OLD, NEW} == {*instances(shop)}

    done = run(shop, "destroy", target, "--yes", "development", "--really")

    assert done.code == 0, done.err
    assert instances(shop) == {}
    assert f"deleting {OLD}, an earlier instance; {OLD}-final-" in done.out
    assert f"left: snapshot {OLD}-final-" in done.out
    assert retentions(shop) == {}
    assert backed_up(shop) == [OLD, NEW]


def test_a_failed_earlier_instance_is_deleted_without_a_final_snapshot(
    shop: Cloud, tmp_path: Path
) -> None:
    target = protected(shop, tmp_path)
    break_instance(shop, OLD, "incompatible-restore")
    told = run(shop, "status", target).out
    command = told.partition("it is incompatible-restore, so RDS takes no snapshot\n")[2]
    assert "wait" not in command.splitlines()[0]
    assert "--skip-final-snapshot --no-delete-automated-backups" in command.splitlines()[0]

    done = run(shop, "destroy", target, "--yes", "development", "--really")

    assert done.code == 0, done.err
    lost = "it is incompatible-restore, so RDS takes no final snapshot; what remains: its"
    assert f"deleting {OLD}, an earlier instance; {lost} automated backups until " in done.out
    assert instances(shop) == {}
    assert backed_up(shop) == [OLD, NEW]


@pytest.mark.parametrize("step", ["Instance", "setting the password", "new tasks begin"])
@pytest.mark.long
def test_killed_at_any_step_the_next_run_ends_it(
    shop: Cloud, tmp_path: Path, step: str
) -> None:
    run(shop, "rotate", DEVELOPMENT)
    target = built(tmp_path, 'generation = 2\nsnapshot = "before"')
    process = start(shop, "restore", target, "--snapshot", "before")
    for line in process.stdout or ():
        if step in line:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=60)

    done = run(shop, "restore", target, "--snapshot", "before")

    assert done.code == 0, done.err
    assert NEW in instances(shop)
    assert "app_a: setting the password" in done.out
    agrees(shop)
    hidden(shop, done)


def resource_id(cloud: Cloud, name: str = OLD) -> str:
    return str(instances(cloud)[name]["DbiResourceId"])


@pytest.mark.parametrize("time", ["latest", "then"])
def test_a_point_in_time_takes_the_instance_s_place(
    shop: Cloud, tmp_path: Path, time: str
) -> None:
    """Its source is named by its resource id; it and the time stay in the settings."""
    run(shop, "rotate", DEVELOPMENT)
    source, users = resource_id(shop), (user(shop), user(shop, "AWSPREVIOUS"))
    then = f"{instances(shop)[OLD]['LatestRestorableTime']:%Y-%m-%dT%H:%M:%SZ}"
    given = then if time == "then" else time
    asked = run(shop, "restore", DEVELOPMENT, "--time", given)

    target, done = with_lines(shop, tmp_path, "--time", given)

    lines = f'generation = 2\nrestore_source = "{source}"\nrestore_time = "{given}"\n'
    assert asked.out.endswith(f"[database]\n{lines}")
    assert done.code == 0, done.err
    assert f"{source}: {OLD} of " in done.out
    assert [*instances(shop)] == [NEW]
    assert (user(shop), user(shop, "AWSPREVIOUS")) == users
    agrees(shop)
    hidden(shop, done)
    again = run(shop, "restore", target, "--time", given)
    assert again.code == 0, again.err  # the source is gone, its automated backups are not
    assert f"{NEW} is made from it already: " in again.out
    assert "is made from it already" not in done.out
    assert run(shop, "plan", target).out.endswith("Nothing would change.\n")


def test_a_point_in_time_in_the_settings_leads_to_restore_and_changes_nothing(
    shop: Cloud, tmp_path: Path
) -> None:
    source = resource_id(shop)
    lines = f'generation = 2\nrestore_source = "{source}"\nrestore_time = "latest"'
    target = built(tmp_path, lines)

    refused = run(shop, "deploy", target)

    assert refused.code == 3
    assert f"the settings name {source} at latest\n" in refused.err
    step = "to put the database back to it: "
    assert refused.err.endswith(f"next: {step}cfnlink restore {target} --time latest\n")
    assert [*instances(shop)] == [OLD]


def test_a_time_without_a_backup_is_answered_with_those_that_there_are(shop: Cloud) -> None:
    done = run(shop, "restore", DEVELOPMENT, "--time", "2020-01-01T00:00:00+09:00")

    assert done.code == 2
    assert f"{OLD} has no backup of 2019-12-31T15:00:00Z: its backups reach from " in done.err
    assert done.err.endswith(f"next: cfnlink restore {DEVELOPMENT} --time latest\n")


def test_a_source_without_backups_is_refused(shop: Cloud, tmp_path: Path) -> None:
    lines = 'generation = 2\nrestore_source = "db-GONE"\nrestore_time = "latest"'
    done = run(shop, "restore", built(tmp_path, lines), "--time", "latest")

    assert done.code == 2
    assert "RDS has no automated backups of db-GONE" in done.err
    assert [*instances(shop)] == [OLD]


@pytest.mark.parametrize(
    "words",
    [[], ["--snapshot", "a", "--time", "latest"], ["--time", "yesterday"], ["--time", "10:00"]],
)
def test_a_restore_has_one_source_and_a_time_that_exists(
    cloud: Cloud, words: list[str]
) -> None:
    assert run(cloud, "restore", DEVELOPMENT, *words).code == 2


def test_what_the_settings_must_say_is_at_least_what_the_snapshot_has() -> None:
    instance = {
        "DBInstanceIdentifier": "shop-production-3",
        "DBSnapshotIdentifier": "before",
        "EngineVersion": "15.9",
        "AllocatedStorage": "20",
        "MaxAllocatedStorage": 31,
    }
    has = {"DBSnapshotIdentifier": "before", "EngineVersion": "15.9", "AllocatedStorage": 20}
    larger = {**has, "EngineVersion": "15.10", "AllocatedStorage": 41}

    assert _settings(instance, of_snapshot(has)) == {}
    assert _settings(instance, of_snapshot(larger)) == {
        "engine_version": '"15.13"',  # the next one that RDS still creates
        "storage_gib": 41,
        "storage_limit_gib": 52,
    }
    assert _settings(instance, of_snapshot({**has, "DBSnapshotIdentifier": "rds:x"})) == {
        "generation": 4,
        "snapshot": '"rds:x"',
    }


@pytest.mark.parametrize(
    ("stated", "source", "wanted"),
    [
        ("16.15", "15.19", '"15.19"'),
        ("15.19", "16.9", '"16.9"'),
        ("16.15", "15.3", '"15.13"'),
        ("15.19", "15.99", '"15.99"'),
        ("15.19", "15.3", None),
    ],
)
def test_the_settings_must_have_the_major_version_of_the_source(
    stated: str, source: str, wanted: str | None
) -> None:
    instance = {
        "DBInstanceIdentifier": "shop-production-3",
        "DBSnapshotIdentifier": "before",
        "EngineVersion": stated,
        "AllocatedStorage": "20",
        "MaxAllocatedStorage": 100,
    }
    has = {"DBSnapshotIdentifier": "before", "EngineVersion": source, "AllocatedStorage": 20}

    lines = {} if wanted is None else {"engine_version": wanted}
    assert _settings(instance, of_snapshot(has)) == lines


def test_a_snapshot_that_does_not_exist_is_answered_with_those_that_do(shop: Cloud) -> None:
    done = run(shop, "restore", DEVELOPMENT, "--snapshot", "never")

    assert done.code == 2
    assert f"no snapshot never; {OLD} has before" in done.err


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"Encrypted": False}, "shop-now is not encrypted"),
        ({"Status": "creating"}, "shop-now is creating"),
        ({"Engine": "mysql"}, "shop-now is of mysql, and the database is postgres"),
        ({"MasterUsername": "root"}, "shop-now belongs to the user root"),
    ],
)
def test_a_snapshot_that_cannot_serve_is_refused(found: dict[str, Any], message: str) -> None:
    snapshot = {
        "DBSnapshotIdentifier": "shop-now",
        "Engine": "postgres",
        "Status": "available",
        "Encrypted": True,
        "MasterUsername": "dbadmin",
        **found,
    }

    environment = open_environment(DEVELOPMENT)
    database = Database(environment, environment.stacks[2], {})

    with pytest.raises(CommandError) as stop:
        _check(environment, database, of_snapshot(snapshot))

    assert stop.value.code == Exit.UNUSABLE
    assert message in stop.value.message


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, Any]]:
    with with_postgres(tmp_path_factory.mktemp("real")) as (cloud, server):
        yield deploy_on_postgres(cloud, server), server


@pytest.mark.long
def test_a_snapshot_older_than_the_last_rotation_knows_the_users_of_today(
    real: tuple[Cloud, Any], tmp_path: Path
) -> None:
    """The server plays the snapshot's instance: app_a as it was, and no app_b yet."""
    cloud, server = real
    run(cloud, "rotate", DEVELOPMENT)
    snapshot(cloud, "before")
    run(cloud, "rotate", DEVELOPMENT)
    forget = "DROP OWNED BY app_b; DROP ROLE app_b"
    server.sql(f"{forget}; ALTER ROLE app_a PASSWORD 'then'", "rdsadmin", "rdsadmin")

    _, done = restored(cloud, tmp_path)

    assert done.code == 0, done.out + done.err
    for stage in ("AWSCURRENT", "AWSPREVIOUS"):
        one = user(cloud, stage)
        assert server.sql("SELECT count(*) FROM old", one["username"], one["password"]) == "0"
    agrees(cloud)
    hidden(cloud, done)


@pytest.mark.long
def test_a_restore_brings_no_revoked_password_back(
    real: tuple[Cloud, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server plays the snapshot's instance, whose app_a and app_b are as they were."""
    cloud, server = real
    assert run(cloud, "rotate", DEVELOPMENT, "--revoke").code == 0
    for name in ("app_a", "app_b"):
        server.sql(f"ALTER ROLE {name} PASSWORD 'leaked'", "rdsadmin", "rdsadmin")
    for key, value in cloud.environment.items():
        monkeypatch.setenv(key, value)
    environment = open_environment(DEVELOPMENT)
    database, service = deployed_database(environment), deployed_service(environment)
    psql = Psql(database, service, psql_image(environment, service))

    _set_passwords(psql, database.versions(USER_SECRET))

    for name in ("app_a", "app_b"):
        with pytest.raises(AssertionError, match="password authentication failed"):
            server.sql("SELECT 1", name, "leaked")
    now = user(cloud)
    assert server.sql("SELECT 1", now["username"], now["password"]) == "1"
