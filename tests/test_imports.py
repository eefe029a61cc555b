"""The packages import only what the table of docs/architecture.md names."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from cfnlink.commands import COMMANDS
from tests.helpers import ROOT

NAMES = r"(?:`[a-z_.]+`(?:, )?)"
ROW = re.compile(rf"^\| ({NAMES}+) \| ({NAMES}*) ?\|$", re.MULTILINE)
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ALLOWED = {
    package: set(re.findall(r"`([a-z_.]+)`", imports))
    for packages, imports in ROW.findall(PAGE)
    for package in re.findall(r"`([a-z_.]+)`", packages)
}


def package_of(module: str) -> str | None:
    """Return the innermost package of the table that holds a module."""
    holding = [name for name in ALLOWED if module == name or module.startswith(f"{name}.")]
    return max(holding, key=len, default=None)


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the modules of the product, and their files."""
    folders = ("cfnlink", "initialize", "templates")
    files = [*ROOT.glob("*.py"), *(f for name in folders for f in (ROOT / name).rglob("*.py"))]
    for file in files:
        parts = file.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), file


def imported(file: Path) -> set[str]:
    """Return the names that a file imports; of `from a import b` it is a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


def test_a_package_imports_only_what_the_table_names() -> None:
    found = {
        ("cfnlink.cli", package)
        for command in COMMANDS.values()
        if (package := package_of(command.module))
    }
    # What the clone of the generator is asked for, loaded by its path.
    loaded = ("initialize", "templates.alternatives", "templates.settings")
    found |= {("cfnlink.clone", package) for package in loaded}
    found |= {
        (package, target)
        for module, file in modules()
        for name in imported(file)
        if (package := package_of(module)) and (target := package_of(name))
    }

    assert {f"{a} -> {b}" for a, b in found if a != b and b not in ALLOWED[a]} == set()
    assert {(a, b) for a in ALLOWED for b in ALLOWED[a]} <= found, "nothing imports this"


def test_every_module_of_the_product_is_in_the_table() -> None:
    assert [module for module, _ in modules() if package_of(module) is None] == ["cfnlink"]
