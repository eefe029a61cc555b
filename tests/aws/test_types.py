"""types.yaml: a row for each type of the templates, and only columns that are known."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError
from troposphere import AWSObject, elasticache

from cfnlink import cli
from cfnlink.aws import catalogue
from cfnlink.aws.catalogue import CatalogueError, facts, resource_type, types, without_row
from cfnlink.aws.resource_type import ResourceType, of_row
from cfnlink.cost.meters import METERS
from cfnlink.prices.table import prices
from cfnlink.system.folder import read
from cfnlink.system.link import link
from tests.helpers import ROOT, example_outputs, need_shipped_tiers

ROWS = TypeAdapter(dict[str, ResourceType])


def test_each_value_of_a_row_has_the_type_of_its_column() -> None:
    ROWS.validate_json(ROWS.dump_json(dict(types())))


def test_a_value_of_another_type_is_found() -> None:
    wrong = ROWS.dump_json(dict(types())).replace(b'"Snapshot"', b'"Keep"')

    with pytest.raises(ValidationError):
        ROWS.validate_json(wrong)


def test_the_rows_are_in_alphabetical_order() -> None:
    assert [*facts("types")] == sorted(facts("types"))


def test_every_type_of_the_templates_has_a_row_with_a_price() -> None:
    need_shipped_tiers()
    used = {
        body["Type"]
        for folder in example_outputs()
        for body in link(read(folder).stacks()).template["Resources"].values()
    }

    assert {name for name in used if not resource_type(name).is_priced} == set()


def test_every_type_of_the_worked_example_has_a_row_and_a_price() -> None:
    """The page states the price that a row does not have."""
    patch, page = (
        (ROOT / "docs" / f"adding-a-tier.{kind}").read_text("utf-8") for kind in ("patch", "md")
    )
    classes = {
        getattr(elasticache, name) for name in re.findall(r"elasticache\.([A-Z]\w+)\(", patch)
    }
    used = {cls.resource_type for cls in classes if issubclass(cls, AWSObject)}

    assert used == {"AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::SubnetGroup"}
    assert used <= types().keys()
    unpriced = {name for name in used if not resource_type(name).is_priced}
    assert {name for name in unpriced if f'"{name}" = ' not in page} == set()


def test_a_row_has_one_price_that_the_bill_can_read() -> None:
    known = prices("us-east-1").items
    for name, row in types().items():
        assert sum(map(bool, (row.free, row.price, row.meter))) <= 1, name
        assert bool(row.item) == bool(row.price), name
        assert not row.price or row.price in known, name
        assert not row.meter or row.meter in METERS, name


def test_a_property_takes_a_kind_that_a_type_gives() -> None:
    given = {kind for row in types().values() for kind in row.gives}
    taken = {kind for row in types().values() for kind in row.references.values()}

    assert taken <= given


def test_what_lint_keeps_holds_data_or_says_why_it_is_kept() -> None:
    for name, row in types().items():
        assert not row.deletion_policy or row.holds_data or row.kept_because, name


def test_a_type_without_a_row_has_a_name_and_one_message() -> None:
    assert resource_type("AWS::Kinesis::Stream") == ResourceType(type="AWS::Kinesis::Stream")
    assert without_row("AWS::Kinesis::Stream") == (
        "AWS::Kinesis::Stream has no row in cfnlink/aws/types.yaml"
    )


@pytest.mark.parametrize(
    "row", [{"fre": "a setting"}, {"card": {"icon": "queue"}}, {"arns": 1}]
)
def test_a_wrong_row_names_its_type_and_file(row: dict[str, object]) -> None:
    with pytest.raises(CatalogueError, match=r"cfnlink/aws/types\.yaml: AWS::SQS::Queue: "):
        of_row("AWS::SQS::Queue", row)


def test_a_command_says_what_is_wrong_with_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    read = catalogue._content
    types.cache_clear()
    monkeypatch.setattr(
        catalogue,
        "_content",
        lambda name: {"AWS::SQS::Queue": {"fre": "x"}} if name == "types" else read(name),
    )

    status = cli.main(["cost", str(example_outputs()[0])])
    types.cache_clear()

    assert status == 2
    assert capsys.readouterr().err.startswith("cfnlink/aws/types.yaml: AWS::SQS::Queue: ")
