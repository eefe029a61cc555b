"""A change loses data if the row of the resource's type says so."""

import pytest

from cfnlink.aws.catalogue import types
from cfnlink.operations.changes import REMOVED, Change, described
from cfnlink.system.replacement import MAYBE, REPLACED

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
