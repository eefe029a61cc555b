"""A macro hides only what it makes: the rest of its stack is linked and checked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cfnlink.lint.run import check
from cfnlink.system.fold import fold
from cfnlink.system.folder import read
from cfnlink.system.link import StackTemplate, link

if TYPE_CHECKING:
    from pathlib import Path

    from cfnlink.lint.finding import Finding
    from cfnlink.system.resource import System

SAM = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"
TOPIC = {"Type": "AWS::SNS::Topic"}
INCLUDE = {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/file"}}


def stack(name: str, template: dict[str, Any], **parameters: str) -> StackTemplate:
    return StackTemplate(name, name, {"Resources": {}} | template, parameters)


def exporting(**values: Any) -> dict[str, Any]:
    return {n: {"Value": value, "Export": {"Name": n}} for n, value in values.items()}


def importing(*names: str) -> StackTemplate:
    resources = {
        f"T{n}": TOPIC | {"Properties": {"TopicName": {"Fn::ImportValue": name}}}
        for n, name in enumerate(names)
    }
    return stack("app", {"Resources": resources})


def codes(system: System) -> list[str]:
    return [each.code for each in system.problems if each.code != "I9006"]


def loop(collection: Any) -> dict[str, Any]:
    body = {"Topic${Name}": TOPIC | {"Properties": {"TopicName": {"Fn::Sub": "x-${Name}"}}}}
    return {
        "Transform": EXTENSIONS,
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "A,B"}},
        "Resources": {"Fn::ForEach::Topics": ["Name", collection, body]},
    }


@pytest.mark.parametrize("collection", [["A", "B"], {"Ref": "Names"}])
def test_a_loop_over_a_known_list_is_expanded(collection: Any) -> None:
    system = link([stack("a", loop(collection))])

    assert {r.name: r.get("TopicName") for r in system.of()} == {
        "ATopicA": "x-A",
        "ATopicB": "x-B",
    }
    assert system.is_whole


def test_what_an_unknown_loop_makes_is_unknown() -> None:
    made = loop({"Ref": "Names"}) | {"Outputs": exporting(arn={"Ref": "TopicA"})}
    made["Parameters"] = {"Names": {"Type": "CommaDelimitedList"}}

    system = link([stack("a", made), importing("arn", "missing")])

    assert codes(system) == ["E9022", "E9001"]
    assert system.resources["AppT0"].expression("TopicName") == {"Fn::ImportValue": "arn"}
    assert not system.is_whole


def test_loops_nest_in_outputs_and_properties_and_reduce_names() -> None:
    inner = {"&{Zone}${Name}": {"Value": {"Ref": {"Fn::Sub": "Topic${Name}"}}}}
    nested = {"Fn::ForEach::Inner": ["Name", ["A"], inner]}
    template = loop(["A"]) | {"Outputs": {"Fn::ForEach::Outer": ["Zone", ["x-1"], nested]}}

    system = link([stack("a", template)])

    assert [*system.outputs()] == [("Ax1A", {"Value": {"Ref": "ATopicA"}})]


def test_a_finding_on_what_a_loop_makes_is_at_the_loop() -> None:
    body = {"T${N}": TOPIC | {"Properties": {"TopicName": {"Fn::ImportValue": "none"}}}}
    one = stack("a", loop([]) | {"Resources": {"Fn::ForEach::L": ["N", ["A"], body]}})
    (problem,) = link([one]).problems

    assert problem.code == "E9001"
    assert one.macros.written_path(problem.path) == ("Resources", "Fn::ForEach::L")


def test_what_serverless_generates_is_unknown_and_the_rest_is_linked() -> None:
    template = {
        "Transform": SAM,
        "Resources": {
            "Work": {"Type": "AWS::Serverless::Function", "Properties": {"X": {"Ref": "T"}}},
            "T": TOPIC,
        },
        "Outputs": exporting(role={"Fn::GetAtt": ["WorkRole", "Arn"]}, topic={"Ref": "T"}),
    }

    system = link([stack("a", template), importing("role", "topic", "missing")])

    assert codes(system) == ["E9001"]
    assert system.resources["AppT0"].expression("TopicName") == {"Fn::ImportValue": "role"}
    assert system.resources["AppT1"].target("TopicName") is system.resources["AT"]
    assert system.resources["AT"].is_exported
    assert system.resources["AT"].is_missing("KmsMasterKeyId")
    assert system.linked
    assert not system.is_whole


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"Transform": "Own"}, []),
        ({"Transform": ["AWS::LanguageExtensions", {"Name": "Own"}]}, []),
        ({"Transform": INCLUDE}, []),
        ({"Outputs": {"Fn::Transform": INCLUDE}}, []),
        ({"Resources": {"Fn::Transform": INCLUDE}}, ["E9001"]),
        ({"Transform": SAM}, ["E9001"]),
        ({"Transform": EXTENSIONS}, ["E9001"]),
        ({"Transform": "AWS::SecretsManager-2024-09-16"}, ["E9001"]),
    ],
)
def test_an_import_has_an_export_unless_an_earlier_macro_may_add_it(
    sections: dict[str, Any], expected: list[str]
) -> None:
    assert codes(link([stack("macro", sections), importing("x")])) == expected
    assert codes(link([importing("x"), stack("macro", sections)])) == ["E9001"]


def test_an_own_macro_may_add_properties_to_its_stack_only() -> None:
    own = stack("a", {"Transform": "Own", "Resources": {"T": TOPIC}})
    system = link([own, stack("b", {"Resources": {"T": TOPIC}})])

    missing = {name: r.is_missing("TopicName") for name, r in system.resources.items()}
    assert missing == {"AT": False, "BT": True}


def test_a_mapping_with_a_call_of_a_macro_is_unknown() -> None:
    properties = {"Fn::Transform": INCLUDE, "DisplayName": "x"}
    folded = fold({"Resources": {"T": TOPIC | {"Properties": properties}}}).template

    assert folded["Resources"]["T"]["Properties"] == {"Fn::Transform": properties}


def findings(folder: Path, **templates: dict[str, Any]) -> list[Finding]:
    stacks = []
    for name, template in templates.items():
        (folder / f"{name}.json").write_text(json.dumps(template), "utf-8")
        stacks.append({"tier": name, "name": name, "template": f"{name}.json"})
    manifest = {"region": "us-east-1", "stacks": stacks}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return [each for each in check(read(folder)) if each.fails]


def test_a_stack_with_a_macro_has_each_finding_once(tmp_path: Path) -> None:
    """cfn-lint reads it apart, with what its macros make; ours reads the system."""
    wrong = TOPIC | {"Properties": {"TopicNam": "x"}}
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": {"Ref": "WorkRole"}}}
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Handler": "a.b", "CodeUri": "s3://a/b", "Runtime": "python3.13"},
    }
    exports = exporting(fn={"Fn::GetAtt": ["Work", "Arn"]}, role={"Ref": "WorkRole"})
    sam = {
        "Transform": SAM,
        "Resources": {"Wrong": wrong, "Work": function, "Queue": queue},
        "Outputs": exports,
    }
    uses = {
        "Type": "AWS::Lambda::Permission",
        "Properties": {
            "FunctionName": {"Fn::ImportValue": "fn"},
            "Principal": "sns.amazonaws.com",
            "Action": "lambda:InvokeFunction",
            "SourceArn": {"Fn::ImportValue": "nothing"},
        },
    }

    found = findings(tmp_path, sam=sam, app={"Resources": {"P": uses}})

    assert [(each.rule.id, each.tier) for each in found] == [
        ("E3002", "sam"),
        ("E9001", "app"),
    ]
