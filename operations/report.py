"""What a command says: live on a terminal, plain lines in pipes and CI, JSON for programs."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any

# user:password@ of a URL, and what Secrets Manager or a header would show.
SECRETS = re.compile(
    r"(?P<url>://[^:@/\s]+:)[^@/\s]+(?=@)"
    r"|(?P<name>(?:password|secretstring|x-api-key|authorization)[\"']?\s*[:=]\s*[\"']?)"
    r"[^\s\"',}]+",
    re.IGNORECASE,
)
HIDDEN = "(hidden)"


def after(label: str, steps: str) -> str:
    """Return steps behind a label, those after the first one below it."""
    return label + steps.replace("\n", "\n" + " " * len(label))


class Reporter:
    """Says lines as things happen, and one result at the end. Safe among threads."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._lock = Lock()
        self._hidden: set[str] = set()
        self._content: dict[str, Any] = {"next": None}
        self._literal: dict[str, Any] = {}
        self._live: Any = None
        self._tasks: dict[str, Any] = {}

    def hide(self, secret: str) -> None:
        """A value that must not appear in anything that is said from now on."""
        if secret:
            self._hidden.add(secret)

    def clean(self, text: str) -> str:
        """The text without secrets and on one line for each of its own lines."""
        for secret in self._hidden:
            text = text.replace(secret, HIDDEN)
        return SECRETS.sub(lambda found: (found["url"] or found["name"]) + HIDDEN, text)

    def say(self, text: str) -> None:
        """Print a line to the terminal, or to stderr where stdout is for a program.

        A long line is left to the terminal, which wraps it and still copies it whole.
        """
        with self._lock:
            if self._live:
                self._live.console.out(self.clean(text), highlight=False)
            else:
                stream = sys.stderr if self.as_json else sys.stdout
                print(self.clean(text), file=stream, flush=True)

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
        """What somebody types, with nothing moving meanwhile."""
        with self._still(), suppress(EOFError):
            return input(question).strip()
        return ""

    def show(self, secret: str) -> None:
        """A secret as it is, on a line that nothing wraps or moves; for a terminal only."""
        with self._still():
            print(secret, flush=True)

    @contextmanager
    def _still(self) -> Iterator[None]:
        if self._live:
            self._live.stop()
        try:
            yield
        finally:
            if self._live:
                self._live.start()

    def result(self, content: dict[str, Any]) -> None:
        """What a program reads of the command."""
        self._content |= content

    def literal(self, text: str, content: dict[str, Any]) -> None:
        """Text that a shell or a program takes as it is: nothing is hidden or wrapped."""
        self._literal |= content
        if not self.as_json:
            self.show(text)

    def next(self, steps: str) -> None:
        """Print what comes next: a command, or several steps, each on a line of its own."""
        self.say(after("next: ", steps))
        self.result({"next": steps})

    def finish(self, content: dict[str, Any]) -> None:
        """The result and how the command ended: one JSON object, said once."""
        if self.as_json:
            whole = self.clean(json.dumps({**self._content, **content}, indent=2, default=str))
            if self._literal:
                whole = json.dumps({**json.loads(whole), **self._literal}, indent=2)
            print(whole, flush=True)

    @contextmanager
    def live(self) -> Iterator[None]:
        """Progress that moves, where somebody watches."""
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
