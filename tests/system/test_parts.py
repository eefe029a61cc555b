"""The parts that the manifest names, so that the operations know no name of a resource."""

import json
import shutil
from pathlib import Path

import pytest

from build import Built
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError
from cfnlink.system.parts import MEANINGS, Part
from tests.helpers import ROOT, example_output


def folder_with(tmp_path: Path, change: str) -> Path:
    """Return a copy of production whose manifest lacks a key, at the top or of each stack."""
    folder = shutil.copytree(example_output(), tmp_path / "production")
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    for entry in (manifest, *manifest["stacks"]):
        entry.pop(change, None)
    file.write_text(json.dumps(manifest), "utf-8")
    return folder


def test_the_manifest_names_every_part_once(built: dict[str, Built]) -> None:
    manifest = json.loads(built["production"].files["manifest.json"])

    assert list(manifest["parts"]) == [*Part]
    assert MEANINGS.keys() == {*Part}


def test_the_manifest_says_which_stack_environments_share(built: dict[str, Built]) -> None:
    stacks = json.loads(built["production"].files["manifest.json"])["stacks"]

    assert [entry["tier"] for entry in stacks if entry["shared"]] == ["account"]


def test_a_stack_finds_its_parts_by_the_manifest() -> None:
    environment = open_environment(example_output())
    stack = environment.stack_with(Part.IMAGE_TAG)

    assert (stack.tier, stack.image_tag) == ("service", "ImageTag")
    assert environment.image_tag_of({"ImageTag": "7"}, stack.name) == "7"


def test_a_missing_part_is_one_message(tmp_path: Path) -> None:
    environment = open_environment(folder_with(tmp_path, "parts"))

    with pytest.raises(CommandError, match='names no service in "parts"; expected TIER'):
        environment.stack_with(Part.SERVICE)


def test_an_older_manifest_is_built_again_before_aws_is_asked(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match='expected "shared": true or false'):
        open_environment(folder_with(tmp_path, "shared"))


def test_the_package_names_no_resource_that_plays_a_part(built: dict[str, Built]) -> None:
    """Service and Url may be AWS's words; a compound name, such as UrlSecret, is ours alone."""
    parts = json.loads(built["production"].files["manifest.json"])["parts"]
    named = {place.split(".")[1] for place in parts.values()}
    ours = {f'"{name}"' for name in named if not name.istitle()}
    sources = [file.read_text("utf-8") for file in (ROOT / "cfnlink").rglob("*.py")]

    assert len(ours) > 5
    assert {name for name in ours for text in sources if name in text} == set()
