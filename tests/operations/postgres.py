"""Start a PostgreSQL 15 on loopback whose owner has as few rights as on RDS."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rehearsal.cloud import Cloud, emulator
from tests.rehearsal.emulator.postgresql import ADMIN, OWNER, PostgreSQL, literal
from tests.tools import need

LOG = {"log_statement": "all", "log_min_duration_statement": "0"}
ACCESS = ["host all all 127.0.0.1/32 scram-sha-256"]
OPTIONS = ("--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1")
MASTER = "dbadmin"  # the owner in tests/settings


def answer_of(psql: Path, text: str, variables: Mapping[str, str]) -> str:
    """What psql prints for some SQL; AssertionError with the server's words if refused.

    variables: of libpq, such as PGHOST.
    """
    done = subprocess.run(
        [psql, *OPTIONS],
        env={"PATH": os.environ["PATH"], **variables},
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


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
        psql = [str(self.programs / "psql"), *OPTIONS]
        return psql, {"PATH": os.environ["PATH"], **there, **who}

    def sql(self, text: str, user: str, password: str, **more: str) -> str:
        """What a user is answered; AssertionError with the server's words if refused."""
        _, variables = self.command(user, password)
        return answer_of(self.programs / "psql", text, {**variables, **more})

    def log(self) -> str:
        return (self.folder / "log").read_text("utf-8")


@contextmanager
def postgres(owner: str = "owner") -> Iterator[Server]:
    """Start a server that logs every statement, and end its own process."""
    programs = Path(need("postgres")).parent
    home = Path(tempfile.mkdtemp(prefix="postgres-"))
    home.chmod(0o711)  # the server runs as another user than root
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = PostgreSQL(programs, home / "server", "127.0.0.1", port)
    try:
        running.make_folder()
        running.initialize()
        running.configure(LOG, ACCESS)
        running.start()
        running.sql(f"ALTER ROLE {ADMIN} PASSWORD '{ADMIN}'")
        running.sql(OWNER.format(owner, literal(owner)))
        running.sql(f"CREATE DATABASE app OWNER {owner}")
        yield Server(programs, running.folder, port)
    finally:
        running.stop()
        shutil.rmtree(home)


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
