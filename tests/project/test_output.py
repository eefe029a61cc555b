"""The user's own settings build, link and lint; output/ and the bill agree with them."""

from pathlib import Path

import pytest

from build import SCHEMA, Built, faults
from cfnlink import cli
from cfnlink.picture import draw, title
from cfnlink.picture.command import FILE
from cfnlink.system.folder import built_folders, read
from templates.settings import schema

FIX = "fix: make build"


def test_the_settings_build_and_link(folder: Path, built: dict[str, Built]) -> None:
    assert [fault for each in built.values() for fault in faults(each, folder / "output")] == []


def test_the_output_is_what_the_settings_give(folder: Path, built: dict[str, Built]) -> None:
    for environment in built.values():
        output = folder / "output" / environment.settings.environment
        written = {
            path.name: path.read_text("utf-8")
            for path in output.glob("*")
            if path.suffix in (".yaml", ".json")
        }
        changed = {
            file for file, text in environment.files.items() if written.get(file) != text
        }
        assert changed | {*written} - {*environment.files} == set(), f"{output} is stale; {FIX}"


def test_every_output_folder_is_that_of_an_environment(
    folder: Path, built: dict[str, Built]
) -> None:
    outputs = {path.name: path for path in (folder / "output").glob("*") if path.is_dir()}
    left = [outputs[name] for name in sorted(outputs.keys() - built.keys())]

    assert left == [], f"no environment has these; fix: rm -r {' '.join(map(str, left))}"


def test_the_picture_is_what_the_templates_give(folder: Path, built: dict[str, Built]) -> None:
    for name, environment in built.items():
        output = folder / "output" / name
        drawn = draw(environment.system, title(read(output)))
        committed = (output / FILE).read_text("utf-8")
        assert committed == drawn, f"{output / FILE} is stale; {FIX}"


def test_the_schema_is_that_of_the_settings(folder: Path) -> None:
    assert (folder / SCHEMA).read_text("utf-8") == schema(), f"{SCHEMA} is stale; {FIX}"


def test_lint_finds_nothing(outputs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["lint", *outputs])

    assert status == 0, capsys.readouterr().out


def test_no_bill_is_above_its_budget(
    outputs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(["cost", "--check", *outputs])

    assert status == 0, capsys.readouterr().err


def test_a_second_linter_finds_no_fault(folder: Path) -> None:
    """AWS's cloudformation-validate has the schemas of cfn-lint and rules of its own."""
    from cloudformation_validate import CelEngine, Severity  # noqa: PLC0415 (its engine takes most of a second)

    engine = CelEngine()
    templates = [
        built_folder / entry["template"]
        for built_folder in built_folders(folder / "output")
        for entry in read(built_folder).manifest["stacks"]
    ]
    found = [
        f"{template}: {one.rule_id} {one.message}"
        for template in templates
        for one in engine.validate_template(template).diagnostics
        if one.severity not in (Severity.DEBUG, Severity.INFO)
    ]

    assert templates
    assert found == []
