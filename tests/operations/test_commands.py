"""Every command says why it cannot go on, and which command comes next."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from cfnlink.next_command import CommandLine
from cfnlink.operations.commands import plan
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError
from cfnlink.operations.lease import parameter
from tests.helpers import ROOT
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, run, start, topic, write
from tests.operations.stubs import stubbed
from tests.operations.test_lease import ELSEWHERE, hold
from tests.rehearsal.cloud import Cloud
from tests.tools import need

pytestmark = pytest.mark.rehearsal


def typed(*arguments: str) -> str:
    return f"cfnlink {shlex.join(arguments)}"


def test_the_next_command_is_the_one_that_was_typed_with_all_its_options(cloud: Cloud) -> None:
    command = ["deploy", str(DEVELOPMENT), "--image-tag", "7", "--wait", "1"]
    process = start(cloud, *command)
    next(line for line in process.stdout or () if "Vpc" in line)
    process.send_signal(signal.SIGINT)

    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    assert err.endswith(f"next: {typed(*command)}\n")


def test_a_busy_environment_is_waited_for_by_the_same_command(cloud: Cloud) -> None:
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "7")
    hold(cloud, ELSEWHERE, parameter(open_environment(DEVELOPMENT)))
    command = ["destroy", str(DEVELOPMENT), "--yes", "development"]

    done = run(cloud, *command)

    assert done.code == 4
    assert f"next: to wait up to 30 minutes: {typed(*command)} --wait 30\n" in done.err


def test_a_program_reads_the_next_command_too(cloud: Cloud, tmp_path: Path) -> None:
    folder = str(write(tmp_path, one={"Topic": topic()}))

    found = [
        json.loads(run(cloud, name, folder, "--json").out) for name in ("status", "deploy")
    ]

    assert [each["next"] for each in found] == [
        typed("plan", folder, "--json"),
        typed("status", folder, "--json"),
    ]
    assert [each["exit"] for each in found] == [1, 0]


def test_a_folder_with_a_space_is_quoted(cloud: Cloud, tmp_path: Path) -> None:
    folder = shutil.copytree(DEVELOPMENT, tmp_path / "my shop")

    done = run(cloud, "key", folder)

    assert done.err.endswith(f"next: {typed('deploy', str(folder))}\n")


@pytest.mark.parametrize(
    ("name", "value"), [("AWS_ENDPOINT_URL", "localhost:4566"), ("AWS_MAX_ATTEMPTS", "many")]
)
def test_a_setting_that_cannot_be_is_named(cloud: Cloud, name: str, value: str) -> None:
    done = run(cloud, "status", DEVELOPMENT, **{name: value})

    assert done.code == 2
    assert value in done.err
    assert name in done.err


def test_an_unknown_folder_is_reported_with_the_known_ones(cloud: Cloud) -> None:
    done = run(cloud, "plan", DEVELOPMENT.with_name("dev"))

    assert done.code == 2
    assert "dev/manifest.json: there is no such file; expected one of " in done.err
    assert f"{DEVELOPMENT}, {PRODUCTION}" in done.err
    assert done.err.endswith(f"next: {typed('plan', str(DEVELOPMENT.with_name('...')))}\n")
    above = run(cloud, "plan", DEVELOPMENT.parent)
    assert f"there is no such file; expected one of {DEVELOPMENT}, {PRODUCTION}" in above.err
    assert above.err.splitlines()[1:] == done.err.splitlines()[1:]


def test_a_resolver_is_a_host_and_a_port(cloud: Cloud) -> None:
    done = run(cloud, "preflight", PRODUCTION, "--resolver", "localhost:domain")

    assert done.code == 2
    assert "--resolver" in done.err


def test_a_file_that_cannot_be_written_is_named(cloud: Cloud) -> None:
    done = run(cloud, "deploy-role", DEVELOPMENT, "--repository", "a/b", "--output", "Makefile")

    assert done.code == 2
    assert "Makefile: File exists" in done.err


def test_a_reader_that_goes_away_ends_a_command_in_a_line(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()})
    theirs, ours = os.pipe()
    os.close(theirs)

    done = subprocess.run(
        [sys.executable, "-m", "cfnlink", "plan", str(tmp_path)],
        cwd=ROOT,
        env=cloud.environment,
        stdout=ours,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(ours)

    assert done.returncode == 130
    assert done.stderr.startswith("interrupted: the output is read no further\nnext: ")
    assert "Error" not in done.stderr


def test_a_revision_that_is_not_there_is_reported(cloud: Cloud) -> None:
    need("git")
    done = run(cloud, "diff", DEVELOPMENT, "--base", "nowhere")

    assert done.code == 2
    assert "it is in no git repository, so nowhere is not known" in done.err
    assert f"to git, then: cfnlink diff {DEVELOPMENT} --base nowhere" in done.err


def test_what_would_be_allowed_goes_with_the_image_s_tag(cloud: Cloud, tmp_path: Path) -> None:
    """The command behind a refusal is whole: typed as it stands, it does what was meant."""
    run(cloud, "deploy", write(tmp_path, one={"Keep": topic(), "Log": log()}))
    write(tmp_path, one={"Keep": topic()})
    command = ["deploy", str(tmp_path), "--wait", "1"]

    refused = run(cloud, *command)

    assert refused.code == 3
    allowed = typed("deploy", str(tmp_path), "--allow-replacement", "Log", "--wait", "1")
    assert refused.err.endswith(f"next: if you accept the loss: {allowed}\n")
    planned = run(cloud, "plan", tmp_path, "--allow-replacement", "Log")
    assert planned.out.endswith(
        f"next: {typed('deploy', str(tmp_path))} --allow-replacement Log\n"
    )
    assert run(cloud, *command, "--allow-replacement", "Log").code == 0


def log() -> dict[str, str]:
    return {"Type": "AWS::Logs::LogGroup"}


def test_a_folder_that_aws_would_not_take_leads_to_its_linter(
    cloud: Cloud, tmp_path: Path
) -> None:
    """An import of what no stack exports, and a template that is too large."""
    folder = write(tmp_path, one={"Topic": topic()})
    template = (folder / "one.yaml").read_text("utf-8")
    missing = template.replace("Ref: Topic", "Fn::ImportValue: absent")
    (folder / "one.yaml").write_text(missing, "utf-8")
    unlinked = run(cloud, "plan", folder)
    (folder / "one.yaml").write_text(f"{template}# {'x' * 60_000}\n", "utf-8")
    large = run(cloud, "plan", folder)

    for done in (unlinked, large):
        assert done.code == 2
        assert done.err.endswith(f"next: cfnlink lint {folder}\n")


@pytest.mark.parametrize(
    ("status", "code"), [("UPDATE_IN_PROGRESS", 4), ("UPDATE_ROLLBACK_FAILED", 1)]
)
def test_a_stack_that_cannot_be_planned_leads_back_to_the_same_plan(
    cloud: Cloud, status: str, code: int
) -> None:
    """Replayed: the emulator ends every operation."""
    found = {"StackName": "s", "StackId": "arn", "StackStatus": status}
    found["CreationTime"] = "2026-11-24T00:00:00Z"
    options = SimpleNamespace(tag="7", allow=[], only=None)
    with stubbed(PRODUCTION, "cloudformation") as (stub, stubs):
        environment = replace(stub, typed=CommandLine("plan", PRODUCTION, {"tag": "7"}))
        stubs["cloudformation"].add_response("list_exports", {"Exports": []})
        for _ in environment.stacks:
            stubs["cloudformation"].add_response("describe_stacks", {"Stacks": [found]})
        if code == 1:
            summaries: dict[str, list[str]] = {"StackResourceSummaries": []}
            stubs["cloudformation"].add_response("list_stack_resources", summaries)
        with pytest.raises(CommandError) as stop:
            plan.run(environment, options)

    assert stop.value.code == code
    assert stop.value.next_command.endswith(f"cfnlink plan {PRODUCTION} --image-tag 7")
