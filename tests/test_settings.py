"""Wrong settings are rejected with file, key, what is wrong and what is expected."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from cfnlink.aws.catalogue import facts
from cfnlink.aws.limits import (
    creatable_versions,
    fargate_memory,
    regions,
    zones,
)
from templates.settings import Settings, SettingsError, load_environments, schema
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
    ('[database]\nengine_version = "99.1"', "database.engine_version", "versions"),
    (
        '[database]\nsnapshot = "s"\nrestore_source = "db-A"\nrestore_time = "latest"',
        "database.restore_source",
        "two sources",
    ),
    ('[database]\nrestore_source = "db-A"', "database.restore_source", "restore_time ="),
    ('[database]\nrestore_time = "latest"', "database.restore_time", "restore TIME="),
    (
        '[database]\nrestore_source = "db-A"\nrestore_time = "2026-02-30T10:00:00Z"',
        "database.restore_time",
        "no time",
    ),
    ('[database]\nrestore_time = "yesterday"', "database.restore_time", "latest"),
    ('[database]\nrestore_source = "shop-production-1"', "database.restore_source", "db-ABC"),
    ('[database]\ninstance_class = "db.t4g.nano"', "database.instance_class", "db.t4g.micro"),
    ("[database]\nstorage_limit_gib = 30", "database.storage_limit_gib", "31 or more"),
    (
        "[database]\nstorage_gib = 400\nstorage_limit_gib = 440",
        "database.storage_limit_gib",
        "441 or more",
    ),
    # the value to change is a default, and the file states another one
    (
        "[database]\nstorage_gib = 200",
        "database.storage_gib",
        "; expected database.storage_limit_gib: 221 or more",
    ),
    ("[service]\necs_exec = true", "service.ecs_exec", "read_only = false"),
    ('[service]\nwritable_paths = ["/tmp/a", "/tmp"]', "service.writable_paths", "/tmp alone"),
    ('[service]\nwritable_paths = ["/tmp", "/tmp"]', "service.writable_paths", "/tmp alone"),
    ('[service]\nwritable_paths = ["/a/../etc"]', "service.writable_paths", "absolute path"),
    ('[service]\nwritable_paths = ["tmp"]', "service.writable_paths", "absolute path"),
    ("[service]\nminimum_tasks = 7", "service.minimum_tasks", "maximum 6"),
    ("[service]\ndatabase_pool_size = 50", "service.database_pool_size", "600"),
    ("[api]\nrate_limit = 20000", "api.rate_limit", "10000"),
    ("[api.clients.web]\nrate_limit = 101", "api.clients.web.rate_limit", "ceiling"),
    ("[api.clients.smoke]", "api.clients.smoke", "every API has already"),
    ("[api.clients.web]\nburst_limit = 201", "api.clients.web.burst_limit", "ceiling"),
    ("[api]\ncors_allow_credentials = true", "api.cors_allow_credentials", "one origin"),
    ('[dns]\ndomain = "api.example.org"', "dns.domain", ".example.com"),
    ('[api]\ndefault_endpoint = "closed"', "api.default_endpoint", '"open"'),
    ('[api.firewall]\nallow = ["10.0.0.0/8"]', "api.firewall.allow", "public"),
    (
        '[api.firewall]\nallow = ["0.0.0.0/0", "203.0.113.0/24"]',
        "api.firewall.allow",
        "every address",
    ),
    ("[api.firewall]\nrate_limit = 100", "api.firewall.rate_limit", "web_acl = true"),
    ("[api.firewall]\nweb_acl = true\nmanaged_rules = []", "api.firewall.web_acl", "no rule"),
    ('[database]\nmaster_username = "admin"', "database.master_username", "not a name"),
    ("[api]\ntimeout_seconds = 301", "api.timeout_seconds", "300"),
    ("[api]\ncors_allow_origin = []", "api.cors_allow_origin", "or a list"),
    ('[api]\ncors_allow_origin = ["*", "https://a.com"]', "api.cors_allow_origin", "or a list"),
    (
        '[api]\ncors_allow_origin = ["https://a.com/"]',
        "api.cors_allow_origin",
        "each entry an origin such as",
    ),
    (
        '[api]\ncors_allow_origin = ["https://a.com", "https://a.com"]',
        "api.cors_allow_origin",
        "stands twice",
    ),
    (
        (
            '[api]\ncors_allow_origin = ["https://a.com", "https://b.com"]\n'
            '[service.environment]\nCORS_ALLOW_ORIGINS = "x"'
        ),
        "service.environment.CORS_ALLOW_ORIGINS",
        "names the origins",
    ),
    ('[api.paths."/{proxy+}"]\nkey = false', 'api.paths."/{proxy+}"', "catch-all"),
    ('[api.paths."/{shop}/status"]', 'api.paths."/{shop}/status"', "begins with a name"),
    ('[api.paths."/ping"]\nkey = false', 'api.paths."/ping"', "answers /ping itself"),
    ('[api.paths."/sping"]\nkey = false', 'api.paths."/sping"', "answers /sping itself"),
    (
        '[api.paths."/gateway-stage/hooks"]',
        'api.paths."/gateway-stage/hooks"',
        "removes the stage's name",
    ),
    (
        '[api.paths."/shops/{a}/x.y"]\n[api.paths."/shops/{b}"]',
        'api.paths."/shops/{b}"',
        "{b} and {a} of /shops/{a}/x.y stand at one level",
    ),
    (
        '[api.paths."/shops/{proxy+}"]\n[api.paths."/shops/{id}/x"]',
        'api.paths."/shops/{id}/x"',
        "stand at one level",
    ),
    ('[api.paths."/a/{b}/c/{b}"]', 'api.paths."/a/{b}/c/{b}"', "b stands twice"),
    ('[api.paths."/a/{proxy}/c"]', 'api.paths."/a/{proxy}/c"', "the name proxy"),
    ('[api.paths."/a/{all+}"]', 'api.paths."/a/{all+}"', "the name is refused"),
    ('[api.paths."/a/{proxy+}/b"]', 'api.paths."/a/{proxy+}/b"', "the name is refused"),
    ('[api.paths."webhooks"]', "api.paths.webhooks", "the name is refused"),
    ('[api.paths."/a//b"]', 'api.paths."/a//b"', "the name is refused"),
    ('[api.paths."/a/../b"]', 'api.paths."/a/../b"', "the name is refused"),
    ('[api.paths."/a/"]', 'api.paths."/a/"', "the name is refused"),
    ('[api.paths."/a/..."]', 'api.paths."/a/..."', "the name is refused"),
    ('[api.paths."/a/.../b"]', 'api.paths."/a/.../b"', "the name is refused"),
    ('[api.paths."hooks"]', "api.paths.hooks", "begins with /"),
    (
        '[api.paths."/a.b"]\nrate_limit = 101',
        'api.paths."/a.b".rate_limit',
        "ceiling api.rate_limit = 100",
    ),
    (
        '[api.paths."/a"]\nburst_limit = 201',
        'api.paths."/a".burst_limit',
        "ceiling api.burst_limit = 200",
    ),
    ('[api.paths."/a"]\ntimeout_seconds = 301', 'api.paths."/a".timeout_seconds', "300"),
    ('[account]\nbudget_email = "ops@example.com"', "account", "share it"),
    ("monthly_budget_usd = -1", "monthly_budget_usd", "0 or more"),
    ("[logs]\nretention_days = 8", "logs.retention_days", "one of 22 values, such as 3, 5, 7"),
    ('[service.environment]\nDB_URL = "x"', "service.environment.DB_URL", "another name"),
    ('[service.environment]\nAWS_REGION = "x"', "service.environment.AWS_REGION", "ECS itself"),
    (
        '[service.environment]\nX = "{{resolve:secretsmanager:a}}"',
        "service.environment.X",
        "service.secrets",
    ),
    (
        '[service.secrets]\nX = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbC"',
        "service.secrets.X",
        "eu-west-1",
    ),
    (
        '[service.secrets]\nX = "arn:aws:secretsmanager:us-east-1:123456789012:secret:*"',
        "service.secrets.X",
        "whole ARN",
    ),
    ("[tags]\nproject = 'x'", "tags.project", "another key"),
    ("[tags]\nEnvironment = 'x'", "tags.Environment", "another key"),
    ("[tags]\n'aws:x' = 'y'", 'tags."aws:x"', "does not start with aws:"),
    ('[network]\ncidr = "224.0.0.0/16"', "network.cidr", "no addresses of hosts"),
    (f'[dns]\ndomain = "{"a" * 60}.example.com"', "dns.domain", "64 characters"),
    ('[dns]\ndomain = "API.example.com"', "dns.domain", "small letters"),
    ('[network]\nzones = ["use1-az1"]', "network.zones", "a list of 2"),
    ('[network]\nzones = ["use1-az1", "use1-az2", "use1-az4"]', "network.zones", "a list of 2"),
    ('[network]\nzones = "use1-az1"', "network.zones", "is refused"),
    (
        '[service.secrets]\nX = "arn:aws:ssm:eu-west-1:123456789012:parameter/x"',
        "service.secrets.X",
        "lies in eu-west-1",
    ),
    (
        '[service.secrets]\nX = "arn:aws:ssm:us-east-1:123456789012:parameter/*"',
        "service.secrets.X",
        "of one parameter of Parameter Store",
    ),
    (
        '[network]\negress = "endpoints"\n[service]\negress_ports = [587]',
        "service.egress_ports",
        'network.egress = "nat"',
    ),
    ("[service]\negress_ports = [587, 443]", "service.egress_ports", "443 is open already"),
    (
        '[[service.permissions]]\nactions = ["ses:SendEmail"]\nresources = ["*"]',
        "service.permissions.0.resources",
        "any_resource = true",
    ),
    (
        '[[service.permissions]]\nactions = ["s3:GetObject"]\nresources = ["arn:aws:s3:::*"]',
        "service.permissions.0.resources",
        "any_resource = true",
    ),
    (
        """
        [[service.permissions]]
        actions = ["sqs:SendMessage"]
        resources = ["arn:aws:sqs:us-east-1:123456789012:mail"]
        any_resource = true
        """,
        "service.permissions.0.any_resource",
        'resources = ["*"]',
    ),
    (
        '[[service.permissions]]\nactions = ["iam:PassRole"]\nresources = ["*"]',
        "service.permissions.0.actions",
        "not of iam",
    ),
    (
        '[[service.permissions]]\nactions = ["s3:*"]\nresources = ["arn:aws:s3:::a/*"]',
        "service.permissions.0.actions",
        '["s3:*"] is refused; expected a list, each entry an action such as ses:SendEmail',
    ),
    (
        '[[service.permissions]]\nactions = ["a:B"]\nresources = ["*"]\nany = true',
        "service.permissions.0.any",
        "expected one of actions",
    ),
    (
        '[buckets.uploads]\n[service.environment]\nBUCKET_UPLOADS = "x"',
        "service.environment.BUCKET_UPLOADS",
        "is set by the template",
    ),
    (
        '[buckets.uploads]\ncors_origins = ["*"]\ncors_methods = []',
        "buckets.uploads.cors_methods",
        "at least one",
    ),
    (
        '[buckets.uploads]\ncors_origins = ["www.example.com"]',
        "buckets.uploads.cors_origins",
        "an origin",
    ),
    ("[buckets.up-loads]", "buckets.up-loads", "small letters and digits"),
]


@pytest.mark.parametrize(("text", "key", "words"), IMPOSSIBLE)
def test_an_impossible_setting_is_refused(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    (line,) = refused(tmp_path, test=text)  # one cause is one fault

    assert line.startswith(f"environments/test.toml: {key}: ")
    assert words in line
    assert "; expected " in line


@pytest.mark.parametrize(
    "name", ["aws", "awsome", "aws-shop", "ssm", "ssm-tools", "internal", "internal-shop"]
)
def test_a_project_has_no_name_that_aws_reserves(tmp_path: Path, name: str) -> None:
    """The lease is /<project>/<environment>/deployment, which SSM would not create."""
    (line,) = refused(tmp_path, PROJECT.replace("shop", name, 1), test="")

    assert line.startswith("project.toml: project: ")
    assert "AWS reserves for parameters of SSM" in line


@pytest.mark.parametrize("name", ["shop", "paws", "my-aws", "as", "internals"])
def test_a_name_that_only_resembles_them_is_free(tmp_path: Path, name: str) -> None:
    write_settings(tmp_path, PROJECT.replace("shop", name, 1), aws="")

    (settings,) = load_environments(tmp_path)

    assert settings.system == f"{name}-aws"


def test_settings_know_every_environment_that_can_be_read(tmp_path: Path) -> None:
    """The account stack is the same for all, also where one of them is built alone."""
    write_settings(tmp_path, PROJECT, one="[buckets.a]", two="", three="[service]\ncpu = 'x'")

    (two,) = load_environments(tmp_path, ["two"])

    assert [each.environment for each in two.environments] == ["one", "two"]
    assert two.environments[0].buckets


def test_a_parameter_belongs_to_the_account_of_the_tasks(tmp_path: Path) -> None:
    project = PROJECT.replace("[account]", '[account]\nid = "111122223333"')
    text = '[service.secrets]\nX = "arn:aws:ssm:us-east-1:999922223333:parameter/x"'

    (line,) = refused(tmp_path, project, test=text)

    assert "service.secrets.X: the parameter belongs to 999922223333" in line


def test_a_bucket_keeps_the_name_of_its_environment(tmp_path: Path) -> None:
    """CloudFormation would shorten it, and the boundary would no longer know the bucket."""
    project = PROJECT.replace("shop", "a" * 20, 1)

    (line,) = refused(tmp_path, project, **{"b" * 15: "[buckets.uploads]"})

    assert "too long" in line
    assert "; expected " in line


def heads(lines: list[str]) -> set[str]:
    return {": ".join(line.split(": ")[:2]) for line in lines}


def test_the_wrong_values_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    lines = refused(
        tmp_path,
        PROJECT.replace('"use1-az1", "use1-az2"', '"use1-az1"'),
        one="[service]\ncpu = 'much'\nminimum_tasks = 9\nmaximum_tasks = 8\ncolour = 1",
        two="region = 'us-east-1'\n[database]\nport = 1",
    )

    assert heads(lines) == {
        "project.toml: network.zones",
        "environments/one.toml: service.cpu",
        "environments/one.toml: service.colour",
        "environments/two.toml: region",
        "environments/two.toml: database.port",
    }


def test_a_wrong_value_hides_no_combination_of_another_environment(tmp_path: Path) -> None:
    """Of its own environment the combinations are told when its values are right."""
    one = "[service]\nminimum_tasks = 7"
    two = "region = 'us-east-1'\n[database]\nengine_version = '15.1'"
    others = {"environments/two.toml: region", "environments/two.toml: database.engine_version"}

    lines = refused(tmp_path, one=f"{one}\ncpu = 'much'", two=two)
    assert heads(lines) == {"environments/one.toml: service.cpu", *others}

    lines = refused(tmp_path, one=one, two=two)
    assert heads(lines) == {"environments/one.toml: service.minimum_tasks", *others}


def test_an_unknown_key_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, test="[service]\nminimun_tasks = 1")

    assert line == (
        "environments/test.toml: service.minimun_tasks: there is no such setting; "
        "expected minimum_tasks"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = ", "environments/test.toml: not TOML"),
        (f"tags = {'[' * 2000}{']' * 2000}", "environments/test.toml: nested too deeply"),
        (f"{'a.' * 2000}a = 1", "environments/test.toml: nested too deeply"),
        ("[network]\ncidr = 'x'", "environments/test.toml: network.cidr: 'x' is refused"),
        ("project = 'other'", "environments/test.toml: project: all environments share it"),
        ("network = 5", "environments/test.toml: network: 5 is refused"),
        ("[service]\ncpu = true", "environments/test.toml: service.cpu: true is refused"),
        ("[service]\ncpu = '256'", "environments/test.toml: service.cpu: '256' is refused"),
        ("[usage]\nlog_gb = nan", "environments/test.toml: usage.log_gb"),
        ("[service.environment]\n'a b' = 'y'", "environments/test.toml: service.environment"),
    ],
)
def test_what_is_no_setting_is_refused(tmp_path: Path, text: str, line: str) -> None:
    (found,) = refused(tmp_path, test=text)

    assert found.startswith(line)


def test_a_missing_setting_is_asked_for(tmp_path: Path) -> None:
    lines = refused(tmp_path, 'region = "us-east-1"', test="[service]\nminimum_tasks = 0")

    assert [line.partition(";")[0] for line in lines] == [
        "environments/test.toml: service.minimum_tasks: 0 is refused",
        "project.toml: network.zones: is missing",
        "project.toml: project: is missing",
    ]
    assert all(line.partition("; expected ")[2] for line in lines)


@pytest.mark.parametrize("content", [None, b"\xff", b"project = "])
def test_an_unreadable_project_file_hides_nothing_and_invents_nothing(
    tmp_path: Path, content: bytes | None
) -> None:
    """Whether the domain lies in the hosted zone is unknown without the project's file."""
    tasks = "[service]\nminimum_tasks = 0"
    write_settings(tmp_path, "", test=f'{tasks}\n[dns]\ndomain = "api.example.com"')
    if content is None:
        (tmp_path / "project.toml").unlink()
    else:
        (tmp_path / "project.toml").write_bytes(content)

    with pytest.raises(SettingsError) as error:
        load_environments(tmp_path)

    first, second = str(error.value).splitlines()
    assert first.startswith("environments/test.toml: service.minimum_tasks: ")
    assert second.startswith("project.toml: ")


