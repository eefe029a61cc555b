"""The linker joins stacks by names and imports, and reports what cannot be linked."""

import re
from typing import Any

import pytest

from cfnlink.lint.run import LINK_RULES
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import Link, System
from tests.helpers import ROOT

NETWORK: dict[str, Any] = {
    "Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}},
    "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": "net-Vpc"}}},
}


def stack(tier: str, template: dict[str, Any], **parameters: Any) -> StackTemplate:
    return StackTemplate(tier, f"shop-{tier}", template, parameters)


def using(value: Any, **sections: Any) -> dict[str, Any]:
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"VpcId": value}}
    return {"Resources": {"Group": group}, **sections}


def linked(value: Any, network: dict[str, Any] | None = None, **sections: Any) -> System:
    parameters = sections.pop("parameters", {})
    stacks = [
        stack("network", network or NETWORK),
        stack("app", using(value, **sections), **parameters),
    ]
    return link(stacks)


def group_of(system: System) -> Any:
    return system.template["Resources"]["AppGroup"]["Properties"]["VpcId"]


def codes(system: System) -> list[str]:
    return [problem.code for problem in system.problems]


def exporting(name: Any) -> dict[str, Any]:
    return {**NETWORK, "Outputs": {"Vpc": {"Value": {"Ref": "Vpc"}, "Export": {"Name": name}}}}


