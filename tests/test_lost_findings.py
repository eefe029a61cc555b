"""Equal faults are all reported: n in each of m stacks give n times m findings."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from cfnlink.lint.nodes import positioned
from cfnlink.lint.run import check
from cfnlink.system import folder
from cfnlink.system.link import StackTemplate, link
from tests.rules.cases import batches, mutated
from tests.rules.test_rules import BAD_CASES, RULES, good
from tests.template import read

if TYPE_CHECKING:
    from pathlib import Path

    from cfnlint.template.template import Template

    from tests.rules.cases import BadCase

TIERS = ("a", "b")
# These know only a system with one service or one metric filter, or one export of a name.
ONE_OF_A_KIND = {"W9229", "W9230", "W9716", "W9779"}


def one_for_each_rule() -> list[BadCase]:
    """Return the first case of each rule."""
    first = {case.rule: case for case in reversed(BAD_CASES)}
    return [case for case in BAD_CASES if first[case.rule] is case]


def matches(code: str, cfn: Template) -> list[tuple[tuple[Any, ...], int, str]]:
    """Return the path of each match, with the line and the message, by which cfn-lint merges
    matches of one rule."""
    found = RULES[code].matchall(None, cfn)
    return [((*map(str, match.path),), match.linenumber, match.message) for match in found]


ONE_CASE = [case for case in one_for_each_rule() if case.rule not in ONE_OF_A_KIND]


@pytest.mark.long
@pytest.mark.parametrize("cases", batches(ONE_CASE), ids=lambda cases: cases[0].rule)
def test_a_rule_reports_a_fault_in_each_of_two_stacks(cases: list[BadCase]) -> None:
    template = mutated(good(cases[0].base), cases)
    system = link([StackTemplate(tier, tier, template) for tier in TIERS])
    one, both = read(positioned(template)), read(positioned(system.template))
    for rule in {case.rule for case in cases}:
        expected = {
            (section, tier.upper() + name, *rest)
            for (section, name, *rest), _, _ in matches(rule, one)
            for tier in TIERS
        }
        found = matches(rule, both)
        assert expected <= {path for path, _, _ in found}, rule
        reported = {(line, message): path for path, line, message in found}
        assert expected <= {*reported.values()}, rule


# A sample of the rules, of which each copy of a resource has the fault of its own.
SAMPLE = ("W9520", "E9280", "W9224", "E9610", "E9330", "E9770", "W9870", "E9477", "W9886")
COPIES = ("First", "Second")


@pytest.mark.parametrize("rule", SAMPLE)
def test_equal_faults_of_equal_stacks_are_all_reported(rule: str) -> None:
    (case,) = (case for case in one_for_each_rule() if case.rule == rule)
    name = case.at[0]
    template = case.mutate(good(case.base))
    resources = template["Resources"]
    template["Resources"] = {**resources, **dict.fromkeys(COPIES, resources[name])}
    tiers = ("a", "b", "c")
    system = link([StackTemplate(tier, tier, template) for tier in tiers])

    places = matches(rule, read(positioned(system.template)))
    reported = {(line, message): path[1] for path, line, message in places}

    expected = {tier.upper() + each for tier in tiers for each in (name, *COPIES)}
    assert expected <= {*reported.values()}


# Each of these faults is of a stock rule, and its message names no logical id.
FAULTY: dict[str, Any] = {
    "Type": "AWS::SQS::Queue",
    "Properties": {
        "DelaySeconds": "often",
        "Colour": "red",
        "QueueName": ["a", "b"],
        "KmsMasterKeyId": {"Ref": "Nothing"},
        "Tags": [{"Value": "no key"}, {"Value": "no key"}],
        "RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["First", "Nothing"]}},
    },
    "DeletionPolicy": "Perhaps",
}
STOCK = {
    "Parameters": {name: {"Type": "Text"} for name in ("One", "Two")},
    "Conditions": {name: {"Fn::Equals": ["a"]} for name in ("Here", "There")},
    "Resources": dict.fromkeys(("First", "Second", "Third"), FAULTY),
    "Outputs": {
        name: {
            "Value": {"Ref": "Nothing"},
            "Export": {"Name": {"Fn::Sub": f"${{AWS::StackName}}-{name}"}},
        }
        for name in ("Left", "Right")
    },
}


def write(folder: Path, *stacks: dict[str, Any]) -> Path:
    """Write the templates as the stacks s0, s1 ... of a folder."""
    folder.mkdir()
    entries = []
    for number, template in enumerate(stacks):
        name = f"s{number}"
        (folder / f"{name}.json").write_text(json.dumps(template), "utf-8")
        entries.append({"tier": name, "name": name, "template": f"{name}.json"})
    (folder / "manifest.json").write_text(json.dumps({"stacks": entries}), "utf-8")
    return folder


def test_stock_rules_report_equal_faults_of_all_stacks(tmp_path: Path) -> None:
    counted = []
    for number in (1, 3):
        stacks = folder.read(write(tmp_path / str(number), *[STOCK] * number))
        found = [finding for finding in check(stacks) if finding.rule.id != "I9006"]
        counted.append(Counter((f.rule.id, *map(str, f.path)) for f in found))

    one, three = counted
    assert three == {key: number * 3 for key, number in one.items()}
    for rule, section, names in (
        ("E3012", "Resources", 6),
        ("E3002", "Resources", 3),
        ("E3003", "Resources", 6),
        ("E1020", "Resources", 3),
        ("E1010", "Resources", 3),
        ("E3035", "Resources", 3),
        ("E6101", "Outputs", 2),
    ):
        assert sum(key[:2] == (rule, section) for key in one) == names


# What stock cfn-lint reports of a part that no linked resource shows, by its rule.
OF_ONE_TEMPLATE: dict[str, dict[str, Any]] = {
    "E1001": {"Parameter": {}},
    "E1003": {"Description": "x" * 1025},
    "E1004": {"Description": ["x"]},
    "E4001": {"Metadata": {"AWS::CloudFormation::Interface": {"Labels": []}}},
    "E4002": {"Metadata": {"Empty": None}},
    "W1020": {
        "Outputs": {
            "Text": {"Value": {"Fn::Sub": "no variable"}},
            "List": {"Value": {"Fn::Sub": ["none", {}]}},
        }
    },
    "W4001": {
        "Metadata": {
            "AWS::CloudFormation::Interface": {"ParameterGroups": [{"Parameters": ["No"]}]}
        }
    },
    "W4005": {"Metadata": {"cfn-lint": {"config": {"colours": ["red"]}}}},
}


@pytest.mark.long
@pytest.mark.parametrize("rule", OF_ONE_TEMPLATE)
def test_what_stock_cfn_lint_reports_of_a_template_is_reported_of_each_stack(
    tmp_path: Path, rule: str
) -> None:
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Name": {"Type": "String", "Default": "x"}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        **OF_ONE_TEMPLATE[rule],
    }
    config = ManualArgs(regions=["us-east-1"], mandatory_checks=["W", "E"])
    stock = lint(json.dumps(template), config=config)
    expected = Counter((match.rule.id, str(match.message)) for match in stock)
    assert rule in {code for code, _ in expected}

    found = check(folder.read(write(tmp_path / "a", template, template)))

    for key, number in expected.items():
        if key[0] == rule:
            assert sum((f.rule.id, f.message) == key for f in found) == 2 * number
    assert not [f for f in found if f.rule.id.startswith("E00")]
