"""A firewall, traces and saved queries come by a deployment, and go by another one."""

import json
import shutil
from pathlib import Path

import pytest

from build import main
from tests.helpers import SETTINGS
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud, emulator

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
STACK = "shop-development"
OPTIONS = """
[api.firewall]
allow = ["127.0.0.0/8"]
web_acl = true
rate_limit = 2000

[logs]
saved_queries = true
"""
ADMITTED = """
[api.firewall]
allow = ["0.0.0.0/0"]
"""


def changed_stacks(cloud: Cloud, folder: Path, *options: str) -> set[str]:
    done = run(cloud, "deploy", folder, *options, "--json")
    assert done.code == 0, done
    said = json.loads(done.out)["stacks"]
    return {
        name.removeprefix(f"{STACK}-") for name, what in said.items() if what != "unchanged"
    }


def kinds(cloud: Cloud) -> set[str]:
    """Return the types of the API's stack and of the monitoring's."""
    client = cloud.client("cloudformation")
    found = [
        each["ResourceType"]
        for tier in ("api", "monitoring")
        for each in client.describe_stack_resources(StackName=f"{STACK}-{tier}")[
            "StackResources"
        ]
    ]
    return {*found}


def test_all_of_it_comes_and_goes_and_the_logs_stay(tmp_path: Path) -> None:
    """The log of what was blocked goes only if that is accepted."""
    shutil.copytree(SETTINGS, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "environments" / "development.toml"
    text, folder = file.read_text("utf-8"), tmp_path / "output" / "development"
    traced = text.replace("[service]", "[service]\ntracing = true")

    with emulator(tmp_path) as cloud:
        assert main(["--settings", str(tmp_path)]) == 0
        assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
        before, logs = kinds(cloud), cloud.client("logs")
        groups = {each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]}
        file.write_text(f"{traced}{OPTIONS}", "utf-8")
        assert main(["--settings", str(tmp_path)]) == 0
        assert changed_stacks(cloud, folder) == {
            "shop-account",
            "service",
            "api",
            "monitoring",
        }
        assert kinds(cloud) - before == {
            "AWS::Logs::QueryDefinition",
            "AWS::WAFv2::LoggingConfiguration",
            "AWS::WAFv2::WebACL",
            "AWS::WAFv2::WebACLAssociation",
            "AWS::XRay::SamplingRule",
        }
        file.write_text(f"{text}{ADMITTED}", "utf-8")
        assert main(["--settings", str(tmp_path)]) == 0
        assert run(cloud, "deploy", folder).code == 3
        accepted = ("--allow-replacement", "FirewallLog")
        assert "api" in changed_stacks(cloud, folder, *accepted)
        file.write_text(text, "utf-8")
        assert main(["--settings", str(tmp_path)]) == 0
        assert changed_stacks(cloud, folder) == {"api"}
        assert kinds(cloud) == before
        after = {each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]}

    assert groups <= after