@pytest.mark.parametrize(
    ("exported", "imported", "sections"),
    [
        ("net-Vpc", "net-Vpc", {}),
        ({"Fn::Sub": "${AWS::StackName}-Vpc"}, "shop-network-Vpc", {}),
        ({"Fn::Sub": "${AWS::StackName}-Vpc"}, {"Fn::Sub": "shop-network-Vpc"}, {}),
        (
            {"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "Vpc"]]},
            {"Fn::Join": ["-", ["shop", "network", "Vpc"]]},
            {},
        ),
        (
            {"Fn::Sub": "${AWS::StackName}-Vpc"},
            {"Fn::Sub": "${NetworkStack}-Vpc"},
            {"Parameters": {"NetworkStack": {"Type": "String", "Default": "shop-network"}}},
        ),
        (
            {"Fn::Sub": "${AWS::StackName}-Vpc"},
            {"Fn::Sub": ["${Stack}-Vpc", {"Stack": {"Ref": "NetworkStack"}}]},
            {
                "Parameters": {"NetworkStack": {"Type": "String"}},
                "parameters": {"NetworkStack": "shop-network"},
            },
        ),
        ({"Fn::Sub": "${AWS::Region}-Vpc"}, {"Fn::Sub": "${AWS::Region}-Vpc"}, {}),
    ],
)
def test_an_import_becomes_the_expression_behind_it(
    exported: Any, imported: Any, sections: dict[str, Any]
) -> None:
    system = linked({"Fn::ImportValue": imported}, exporting(exported), **sections)

    assert group_of(system) == {"Ref": "NetworkVpc"}
    assert codes(system) == []


def test_a_link_names_both_ends() -> None:
    system = linked({"Fn::ImportValue": "net-Vpc"})

    path = ("Resources", "Group", "Properties", "VpcId")
    assert system.links == (
        Link("net-Vpc", "NetworkVpc", "AppGroup", path, "app", "network", "Vpc"),
    )


def test_each_resource_remembers_where_it_comes_from() -> None:
    resource = linked({"Fn::ImportValue": "net-Vpc"}).resources["AppGroup"]

    assert (resource.tier, resource.stack, resource.logical_id) == ("app", "shop-app", "Group")


def test_an_import_without_an_export_is_answered_with_the_nearest() -> None:
    system = linked({"Fn::ImportValue": "net-Vcp"})

    (problem,) = [problem for problem in system.problems if problem.code == "E9001"]
    assert "did you mean net-Vpc" in problem.message
    assert problem.path == ("Resources", "Group", "Properties", "VpcId")


def test_a_name_is_exported_once() -> None:
    system = link([stack("network", NETWORK), stack("other", NETWORK)])

    assert "E9002" in codes(system)


@pytest.mark.parametrize("order", [("app", "network"), ("network",)])
def test_an_import_of_a_later_or_its_own_stack_is_no_import(order: tuple[str, ...]) -> None:
    own = {
        **NETWORK,
        "Resources": {
            **NETWORK["Resources"],
            **using({"Fn::ImportValue": "net-Vpc"})["Resources"],
        },
    }
    templates = {"app": using({"Fn::ImportValue": "net-Vpc"}), "network": NETWORK}
    if len(order) == 1:
        templates["network"] = own

    system = link([stack(tier, templates[tier]) for tier in order])

    assert "E9003" in codes(system)


def test_an_unused_export_is_reported() -> None:
    assert codes(link([stack("network", NETWORK)])) == ["I9006"]


def test_an_export_whose_description_names_its_reader_is_none_too_many() -> None:
    (name,) = NETWORK["Outputs"]
    told = {**NETWORK["Outputs"][name], "Description": "For the stacks of another project."}

    assert codes(link([stack("network", {**NETWORK, "Outputs": {name: told}})])) == []


def test_a_part_leads_to_the_resource_of_the_system_that_plays_it() -> None:
    queue = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    played = StackTemplate("jobs", "jobs", queue, parts={"work": "Queue"})

    assert link([stack("a", queue), played]).parts == {"work": "JobsQueue"}


def test_names_that_meet_in_the_system_are_an_error() -> None:
    one = {"Resources": {"BThing": {"Type": "AWS::SNS::Topic"}}}
    two = {"Resources": {"Thing": {"Type": "AWS::SNS::Topic"}}}

    assert codes(link([stack("a", one), stack("aB", two)])) == ["E9005"]


@pytest.mark.parametrize("value", [{"Ref": "AWS::StackId"}, {"Fn::Sub": "x-${AWS::StackId}"}])
def test_a_stack_id_is_left_to_aws(value: Any) -> None:
    system = linked(value)

    assert codes(system) == ["I9006"]
    assert group_of(system) == value


def test_a_resource_waits_for_all_of_an_earlier_stack() -> None:
    system = link(
        [stack("network", NETWORK), stack("app", using("vpc-1")), stack("x", NETWORK)]
    )
    vpc, group = system.resources["NetworkVpc"], system.resources["AppGroup"]

    assert group.waits_for(vpc)
    assert not vpc.waits_for(group)


@pytest.mark.parametrize(
    ("own", "system"),
    [
        ({"Ref": "Group"}, {"Ref": "AppGroup"}),
        ({"Ref": "AWS::Region"}, {"Ref": "AWS::Region"}),
        ({"Ref": "AWS::StackName"}, "shop-app"),
        ({"Fn::GetAtt": ["Group", "GroupId"]}, {"Fn::GetAtt": ["AppGroup", "GroupId"]}),
        ({"Fn::GetAtt": "Group.GroupId"}, {"Fn::GetAtt": ["AppGroup", "GroupId"]}),
        (
            {"Fn::Sub": "${Group.GroupId}-${!Group}"},
            {"Fn::Sub": "${AppGroup.GroupId}-${!Group}"},
        ),
        ({"Fn::Sub": "${AWS::StackName}-${!x}"}, "shop-app-${x}"),
        (
            {"Fn::Sub": ["${A}-${Group}", {"A": {"Ref": "Group"}}]},
            {"Fn::Sub": ["${A}-${AppGroup}", {"A": {"Ref": "AppGroup"}}]},
        ),
        (
            {"Fn::If": ["Big", {"Ref": "Group"}, "x"]},
            {"Fn::If": ["AppBig", {"Ref": "AppGroup"}, "x"]},
        ),
        ({"Fn::FindInMap": ["Map", "a", "b"]}, {"Fn::FindInMap": ["AppMap", "a", "b"]}),
        (
            {"Condition": {"StringEquals": {"a": "b"}}},
            {"Condition": {"StringEquals": {"a": "b"}}},
        ),
    ],
)
def test_names_get_their_tier_in_front(own: Any, system: Any) -> None:
    assert group_of(linked(own)) == system


def test_attributes_beside_the_properties_are_kept() -> None:
    template = {
        "Parameters": {"Size": {"Type": "String", "Default": "1"}},
        "Conditions": {
            "Big": {"Fn::Equals": [{"Ref": "Size"}, "2"]},
            "Small": {"Fn::Not": [{"Condition": "Big"}]},
        },
        "Resources": {
            "A": {
                "Type": "AWS::SNS::Topic",
                "Condition": "Big",
                "DeletionPolicy": "Retain",
                "Metadata": {"x": 1},
            },
            "B": {"Type": "AWS::SNS::Topic", "DependsOn": "A"},
            "C": {"Type": "AWS::SNS::Topic", "DependsOn": ["A", "B"]},
        },
    }
    system = link([stack("app", template, Size="2")]).template

    assert system["Parameters"]["AppSize"]["Default"] == "2"
    assert system["Conditions"]["AppBig"] == {"Fn::Equals": [{"Ref": "AppSize"}, "2"]}
    assert system["Conditions"]["AppSmall"] == {"Fn::Not": [{"Condition": "AppBig"}]}
    assert system["Resources"]["AppA"]["Condition"] == "AppBig"
    assert system["Resources"]["AppA"]["DeletionPolicy"] == "Retain"
    assert system["Resources"]["AppA"]["Metadata"] == {"x": 1}
    assert system["Resources"]["AppB"]["DependsOn"] == "AppA"
    assert system["Resources"]["AppC"]["DependsOn"] == ["AppA", "AppB"]


EXPORTS_A = {"Value": {"Ref": "A"}, "Export": {"Name": "a"}}


@pytest.mark.parametrize(
    "template",
    [
        {"Resources": {"A": None, "B": [], "C": "x"}},
        {"Resources": {"A": {"Type": 5, "DependsOn": {"x": 1}, "Properties": []}}},
        {"Resources": {"A": {"Fn::Sub": []}}, "Outputs": {"O": "x", "P": {"Export": "x"}}},
        {"Resources": {"A": {"Ref": ["x"]}}, "Outputs": []},
        {"Resources": {"A": {"Fn::ImportValue": {"Fn::Join": ["-", {"Ref": "x"}]}}}},
        {"Resources": {5: {"Type": "AWS::ECS::Cluster"}}},
        {"Resources": {"A": []}, "Outputs": {"O": EXPORTS_A}},
        {"Resources": {"A": {"Type": {}}}, "Outputs": {"O": EXPORTS_A}},
    ],
)
def test_malformed_templates_are_linked_as_they_are(template: dict[str, Any]) -> None:
    system = link([stack("app", template)])

    assert len(system.template["Resources"]) == len(template["Resources"])


@pytest.mark.parametrize(
    ("properties", "given", "needed"),
    [
        ({}, (), "CAPABILITY_IAM"),
        ({"RoleName": "x"}, ("CAPABILITY_IAM",), "CAPABILITY_NAMED_IAM"),
        ({}, ("CAPABILITY_IAM",), None),
        ({"RoleName": "x"}, ("CAPABILITY_NAMED_IAM",), None),
        ({}, None, None),
    ],
)
def test_iam_resources_need_a_capability(
    properties: dict[str, Any], given: tuple[str, ...] | None, needed: str | None
) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": properties}
    template = {"Resources": {"Role": role}}

    problems = link([StackTemplate("a", "s", template, capabilities=given)]).problems

    assert [each.code for each in problems] == ["E9007"] * bool(needed)
    assert all(f"Role needs {needed};" in each.message for each in problems)


@pytest.mark.parametrize(
    ("properties", "common", "needed"),
    [({}, {}, True), ({"Role": "arn:x"}, {}, False), ({}, {"Role": "arn:x"}, False)],
)
def test_a_role_that_a_macro_makes_needs_a_capability(
    properties: dict[str, Any], common: dict[str, Any], needed: bool
) -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": properties}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": common},
        "Resources": {"Reader": function},
    }
    given = ("CAPABILITY_AUTO_EXPAND",)

    problems = link([StackTemplate("a", "s", template, capabilities=given)]).problems

    assert [each.code for each in problems] == ["E9007"] * needed


