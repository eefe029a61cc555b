"""A container as a process of this machine: its environment, its end, where its lines go."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecs
from registry import Properties

# A file of an image -> the file of this machine that stands for it.
ELSEWHERE: dict[str, str] = {}
PREFIX = "CONTAINER_"
LAST_LINES_SECONDS = 5  # that the lines of an ended process may take into the log
_RUNNING: "set[Container]" = set()
_ENDING = threading.Event()


@dataclass(eq=False)
class Container:
    """A container that runs here, with its definition."""

    definition: Properties
    process: "subprocess.Popen[str]"
    _log: threading.Thread = field(default_factory=threading.Thread)

    @property
    def exit_code(self) -> int | None:
        """The code as ECS has it, where a signal counts from 128; None while it runs."""
        code = self.process.poll()
        if code is None:
            return None
        _forget(self)
        self._log.join(LAST_LINES_SECONDS)
        return code if code >= 0 else 128 - code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process; SIGKILL to all that it has started, too."""
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.process.pid, number)
            else:
                self.process.send_signal(number)


def environment(container: Properties) -> dict[str, str]:
    """The variables and secrets that a container definition gives its container.

    A path of ELSEWHERE is replaced in each of them.
    Raises ecs._SecretResolutionError for a secret that does not exist.
    """
    given = {each["name"]: each["value"] for each in container.get("environment", [])}
    given |= ecs._resolve_container_secrets(container)
    for there, here in ELSEWHERE.items():
        given = {name: value.replace(there, here) for name, value in given.items()}
    return given


def start(
    definition: Properties,
    task: str,
    command: Sequence[str],
    variables: Mapping[str, str],
    folder: str | None = None,
) -> Container:
    """Start a container of a task of the caller's account and region; task: the task's id.

    variables: all that it gets, beside the emulator's own for each container, CONTAINER_NAME.
    Raises OSError if the program does not start.
    """
    if _ENDING.is_set():
        raise OSError("the emulator ends")
    more = {
        name.removeprefix(PREFIX): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX)
    }
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **variables, **more},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,  # so that Ctrl-C of a terminal ends the emulator alone
    )
    guard(process.pid)
    container = Container(definition, process)
    arguments = (container, task, (get_account_id(), get_region()))
    container._log = threading.Thread(target=_keep_log, args=arguments, daemon=True)
    container._log.start()
    _RUNNING.add(container)
    return container


def end_all() -> None:
    """End every container at once, and start no more."""
    _ENDING.set()
    for container in list(_RUNNING):
        container.send(signal.SIGKILL)
        container.process.wait()
        _forget(container)


def _forget(container: Container) -> None:
    if container in _RUNNING:
        _RUNNING.discard(container)
        release(container.process.pid)


def _keep_log(container: Container, task: str, scope: tuple[str, str]) -> None:
    """Write what a process prints to the container's log stream, until the process ends."""
    with request_scope(*scope):
        log = ecs._awslogs_config(container.definition, task, "")
        for line in container.process.stdout or ():
            if log and ecs._ensure_awslogs_stream(log):
                ecs._emit_awslogs_event(log, line.rstrip("\n"))


class _Guard:
    """The program that ends what is left when the emulator is killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def tell(self, line: str) -> None:
        """Write a line of guard.py, which starts with the first one."""
        with self._lock, suppress(BrokenPipeError):
            self._process = self._process or self._start()
            assert self._process.stdin
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _start(self) -> "subprocess.Popen[str]":
        script = Path(__file__).parent / "guard.py"
        return subprocess.Popen(
            [sys.executable, "-S", "-E", str(script)],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


_GUARD = _Guard()


def guard(process: int) -> None:
    """End a process with the emulator, also when the emulator is killed."""
    _GUARD.tell(f"+{process}")


def release(process: int) -> None:
    """Take note that a process has ended."""
    _GUARD.tell(f"-{process}")
