"""The first edits that users make leave the repository green, alone and together."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from tests.copies import add_the_tier, copy_repository
from tests.helpers import ROOT, readme
from tests.shell import Done, make, run

pytestmark = [pytest.mark.long, pytest.mark.rehearsal]
Edit = Callable[[Path], None]
TYPES = Path("cfnlink") / "aws" / "types.yaml"
QUEUE = "AWS::SQS::Queue"


@contextmanager
def settings(file: Path) -> Iterator[Any]:
    """Edit a settings file and keep its comments."""
    content = tomlkit.parse(file.read_text("utf-8"))
    yield content
    file.write_text(tomlkit.dumps(content), "utf-8")


def project(folder: Path) -> Any:
    return settings(folder / "project.toml")


def environment(folder: Path, name: str) -> Any:
    return settings(folder / "environments" / f"{name}.toml")


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / "environments").glob("*.toml"))


def rename(folder: Path) -> None:
    with project(folder) as content:
        content["project"] = "acme"


def tokyo(folder: Path) -> None:
    with project(folder) as content:
        content["region"] = "ap-northeast-1"
        content["network"]["zones"] = ["apne1-az1", "apne1-az4"]


def frankfurt(folder: Path) -> None:
    with project(folder) as content:
        content["region"] = "eu-central-1"
        content["network"]["zones"] = ["euc1-az1", "euc1-az2"]


def no_domain(folder: Path) -> None:
    with project(folder) as content:
        content.pop("account")
    for name in names(folder):
        with environment(folder, name) as content:
            content.pop("dns", None)


def another_zone_and_domain(folder: Path) -> None:
    with project(folder) as content:
        content["account"] = {"hosted_zone": "acme.example"}
    with environment(folder, "production") as content:
        content["dns"] = {"domain": "www.acme.example"}
    if "staging" in names(folder):
        with environment(folder, "staging") as content:
            content["dns"] = {"domain": "www.staging.acme.example"}


def three_tasks_and_two_weeks_of_logs(folder: Path) -> None:
    with environment(folder, "production") as content:
        content["service"] = {"minimum_tasks": 3}
        content["logs"] = {"retention_days": 14}


def two_more_clients(folder: Path) -> None:
    with environment(folder, "production") as content:
        content["api"] = {"clients": {name: {} for name in ("default", "mobile", "partner")}}


def staging_removed(folder: Path) -> None:
    (folder / "environments" / "staging.toml").unlink()
    shutil.rmtree(folder / "output" / "staging")


def an_environment_added(folder: Path) -> None:
    development = folder / "environments" / "development.toml"
    shutil.copy(development, development.with_name("preview.toml"))


def every_capability(folder: Path) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "everything.toml", folder / "environments")


def the_worked_example(folder: Path) -> None:
    add_the_tier(folder)
    written = run(folder, sys.executable, "-m", "tests.reference")
    assert written.returncode == 0, written.stderr
    formatted = make("format", root=folder)
    assert formatted.returncode == 0, formatted.stdout


# Each edit, and the environment that is rehearsed after it.
EDITS: dict[Edit, str] = {
    rename: "production",
    tokyo: "production",
    frankfurt: "production",
    no_domain: "production",
    another_zone_and_domain: "staging",
    three_tasks_and_two_weeks_of_logs: "production",
    two_more_clients: "production",
    staging_removed: "development",
    an_environment_added: "preview",
    every_capability: "everything",
    the_worked_example: "production",
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    readme()  # the worked example changes its heading
    return copy_repository(tmp_path / "acme")


def properties(folder: Path, *rehearsed: str) -> Done:
    """Run the tests of the settings in a copy, with the rehearsal of some environments."""
    chosen = " or ".join(["not deploys", *rehearsed])
    command = ("-m", "pytest", "-q", "tests/project", "-k", chosen)
    return run(folder, sys.executable, *command)


def check(done: Done) -> None:
    assert done.returncode == 0, f"{done.args}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_leaves_the_settings_green(copy: Path, edit: Edit) -> None:
    rehearsed = EDITS[edit]

    edit(copy)

    check(make("build", root=copy))
    check(make("lint", root=copy))
    check(make("cost", f"ENV={rehearsed}", root=copy))
    check(properties(copy, rehearsed))


def test_a_type_without_a_price_is_red_and_green_with_either_fix(copy: Path) -> None:
    every_capability(copy)
    with_price = (copy / TYPES).read_text("utf-8")
    without_price = re.sub(rf"(?m)(^{QUEUE}:\n(?:  .*\n)*?)  meter: .*\n", r"\1", with_price)
    assert without_price != with_price

    (copy / TYPES).write_text(without_price, "utf-8")
    check(make("build", root=copy))
    red = properties(copy)
    assert red.returncode == 1
    assert f"add free, price or meter to the row {QUEUE} of {TYPES}" in red.stdout
    assert f'in project.toml: [prices] "{QUEUE}" = ' in red.stdout

    (copy / TYPES).write_text(with_price, "utf-8")
    check(properties(copy))

    (copy / TYPES).write_text(without_price, "utf-8")
    with project(copy) as content:
        content["prices"] = {QUEUE: 0.4}
    check(make("build", root=copy))
    check(properties(copy))


def test_all_edits_together_leave_everything_green(copy: Path) -> None:
    for edit in EDITS:
        if edit is not every_capability:  # it names the region and the zone of the example
            edit(copy)

    check(make("build", root=copy))
    check(make("check", root=copy))
    check(make("test", root=copy))
