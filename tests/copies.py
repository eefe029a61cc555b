"""Copy the repository to the state of a user who begins with the example."""

import re
import shutil
from pathlib import Path

from tests.helpers import ROOT, example
from tests.shell import run

OWN = {"project.toml", "environments", "output", "prices"}  # what is the user's at the root
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".emulator*", ".*_cache", ".hypothesis", "build", "target"
)


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


def add_the_tier(root: Path) -> None:
    """Apply the worked example of docs/adding-a-tier.md to a copy."""
    done = run(root, "git", "apply", str(ROOT / "docs" / "adding-a-tier.patch"))
    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "adding-a-tier.md").read_text("utf-8")
    (price,) = re.findall(r"project\.toml <<'END'\n(.*?)END\n", page, re.DOTALL)
    with (root / "project.toml").open("a", encoding="utf-8") as settings:
        settings.write(price)
