"""What a command writes to: streams that may be closed, full, or read no further."""

import os
import sys
from contextlib import suppress
from typing import Any, TextIO


class OutputError(Exception):
    """Nothing takes what a command writes; the text says why."""


def open_streams() -> None:
    """Give the program streams in place of those that its parent closed.

    A letter that the encoding of the terminal lacks becomes an escape.
    """
    if sys.stdin is None:
        sys.stdin = _null("r")
    if sys.stdout is None:
        sys.stdout = _null("w")
    if sys.stderr is None:
        sys.stderr = _null("w")
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError):  # a test reads it
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def is_open(stream: TextIO) -> bool:
    """Return whether something may take what is written."""
    return getattr(stream, "name", "") != os.devnull


def write(stream: TextIO, text: str, end: str = "\n") -> None:
    """Write a text at once. Raises OutputError, and what is written afterwards is lost.

    Python flushes once more at its end, which must not fail again:
    https://docs.python.org/3/library/signal.html#note-on-sigpipe
    """
    try:
        print(text, file=stream, end=end, flush=True)
    except BrokenPipeError:
        _lose(stream)
        raise OutputError("the output is read no further") from None
    except OSError as error:
        _lose(stream)
        why = f"the output cannot be written: {error.strerror}"
        raise OutputError(why) from None


def _lose(stream: TextIO) -> None:
    """Let a stream that failed take everything from now on."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def _null(mode: str) -> Any:
    return open(os.devnull, mode, encoding="utf-8")  # noqa: PTH123 (for the program's life)
