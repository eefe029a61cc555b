"""A folder at a git revision."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cfnlink.system.folder import UnusableError


@contextmanager
def at_revision(folder: Path, revision: str) -> Iterator[Path]:
    """Yield a copy of a folder at a git revision; empty if the revision lacks the folder.

    Raises UnusableError if there is no such revision, or no git.
    """
    if shutil.which("git") is None:
        raise UnusableError(folder, f"git is not installed, and only git knows {revision}")
    done = _git(folder, "rev-parse", "--verify", f"{revision}^{{commit}}")
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().splitlines()[-1]
        raise UnusableError(folder, f"not at the revision {revision}: {why}")
    done = _git(folder, "archive", "--format=tar", revision, ".")
    with tempfile.TemporaryDirectory() as name:
        if done.returncode == 0:  # git archives no folder that the revision does not have
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
                archive.extractall(name, filter="data")
        yield Path(name)


def _git(folder: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
