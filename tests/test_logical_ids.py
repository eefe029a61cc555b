"""Logical ids are pinned if data depends on them, and never written as text."""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from build import Built, build
from cfnlink.aws.catalogue import resource_type
from cfnlink.lint.position import locate, places
from tests.helpers import ROOT
from tests.test_capabilities import everything

TIERS = sorted((ROOT / "templates").glob("*.py"))


def test_ids_of_resources_that_hold_data_do_not_change(system: dict[str, Any]) -> None:
    """A change of one of these ids makes CloudFormation replace the resource."""
    held = {name for name, body in system.items() if resource_type(body["Type"]).holds_data}

    assert held == {
        "AccountRepository",
        "AccountHostedZone",
        "DatabaseInstance",
        "DatabaseMasterSecret",
        "DatabaseApplicationSecret",
        "DatabaseUrlSecret",
        "DatabaseLogGroupPostgresql",
        "DatabaseLogGroupUpgrade",
        "DatabaseSqlLogGroup",
        "ServiceLogGroup",
        "ApiAccessLog",
        "ApiApiKeyDefault",
        "ApiApiKeySmoke",
    }


def calls(path: Path) -> list[ast.Call]:
    return [n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


@pytest.mark.parametrize("path", TIERS, ids=lambda path: path.stem)
def test_references_are_objects_not_text(path: Path) -> None:
    """Ref and GetAtt come from resources, Sub's variables from its arguments."""
    for call in calls(path):
        assert name_of(call) not in ("Ref", "GetAtt", "GetStackOutput")
        if name_of(call) == "Sub":
            given = {keyword.arg for keyword in call.keywords}
            names = set(re.findall(r"\$\{([^}!]+)\}", ast.unparse(call.args[0])))
            assert {name for name in names if not name.startswith("AWS::")} - given <= {
                "{Host",
                "{Port",
            }
        for keyword in call.keywords:
            if keyword.arg == "DependsOn":
                assert not [
                    n
                    for n in ast.walk(keyword.value)
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                ]


def test_every_id_has_exactly_one_place_in_the_code(built: dict[str, Built]) -> None:
    for environment in (*built.values(), build(everything())):
        for stack in json.loads(environment.files["manifest.json"])["stacks"]:
            template = json.loads(environment.files[f"{stack['tier']}.json"])
            source = ROOT / stack["source"]
            for logical_id in template["Resources"]:
                place = locate(source, ("Resources", logical_id))
                assert place, (stack["tier"], logical_id)
                assert len(places(place.file, logical_id)) == 1, (place, logical_id)


@pytest.mark.parametrize(
    ("tier", "path", "line"),
    [
        ("database", ("Resources", "Instance", "Properties", "Engine"), 'Engine="postgres"'),
        (
            "service",
            ("Resources", "TaskDefinition", "Properties", "RuntimePlatform", "CpuArchitecture"),
            "CpuArchitecture=shared.settings.service.cpu_architecture",
        ),
        ("service", ("Resources", "WorkerLogGroupMail"), 'f"WorkerLogGroup{title}"'),
        ("service", ("Resources", "WorkerTargetMail"), "return scalable_target("),
        ("api", ("Resources", "ApiKeyDefault"), 'f"ApiKey{client_title}"'),
        ("monitoring", ("Resources", "SlowAnswers", "Properties", "Period"), '"SlowAnswers"'),
    ],
)
def test_a_path_leads_to_its_line(tier: str, path: tuple[str, ...], line: str) -> None:
    place = locate(ROOT / f"templates/{tier}.py", path)

    assert place
    assert line in place.file.read_text("utf-8").splitlines()[place.line - 1]
