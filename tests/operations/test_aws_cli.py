"""`commands` prints lines of the AWS CLI that are right for every project."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from build import main
from tests.helpers import write_settings
from tests.operations.helpers import DEVELOPMENT, run, topic, write
from tests.rehearsal.cloud import Cloud, stacks_of

pytestmark = pytest.mark.rehearsal
ZONES = 'zones = ["euc1-az1", "euc1-az2"]'
FRANKFURT = f'project = "acme"\nregion = "eu-central-1"\n[network]\n{ZONES}\n'
ZONE = '[account]\nhosted_zone = "acme.example"\n'
EXISTING = f'{ZONE}hosted_zone_id = "Z0123456789ABCDEFGHIJ"\n'
SMALL = "[database]\nmulti_az = false\n"
NAMED = '[dns]\ndomain = "api.acme.example"\n'


def built(tmp_path: Path, project: str, live: str) -> Path:
    """Return the output folder of an environment `live`; its path has a space."""
    settings = write_settings(tmp_path / "my settings", project, live=live)
    assert main(["--settings", str(settings)]) == 0
    return settings / "output" / "live"


def printed(cloud: Cloud, folder: Path, *options: str) -> str:
    done = run(cloud, "commands", folder, *options, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    assert done.code == 0, done.err
    checked = subprocess.run(["sh", "-n"], input=done.out, text=True, check=False)
    assert checked.returncode == 0, done.out
    return done.out


def deployments(text: str) -> list[list[str]]:
    lines = [shlex.split(line) for line in text.splitlines() if not line.startswith("#")]
    return [words[3:] for words in lines if words[:3] == ["aws", "cloudformation", "deploy"]]


def test_each_stack_is_deployed_in_order_with_what_its_manifest_says(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder = built(tmp_path, FRANKFURT + ZONE, SMALL + NAMED)
    stacks = json.loads((folder / "manifest.json").read_text("utf-8"))["stacks"]

    *lines, last = deployments(printed(cloud, folder, "--image-tag", "7"))

    assert [words[1] for words in lines] == [stack["name"] for stack in stacks]
    assert last[1] == "acme-live-service"  # once its alarms exist
    assert next(word for word in last if "=$(" in word).startswith("DeploymentAlarms=$(aws ")
    assert not any(word.startswith("ImageTag=") for word in last)
    for words, stack in zip(lines, stacks, strict=True):
        tags = [f"{key}={value}" for key, value in stack["tags"].items()]
        capabilities = stack["capabilities"]
        assert words == [
            *("--stack-name", stack["name"], "--region", "eu-central-1"),
            *("--template-file", str(folder / stack["template"])),
            *(["--capabilities", *capabilities] if capabilities else []),
            *("--tags", *tags),
            *(["--parameter-overrides", "ImageTag=7"] if stack["tier"] == "service" else []),
            "--no-fail-on-empty-changeset",
        ]


@pytest.mark.long
def test_the_script_says_that_no_alarm_watches_where_alarms_could(
    cloud: Cloud, tmp_path: Path
) -> None:
    said = "No alarm takes back"

    assert said in printed(cloud, DEVELOPMENT)
    assert said not in printed(cloud, write(tmp_path, one={"Topic": topic()}))


def test_every_command_names_the_region(cloud: Cloud, tmp_path: Path) -> None:
    text = printed(cloud, built(tmp_path, FRANKFURT + ZONE, SMALL + NAMED))

    calls = re.split(r"\baws ", text)[1:]
    assert len(calls) > 20
    assert [call for call in calls if "--region eu-central-1" not in call] == []


@pytest.mark.parametrize(
    ("zone", "domain", "expected"),
    [
        ("", "", set()),
        (ZONE, "", {"servers"}),
        (ZONE, NAMED, {"servers", "wait"}),
        (EXISTING, NAMED, {"existing", "wait"}),
    ],
    ids=["no zone", "a zone, no domain", "a new zone", "a zone that exists"],
)
def test_the_zone_is_waited_for_where_a_certificate_needs_it(
    cloud: Cloud, tmp_path: Path, zone: str, domain: str, expected: set[str]
) -> None:
    text = printed(cloud, built(tmp_path, FRANKFURT + zone, SMALL + domain))
    before_dns = text.partition("--stack-name acme-live-dns")[0]

    signs = {
        "servers": "registrar",
        "wait": "\nuntil dig ",
        "existing": "zone=Z0123456789ABCDEFGHIJ\n",
    }
    assert {name for name, sign in signs.items() if sign in before_dns} == expected


@pytest.mark.parametrize(("cpu", "platform"), [("ARM64", "arm64"), ("X86_64", "amd64")])
def test_the_image_is_built_for_the_cpu_of_the_tasks(
    cloud: Cloud, tmp_path: Path, cpu: str, platform: str
) -> None:
    live = f'{SMALL}[service]\ncpu_architecture = "{cpu}"\n'

    text = printed(cloud, built(tmp_path, FRANKFURT, live), "--image-tag", "7")

    assert f'docker build --platform linux/{platform} --tag "$repository":7 ' in text


def test_a_tag_that_is_not_given_is_the_shells(cloud: Cloud, tmp_path: Path) -> None:
    text = printed(cloud, built(tmp_path, FRANKFURT, SMALL))
    guard = next(line for line in text.splitlines() if line.startswith(": "))

    missing = subprocess.run(
        ["sh", "-c", guard], env={}, capture_output=True, text=True, check=False
    )

    assert 'ImageTag="$TAG"' in text
    assert missing.returncode != 0
    assert "set it: TAG=VALUE" in missing.stderr


def test_a_folder_of_others_stacks_has_its_own_parameters(cloud: Cloud, tmp_path: Path) -> None:
    """A value in the manifest, one in the template, and one that the user has to give."""
    template: dict[str, Any] = {
        "Parameters": {
            "Given": {"Type": "String"},
            "Default": {"Type": "String", "Default": "x"},
            "Open": {"Type": "String"},
        },
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
    }
    stack: dict[str, Any] = {"tier": "one", "name": "theirs", "template": "one.json"}
    stack |= {"parameters": {"Given": "two words"}, "tags": {"team": "a b"}}
    (tmp_path / "one.json").write_text(json.dumps(template), "utf-8")
    (tmp_path / "manifest.json").write_text(json.dumps({"stacks": [stack]}), "utf-8")

    text = printed(cloud, tmp_path)
    cloud.run(f"Open='three words'\n{text}", tmp_path)

    (found,) = cloud.client("cloudformation").describe_stacks(StackName="theirs")["Stacks"]
    values = {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}
    assert values == {"Given": "two words", "Default": "x", "Open": "three words"}
    assert found["Tags"] == [{"Key": "team", "Value": "a b"}]


def test_json_holds_the_same_lines(cloud: Cloud, tmp_path: Path) -> None:
    folder = built(tmp_path, FRANKFURT, SMALL)

    found = json.loads(run(cloud, "commands", folder, "--json").out)

    every = [line for part in found["parts"] for line in part["lines"]]
    lines = [line for line in every if line[0] != "#"]
    assert lines == [
        line for line in printed(cloud, folder).splitlines() if line and line[0] != "#"
    ]
    assert 'curl --header "x-api-key: $key" "$url/"' in lines


@pytest.mark.long
def test_the_lines_bring_up_a_project_in_another_region(cloud: Cloud, tmp_path: Path) -> None:
    """All of them as they are printed; only docker, dig and curl are others' programs here."""
    folder = built(tmp_path, FRANKFURT + ZONE, SMALL + NAMED)
    text = printed(cloud, folder, "--image-tag", "7")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, action in (("docker", "cat"), ("dig", "echo ns-1.awsdns-1.com."), ("curl", ":")):
        file = programs / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>"{tmp_path}/log"\n{action}\n')
        file.chmod(0o755)

    cloud.run(f'PATH="{programs}:$PATH" SERVICE=app\n{text}', tmp_path)

    asked = "aws cloudformation describe-stacks --region eu-central-1 --output text --query"
    there = cloud.run(f"{asked} 'Stacks[].StackStatus'").split()
    assert sorted(there) == ["CREATE_COMPLETE"] * (len(there) - 1) + ["UPDATE_COMPLETE"]
    assert len(there) == len(stacks_of(folder))
    log = (tmp_path / "log").read_text("utf-8")
    repository = next(line for line in log.splitlines() if " push " in line).split()[-1]
    assert repository.endswith(":7")
    assert "dig +short NS acme.example." in log
    assert re.search(r"curl --header x-api-key: \S{20,} https://api.acme.example/", log)
