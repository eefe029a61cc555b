"""The example service's program for this machine; it needs no module of the emulator."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[3]
TARGET = ROOT / "build" / "example"


class NotBuiltError(Exception):
    """The reason why there is no program, in one line."""


def build() -> Path:
    """Build the example's release with cargo, or take what was built; return its path.

    Raises NotBuiltError.
    """
    if not shutil.which("cargo"):
        raise NotBuiltError("cargo is not installed")
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--offline"]
    built = subprocess.run(
        [*command, "--target-dir", str(TARGET)],
        cwd=ROOT / "example",
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        why = (built.stderr.strip() or "no reason given").splitlines()[0]
        raise NotBuiltError(f"cargo fails: {why}")
    return TARGET / "release" / "example"
