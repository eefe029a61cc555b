"""A settings file: its tables, its text, and its fault as a file."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

PROJECT_FILE = Path("project.toml")
ENVIRONMENTS = Path("environments")
LONGEST_SHOWN = 60
DEEPEST = 20  # levels of tables and lists; the deepest setting has four
TOO_DEEP = ("nested too deeply", "tables and keys of docs/settings.md")

Key = tuple[str, ...]
Tables = dict[str, Any]


@dataclass(frozen=True, order=True)
class Fault:
    """A fault in a settings file: place, what is wrong, what is expected, and a command."""

    file: str
    key: str
    wrong: str
    expected: str
    fix: str = ""

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        fix = f"; fix: {self.fix}" if self.fix else ""
        return f"{where}: {self.wrong}; expected {self.expected}{fix}"


@dataclass(frozen=True)
class SettingsFile:
    """A file and the tables in it; if it cannot be read, `fault` says why.

    name: the environment's name, empty for project.toml.
    """

    path: str
    name: str = ""
    text: str = ""
    tables: Tables = field(default_factory=dict)
    fault: Fault | None = None

    def written(self, key: Key) -> str:
        """Return the value at a key as the file writes it, on one line and shortened."""
        import tomlkit  # noqa: PLC0415 (only a message needs what tomllib forgets)

        value: Any = self._document
        for part in key:
            value = below(value)[part]
        if isinstance(value, dict) and not isinstance(value, tomlkit.items.InlineTable):
            return "a table"
        raw = tomlkit.item(value).as_string()  # a boolean comes without its text
        shown = " ".join(raw.split())
        return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}..."

    @cached_property
    def _document(self) -> Any:
        """Return the document with each value as it is written."""
        import tomlkit  # noqa: PLC0415 (as above)

        return tomlkit.parse(self.text)


def below(value: Any) -> Mapping[str, Any]:
    """Return what a value holds by key: a table, or the tables of a list by number."""
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return {str(number): each for number, each in enumerate(value)}
    return value if isinstance(value, dict) else {}


def environment_names(folder: Path) -> list[str]:
    """Return the environments of a settings folder, without editors' hidden files."""
    files = (folder / ENVIRONMENTS).glob("[!.]*.toml")
    return sorted(path.stem for path in files)


def environment_path(name: str) -> str:
    """Return the path of an environment's file below its settings folder."""
    return f"{ENVIRONMENTS}/{name}.toml"


def read_file(folder: Path, path: str, name: str = "") -> SettingsFile:
    """Read a settings file. Windows may put a byte order mark before its text."""
    try:
        text = (folder / path).read_text("utf-8-sig")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        wrong, expected = "there is no such file", "a file with project, region, network.zones"
    except UnicodeDecodeError as error:
        wrong, expected = f"not UTF-8: {error.reason}", "a text file in UTF-8"
    except OSError as error:
        wrong, expected = f"not readable: {error.strerror}", "a readable file"
    except RecursionError:
        wrong, expected = TOO_DEEP
    except ValueError as error:
        wrong = f"not TOML: {error}"
        expected = "each key once, texts in quotes: https://toml.io/en/v1.0.0"
    else:
        if not _is_deep(tables):
            return SettingsFile(path, name, text, tables)
        wrong, expected = TOO_DEEP
    return SettingsFile(path, name, fault=Fault(path, "", wrong, expected))


def _is_deep(tables: Tables) -> bool:
    """Whether a value is below DEEPEST tables and lists.

    Each reader of JSON and TOML has a limit, which differs between versions of Python.
    """
    level: list[Any] = [tables]
    for _ in range(DEEPEST):
        level = [part for value in level for part in _parts(value)]
    return bool(level)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.values()]
    return value if isinstance(value, list) else []
