"""Folding computes what a deployment's parameters determine, and leaves the rest as it is."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.decode.cfn_yaml import loads
from hypothesis import given
from hypothesis import strategies as st

from cfnlink.system.fold import Folding, fold, pseudo_parameters
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import System

PARAMETERS = {
    "Port": {"Type": "Number", "Default": 8080},
    "Size": {"Type": "String", "Default": "small"},
    "Empty": {"Type": "String", "Default": ""},
    "Hidden": {"Type": "String", "Default": "secret", "NoEcho": True},
    "Unknown": {"Type": "String"},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a, b,c"},
    "One": {"Type": "CommaDelimitedList", "Default": "a"},
    "Subnets": {"Type": "List<AWS::EC2::Subnet::Id>"},
    "Ami": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/path"},
}
MAPPINGS = {
    "Sizes": {"small": {"Count": 1, "Zones": ["x", "y"]}, "eu-west-1": {"Count": 5}},
}
CONDITIONS = {
    "IsSmall": {"Fn::Equals": [{"Ref": "Size"}, "small"]},
    "IsLarge": {"Fn::Not": [{"Condition": "IsSmall"}]},
    "HasEmpty": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Empty"}, ""]}]},
    "IsUnknown": {"Fn::Equals": [{"Ref": "Unknown"}, "x"]},
    "Either": {"Fn::Or": [{"Condition": "IsUnknown"}, {"Condition": "IsSmall"}]},
    "Both": {"Fn::And": [{"Condition": "IsUnknown"}, {"Condition": "IsLarge"}]},
    "Itself": {"Fn::Not": [{"Condition": "Itself"}]},
    "IsEurope": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
}
NO_VALUE = {"Ref": "AWS::NoValue"}
TEMPLATE: dict[str, Any] = {
    "Parameters": PARAMETERS,
    "Mappings": MAPPINGS,
    "Conditions": CONDITIONS,
    "Resources": {
        "Subnet": {"Type": "AWS::EC2::Subnet"},
        "Stored": {"Type": "AWS::SSM::Parameter"},
    },
}
BUCKET = {"Ref": "Bucket"}
ARN = {"Fn::GetAtt": ["Bucket", "Arn"]}


def folding() -> Folding:
    return Folding(TEMPLATE, pseudo_parameters("eu-west-1"))


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Port"}, 8080),
        ({"Ref": "Zones"}, ["a", "b", "c"]),
        ({"Ref": "One"}, ["a"]),
        ({"Ref": "AWS::Region"}, "eu-west-1"),
        ({"Fn::Sub": "${AWS::Partition}.${AWS::URLSuffix}"}, "aws.amazonaws.com"),
        ({"Fn::If": ["IsSmall", 1, 2]}, 1),
        ({"Fn::If": ["IsLarge", 1, 2]}, 2),
        ({"Fn::If": ["HasEmpty", 1, 2]}, 2),
        ({"Fn::If": ["Either", 1, 2]}, 1),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::If": ["IsEurope", 1, 2]}, 1),
        ({"Fn::If": ["IsUnknown", "same", "same"]}, "same"),
        ({"Fn::If": ["IsSmall", {"Fn::If": ["IsLarge", 1, NO_VALUE]}, 2]}, None),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "Count"]}, 1),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "Count"]}, 5),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "Zones"]}, ["x", "y"]),
        ({"Fn::FindInMap": ["Sizes", "big", "Count", {"DefaultValue": 3}]}, 3),
        ({"Fn::Sub": "${Size}-${Port}"}, "small-8080"),
        ({"Fn::Sub": ["${A}/${B}", {"A": {"Fn::Sub": "${Size}!"}, "B": True}]}, "small!/true"),
        ({"Fn::Sub": "${!Size}-${Size}"}, "${Size}-small"),
        ({"Fn::Join": [",", {"Ref": "Zones"}]}, "a,b,c"),
        ({"Fn::Select": ["1", {"Fn::Split": ["-", "x-y-z"]}]}, "y"),
        ({"Fn::Select": [1, {"Ref": "Zones"}]}, "b"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Length": {"Ref": "Zones"}}, 3),
        ({"Fn::ToJsonString": {"a": [{"Ref": "Port"}]}}, '{"a":[8080]}'),
        ([1, NO_VALUE, {"Fn::If": ["IsLarge", 2, NO_VALUE]}, 3], [1, 3]),
        ({"A": NO_VALUE, "B": {"Fn::If": ["IsSmall", NO_VALUE, 1]}, "C": 1}, {"C": 1}),
    ],
)
def test_what_parameters_determine_is_a_value(node: Any, expected: Any) -> None:
    assert folding().value(node) == expected


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Fn::Sub": "${Bucket}"}, BUCKET),
        ({"Fn::Sub": ["${B}", {"B": BUCKET}]}, BUCKET),
        ({"Fn::Sub": "${Bucket.Arn}"}, ARN),
        ({"Fn::GetAtt": "Bucket.Arn"}, ARN),
        ({"Fn::Join": ["", [ARN]]}, ARN),
        ({"Fn::Join": ["", [ARN, "/*"]]}, {"Fn::Sub": "${Bucket.Arn}/*"}),
        ({"Fn::Join": ["-", ["a", {"Ref": "Size"}, BUCKET]]}, {"Fn::Sub": "a-small-${Bucket}"}),
        (
            {"Fn::Sub": ["${A}/*", {"A": {"Fn::Sub": "${Bucket.Arn}/x"}}]},
            {"Fn::Sub": "${Bucket.Arn}/x/*"},
        ),
        ({"Fn::Sub": "${!Literal}${Bucket}"}, {"Fn::Sub": "${!Literal}${Bucket}"}),
        ({"Fn::Select": [1, {"Fn::Split": [",", {"Fn::Join": [",", [BUCKET, ARN]]}]}]}, ARN),
        ({"Fn::Split": [",", {"Fn::Join": [",", {"Ref": "Subnets"}]}]}, {"Ref": "Subnets"}),
        ({"Fn::Split": [",", {"Ref": "Subnet"}]}, [{"Ref": "Subnet"}]),
        ({"Fn::Split": [",", {"Ref": "Stored"}]}, {"Fn::Split": [",", {"Ref": "Stored"}]}),
        ({"Fn::Join": [",", {"Fn::Split": [",", {"Ref": "Unknown"}]}]}, {"Ref": "Unknown"}),
    ],
)  # fmt: skip
def test_an_expression_has_one_form_for_each_meaning(node: Any, expected: Any) -> None:
    assert folding().value(node) == expected


@pytest.mark.parametrize(
    "node",
    [
        {"Ref": "Unknown"},
        {"Ref": "Empty"},
        {"Ref": "Hidden"},
        {"Ref": "Ami"},
        {"Ref": "AWS::StackName"},
        {"Fn::Sub": "a-${Unknown}"},
        {"Fn::If": ["IsUnknown", 1, NO_VALUE]},
        {"Fn::If": ["Itself", 1, 2]},
        {"Fn::FindInMap": ["Sizes", {"Ref": "Unknown"}, "Count"]},
        {"Fn::FindInMap": ["Sizes", "missing", "Count"]},
        {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
        {"Fn::Select": [3, ["a"]]},
        {"Fn::Select": [0, {"Ref": "Subnets"}]},
        {"Fn::Split": [",", {"Ref": "Unknown"}]},
        {"Fn::Split": [",", {"Fn::Sub": "a,${Unknown}"}]},  # it may hold a comma itself
        {"Fn::Split": ["/", {"Fn::Sub": "a/${Bucket.Arn}"}]},
        {"Fn::Cidr": [{"Fn::GetAtt": ["Vpc", "CidrBlock"]}, 2, 8]},
        {"Fn::ImportValue": "other"},
        {"Fn::Transform": {"Name": "AWS::Include"}},
        {"Condition": {"StringEquals": {"a": "b"}}},  # of a policy
    ],
)
def test_what_only_aws_knows_stays(node: Any) -> None:
    assert folding().value(node) == node


def test_the_same_opaque_value_has_the_same_text_and_another_has_another() -> None:
    def sub(export: str) -> Any:
        value = {"Fn::ImportValue": export}
        return folding().value({"Fn::Sub": ["x-${V}", {"V": value}]})

    assert sub("a") == sub("a")
    assert sub("a")["Fn::Sub"][0] != sub("b")["Fn::Sub"][0]


def conditional(**resources: Any) -> System:
    return System({**TEMPLATE, "Resources": resources})


def thing(**attributes: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", **attributes}


def test_what_a_false_condition_removes_does_not_exist() -> None:
    system = conditional(
        A=thing(Condition="IsSmall", DependsOn=["B", "C"]),
        B=thing(Condition="IsLarge"),
        C=thing(Condition="IsUnknown"),
    )

    assert list(system.resources) == ["A", "C"]
    assert "Condition" not in system.resources["A"].body
    assert "Condition" in system.resources["C"].body
    assert system.resources["A"].depends_on == ["C"]
    assert [resource.name for resource in system.optional()] == ["B"]


def test_a_path_leads_back_into_the_template_as_written() -> None:
    tags = [
        {"Fn::If": ["IsLarge", {"Key": "a"}, NO_VALUE]},
        {"Fn::If": ["IsSmall", {"Key": "b"}, {"Key": "c"}]},
        {"Key": "d"},
    ]
    resource = conditional(A=thing(Properties={"Tags": {"Fn::If": ["IsSmall", tags, []]}}))
    folded = resource.folded
    start = ("Resources", "A", "Properties", "Tags")

    assert folded.template["Resources"]["A"]["Properties"]["Tags"] == [
        {"Key": "b"},
        {"Key": "d"},
    ]
    inside = (*start, "Fn::If", 1)
    assert folded.written_path((*start, 0, "Key")) == (*inside, 1, "Fn::If", 1, "Key")
    assert folded.written_path((*start, 1, "Key")) == (*inside, 2, "Key")
    assert resource.resources["A"].written("Tags", 1, "Key") == "d"


def test_an_exported_list_that_is_split_again_is_the_resources() -> None:
    both = {"Fn::Join": [",", [{"Ref": "One"}, {"Ref": "Two"}]]}
    subnet = {"Type": "AWS::EC2::Subnet"}
    network = {
        "Resources": {"One": subnet, "Two": subnet},
        "Outputs": {"Subnets": {"Value": both, "Export": {"Name": "subnets"}}},
    }
    split = {"Fn::Split": [",", {"Fn::ImportValue": "subnets"}]}
    group = {
        "Type": "AWS::RDS::DBSubnetGroup",
        "Properties": {"SubnetIds": split, "First": {"Fn::Select": [1, split]}},
    }
    system = link(
        [
            StackTemplate("network", "network", network),
            StackTemplate("app", "app", {"Resources": {"Group": group}}),
        ]
    )
    found = system.resources["AppGroup"]

    assert [each.name for each in found.targets("SubnetIds")] == ["NetworkOne", "NetworkTwo"]
    assert found.target("First") is system.resources["NetworkTwo"]


@pytest.mark.parametrize(("name", "text"), [("Size", "small"), ("Hidden", ""), ("Ami", "")])
def test_only_the_known_value_of_a_parameter_is_shown(name: str, text: str) -> None:
    body = {"Type": "AWS::SSM::Parameter", "Properties": {"Value": {"Ref": name}}}
    system = System({"Parameters": PARAMETERS, "Resources": {"Thing": body}})

    assert system.resources["Thing"].shown("Value") == text


def test_folding_does_not_change_the_template_of_cfn_lint() -> None:
    template = loads(  # type: ignore[no-untyped-call]
        "Resources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Sub a}}}"
    )
    before = str(template)

    assert fold(template).template["Resources"]["A"]["Properties"] == {"TopicName": "a"}
    assert str(template) == before


SCALARS = st.sampled_from(["a", "b,c", "", 1, True, "small", "IsSmall"])


def _functions(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Well-formed functions over values of the template above."""
    lists = st.lists(inner, min_size=1, max_size=3)
    conditions = st.sampled_from(["IsSmall", "IsLarge", "HasEmpty", "Either", "Both"])
    return st.one_of(
        st.builds(lambda c, a, b: {"Fn::If": [c, a, b]}, conditions, inner, inner),
        st.builds(lambda many: {"Fn::Join": ["-", many]}, lists),
        st.builds(lambda v: {"Fn::Sub": ["<${V}${Size}>", {"V": v}]}, inner),
        st.builds(lambda v: {"Fn::Select": [0, {"Fn::Split": [",", v]}]}, inner),
        st.builds(lambda many: {"Fn::Select": [0, many]}, lists),
    )


