"""The templates say why each resource exists and what an update may change."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cfnlint.rules._rule import CloudFormationLintRule
from cfnlint.rules.metadata.ContextMissing import ContextMissing
from cfnlint.rules.metadata.ContextMissingWhy import ContextMissingWhy
from cfnlint.rules.metadata.ContextSchemaViolation import ContextSchemaViolation
from cfnlint.template.template import Template

from build import Built, build, faults
from cfnlink.aws.limits import LARGEST_BODY_BYTES
from cfnlink.operations.changes import Change, described, lines
from cfnlink.operations.difference import differences
from cfnlink.system.context import FREE, KEY, NEVER, is_same
from cfnlink.system.replacement import CHANGED, REPLACED
from templates import database
from templates.reasons import summary
from tests.helpers import changed, example_settings, need_shipped_tiers
from tests.test_capabilities import everything

Body = dict[str, Any]
Rules = tuple[CloudFormationLintRule, ...]
FORM = (ContextMissingWhy(), ContextSchemaViolation())


@cache
def built(environment: str) -> Built:
    if environment == "everything":
        return build(everything())
    return build(example_settings(environment))


def templates_of(found: Built) -> dict[str, Body]:
    names = [name for name in found.files if name.endswith(".json") and name != "manifest.json"]
    return {name.removesuffix(".json"): json.loads(found.files[name]) for name in names}


def context(template: Body, logical_id: str) -> Body:
    """Return the Context of a resource; an empty one if the body had no room for it."""
    found: Body = template["Resources"][logical_id].get("Metadata", {}).get(KEY, {})
    return found


def bare(found: Built) -> dict[str, Body]:
    """Return the templates of the same settings without their Contexts."""
    return templates_of(build(changed(found.settings, "metadata_context", value=False)))


@pytest.mark.parametrize(
    ("environment", "rules"),
    [
        ("development", (*FORM, ContextMissing())),
        ("production", (*FORM, ContextMissing())),
        ("everything", FORM),
    ],
)
def test_cfn_lint_asks_for_no_other_context(environment: str, rules: Rules) -> None:
    found = {
        f"{tier}: {match.message}"
        for tier, template in templates_of(built(environment)).items()
        for rule in rules
        for match in rule.match(Template(tier, template, ["us-east-1"]))
    }

    assert found == set()


def test_a_reason_is_the_docstring_of_the_function_that_makes_the_resource() -> None:
    found = context(templates_of(built("production"))["database"], "Instance")

    assert found["why"] == summary(database._instance.__doc__)
    assert found["trust"]["cite"] == "templates/database.py _instance"


@pytest.mark.parametrize("environment", ["production", "everything"])
def test_the_level_of_a_property_says_what_an_update_does(environment: str) -> None:
    """By the computation of plan and diff: what is free to tune replaces nothing."""
    for template in templates_of(built(environment)).values():
        for logical_id, body in template["Resources"].items():
            said = context(template, logical_id)
            for name in body.get("Properties", {}) if said else ():
                other = {**body, "Properties": {**body["Properties"], name: "another"}}
                (found,) = differences({"It": body}, {"It": other}, "us-east-1")
                level = said.get("mutability", {}).get(name, said["mutable"])
                assert level != FREE or found.how != REPLACED, f"{logical_id}.{name}"
                assert level != NEVER or found.how == REPLACED, f"{logical_id}.{name}"
                lost = found.change("stack", "tier", "It").lost
                assert level == NEVER or not (lost and found.how == REPLACED), logical_id


def test_what_a_stack_imports_is_named_where_it_is_made() -> None:
    need_shipped_tiers()
    templates = templates_of(built("production"))

    users = "api, database, load_balancer, service"
    assert context(templates["network"], "Vpc")["must"] == [
        f"AWS neither replaces nor removes it while in use by {users}"
    ]
    assert context(templates["database"], "SubnetGroup")["deps"] == [
        "network.DatabaseSubnetA",
        "network.DatabaseSubnetB",
    ]


def test_all_environments_have_the_same_text_of_the_stack_that_they_share() -> None:
    names = ("development", "staging", "production")

    assert len({built(name).files["account.yaml"] for name in names}) == 1


@pytest.mark.parametrize("environment", ["production", "everything"])
def test_without_contexts_the_templates_are_the_same(environment: str) -> None:
    """So the API gets no other deployment when a docstring changes."""
    found = built(environment)

    assert bare(found) != templates_of(found)
    for tier, template in bare(found).items():
        assert is_same(template, templates_of(found)[tier])
        assert KEY not in json.dumps(template)


def test_contexts_never_make_a_body_too_long() -> None:
    """Reasons that repeat go first; what would break something stays longest."""
    settings = everything()
    paths = {**settings.api.paths, **{f"/thing{n}": {} for n in range(2)}}
    found = build(changed(settings, "api.paths", paths))

    assert faults(found, Path("nowhere")) == []
    assert max(len(text.encode()) for text in found.files.values()) > LARGEST_BODY_BYTES * 0.9
    api = templates_of(found)["api"]
    without = [name for name, body in api["Resources"].items() if "Metadata" not in body]
    assert without
    assert context(api, "RestApi")["must"]
    assert context(api, "ApiKeySmoke")["must"]


def test_changes_of_metadata_alone_are_one_line() -> None:
    def change(logical_id: str, *properties: str, note: str = "") -> Change:
        found = Change("s", "t", logical_id, "AWS::EC2::VPC", CHANGED, properties)
        return described(found, note=note)

    found = [
        change("A", "Metadata"),
        change("B", "Tags", "Metadata"),
        change("C", "Metadata"),
        change("D", "Metadata", note="an instance that runs cfn-hup acts on it"),
    ]

    assert [*lines(found)] == [
        found[1].words(),
        found[3].words(),
        "  only described otherwise (Metadata): 2; nothing that runs changes",
    ]