@pytest.mark.parametrize("name", ["Prod", "a b", "a--b", "x" * 40, "1st"])
def test_the_name_of_a_file_is_that_of_an_environment(tmp_path: Path, name: str) -> None:
    (line,) = refused(tmp_path, **{name: ""})

    assert line.startswith(f'environments/{name}.toml: the file\'s name: "{name}" is refused')


def test_two_environments_cannot_have_one_domain(tmp_path: Path) -> None:
    text = '[dns]\ndomain = "api.example.com"'

    (line,) = refused(tmp_path, one=text, two=text)

    assert line.startswith(
        "environments/two.toml: dns.domain: api.example.com is the domain of one"
    )


def test_newer_regions_have_lower_throttles(tmp_path: Path) -> None:
    africa = PROJECT.replace("us-east-1", "af-south-1").replace("use1", "afs1")

    (line,) = refused(tmp_path, africa, test="[api]\nrate_limit = 2600\nburst_limit = 1250")

    assert "api.rate_limit" in line
    assert "2500 or less" in line


def test_a_misspelt_region_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, PROJECT.replace("us-east-1", "eu-centrl-1"), test="")

    assert line.startswith("project.toml: region: AWS has no region eu-centrl-1; ")
    assert "such as eu-central-1, " in line


def test_a_region_whose_zones_are_not_known_takes_those_of_the_settings(tmp_path: Path) -> None:
    china = PROJECT.replace("us-east-1", "cn-north-1").replace("use1", "cnn1")
    write_settings(tmp_path, china, test="")
    (settings,) = load_environments(tmp_path)

    (line,) = refused(tmp_path, china.replace("cnn1-az1", "cn-north-1a"), test="")

    assert settings.network.zones == ("cnn1-az1", "cnn1-az2")
    assert line.startswith('project.toml: network.zones: ["cn-north-1a", "cnn1-az2"] is ')
    assert "an id such as use1-az1, not a name such as us-east-1a" in line