def test_every_problem_of_the_linker_has_a_name_in_lint() -> None:
    code = (ROOT / "cfnlink" / "system" / "link.py").read_text("utf-8")
    raised = {*re.findall(r'"([EWI]9\d{3})"', code)}

    assert raised
    assert raised <= LINK_RULES.keys()


LARGE = {
    "Parameters": {"Size": {"Type": "String", "Default": "small"}},
    "Conditions": {"IsLarge": {"Fn::Equals": [{"Ref": "Size"}, "large"]}},
}
IMPORT = {"Fn::ImportValue": "net-Vpc"}


def only_if_large(size: str) -> System:
    network = {**NETWORK, **LARGE}
    output = {**NETWORK["Outputs"]["Vpc"], "Condition": "IsLarge"}
    stacks = [
        stack("network", {**network, "Outputs": {"Vpc": output}}, Size=size),
        stack("app", using(IMPORT)),
    ]
    return link(stacks)


def test_an_export_under_a_condition_exists_only_if_the_parameters_make_it_true() -> None:
    system = only_if_large("small")

    assert codes(system) == ["E9020"]
    assert "IsLarge" in system.problems[0].message
    assert codes(only_if_large("large")) == []


@pytest.mark.parametrize(("size", "expected"), [("small", []), ("large", ["E9001"])])
def test_an_import_is_needed_only_in_the_branch_that_is_taken(
    size: str, expected: list[str]
) -> None:
    value = {"Fn::If": ["IsLarge", {"Fn::ImportValue": "missing"}, {"Ref": "AWS::NoValue"}]}
    app = using(value, **LARGE)
    app["Resources"]["Other"] = {**using(IMPORT)["Resources"]["Group"], "Condition": "IsLarge"}
    system = link([stack("network", NETWORK), stack("app", app, Size=size)])

    assert [code for code in codes(system) if code != "I9006"] == expected
    assert ("AppOther" in system.resources) is (size == "large")


def test_an_import_is_no_fault_if_an_export_has_an_unknown_name() -> None:
    network = {
        **exporting({"Fn::Sub": "${Name}-Vpc"}),
        "Parameters": {"Name": {"Type": "String"}},
    }

    assert codes(linked(IMPORT, network)) == ["E9022"]


def test_a_value_of_the_manifest_is_spelled_as_the_allowed_one() -> None:
    flag = {"Type": "String", "AllowedValues": [True, False]}
    system = link([stack("app", using("vpc-1", Parameters={"Flag": flag}), Flag="true")])

    assert system.template["Parameters"]["AppFlag"]["Default"] is True


def test_a_hidden_parameter_keeps_its_value_to_itself() -> None:
    password = {"Type": "String", "NoEcho": True}
    template = using("vpc-1", Parameters={"Password": password})

    assert "hunter2" not in str(link([stack("app", template, Password="hunter2")]).template)
