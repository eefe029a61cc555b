"""Every wrong value of every setting is one fault, in our words, at its key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from templates.settings import Fault, SettingsError, load_environments
from templates.settings.expected import Node, entry, expected_value, json_schema, resolved
from templates.settings.files import LONGEST_SHOWN
from tests.helpers import write_settings

Key = tuple[str, ...]

# Valid settings, none a default: a wrong value that is replaced by its default would break
# what depends on it.
VALID: dict[str, str] = {
    "project": '"acme"',
    "region": '"eu-central-1"',
    "account.hosted_zone": '"acme.example"',
    "account.hosted_zone_id": '"Z0123456789ABC"',
    "account.monthly_budget_usd": "500",
    "account.budget_email": '"ops@acme.example"',
    "account.budget_by_tag": "true",
    "network.zones": '["euc1-az2", "euc1-az3"]',
    "network.cidr": '"10.8.0.0/20"',
    "network.public_cidrs": '["10.8.0.0/24", "10.8.1.0/24"]',
    "network.private_cidrs": '["10.8.2.0/24", "10.8.3.0/24"]',
    "network.database_cidrs": '["10.8.4.0/24", "10.8.5.0/24"]',
    "network.egress": '"nat"',
    "network.nat_gateways": "2",
    "database.engine_version": '"16.10"',
    "database.instance_class": '"db.m7g.large"',
    "database.storage_gib": "200",
    "database.storage_limit_gib": "300",
    "database.backup_window": '"05:00-06:00"',
    "database.maintenance_window": '"sun:03:00-sun:04:00"',
    "database.snapshot": '"before"',
    "database.generation": "3",
    "service.cpu": "1024",
    "service.memory_mib": "4096",
    "service.minimum_tasks": "8",
    "service.maximum_tasks": "9",
    "service.database_pool_size": "20",
    "service.read_only": "false",
    "service.ecs_exec": "true",
    "service.writable_paths": '["/var/cache"]',
    "service.environment.LEVEL": '"info"',
    "service.secrets.MAIL": '"arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbC"',
    "api.rate_limit": "9000",
    "api.burst_limit": "4500",
    "api.clients.web.rate_limit": "8000",
    "api.clients.web.burst_limit": "4000",
    "api.cors_allow_origin": '"https://www.acme.example"',
    "api.cors_allow_credentials": "true",
    "dns.domain": '"api.acme.example"',
    "logs.retention_days": "14",
    "tags.team": '"shop"',
    "prices.JobsQueue": "0.4",
    "workers.mail.command": '["mail"]',
    "jobs.nightly.command": '["nightly"]',
    "jobs.nightly.schedule": '"cron(0 3 * * ? *)"',
}
PROJECT_ONLY = ("project", "region", "account", "metadata_context")
NAMES = {
    "environment": "LEVEL",
    "secrets": "MAIL",
    "clients": "web",
    "paths": '"/status"',
    "jobs": "nightly",
    "workers": "mail",
    "tags": "team",
    "prices": "JobsQueue",
    "buckets": "uploads",
}
PYDANTIC = re.compile(
    r"Input should|Value error|Field required|Extra inputs|pydantic|validation|type=|"
    r"valid (string|integer|number|tuple|list|dict|boolean)|Tuple|Dictionary|unable to"
)
# A value of each type that TOML has.
LITERALS = {
    "boolean": ["true"],
    "integer": ["1_000", "0x10"],
    "number": ["1.5", "1e3"],
    "string": ['"text"', "'10'"],
    "date": ["2020-01-01", "07:32:00", "1979-05-27T07:32:00Z"],
    "array": ["[]", "[[1], 2]"],
    "object": ["{a = 1}"],
}
TAKEN = {"number": {"number", "integer"}, "integer": {"integer"}}


def settings(path: Key = (), node: Node | None = None) -> Iterator[tuple[Key, Node]]:
    """Return every setting of the model that holds a value, tables with free names
    by one entry."""
    node = json_schema() if node is None else resolved(node)
    for name, below in node.get("properties", {}).items():
        yield from settings((*path, name), below)
    if entry(node):
        yield from settings((*path, NAMES[path[-1]]), entry(node))
    elif "properties" not in node and path != ("environment",):
        yield path, node


SETTINGS = dict(settings())


def wrong_types(node: Node) -> list[str]:
    """Return values of every type that a setting does not accept."""
    taken = TAKEN.get(node["type"], {node["type"]})
    wrong = [text for kind, texts in LITERALS.items() if kind not in taken for text in texts]
    return [*wrong, "[[7]]"] if node["type"] == "array" else wrong


def wrong_values(node: Node) -> st.SearchStrategy[str]:
    """Return values of the wrong type, out of bounds, of no choice or of no pattern."""
    options = [st.sampled_from(wrong_types(node))]
    if "minimum" in node:
        below = st.integers(max_value=int(node["minimum"]) - 1)
        options.append(below.map(str))
    if "maximum" in node:
        options.append(st.integers(min_value=int(node["maximum"]) + 1).map(str))
    if node["type"] == "number":
        options.append(st.sampled_from(["nan", "inf", "-inf"]))
    if node["type"] == "string" and "format" not in node:
        texts = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))
        wrong = texts.filter(lambda text: not is_right(node, text))
        options.append(wrong.map(json.dumps))
    return st.one_of(options)


def is_right(node: Node, text: str) -> bool:
    """Return whether a text is one of the choices, or fits pattern and length."""
    fits = re.search(node.get("pattern", ""), text) and not text.endswith("\n")
    known = text in node.get("enum", [text])
    return bool(fits and known and len(text) <= node.get("maxLength", len(text)))


def faults(folder: Path, wrong: dict[Key, str]) -> list[Fault]:
    """Return the faults of valid settings with some wrong values in them."""
    stated = VALID | {".".join(key): value for key, value in wrong.items()}
    texts = {True: "", False: ""}
    for key, value in stated.items():
        texts[key.partition(".")[0] in PROJECT_ONLY] += f"{key} = {value}\n"
    write_settings(folder, texts[True], test=texts[False])
    try:
        load_environments(folder)
    except SettingsError as error:
        return error.faults
    return []


def place(key: Key) -> tuple[str, str]:
    file = "project.toml" if key[0] in PROJECT_ONLY else "environments/test.toml"
    return file, ".".join(key)


def test_the_settings_without_a_wrong_value_are_valid(tmp_path: Path) -> None:
    assert faults(tmp_path, {}) == []
    assert {tuple(key.split(".")) for key in VALID} <= SETTINGS.keys()


@pytest.mark.parametrize("key", SETTINGS, ids=".".join)
def test_one_wrong_value_is_one_fault(tmp_path: Path, key: Key) -> None:
    """Nothing else is told: no second fault follows from the first."""
    for value in wrong_types(SETTINGS[key])[:: 1 if key[0] == "network" else 4]:
        (fault,) = faults(tmp_path, {key: value})

        assert (fault.file, fault.key) == place(key), value
        assert fault.expected == expected_value(SETTINGS[key])
        shown = "the value" if "secrets" in key else value
        assert fault.wrong == f"{shown} is refused"


@st.composite
def some_wrong(draw: st.DrawFn) -> dict[Key, str]:
    keys = draw(st.lists(st.sampled_from(sorted(SETTINGS)), min_size=1, unique=True))
    return {key: draw(wrong_values(SETTINGS[key])) for key in keys}


@given(wrong=some_wrong())
@example(wrong={("api", "cors_allow_origin"): "{a = 1}"})  # one of two types is expected
def test_many_wrong_values_are_as_many_faults(
    tmp_path_factory: pytest.TempPathFactory, wrong: dict[Key, str]
) -> None:
    found = faults(tmp_path_factory.mktemp("settings"), wrong)

    assert sorted((fault.file, fault.key) for fault in found) == sorted(map(place, wrong))
    for fault in found:
        assert not PYDANTIC.search(str(fault)), fault
        assert "; expected " in str(fault)
        value = wrong[tuple(fault.key.split("."))]
        shown = value[:LONGEST_SHOWN] if "secrets" not in fault.key else "the value"
        assert fault.wrong.startswith(shown)


def tables(path: Key = (), node: Node | None = None) -> Iterator[tuple[Key, Any]]:
    """Return every table of the model."""
    node = json_schema() if node is None else resolved(node)
    if path and (entry(node) or "properties" in node):
        yield path, node
    for name, below in node.get("properties", {}).items():
        yield from tables((*path, name), below)


@pytest.mark.parametrize(("key", "node"), [*tables()])
def test_a_value_instead_of_a_table_is_one_fault(tmp_path: Path, key: Key, node: Node) -> None:
    folder = write_settings(tmp_path, 'project = "a"\nregion = "us-east-1"', test="")
    valid = 'zones = ["use1-az1", "use1-az2"]\n'
    project, own = folder / "project.toml", folder / "environments" / "test.toml"
    file = project if key[0] in PROJECT_ONLY else own
    project.write_text(f"{project.read_text('utf-8')}\nnetwork.{valid}", "utf-8")
    file.write_text(f"{file.read_text('utf-8')}\n{'.'.join(key)} = 2020-01-01\n", "utf-8")

    with pytest.raises(SettingsError) as error:
        load_environments(folder)

    (fault,) = error.value.faults
    assert fault.key == ".".join(key)
    assert fault.wrong == f"{'the value' if 'secrets' in key else '2020-01-01'} is refused"
    assert fault.expected == expected_value(node)


@pytest.mark.parametrize(
    "written", ["1_0", "0xF", "'a'", '"""a"""', "[ 1, 2 ]", "{ a = 1 }", "2020-01-01"]
)
def test_a_value_is_shown_as_its_file_writes_it(tmp_path: Path, written: str) -> None:
    (fault,) = faults(tmp_path, {("database", "storage_gib"): written})

    assert fault.wrong == f"{written} is refused"


def test_a_date_is_no_text(tmp_path: Path) -> None:
    texts = [key for key, node in SETTINGS.items() if node["type"] == "string"]

    found = faults(tmp_path, dict.fromkeys(texts, "2020-01-01"))

    assert sorted((fault.file, fault.key) for fault in found) == sorted(map(place, texts))


def test_a_password_in_the_place_of_an_arn_is_not_shown(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, {("service", "secrets", "MAIL"): '"hunter2"'})

    assert "hunter2" not in str(fault)


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, {("dns", "domain"): f'"{"x" * 500}"'})

    assert len(fault.wrong) < 2 * LONGEST_SHOWN
    assert "..." in fault.wrong


def test_a_value_that_every_environment_replaces_is_still_refused(tmp_path: Path) -> None:
    text = 'project = "a"\nregion = "us-east-1"\nnetwork.zones = 5'
    write_settings(tmp_path, text, test='network.zones = ["use1-az1", "use1-az2"]')

    with pytest.raises(SettingsError) as error:
        load_environments(tmp_path)

    (fault,) = error.value.faults
    assert (fault.file, fault.key) == ("project.toml", "network.zones")


def test_a_wrong_value_that_all_environments_share_is_reported_once(tmp_path: Path) -> None:
    text = 'project = "a"\nregion = "us-east-1"\nservice.minimum_tasks = 0\nnetwork.zones = 5'
    write_settings(tmp_path, text, one="", two="", three="")

    with pytest.raises(SettingsError) as error:
        load_environments(tmp_path)

    assert [fault.key for fault in error.value.faults] == [
        "network.zones",
        "service.minimum_tasks",
    ]


def test_too_many_entries_of_both_files_together_are_refused(tmp_path: Path) -> None:
    """Each file has few enough by itself."""
    write_settings(
        tmp_path,
        'project = "a"\nregion = "us-east-1"\nnetwork.zones = ["use1-az1", "use1-az2"]\n'
        + "".join(f'tags.a{number} = "x"\n' for number in range(30)),
        test="".join(f'tags.b{number} = "x"\n' for number in range(30)),
    )

    with pytest.raises(SettingsError) as error:
        load_environments(tmp_path)

    (fault,) = error.value.faults
    assert (fault.file, fault.key) == ("environments/test.toml", "tags")
    assert "at most 45" in fault.expected


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    folder = write_settings(tmp_path, "", test="")
    for path in (folder / "project.toml", folder / "environments" / "test.toml"):
        path.write_text('project = "a"' if path.name == "project.toml" else "", "utf-8-sig")

    with pytest.raises(SettingsError) as error:
        load_environments(folder)

    assert {fault.wrong for fault in error.value.faults} == {"is missing"}


@pytest.mark.parametrize(
    "name", [".#test.toml", "._test.toml", ".test.toml.swp", "test.toml~", "#test.toml#"]
)
def test_the_files_of_an_editor_are_no_environments(tmp_path: Path, name: str) -> None:
    assert faults(tmp_path, {}) == []
    (tmp_path / "environments" / name).write_text("not TOML", "utf-8")

    assert [each.environment for each in load_environments(tmp_path)] == ["test"]
