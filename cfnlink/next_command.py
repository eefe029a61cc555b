"""Make every command that a message suggests.

A command of ours is a line of make where make started this one, else one of `cfnlink`. It keeps
the options that were typed and that it has too.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cfnlink.commands import COMMANDS, FOLDER, MARKER, NAME, Option, Parameter, started_by_make
from cfnlink.system.folder import settings_folder

FIXED = ("command", FOLDER)  # what is read beside the options


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

        A change takes the place of the other options of its group. Raises KeyError for an
        option that it does not have.
        """
        groups = {COMMANDS[name].option(key).group for key in changes if changes[key]} - {""}
        own = {str(each.name) for each in COMMANDS[name].options if each.group not in groups}
        kept = {key: value for key, value in self.options.items() if key in own}
        for key in changes:
            COMMANDS[name].option(key)
        return CommandLine(name, self.folder, {**kept, **changes})

    def __str__(self) -> str:
        """Return the line that a user types."""
        given = [
            (option, self.options[str(option.name)])
            for option in COMMANDS[self.name].options
            if self.options.get(str(option.name)) not in (None, False, [], option.default)
        ]
        if started_by_make():
            named = {option.variable: _text(option, value) for option, value in given}
            return make_line(
                self.name, _settings(self.folder), {"ENV": self.folder.name, **named}
            )
        given.sort(key=lambda pair: not isinstance(pair[0], Option))  # behind `--` is no option
        words = [word for option, value in given for word in _words(option, value)]
        return program_line(self.name, str(self.folder), *words)


def typed(options: SimpleNamespace) -> CommandLine:
    """Return the command that was typed."""
    given = {key: value for key, value in vars(options).items() if key not in FIXED}
    return CommandLine(options.command, options.folder, given)


def build(folder: Path) -> str:
    """Return the command that writes an output folder from its settings; empty without any."""
    return make_line("build", _settings(folder)) if settings_folder(folder) else ""


def build_never_deployed(settings: Path, never_deployed: Sequence[str], *words: str) -> str:
    """Return the command that builds environments of which no stack was ever deployed.

    words: the other arguments of build.py that were typed, which make does not have.
    """
    elsewhere = shown(settings)
    if started_by_make():
        return make_line("build", elsewhere, {"NEVER_DEPLOYED": " ".join(never_deployed)})
    named = [word for name in never_deployed for word in ("--never-deployed", name)]
    beside = ["--settings", elsewhere] if elsewhere else []
    return python_line("build.py", *words, *beside, *named)


def change_setting(folder: Path, file: str, words: str) -> str:
    """Return the steps that change a file of the settings of a folder; empty without any."""
    if settings_folder(folder) is None:
        return ""
    path = shell_path(Path(_settings(folder), file))
    return f"in {path} {words}\n{build(folder)}"


def check(settings: Path) -> str:
    """Return the command that checks the settings and what was built from them."""
    return make_line("check", shown(settings))


def prices(region: str, settings: Path | None) -> str:
    """Return the command that reads the prices of a region."""
    elsewhere = shown(settings) if settings else ""
    if started_by_make():
        return make_line("prices", elsewhere, {"REGION": region})
    return program_line("prices", region, *(["--settings", elsewhere] if elsewhere else []))


def lint(folder: Path) -> str:
    """Return the command that lints an output folder."""
    return str(CommandLine("lint", folder))


def cost(folder: Path) -> str:
    """Return the command that prints the bill of a folder and what would be cheaper."""
    if started_by_make():
        return make_line("cost", _settings(folder), {"ENV": folder.resolve().name})
    return program_line("cost", str(folder), "--alternatives")


def make_line(target: str, settings: str, variables: Mapping[str, str] | None = None) -> str:
    """Return a line of make.

    settings: the folder as a value of SETTINGS, or empty. A dollar is doubled, since make
    expands the values of variables.
    """
    named = {**(variables or {}), **({"SETTINGS": settings} if settings else {})}
    words = [f"{name}={shlex.quote(value.replace('$', '$$'))}" for name, value in named.items()]
    where = ["-C", shlex.quote(str(Path.cwd()))] if _started_elsewhere() else []
    return " ".join(["make", *where, target, *words])


def program_line(*arguments: str) -> str:
    """Return a line of the program, by the shortest name for the shell."""
    script = Path(sys.executable).with_name(NAME)
    known = shutil.which(NAME)
    if known and Path(known).parent.resolve() == script.parent.resolve():
        return shlex.join([NAME, *arguments])
    if script.exists():
        return shlex.join([_short(script), *arguments])
    return python_line("-m", NAME, *arguments)


def python_line(*arguments: str) -> str:
    """Return a line of the interpreter that runs this, by the shortest name for the shell."""
    here, known = Path(sys.executable), shutil.which("python")
    # Two environments may share an interpreter, and one folder may hold two interpreters.
    is_known = known and _identity(Path(known)) == _identity(here)
    return shlex.join(["python" if is_known else _short(here), *arguments])


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _identity(interpreter: Path) -> tuple[Path, Path]:
    return interpreter.parent.resolve(), interpreter.resolve()


def shell_path(path: Path) -> str:
    """Return a path as the shell needs it in which the command was typed."""
    return str(path.absolute() if _started_elsewhere() else path)


def _text(option: Parameter, value: Any) -> str:
    """The value of a make variable."""
    if isinstance(value, list):
        return " ".join(map(str, value)) if isinstance(option, Option) else shlex.join(value)
    if isinstance(value, float):
        return f"{value:g}"
    return "1" if value is True else str(value)


def _words(option: Parameter, value: Any) -> Iterable[str]:
    """The arguments of an option."""
    if not isinstance(option, Option):
        return ["--", *value]
    if value is True:
        return [option.flag]
    values = value if isinstance(value, list) else [_text(option, value)]
    return [word for each in values for word in _pair(option.flag, str(each))]


def _pair(flag: str, value: str) -> list[str]:
    return [f"{flag}={value}"] if value.startswith("-") else [flag, value]


def _started_elsewhere() -> bool:
    """Whether make was started with -C, so that the shell is in another directory."""
    started_in = os.environ.get(MARKER)
    return bool(started_in) and Path(str(started_in)).resolve() != Path.cwd()


def _settings(folder: Path) -> str:
    """The settings folder of an output folder, as it was typed; empty for this directory."""
    as_typed = folder.parent.parent
    found = settings_folder(folder) or as_typed.resolve()
    return shown(as_typed if as_typed.resolve() == found else found)


def outputs() -> Path:
    """Return the folder of all output folders, where make started this program."""
    return Path(os.environ.get("SETTINGS") or ".", "output")


def shown(settings: Path) -> str:
    """Return a settings folder as a value of SETTINGS; empty for this directory."""
    return "" if settings.resolve() == Path.cwd() else str(settings)
