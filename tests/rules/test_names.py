"""Two stacks of a system that give one name to two things."""

from typing import Any

import pytest

from cfnlink.rules import RULES
from cfnlink.system.resource import Owner, System
from tests.template import read

NAMES = [
    ("AWS::SQS::Queue", "QueueName"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
]


def found(type_: str, key: str, names: tuple[str, str], second_stack: str) -> int:
    body: dict[str, Any] = {
        f"R{n}": {"Type": type_, "Properties": {key: name}} for n, name in enumerate(names)
    }
    template = {"Metadata": {"Linked": ["one", "two"]}, "Resources": body}
    stacks = ("one", second_stack)
    owners = {f"R{n}": Owner(stack, stack, "R") for n, stack in enumerate(stacks)}
    cfn = read(template)
    System(template, owners).read_by_rules(cfn.template, "us-east-1")
    return len(RULES["E9933"]().match(cfn))


@pytest.mark.parametrize(("type_", "key"), NAMES)
def test_a_name_of_another_stack_is_taken(type_: str, key: str) -> None:
    assert found(type_, key, ("orders", "orders"), "two") == 1
    assert found(type_, key, ("orders", "parcels"), "two") == 0


def test_the_stock_linter_compares_the_names_of_one_stack() -> None:
    assert found("AWS::SQS::Queue", "QueueName", ("orders", "orders"), "one") == 0
