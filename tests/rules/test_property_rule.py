"""A rule about a property reports each fault with its message and its path."""

from types import SimpleNamespace
from typing import Any

import pytest

from cfnlink.lint import conditions
from cfnlink.lint.rule import property_rule

KIND, URL = "AWS::Shop::Thing", "https://docs.aws.amazon.com/"


def found(
    path: str, allowed: Any, *, required: Any = False, only_if: Any = None, **properties: Any
) -> list[tuple[str, str]]:
    """Return the path and message of each fault of a resource with these properties."""
    rule = property_rule(
        "E9999",
        KIND,
        path,
        allowed,
        required=required,
        only_if=only_if,
        good="A thing is right.",
        fix="correct it",
        docs=URL,
    )
    resources = {"Thing": {"Type": KIND, "Properties": properties}}
    cfn: Any = SimpleNamespace(template={"Resources": resources}, regions=[])
    return [(".".join(map(str, match.path[3:])), match.message) for match in rule().match(cfn)]


def places(path: str, allowed: Any, **properties: Any) -> list[str]:
    return [place for place, _ in found(path, allowed, **properties)]


def test_a_message_names_resource_property_value_and_fix() -> None:
    assert found("Size", conditions.between(1, 5), Size=7) == [
        ("Size", "Thing: Size is 7; correct it")
    ]


def test_each_entry_of_a_list_is_judged() -> None:
    entries = [{"Size": 1}, {"Size": 7}, {}]

    assert places("List.*.Size", conditions.between(1, 5), List=entries) == ["List.1.Size"]


@pytest.mark.parametrize("value", [{"Ref": "Size"}, {"Fn::If": ["C", 7, 1]}])
def test_an_expression_is_not_judged(value: Any) -> None:
    assert places("Size", conditions.between(1, 5), required=True, Size=value) == []


@pytest.mark.parametrize("properties", [{}, {"Size": {"Ref": "AWS::NoValue"}}])
def test_a_missing_property_is_a_fault_only_if_it_is_required(
    properties: dict[str, Any],
) -> None:
    assert places("Size", conditions.is_present, **properties) == []
    assert found("Size", conditions.is_present, required=True, **properties) == [
        ("", "Thing: Size is missing; correct it")
    ]


def test_a_property_may_be_required_of_some_resources() -> None:
    def judged(resource: Any) -> bool:
        return bool(resource.flag("Large"))

    assert places("Size", conditions.is_present, required=judged, Large=True) == [""]
    assert places("Size", conditions.is_present, required=judged, Large=False) == []


def test_a_rule_looks_only_at_the_resources_that_it_is_about() -> None:
    allowed = conditions.between(1, 5)

    assert places("Size", allowed, only_if=lambda thing: thing.flag("Large"), Size=7) == []


def test_a_property_that_must_be_absent_may_not_be_an_expression() -> None:
    assert places("Size", conditions.must_be_absent, Size={"Ref": "Size"}) == ["Size"]
    assert (
        places(
            "Size",
            conditions.must_be_absent,
            Size={"Fn::If": ["C", 7, {"Ref": "AWS::NoValue"}]},
        )
        == []
    )


def test_a_property_is_needed_by_another() -> None:
    needed = conditions.needed_by("Type", "A.*")

    assert places("Size", needed, Type="AB") == ["Type"]
    assert places("In.Size", needed, In={"Type": "AB"}) == ["In"]
    assert places("Size", needed, Type="AB", Size={"Ref": "Size"}) == []
    assert places("Size", needed, Type="B") == []


def test_a_property_is_excluded_by_another() -> None:
    assert places("Size", conditions.excluded_by("Type"), Type="A", Size=1) == ["Size"]
    assert places("Size", conditions.excluded_by("Type"), Size=1) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MasterUserPassword", "hunter2"),
        ("Value", "hunter2"),
        ("Endpoint", "https://u:hunter2@h"),
    ],
)
def test_a_secret_is_never_shown(name: str, value: str) -> None:
    ((_, message),) = found(name, conditions.must_not_be_literal, **{name: value})

    assert "hunter2" not in message
