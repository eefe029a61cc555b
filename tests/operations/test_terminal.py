"""On a terminal: progress that moves, a question, and no secret in either."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from operations.report import Reporter
from tests.helpers import ROOT
from tests.operations.world import run, statuses, topic, write
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal


def on_a_terminal(cloud: Cloud, *arguments: str, typed: str = "") -> tuple[int, str]:
    """A command with a terminal of its own; its exit code and all that was shown."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "operations", *arguments],
        cwd=ROOT,
        env={**cloud.environment, "TERM": "xterm", "COLUMNS": "200"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the other end is closed: the command ended
                break
            if not part:
                break
            shown += part
        code = process.wait()
    os.close(ours)
    return code, shown.decode()


def test_progress_moves_and_the_lines_stay(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()})

    code, shown = on_a_terminal(cloud, "deploy", str(tmp_path))

    assert code == 0, shown
    assert "tiny-test-two: Topic CREATE_COMPLETE" in shown
    assert "\x1b[" in shown


@pytest.mark.parametrize(("typed", "code", "left"), [("test\n", 0, 0), ("tset\n", 2, 1)])
def test_destroy_asks_for_the_name(
    cloud: Cloud, tmp_path: Path, typed: str, code: int, left: int
) -> None:
    run(cloud, "deploy", write(tmp_path, one={"Topic": topic()}))

    ended, shown = on_a_terminal(cloud, "destroy", str(tmp_path), typed=typed)

    assert (ended, len(statuses(cloud))) == (code, left), shown
    assert "Type the environment's name to go on" in shown


def test_in_a_pipe_nothing_moves(capsys: pytest.CaptureFixture[str]) -> None:
    report = Reporter()

    with report.live():
        report.working("stack", "doing")
        report.say("a line")
        report.working("stack")

    assert capsys.readouterr().out == "a line\n"
