"""Settings are refused with file, key, what is wrong and what would be right."""

import re
from pathlib import Path

import pytest

from templates.settings import SettingsError, load_environments, schema
from templates.settings.facts import (
    _cfn_lint,
    creatable_versions,
    fargate_memory,
    instance_classes,
)
from tests.helpers import write_settings

PROJECT = """
project = "shop"
region = "us-east-1"
[account]
hosted_zone = "example.com"
[network]
zones = ["use1-az1", "use1-az2"]
"""


def refused(folder: Path, project: str = PROJECT, **environments: str) -> list[str]:
    write_settings(folder, project, **environments)
    with pytest.raises(SettingsError) as error:
        load_environments(folder)
    return str(error.value).splitlines()


def test_an_environment_states_only_what_differs(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT + "[service]\ncpu = 512\nmemory_mib = 1024", test="")

    (settings,) = load_environments(tmp_path)

    assert (settings.system, settings.service.cpu) == ("shop-test", 512)


def test_an_environment_overrides_the_project(tmp_path: Path) -> None:
    write_settings(
        tmp_path, PROJECT + "[logs]\nretention_days = 30", test="[logs]\nretention_days = 3"
    )

    (settings,) = load_environments(tmp_path)

    assert settings.logs.retention_days == 3


# Each line is one impossibility: settings, the key that is named, words of the message.
IMPOSSIBLE = [
    ("[service]\ncpu = 300", "service.cpu", "256, 512"),
    ("[service]\nmemory_mib = 4096", "service.memory_mib", "512, 1024, 2048"),
    (
        '[network]\npublic_cidrs = ["10.0.0.0/24", "10.0.0.0/25"]',
        "network.public_cidrs",
        "overlaps",
    ),
    (
        '[network]\npublic_cidrs = ["10.0.0.0/28", "10.0.1.0/24"]',
        "network.public_cidrs",
        "too small",
    ),
    (
        '[network]\npublic_cidrs = ["10.9.0.0/24", "10.0.1.0/24"]',
        "network.public_cidrs",
        "outside",
    ),
    ('[network]\ncidr = "10.0.0.0/26"', "network.cidr", "/16 to /24"),
    ('[network]\nzones = ["use1-az1", "euw1-az1"]', "network.zones", "not a zone of us-east-1"),
    ('[network]\nzones = ["use1-az1", "use1-az3"]', "network.zones", "VPC link"),
    ('[network]\nzones = ["use1-az1", "use1-az1"]', "network.zones", "twice"),
    ("[network]\nnat_gateways = 2", "network.nat_gateways", "egress"),
    (
        '[database]\nbackup_window = "04:00-05:00"\nmaintenance_window = "sun:04:30-sun:05:30"',
        "database.maintenance_window",
        "overlaps",
    ),
    ('[database]\nbackup_window = "04:00-04:10"', "database.backup_window", "10 minutes"),
    ('[database]\nengine_version = "15.4"', "database.engine_version", "15.19"),
    ('[database]\ninstance_class = "db.t4g.nano"', "database.instance_class", "db.t4g.micro"),
    ("[database]\nstorage_limit_gib = 21", "database.storage_limit_gib", "22 or more"),
    ("[service]\nminimum_tasks = 7", "service.minimum_tasks", "maximum 6"),
    ("[service]\ndatabase_pool_size = 50", "service.database_pool_size", "600"),
    ("[api]\nrate_limit = 20000", "api.rate_limit", "10000"),
    ("[api.clients.web]\nrate_limit = 101", "api.clients.web.rate_limit", "ceiling"),
    ("[api.clients.web]\nburst_limit = 201", "api.clients.web.burst_limit", "ceiling"),
    ("[api]\ncors_allow_credentials = true", "api.cors_allow_credentials", "one origin"),
    ('[dns]\ndomain = "api.example.org"', "dns.domain", ".example.com"),
    ("monthly_budget_usd = -1", "monthly_budget_usd", "greater than or equal to 0"),
    ("[logs]\nretention_days = 8", "logs.retention_days", "1, 3, 5, 7"),
    ('[service.environment]\nDB_URL = "x"', "service.environment", "another name"),
]


