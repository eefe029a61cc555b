"""Serve an account of AWS on 127.0.0.1 until Ctrl-C: `cfnlink emulator`, from a clone."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

from cfnlink.clone import clone
from cfnlink.commands import started_by_make
from cfnlink.next_command import make_line, program_line
from cfnlink.system.folder import UnusableError


def run(options: SimpleNamespace) -> int:
    """Run the emulator of the clone, which has a virtual environment of its own."""
    if options.port and _is_taken(options.port):
        print(f"port {options.port} of 127.0.0.1 is taken; fix: {_fix()}", file=sys.stderr)
        return 2
    folder = clone()
    python = folder / ".emulator" / "bin" / "python"
    if not python.exists():
        message = f"the emulator is not installed; fix: {make_line('emulator', '')}"
        raise UnusableError(python, message)
    variables = options.variables or folder / "build" / "emulator.env"
    script = folder / "tests" / "rehearsal" / "emulator" / "foreground.py"
    return _run([python, script, str(options.port or 0), variables.absolute()])


def _is_taken(port: int) -> bool:
    """Whether a program listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _fix() -> str:
    """Return the command that takes a free port."""
    return make_line("emulator", "") if started_by_make() else program_line("emulator")


def _run(command: list[str | Path]) -> int:
    """Run a program in place of this one, or wait for it where a process cannot be replaced."""
    words = [str(word) for word in command]
    if os.name == "posix":
        os.execv(words[0], words)  # noqa: S606 (no shell)
    return subprocess.run(words, check=False).returncode  # noqa: S603 (our own script)
