"""The pages are true: generated references, links, names, the worked example."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from cfnlink.picture.command import FILE
from templates.settings import load_environments
from templates.settings.expected import json_schema, resolved
from templates.settings.reference import HEAD, reference
from tests.copies import add_the_tier, copy_repository
from tests.helpers import ROOT, SETTINGS, example_output, readme, write_settings
from tests.reference import rules_reference
from tests.shell import make, run

PAGES = sorted((ROOT / "docs").rglob("*.md"))
README = ROOT / "README.md"
DECISIONS = ROOT / "docs" / "decisions"
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")
QUOTED = re.compile(r"`([^`\n]+)`")
SCHEMA = json_schema()
SETTING = re.compile(r"(?P<section>[a-z_]+)\.(?P<key>(?!py$)[a-z_]+)( = .*)?")
FOLDERS = ("cfnlink", "docs", "example", "initialize", "requirements", "templates", "tests")
WRITTEN = [page for page in PAGES if page.name != "adding-a-tier.md"]  # that page adds files


def test_the_committed_reference_is_that_of_the_settings() -> None:
    committed = (ROOT / "docs" / "settings.md").read_text("utf-8")

    assert committed == reference(), "run python -m tests.reference"


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
    assert broken_links(README, readme()) == []


@pytest.mark.parametrize("page", [*PAGES, README], ids=lambda page: str(page.relative_to(ROOT)))
def test_every_anchor_of_a_link_is_a_heading(page: Path) -> None:
    anchors = re.findall(r"\]\((?!http)([^)#\s]*)#([^)\s]+)\)", page.read_text("utf-8"))
    missing = [
        f"{target}#{anchor}"
        for target, anchor in anchors
        if anchor not in slugs((page.parent / target) if target else page)
    ]

    assert missing == []


def slugs(page: Path) -> list[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


def broken_links(page: Path, text: str) -> list[str]:
    """Return the links to missing files; a link to output/ refers to the example's."""
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


@pytest.mark.parametrize(
    "page", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda page: page.stem
)
def test_a_decision_has_its_number_alternatives_reasons_and_costs(page: Path) -> None:
    text = page.read_text("utf-8")
    sections = re.findall(r"^## (.*)$", text, re.MULTILINE)

    assert text.startswith(f"# {int(page.name[:4])}. ")
    wanted = ["What else could be", "Why", "What it costs"]
    assert [section for section in sections if section in wanted] == wanted


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_and_setting_that_a_page_names_exists(page: Path) -> None:
    quoted = QUOTED.findall(page.read_text("utf-8"))
    paths = [word for word in quoted if word.startswith(tuple(f"{each}/" for each in FOLDERS))]

    assert [path for path in paths if not list(ROOT.glob(path.split(":")[0]))] == []
    assert [word for word in quoted if is_setting(word) is False] == []


def is_setting(word: str) -> bool | None:
    """Return whether the settings have `section.key`; None if the word names no section."""
    found = SETTING.fullmatch(word)
    node = SCHEMA["properties"].get(found["section"], {}) if found else {}
    return found["key"] in resolved(node)["properties"] if found and "$ref" in node else None


@pytest.mark.long
@pytest.mark.rehearsal
def test_the_tier_that_the_docs_add_passes_every_check(tmp_path: Path) -> None:
    readme()  # the example changes its heading
    copy = copy_repository(tmp_path / "copy")
    add_the_tier(copy)

    for words in (("format", "build"), ("check",)):
        done = make(*words, root=copy)
        assert done.returncode == 0, done.stdout + done.stderr
    done = run(copy, sys.executable, "-m", "pytest", "-q", "tests/test_cache.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_worked_example_applies_to_the_code() -> None:
    readme()  # the example changes its heading
    patch = ROOT / "docs" / "adding-a-tier.patch"
    done = run(ROOT, "git", "apply", "--check", patch)

    assert done.returncode == 0, done.stderr


def test_the_page_shows_lines_of_the_example() -> None:
    page = (ROOT / "docs" / "adding-a-tier.md").read_text("utf-8")
    patch = (ROOT / "docs" / "adding-a-tier.patch").read_text("utf-8")
    (shown,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    added = {line[1:] for line in patch.splitlines() if line.startswith("+")}

    assert [line for line in shown.splitlines() if line and line not in added] == []
    for file in re.findall(r"^diff --git a/\S+ b/(\S+)$", patch, re.MULTILINE):
        assert Path(file).name in page or file.startswith(("tests/", "templates/cache")), file


def test_the_committed_rules_are_those_of_the_code() -> None:
    committed = (ROOT / "docs" / "rules.md").read_text("utf-8")

    assert committed == rules_reference(), "run python -m tests.reference"


def test_every_action_is_pinned_by_its_commit() -> None:
    """A tag of an action can be moved to other code, which would run with the deploy role."""
    workflows = [*(ROOT / ".github" / "workflows").glob("*.yml"), *PAGES]
    workflows += (ROOT / "cfnlink" / "pipeline").glob("*.j2")
    used = [
        line.strip()
        for page in workflows
        for line in page.read_text("utf-8").splitlines()
        if re.match(r"\s*(- )?uses: ", line) and "@COMMIT" not in line
    ]

    assert used
    pinned = re.compile(r"(- )?uses: [\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+(\.\d+)*")
    assert [line for line in used if not pinned.fullmatch(line)] == []
