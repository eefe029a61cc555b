"""No request of pgbench fails or waits long while roles.sql and check.sql run."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cfnlink.operations.database import SQL, new_user
from tests.operations.postgres import Server, postgres
from tests.reliability import record

TABLES, CLIENTS, HOLDERS, SECONDS = 5, 6, 1, 3
PAUSE_SECONDS = {"0": 0.03, "1": 0.4}  # that each script pauses by itself
# Two tables in any order, a sequence, a row that many update; and one that holds its locks.
WRITES = """\\set a random(1, 5)
\\set b random(1, 5)
\\sleep 30 ms
BEGIN;
INSERT INTO load_:a (note) VALUES ('written');
SELECT count(*) FROM load_:b WHERE id < 10;
UPDATE load_:b SET note = 'changed' WHERE id = 1;
END;
"""
HOLDS = """\\set a random(1, 5)
\\set b random(1, 5)
BEGIN;
INSERT INTO load_:a (note) VALUES ('held');
SELECT pg_sleep(0.4);
INSERT INTO load_:b (note) VALUES ('held');
END;
"""
MAKE = "".join(
    f"DROP TABLE IF EXISTS load_{number};"
    f"CREATE TABLE load_{number} (id serial PRIMARY KEY, note text);"
    f"INSERT INTO load_{number} (note) VALUES ('first');"
    for number in range(1, TABLES + 1)
)
OWNERS = "SELECT DISTINCT tableowner FROM pg_tables WHERE tablename LIKE 'load%'"

HOLDING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres() as running:
        quiet = "ALTER DATABASE app SET log_statement = none;"
        quiet += "ALTER DATABASE app SET log_min_duration_statement = -1"
        running.sql(quiet, "rdsadmin", "rdsadmin")
        yield running


@dataclass
class Load:
    """What the requests of all rotations came to."""

    requests: int = 0
    longest_wait: float = 0.0

    def read(self, logs: Iterator[Path]) -> None:
        """Return the log of pgbench: client, number, microseconds or why it failed, script."""
        for line in (line for log in logs for line in log.read_text("utf-8").splitlines()):
            _, _, microseconds, script, *_ = line.split()
            self.requests += 1
            wait = int(microseconds) / 1e6 - PAUSE_SECONDS[script]
            self.longest_wait = max(self.longest_wait, wait)


def rotate_under_load(server: Server, folder: Path, rotations: int) -> Load:
    """Rotate, each time with new tables of the owner, while the user before writes to them."""
    (folder / "writes.sql").write_text(WRITES)
    (folder / "holds.sql").write_text(HOLDS)
    load, before = Load(), ("owner", "owner")
    for number in range(rotations):
        server.sql(MAKE, "owner", "owner")
        user = new_user(f"app_{'ab'[number % 2]}")
        prefix = folder / f"log-{number}"
        with writers(server, folder, prefix, before) as process:
            while int(server.sql(HOLDING, "rdsadmin", "rdsadmin")) < HOLDERS:
                assert process.poll() is None, "the load ended before it began"
            given = {"NEW_USER": user["username"], "NEW_VERIFIER": user["verifier"]}
            server.sql(SQL["roles"], "owner", "owner", **given)
            assert process.poll() is None, "the load ended before the rotation"
            server.sql(SQL["check"], user["username"], user["password"])
            out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert "number of failed transactions: 0 (" in out, out
        assert server.sql(OWNERS, "owner", "owner") == "app"
        load.read(folder.glob(f"{prefix.name}.*"))
        before = user["username"], user["password"]
    return load


def writers(
    server: Server, folder: Path, prefix: Path, user: tuple[str, str]
) -> "subprocess.Popen[str]":
    _, environment = server.command(*user)
    options = f"--no-vacuum --client={CLIENTS} --time={SECONDS} --log --failures-detailed"
    scripts = [f"--file={folder}/writes.sql@30", f"--file={folder}/holds.sql@1"]
    return subprocess.Popen(
        [server.programs / "pgbench", *options.split(), f"--log-prefix={prefix}", *scripts],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.long
def test_no_request_fails_or_waits_long_while_a_turn_hands_over_tables(
    server: Server, tmp_path: Path
) -> None:
    load = rotate_under_load(server, tmp_path, 2)

    assert load.requests > CLIENTS
    assert load.longest_wait < 1.5


@pytest.mark.faults
def test_no_request_fails_in_a_hundred_rotations(server: Server, tmp_path: Path) -> None:
    load = rotate_under_load(server, tmp_path, 100)

    assert load.longest_wait < 1.5
    ended = (
        f"no failed request of {load.requests}; one waited {load.longest_wait:.2f} s at most"
    )
    record("the SQL of a rotation while requests write to the owner's tables", 100, ended)
