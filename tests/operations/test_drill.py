"""`restore --drill` is rehearsed with faults and kills, and reads a real PostgreSQL."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cfnlink.operations import drill_instance
from cfnlink.operations.drill import ANSWER, ROWS, Answers
from cfnlink.operations.drill_instance import LONGEST_NAME, drill_name
from cfnlink.operations.environment import Environment
from tests.operations.helpers import DEVELOPMENT, run, start
from tests.operations.postgres import Server, with_postgres
from tests.operations.test_restore import OLD, instances
from tests.operations.test_rotate import as_owner, deploy, deploy_on_postgres, hidden, user
from tests.rehearsal.cloud import Cloud, emulator
from tests.tools import need

NAME = f"{OLD}-drill"
OWN = {"project": "shop", "environment": "development", "restore-drill": "of-a-test"}
pytestmark = [pytest.mark.rehearsal, pytest.mark.long]


def test_the_log_of_the_task_becomes_row_counts_and_an_answer() -> None:
    answers = Answers()
    for line in (
        "psql: nothing was run",
        ROWS,
        "public.items,3\n",
        '"other.a,b",0',
        "a line of another program",
        ANSWER,
        "newest,number",
        "2026-11-26,3",
    ):
        answers.hear(line)

    assert answers.rows == {"public.items": 3, "other.a,b": 0}
    assert answers.lines == ["newest,number", "2026-11-26,3"]


@pytest.mark.parametrize("length", [3, LONGEST_NAME - 7, LONGEST_NAME])
def test_the_name_of_a_drill_is_one_that_rds_takes(length: int) -> None:
    name = drill_name("shop-production-1".ljust(length, "a")[:length])

    assert name.endswith("-drill")
    assert len(name) <= LONGEST_NAME
    assert "--" not in name


@pytest.fixture(name="shop", scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, Server]]:
    with with_postgres(tmp_path_factory.mktemp("drill")) as (cloud, server):
        yield deploy_on_postgres(cloud, server), server


def leave(cloud: Cloud, **tags: str) -> None:
    """Make the instance that a killed drill leaves, with some tags."""
    cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


def recorded(cloud: Cloud) -> list[dict[str, str]]:
    """Return the instances as they are, for a comparison."""
    return [
        {"name": name, "id": each["DbiResourceId"]} for name, each in instances(cloud).items()
    ]


def test_the_newest_backup_is_read_beside_the_database_and_removed(
    shop: tuple[Cloud, Server], tmp_path: Path
) -> None:
    cloud, server = shop
    one, before = user(cloud), recorded(cloud)
    server.sql(
        "CREATE TABLE IF NOT EXISTS items (id int); INSERT INTO items VALUES (1), (2)",
        one["username"],
        one["password"],
    )
    query = tmp_path / "drill.sql"
    query.write_text("SELECT max(id) AS newest FROM items;\n", "utf-8")

    done = run(cloud, "restore", DEVELOPMENT, "--drill", "--query", query, "--json")

    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert told["rows"] == {"public.items": 2, "public.old": 0}
    assert told["query"] == ["newest", "2"]
    assert told["source"] == {
        "SourceDBInstanceIdentifier": OLD,
        "UseLatestRestorableTime": True,
    }
    assert {*told["seconds"]} == {"restore", "read"}
    assert told["usd_an_hour"] > 0
    assert "public.items: 2 rows\n" in done.err
    assert recorded(cloud) == before
    hidden(cloud, done)


def test_a_query_cannot_write(shop: tuple[Cloud, Server], tmp_path: Path) -> None:
    query = tmp_path / "drill.sql"
    query.write_text("CREATE TABLE written ()", "utf-8")

    done = run(shop[0], "restore", DEVELOPMENT, "--drill", "--query", query)

    assert done.code == 1
    assert "cannot execute CREATE TABLE in a read-only transaction" in done.out
    assert f"{NAME}: removed\n" in done.out
    assert [*instances(shop[0])] == [OLD]


@pytest.mark.parametrize("step", ["RDS restores", "psql: "])
def test_what_a_killed_drill_left_is_told_and_removed_by_the_next_one(
    shop: tuple[Cloud, Server], step: str
) -> None:
    cloud, _ = shop
    process = start(cloud, "restore", DEVELOPMENT, "--drill")
    for line in process.stdout or ():
        if step in line:
            process.send_signal(signal.SIGKILL)
            break
    process.communicate(timeout=60)
    if NAME not in instances(cloud):  # killed before its call
        leave(cloud, **OWN)
    told = run(cloud, "status", DEVELOPMENT).out

    done = run(cloud, "restore", DEVELOPMENT, "--drill")

    assert f"warning: restore drill: {NAME} is billed" in told
    assert f"cfnlink restore {DEVELOPMENT} --drill\n" in told
    assert done.code == 0, done.err
    assert f"{NAME}: an earlier drill left it\n" in done.out
    assert [*instances(cloud)] == [OLD]


def test_an_interrupted_drill_removes_its_instance(shop: tuple[Cloud, Server]) -> None:
    cloud, _ = shop
    process = start(cloud, "restore", DEVELOPMENT, "--drill")
    for line in process.stdout or ():
        if "sets the owner's password" in line:
            process.send_signal(signal.SIGTERM)
            break
    out, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert f"{NAME}: RDS removes it\n" in out
    assert [*instances(cloud)] == [OLD]


@pytest.mark.parametrize(
    "tags",
    [{}, {"project": "shop", "environment": "development"}, {**OWN, "environment": "staging"}],
    ids=["none", "not of a drill", "of another environment"],
)
def test_no_instance_of_another_owner_is_touched(
    shop: tuple[Cloud, Server], tags: dict[str, str]
) -> None:
    cloud, _ = shop
    leave(cloud, **tags)
    before = recorded(cloud)

    done = run(cloud, "restore", DEVELOPMENT, "--drill")

    after = recorded(cloud)
    cloud.client("rds").delete_db_instance(DBInstanceIdentifier=NAME, SkipFinalSnapshot=True)
    assert done.code == 3, done.out
    assert f"{NAME} exists and is of no drill of development: it is not touched" in done.err
    assert after == before


def test_a_snapshot_that_is_newer_than_the_automated_backups_is_restored(
    shop: tuple[Cloud, Server],
) -> None:
    cloud, _ = shop
    rds = cloud.client("rds")
    rds.create_db_snapshot(DBSnapshotIdentifier="newer", DBInstanceIdentifier=OLD)

    done = run(cloud, "restore", DEVELOPMENT, "--drill", "--json")

    rds.delete_db_snapshot(DBSnapshotIdentifier="newer")
    assert done.code == 0, done.err
    assert json.loads(done.out)["source"] == {"DBSnapshotIdentifier": "newer"}


def test_the_restored_instance_stands_where_the_database_does_and_is_not_protected(
    shop: tuple[Cloud, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud, _ = shop
    seen = {}
    wait = drill_instance._wait_until_available

    def look(environment: Environment, name: str) -> None:
        wait(environment, name)
        seen.update(instances(cloud))

    monkeypatch.setattr(drill_instance, "_wait_until_available", look)

    run(cloud, "restore", DEVELOPMENT, "--drill")

    serving, made = seen[OLD], seen[NAME]
    for key in ("DBInstanceClass", "VpcSecurityGroups", "DBParameterGroups"):
        assert made[key] == serving[key]
    assert (
        made["DBSubnetGroup"]["DBSubnetGroupName"]
        == (serving["DBSubnetGroup"]["DBSubnetGroupName"])
    )
    for key in ("MultiAZ", "PubliclyAccessible", "DeletionProtection"):
        assert made[key] is False
    tags = {each["Key"]: each["Value"] for each in made["TagList"]}
    assert OWN.keys() <= tags.keys()


def test_the_counts_are_those_of_the_backup_while_the_database_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both instances are servers: what is written after the restore is not in the backup."""
    psql = Path(need("postgres")).with_name("psql")
    wait = drill_instance._wait_until_available
    with emulator(tmp_path, DATABASES=str(psql.parent)) as cloud:
        deploy(cloud)
        insert(cloud, psql, "CREATE TABLE items (id int); INSERT INTO items VALUES (1), (2)")

        def write_meanwhile(environment: Environment, name: str) -> None:
            wait(environment, name)
            insert(cloud, psql, "INSERT INTO items VALUES (3)")

        monkeypatch.setattr(drill_instance, "_wait_until_available", write_meanwhile)
        done = run(cloud, "restore", DEVELOPMENT, "--drill", "--json")
        rows = insert(cloud, psql, "SELECT count(*) FROM items")

        assert done.code == 0, done.err
        assert json.loads(done.out)["rows"] == {"public.items": 2}
        assert rows == "3"
        assert [*instances(cloud)] == [OLD]


