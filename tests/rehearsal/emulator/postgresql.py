"""A PostgreSQL server of this machine: its files, its process, its backups.

It needs nothing but PostgreSQL's programs, so tests start one without an emulator too.
https://www.postgresql.org/docs/15/continuous-archiving.html
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ADMIN = "rdsadmin"  # the superuser, whose login RDS keeps to itself
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.html
OWNER = "CREATE ROLE {0} LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD {1}"
UNPRIVILEGED = "daemon"  # a user of every Unix system
LOCAL = "local all all trust\nlocal replication all trust\n"
# A segment has a megabyte, so that an archive copies little else than what was written.
INITDB = ["--auth=trust", "--no-sync", "--wal-segsize=1", "--encoding=UTF8", "--locale=C"]
START_SECONDS, PAUSE_SECONDS = 60, 0.05


def as_unprivileged() -> dict[str, Any]:
    """Options of subprocess that start a program as another user: the server refuses root."""
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED} if os.getuid() == 0 else {}


def literal(text: str) -> str:
    """Return a text as SQL and the server's files of settings write it."""
    return "'{}'".format(text.replace("'", "''"))


def give(path: Path) -> None:
    """Give a file to the server's user."""
    if as_unprivileged():
        shutil.chown(path, UNPRIVILEGED, UNPRIVILEGED)


@dataclass
class PostgreSQL:
    """A server whose files lie in a folder: data, archive, base, log and its socket."""

    programs: Path
    folder: Path
    address: str
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    access: Sequence[str] = ()  # lines of pg_hba.conf for connections to the address
    process: "subprocess.Popen[Any] | None" = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def base(self) -> Path:
        """The backup from which every later time is restored, with the archive."""
        return self.folder / "base"

    def make_folder(self) -> None:
        """Make the folder, which only the server's user reads."""
        for each in (self.folder, self.folder / "archive"):
            each.mkdir(mode=0o700)
            give(each)

    def initialize(self) -> None:
        """Make an empty database cluster, whose superuser is ADMIN."""
        self.run("initdb", "-D", self.data, f"--username={ADMIN}", *INITDB)

    def configure(self, settings: Mapping[str, str], access: Sequence[str]) -> None:
        """Take other settings and lines of access; a running server reads what it can."""
        self.settings, self.access = dict(settings), access
        lines = "".join(f"{name} = {literal(value)}\n" for name, value in self.settings.items())
        (self.data / "postgresql.auto.conf").write_text(lines)
        (self.data / "pg_hba.conf").write_text(LOCAL + "".join(f"{line}\n" for line in access))
        if self.process:
            self.process.send_signal(signal.SIGHUP)

    def start(self) -> None:
        """Start it, and wait until it answers. Raises RuntimeError with its log."""
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # which a backup may hold
        place = ["-h", self.address, "-p", str(self.port), "-k", str(self.folder)]
        program = [str(self.programs / "postgres"), "-D", str(self.data), *place, "-F"]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(program, stderr=log, **as_unprivileged())
        self.process = process
        end = time.monotonic() + START_SECONDS
        while self._sql("SELECT 1 WHERE NOT pg_is_in_recovery()").stdout.strip() != "1":
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(self.log())
            time.sleep(PAUSE_SECONDS)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it and its sessions, once its archive is whole; with SIGQUIT it loses the rest.

        https://www.postgresql.org/docs/15/server-shutdown.html
        """
        if self.process:
            self.process.send_signal(how)
            self.process.wait()
            self.process = None

    def sql(self, text: str, database: str = "postgres") -> str:
        """What the superuser is answered. Raises RuntimeError with the server's words."""
        done = self._sql(text, database)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def _sql(self, text: str, database: str = "postgres") -> "subprocess.CompletedProcess[str]":
        options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
        place = [f"--host={self.folder}", f"--port={self.port}", f"--username={ADMIN}"]
        return subprocess.run(
            [self.programs / "psql", *options, "--set=ON_ERROR_STOP=1", *place, database],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            **as_unprivileged(),
        )

    def log(self) -> str:
        """What the server has written about itself."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def back_up(self, to: Path) -> None:
        """Copy the data, while the server runs or not."""
        if not self.process:
            self.copy(self.data, to)
            return
        place = ["-h", str(self.folder), "-p", str(self.port), "-U", ADMIN]
        how = ["-c", "fast", "-X", "stream", "--no-sync", "--no-manifest"]
        self.run("pg_basebackup", "-D", to, *place, *how)

    def keep(self, settings: Mapping[str, str], access: Sequence[str]) -> None:
        """Start with an archive, and make the base from which later times are restored."""
        archive = f'test -f "{self.folder}/archive/%f" || cp %p "{self.folder}/archive/%f"'
        kept = {"archive_mode": "on", "archive_command": archive}
        self.configure({**settings, **kept}, access)
        self.start()
        self.back_up(self.base)

    def recover(self, source: "PostgreSQL", until: str = "") -> None:
        """Take what a source has committed, or had at a time in PostgreSQL's form.

        The segments that are not in its archive yet are in its data, also after its end.
        """
        if source.process:
            source.sql("SELECT pg_current_xact_id(); SELECT pg_switch_wal()")
        self.copy(source.base, self.data)
        places = (source.folder / "archive", source.data / "pg_wal")
        fetch = " || ".join(f'cp "{place}/%f" %p 2>/dev/null' for place in places)
        recovery = {"restore_command": fetch, "recovery_target_action": "promote"}
        recovery |= {"recovery_target_time": until} if until else {}
        self.configure(recovery, ())
        self.run("touch", self.data / "recovery.signal")
        self.start()
        self.stop()

    def copy(self, origin: Path, to: Path) -> None:
        """Copy a folder of data with its owner."""
        self.run("cp", "-a", origin, to)

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program of PostgreSQL, or another one, as the server's user."""
        own = self.programs / program
        command = [own if own.exists() else program, *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, **as_unprivileged()
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
