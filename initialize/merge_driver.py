"""Git's merge driver for output/, which a build writes again after every merge.

https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver
"""

import shutil
import subprocess
from pathlib import Path

DRIVER = "rebuilt"
CONFIG = {"name": "keep the file, make build writes it again", "driver": "true"}
ATTRIBUTES = f"""\
output/** linguist-generated merge={DRIVER}
environments/settings.schema.json linguist-generated merge={DRIVER}
"""
IGNORED = "build/\n"  # what `make page` and `make deploy-role` write


def set_merge_driver(folder: Path) -> None:
    """Set the driver in the git repository of a settings folder, and what git ignores.

    A folder of no repository yet gets a .gitignore, unless it has one.
    Raises OSError if .gitattributes or .gitignore cannot be written.
    """
    if shutil.which("git") is None or _git(folder, "rev-parse", "--is-inside-work-tree"):
        if not (folder / ".gitignore").exists():
            _append(folder / ".gitignore", IGNORED)
        return
    for key, value in CONFIG.items():
        _git(folder, "config", f"merge.{DRIVER}.{key}", value)
    attribute = _said(folder, "check-attr", "merge", "--", "output/production/manifest.json")
    if not attribute.endswith(f" {DRIVER}\n"):
        _append(folder / ".gitattributes", ATTRIBUTES)
    if _git(folder, "check-ignore", "--quiet", "build/production"):
        _append(folder / ".gitignore", IGNORED)


def _append(file: Path, line: str) -> None:
    before = file.read_text("utf-8") if file.exists() else ""
    end = "\n" if before and not before.endswith("\n") else ""
    file.write_text(f"{before}{end}{line}", "utf-8", newline="\n")


def _git(folder: Path, *words: str) -> int:
    return _run(folder, *words).returncode


def _said(folder: Path, *words: str) -> str:
    return _run(folder, *words).stdout


def _run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(folder), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
