"""A command prints no secret and no control character, and JSON if asked."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ProfileNotFound
from hypothesis import given
from hypothesis import strategies as st

from cfnlink.next_command import CommandLine
from cfnlink.operations.check import OK, Check
from cfnlink.operations.ending import ending
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.order import in_order
from cfnlink.operations.redaction import HIDDEN, redacted, redacted_values
from cfnlink.operations.reporter import Reporter
from cfnlink.operations.session import session, suffixes
from cfnlink.operations.stacks import DeployedStack, StackAction, allowed_action
from cfnlink.system.folder import UnusableError, read
from tests.helpers import ROOT
from tests.operations.fault_proxy import Fault, FaultProxy
from tests.operations.helpers import DEVELOPMENT, failing, run, start, topic, write
from tests.rehearsal.cloud import Cloud

LINE = CommandLine("deploy", DEVELOPMENT)
SECRET = "hunter2secret"


@pytest.mark.parametrize(
    "text",
    [
        f"postgres://owner:{SECRET}@host:5432/app",
        f"postgres://owner:p@{SECRET}@host/app",
        f"redis://:{SECRET}@host/0",
        f'{{"password": "{SECRET}"}}',
        f'{{"password": "a b {SECRET}"}}',
        f'{{\\"password\\": \\"{SECRET}\\"}}',
        f"x-api-key: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET}",
        f"'authorization': 'Digest {SECRET}'",
        f"sent Bearer {SECRET}, refused",
        f"token={SECRET}",
        f"SESSION_TOKEN: {SECRET}",
        f"STRIPE_KEY={SECRET}",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"PGPASSWORD={SECRET}",
        f"CREATE USER a PASSWORD '{SECRET}'",
        f"alter role a password 'it''s {SECRET}'",
        f"ALTER ROLE a PASSWORD E'{SECRET}'",
        f"client_secret={SECRET}&grant=1",
    ],
)
def test_no_secret_is_shown(text: str) -> None:
    assert SECRET not in redacted(text)
    assert HIDDEN in redacted(text)
    assert redacted(redacted(text)) == redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "secrets: could not look: needs secretsmanager:DescribeSecret",
        "deploy output/development --only account --wait 30",
        "arn:aws:sns:us-east-1:1:key:lock",
        "AWS refuses: An error occurred (ExpiredToken): The security token is expired",
        "https://a.example/v1/orders?page=2",
        "app_a: setting the password of its secret",
    ],
)
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert redacted(text) == text


def test_the_name_of_a_check_hides_nothing_and_its_words_are_masked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fix = f"run it:\nSMOKE_TOKEN={SECRET} make smoke"
    Check("no token", OK, f"401; token={SECRET}", fix).say(Reporter())

    shown = (
        f"ok: no token: 401; token={HIDDEN}\n    run it:\n    SMOKE_TOKEN={HIDDEN} make smoke\n"
    )
    assert capsys.readouterr().out == shown


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_known_secret_is_hidden_in_json_whatever_its_letters(secret: str, text: str) -> None:
    report = Reporter(as_json=True)
    report.hide(secret)

    shown = redacted_values({"a": [text, {"b": secret}]}, {secret})

    assert shown["a"][1]["b"] == HIDDEN


@pytest.mark.parametrize("control", ["\x1b]0;title\x07", "\x9b2J", "\r", "\x00", "\u202e"])
def test_control_characters_are_shown_and_not_obeyed(control: str) -> None:
    shown = redacted(f"one{control}two\n\tthree")

    assert shown == f"one{ascii(control)[1:-1]}two\n\tthree"
    assert all(letter.isprintable() or letter in "\n\t" for letter in shown)


def command(cloud: Cloud, *words: Any, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Start a command in a process of its own, with the streams of a test."""
    arguments = [sys.executable, "-m", "cfnlink", *map(str, words)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run(
        arguments, cwd=ROOT, env=cloud.environment, text=True, check=False, **streams
    )


def of_json(text: str) -> dict[str, Any]:
    """Return the object that ends a text; before it may stand what a person reads."""
    return dict(json.loads(text[text.index("{\n") :]))


@pytest.mark.parametrize(
    "words",
    [
        ["deploy"],
        ["no-such-command", "folder"],
        ["deploy", "folder", "--wait", "nan"],
        ["deploy", "folder", "--no-such-option"],
        ["release", "folder"],
        ["deploy", "no-such-folder"],
    ],
)
@pytest.mark.fault("a command that cannot be understood", "the end is JSON with exit code 2")
def test_a_refused_command_ends_in_json(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cfnlink.cli import main  # noqa: PLC0415 (only here)

    code = main([*words, "--json"])

    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert (code, answer["exit"]) == (2, 2)
    assert answer["error"]
    monkeypatch.setenv("MAKE_STARTED_IN", str(ROOT))
    monkeypatch.setenv("JSON", "1")
    assert main(["deploy", "output/production/"]) == 2
    assert "say ENV=" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.rehearsal
def test_a_question_is_no_part_of_the_json(cloud: Cloud, tmp_path: Path) -> None:
    run(cloud, "deploy", write(tmp_path, one={"Topic": topic()}))
    ours, theirs = os.openpty()
    os.write(ours, b"test\n")

    done = command(cloud, "destroy", tmp_path, "--json", stdin=theirs)

    assert json.loads(done.stdout)["exit"] == 0
    assert "Type the environment's name" in done.stderr


@pytest.mark.rehearsal
@pytest.mark.parametrize("stream", [0, 1, 2])
@pytest.mark.fault("a standard stream is closed", "the end is JSON")
def test_a_closed_stream_ends_in_json_all_the_same(cloud: Cloud, stream: int) -> None:
    done = command(cloud, "destroy", DEVELOPMENT, "--json", preexec_fn=lambda: os.close(stream))

    answer = of_json(done.stdout or done.stderr)
    assert (done.returncode, answer["exit"]) == (2, 2)
    assert "Traceback" not in done.stderr


@pytest.mark.rehearsal
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.long
@pytest.mark.fault("the disk of the output is full", "the end is JSON on the other stream")
def test_a_full_disk_ends_in_json_on_the_other_stream(cloud: Cloud) -> None:
    with Path("/dev/full").open("w") as full:
        done = command(cloud, "preflight", DEVELOPMENT, "--json", stdout=full)
        plain = command(cloud, "preflight", DEVELOPMENT, stdout=full)
        mute = command(cloud, "preflight", DEVELOPMENT, "--json", stderr=full)

    assert of_json(done.stderr)["exit"] == 1
    assert (done.returncode, plain.returncode, mute.returncode) == (1, 130, 130)
    assert "interrupted: the output cannot be written: No space left" in plain.stderr
    assert json.loads(mute.stdout)["exit"] == 130
    assert "Traceback" not in done.stderr + plain.stderr


@pytest.mark.rehearsal
@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
@pytest.mark.fault(
    "deploy gets SIGHUP, SIGINT or SIGTERM",
    "the end is JSON with exit code 130",
)
def test_a_signal_ends_in_json_and_says_what_is_waited_for(cloud: Cloud, number: int) -> None:
    process = start(cloud, "deploy", DEVELOPMENT, "--image-tag", "1", "--json")
    assert process.stderr
    said = [next(line for line in process.stderr if "-network" in line)]
    process.send_signal(number)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130
    assert json.loads(out)["exit"] == 130
    assert "stopping: waiting for the calls under way for shop-development-" in err, said
    assert "Traceback" not in err


def test_two_stacks_that_fail_are_both_reported(tmp_path: Path) -> None:
    write(tmp_path, one={"T": topic()}, two={"T": topic()})
    environment = open_environment(tmp_path)

    def fail(stack: Any) -> str:
        raise CommandError(Exit.FAILED, f"{stack.name} is broken", f"repair {stack.name}")

    with pytest.raises(BaseExceptionGroup) as raised:
        in_order(
            environment,
            fail,
            {stack.name: set() for stack in environment.stacks},
        )
    stop = ending(raised.value, LINE)

    assert stop.code == Exit.FAILED
    assert {*stop.message.splitlines()} == {
        "tiny-test-one is broken",
        "tiny-test-two is broken",
    }
    assert len(stop.next_command.splitlines()) == 2


def refused(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (refused("AccessDeniedException"), 5),
        (refused("UnauthorizedOperation", 403), 5),
        (refused("ExpiredTokenException"), 5),
        (refused("SomethingNew", 403), 5),
        (refused("Throttling"), 5),
        (refused("RequestLimitExceeded", 503), 5),
        (refused("SomethingNew", 500), 5),
        (NoCredentialsError(), 5),
        (refused("ValidationError"), 1),
        (refused("LimitExceededException"), 1),
        (refused("InvalidParameterValue"), 1),
        (ProfileNotFound(profile="p"), 1),
        (KeyError("Stacks"), 1),
        (UnusableError(Path("f"), "why"), 2),
    ],
)
def test_the_exit_code_says_whether_time_or_a_permission_helps(
    error: Exception, code: int
) -> None:
    assert ending(error, LINE).code == code
    assert ending(error, LINE).next_command


@pytest.mark.rehearsal
@pytest.mark.parametrize("fault", [Fault.PAGE, Fault.OBJECT, Fault.EMPTY])
@pytest.mark.parametrize("number", [1, 2, 4])
def test_an_answer_that_is_not_of_aws_is_reported(  # noqa: PLR0913 (fixtures)
    cloud: Cloud,
    between: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    number: int,
) -> None:
    write(tmp_path, one={"Topic": topic()})
    monkeypatch.setattr(FaultProxy, "faults", {number: fault})

    done = run(cloud, "deploy", tmp_path, AWS_ENDPOINT_URL=between)

    assert done.code == 5
    assert "is no answer of AWS" in done.err


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tags", ["a"], '"tags" of stacks[0] is no object of texts'),
        ("tags", {"a": 1}, '"tags" of stacks[0] is no object of texts'),
        ("capabilities", "CAPABILITY_IAM", '"capabilities" of stacks[0] is no list of CAPA'),
        ("parameters", [1], '"parameters" of stacks[0] is no object'),
    ],
)
def test_a_manifest_of_wrong_types_is_refused(
    tmp_path: Path, key: str, value: Any, words: str
) -> None:
    file = write(tmp_path, one={"T": topic()}) / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    manifest["stacks"][0][key] = value
    file.write_text(json.dumps(manifest), "utf-8")

    with pytest.raises(UnusableError, match="not a manifest") as raised:
        read(tmp_path)

    assert words in str(raised.value)


