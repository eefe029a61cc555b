"""The model knows which written name is that of a resource, and what does not fit together."""

from typing import Any

import pytest

from cfnlink.system.names import names_nothing, resource_named
from cfnlink.system.resource import Owner, System
from cfnlink.system.shapes import attribute_reads, disagreements
from tests.system.templates import template
from tests.template import get_att, ref

BUCKET = "AWS::S3::Bucket"


def linked(*names: Any) -> System:
    """Return a system with a bucket of each name; None states no name."""
    bodies = {
        f"B{n}": {"Type": BUCKET, "Properties": {} if name is None else {"BucketName": name}}
        for n, name in enumerate(names)
    }
    owners = {name: Owner("t", "t", "Archive") for name in bodies}
    return System({"Metadata": {"Linked": ["t"]}, "Resources": bodies}, owners)


def test_a_written_name_is_that_of_the_resource_that_states_it() -> None:
    found = resource_named(linked("orders", "parcels"), "parcels", BUCKET)

    assert found is not None
    assert found.name == "B1"


def test_a_name_of_none_names_nothing() -> None:
    assert names_nothing(linked("orders", None), "ordres", BUCKET) == ["orders"]


@pytest.mark.parametrize(
    ("names", "written"),
    [
        (["orders"], "orders"),
        ([None], "orders"),  # no name of this type is known: all are elsewhere
        (["orders", {"Fn::Sub": "${AWS::AccountId}-parcels"}], "111122223333-parcels"),
        (["orders", None], "t-archive-1abc"),  # CloudFormation made it of stack and logical id
        (["orders"], "AWSLogs"),
        (["orders"], "${Unknown}"),
    ],
)
def test_a_name_that_can_exist_is_not_reported(names: list[Any], written: str) -> None:
    assert names_nothing(linked(*names), written, BUCKET) == []


def test_one_template_alone_does_not_know_all_names() -> None:
    assert names_nothing(template(B=("S3::Bucket", {"BucketName": "a"})), "b", BUCKET) == []


@pytest.mark.parametrize(
    ("kind", "properties"),
    [
        (
            "Events::Rule",
            {"Targets": [{"Arn": get_att("Fifo", "Arn"), "SqsParameters": {}}]},
        ),
        ("Events::Rule", {"Targets": [{"Arn": get_att("Standard", "Arn")}]}),
        ("SQS::Queue", {"RedrivePolicy": {"deadLetterTargetArn": get_att("Standard", "Arn")}}),
        (
            "SQS::Queue",
            {
                "FifoQueue": True,
                "RedrivePolicy": {"deadLetterTargetArn": get_att("Fifo", "Arn")},
            },
        ),
        ("SNS::Subscription", {"TopicArn": ref("Topic"), "Protocol": "sqs"}),
        ("SNS::Subscription", {"TopicArn": ref("Topic"), "Endpoint": get_att("Fifo", "Arn")}),
        ("SQS::Queue", {"RedrivePolicy": {"deadLetterTargetArn": get_att("Unknown", "Arn")}}),
    ],
)
def test_what_fits_is_not_reported(kind: str, properties: dict[str, Any]) -> None:
    given = {"Protocol": "sqs", **properties} if kind == "SNS::Subscription" else properties
    system = template(
        Fifo=("SQS::Queue", {"FifoQueue": True}),
        Standard=("SQS::Queue", {}),
        Unknown=("SQS::Queue", {"FifoQueue": ref("Parameter")}),
        Topic=("SNS::Topic", {"FifoTopic": True}),
        Thing=(kind, given),
    )

    assert list(disagreements(system.resources["Thing"], sure=True)) == []


def test_an_attribute_is_read_only_if_no_condition_may_stop_it() -> None:
    read = get_att("Table", "StreamArn")
    branches = {"Fn::If": ["HasStream", read, ref("AWS::NoValue")]}

    assert list(attribute_reads({"A": [read]})) == [("Table", "StreamArn")]
    assert list(attribute_reads({"Fn::Sub": "x/${Table.StreamArn}"})) == [
        ("Table", "StreamArn")
    ]
    assert list(attribute_reads({"A": branches})) == []