def insert(cloud: Cloud, psql: Path, sql: str) -> str:
    """Run SQL in the database that serves, as the service's user; return the answer."""
    place, one = instances(cloud)[OLD]["Endpoint"], user(cloud)
    variables = {
        "PGHOST": place["Address"],
        "PGPORT": str(place["Port"]),
        "PGUSER": one["username"],
        "PGPASSWORD": one["password"],
        "PGDATABASE": "app",
        "PGSSLMODE": "require",
    }
    words: list[str | Path] = [
        psql,
        "--no-psqlrc",
        "--quiet",
        "--tuples-only",
        "--no-align",
        "--command",
        sql,
    ]
    done = subprocess.run(words, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--drill", "--snapshot", "a"), "--drill: not allowed with --snapshot"),
        (("--time", "latest", "--query", "a.sql"), "a query is read by a drill only"),
        (("--drill", "--query", "absent.sql"), "absent.sql cannot be read as SQL"),
        (("--drill", "--query", "absent.sql"), f"restore {DEVELOPMENT} --drill\n"),
    ],
    ids=["a snapshot", "no drill", "no file", "the next command"],  # a path differs by worker
)
def test_a_drill_has_no_other_source_and_a_query_needs_it(
    shop: tuple[Cloud, Server], words: tuple[str, ...], message: str
) -> None:
    done = run(shop[0], "restore", DEVELOPMENT, *words)

    assert done.code == 2
    assert message in done.err


def test_destroy_removes_what_a_drill_left(shop: tuple[Cloud, Server]) -> None:
    cloud, _ = shop
    as_owner(cloud)
    refused = run(cloud, "restore", DEVELOPMENT, "--drill")
    leave(cloud, **OWN)

    done = run(cloud, "destroy", DEVELOPMENT, "--yes", "development")

    assert refused.code == 2
    assert refused.err.endswith(f"next: cfnlink rotate {DEVELOPMENT}\n")
    assert done.code == 0, done.err
    assert instances(cloud) == {}
