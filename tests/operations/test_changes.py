"""A change loses data if the row of the resource's type says so."""

from typing import Any

import pytest

from cfnlink.aws.catalogue import types
from cfnlink.operations.change_causes import properties_of, reasons_of, settled
from cfnlink.operations.changes import REMOVED, Change, described
from cfnlink.system.replacement import CHANGED, MAYBE, REPLACED

HOLDERS = [name for name, row in types().items() if row.holds_data]


def change(kind: str, how: str) -> Change:
    return Change("shop-x", "x", "It", kind, how)


@pytest.mark.parametrize("kind", HOLDERS)
def test_the_data_of_a_removed_resource_is_lost(kind: str) -> None:
    assert described(change(kind, REMOVED)).lost == types()[kind].holds_data


def test_the_stack_policy_stops_what_may_replace_the_instance() -> None:
    found = described(change("AWS::RDS::DBInstance", MAYBE))

    assert (found.lost, found.note) == ("", "the stack policy stops AWS if it would be")


def test_a_type_without_a_row_is_reported_as_unknown() -> None:
    found = described(change("AWS::Kinesis::Stream", REPLACED))

    assert found.words() == (
        "  REPLACED: It, AWS::Kinesis::Stream; whether it holds data is not known: "
        "AWS::Kinesis::Stream has no row in cfnlink/aws/types.yaml"
    )


def detail(attribute: str, source: str = "DirectModification", entity: str = "") -> Any:
    return {
        "Target": {
            "Attribute": attribute,
            "Name": "Value" if attribute == "Properties" else "",
        },
        "ChangeSource": source,
        "CausingEntity": entity,
    }


def of_details(logical_id: str, how: str, *details: Any) -> Change:
    properties, causes = properties_of(details, {}), reasons_of(details)
    return Change("s", "t", logical_id, "AWS::SQS::Queue", how, properties, causes=causes)


def test_what_only_refers_to_other_metadata_changes_nothing() -> None:
    """CloudFormation says of each reference to a changed resource that it may change."""
    reference = "ResourceAttribute"
    found = settled(
        [
            of_details("A", CHANGED, detail("Metadata"), detail("UpdatePolicy")),
            of_details("B", MAYBE, detail("Properties", reference, "A.Arn")),
            of_details("C", MAYBE, detail("Properties", reference, "B"), detail("Metadata")),
            of_details("D", MAYBE, detail("Properties", reference, "A"), detail("Tags")),
            of_details("E", MAYBE, detail("Properties", reference, "D")),
            of_details("F", REPLACED, detail("Properties"), detail("Metadata")),
        ]
    )

    assert [each.logical_id for each in found if each.is_metadata_alone] == ["A", "B", "C"]
    assert [each.how for each in found[3:]] == [MAYBE, MAYBE, REPLACED]
