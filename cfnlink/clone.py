"""Find the clone of the generator, which init, emulator and the alternatives of a bill need.

The installed package has neither the tiers nor the tests. A clone has both: the current folder,
or the folder that holds this package.
"""

import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cfnlink.system.folder import UnusableError

MARKS = ("build.py", "initialize", "templates")


def clone() -> Path:
    """Return the folder of the clone. Raises UnusableError if there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).parents[1]):
        if all((folder / name).exists() for name in MARKS):
            return folder
    message = (
        "no clone of the generator; fix: change into its folder, and type the command again"
    )
    raise UnusableError(here, message)


def load(module: str) -> Any:
    """Import a module of the clone. Raises UnusableError if there is no clone."""
    folder = str(clone())
    if folder not in sys.path:
        sys.path.append(folder)
    return import_module(module)


def run(options: SimpleNamespace) -> int:
    """Run `init`, which the clone has."""
    code: int = load("initialize.command").run(options)
    return code