VALUES = st.recursive(
    st.one_of(SCALARS, st.just({"Ref": "Port"}), st.just({"Ref": "Size"})), _functions
)
TRUE = {"IsSmall": True, "IsLarge": False, "HasEmpty": False, "Either": True, "Both": False}


def interpreted(node: Any) -> Any:
    """Compute a value as the documentation of each function says, without any form kept."""
    if not isinstance(node, dict):
        return {True: "true", False: "false"}[node] if isinstance(node, bool) else str(node)
    ((name, argument),) = node.items()
    if name == "Ref":
        return {"Port": "8080", "Size": "small"}[argument]
    if name == "Fn::If":
        return interpreted(argument[1 if TRUE[argument[0]] else 2])
    if name == "Fn::Sub":
        return f"<{interpreted(argument[1]['V'])}small>"
    first, entries = argument
    if isinstance(entries, dict):
        return interpreted(entries["Fn::Split"][1]).split(",")[0]
    return first.join(map(interpreted, entries)) if first else interpreted(entries[0])


@given(VALUES)
def test_folding_agrees_with_an_interpreter(node: Any) -> None:
    assert interpreted(folding().value(node)) == interpreted(node)


NAMES = st.sampled_from(
    ["Ref", "Condition", "Fn::If", "Fn::Sub", "Fn::Join", "Fn::Split", "Fn::Select", "Fn::Cidr",
     "Fn::FindInMap", "Fn::GetAtt", "Fn::Equals", "Fn::And", "Fn::Length", "Type", "Default"]
)  # fmt: skip
JUNK = st.recursive(
    st.one_of(st.none(), SCALARS, st.floats(), st.text(max_size=3), st.just("${A")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=2),
    max_leaves=12,
)


@given(JUNK, JUNK, JUNK)
def test_no_content_breaks_it(resource: Any, condition: Any, parameter: Any) -> None:
    sections = {"Conditions": {"A": condition}, "Parameters": {"A": parameter}, "Mappings": {}}
    for whole in ({"A": resource}, resource):
        fold({**sections, "Resources": whole, "Outputs": whole})
        fold({"Conditions": condition, "Parameters": parameter, "Resources": whole})
