"""A folder as it was at a git revision."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checks.folder import UnusableError


@contextmanager
def at_revision(folder: Path, revision: str) -> Iterator[Path]:
    """A copy of a folder that git keeps, as it was. Raises UnusableError."""
    if shutil.which("git") is None:
        raise UnusableError(folder, f"git is not installed, and only git knows {revision}")
    command = ["git", "archive", "--format=tar", revision, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().splitlines()[-1]
        raise UnusableError(folder, f"not at the revision {revision}: {why}")
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(name, filter="data")
        yield Path(name)
