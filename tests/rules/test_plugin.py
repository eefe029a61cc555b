"""The rules run in the real cfn-lint, installed or not, and under their old ids."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cfnlink.rules import RULES
from tests.helpers import ROOT
from tests.reference import renamed

CFN_LINT = Path(sys.executable).with_name("cfn-lint")
INSTALLED = ["--append-rules", "cfnlink.rules"]
CLONE = ["--append-rules", str(ROOT / "cfnlink" / "plugin")]
IGNORE = {"cfn-lint": {"config": {"ignore_checks": ["W9851"]}}}
FAULTS = {"ImageTagMutability": "MUTABLE", "EmptyOnDelete": True}
GROUP = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "tasks"}}
PARTS = {("First", "W9870"), ("First", "W9871"), ("First", "W9873")}


def template(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return a template of two repositories with faults; the second one ignores them."""
    kept = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    body = {"Type": "AWS::ECR::Repository", "Properties": FAULTS, **kept}
    resources = {"First": body, "Second": {**body, "Metadata": IGNORE}}
    return {"Metadata": metadata, "Resources": resources}


def lint(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a folder that is not the repository."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    path = {"PYTHONPATH": str(ROOT)} if "cfnlink.rules" in arguments else {}
    command, env = [str(CFN_LINT), *arguments], known | path
    return subprocess.run(
        command, check=False, cwd=folder, env=env, capture_output=True, text=True
    )


def found(folder: Path, *arguments: str) -> set[tuple[str, str]]:
    """Return the resource and the id of each of our findings."""
    ended = lint(folder, "--format", "json", *arguments)
    matches = [m for m in json.loads(ended.stdout) if m["Rule"]["Id"] in RULES]
    seen = [(str(m["Location"]["Path"][1]), m["Rule"]["Id"]) for m in matches]
    assert len(seen) == len(set(seen))
    return set(seen)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plain.json").write_text(json.dumps(template({})))
    (tmp_path / "ignoring.json").write_text(json.dumps(template(IGNORE)))
    return tmp_path


def test_the_installed_rules_run_in_any_folder(folder: Path) -> None:
    assert found(folder, "plain.json", *INSTALLED) == PARTS


@pytest.mark.long
def test_the_rules_of_a_clone_run_in_any_folder(folder: Path) -> None:
    """Those that are informational are silent until they are included."""
    plain = template({})
    plain["Resources"]["G"] = GROUP
    (folder / "plain.json").write_text(json.dumps(plain))

    assert found(folder, "plain.json", *CLONE) == {*PARTS, ("G", "W9123")}


@pytest.mark.long
def test_the_plugin_of_a_clone_loads_each_rule_once(tmp_path: Path) -> None:
    listed = lint(tmp_path, "--list-rules", *CLONE).stdout.splitlines()
    ids = [line.partition(":")[0] for line in listed]

    assert sorted(code for code in ids if code in RULES) == sorted(RULES)


@pytest.mark.long
def test_an_old_id_on_the_command_line_ignores_its_new_ids(folder: Path) -> None:
    assert found(folder, "plain.json", *CLONE, "--ignore-checks", "W9851") == set()


def test_an_old_id_in_cfnlintrc_ignores_its_new_ids(folder: Path) -> None:
    (folder / ".cfnlintrc").write_text("ignore_checks: [W9851]\n")

    assert found(folder, "plain.json", *CLONE) == set()


@pytest.mark.long
def test_an_old_id_in_the_metadata_of_a_template_ignores_its_new_ids(folder: Path) -> None:
    assert found(folder, "ignoring.json", *CLONE) == set()


@pytest.mark.long
def test_a_mandatory_old_id_is_not_ignored(folder: Path) -> None:
    everywhere = {(name, code) for _, code in PARTS for name in ("First", "Second")}
    arguments = ("ignoring.json", *CLONE, "--mandatory-checks", "W9851")

    assert found(folder, *arguments) == everywhere


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "shown"),
    [(["-c", "I"], {("G", "I9192")}), (["-c", "I", "-i", "W9192"], set())],
    ids=["included", "ignored by its old id"],
)
def test_an_informational_rule_is_reported_when_it_is_included(
    tmp_path: Path, arguments: list[str], shown: set[tuple[str, str]]
) -> None:
    (tmp_path / "group.json").write_text(json.dumps({"Resources": {"G": GROUP}}))

    assert found(tmp_path, "group.json", *CLONE, *arguments) - {("G", "W9123")} == shown


def test_no_id_is_old_and_new() -> None:
    assert not set(renamed()) & set(RULES)