def test_two_zones_of_every_region_take_a_vpc_link() -> None:
    for region in facts("zones")["regions"]:
        known = zones(region)
        assert len(known.vpc_link) >= 2, region
        assert {*known.vpc_link} <= {*known.every}, region
        assert region in regions()


def test_an_unknown_environment_is_named_with_those_there_are(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, test="")

    with pytest.raises(SettingsError, match="expected one of test"):
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
    described = json.loads(schema())
    definitions = described["$defs"]

    assert "environment" not in described["properties"]  # it is the file's name
    for name in set(Settings.model_fields) - {"environment"}:
        assert "description" in described["properties"][name], name
        model = Settings.model_fields[name].annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            shown = definitions[model.__name__]["properties"]
            assert set(shown) == set(model.model_fields)
            assert all("description" in field for field in shown.values()), name
    assert '"required"' not in schema()


def patterns(node: Any) -> Iterator[str]:
    """Yield every pattern of a schema, of values and of names."""
    if isinstance(node, dict):
        yield from filter(None, [node.get("pattern")])
        yield from node.get("patternProperties", {})
        node = [*node.values()]
    for below in node if isinstance(node, list) else ():
        yield from patterns(below)


def test_a_pattern_of_the_schema_is_for_the_whole_text() -> None:
    """Editors search for it: with `^a|b$` they would take what the tool refuses."""
    known = {*patterns(json.loads(schema()))}

    assert len(known) > 20
    assert not [each for each in known if re.search(each, "* or \x01 https://www.example.com")]
