"""Equal faults are all reported: n in each of m stacks give n times m findings."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from cfnlink.lint.nodes import positioned
from cfnlink.lint.run import check
from cfnlink.system import folder
from cfnlink.system.link import StackTemplate, link
from tests.rules.test_rules import BAD_CASES, RULES, good
from tests.template import read

if TYPE_CHECKING:
    from pathlib import Path

    from cfnlint.template.template import Template

    from tests.rules.cases import BadCase

TIERS = ("a", "b")
# These know only a system with one service or one metric filter, or one export of a name.
ONE_OF_A_KIND = {"W9229", "W9230", "W9716", "W9779"}


def batches() -> list[list[BadCase]]:
    """Return one case for each rule; those of a batch change different places."""
    found: list[list[BadCase]] = []
    rules = {*ONE_OF_A_KIND}
    for case in BAD_CASES:
        if case.rule in rules:
            continue
        rules.add(case.rule)
        fitting = (
            batch
            for batch in found
            if not (case.alone or batch[0].alone or case.template or batch[0].template)
            and batch[0].base == case.base
            and not any(meets(case, other) for other in batch)
        )
        batch = next(fitting, None)
        if batch is None:
            found.append([case])
        else:
            batch.append(case)
    return found


def meets(one: BadCase, other: BadCase) -> bool:
    """Whether two cases change the same part of a template."""
    return any(a[: len(b)] == b[: len(a)] for a in one.changes for b in other.changes)


def matches(code: str, cfn: Template) -> list[tuple[tuple[Any, ...], int, str]]:
    """Return the path of each match, with the line and the message, by which cfn-lint merges
    matches of one rule."""
    found = RULES[code].matchall(None, cfn)
    return [((*map(str, match.path),), match.linenumber, match.message) for match in found]


@pytest.mark.parametrize("cases", batches(), ids=lambda cases: cases[0].rule)
def test_a_rule_reports_a_fault_in_each_of_two_stacks(cases: list[BadCase]) -> None:
    template = good(cases[0].base)
    for case in cases:
        template = case.mutate(template)
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
