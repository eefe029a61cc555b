"""The settings files with the answers: from the example, or from the folder."""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomlkit

from cfnlink.aws.limits import zones
from initialize.variables import (
    ALARM_EMAIL,
    BUDGET,
    DOMAIN,
    HOSTED_ZONE_ID,
    PROJECT,
    REGION,
    ZONE,
    ZONES,
    Answers,
)
from templates.settings import SettingsError
from templates.settings.files import (
    PROJECT_FILE,
    SettingsFile,
    environment_names,
    environment_path,
    read_file,
)

EXAMPLE = Path(__file__).parents[1] / "tests" / "settings"
MAIN = "production"  # DOMAIN is the domain of this environment; others have one below it


@dataclass(frozen=True)
class Draft:
    """The settings files to write, and the files that they replace.

    before: the files of the folder. base: the files that get the answers, with the example's
    files if the folder has no project yet. Both are by their paths in the folder.
    """

    before: Mapping[str, SettingsFile]
    base: Mapping[str, SettingsFile]

    @classmethod
    def of(cls, folder: Path) -> "Draft":
        """Start from the settings of a folder. Raises SettingsError for unreadable files."""
        before = _read(folder)
        if faults := [file.fault for file in before.values() if file.fault]:
            raise SettingsError(faults)
        has_project = str(PROJECT_FILE) in before
        return cls(before, before if has_project else {**_example(), **before})

    @property
    def is_shipped(self) -> bool:
        """Whether the folder has the example's project, or none."""
        own = self.before.get(str(PROJECT_FILE))
        return own is None or _identity(own) == _identity(_example()[str(PROJECT_FILE)])

    @property
    def environments(self) -> list[str]:
        """Return the names of the environments."""
        return [file.name for file in self.base.values() if file.name]

    def with_answers(self, answers: Answers) -> dict[str, str]:
        """Return the texts of the files with the answers and with their comments."""
        return {
            path: _edited(file.text, dict(_changes(file, answers)))
            for path, file in self.base.items()
        }

    def changes_nothing(self, texts: Mapping[str, str]) -> bool:
        """Whether the folder already states all answers."""
        return texts == {path: file.text for path, file in self.before.items()}

    def default(self, key: str) -> str:
        """Return the project's value of a setting, as text."""
        value = _stated(self.base[str(PROJECT_FILE)], key)
        return " ".join(map(str, value)) if isinstance(value, list) else str(value or "")

    def domains(self, answers: Answers) -> dict[str, str]:
        """Return the domain of each environment, empty if it has none."""
        return {
            file.name: domain_of(file.name, answers) if _has_domain(file) else ""
            for file in self.base.values()
            if file.name
        }


def chosen_zones(answers: Answers) -> list[str]:
    """Return the given zones, or two zones of the region that accept a VPC link."""
    given = re.split(r"[\s,]+", answers.get(ZONES.name, "").strip())
    return [zone for zone in given if zone] or zones(answers[REGION.name]).vpc_link[:2]


def domain_of(environment: str, answers: Answers) -> str:
    """Return the domain of an environment: DOMAIN, or DOMAIN with the environment's name.

    api.acme.example in the zone acme.example is api.staging.acme.example in staging.
    """
    zone = answers.get(ZONE.name, "")
    domain = answers.get(DOMAIN.name, f"api.{zone}" if zone else "")
    if environment == MAIN or not domain:
        return domain
    head = domain.removesuffix(zone)
    return f"{head}{environment}.{zone}" if head != domain else domain


@cache
def _example() -> dict[str, SettingsFile]:
    """Return the settings files of the example."""
    return _read(EXAMPLE)


def _read(folder: Path) -> dict[str, SettingsFile]:
    """Return the settings files of a folder."""
    names = {environment_path(name): name for name in environment_names(folder)}
    if (folder / PROJECT_FILE).exists():
        names = {str(PROJECT_FILE): "", **names}
    return {path: read_file(folder, path, name) for path, name in names.items()}


def _identity(project: SettingsFile) -> tuple[Any, Any]:
    """Return the values that distinguish a project from the example."""
    return _stated(project, PROJECT.key), _stated(project, ZONE.key)


def _changes(file: SettingsFile, answers: Answers) -> Iterator[tuple[str, Any]]:
    """Return the settings of one file that the answers state; None removes a setting."""
    if file.name:
        domain = domain_of(file.name, answers) if _has_domain(file) else ""
        yield DOMAIN.key, domain or None
        yield BUDGET.key, None
        return
    yield PROJECT.key, answers[PROJECT.name]
    yield REGION.key, answers[REGION.name]
    yield ZONES.key, chosen_zones(answers)
    for variable in (ZONE, HOSTED_ZONE_ID, ALARM_EMAIL):
        yield variable.key, answers.get(variable.name) or None
    yield BUDGET.key, _number(answers.get(BUDGET.name, ""))


def _has_domain(file: SettingsFile) -> bool:
    """Whether an environment has a domain, here or in the example."""
    same = _example().get(file.path, file)
    return file.name == MAIN or any(_stated(each, DOMAIN.key) for each in (file, same))


def _number(text: str) -> int | float | str | None:
    """Return a number, None for an empty text, and another text unchanged."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text or None


def _stated(file: SettingsFile, key: str) -> Any:
    """Return the value of a key, None if the file does not state it."""
    value: Any = file.tables
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _edited(text: str, changes: Mapping[str, Any]) -> str:
    """Return a TOML file with some settings changed or removed."""
    document = tomlkit.parse(text)
    for key, value in changes.items():
        *tables, name = key.split(".")
        _put(document, tables, name, value)
    written = tomlkit.dumps(document)
    # Where a setting was taken out, its blank lines stay.
    return written if "'''" in text or '"""' in text else re.sub(r"\n{3,}", "\n\n", written)


def _put(table: Any, tables: list[str], name: str, value: Any) -> None:
    """Set a key below some tables, or remove it and a table that becomes empty."""
    if not isinstance(table, MutableMapping):
        return  # the settings refuse what stands in the place of a table
    if tables:
        head, *rest = tables
        if head not in table and value is not None:
            table[head] = tomlkit.table()
        if head in table:
            _put(table[head], rest, name, value)
            if value is None and table[head] == {}:
                del table[head]
    elif value is None:
        table.pop(name, None)
    elif table.get(name) != value:
        table[name] = value
