"""Faults that users reported in public are found, and what is right stays without a finding."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from cfnlink import cli
from cfnlink.lint import cache

FOLDER = Path(__file__).with_name("public_cases")
CASES: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "cases.yaml").read_text("utf-8"))
UNUSABLE = "input-section-of-a-wrong-type"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "kept_in", lambda _: tmp_path)


def found(name: str, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str]]:
    """Return the rule and the resource of each finding of a case."""
    folder = FOLDER / name
    alone = [str(folder / "template.yaml"), "--region", "eu-west-1"]
    where = [str(folder)] if (folder / "manifest.json").exists() else alone
    cli.main(["lint", *where, "--format", "json"])
    findings = json.loads(capsys.readouterr().out)
    return {
        (one["Rule"]["Id"], "/".join(map(str, one["Location"]["Path"]))) for one in findings
    }


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "rule" in case])
def test_the_fault_is_found(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = CASES[name]
    places = {path.split("/")[1] for rule, path in found(name, capsys) if rule == case["rule"]}

    assert case["at"] in places


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "silent" in case])
def test_what_is_right_has_no_finding(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert CASES[name]["silent"] not in {rule for rule, _ in found(name, capsys)}


def test_a_name_of_a_secret_is_one_error(capsys: pytest.CaptureFixture[str]) -> None:
    errors = {rule for rule, _ in found("secret-by-name", capsys) if rule.startswith("E")}

    assert errors == {"E9888"}


def test_a_section_of_a_wrong_type_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["lint", str(FOLDER / UNUSABLE)])

    assert status == 2
    assert "storage.yaml: Conditions is a list; expected a mapping" in capsys.readouterr().err


def test_every_input_is_tried() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} == {*CASES, UNUSABLE}
