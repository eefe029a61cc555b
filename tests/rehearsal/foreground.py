"""Run `make emulator` as a terminal does: in a process group that Ctrl-C ends."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tests.rehearsal.cloud import Cloud
from tests.tools import need

PROGRAM: list[str | Path] = [sys.executable, "-m", "cfnlink", "emulator"]
READY = "The emulator is ready on "
PATIENCE_SECONDS = 120


@dataclass
class Foreground:
    """A program of a terminal, and the lines that it has printed so far."""

    process: "subprocess.Popen[str]"
    lines: list[str] = field(default_factory=list)

    def read_until(self, start: str) -> str:
        """Return the first line that starts so; the test fails if the program ends before."""
        for line in self.process.stdout or ():
            self.lines.append(line.rstrip("\n"))
            if line.startswith(start):
                return self.lines[-1]
        pytest.fail("\n".join(self.lines))

    def interrupt(self) -> str:
        """What it prints after Ctrl-C, until it has ended."""
        os.killpg(self.process.pid, signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE_SECONDS)
        return rest


@contextmanager
def foreground(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
) -> Iterator[Foreground]:
    """Start a program; whatever of its process group is left at the end is ended."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    # Reading a pipe knows no timeout: end a program that says nothing.
    watchdog = threading.Timer(PATIENCE_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    watchdog.daemon = True
    watchdog.start()
    try:
        yield Foreground(process)
    finally:
        watchdog.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.communicate()


@contextmanager
def account(home: Path, **more: str) -> Iterator[tuple[Cloud, Foreground]]:
    """Start the emulator with a home of its own; `more` is its environment."""
    need("emulator")
    command = [*PROGRAM, "--variables", home / "emulator.env"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        **more,
    }
    with foreground(command, home, environment) as program:
        url = program.read_until(READY).removeprefix(READY).split(". ")[0]
        yield Cloud(int(url.rpartition(":")[2]), home), program
