"""End a program whose output goes into a pipe."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

CLOSED = 141  # 128 and the number of SIGPIPE, as a shell reports it


def run(main: Callable[[], int]) -> NoReturn:
    """End with the status of a program, or with 141 if the pipe's reader has ended.

    `| head` closes its end once it has read enough; that is no error of the program.
    """
    try:
        code = main()
        if sys.stdout:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end: https://docs.python.org/3/library/signal.html
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = CLOSED
    sys.exit(code)
