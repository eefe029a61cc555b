"""A type without a row stops nothing, and each reader says that it has none."""

import json
from pathlib import Path

import pytest

from cfnlink.aws.catalogue import without_row
from cfnlink.cost.bill import bill_of
from cfnlink.lint.run import check
from cfnlink.picture import draw
from cfnlink.system.folder import Folder, read
from cfnlink.system.link import link

STREAM = "AWS::Kinesis::Stream"
TEMPLATE = f"""
Resources:
  First: {{Type: {STREAM}, Properties: {{ShardCount: 1}}}}
  Second: {{Type: {STREAM}, Properties: {{ShardCount: 2}}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "streams.yaml").write_text(TEMPLATE, "utf-8")
    stack = {"tier": "streams", "name": "shop-streams", "template": "streams.yaml"}
    manifest = {"region": "us-east-1", "stacks": [stack]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return read(tmp_path)


def test_lint_notes_the_type_once_and_passes(folder: Folder) -> None:
    (note,) = check(folder)

    assert without_row(STREAM) in note.message
    assert (note.rule.id, note.path, note.fails) == (
        "I9008",
        ["Resources", "First", "Type"],
        False,
    )


def test_the_bill_has_a_line_without_a_price_for_each_resource(folder: Folder) -> None:
    lines = bill_of(folder).not_priced

    assert [line.resource for line in lines] == ["StreamsFirst", "StreamsSecond"]
    assert {line.formula for line in lines} == {without_row(STREAM)}


def test_the_picture_has_one_plain_card_for_the_type(folder: Folder) -> None:
    drawn = draw(link(folder.stacks()), "")

    assert drawn.count("Kinesis Stream<") == 1
    assert "2 resources<" in drawn
