"""Each release has a version, and instructions in the changelog."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from build import Built, main
from cfnlink.version import _numbers, is_newer, version
from tests.helpers import ROOT, write_settings
from tests.reference import releases
from tests.test_settings import PROJECT

SECTION = re.compile(r"^## \[(.+?)\](?: - (\S+))?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
DUTY = re.compile(r"\s*### What you must do\n\n(.+?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def sections() -> dict[str, tuple[str, str]]:
    """Return the date and the text of each section of the changelog, by its version."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if "docs/upgrading.md" not in text:
        pytest.skip("CHANGELOG.md is not the tool's")
    return {name: (date, body) for name, date, body in SECTION.findall(text)}


def test_the_version_has_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version())


def test_each_section_begins_with_what_a_user_must_do(
    sections: dict[str, tuple[str, str]],
) -> None:
    assert sections
    for name, (_, body) in sections.items():
        assert DUTY.match(body), name


def test_a_release_that_asks_something_has_another_second_number(
    sections: dict[str, tuple[str, str]],
) -> None:
    for name, (_, body) in sections.items():
        if name != "Unreleased" and not name.endswith(".0"):
            duty = DUTY.match(body)
            assert duty, name
            assert duty[1].startswith("- Nothing"), name


def test_each_release_says_which_rules_it_brought(
    sections: dict[str, tuple[str, str]],
) -> None:
    brought = releases()
    ids = [code for new in brought.values() for code in new]

    assert [*brought][::-1] == [name for name in sections if name != "Unreleased"]
    assert len(ids) == len({*ids})


def test_releases_are_dated_and_lead_up_to_this_version(
    sections: dict[str, tuple[str, str]],
) -> None:
    released = [name for name in sections if name != "Unreleased"]

    assert all(
        newer != older and _numbers(newer) > _numbers(older)
        for newer, older in pairwise(released)
    )
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", sections[name][0]) for name in released)
    assert not any(is_newer(name) for name in released)


def test_the_manifest_says_which_version_wrote_it(built: dict[str, Built]) -> None:
    for environment in built.values():
        assert json.loads(environment.files["manifest.json"])["generator"] == version()


@pytest.mark.parametrize(
    ("wrote", "warned"), [("99.0.0", True), ("0.0.1", False), ("x", False)]
)
def test_a_build_with_an_older_tool_than_the_last_one_warns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrote: str, warned: bool
) -> None:
    write_settings(tmp_path, PROJECT, test="")
    assert main(["--settings", str(tmp_path)]) == 0
    manifest = tmp_path / "output" / "test" / "manifest.json"
    content = manifest.read_text("utf-8").replace(f'"{version()}"', f'"{wrote}"', 1)
    manifest.write_text(content, "utf-8")

    assert main(["--settings", str(tmp_path)]) == 0

    assert ("git checkout v99.0.0" in capsys.readouterr().err) == warned
