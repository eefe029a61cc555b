"""Stock cfn-lint finds nothing, at any level, in the templates of valid settings."""

import json
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from cfnlint.core import get_rules
from hypothesis import given
from hypothesis import strategies as st

from build import Built, build, faults
from templates.settings import Settings
from tests.helpers import ROOT, changed, example, example_settings

LEVELS = ["I", "W", "E"]
RULES = get_rules([], [], LEVELS)
PRODUCTION = example_settings()
# Valid alone and together: what is impossible together is drawn as one.
CHOICES: dict[str, list[Any]] = {
    "account.api_gateway_log_role": ["create", "existing"],
    "account.hosted_zone_id": [None, "Z0123456789ABC"],
    "network.egress": ["public-ip", "nat", "endpoints"],
    "database.multi_az": [True, False],
    "database.storage_gib": [20, 40, 90],
    "database.backup_days": [1, 7, 35],
    "database.ssl_mode": ["require", "verify-full"],
    "database.deletion_protection": [True, False],
    "database.snapshot": [None, "before-the-accident"],
    "database.generation": [1, 2, 999],
    "database.engine_version": ["15.13", "15.19", "16.10"],
    "database.instance_class": ["db.t4g.micro", "db.m7g.large"],
    "service.cpu_architecture": ["ARM64", "X86_64"],
    "service.port": [1, 80, 3000, 65_535],
    "service.minimum_tasks": [1, 2, 6],
    "service.spot_percent": [0, 50, 100],
    "service.read_only": [True, False],
    "service.writable_paths": [(), ("/tmp",), ("/var/cache/shop", "/tmp/a.b")],
    "service.ecs_exec": [True, False],
    "service.environment": [{}, {"LOG": "yes", "EMPTY": "", "AWKWARD": "${x} 'é'\n#"}],
    "service.secrets": [
        {},
        {"MAIL": "arn:aws:secretsmanager:us-east-1:123456789012:secret:mail-AbCdEf:key::"},
    ],
    "api.cors_allow_origin": ["*", "https://www.example.com"],
    "api.timeout_seconds": [0.05, 29],
    "api.clients": [{"default": {}}, {"a": {"rate_limit": 0.5}, "b": {}}],
    "dns.domain": [None, "example.com", "a.b.example.com"],
    "logs.retention_days": [1, 7, 3653],
    "monitoring.alarm_email": [None, "ops@example.com"],
    "tags": [{}, {"team": "a b:c"}],
}


def found(text: str, region: str = "us-east-1") -> list[str]:
    config = ManualArgs(regions=[region], include_checks=LEVELS)
    return [str(match) for match in lint(text, rules=RULES, config=config)]


@pytest.mark.parametrize("environment", ["production", "staging", "development"])
def test_nothing_is_found_in_any_template(built: dict[str, Built], environment: str) -> None:
    for name, text in built[environment].files.items():
        if name.endswith(".yaml"):
            assert found(text) == [], name


def test_nothing_is_suppressed() -> None:
    """A suppression would need its reason beside it; there is none."""
    assert "ignore_checks" not in (ROOT / ".cfnlintrc").read_text("utf-8")
    for path in (example() / "output").rglob("*.yaml"):
        assert "cfn-lint" not in path.read_text("utf-8")


@st.composite
def valid_settings(draw: st.DrawFn) -> Settings:
    settings = PRODUCTION
    keys = draw(st.lists(st.sampled_from(sorted(CHOICES)), max_size=12, unique=True))
    for key in keys:
        settings = changed(settings, key, draw(st.sampled_from(CHOICES[key])))
    if settings.service.ecs_exec:
        settings = changed(settings, "service.read_only", value=False)
    return settings


@pytest.mark.long
@hypothesis.settings(max_examples=hypothesis.settings().max_examples // 2)  # slow ones
@given(valid_settings())
def test_any_valid_settings_give_templates_that_lint_clean(settings: Settings) -> None:
    environment = build(settings)

    assert faults(environment, Path("nowhere")) == []
    assert found(environment.files["system.yaml"]) == []


@given(valid_settings())
def test_any_valid_settings_build_the_same_system_from_their_files(settings: Settings) -> None:
    """No stack reads what none publishes, whatever the settings are."""
    environment = build(settings)

    assert not [p for p in environment.system.problems if p.code.startswith("E")]
    names = [
        stack["name"] for stack in json.loads(environment.files["manifest.json"])["stacks"]
    ]
    assert len(names) == len(set(names))
