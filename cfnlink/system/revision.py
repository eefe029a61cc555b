"""A folder at a git revision."""

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cfnlink.system.folder import UnusableError

MOST_BRANCHES = 5  # that a message names, the newest


class RevisionError(UnusableError):
    """A revision that cannot be read."""


class UnknownRevisionError(RevisionError):
    """A revision that does not exist; branches: those that do, the newest first."""

    def __init__(self, file: Path, why: str, branches: Sequence[str] = ()) -> None:
        super().__init__(file, why)
        self.branches = branches


@contextmanager
def at_revision(folder: Path, revision: str) -> Iterator[Path]:
    """Yield a copy of a folder at a git revision; empty if the revision lacks the folder.

    Raises UnknownRevisionError if there is no such revision, RevisionError without git and in
    place of an UnusableError of the copy.
    """
    if shutil.which("git") is None:
        raise RevisionError(folder, f"git is not installed, and only git knows {revision}")
    if _git(folder, "rev-parse", "--verify", f"{revision}^{{commit}}").returncode:
        raise _unknown(folder, revision)
    done = _git(folder, "archive", "--format=tar", revision, ".")
    with tempfile.TemporaryDirectory() as name:
        if done.returncode == 0:  # git archives no folder that the revision does not have
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
                archive.extractall(name, filter="data")
        try:
            yield Path(name)
        except UnusableError as error:
            inside = error.file.is_relative_to(name)
            file = folder / error.file.relative_to(name) if inside else error.file
            raise RevisionError(file, f"at the revision {revision}: {error.why}") from None


def _unknown(folder: Path, revision: str) -> UnknownRevisionError:
    """Return the error about a revision that the repository of a folder does not have."""
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found.returncode:
        return UnknownRevisionError(
            folder, f"it is in no git repository, so {revision} is not known"
        )
    repository = Path(found.stdout.decode(errors="replace").rstrip("\n"))
    newest = "--sort=-committerdate", "--format=%(refname:lstrip=2)"
    listed = _git(folder, "for-each-ref", *newest, "refs/heads", "refs/remotes").stdout
    names = listed.decode(errors="replace").splitlines()
    branches = [each for each in names if not each.endswith("/HEAD")]
    if not branches:
        why = f"this repository has no commit yet, so no revision {revision}"
        return UnknownRevisionError(repository, why)
    named = branches[:MOST_BRANCHES] + ["..."] * (len(branches) > MOST_BRANCHES)
    why = f"the revision {revision} does not exist here; branches: {', '.join(named)}"
    return UnknownRevisionError(repository, why, branches)


def _git(folder: Path, *words: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *words], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
