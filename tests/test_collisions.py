"""The check of the user's environments finds a name that two of them take."""

import json
import shutil
from pathlib import Path

import pytest

from tests.helpers import example_output, example_outputs
from tests.project.names import collisions


def test_the_examples_environments_do_not_collide() -> None:
    assert collisions(example_outputs()) == []


@pytest.fixture
def twin(tmp_path: Path) -> Path:
    """Return production again: other stacks, which would take the same names."""
    folder = shutil.copytree(example_output(), tmp_path / "twin")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for stack in manifest["stacks"]:
        stack["name"] = f"twin-{stack['name']}"
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


@pytest.mark.parametrize(
    "name",
    [
        "the export shop-production-network-Vpc",
        "AWS::RDS::DBInstance shop-production-1",
        "AWS::Logs::LogGroup /aws/rds/instance/shop-production-1/postgresql",
        "AWS::ApiGateway::DomainName api.example.com",
        "AWS::ApiGateway::RestApi shop-production",
    ],
)
def test_one_name_in_two_environments_is_a_collision(twin: Path, name: str) -> None:
    found = collisions([example_output(), twin])

    assert f"{name}: taken by production, twin" in found
    assert "the stack shop-production-api" not in " ".join(found)


def test_one_stack_with_two_templates_is_a_collision(tmp_path: Path) -> None:
    other = shutil.copytree(example_output("staging"), tmp_path / "other")
    account = (other / "account.yaml").read_text("utf-8")
    (other / "account.yaml").write_text(account.replace("500", "400"), "utf-8")

    found = collisions([example_output(), other])

    assert found == ["the stack shop-account: taken by other, production"]
