"""The documentation says what is so: settings, links, decisions, the worked example."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from checks.reference import reference as rules_reference
from reports.picture.__main__ import FILE
from templates.settings import load_environments
from templates.settings.reference import HEAD, reference
from tests.helpers import ROOT, SETTINGS, example_output, readme, write_settings

PAGES = sorted((ROOT / "docs").rglob("*.md"))
DECISIONS = ROOT / "docs" / "decisions"
CODE = re.compile(r"```(python|diff)\n\S+ (\S+)\n(.*?)```", re.DOTALL)
COPIED = (
    ".cfnlintrc",
    "build.py",
    "checks",
    "rules",
    "setup.cfg",
    "operations",
    "templates",
    "tests",
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def test_the_committed_reference_is_that_of_the_settings() -> None:
    committed = (ROOT / "docs" / "settings.md").read_text("utf-8")

    assert committed == reference(), "run python -m templates.settings.reference"


def test_the_example_of_the_reference_is_valid(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", HEAD, re.DOTALL)
    project = (SETTINGS / "project.toml").read_text("utf-8")
    write_settings(tmp_path, project, production=example)

    (settings,) = load_environments(tmp_path)

    assert settings.monthly_budget_usd == tomllib.loads(example)["monthly_budget_usd"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    assert broken_links(page, page.read_text("utf-8")) == []


def test_every_relative_link_of_the_readme_leads_to_a_file() -> None:
    assert broken_links(ROOT / "README.md", readme()) == []


def broken_links(page: Path, text: str) -> list[str]:
    """The links that lead nowhere; one to output/ is looked for in the example's."""
    targets = [target for target in LINK.findall(text) if "://" not in target]
    return [target for target in targets if not leads_to((page.parent / target).resolve())]


def leads_to(path: Path) -> bool:
    if path.is_relative_to(ROOT / "output"):
        environment, file = path.relative_to(ROOT / "output").parts
        return file == FILE and example_output(environment).exists()
    return path.exists()


def test_the_index_lists_every_decision_once_and_in_order() -> None:
    listed = LINK.findall((DECISIONS / "README.md").read_text("utf-8"))

    assert listed == sorted(page.name for page in DECISIONS.glob("[0-9]*.md"))


def follow(page: Path, root: Path) -> None:
    """Write the modules that a page shows, and make its changes to those that exist."""
    for kind, name, body in CODE.findall(page.read_text("utf-8")):
        path = root / name
        if kind == "python":
            path.write_text(body, "utf-8")
            continue
        text = path.read_text("utf-8")
        for hunk in body.split("@@\n")[1:]:
            lines = hunk.splitlines()
            before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
            after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
            assert text.count(before) == 1, f"{name} has changed: {before}"
            text = text.replace(before, after)
        path.write_text(text, "utf-8")


def test_the_tier_that_the_docs_add_builds_and_lints(tmp_path: Path) -> None:
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    shutil.copytree(SETTINGS, tmp_path, dirs_exist_ok=True)
    follow(ROOT / "docs" / "adding-a-tier.md", tmp_path)

    for command in (
        [sys.executable, "build.py"],
        [sys.executable, "-m", "pytest", "-q", "tests/test_jobs.py"],
        [Path(sys.executable).parent / "cfn-lint"],
    ):
        done = subprocess.run(
            command,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_rules_are_those_of_the_code() -> None:
    committed = (ROOT / "docs" / "rules.md").read_text("utf-8")

    assert committed == rules_reference(), "run python -m checks.reference > docs/rules.md"
