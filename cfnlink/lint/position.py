"""Find the line of Python code that wrote a part of a template.

The syntax tree shows it, on demand: the call whose first argument is the logical id, or a
tuple that holds it, then keywords down the path. The build records nothing.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

SECTIONS = ("Resources", "Parameters", "Outputs")
SKIPPED = "Properties"


@dataclass(frozen=True)
class Place:
    """A line of a source file, counted from one."""

    file: Path
    line: int


def places(source: Path, logical_id: str) -> list[ast.Call]:
    """Return the calls in a file that construct a resource with this logical id."""
    found = _named(source, logical_id)
    most = max((length for length, _ in found), default=0)
    return [call for length, call in found if length == most]


def _named(source: Path, logical_id: str) -> list[tuple[int, ast.Call]]:
    """Return the calls that may name an id, each with the length of the text that it writes.

    The longest is right: f"Worker{title}" could write all that f"WorkerTarget{title}" writes.
    """
    return [
        (len(head[0]), call)
        for head, call in _heads(source)
        if _is(head, logical_id) and _called(call) != "add_output"
    ]


def locate(source: Path, path: tuple[str | int, ...]) -> Place | None:
    """Return the place of a template's path (Resources, Instance, Properties, Engine ...).

    Looks in the tier's module, then in the modules that it uses and that define no tier.
    None if the path leads to no resource of theirs.
    """
    if len(path) < 2 or path[0] not in SECTIONS:
        return None
    if path[0] == "Outputs":
        return _output(source, str(path[1]))
    found = [
        (length, file, call)
        for file in (source, *_parts(source))
        for length, call in _named(file, str(path[1]))
    ]
    if not found:
        return None
    _, file, call = max(found, key=itemgetter(0))
    return Place(file, _line(call, path[2:]))


def _output(source: Path, name: str) -> Place | None:
    """Return the place of an output: a keyword of publish(), or the call of add_output()."""
    for node in ast.walk(_tree(source)):
        called = _called(node)
        if isinstance(node, ast.Call) and called == "publish":
            for keyword in node.keywords:
                if str(keyword.arg).title().replace("_", "") == name:
                    return Place(source, keyword.value.lineno)
    for (text, goes_on), call in _heads(source, "add_output"):
        if _is((text, goes_on), name):
            return Place(source, call.lineno)
    return None


def _called(node: ast.AST) -> str:
    """Return the last name of the function that a call calls."""
    return ast.unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def _line(call: ast.Call, path: tuple[str | int, ...]) -> int:
    """Return the line of the innermost keyword on the path that the code writes."""
    line, node = call.lineno, call
    for part in path:
        if part == SKIPPED:
            continue
        keyword = next((k for k in node.keywords if k.arg == part), None)
        if keyword is None:
            break
        line = keyword.value.lineno
        if not isinstance(keyword.value, ast.Call):
            break
        node = keyword.value
    return line


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


@cache
def _heads(file: Path, called: str = "") -> list[tuple[tuple[str, bool], ast.Call]]:
    """Return calls whose first argument is a text, or a tuple of them.

    With each text: whether more follows it.
    """
    return [
        (head, node)
        for node in ast.walk(_tree(file))
        if isinstance(node, ast.Call) and node.args and called in ("", _called(node))
        for head in _texts(node.args[0])
    ]


def _texts(argument: ast.expr) -> Iterator[tuple[str, bool]]:
    for node in argument.elts if isinstance(argument, ast.Tuple) else [argument]:
        is_open = isinstance(node, ast.JoinedStr)
        first = node.values[0] if isinstance(node, ast.JoinedStr) else node
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield first.value, is_open


def _is(head: tuple[str, bool], logical_id: str) -> bool:
    text, goes_on = head
    return logical_id.startswith(text) if goes_on else logical_id == text


@cache
def _parts(source: Path) -> list[Path]:
    """Return the modules that a tier's module imports and that define no tier.

    Each in turn may import others.
    """
    found: list[Path] = []
    waiting = [source]
    while waiting:
        imported = [
            file
            for file in _imported(waiting.pop(0))
            if file not in found and not _defines_tier(file)
        ]
        found += imported
        waiting += imported
    return found


def _imported(source: Path) -> list[Path]:
    """Return the modules beside a module that it imports."""
    names = [
        node.module.rpartition(".")[2]
        for node in ast.walk(_tree(source))
        if isinstance(node, ast.ImportFrom) and node.module
    ]
    files = [source.with_name(f"{name}.py") for name in dict.fromkeys(names)]
    return [file for file in files if file.is_file()]


def _defines_tier(file: Path) -> bool:
    return any(
        isinstance(node, ast.FunctionDef) and node.name.endswith("_tier")
        for node in _tree(file).body
    )
