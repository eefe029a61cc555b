"""The workflows that `pipeline` writes run, step by step, as the roles that it names.

The emulator checks the policies of the roles. docker and gh are stand-ins: an image that is
pushed lies in the emulator's registry, and comments lie in a file.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.copies import copy_repository
from tests.helpers import git
from tests.operations.helpers import make_roles, run
from tests.operations.stubs import served
from tests.operations.test_guarded import assume
from tests.rehearsal.actions import SKIPPED, Artifacts, Body, Job, Runner
from tests.rehearsal.cloud import Cloud, emulator
from tests.shell import INSTALLED

# The release of the first commit takes most of the time: one worker runs them all.
pytestmark = [pytest.mark.rehearsal, pytest.mark.long, pytest.mark.xdist_group("pipeline")]
REPOSITORY = "octo/shop"
ENVIRONMENTS = ("development", "preview")
JOBS = tuple(f"deploy-{name}" for name in ENVIRONMENTS)
TOKEN, ISSUED = "gh-token", "repo:octo/shop:environment:"
SHA = "4f2a9c1e0b7d8a6f5e4d3c2b1a09f8e7d6c5b4a3"
# The path of Python may have a space.
PYTHON = f'#!/usr/bin/env -S "{sys.executable}"\n'
# `make check` is what .ci/run runs; here are its parts about the settings.
MAKE = """#!/bin/sh
if [ "$1" = check ]; then
  .venv/bin/cfnlink lint output/* && exec .venv/bin/cfnlink cost --check output/*
fi
exec {make} --no-print-directory {installed} "$@"
"""
DOCKER = """
import json, sys
import boto3
words = sys.argv[1:]
with open({log!r}, "a") as log:
    print(*words, file=log)
if words[0] == "login":
    assert sys.stdin.read()
elif words[0] == "push" or "imagetools" in words:
    image = words[1] if words[0] == "push" else words[words.index("--tag") + 1]
    repository, _, tag = image.rpartition(":")
    platform = {{"architecture": "arm64", "os": "linux"}}
    manifest = {{"schemaVersion": 2, "manifests": [{{"platform": platform}}]}}
    manifest["annotations"] = {{"tag": tag}}
    boto3.client("ecr").put_image(
        repositoryName=repository.partition("/")[2],
        imageTag=tag,
        imageManifest=json.dumps(manifest),
    )
"""
PSQL = """#!/bin/sh
[ "$1" = --command ] || cat >/dev/null
echo public.items,1
"""
GH = """
import json, os, re, sys
from pathlib import Path
words, file = sys.argv[1:], Path({file!r})
assert os.environ["GH_TOKEN"] == {token!r} and words[0] == "api"
comments = json.loads(file.read_text()) if file.exists() else {{}}
if "--jq" in words:
    mark = re.search(r'startswith\\("(.*?)"\\)', words[words.index("--jq") + 1])[1]
    print(*[name for name, body in comments.items() if body.startswith(mark)], sep="\\n")
else:
    method, place = words[words.index("--method") + 1 :][:2]
    body = words[words.index("--field") + 1].removeprefix("body=@")
    name = str(len(comments) + 1) if method == "POST" else place.rpartition("/")[2]
    file.write_text(json.dumps({{**comments, name: Path(body).read_text()}}))
"""


@dataclass(frozen=True)
class Project:
    """A repository with the workflows, an account, and the roles in it."""

    cloud: Cloud
    workspace: Path
    home: Path
    roles: dict[str, str]
    told: dict[str, Any]

    def workflow(self, name: str) -> Path:
        return self.workspace / ".github" / "workflows" / f"shop-{name}.yml"

    @property
    def comments(self) -> list[str]:
        file = self.home / "comments.json"
        return [*json.loads(file.read_text("utf-8")).values()] if file.exists() else []

    def runner(self, stack: ExitStack, **context: str) -> Runner:
        """Return a runner; a service answers behind the load balancers that are there."""
        artifacts = Artifacts(self.home / f"artifacts-{len(self.comments)}", self.workspace)
        shutil.rmtree(artifacts.folder, ignore_errors=True)
        environment = self.cloud.environment
        kept = ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED", "HOME")
        answering: set[str] = set()

        def before(job: Job, step: str) -> None:
            name = job.github_environment
            if step.startswith(("Smoke", "Release")) and name not in answering:
                answering.add(name)
                stack.enter_context(served(self.cloud, name))

        return Runner(
            self.workspace,
            {
                **{key: environment[key] for key in kept},
                "PATH": f"{self.home / 'bin'}:{environment['PATH']}",
                "GITHUB_SHA": SHA,
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_STEP_SUMMARY": str(self.home / "summary.md"),
            },
            {"github.repository": REPOSITORY, "github.token": TOKEN, **context},
            self.roles,
            {
                "actions/checkout": _checkout,
                "actions/setup-python": lambda *_: None,
                "actions/upload-artifact": artifacts.upload,
                "actions/download-artifact": artifacts.download,
                "aws-actions/configure-aws-credentials": self.credentials,
            },
            before,
        )

    def credentials(self, job: Job, given: Body) -> None:
        """As the action: a role for a token, which only a job with id-token: write gets."""
        assert job.body["permissions"]["id-token"] == "write"
        subject = f"{ISSUED}{job.github_environment}"
        role = assume(self.cloud, given["role-to-assume"], subject)
        region = given["aws-region"]
        job.environment |= {**role.keys, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}


def _checkout(job: Job, given: Body) -> None:
    assert job.body["permissions"]["contents"] == "read"
    assert given["persist-credentials"] == "False"


@pytest.fixture(name="project", scope="module")
def _project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Return a project of two environments on its first day: the account's stack and roles."""
    home = tmp_path_factory.mktemp("pipeline")
    workspace = copy_repository(home / "shop")
    settings = workspace / "environments"
    for name in ("staging", "production"):
        (settings / f"{name}.toml").unlink()
        shutil.rmtree(workspace / "output" / name)
    shutil.copy(settings / "development.toml", settings / "preview.toml")
    _stand_ins(home)
    container = {"CONTAINER_PATH": f"{home}/bin:/usr/bin:/bin", "CONTAINER_PGPORT": "0"}
    with emulator(home, AUTH="true", **container) as cloud:
        built = cloud.run(f"{home}/bin/make build", workspace)
        assert "preview: " in built
        told = run(
            cloud, "pipeline", "--repository", REPOSITORY, "--settings", workspace, "--json"
        )
        assert told.code == 0, told.err
        commit(workspace, "First")
        git(workspace, "update-ref", "refs/remotes/origin/main", "HEAD")
        make_roles(cloud)
        first = workspace / "output" / "development"
        assert run(cloud, "deploy", first, "--only", "account").code == 0
        found = json.loads(told.out)
        roles = {name: role(cloud, workspace, line) for name, line in found["roles"].items()}
        yield Project(cloud, workspace, home, roles, found)


def role(cloud: Cloud, workspace: Path, command: str) -> str:
    """Deploy a role with the two commands that are printed; return its ARN."""
    said = cloud.run(command, workspace)
    deploy = said.rsplit("as an administrator: ", 1)[1]
    cloud.run(deploy, workspace)
    stack = deploy.partition("--stack-name ")[2].split()[0]
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return str(found["Outputs"][0]["OutputValue"])


def _stand_ins(home: Path) -> None:
    folder = home / "bin"
    folder.mkdir()
    texts = {
        "make": MAKE.format(make=shutil.which("make"), installed=" ".join(INSTALLED)),
        "docker": PYTHON + DOCKER.format(log=str(home / "docker.log")),
        "psql": PSQL,
        "gh": PYTHON + GH.format(file=str(home / "comments.json"), token=TOKEN),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def commit(workspace: Path, message: str) -> None:
    if not (workspace / ".git").exists():
        git(workspace, "init", "--quiet", "--initial-branch", "main")
    git(workspace, "add", "--all")
    git(workspace, "commit", "--quiet", "--message", message)


def pull_request(number: str, head: str = REPOSITORY) -> dict[str, str]:
    return {
        "github.event.number": number,
        "github.base_ref": "main",
        "github.event.pull_request.head.repo.full_name": head,
    }


@dataclass(frozen=True)
class Released:
    """What two releases of the first commit said: what each job ended with."""

    runner: Runner
    first: dict[str, str]
    again: dict[str, str]


@pytest.fixture(name="released", scope="module")
def _released(project: Project) -> Released:
    """Release the first commit, and then once more."""
    delete_psql(project.cloud)
    with ExitStack() as stack:
        runner = project.runner(stack)
        first = runner.run(project.workflow("release"))
        again = runner.run(project.workflow("release"))
    return Released(runner, first, again)


def test_a_commit_of_main_is_built_once_deployed_tried_and_released(
    project: Project, released: Released
) -> None:
    runner = released.runner
    assert released.first == released.again == dict.fromkeys(("image", *JOBS), ""), runner.said
    log = (project.home / "docker.log").read_text("utf-8")
    assert log.count("build --platform linux/arm64 ") == 1
    assert log.count(f":{SHA}\n") == 1
    assert log.count(":psql-15 ") == 1
    for name in ENVIRONMENTS:
        (found,) = project.cloud.client("cloudformation").describe_stacks(
            StackName=f"shop-{name}-service"
        )["Stacks"]
        tags = {each["ParameterKey"]: each["ParameterValue"] for each in found["Parameters"]}
        assert SHA in tags.values()
    order = [job for job, step in runner.ran if step.startswith("Deploy")]
    assert order == [*JOBS, *JOBS]


def delete_psql(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    (repository,) = ecr.describe_repositories()["repositories"]
    ecr.batch_delete_image(
        repositoryName=repository["repositoryName"], imageIds=[{"imageTag": "psql-15"}]
    )


@pytest.mark.usefixtures("released")
def test_a_pull_request_has_one_comment_that_each_push_updates(project: Project) -> None:
    file = project.workspace / "environments" / "preview.toml"
    file.write_text(file.read_text("utf-8").replace("maximum_tasks = 1", "maximum_tasks = 3"))
    project.cloud.run(f"{project.home}/bin/make build", project.workspace)
    commit(project.workspace, "More tasks")
    with ExitStack() as stack:
        first = project.runner(stack, **pull_request("7"))
        ended = first.run(project.workflow("pull-request"))
        again = project.runner(stack, **pull_request("7"))
        assert again.run(project.workflow("pull-request")) == ended

    assert ended == dict.fromkeys(("check", "plan", "comment"), ""), first.said
    (comment,) = project.comments
    assert comment.startswith("<!-- cfnlink shop -->\n### Templates\n")
    for part in ("### Price", "### Plan of development", "### Plan of preview", "MaxCapacity"):
        assert part in comment
    assert "development: nothing would change" in comment


@pytest.mark.usefixtures("released")
def test_a_loss_of_data_fails_the_plan_and_stands_in_the_comment(project: Project) -> None:
    file = project.workspace / "environments" / "preview.toml"
    before = file.read_text("utf-8")
    file.write_text(before.replace("[database]\n", "[database]\ngeneration = 2\n"), "utf-8")
    project.cloud.run(f"{project.home}/bin/make build", project.workspace)
    commit(project.workspace, "Another database")
    with ExitStack() as stack:
        runner = project.runner(stack, **pull_request("7"))
        ended = runner.run(project.workflow("pull-request"))
    git(project.workspace, "reset", "--quiet", "--hard", "HEAD~1")

    assert ended["plan"].startswith("What AWS would do"), runner.said
    assert (ended["check"], ended["comment"]) == ("", "")
    plan = project.comments[-1].partition("### Plan of preview")[2]
    assert "--allow-replacement Instance " in plan


def test_a_fork_gets_no_credentials_and_no_comment(project: Project) -> None:
    before = project.comments
    with ExitStack() as stack:
        runner = project.runner(stack, **pull_request("8", "stranger/shop"))
        ended = runner.run(project.workflow("pull-request"))

    assert ended == {"check": "", "plan": SKIPPED, "comment": SKIPPED}, runner.said
    assert {job for job, _ in runner.ran} == {"check"}
    assert project.comments == before
    assert "### Templates" in (project.home / "summary.md").read_text("utf-8")


def test_nothing_is_released_from_a_fork(project: Project) -> None:
    with ExitStack() as stack:
        runner = project.runner(stack)
        runner.context["github.repository"] = "stranger/shop"
        for name in ("release", "schedule", "account"):
            runner.run(project.workflow(name))

    assert runner.ran == []


@pytest.mark.usefixtures("released")
def test_the_schedule_rotates_looks_for_drift_and_restores_a_backup(project: Project) -> None:
    (project.workspace / "drill.sql").write_text("SELECT 1")
    with ExitStack() as stack:
        runner = project.runner(stack)
        runner.run(project.workflow("schedule"))

    steps = [job for job, step in runner.ran if not step.startswith("Build")]
    assert steps == [job for job in ("rotate", "drift", "drill") for _ in ENVIRONMENTS]
    assert runner.said.count("new tasks begin to use it") == len(ENVIRONMENTS), runner.said
    assert runner.said.count("was restored in ") == len(ENVIRONMENTS), runner.said
    assert "AccessDenied" not in runner.said
    assert "could not look" not in runner.said


def test_the_shared_stack_is_deployed_by_its_own_role(project: Project) -> None:
    with ExitStack() as stack:
        runner = project.runner(stack)
        ended = runner.run(project.workflow("account"))

    assert ended == {"deploy": ""}, runner.said
    assert "shop-account: no changes" in runner.said
