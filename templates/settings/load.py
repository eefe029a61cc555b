"""Load Settings from TOML, and collect the faults of all files at once.

First each file is checked alone, and each environment for values that are missing. Where all
single values of an environment are right, its combinations are checked.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from templates.settings.combinations import invalid_combinations
from templates.settings.expected import (
    expected_name,
    expected_value,
    json_schema,
    node_at,
    one_of,
)
from templates.settings.files import (
    ENVIRONMENTS,
    PROJECT_FILE,
    Fault,
    Key,
    SettingsFile,
    Tables,
    below,
    environment_names,
    environment_path,
    read_file,
)
from templates.settings.model import Settings
from templates.settings.tables import as_json, dotted, existing, is_part, merged

PROJECT_ONLY = ("project", "region", "account", "metadata_context")
NAME = ("environment",)
SECRETS = ("service", "secrets")


class SettingsError(Exception):
    """The settings cannot be built; `faults` holds all faults."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


@dataclass(frozen=True)
class _Checked:
    """A file with the tables that belong into it, its wrong keys, and their faults."""

    file: SettingsFile
    tables: Tables
    wrong: frozenset[Key]
    faults: list[Fault]

    @property
    def is_usable(self) -> bool:
        """Whether every value that it states is right by itself."""
        return not self.wrong and not self.file.fault

    def states(self, key: Key) -> bool:
        """Whether the file has a value at a key."""
        tables: Any = self.tables
        for part in key:
            if part not in below(tables):
                return False
            tables = below(tables)[part]
        return True


def load_environments(folder: Path, names: list[str] | None = None) -> list[Settings]:
    """Return the settings of the named environments of a folder, or of all of them.

    The others are read too, since all share the account stack; one that is wrong is left out
    of it. Raises SettingsError with the faults of all single values of the named files, and of
    the combinations of each environment whose single values are right.
    """
    known = environment_names(folder)
    wanted = list(dict.fromkeys(names or known))
    project = _checked(read_file(folder, str(PROJECT_FILE)))
    faults = [*_missing_files(folder, wanted, known), *project.faults]
    every = {}
    for name in known:
        file = _checked(read_file(folder, environment_path(name), name))
        missing = [*_missing_values(project, file)]
        found = [*file.faults, *missing]
        if project.is_usable and file.is_usable and not missing:
            settings = Settings.model_validate_json(as_json(_together(project, file)))
            found += _combinations(project, file, settings)
            every[name] = settings
        faults += found if name in wanted else []
    environments = {name: every[name] for name in wanted if name in every}
    faults += _same_domain(environments)
    if faults:
        raise SettingsError(sorted(set(faults)))
    return [each.among(every.values()) for each in environments.values()]


def schema() -> str:
    """Return the JSON Schema of the settings files, for editors."""
    described = json.loads(json.dumps(json_schema()))
    del described["properties"]["environment"]  # it is the file's name
    for definition in (described, *described["$defs"].values()):
        definition.pop("required", None)  # a file states only what differs
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(described, indent=2) + "\n"


def _missing_files(folder: Path, wanted: list[str], known: list[str]) -> Iterator[Fault]:
    for name in wanted:
        if name not in known:
            expected = one_of(known, name) if known else f"a file in {folder / ENVIRONMENTS}"
            yield Fault(environment_path(name), "", "there is no such file", expected)
    if not known:
        wrong = f"{folder} has no environment"
        yield Fault(str(ENVIRONMENTS), "", wrong, environment_path("NAME"))


def _same_domain(environments: Mapping[str, Settings]) -> Iterator[Fault]:
    """A domain belongs to one API of an account: the second stack would fail."""
    owners: dict[str, str] = {}
    for name, settings in environments.items():
        domain = settings.dns.domain
        owner = owners.setdefault(domain, name) if domain else name
        if owner != name:
            wrong = f"{domain} is the domain of {owner} already"
            yield Fault(environment_path(name), "dns.domain", wrong, "another name")