def test_every_failed_state_that_once_was_good_is_one_to_repair() -> None:
    model = session("us-east-1").client("cloudformation").meta.service_model
    failed = {
        each
        for each in model.shape_for("StackStatus").metadata["enum"]
        if each.endswith("_FAILED")
    }
    repaired = {
        each
        for each in failed
        if allowed_action(DeployedStack("n", "i", each)) == StackAction.REPAIR
    }

    assert "IMPORT_ROLLBACK_FAILED" in repaired
    assert failed - repaired == {"CREATE_FAILED", "ROLLBACK_FAILED"}


@pytest.mark.parametrize(
    ("url", "emulated"),
    [
        ("https://cloudformation.us-east-1.amazonaws.com", False),
        ("https://cloudformation.us-east-1.api.aws", False),
        ("https://cloudformation.cn-north-1.amazonaws.com.cn", False),
        ("https://vpce-1.cloudformation.us-east-1.vpce.amazonaws.com:443", False),
        ("http://127.0.0.1:4566", True),
        ("http://amazonaws.com.example:4566", True),
    ],
)
def test_only_what_is_not_aws_is_an_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, emulated: bool
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    environment = open_environment(write(tmp_path, one={"T": topic()}))

    assert environment.emulated == emulated
    assert ".api.aws" in suffixes()


@pytest.mark.rehearsal
def test_a_second_failing_stack_is_reported_by_deploy(cloud: Cloud, tmp_path: Path) -> None:
    """Two stacks that need the first one fail side by side."""
    write(
        tmp_path, account={"T": topic()}, two={"Fault": failing()}, three={"Other": failing()}
    )
    for name in ("two", "three"):
        file = tmp_path / f"{name}.yaml"
        file.write_text(file.read_text("utf-8").partition("Outputs:")[0], "utf-8")

    done = run(cloud, "deploy", tmp_path)

    assert done.code == 1
    assert "tiny-test-two is ROLLBACK_COMPLETE: Fault" in done.err
    assert "tiny-test-three is ROLLBACK_COMPLETE: Other" in done.err
