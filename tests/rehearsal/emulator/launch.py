"""Start ministack with what it lacks taught to it.

Run by the emulator's own Python, in which ministack is installed:

    <emulator venv>/bin/python tests/rehearsal/emulator/launch.py --port 4599

Ready once GET /_ministack/ready answers 200; ends on SIGTERM.
"""

import argparse
import asyncio
import importlib
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

LESSONS = (
    "templates",
    "account",
    "certificates",
    "change_sets",
    "rollback_triggers",
    "operation_events",
    "drift_aware",
    "network",
    "gateway",
    "vpc_link",
    "rewrite",
    "containers",
    "service_deployments",
    "one_off",
    "jobs",
    "scaling",
    "alarms",
    "secret",
    "psql",
    "restore",
    "drills",
    "databases",
    "notifications",
    "observing",
    "identity",
    "authorization",
    "zones",
    "hosted_zone",
)


# What makes the tasks of services real, and what asks for their health.
WITH_TASKS = ("target_health", "services", "steady", "request_alarms")
# What the tasks of a service reach where no instance is a real server.
WITHOUT_DATABASES = ("database_stand_in",)


def serve(
    port: int, folder: str, programs: Path | None = None, more: Sequence[str] = ()
) -> None:
    """Serve on loopback alone, with every file that ministack writes in `folder`.

    programs: the file of programs.py; with it, or with PROGRAMS in the environment, each task
    of a service is a process. more: further modules, which are loaded last.
    """
    # ministack reads its environment while it is imported, hence the late imports.
    os.environ.update(
        {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",  # else it listens on 8883 as well
            "SFTP_ENABLED": "0",
            "USE_SSL": "0",
            "PERSIST_STATE": "0",
            "S3_PERSIST": "0",
            "RDS_PERSIST": "0",
            "STATE_DIR": f"{folder}/state",
            "S3_DATA_DIR": f"{folder}/s3",
            "TMPDIR": folder,
            # With an engine, ministack would start containers of its own for RDS and ECS.
            "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        }
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    tempfile.tempdir = folder
    if programs:
        os.environ["PROGRAMS"] = str(programs)
    for lesson in [*LESSONS, *_with_tasks(), *more]:
        importlib.import_module(lesson)
    if "PROGRAMS" in os.environ:
        sys.modules["services"].run()
    from ministack.app import main

    sys.argv = ["ministack"]  # ministack reads a command line of its own
    vars(asyncio.runners)["_cancel_all_tasks"] = _leave
    try:
        main()
    except _ServedError:
        pass
    finally:
        sys.modules["processes"].end_all()


class _ServedError(Exception):
    """The server has ended as it was told."""


def _leave(_: object) -> None:
    """Wait for no call that is under way, as asyncio does: a stack may wait for tasks."""
    if sys.exc_info()[0] is None:
        raise _ServedError


def _with_tasks() -> tuple[str, ...]:
    if "PROGRAMS" not in os.environ:
        return ()
    return WITH_TASKS if os.environ.get("DATABASES") else WITH_TASKS + WITHOUT_DATABASES


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory(prefix=f"emulator-{port}-") as folder:
        serve(port, folder)
