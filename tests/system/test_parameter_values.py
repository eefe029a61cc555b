"""The values that a manifest gives to parameters fulfil what the template asks for."""

from typing import Any

import pytest

from cfnlink.system.link import StackTemplate, link
from cfnlink.system.parameter_values import is_export_name, parameter_faults


def faults(value: Any, **body: Any) -> list[str]:
    parameters = {"P": {"Type": "String", **body}}
    return [message for _, _, message in parameter_faults(parameters, {"P": value})]


@pytest.mark.parametrize(
    ("value", "body", "wanted"),
    [
        ("large", {"AllowedValues": ["small"]}, "one of"),
        ("a.b", {"AllowedPattern": "[a-z]+"}, "pattern"),
        ("ab", {"MinLength": 3}, "at least 3"),
        ("abcd", {"MaxLength": "3"}, "at most 3"),
        ("x", {"Type": "Number"}, "a number"),
        (1, {"Type": "Number", "MinValue": 2}, "at least 2"),
        ("3", {"Type": "Number", "MaxValue": 2}, "at most 2"),
        ("1, x", {"Type": "List<Number>"}, "a number"),
        ("a, B", {"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]"}, "pattern"),
        (["a"], {}, "a text"),
    ],
)
def test_a_value_outside_its_constraints_is_named(
    value: Any, body: dict[str, Any], wanted: str
) -> None:
    (message,) = faults(value, **body)

    assert wanted in message


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (True, {"AllowedValues": ["true", "false"]}),
        (8080, {"AllowedValues": ["8080"], "MinLength": 4}),
        ("abc", {"AllowedPattern": "[a-z]+", "MinLength": 3, "MaxLength": 3}),
        ("a, b", {"Type": "CommaDelimitedList", "AllowedPattern": "[a-z]"}),
        (["a", "b"], {"Type": "CommaDelimitedList"}),
        ("abc", {"AllowedPattern": "\\p{Lower}+"}),  # Java's, and no Python
        ("/x", {"Type": "AWS::SSM::Parameter::Value<String>", "AllowedValues": ["a"]}),
    ],
)
def test_a_value_that_fulfils_them_is_accepted(value: Any, body: dict[str, Any]) -> None:
    assert faults(value, **body) == []


def test_a_hidden_value_is_in_no_message() -> None:
    (message,) = faults("hunter2", MinLength=20, NoEcho=True)

    assert "hunter2" not in message


def codes(template: dict[str, Any], **stack: Any) -> list[str]:
    whole = {"Resources": {}, **template}
    return [
        problem.code for problem in link([StackTemplate("a", "a", whole, **stack)]).problems
    ]


REQUIRED = {"Parameters": {"Tag": {"Type": "String"}}}


def test_a_required_parameter_needs_a_value_unless_a_release_passes_it() -> None:
    assert codes(REQUIRED) == ["E9022"]
    assert codes(REQUIRED, parameters={"Tag": "1"}) == []
    assert codes(REQUIRED, parts={"image_tag": "Tag"}) == []
    assert codes({"Parameters": {"Tag": {"Type": "String", "Default": ""}}}) == []


def test_a_parameter_that_the_template_does_not_have_is_named() -> None:
    system = link([StackTemplate("a", "a", {**REQUIRED}, {"Tags": "1", "Tag": "1"})])

    assert [problem.code for problem in system.problems] == ["E9021"]
    assert "did you mean Tag?" in system.problems[0].message


def test_a_macro_needs_its_capability_if_the_manifest_states_any() -> None:
    template = {"Transform": "AWS::LanguageExtensions"}

    assert codes(template, capabilities=()) == ["W9025"]
    assert codes(template, capabilities=("CAPABILITY_AUTO_EXPAND",)) == []
    assert codes(template) == []


@pytest.mark.parametrize(
    ("name", "is_right"),
    [("a-B:1", True), ("a_b", False), ("a.b", False), ("${AWS::Region}-x", True)],
)
def test_the_name_of_an_export(name: str, is_right: bool) -> None:
    output = {"Value": "v", "Export": {"Name": {"Fn::Sub": name}}, "Description": "for people"}

    assert is_export_name(name) is is_right
    assert ("E9024" in codes({"Outputs": {"O": output}})) is not is_right
