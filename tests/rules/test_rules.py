"""Every rule reports its bad cases, and no rule reports anything in a good template."""

from __future__ import annotations

import importlib
import json
from functools import cache
from typing import Any

import pytest
from cfnlint.template.template import Template

from build import build
from cfnlink import rules as cfnlink_rules
from templates.settings import Settings, load_environments
from tests.helpers import ROOT, SETTINGS, changed
from tests.rules.cases import BadCase, case
from tests.template import read

RULES = {code: rule() for code, rule in cfnlink_rules.RULES.items()}
SHIPPED = {settings.environment: settings for settings in load_environments(SETTINGS)}
SUBJECTS = sorted(path.stem for path in (ROOT / "cfnlink" / "rules").glob("[a-z]*.py"))
MODULES = [importlib.import_module(f"tests.rules.cases.{subject}") for subject in SUBJECTS]
BAD_CASES: list[BadCase] = [case for module in MODULES for case in module.BAD_CASES]
ACCEPTED: list[BadCase] = [
    case for module in MODULES for case in getattr(module, "ACCEPTED", [])
]


def variant(**changes: Any) -> Settings:
    """Production with some settings changed: service__ecs_exec=True."""
    settings = SHIPPED["production"]
    for key, value in changes.items():
        settings = changed(settings, key.replace("__", "."), value)
    return settings


GOOD: dict[str, Settings] = {
    **SHIPPED,
    "nat": variant(network__egress="nat", network__nat_gateways=2),
    "endpoints": variant(network__egress="endpoints"),
    "exec": variant(service__ecs_exec=True, service__read_only=False, service__spot_percent=50),
    "restored": variant(database__snapshot="before-the-accident", database__generation=2),
    "container": variant(
        buckets={"uploads": {"versioned": True, "cors_origins": ("https://a.example",)}},
        service__egress_ports=(587,),
        service__permissions=(
            {"actions": ("ses:SendEmail",), "resources": ("*",), "any_resource": True},
        ),
        service__secrets={"MAIL": "arn:aws:ssm:us-east-1:111122223333:parameter/shop/mail"},
    ),
    "canary": variant(service__deployment="canary"),
    "mail": variant(monitoring__alarm_email="ops@example.com"),
}


@cache
def good(name: str) -> dict[str, Any]:
    return dict(build(GOOD[name]).system.template)


@cache
def good_tiers(name: str) -> list[dict[str, Any]]:
    files = build(GOOD[name]).files
    return [
        json.loads(t) for n, t in files.items() if n.endswith(".json") and n != "manifest.json"
    ]


def findings(rule_id: str, cfn: Template) -> list[tuple[str, ...]]:
    return [tuple(map(str, match.path)) for match in RULES[rule_id].match(cfn)]


def where(case: BadCase) -> str:
    return f"{case.rule}-{'.'.join(next(iter(case.changes), case.at))}"


@pytest.mark.parametrize("case", BAD_CASES, ids=where)
def test_a_rule_reports_its_bad_case(case: BadCase) -> None:
    found = findings(case.rule, read(case.mutate(good(case.base))))

    assert case.whole_path in found


@pytest.mark.parametrize("case", ACCEPTED, ids=where)
def test_a_rule_accepts_what_aws_accepts(case: BadCase) -> None:
    assert findings(case.rule, read(case.mutate(good(case.base)))) == []


HEADER = "ApiProxyMethod.Integration.RequestParameters.'integration.request.header.x-api-key'"


@pytest.mark.parametrize(
    "secret",
    [
        case("E9517", {HEADER: "hunter:2"}),
        case(
            "E9888",
            {"ServiceTaskDefinition.ContainerDefinitions.0.Secrets.0.ValueFrom": "hunter:2"},
        ),
    ],
)
def test_a_fault_shows_no_value_that_may_be_secret(secret: BadCase) -> None:
    cfn = read(secret.mutate(good("production")))
    (message,) = (match.message for match in RULES[secret.rule].match(cfn))

    assert "hunter" not in message


@pytest.mark.parametrize("name", GOOD)
def test_no_rule_reports_anything_in_a_good_template(name: str) -> None:
    for template in (good(name), *good_tiers(name)):
        cfn = read(template)
        assert {rule_id: found for rule_id in RULES if (found := findings(rule_id, cfn))} == {}


def test_each_rule_has_an_id_and_a_name_of_its_own() -> None:
    named = [
        (name, rule.id)
        for rules in cfnlink_rules.SUBJECTS.values()
        for name, rule in rules.items()
    ]

    assert sorted(code for _, code in named) == sorted(RULES)
    assert len({name for name, _ in named}) == len(named)


def test_every_rule_has_a_bad_case() -> None:
    two_stacks = {"E9933"}  # tests/rules/test_names.py
    assert set(RULES) == {case.rule for case in BAD_CASES} | two_stacks


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_has_a_summary_a_description_and_a_source(rule_id: str) -> None:
    rule = RULES[rule_id]

    assert rule.shortdesc
    assert rule.description
    assert rule.source_url.startswith("https://docs.aws.amazon.com/")