@pytest.mark.parametrize(("text", "key", "words"), IMPOSSIBLE)
def test_an_impossible_setting_is_refused(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    lines = refused(tmp_path, test=text)

    assert any(
        line.startswith(f"environments/test.toml: {key}: ")
        and words in line
        and "right would be" in line
        for line in lines
    ), lines


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    lines = refused(
        tmp_path,
        PROJECT.replace("us-east-1", "mars-1"),
        one="[service]\ncpu = 'much'\nminimum_tasks = 9\nmaximum_tasks = 8\ncolour = 1",
        two="region = 'us-east-1'\n[database]\nengine_version = '15.1'",
    )

    wanted = {
        "project.toml: region",
        "environments/one.toml: service.cpu",
        "environments/one.toml: service.colour",
        "environments/one.toml: service.minimum_tasks",
        "environments/two.toml: region",
        "environments/two.toml: database.engine_version",
    }
    assert wanted <= {": ".join(line.split(": ")[:2]) for line in lines}


def test_an_unknown_key_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, test="[service]\nminimun_tasks = 1")

    assert line == (
        "environments/test.toml: service.minimun_tasks: there is no such setting; "
        "right would be: minimum_tasks"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = ", "environments/test.toml: not TOML"),
        ("project = 'other'", "environments/test.toml: project: not a setting of one"),
        ("network = 5", "environments/test.toml: network: 5 is refused"),
        ("[service]\ncpu = true", "environments/test.toml: service.cpu: True is refused"),
        ("[service]\ncpu = '256'", "environments/test.toml: service.cpu: '256' is refused"),
        ("[usage]\nlog_gb = nan", "environments/test.toml: usage.log_gb"),
        ("[tags]\n'aws:x' = 'y'", "environments/test.toml: tags"),
        ("[service.environment]\n'a b' = 'y'", "environments/test.toml: service.environment"),
    ],
)
def test_what_is_no_setting_is_refused(tmp_path: Path, text: str, line: str) -> None:
    lines = refused(tmp_path, test=text)

    assert [found for found in lines if found.startswith(line)]


def test_a_missing_setting_is_asked_for(tmp_path: Path) -> None:
    lines = refused(tmp_path, 'region = "us-east-1"', test="[service]\nminimum_tasks = 9")

    assert len(lines) == 3
    assert any(line.startswith("project.toml: project: is missing") for line in lines)
    assert any(line.startswith("project.toml: network") for line in lines)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"project\.toml: there is no such file"):
        load_environments(tmp_path, ["test"])


def test_an_unknown_environment_is_named_with_those_there_are(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, test="")

    with pytest.raises(SettingsError, match="right would be: one of test"):
        load_environments(tmp_path, ["prod"])


def test_the_default_engine_is_the_newest_15_that_can_be_created(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, test="")
    (settings,) = load_environments(tmp_path)

    newest = [v for v in creatable_versions() if v.startswith("15.")][-1]

    assert settings.database.engine_version == newest


def test_the_fargate_sizes_are_those_of_aws() -> None:
    sizes = fargate_memory()

    assert sizes[256] == [512, 1024, 2048]
    assert sizes[1024] == [2048, 3072, 4096, 5120, 6144, 7168, 8192]


def test_the_schema_describes_every_setting() -> None:
    text = schema()

    assert '"minimum_tasks"' in text
    assert '"environment"' in text  # the container's variables, not the file's name
    assert '"required"' not in text


@pytest.mark.parametrize("version", creatable_versions())
def test_each_version_runs_on_the_classes_that_cfn_lint_knows(version: str) -> None:
    """The quick reading of cfn-lint's large table finds what a whole parse finds."""
    offers = _cfn_lint("extensions/aws_rds_dbinstance/db_instance_class.json")["allOf"]
    whole = [
        set(offer["then"]["properties"]["DBInstanceClass"]["enum"])
        for offer in offers
        if offer["if"]["properties"]["Engine"].get("const") == "postgres"
        and re.fullmatch(
            offer["if"]["properties"].get("EngineVersion", {}).get("pattern", ""), version
        )
    ]

    assert [set(instance_classes(version))] == (whole or [set()])
