"""A terminal shows moving progress and questions, and no secret."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

import pytest

from cfnlink.operations.reporter import Reporter
from tests.helpers import ROOT
from tests.operations.helpers import run, statuses, topic, write
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal


def on_a_terminal(
    cloud: Cloud, *arguments: str, typed: str = "", columns: int = 200
) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its exit code and its text."""
    return in_a_session(
        {**cloud.environment, "TERM": "xterm"}, *arguments, typed=typed, columns=columns
    )


def in_a_session(
    environment: Mapping[str, str],
    *arguments: str,
    typed: str = "",
    question: str = "",
    columns: int = 200,
) -> tuple[int, str]:
    """Return the same with an environment; the terminal is also the one that /dev/tty names.

    question: what is shown before something is typed; a question for a secret forgets what
    was typed before.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-m", "cfnlink", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 (the only way)
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            if typed and question.encode() in shown:
                os.write(ours, typed.encode())
                typed = ""
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


def test_a_narrow_terminal_wraps_no_line_that_a_user_copies(
    cloud: Cloud, tmp_path: Path
) -> None:
    """A newline in a command would be copied with it; the terminal's own wrap is not."""
    write(tmp_path, one={"Topic": topic(), "Log": {"Type": "AWS::Logs::LogGroup"}})

    deployed = on_a_terminal(cloud, "deploy", str(tmp_path), "--wait", "1", columns=40)
    write(tmp_path, one={"Topic": topic()})
    refused = on_a_terminal(cloud, "deploy", str(tmp_path), "--wait", "1", columns=40)

    assert (deployed[0], refused[0]) == (0, 3), deployed[1] + refused[1]
    line = "tiny-test-one: added: Log, AWS::Logs::LogGroup\r\n"
    assert line in deployed[1]
    assert f"next: cfnlink status {tmp_path}\r\n" in deployed[1]
    allowed = f"deploy {tmp_path} --allow-replacement Log --wait 1"
    assert f"next: if you accept the loss: cfnlink {allowed}\r\n" in refused[1]


def test_a_line_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """No part of an ARN is a picture, and no bracket a style."""
    text = "arn:aws:sns:us-east-1:1:key:lock [bold] 'a' http://a.example"
    report = Reporter()
    with mock.patch("sys.stdout.isatty", return_value=True), report.live():
        report.say(text)

    assert text in capsys.readouterr().out


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


MFA = """[profile base]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = base
[profile mfa]
role_arn = arn:aws:iam::000000000000:role/admin
source_profile = base
mfa_serial = arn:aws:iam::000000000000:mfa/one
"""


@pytest.fixture
def with_mfa(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the environment of a user whose profile needs a code for each session."""
    (cloud.home / ".aws").mkdir(exist_ok=True)
    (cloud.home / ".aws" / "config").write_text(MFA, "utf-8")
    given = {**cloud.environment, "AWS_PROFILE": "mfa", "TERM": "xterm"}
    return {name: value for name, value in given.items() if "ACCESS_KEY" not in name}


def test_an_mfa_code_is_asked_while_nothing_moves(
    with_mfa: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})

    code, shown = in_a_session(
        with_mfa, "deploy", str(tmp_path), typed="123456\n", question="code for"
    )

    assert code == 0, shown
    question = shown.partition("Enter MFA code for")[2]
    asked, _, _ = question.partition("\n")
    assert "\x1b" not in asked


def test_an_mfa_code_without_a_terminal_ends_with_5(
    with_mfa: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "cfnlink",
            "deploy",
            write(tmp_path, one={"T": topic()}),
        ],
        cwd=ROOT,
        env=with_mfa,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )

    assert done.returncode == 5
    assert "needs an MFA code, and there is no terminal" in done.stderr
    assert f"next: cfnlink deploy {tmp_path}" in done.stderr
