"""A copy of the repository in the state of a user who begins with the example."""

import re
import shutil
from pathlib import Path

from tests.helpers import ROOT, example

OWN = {"project.toml", "environments", "output", "prices"}  # what is the user's at the root
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".emulator*", ".*_cache", ".hypothesis", "build", "target"
)
CODE = re.compile(r"```(python|diff)\n\S+ (\S+)\n(.*?)```", re.DOTALL)


def copy_repository(folder: Path) -> Path:
    """Copy the repository with the example's settings and output instead of the user's.

    The virtual environments are linked, not copied. The byte code is copied, so that no
    program compiles the code again.
    """

    def left_out(parent: str, names: list[str]) -> set[str]:
        own = OWN if Path(parent) == ROOT else set()
        return {*LEFT_OUT(parent, names)} | (own & {*names})

    shutil.copytree(ROOT, folder, ignore=left_out)
    shutil.copytree(example(), folder, dirs_exist_ok=True)
    for name in (".venv", ".emulator"):
        if (ROOT / name).exists():
            (folder / name).symlink_to((ROOT / name).resolve())
    return folder


def follow(page: Path, root: Path) -> None:
    """Write the modules that a page shows, and apply its changes to existing ones."""
    for kind, name, body in CODE.findall(page.read_text("utf-8")):
        path = root / name
        if kind == "python":
            path.write_text(body, "utf-8")
            continue
        text = path.read_text("utf-8")
        for hunk in body.split("@@\n")[1:]:
            lines = hunk.splitlines()
            before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
            after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
            assert text.count(before) == 1, f"{name} has changed: {before}"
            text = text.replace(before, after)
        path.write_text(text, "utf-8")
