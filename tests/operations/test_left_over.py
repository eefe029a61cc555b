"""A stack that is no longer built is reported with the command that deletes it."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from build import main as build
from tests.helpers import write_settings
from tests.operations.helpers import Done, run, statuses, topic, write
from tests.rehearsal.cloud import Cloud
from tests.test_settings import PROJECT

pytestmark = pytest.mark.rehearsal
LEFT = "no longer built: "


def environment(folder: Path, name: str, **tiers: dict[str, Any]) -> Path:
    """Return an output folder of small stacks with our tags, and its file of settings."""
    (folder / "project.toml").touch()
    settings = folder / "environments" / f"{name}.toml"
    settings.parent.mkdir(exist_ok=True)
    settings.touch()
    output = folder / "output" / name
    output.parent.mkdir(exist_ok=True)
    manifest_file = write(output, **tiers) / "manifest.json"
    text = manifest_file.read_text("utf-8").replace("tiny-test", f"tiny-{name}")
    manifest = json.loads(text) | {"environment": name}
    for stack in manifest["stacks"]:
        stack["tags"] = {"project": "tiny", "environment": name}
    manifest_file.write_text(json.dumps(manifest), "utf-8")
    for file in output.glob("*.yaml"):
        text = file.read_text("utf-8").replace("tiny-test", f"tiny-{name}")
        file.write_text(text, "utf-8")
    return output


def command(done: Done) -> str:
    """Return the command below the warning."""
    lines = done.out.splitlines()
    (index,) = [number for number, line in enumerate(lines) if LEFT in line]
    return lines[index + 1].strip()


def test_a_tier_that_is_no_longer_built_is_reported_until_it_is_deleted(
    cloud: Cloud, tmp_path: Path
) -> None:
    certificate = {
        "Type": "AWS::CertificateManager::Certificate",
        "Properties": {"DomainName": "in-use.example.com", "ValidationMethod": "DNS"},
    }
    two = {"U": topic(), "Certificate": certificate}
    output = environment(tmp_path, "test", one={"T": topic()}, two=two)
    assert run(cloud, "deploy", output).code == 0
    shutil.rmtree(output)
    environment(tmp_path, "test", one={"T": topic()})

    for name in ("plan", "deploy", "status"):
        done = run(cloud, name, output)
        assert done.code == 0, done.err
        assert f"warning: left over: {LEFT}tiny-test-two. " in done.out
        found = json.loads(run(cloud, name, output, "--json").out)["left_over"]
        assert [each["fix"] for each in found] == [command(done)]
    # ACM holds the certificate for a while, and the message says how it goes on.
    with pytest.raises(AssertionError, match="DELETE_FAILED"):
        cloud.run(command(done))
    assert "is still in use, wait 20 minutes and run the same command again" in done.out
    cloud.run(command(done))

    assert statuses(cloud).get("tiny-test-two", "DELETE_COMPLETE") == "DELETE_COMPLETE"
    assert LEFT not in run(cloud, "status", output).out


def test_a_left_over_stack_that_imports_is_deleted_before_the_environment(
    cloud: Cloud, tmp_path: Path
) -> None:
    output = environment(tmp_path, "test", one={"T": topic()}, two={"U": topic()})
    assert run(cloud, "deploy", output).code == 0
    shutil.rmtree(output)
    environment(tmp_path, "test", one={"T": topic()}, three={"V": topic()})
    told = command(run(cloud, "deploy", output))
    before = statuses(cloud)

    refused = run(cloud, "destroy", output, "--yes", "test")

    assert refused.code == 1
    assert "tiny-test-two imports tiny-test-one-First of tiny-test-one" in refused.err
    assert f"next: delete what is left over of it: {told}\n" in refused.err
    assert statuses(cloud) == before
    cloud.run(told)
    done = run(cloud, "destroy", output, "--yes", "test")
    assert done.code == 0, done.err


def test_a_stack_without_our_tags_or_of_another_project_is_not_told(
    cloud: Cloud, tmp_path: Path
) -> None:
    output = environment(tmp_path, "test", one={"T": topic()})
    for name, project in (("tiny-test-own", "other"), ("tiny-test-mine", "")):
        tags = [{"Key": "project", "Value": project}, {"Key": "environment", "Value": "test"}]
        cloud.client("cloudformation").create_stack(
            StackName=name,
            TemplateBody=json.dumps({"Resources": {"T": topic()}}),
            Tags=tags if project else [],
        )

    assert LEFT not in run(cloud, "deploy", output).out


def test_an_environment_without_settings_is_reported_with_the_command_that_destroys_it(
    cloud: Cloud, tmp_path: Path
) -> None:
    output = environment(tmp_path, "old", one={"T": topic()})
    assert LEFT not in run(cloud, "deploy", output).out
    (tmp_path / "environments" / "old.toml").unlink()

    done = run(cloud, "status", output)

    assert f"{LEFT}environments/old.toml does not exist. " in done.out
    destroy, _, remove = command(done).partition(" && ")
    assert destroy.endswith(f"cfnlink destroy {output}")
    assert remove == f"rm -r {output}"


def test_an_environment_of_which_only_aws_knows_is_reported_with_its_stacks(
    cloud: Cloud, tmp_path: Path
) -> None:
    old = environment(tmp_path, "old", one={"T": topic()}, two={"U": topic()})
    output = environment(tmp_path, "test", one={"T": topic()})
    for folder in (old, output):
        assert run(cloud, "deploy", folder).code == 0
    assert LEFT not in run(cloud, "status", output).out
    shutil.rmtree(old)
    assert LEFT not in run(cloud, "status", output).out  # another checkout may build it
    (tmp_path / "environments" / "old.toml").unlink()

    done = run(cloud, "plan", output)

    assert f"{LEFT}the environment old, 2 stacks. " in done.out
    cloud.run(command(done))
    left = {name for name, status in statuses(cloud).items() if status != "DELETE_COMPLETE"}
    assert left == {"tiny-test-one"}


@pytest.mark.long
def test_the_command_of_the_build_deletes_a_protected_system(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In another region: in us-east-1 version 1 of the CLI asks RDS itself, whatever
    AWS_ENDPOINT_URL says."""
    there = replace(cloud, region="eu-west-1")
    project = PROJECT.replace("us-east-1", there.region).replace("use1", "euw1")
    write_settings(tmp_path, project, test="")
    assert build(["--settings", str(tmp_path)]) == 0
    deployed = run(there, "deploy", tmp_path / "output" / "test", "--image-tag", "7")
    assert deployed.code == 0, deployed.err
    write_settings(tmp_path, project.replace('"shop"', '"acme"'), test="")
    capsys.readouterr()
    assert build(["--settings", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "--db-instance-identifier shop-test-1" in lines[-1]

    there.run(lines[-1].strip())

    assert LEFT in lines[-2]
    assert {*statuses(there).values()} <= {"DELETE_COMPLETE"}
