"""Say what a command of release 0.1 is now; it goes with release 0.3.

`python -m checks`, `python -m operations`, `python -m reports.*` and `python init.py` were the
programs before `cfnlink`.
"""

import shlex
import sys
from pathlib import Path
from typing import NoReturn

from cfnlink.exit_codes import Exit
from cfnlink.next_command import program_line

NEW = {
    "init": "init",
    "checks": "lint",
    "reports.cost": "cost",
    "reports.page": "page",
    "reports.picture": "draw",
    "reports.prices": "prices",
}


def say_new_command() -> NoReturn:
    """Print the new command in place of the one that was typed, and end the process."""
    typed, name, arguments = _typed()
    words = [NEW[name]] if name in NEW else []
    line = program_line(*words, *arguments)
    print(f"{shlex.join(typed)} is gone; fix: {line}", file=sys.stderr)
    sys.exit(int(Exit.UNUSABLE))


def _typed() -> tuple[list[str], str, list[str]]:
    """Return the program as it was typed, its module, and its arguments."""
    if "-m" in sys.orig_argv:
        _, name, *arguments = sys.orig_argv[sys.orig_argv.index("-m") :]
        return ["python", "-m", name], name, arguments
    file, *arguments = sys.argv
    return ["python", file], Path(file).stem, arguments
