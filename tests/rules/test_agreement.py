"""One template linted alone and a folder of that one stack have the same findings."""

from __future__ import annotations

from typing import Any

import pytest

from cfnlink.system.link import StackTemplate, link
from tests.rules.cases import BadCase, batches, mutated
from tests.rules.test_rules import BAD_CASES, RULES, good
from tests.template import read

pytestmark = pytest.mark.long  # it runs every rule over every case
REGION = "us-east-1"
MANY = 10  # a batch of so many cases is worth a run of every rule
# A template alone says nothing of what another template may hold; a folder is all there is.
ONLY_IN_A_FOLDER = {
    "another template may use it": (
        "W9123", "W9326", "W9511", "W9588", "W9589", "W9590", "W9591", "W9606",
    ),
    "another template may give it a rule, a route, an endpoint or an address": (
        "E9110", "E9992", "E9116", "E9147", "E9149", "E9227", "W9127", "W9175", "W9195",
        "W9904", "W9905", "W9980",
    ),
    "another template may add a listener, a method, a stage or a domain": (
        "E9335", "E9501", "E9509", "E9525", "E9533", "W9513", "W9595", "W9598", "W9956",
    ),
    "another template may have the policy or the account's log role": ("E9940", "W9505"),
    "another template may have what a name means": (
        "W9703", "W9717", "W9729", "W9792", "W9930", "W9934",
    ),
}  # fmt: skip
Findings = set[tuple[str, tuple[str, ...]]]


def found(template: dict[str, Any], rules: set[str]) -> Findings:
    """Return the rule and the path of each finding."""
    cfn = read(template, REGION)
    return {(code, (*map(str, m.path),)) for code in rules for m in RULES[code].match(cfn)}


def in_a_folder(template: dict[str, Any], rules: set[str]) -> Findings:
    """Return the findings of a folder of one stack, which gives no resource another name."""
    system = link([StackTemplate("", "stack", template)])
    joined = dict(system.template)
    system.read_by_rules(joined, REGION)
    return found(joined, rules)


def written(cases: list[BadCase]) -> dict[str, Any]:
    """Return one template with the faults, as a user has it: no linker has noted anything.

    A case alone, which makes all that it is about, needs nothing of the good template.
    """
    whole = mutated(good(cases[0].base), cases)
    made = {path[0] for case in cases for path in case.changes if len(path) == 1}
    if cases[0].alone and made >= {case.at[0] for case in cases}:
        return {"Resources": {name: whole["Resources"][name] for name in made}}
    return {section: body for section, body in whole.items() if section != "Metadata"}


@pytest.fixture(scope="module")
def compared() -> list[tuple[Findings, Findings]]:
    """Return what is found of each batch in one template, and in a folder of it."""
    results = []
    left = batches(BAD_CASES)
    while left:
        cases = left.pop()
        template = written(cases)
        rules = {*RULES} if len(cases) >= MANY else {case.rule for case in cases}
        alone, folder = found(template, rules), in_a_folder(template, rules)
        results.append((alone, folder))
        hidden = [case for case in cases if (case.rule, case.whole_path) not in folder]
        left += [[case] for case in hidden if len(cases) > 1]  # another case hides the fault
    return results


def test_a_folder_has_every_finding_of_its_template(
    compared: list[tuple[Findings, Findings]],
) -> None:
    assert [alone - folder for alone, folder in compared if alone - folder] == []


def test_a_template_has_every_finding_that_needs_no_other_template(
    compared: list[tuple[Findings, Findings]],
) -> None:
    only = {code for alone, folder in compared for code, _ in folder - alone}
    reasons = [code for codes in ONLY_IN_A_FOLDER.values() for code in codes]

    assert sorted(only) == sorted(reasons)


def test_every_case_is_compared(compared: list[tuple[Findings, Findings]]) -> None:
    seen = {finding for _, folder in compared for finding in folder}

    assert {(case.rule, case.whole_path) for case in BAD_CASES} - seen == set()
