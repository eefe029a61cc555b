"""The pages of docs/ say what the code does: their tables, figures and examples."""

import json
import re
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cfnlink import cli
from cfnlink.operations.environment import open_environment
from cfnlink.prices.table import allowances, own_items, prices, shipped_regions
from initialize.variables import VARIABLES
from templates.settings import load_environments
from tests.helpers import ROOT, SETTINGS, example_output, write_settings
from tests.test_words import WORDS
from tests.tools import TOOLS

EXAMPLES = [
    (file.name, textwrap.dedent(indent + example))
    for file in sorted((ROOT / "docs").rglob("*.md"))
    if file.name != "settings.md"  # tests/test_docs.py reads its example
    for indent, example in re.findall(
        r"^ *```toml\n( *)(.*?)^ *```", file.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
]
NUMBERS = {12: "Twelve"}
NAMES = {"browser": "Chromium", "node": "Node", "postgres": "PostgreSQL"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def first_cells(text: str, head: str) -> list[str]:
    """Return the first column of the table whose head row begins with `head`."""
    table = text[text.index(f"\n| {head} |") + 1 :].partition("\n\n")[0]
    return [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines()[2:]]


def quoted(cells: list[str]) -> list[str]:
    return [word for cell in cells for word in re.findall(r"`([^`]+)`", cell)]


def test_the_page_about_style_explains_the_words_that_its_test_finds() -> None:
    words = [
        word for cell in first_cells(page("style.md"), "word") for word in cell.split(", ")
    ]

    assert [word for word in words if not WORDS.fullmatch(word)] == []
    assert len(words) == 19


def test_a_folder_with_the_shown_manifest_is_read(tmp_path: Path) -> None:
    (manifest,) = re.findall(r"```json\n(.*?)```", page("architecture.md"), re.DOTALL)
    (tmp_path / "manifest.json").write_text(manifest, "utf-8")
    queue = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n"
    (tmp_path / "queue.yaml").write_text(queue, "utf-8")

    assert [stack.name for stack in open_environment(tmp_path).stacks] == ["acme-test-queue"]
    assert cli.main(["lint", str(tmp_path)]) == 0


def test_the_page_about_costs_names_the_number_of_regions() -> None:
    assert f"{NUMBERS[len(shipped_regions())]} regions are shipped" in page("costs.md")


@pytest.mark.parametrize(
    ("capability", "items"),
    [
        ("firewall", ["waf_web_acl", "waf_rule", "waf_requests"]),
        ("jobs", ["sfn_transitions"]),
        ("tokens", ["lambda_requests"]),
        ("traces", ["xray_traces"]),
    ],
)
def test_the_prices_of_a_capability_are_those_of_the_bill(
    capability: str, items: list[str]
) -> None:
    said = re.findall(r"([\d.]+) USD", page(f"capabilities/{capability}.md"))
    known = prices("us-east-1").items

    assert [*map(float, said)][: len(items)] == [known[item]["price"] for item in items]


def test_what_an_account_has_free_is_that_of_the_bill() -> None:
    transitions = allowances()["sfn_transitions"].amount * 1000
    traces = allowances()["xray_traces"].amount * 1_000_000

    assert f"an account has {transitions:,.0f} free" in page("capabilities/jobs.md")
    assert f"an account has {traces:,.0f} free" in page("capabilities/traces.md")


def test_the_price_of_the_page_about_costs_is_read(tmp_path: Path) -> None:
    (rows,) = re.findall(r"```yaml\n(.*?)```", page("costs.md"), re.DOTALL)
    file = tmp_path / "eu-west-3.yaml"
    file.write_text(rows, "utf-8")

    assert own_items(file)["alb_hour"]["price"] == 0.02


@pytest.mark.parametrize(
    "example", [text for _, text in EXAMPLES], ids=[name for name, _ in EXAMPLES]
)
def test_the_settings_that_a_page_shows_are_valid(tmp_path: Path, example: str) -> None:
    project = (SETTINGS / "project.toml").read_text("utf-8")
    write_settings(tmp_path, project, test=example)

    (settings,) = load_environments(tmp_path)

    read = settings.model_dump(mode="json")
    assert differing(tomllib.loads(example), read) == []


def differing(shown: Any, read: Any, path: str = "") -> list[str]:
    """Return the keys of an example whose values the settings do not have."""
    if isinstance(shown, dict):
        return [
            found
            for key, value in shown.items()
            for found in differing(value, read[key], f"{path}.{key}")
        ]
    if isinstance(shown, list) and shown and isinstance(shown[0], dict):
        return differing(dict(enumerate(shown)), dict(enumerate(read)), path)
    return [] if shown == read else [path]


def test_the_page_about_settings_has_every_variable_of_make_init() -> None:
    rows = quoted(first_cells(page("own-settings.md"), "variable"))

    assert rows == [variable.name for variable in VARIABLES]


def test_the_page_about_platforms_has_the_pythons_of_the_workflow() -> None:
    workflow = (ROOT / ".github" / "workflows" / "check.yml").read_text("utf-8")
    (versions,) = re.findall(r"python: \[(.*)\]", workflow)
    row = next(line for line in page("platforms.md").splitlines() if "| Python |" in line)

    assert re.findall(r"3\.\d+", row) == re.findall(r"3\.\d+", versions)


def test_the_page_about_platforms_has_every_program_of_the_tests() -> None:
    text = page("platforms.md")
    table = text[text.index("| program |") :].partition("\n\n")[0].splitlines()[2:]
    rows = [row.split(" | ") for row in table]
    shown = {
        name: "yes" in row[2]
        for row in rows
        for name in TOOLS
        if NAMES.get(name, name) in row[0]
    }

    assert shown == {
        name: bool(TOOLS[name].install or TOOLS[name].own)
        for name in TOOLS
        if name != "emulator"
    }


def test_the_page_about_architecture_says_where_to_find_things() -> None:
    text = page("architecture.md")
    table = text[text.index("| what | file |") :].partition("\n\n")[0].splitlines()[2:]
    rows = [tuple(map(str.strip, row.strip("|").split("|"))) for row in table]
    places = [(quoted([file]), quoted([start])) for _, file, start in rows if "](" not in file]

    assert len(places) > 10
    for (file,), start in places:
        found = ROOT / file
        assert found.exists(), file
        assert [word for word in start if word not in found.read_text("utf-8")] == [], file


def test_the_page_about_architecture_has_every_part_of_the_manifest() -> None:
    manifest = json.loads((example_output("production") / "manifest.json").read_text("utf-8"))

    shown = quoted(first_cells(page("architecture.md"), "part"))
    assert sorted(shown) == sorted([*manifest["parts"], "worker_NAME"])


def test_the_page_about_upgrades_sets_the_driver_that_git_is_told_to_use() -> None:
    attributes = (ROOT / ".gitattributes").read_text("utf-8")
    (driver,) = set(re.findall(r"merge=(\w+)", attributes))

    assert f"git config merge.{driver}.driver true" in page("upgrading.md")
