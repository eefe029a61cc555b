"""A person reads a tier at once: its function is short, and so is each module."""

import ast
from pathlib import Path

import pytest

from tests.helpers import ROOT

MODULES = sorted((ROOT / "templates").rglob("*.py"))
LONGEST_TIER, LONGEST_MODULE = 25, 250


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_module_and_its_tier_are_short(file: Path) -> None:
    text = file.read_text("utf-8")
    tiers = [
        (node.name, int(node.end_lineno or 0) - node.lineno + 1)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and node.name.endswith("_tier")
    ]

    assert len(text.splitlines()) <= LONGEST_MODULE
    assert [tier for tier in tiers if tier[1] > LONGEST_TIER] == []
