"""make as tests run it: with this Python and its packages, so that nothing is installed."""

import os
import subprocess
import sys
from pathlib import Path

from tests.helpers import ROOT

STAMPS = (".venv/runtime", ".venv/development", ".emulator/ready", ".venv/made")
INSTALLED = [f"--assume-old={stamp}" for stamp in STAMPS]


def make(
    *words: str, folder: Path | None = None, dry: bool = False
) -> "subprocess.CompletedProcess[str]":
    """Run make for a settings folder, or print what it would run."""
    here = os.path.relpath(Path(sys.executable).parent, ROOT)
    command = ["make", "--no-print-directory", f"BIN={here}", *INSTALLED]
    command += ["--dry-run"] * dry
    command += [f"SETTINGS={folder}"] if folder else []
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "ENV")}
    return subprocess.run(
        [*command, *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