def _checked(file: SettingsFile) -> _Checked:
    """Check a file alone: its form, and its single values."""
    if file.fault:
        return _Checked(file, {}, frozenset(), [file.fault])
    faults = []
    misplaced = {*NAME, *(PROJECT_ONLY if file.name else ())} & file.tables.keys()
    for key in sorted(misplaced):
        wrong, expected = "all environments share it", f"it in {PROJECT_FILE}"
        if key in NAME:
            wrong, expected = "an environment's name is its file's name", "no such key"
        faults.append(Fault(file.path, key, wrong, expected))
    tables = {key: value for key, value in file.tables.items() if key not in misplaced}
    if file.name:
        tables |= {"environment": file.name}
    errors = {key: kind for key, kind in _errors(tables).items() if kind != "missing"}
    faults += [_fault(file, key, kind) for key, kind in errors.items()]
    return _Checked(file, tables, frozenset(errors), faults)


def _together(project: _Checked, own: _Checked) -> Tables:
    """Return the tables of an environment."""
    return merged(merged({"network": {}}, project.tables), own.tables)


def _missing_values(project: _Checked, own: _Checked) -> Iterator[Fault]:
    """Yield what an environment lacks, and tables that are too large with both files' entries.

    A value that is unknown, because its file is unreadable, is no fault.
    """
    if project.file.fault or own.file.fault:
        return
    for key, kind in _errors(_together(project, own)).items():
        if not is_part(key, own.wrong | project.wrong):
            yield _located(project, own, key, kind)


def _combinations(project: _Checked, own: _Checked, settings: Settings) -> Iterator[Fault]:
    """Yield the invalid combinations of an environment, each in the file to change first."""
    for each in invalid_combinations(settings):
        keys = [tuple(key.split(".")) if isinstance(key, str) else key for key in each.keys]
        place = own if any(map(own.states, keys)) else project
        key = next(filter(place.states, keys), keys[0])
        other = "" if key == keys[0] else f"{dotted(keys[0])}: "
        yield Fault(place.file.path, dotted(key), each.wrong, f"{other}{each.expected}")


def _errors(tables: Tables) -> dict[Key, str]:
    """Return the keys whose values the model rejects, with the type of the first
    error there."""
    try:
        Settings.model_validate_json(as_json(tables))
    except ValidationError as error:
        found: dict[Key, str] = {}
        for detail in error.errors(include_url=False, include_context=False):
            if detail["type"] != "default_factory_not_called":  # follows from another error
                location = tuple(map(str, detail["loc"]))
                kind = "name" if location[-1] == "[key]" else detail["type"]
                key = existing(location, tables, is_missing=kind == "missing")
                found.setdefault(key, kind)
        return found
    return {}


def _fault(file: SettingsFile, key: Key, kind: str) -> Fault:
    """Return the fault of a value that the model rejects, in our words."""
    if key == NAME:
        expected = expected_value(node_at(key))
        return Fault(file.path, "", f'the file\'s name: "{file.name}" is refused', expected)
    if kind == "extra_forbidden":
        known = list(node_at(key[:-1])["properties"])
        near = get_close_matches(key[-1], known, 1)
        expected = near[0] if near else one_of(known, noun="settings")
        return Fault(file.path, dotted(key), "there is no such setting", expected)
    if kind == "name":
        expected = expected_name(node_at(key[:-1]))
        return Fault(file.path, dotted(key), "the name is refused", expected)
    shown = "the value" if key[:2] == SECRETS else file.written(key)
    expected = expected_value(node_at(key))
    return Fault(file.path, dotted(key), f"{shown} is refused", expected)


def _located(project: _Checked, own: _Checked, key: Key, kind: str) -> Fault:
    """Return a fault of both files together: a missing value, or too many entries in
    a table."""
    for each in (own, project):
        if each.states(key):
            return _fault(each.file, key, kind)
    expected = expected_value(node_at(key))
    return Fault(project.file.path, dotted(key), "is missing", expected)
