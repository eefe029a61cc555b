"""Start a PostgreSQL 15 on loopback whose owner has as few rights as on RDS."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rehearsal.cloud import Cloud, emulator
from tests.tools import need

LOG = "log_statement = all\nlog_min_duration_statement = 0\n"
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
OWNER = "CREATE ROLE {0} LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD '{0}'"
UNPRIVILEGED = "daemon"  # a user of every Unix system
MASTER = "dbadmin"  # the owner in tests/settings


@dataclass(frozen=True)
class Server:
    """A running server."""

    programs: Path
    folder: Path
    port: int

    def command(self, user: str, password: str) -> tuple[list[str], dict[str, str]]:
        """psql as a user, and its environment."""
        there = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGDATABASE": "app"}
        who = {"PGUSER": user, "PGPASSWORD": password}
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        psql = [str(self.programs / "psql"), *options, "--set=ON_ERROR_STOP=1"]
        return psql, {"PATH": os.environ["PATH"], **there, **who}

    def sql(self, text: str, user: str, password: str, **more: str) -> str:
        """What a user is answered; AssertionError with the server's words if refused."""
        command, environment = self.command(user, password)
        done = subprocess.run(
            command,
            env={**environment, **more},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")


@contextmanager
def postgres(owner: str = "owner") -> Iterator[Server]:
    """Start a server that logs every statement, and end its own process."""
    programs = Path(need("postgres")).parent
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    who: dict[str, Any] = {"user": UNPRIVILEGED} if os.getuid() == 0 else {}
    if who:
        shutil.chown(folder, UNPRIVILEGED)  # the server refuses to run as root
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    (folder / "password").write_text("rdsadmin")
    (folder / "password").chmod(0o644)
    options = ["--auth=scram-sha-256", "--username=rdsadmin", "--no-sync"]
    subprocess.run(
        [programs / "initdb", "-D", data, *options, f"--pwfile={folder / 'password'}"],
        check=True,
        capture_output=True,
        **who,
    )
    (data / "postgresql.auto.conf").write_text(LOG)
    arguments = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([programs / "postgres", *arguments], stderr=log, **who)
    server = Server(programs, folder, port)
    try:
        ready = [
            str(programs / "pg_isready"),
            "-q",
            "-t",
            "1",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ]
        while subprocess.run(ready, check=False).returncode:
            assert process.poll() is None, server.log()
        make = f"{OWNER.format(owner)};\nCREATE DATABASE app OWNER {owner};"
        server.sql(make, "rdsadmin", "rdsadmin", PGDATABASE="postgres")
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # which waits for no session
        process.wait()
        shutil.rmtree(folder)


@contextmanager
def with_postgres(home: Path) -> Iterator[tuple[Cloud, Server]]:
    """Start an emulator whose tasks reach a real server with a real psql."""
    with postgres(MASTER) as server:
        container = {
            "CONTAINER_PATH": f"{server.programs}:/usr/bin:/bin",
            "CONTAINER_PGHOST": "127.0.0.1",
            "CONTAINER_PGPORT": str(server.port),
            "CONTAINER_PGSSLMODE": "disable",
        }
        with emulator(home, **container) as cloud:
            yield cloud, server
