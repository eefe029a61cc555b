"""What a command says: live on a terminal, plain lines in pipes and CI, JSON for programs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.redaction import redacted, redacted_values
from cfnlink.streams import OutputError, is_open, write
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

TERMINAL = Path("/dev/tty")


def after(label: str, steps: str) -> str:
    """Return steps behind a label, those after the first one below it."""
    return label + steps.replace("\n", "\n" + " " * len(label))


class Reporter:
    """Says lines as things happen, and one result at the end. Safe among threads."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._lock = RLock()
        self._hidden: set[str] = set()
        self._content: Body = {"next": None}
        self._literal: Body = {}
        self._live: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def hide(self, secret: str) -> None:
        """A value that must not appear in anything that is said from now on."""
        if secret:
            self._hidden.add(secret)

    def clean(self, text: str) -> str:
        """The text without secrets and control characters; its lines stay."""
        return redacted(text, self._hidden)

    def say(self, text: str, head: str = "") -> None:
        """Print a line to the terminal, or to stderr where stdout is for a program.

        A long line is left to the terminal, which wraps it and still copies it whole.
        head: what the text is about, such as `no token: `; the text is no value of its name.
        """
        line = self.clean(head) + self.clean(text)
        with self._lock:
            if self._live:
                self._live.console.out(line, highlight=False)
            else:
                write(sys.stderr if self.as_json else sys.stdout, line)

    @property
    def is_live(self) -> bool:
        """Return whether a terminal shows progress."""
        return self._live is not None

    def working(self, stack: str, text: str = "") -> None:
        """What a stack is doing, on a terminal only; without text it is done."""
        with self._lock:
            if not self._live:
                return
            if not text and stack in self._tasks:
                self._live.remove_task(self._tasks.pop(stack))
            elif text and stack not in self._tasks:
                self._tasks[stack] = self._live.add_task(f"{stack}: {text}", total=None)
            elif text:
                self._live.update(self._tasks[stack], description=f"{stack}: {text}")

    def ask(self, question: str) -> str:
        """Return what a user types, with nothing moving meanwhile."""
        with self._still():
            write(sys.stderr if self.as_json else sys.stdout, question, end="")
            return sys.stdin.readline().strip()

    def ask_mfa_code(self, question: str) -> str:
        """Return the code that a user types for a profile with MFA. Raises CommandError.

        botocore calls it, from any thread, with a question of its own.
        """
        try:
            TERMINAL.open("rb").close()
        except OSError:
            message = (
                "the profile needs an MFA code, and there is no terminal to ask on; expected a "
                "terminal, or credentials in the environment that need no code"
            )
            raise CommandError(Exit.UNREACHABLE, message) from None
        with self._still():
            return getpass(question)

    def show(self, secret: str) -> None:
        """A secret as it is, on a line that nothing wraps or moves; for a terminal only."""
        with self._still():
            write(sys.stdout, secret)

    @contextmanager
    def _still(self) -> Iterator[None]:
        """No line moves, and no other thread writes one."""
        with self._lock:
            if self._live:
                self._live.stop()
            try:
                yield
            finally:
                if self._live:
                    self._live.start()

    def result(self, content: Body) -> None:
        """What a program reads of the command."""
        self._content |= content

    def result_of(self, key: str, stack: str, content: Body) -> None:
        """What a program reads of one stack, under a key of the result."""
        with self._lock:
            self._content.setdefault(key, {})[stack] = content

    def literal(self, text: str, content: Body) -> None:
        """Text that a shell or a program takes as it is: nothing is hidden or wrapped."""
        self._literal |= content
        if not self.as_json:
            self.show(text)

    def next(self, steps: str) -> None:
        """Print what comes next: a command, or several steps, each on a line of its own."""
        self.say(after("next: ", steps))
        self.result({"next": steps})

    def end(self, code: Exit, message: str = "", next_command: str = "") -> int:
        """Say how the command ended, with `--json` in one JSON object; return its exit code.

        What nothing takes is lost, and a command that lost its result did not end well.
        """
        lost = ""
        for text in (message, after("next: ", next_command) if next_command else ""):
            try:
                if text:
                    write(sys.stderr, self.clean(text))
            except OutputError as error:
                lost = str(error)
        if next_command:
            self.result({"next": next_command})
        try:
            self._finish({"exit": int(code), "error": message or None})
        except OutputError as error:
            lost = str(error)
        return int(Exit.INTERRUPTED if lost and code == Exit.DONE else code)

    def _finish(self, content: Body) -> None:
        """The JSON object, on stderr where stdout takes nothing. Raises OutputError."""
        if not self.as_json:
            return None
        whole = redacted_values({**self._content, **content}, self._hidden) | self._literal
        text = json.dumps(whole, indent=2)
        if is_open(sys.stdout):
            try:
                return write(sys.stdout, text)
            except OutputError:
                write(sys.stderr, text)
                raise
        return write(sys.stderr, text)

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show progress during the block, on a terminal only."""
        if self.as_json or not sys.stdout.isatty():
            yield
            return
        from rich.progress import (  # noqa: PLC0415 (only a terminal needs it)
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )

        text = TextColumn("{task.description}", markup=False)
        with Progress(SpinnerColumn(), text, TimeElapsedColumn(), transient=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None
                self._tasks.clear()
