"""Run commands as a user does, with this Python and its packages, without installing."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.helpers import ROOT

STAMPS = (".venv/runtime", ".venv/development", ".emulator/ready", ".venv/made")
INSTALLED = [f"--assume-old={stamp}" for stamp in STAMPS]
# What belongs to this run of the tests and to the make that started it.
OF_THIS_RUN = re.compile(r"(PYTEST_.*|HYPOTHESIS_PROFILE|SETTINGS|ENV|MAKE.*|MFLAGS)\Z")

Done = subprocess.CompletedProcess[str]


def run(folder: Path, *command: str | Path) -> Done:
    """Run a command in a folder, without the variables of this run of the tests."""
    environment = {k: v for k, v in os.environ.items() if not OF_THIS_RUN.match(k)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def make(*words: str, folder: Path | None = None, dry: bool = False, root: Path = ROOT) -> Done:
    """Run make for a settings folder, or print what it would run.

    root: the repository, or a copy of it that links the virtual environments.
    """
    here = os.path.relpath(Path(sys.executable).parent, ROOT)
    command = ["make", "--no-print-directory", f"BIN={here}", *INSTALLED]
    command += ["--dry-run"] * dry
    command += [f"SETTINGS={folder}"] if folder else []
    return run(root, *command, *words)
