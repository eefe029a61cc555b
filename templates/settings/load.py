"""From TOML to Settings, with all faults of all files at once."""

import copy
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from templates.settings.combinations import impossibilities
from templates.settings.model import Client, Settings

Key = tuple[str, ...]

PROJECT_FILE = Path("project.toml")
ENVIRONMENTS = Path("environments")
PROJECT_ONLY = ("project", "region", "account")
# Stand in for what is missing or wrong, so that everything else is still checked.
PLACEHOLDERS: dict[Key, Any] = {
    ("environment",): "environment",
    ("project",): "project",
    ("region",): "us-east-1",
    ("network",): {"zones": ["use1-az1", "use1-az2"]},
    ("network", "zones"): ["use1-az1", "use1-az2"],
}


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in a settings file, with its cure."""

    file: str
    key: str
    wrong: str
    right: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.wrong}; right would be: {self.right}"


class SettingsError(Exception):
    """The settings cannot be built; `faults` says all that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


def load_environments(folder: Path, names: list[str] | None = None) -> list[Settings]:
    """The settings of the named environments of a folder, or of all of them.

    Raises SettingsError with every fault of every file that was read.
    """
    known = sorted(path.stem for path in (folder / ENVIRONMENTS).glob("*.toml"))
    wanted = list(dict.fromkeys(names or known))
    faults = [
        Fault(_file(name), "", "there is no such file", f"one of {', '.join(known) or 'none'}")
        for name in wanted
        if name not in known
    ]
    if not known:
        wrong = f"{folder} has no environment"
        faults.append(Fault(str(ENVIRONMENTS), "", wrong, "environments/NAME.toml"))
    project = _read(folder, PROJECT_FILE, faults)
    readable = not any(fault.file == str(PROJECT_FILE) for fault in faults)
    built = [
        _environment(folder, name, project if readable else _stand_in(), faults)
        for name in wanted
        if name in known
    ]
    faults += _same_domain([settings for settings in built if settings])
    if faults:
        raise SettingsError(sorted(set(faults)))
    return [settings for settings in built if settings]


def _file(name: str) -> str:
    return f"{ENVIRONMENTS}/{name}.toml"


def _stand_in() -> dict[str, Any]:
    """What a project file could say, where it cannot be read: the others are checked."""
    return {key[0]: value for key, value in PLACEHOLDERS.items() if len(key) == 1}


def _same_domain(environments: list[Settings]) -> list[Fault]:
    """A domain belongs to one API of an account: the second stack would fail."""
    owners: dict[str, str] = {}
    faults = []
    for settings in environments:
        domain = settings.dns.domain
        owner = owners.setdefault(domain, settings.environment) if domain else None
        if owner not in (None, settings.environment):
            wrong = f"{domain} is the domain of {owner} already"
            faults.append(
                Fault(_file(settings.environment), "dns.domain", wrong, "another name")
            )
    return faults


