"""Provide what the tests of the operations share: commands, folders, AWS's state."""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.request import urlopen

import yaml

from cfnlink.cli import main
from cfnlink.operations.database import PSQL_TAG
from cfnlink.operations.session import session as new_session
from tests.helpers import ROOT, example_output
from tests.operations.suggestions import hold
from tests.rehearsal.cloud import Cloud

DEVELOPMENT = example_output("development")
PRODUCTION = example_output("production")


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str


# A shell that is not interactive starts its background jobs like this.
IN_BACKGROUND = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]


def start(
    cloud: Cloud, *arguments: Any, in_background: bool = False, **environment: str
) -> "subprocess.Popen[str]":
    before = IN_BACKGROUND if in_background else []
    return subprocess.Popen(
        [*before, sys.executable, "-m", "cfnlink", *map(str, arguments)],
        cwd=ROOT,
        env={**cloud.environment, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@cache
def kept_session(region: str, _variables: frozenset[tuple[str, str]]) -> Any:
    """Return a session that keeps its clients, which take a third of a command's time."""
    kept: Any = new_session(region)
    make: Any = kept.client
    clients: dict[str, Any] = {}

    def client(service: str, **options: Any) -> Any:
        if service not in clients:
            clients[service] = make(service, **options)
        return clients[service]

    kept.client = client
    return kept


def run(cloud: Cloud, *arguments: Any, **environment: str) -> Done:
    """A command as start() makes it, in this process: half of its time is Python's start."""
    given = {**cloud.environment, **environment}

    def session(region: str, *_: Any) -> Any:
        return kept_session(region, frozenset(given.items()))

    out, err = io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO()
    try:
        with (
            mock.patch.dict(os.environ, given, clear=True),
            mock.patch("cfnlink.operations.session.session", session),
            contextlib.chdir(ROOT),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = main([*map(str, arguments)])
    finally:
        sys.stdin = before
    # A whole script, which test_aws_cli.py runs, and what the service says.
    if arguments[0] not in ("commands", "logs"):
        hold(f"{err.getvalue()}\n{_said(out.getvalue())}")
    return Done(code, out.getvalue(), err.getvalue())


def _said(out: str) -> str:
    """What a person reads of what a command printed: of JSON the next command."""
    return str(json.loads(out)["next"]) if out.startswith("{") else out


def reset(cloud: Cloud) -> Cloud:
    with urlopen(f"{cloud.url}/_ministack/reset", data=b""):
        return cloud


def mirror(cloud: Cloud) -> None:
    """psql in the repository, as docker would have put it there."""
    ecr = cloud.client("ecr")
    (repository,) = ecr.describe_repositories()["repositories"]
    name = repository["repositoryName"]
    ecr.put_image(repositoryName=name, imageManifest="{}", imageTag=PSQL_TAG)


def statuses(cloud: Cloud) -> dict[str, str]:
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return {stack["StackName"]: stack["StackStatus"] for stack in stacks}


def outputs(cloud: Cloud, stack: str) -> dict[str, str]:
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def begun(cloud: Cloud, stack: str, status: str = "CREATE_IN_PROGRESS") -> int:
    """Return how often an operation began on a stack."""
    events = cloud.client("cloudformation").describe_stack_events(StackName=stack)
    return sum(
        event["ResourceStatus"] == status and event["LogicalResourceId"] == stack
        for event in events["StackEvents"]
    )


def topic(**more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SNS::Topic", **more}


# A small database that is protected from its deletion.
INSTANCE: dict[str, Any] = {
    "Type": "AWS::RDS::DBInstance",
    "DeletionPolicy": "Delete",
    "Properties": {
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": "20",
        "DBInstanceIdentifier": "tiny",
        "DeletionProtection": True,
        "Engine": "postgres",
        "MasterUserPassword": "of-a-test",
        "MasterUsername": "dbadmin",
    },
}


ABSENT = "{{resolve:secretsmanager:absent:SecretString:password}}"


def failing(after: Sequence[str] = ()) -> dict[str, Any]:
    """Return a parameter that cannot come up: the secret that it names does not exist."""
    properties = {"Type": "String", "Value": ABSENT}
    return {"Type": "AWS::SSM::Parameter", "DependsOn": [*after], "Properties": properties}


def write(folder: Path, **tiers: dict[str, Any]) -> Path:
    """Write a folder of small stacks, each in need of the one before: tier = resources.

    All environments share the stack of the tier account.
    """
    folder.mkdir(exist_ok=True)
    stacks: list[dict[str, Any]] = []
    for tier, resources in tiers.items():
        name = f"tiny-test-{tier}"
        first = next(iter(resources))
        template: dict[str, Any] = {"Resources": resources}
        template["Outputs"] = {
            "First": {"Value": {"Ref": first}, "Export": {"Name": f"{name}-First"}}
        }
        if stacks:
            before = {"Fn::ImportValue": f"{stacks[-1]['name']}-First"}
            template["Outputs"]["Before"] = {"Value": before}
        (folder / f"{tier}.yaml").write_text(yaml.safe_dump(template, sort_keys=False))
        entry = {"tier": tier, "name": name, "template": f"{tier}.yaml"}
        stacks.append({**entry, "shared": tier == "account"})
    manifest = {"project": "tiny", "environment": "test", "region": "us-east-1"}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "stacks": stacks}))
    return folder


SERVICES = (
    "ecs",
    "ecs.application-autoscaling",
    "rds",
    "elasticloadbalancing",
    "ops.apigateway",
)


def make_roles(cloud: Cloud) -> None:
    """The service-linked roles, as the README has them made."""
    for service in SERVICES:
        name = f"{service}.amazonaws.com"
        cloud.client("iam").create_service_linked_role(AWSServiceName=name)


def push(cloud: Cloud, tag: str, *architectures: str) -> str:
    """An image in the project's repository, an index unless it is for one CPU; its address."""
    ecr = cloud.client("ecr")
    (repository,) = ecr.describe_repositories()["repositories"]
    name = repository["repositoryName"]
    manifest: dict[str, Any] = {"schemaVersion": 2}
    if len(architectures) == 1:
        config = json.dumps({"architecture": architectures[0], "os": "linux"}).encode()
        digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
        with urlopen(f"{cloud.url}/v2/{name}/blobs/uploads/?digest={digest}", config):
            manifest["config"] = {"digest": digest}
    else:
        platforms = [{"architecture": each, "os": "linux"} for each in architectures]
        unknown = {"architecture": "unknown", "os": "unknown"}  # what buildx attests
        manifest["manifests"] = [{"platform": each} for each in (*platforms, unknown)]
    ecr.put_image(repositoryName=name, imageTag=tag, imageManifest=json.dumps(manifest))
    return str(repository["repositoryUri"])
