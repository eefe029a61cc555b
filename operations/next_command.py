"""Make every command that a message suggests.

A command of ours is a line of make where make started this one, else one of
`python -m operations`. It keeps the options that were typed and that it has too.
"""

import os
import shlex
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.folder import settings_folder
from operations.cli import COMMANDS, MARKER, Option

FIXED = ("command", "folder")  # what the parser reads beside the options


@dataclass(frozen=True)
class CommandLine:
    """A command of ours for an output folder; options: the values that were given, by name."""

    name: str
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def at(self, folder: Path) -> "CommandLine":
        """Return the same command for another folder."""
        return replace(self, folder=folder)

    def to(self, name: str, **changes: Any) -> "CommandLine":
        """Return another command with the options that it shares, and with changes.

        Raises KeyError for an option that it does not have.
        """
        own = {option.name for option in COMMANDS[name].options}
        kept = {key: value for key, value in self.options.items() if key in own}
        for key in changes:
            COMMANDS[name].option(key)
        return CommandLine(name, self.folder, {**kept, **changes})

    def __str__(self) -> str:
        """Return the line that a user types."""
        given = [
            (option, self.options[option.name])
            for option in COMMANDS[self.name].options
            if self.options.get(option.name) not in (None, False, [], option.default)
        ]
        if MARKER in os.environ:
            named = {option.variable: _text(option, value) for option, value in given}
            return _make(self.name, {"ENV": self.folder.name, **named}, self.folder)
        words = [word for option, value in given for word in _words(option, value)]
        return _line([*_python(), "operations", self.name, str(self.folder), *words])


def typed(options: Namespace) -> CommandLine:
    """Return the command that was typed."""
    given = {key: value for key, value in vars(options).items() if key not in FIXED}
    return CommandLine(options.command, options.folder, given)


def build(folder: Path, **variables: str) -> str:
    """Return the command that writes an output folder from its settings; empty without any.

    variables: those of make, such as NEVER_DEPLOYED.
    """
    return _make("build", variables, folder) if settings_folder(folder) else ""


def change_setting(folder: Path, file: str, words: str) -> str:
    """Return the steps that change a file of the settings of a folder; empty without any."""
    if settings_folder(folder) is None:
        return ""
    path = shell_path(Path(_settings(folder), file))
    return f"in {path} {words}\n{build(folder)}"


def lint(folder: Path) -> str:
    """Return the command that lints an output folder."""
    if MARKER in os.environ:
        return _make("lint", {}, folder)
    return _line([*_python(), "checks", str(folder)])


def cost(folder: Path) -> str:
    """Return the command that prints the bill of a folder and what would be cheaper."""
    if MARKER in os.environ:
        return _make("cost", {"ENV": folder.name}, folder)
    return _line([*_python(), "reports.cost", str(folder), "--levers"])


def shell_path(path: Path) -> str:
    """Return a path as the shell needs it in which the command was typed."""
    return str(path.absolute() if _started_elsewhere() else path)


def _text(option: Option, value: Any) -> str:
    """The value of a make variable."""
    if isinstance(value, list):
        return " ".join(value) if option.flag else shlex.join(value)
    if isinstance(value, float):
        return f"{value:g}"
    return "1" if value is True else str(value)


def _words(option: Option, value: Any) -> Iterable[str]:
    """The arguments of an option."""
    if not option.flag:
        return ["--", *value]
    if value is True:
        return [option.flag]
    values = value if isinstance(value, list) else [_text(option, value)]
    return [word for each in values for word in _pair(option.flag, str(each))]


def _pair(flag: str, value: str) -> list[str]:
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]


def _make(target: str, variables: Mapping[str, str], folder: Path) -> str:
    """A line of make; a dollar is doubled, since make expands the values of variables."""
    settings = _settings(folder)
    named = {**variables, **({"SETTINGS": settings} if settings else {})}
    words = [f"{name}={shlex.quote(value.replace('$', '$$'))}" for name, value in named.items()]
    where = ["-C", shlex.quote(str(Path.cwd()))] if _started_elsewhere() else []
    return " ".join(["make", *where, target, *words])


def _line(words: Iterable[str]) -> str:
    """Words as the shell reads them."""
    return shlex.join(words)


def _started_elsewhere() -> bool:
    """Whether make was started with -C, so that the shell is in another directory."""
    started_in = os.environ.get(MARKER)
    return bool(started_in) and Path(str(started_in)).resolve() != Path.cwd()


def _settings(folder: Path) -> str:
    """The settings folder of an output folder, as it was typed; empty for this directory."""
    as_typed = folder.parent.parent
    found = settings_folder(folder) or as_typed.resolve()
    if found == Path.cwd():
        return ""
    return str(as_typed if as_typed.resolve() == found else found)


def _python() -> list[str]:
    """The interpreter that runs this, by the shortest name that the shell knows, and -m."""
    here, known = Path(sys.executable), shutil.which("python")
    if known and Path(known).parent.resolve() == here.parent.resolve():
        return ["python", "-m"]
    inside = here.is_relative_to(Path.cwd())
    return [str(here.relative_to(Path.cwd()) if inside else here), "-m"]
