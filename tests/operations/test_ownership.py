"""A command checks whose the account and the stacks are before it changes anything."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cfnlink.commands import COMMANDS, Use
from cfnlink.next_command import CommandLine
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.ownership import check
from tests.operations.helpers import run, statuses, topic, write
from tests.operations.stubs import stubbed
from tests.rehearsal.cloud import Cloud

OURS = {"project": "tiny", "environment": "test"}
CHANGING = [name for name, command in COMMANDS.items() if command.use == Use.CHANGES]
OPTIONS = {
    "release": ["--tag", "2"],
    "restore": ["--snapshot", "kept"],
    "destroy": ["--yes", "test"],
    "task": ["--", "true"],
}
ARN = "arn:aws:iam::222233334444:user/one"


def state(folder: Path, tags: Mapping[str, str] = OURS, **more: Any) -> Path:
    """Write tags of each stack, and more, into the manifest of a folder."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text("utf-8")) | more
    for stack in manifest["stacks"]:
        stack["tags"] = tags
    file.write_text(json.dumps(manifest), "utf-8")
    return folder


def make_foreign(cloud: Cloud, **tags: str) -> None:
    """Create the stack tiny-test-two as another project would."""
    cloud.client("cloudformation").create_stack(
        StackName="tiny-test-two",
        TemplateBody=json.dumps({"Resources": {"Theirs": topic()}}),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )


@pytest.mark.rehearsal
@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.fault(
    "a stack of another project has one of our names",
    "exit 3, and nothing is changed",
)
def test_no_command_changes_a_stack_of_another_project(
    cloud: Cloud, tmp_path: Path, name: str
) -> None:
    folder = state(write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()}))
    make_foreign(cloud, project="other", environment="test")

    done = run(cloud, name, folder, *OPTIONS.get(name, []))

    assert done.code == 3, done.err
    assert "tiny-test-two exists without the tag project=tiny, so it is not" in done.err
    assert statuses(cloud) == {"tiny-test-two": "CREATE_COMPLETE"}
    (only,) = cloud.client("cloudformation").list_stack_resources(StackName="tiny-test-two")[
        "StackResourceSummaries"
    ]
    assert only["LogicalResourceId"] == "Theirs"


@pytest.mark.rehearsal
def test_the_suggested_command_makes_a_stack_this_projects(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder = state(write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()}))
    make_foreign(cloud, team="blue")
    refused = run(cloud, "deploy", folder)
    fix = refused.err.partition("if tiny-test-two is this project's: ")[2].splitlines()[0]
    cloud.run(fix)

    done = run(cloud, "plan", folder, "--allow-replacement", "Theirs")

    assert "without the tags project=tiny and environment=test" in refused.err
    assert done.code == 0, done.err
    assert '{"Key": "team", "Value": "blue"}' in " ".join(shlex.split(fix))


@pytest.mark.rehearsal
@pytest.mark.parametrize(("words"), [["deploy"], ["destroy", "--yes", "test"]])
def test_the_first_line_names_account_and_region(
    cloud: Cloud, tmp_path: Path, words: list[str]
) -> None:
    folder = write(tmp_path, one={"Topic": topic()})

    done = run(cloud, words[0], folder, *words[1:])
    as_json = json.loads(run(cloud, words[0], folder, *words[1:], "--json").out)

    assert done.out.startswith("account 000000000000, us-east-1, as arn:aws:iam::")
    assert (as_json["account"], as_json["region"]) == ("000000000000", "us-east-1")


@pytest.mark.parametrize("name", ["destroy", "status"])
def test_another_account_than_the_stated_one_is_refused_before_any_question(
    tmp_path: Path, name: str
) -> None:
    """Replayed: the emulator's account is not compared."""
    folder = state(write(tmp_path, one={"Topic": topic()}), account="111122223333")
    who = {"Account": "222233334444", "Arn": ARN, "UserId": "one"}
    with stubbed(folder, "sts", "cloudformation") as (environment, stubs):
        stubs["sts"].add_response("get_caller_identity", who)
        typed = CommandLine(name, folder)
        object.__setattr__(environment, "typed", typed)
        with pytest.raises(CommandError) as stop:
            check(environment, SimpleNamespace())

    assert stop.value.code == Exit.UNUSABLE
    assert "of account 222233334444" in stop.value.message
    assert "expected account 111122223333" in stop.value.message
    assert "AWS_PROFILE" in stop.value.next_command
