"""A DB instance of the emulator that is a real server does what an instance of RDS does."""

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.operations.helpers import INSTANCE
from tests.operations.postgres import answer_of
from tests.rehearsal.cloud import Cloud, emulator
from tests.tools import need

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
OWNER, PASSWORD = "dbadmin", "of-a-test"


@dataclass(frozen=True)
class Account:
    """An emulator with servers, and the certificate of their authority."""

    cloud: Cloud
    psql: Path
    authority: Path

    @property
    def rds(self) -> Any:
        return self.cloud.client("rds")

    def create(self, name: str, **properties: Any) -> None:
        """Create or update a stack of one instance with a parameter group."""
        given = {"DBInstanceIdentifier": name, "DBName": "app", "DeletionProtection": False}
        wanted = {**INSTANCE["Properties"], "EngineVersion": "15.13", **given, **properties}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        group = {"Family": "postgres15", "Description": "x"}
        group["Parameters"] = wanted.pop("Parameters", {"log_min_duration_statement": "1234"})
        wanted["DBParameterGroupName"] = {"Ref": "Group"}
        body = {
            "Resources": {
                "Group": {"Type": "AWS::RDS::DBParameterGroup", "Properties": group},
                "Instance": {**INSTANCE, "Properties": wanted},
            }
        }
        api = self.cloud.client("cloudformation")
        there = {each["StackName"] for each in api.describe_stacks()["Stacks"]}
        verb = "update" if name in there else "create"
        getattr(api, f"{verb}_stack")(StackName=name, TemplateBody=json.dumps(body))
        waiter = api.get_waiter(f"stack_{verb}_complete")
        try:
            waiter.wait(StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})
        except WaiterError:
            events = api.describe_stack_events(StackName=name)["StackEvents"]
            pytest.fail(str([each.get("ResourceStatusReason") for each in events]))

    def endpoint(self, name: str) -> dict[str, Any]:
        (found,) = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return dict(found["Endpoint"])

    def resource_id(self, name: str) -> str:
        (found,) = self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return str(found["DbiResourceId"])

    def sql(self, name: str, text: str, password: str = PASSWORD, **more: str) -> str:
        """What the owner is answered; AssertionError with the server's words if refused."""
        endpoint = self.endpoint(name)
        return self.sql_at(endpoint, text, password, **more)

    def sql_at(self, endpoint: dict[str, Any], text: str, password: str, **more: str) -> str:
        place = {"PGHOST": endpoint["Address"], "PGPORT": str(endpoint["Port"])}
        tls = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(self.authority)}
        who = {"PGUSER": OWNER, "PGPASSWORD": password, "PGDATABASE": "app"}
        return answer_of(self.psql, text, {**place, **tls, **who, **more})

    def wait(self, name: str) -> None:
        self.rds.get_waiter("db_instance_available").wait(
            DBInstanceIdentifier=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
        )


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    programs = Path(need("postgres")).parent
    home = tmp_path_factory.mktemp("databases")
    options = {"DATABASES": str(programs), "DATABASES_BUNDLE": str(home / "authority.pem")}
    with emulator(home, **options) as cloud:
        yield Account(cloud, programs / "psql", home / "authority.pem")


def test_an_instance_has_the_owner_the_parameters_and_the_certificate_of_its_template(
    account: Account,
) -> None:
    account.create("first")
    owner = "SELECT rolsuper, rolcreaterole, current_database() FROM pg_roles "

    assert account.sql("first", f"{owner} WHERE rolname = current_user") == "f|t|app"
    assert account.sql("first", "SHOW log_min_duration_statement") == "1234ms"
    assert account.sql("first", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    with pytest.raises(AssertionError, match="no encryption"):
        account.sql("first", "SELECT 1", PGSSLMODE="disable")
    with pytest.raises(AssertionError, match="password authentication failed"):
        account.sql("first", "SELECT 1", "another")
    with pytest.raises(AssertionError, match="certificate verify failed"):
        account.sql("first", "SELECT 1", PGSSLROOTCERT=str(_another_authority(account)))
    with pytest.raises(AssertionError, match="rejects connection"):
        account.sql("first", "SELECT 1", PGUSER="rdsadmin")


def _another_authority(account: Account) -> Path:
    path = account.cloud.home / "another.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=another"]
    keys = ["-keyout", os.devnull, "-out", str(path)]
    subprocess.run([need("openssl"), *request, *keys], check=True, capture_output=True)
    return path


def test_without_force_ssl_a_session_may_be_without_tls(account: Account) -> None:
    account.create("open", Parameters={"rds.force_ssl": "0"})

    assert account.sql("open", "SELECT 1", PGSSLMODE="disable") == "1"

    account.create("open", Parameters={"rds.force_ssl": "1"})
    with pytest.raises(AssertionError, match="no encryption"):
        account.sql("open", "SELECT 1", PGSSLMODE="disable")


