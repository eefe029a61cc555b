"""A service that keeps the contract of example/README.md and uses its database.

    <emulator venv>/bin/python sql_service.py [crash | error | unhealthy]

PUT /rows/<id>?seconds=<n> writes a row with the body and takes so long, GET /rows/<id> answers
with it, POST /end ends the process as a fault of its own does; the rest is what the stand-in
does. A row that is there stays as it is, so a request may be sent twice. The argument is what
is wrong with the image: it ends at once, it answers 500 to all but the health check, or 503 to
the health check.
"""

import os
import queue
import sys
import time
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg2
from psycopg2 import errors
from stand_in import Handler, compact, main

PATH = "/rows/"
MAKE = "CREATE TABLE IF NOT EXISTS rows (id text PRIMARY KEY, value text NOT NULL)"
WRITE = (
    "INSERT INTO rows (id, value) SELECT %s, %s FROM pg_sleep(%s) ON CONFLICT (id) DO NOTHING"
)
READ = "SELECT value FROM rows WHERE id = %s"
PATIENCE_SECONDS, PAUSE_SECONDS = 10, 0.05
LOST = (psycopg2.OperationalError, psycopg2.InterfaceError)
FAULTS = ("", "crash", "error", "unhealthy")


class Pool:
    """At most so many connections, each opened when a request finds no free one."""

    def __init__(self, url: str, size: int) -> None:
        self._url = url
        self._free: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)

    def run(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """Run a statement until it is committed; it may run twice if its answer was lost.

        Raises psycopg2.Error, after PATIENCE_SECONDS where the database cannot be reached.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._once(statement, values)
            except LOST:
                if time.monotonic() > end:
                    raise
                time.sleep(PAUSE_SECONDS)

    def _once(self, statement: str, values: tuple[str, ...]) -> list[tuple[Any, ...]]:
        connection = self._free.get()
        try:
            if connection is None:
                connection = psycopg2.connect(self._url, connect_timeout=PATIENCE_SECONDS)
                connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description else []
        except LOST:
            if connection is not None:
                connection.close()
            connection = None
            raise
        finally:
            self._free.put(connection)


class Rows(Handler):
    """Writes and reads rows, or does what is wrong with it."""

    pool: Pool
    fault = ""

    def _content(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path == "/health" and self.fault == "unhealthy":
            return 503, b"never healthy"
        if path != "/health" and self.fault == "error":
            return 500, compact({"error": "what this image does"}).encode()
        if (self.command, path) == ("POST", "/end"):
            os._exit(1)
        if not path.startswith(PATH) or self.command not in ("GET", "PUT"):
            return super()._content(path, body)
        try:
            return self._row(unquote(path.removeprefix(PATH)), body.decode())
        except psycopg2.Error as error:
            print(
                compact({"message": "no database", "error": type(error).__name__}), flush=True
            )
            return 503, compact({"error": "no database"}).encode()

    def _row(self, name: str, value: str) -> tuple[int, bytes]:
        if self.command == "GET":
            found = self._run(READ, name)
            return (200, found[0][0].encode()) if found else (404, b"{}")
        seconds = parse_qs(urlsplit(self.path).query).get("seconds", ["0"])
        self._run(WRITE, name, value, seconds[0])
        return 200, b"{}"

    def _run(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            return self.pool.run(statement, *values)
        except errors.UndefinedTable:
            # Another task may make it at the same time.
            with suppress(errors.UniqueViolation, errors.DuplicateTable):
                self.pool.run(MAKE)
            return self.pool.run(statement, *values)


if __name__ == "__main__":
    fault = next(iter(sys.argv[1:]), "")
    if fault not in FAULTS:
        sys.exit(f"{fault}: expected one of {FAULTS}")
    if fault == "crash":
        sys.exit("this image ends at once")
    Rows.fault = fault
    Rows.pool = Pool(os.environ.get("DB_URL", ""), int(os.environ.get("DB_POOL_SIZE", "5")))
    sys.exit(main(Rows))
