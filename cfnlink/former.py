"""Say what a command of release 0.1 is now; it goes with release 0.3.

`python -m checks`, `python -m operations` and `python -m reports.*` were the programs before
`cfnlink`.
"""

import shlex
import sys
from typing import NoReturn

from cfnlink.exit_codes import Exit
from cfnlink.next_command import program_line

NEW = {
    "checks": "lint",
    "reports.cost": "cost",
    "reports.page": "page",
    "reports.picture": "draw",
    "reports.prices": "prices",
}


def say_new_command() -> NoReturn:
    """Print the new command in place of the one that was typed, and end the process."""
    _, name, *arguments = sys.orig_argv[sys.orig_argv.index("-m") :]
    words = [NEW[name]] if name in NEW else []
    line = program_line(*words, *arguments)
    print(f"{shlex.join(['python', '-m', name])} is gone; fix: {line}", file=sys.stderr)
    sys.exit(int(Exit.UNUSABLE))