def test_a_static_parameter_waits_for_a_reboot_which_keeps_the_rows(account: Account) -> None:
    account.create("tuned")
    account.sql("tuned", "CREATE TABLE kept AS SELECT 1 AS id")
    account.create("tuned", Parameters={"max_connections": "33", "work_mem": "5MB"})

    before = account.sql("tuned", "SHOW max_connections; SHOW work_mem")
    account.rds.reboot_db_instance(DBInstanceIdentifier="tuned")
    account.wait("tuned")

    assert before.split() == ["100", "5MB"]
    assert account.sql("tuned", "SHOW max_connections; TABLE kept").split() == ["33", "1"]


def test_a_new_password_of_the_owner_ends_the_old_one(account: Account) -> None:
    account.create("secret")

    account.rds.modify_db_instance(
        DBInstanceIdentifier="secret", MasterUserPassword="it's-the-second"
    )

    assert account.sql("secret", "SELECT 1", "it's-the-second") == "1"
    with pytest.raises(AssertionError, match="password authentication failed"):
        account.sql("secret", "SELECT 1")


def test_a_stopped_instance_answers_again_once_it_is_started(account: Account) -> None:
    account.create("paused")

    account.rds.stop_db_instance(DBInstanceIdentifier="paused")
    with pytest.raises(AssertionError, match="Connection refused"):
        account.sql("paused", "SELECT 1")
    account.rds.start_db_instance(DBInstanceIdentifier="paused")

    assert account.sql("paused", "SELECT 1") == "1"


def test_a_snapshot_and_each_time_bring_back_the_rows_of_then(account: Account) -> None:
    """Each new instance has its own password, and rows and times of its own."""
    account.create("origin")
    account.sql("origin", "CREATE TABLE times (id int); INSERT INTO times VALUES (1)")
    account.rds.create_db_snapshot(
        DBInstanceIdentifier="origin", DBSnapshotIdentifier="one-row"
    )
    account.sql("origin", "INSERT INTO times VALUES (2)")
    then = account.sql("origin", "SELECT clock_timestamp()")
    account.sql("origin", "INSERT INTO times VALUES (3)")
    time = datetime.fromisoformat(then).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    own = {"MasterUserPassword": "of-the-copy", "DBName": None}
    source = {**own, "SourceDbiResourceId": account.resource_id("origin")}

    account.create("of-snapshot", **own, MasterUsername=None, DBSnapshotIdentifier="one-row")
    account.create("of-then", **source, RestoreTime=time)
    account.create("of-now", **source, UseLatestRestorableTime=True)

    rows = "SELECT string_agg(id::text, ' ' ORDER BY id) FROM times"
    assert account.sql("of-snapshot", rows, "of-the-copy") == "1"
    assert account.sql("of-then", rows, "of-the-copy") == "1 2"
    assert account.sql("of-now", rows, "of-the-copy") == "1 2 3"
    account.sql("of-now", "INSERT INTO times VALUES (4)", "of-the-copy")
    again = {**own, "SourceDbiResourceId": account.resource_id("of-now")}
    account.create("of-copy", **again, UseLatestRestorableTime=True)
    assert account.sql("of-copy", rows, "of-the-copy") == "1 2 3 4"


def test_a_deleted_instance_answers_no_more_and_lives_on_in_its_backups(
    account: Account,
) -> None:
    account.create("gone")
    account.sql("gone", "CREATE TABLE kept AS SELECT 7 AS id")
    endpoint, source = account.endpoint("gone"), account.resource_id("gone")

    account.rds.delete_db_instance(
        DBInstanceIdentifier="gone",
        FinalDBSnapshotIdentifier="the-last",
        DeleteAutomatedBackups=False,
    )

    with pytest.raises(AssertionError, match="Connection refused"):
        account.sql_at(endpoint, "SELECT 1", PASSWORD)
    account.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="of-the-last", DBSnapshotIdentifier="the-last"
    )
    assert account.sql("of-the-last", "TABLE kept") == "7"
    account.create(
        "of-backups", DBName=None, SourceDbiResourceId=source, UseLatestRestorableTime=True
    )
    assert account.sql("of-backups", "TABLE kept") == "7"


def test_an_instance_of_the_api_is_a_server_too(account: Account) -> None:
    account.rds.create_db_instance(
        DBInstanceIdentifier="by-api",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        DBName="app",
        AllocatedStorage=20,
        MasterUsername=OWNER,
        MasterUserPassword=PASSWORD,
    )

    assert account.sql("by-api", "SELECT current_user") == OWNER