def schema() -> str:
    """The JSON Schema of the settings files, for editors."""
    described = Settings.model_json_schema()
    del described["properties"]["environment"]  # it is the file's name
    for definition in (described, *described["$defs"].values()):
        definition.pop("required", None)  # a file states only what differs
    described["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(described, indent=2) + "\n"


def _read(folder: Path, path: Path, faults: list[Fault]) -> dict[str, Any]:
    """A file's tables, or none with the fault."""
    try:
        content = tomllib.loads((folder / path).read_text("utf-8"))
        json.dumps(content, default=str)  # deeper than JSON goes is deeper than settings go
    except FileNotFoundError:
        wrong, right = "there is no such file", "a file with project, region and network.zones"
    except UnicodeDecodeError as error:
        wrong, right = f"not UTF-8: {error.reason}", "a text file in UTF-8"
    except OSError as error:
        wrong, right = f"not readable: {error.strerror}", "a readable file"
    except RecursionError:
        wrong, right = "nested too deeply", "tables and keys of docs/settings.md"
    except tomllib.TOMLDecodeError as error:
        wrong = f"not TOML: {error}"
        right = "each key once, texts in quotes: https://toml.io/en/v1.0.0"
    else:
        return content
    faults.append(Fault(str(path), "", wrong, right))
    return {}


def _environment(
    folder: Path, name: str, project: dict[str, Any], faults: list[Fault]
) -> Settings | None:
    """The settings of one environment, or None where something is wrong with them."""
    path = _file(name)
    before = len(faults)
    own = _read(folder, Path(path), faults)
    for key in sorted({*PROJECT_ONLY, "environment"} & set(own)):
        right = f"move it to {PROJECT_FILE}"
        if key == "environment":
            right = "leave it out: the file's name says it"
        faults.append(Fault(path, key, "not a setting of one environment", right))
        del own[key]
    merged = _merge(project, own) | {"environment": name}
    sources = {path: own, str(PROJECT_FILE): project}
    settings, found = _validate(merged)
    faults.extend(_locate(sources, *fault) for fault in found)
    return settings if len(faults) == before else None


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of both, key by key; any other value of `above` replaces that of `below`."""
    merged = dict(below)
    for key, value in above.items():
        under = below.get(key)
        both = isinstance(value, dict) and isinstance(under, dict)
        merged[key] = _merge(under, value) if both and under is not None else value
    return merged


def _validate(
    merged: dict[str, Any],
) -> tuple[Settings, list[tuple[list[Key], str, str]]]:
    """The settings, and what is wrong with them: (keys, wrong, right) each.

    Where single values are wrong, the combinations of all the others are checked
    too, so that nobody learns of faults one at a time.
    """
    found: list[tuple[list[Key], str, str]] = []
    bad: set[Key] = set()
    merged = copy.deepcopy(merged)
    while True:
        try:
            settings = Settings.model_validate_json(json.dumps(merged, default=str))
            break
        except ValidationError as error:
            for key, detail in _first_of_each(error, merged).items():
                found.append(([key], *_in_words(key, detail, merged)))
                bad.add(key)
                _repair(merged, key)
    for impossible in impossibilities(settings):
        keys = [tuple(key.split(".")) for key in impossible.keys]
        if not any(_touches(key, other) for key in keys for other in bad):
            found.append((keys, impossible.wrong, impossible.right))
    return settings, found


def _first_of_each(error: ValidationError, merged: dict[str, Any]) -> dict[Key, ErrorDetails]:
    """The errors by the key to mend; one a key, and none that only follows from another."""
    details: dict[Key, ErrorDetails] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] != "default_factory_not_called":
            key = _existing(tuple(map(str, detail["loc"])), merged)
            details.setdefault(key, detail)
    return details


def _locate(
    sources: dict[str, dict[str, Any]], keys: list[Key], wrong: str, right: str
) -> Fault:
    """The fault at the first key that somebody wrote, in the file that states it."""
    if keys[0] == ("environment",):
        return Fault(next(iter(sources)), "", f"the file's name: {wrong}", right)
    for file, content in sources.items():
        for key in keys:
            if _states(content, key):
                return Fault(file, ".".join(key), wrong, right)
    required = keys[0][0] in PROJECT_ONLY or keys[0] in PLACEHOLDERS
    file = str(PROJECT_FILE) if required else next(iter(sources))
    return Fault(file, ".".join(keys[0]), wrong, right)


def _states(content: Any, key: Key) -> bool:
    for part in key:
        if not isinstance(content, dict) or part not in content:
            return False
        content = content[part]
    return True


def _existing(key: Key, content: Any) -> Key:
    """The part of a key that exists in the content, or is missing just below it."""
    for depth, part in enumerate(key):
        if not isinstance(content, dict):
            return key[:depth]
        if part not in content:
            return key[: depth + 1] if part != "[key]" else key[:depth]
        content = content[part]
    return key


def _repair(merged: dict[str, Any], key: Key) -> None:
    """Take out a wrong value, or put in one that is missing."""
    table = merged
    for part in key[:-1]:
        table = table[part]
    if key in PLACEHOLDERS:
        table[key[-1]] = PLACEHOLDERS[key]
    else:
        table.pop(key[-1], None)


def _touches(key: Key, other: Key) -> bool:
    shared = min(len(key), len(other))
    return key[:shared] == other[:shared]


def _in_words(key: Key, detail: ErrorDetails, merged: dict[str, Any]) -> tuple[str, str]:
    """What is wrong, and what would be right, of one of pydantic's errors."""
    location = [str(part) for part in detail["loc"]]
    if detail["type"] == "extra_forbidden":
        known = list(_table(location[:-1]))
        near = get_close_matches(location[-1], known, 1)
        return "there is no such setting", near[0] if near else f"one of {', '.join(known)}"
    meaning = _meaning(location)
    if not _states(merged, key):
        return "is missing", meaning
    demand = detail["msg"].removeprefix("Value error, ")
    for start, instead in (
        ("Input should be an object", "a table of settings"),
        ("Input should be ", ""),
        ("Field required", "more entries"),
    ):
        if demand.startswith(start):
            demand = instead + demand.removeprefix(start)
    return f"{_value(merged, key)!r} is refused", f"{demand} ({meaning})"


def _value(content: Any, key: Key) -> Any:
    """What stands at a key that is stated."""
    for part in key:
        content = content[part]
    return content


def _table(location: list[str]) -> dict[str, FieldInfo]:
    """The fields of the table at a location in the settings."""
    fields = Settings.model_fields
    for part in location:
        model = fields[part].annotation if part in fields else Client
        fields = (
            model.model_fields
            if isinstance(model, type) and issubclass(model, BaseModel)
            else {}
        )
    return fields


def _meaning(location: list[str]) -> str:
    """The description of the innermost setting at a location."""
    meaning = ""
    for depth, part in enumerate(location):
        field = _table(location[:depth]).get(part)
        meaning = (field.description if field else None) or meaning
    return " ".join(meaning.split()).rstrip(".")
