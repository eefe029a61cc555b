"""Every capability of docs/examples/everything.toml: alone, in pairs, and all at once."""

import json
import tomllib
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from build import Built, build, faults, write
from cfnlink import cli
from cfnlink.system.context import is_same
from templates.settings import Settings
from templates.settings.combinations import invalid_combinations
from tests.helpers import ROOT, SETTINGS

EXAMPLE = ROOT / "docs" / "examples" / "everything.toml"
Tables = dict[str, Any]
# What each capability changes: the stacks in which something is new or different.
CHANGED = {
    "jobs": {"account", "service", "monitoring"},
    "workers": {"account", "service", "monitoring"},
    "buckets": {"account", "service"},
    "service.deployment": {"account", "load_balancer", "service", "monitoring"},
    "service.tracing": {"account", "service", "api"},
    "service.egress_ports": {"service"},
    "service.secrets": {"account", "service"},
    "service.permissions": {"account", "service"},
    "api.paths": {"api"},
    "api.cors_allow_origin": {"api", "load_balancer", "service"},
    "api.jwt": {"api", "monitoring"},
    "api.cognito": {"api"},
    "api.firewall": {"api", "monitoring"},
    "logs.saved_queries": {"api"},
}
PAIRS = [
    pair
    for pair in combinations(CHANGED, 2)
    if pair != ("api.jwt", "api.cognito")  # two authorizers of one path are refused
]


@cache
def example() -> Tables:
    """Return the tables of the example, with the user pool that stands in for the issuer."""
    tables = tomllib.loads(EXAMPLE.read_text("utf-8"))
    pool = "arn:aws:cognito-idp:us-east-1:111122223333:userpool/us-east-1_Example1"
    tables["api"]["cognito"] = {"user_pool_arn": pool, "scopes": ["example/read"]}
    return tables


def value_of(capability: str) -> Any:
    """Return what the example says of one capability."""
    section, _, key = capability.partition(".")
    return example()[section][key] if key else example()[section]


@cache
def without() -> Tables:
    """Return the example with every capability off: its name and its sizes."""
    tables: Tables = {}
    for section, content in example().items():
        if section in CHANGED:
            continue
        is_table = isinstance(content, dict)
        tables[section] = (
            {key: value for key, value in content.items() if f"{section}.{key}" not in CHANGED}
            if is_table
            else content
        )
    return tables


def everything() -> Settings:
    """Return the settings of the example as it stands."""
    return settings_with(*(name for name in CHANGED if name != "api.cognito"))


def settings_with(*capabilities: str) -> Settings:
    """Return the settings of the example with these capabilities only."""
    tables = {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in without().items()
    }
    for capability in capabilities:
        section, _, key = capability.partition(".")
        if key:
            tables.setdefault(section, {})[key] = value_of(capability)
        else:
            tables[section] = value_of(capability)
    project = tomllib.loads((SETTINGS / "project.toml").read_text("utf-8"))
    content = project | tables | {"environment": "everything"}
    return Settings.model_validate_json(json.dumps(content))


@cache
def built(*capabilities: str) -> Built:
    """Build the example with these capabilities only."""
    return build(settings_with(*capabilities))


def stacks_of(build_: Built) -> dict[str, Tables]:
    """Return the templates by tier."""
    return {
        name.removesuffix(".json"): json.loads(text)
        for name, text in build_.files.items()
        if name.endswith(".json") and name != "manifest.json"
    }


def test_the_example_turns_every_capability_on() -> None:
    stated = tomllib.loads(EXAMPLE.read_text("utf-8"))
    missing = {"api.cognito"}  # in place of api.jwt

    for capability in CHANGED.keys() - missing:
        section, _, key = capability.partition(".")
        assert stated[section][key] if key else stated[section], capability


@pytest.mark.parametrize("capability", CHANGED)
def test_a_capability_changes_only_what_it_says(capability: str) -> None:
    off, on = stacks_of(built()), stacks_of(built(capability))

    tiers = off.keys() | on.keys()
    changed = {tier for tier in tiers if not is_same(off.get(tier), on.get(tier))}
    assert changed == CHANGED[capability]
    for tier, template in off.items():
        gone = template["Resources"].keys() - on[tier]["Resources"].keys()
        assert [name for name in gone if not name.startswith("Deployment")] == []


@pytest.mark.long
@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
def test_every_pair_is_accepted_and_links(pair: tuple[str, str]) -> None:
    both = built(*pair)

    assert [*invalid_combinations(both.settings)] == []
    assert faults(both, Path("output")) == []
    assert both.system.problems == ()


@pytest.mark.long
@pytest.mark.parametrize("chosen", [*((name,) for name in CHANGED), *PAIRS], ids="+".join)
def test_each_choice_is_clean_priced_and_drawn(
    chosen: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(built(*chosen), tmp_path)
    folder = str(tmp_path / "everything")

    assert cli.main(["lint", folder]) == 0, capsys.readouterr().out
    assert cli.main(["cost", "--check", folder]) == 0, capsys.readouterr().err
    assert cli.main(["draw", folder]) == 0, capsys.readouterr().err
