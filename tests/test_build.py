"""The build writes two formats in reading order, with the same bytes, within the limits."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from build import Built, build, main
from cfnlink.aws.limits import LARGEST_BODY_BYTES
from cfnlink.commands import MARKER
from cfnlink.lint.run import check
from cfnlink.system.folder import read
from tests.helpers import ROOT, SETTINGS, changed, example_settings, write_settings
from tests.test_settings import PROJECT

SNAPSHOT = '[database]\nsnapshot = "before"\n'


def build_in(folder: Path) -> int:
    return main(["--settings", str(folder)])


def templates_of(built: Built) -> dict[str, str]:
    return {
        name: text
        for name, text in built.files.items()
        if name not in ("manifest.json", "system.yaml")
    }


def test_yaml_and_json_are_the_same_template(built: dict[str, Built]) -> None:
    for environment in built.values():
        for name, text in templates_of(environment).items():
            twin = environment.files[f"{Path(name).stem}.json"]
            assert yaml.load(text, Loader=yaml.CSafeLoader) == json.loads(twin)


def test_sections_stand_in_reading_order(built: dict[str, Built]) -> None:
    for text in templates_of(built["production"]).values():
        template = yaml.load(text, Loader=yaml.CSafeLoader)
        wanted = [
            "AWSTemplateFormatVersion",
            "Description",
            "Metadata",
            "Parameters",
            "Conditions",
            "Resources",
            "Outputs",
        ]
        assert list(template) == [section for section in wanted if section in template]
        for body in template["Resources"].values():
            assert next(iter(body)) == "Type"


def test_every_body_is_small_enough_to_deploy(built: dict[str, Built]) -> None:
    for environment in built.values():
        for text in templates_of(environment).values():
            assert len(text.encode()) < LARGEST_BODY_BYTES


def test_a_body_that_is_too_large_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = "".join(f"[api.clients.client{number}]\n" for number in range(120))
    write_settings(tmp_path, PROJECT, test=clients)

    assert build_in(tmp_path) == 1
    error = capsys.readouterr().err
    assert "test/api." in error
    assert "51,200" in error
    assert not (tmp_path / "output").exists()


def test_the_bytes_do_not_depend_on_the_run(tmp_path: Path) -> None:
    for seed in ("1", "2"):
        settings = shutil.copytree(SETTINGS, tmp_path / f"settings-{seed}")
        output = ["--settings", str(settings), "--output", str(tmp_path / seed)]
        subprocess.run(
            [sys.executable, "build.py", "production", *output],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        )

    for path in (tmp_path / "1" / "production").iterdir():
        assert path.read_bytes() == (tmp_path / "2" / "production" / path.name).read_bytes()


def test_a_text_of_the_settings_that_looks_like_a_number_stays_text() -> None:
    texts = {
        "ACCOUNT_A": "089111122223",
        "ACCOUNT_B": "011122223333",
        "SHORT_SHA": "1234e56",
        "RATE": "1e3",
        "SWITCH": "on",
        "WHEN": "17:30",
    }
    settings = changed(example_settings(), "service.environment", texts)
    template = build(settings).files["service.yaml"]

    for name, value in texts.items():
        assert re.search(rf"Name: {name}\n +Value: '{value}'\n", template)


def test_the_manifest_lists_the_stacks_in_deployment_order(built: dict[str, Built]) -> None:
    manifest = json.loads(built["production"].files["manifest.json"])

    assert [(stack["tier"], stack["name"]) for stack in manifest["stacks"]] == [
        ("account", "shop-account"),
        ("network", "shop-production-network"),
        ("database", "shop-production-database"),
        ("load_balancer", "shop-production-load-balancer"),
        ("service", "shop-production-service"),
        ("api", "shop-production-api"),
        ("dns", "shop-production-dns"),
        ("monitoring", "shop-production-monitoring"),
    ]
    assert manifest["region"] == "us-east-1"
    for stack in manifest["stacks"]:
        assert (ROOT / stack["source"]).is_file()
        assert stack["parameters"] == {}


def capabilities(built: Built) -> dict[str, list[str]]:
    stacks = json.loads(built.files["manifest.json"])["stacks"]
    return {stack["tier"]: stack["capabilities"] for stack in stacks if stack["capabilities"]}


def test_iam_asks_for_the_capability(built: dict[str, Built]) -> None:
    assert capabilities(built["production"]) == {
        "account": ["CAPABILITY_IAM"],
        "database": ["CAPABILITY_IAM"],
        "service": ["CAPABILITY_IAM"],
    }


def test_output_that_is_no_longer_built_is_removed(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, test='[dns]\ndomain = "api.example.com"')
    assert build_in(tmp_path) == 0
    folder = tmp_path / "output" / "test"
    (folder / "notes.txt").write_text("mine", "utf-8")
    assert (folder / "dns.yaml").exists()

    write_settings(tmp_path, PROJECT, test="")
    assert build_in(tmp_path) == 0

    assert not (folder / "dns.yaml").exists()
    assert (folder / "notes.txt").exists()


def test_a_refused_build_leaves_what_there_was(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, test="")
    assert build_in(tmp_path) == 0
    before = {path: path.read_bytes() for path in (tmp_path / "output").rglob("*.*")}

    write_settings(tmp_path, PROJECT, test="[service]\ncpu = 1")
    assert build_in(tmp_path) == 1

    assert before == {path: path.read_bytes() for path in (tmp_path / "output").rglob("*.*")}


def built_again(folder: Path, before: str, after: str) -> int:
    """Return the status of a build whose settings changed after a good one."""
    write_settings(folder, PROJECT, test=before)
    assert build_in(folder) == 0
    write_settings(folder, PROJECT, test=after)
    return build_in(folder)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("", SNAPSHOT, 1),
        (SNAPSHOT, "", 1),
        (SNAPSHOT, SNAPSHOT.replace("before", "after"), 1),
        ("", SNAPSHOT + "generation = 2", 0),
        (SNAPSHOT, "[database]\ngeneration = 2", 0),
        (SNAPSHOT, SNAPSHOT + "multi_az = false", 0),
    ],
)
def test_a_snapshot_changes_only_with_its_generation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, status: int
) -> None:
    assert built_again(tmp_path, before, after) == status
    error = capsys.readouterr().err
    assert ("environments/test.toml: database.snapshot: " in error) == bool(status)


LATER = '[database]\nrestore_source = "db-A"\nrestore_time = "latest"\n'


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("", LATER, "database.restore_source"),
        (LATER, "", "database.restore_source"),
        (LATER, LATER.replace("db-A", "db-B"), "database.restore_source"),
        (LATER, LATER.replace("latest", "2026-11-26T10:00:00Z"), "database.restore_time"),
        (LATER, SNAPSHOT, "database.snapshot"),
        ("", LATER + "generation = 2", ""),
        (LATER, LATER + "multi_az = false", ""),
    ],
)
def test_a_point_in_time_changes_only_with_its_generation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, key: str
) -> None:
    assert built_again(tmp_path, before, after) == int(bool(key))
    said = capsys.readouterr()
    assert f"environments/test.toml: {key or 'database.'}" in said.err or not key
    assert "new, empty database" not in said.out


def test_a_minor_version_above_the_newest_known_is_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RDS upgrades past the list of this tool, and a restore names what RDS has."""
    write_settings(tmp_path, PROJECT, test='[database]\nengine_version = "15.99"')

    assert build_in(tmp_path) == 0
    said = "environments/test.toml: database.engine_version: 15.99 is newer than 15.19, "
    assert said in capsys.readouterr().out
    assert check(read(tmp_path / "output" / "test")) == []


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[api]\ntimeout_seconds = 40", "api.timeout_seconds"),
        ('[api.paths."/a"]\ntimeout_seconds = 40', 'api.paths."/a".timeout_seconds'),
    ],
)
def test_a_timeout_that_needs_a_higher_quota_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, key: str
) -> None:
    write_settings(tmp_path, PROJECT, test=text)

    assert build_in(tmp_path) == 0
    said = capsys.readouterr().out
    assert f"environments/test.toml: {key}: 40 needs a higher quota of the account" in said


UPGRADE = '[database]\nengine_version = "16.15"\n'
MEANT = f"{UPGRADE}allow_major_upgrade = true\napply_immediately = true\n"


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ("", UPGRADE, 1),
        ("", f"{UPGRADE}allow_major_upgrade = true", 1),
        ("", MEANT, 0),
        (MEANT, UPGRADE, 0),
        ("", f"{UPGRADE}generation = 2", 0),
    ],
)
def test_a_major_version_changes_only_where_it_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, status: int
) -> None:
    assert built_again(tmp_path, before, after) == status
    error = capsys.readouterr().err
    assert ("environments/test.toml: database.engine_version: " in error) == bool(status)


PAIR = '["10.0.6.0/24", "10.0.7.0/24"]'
TOKENS = '[api.jwt]\nissuer = "https://login.example.com/"\naudience = ["api"]'
ONLY = '[api.firewall]\nallow = ["'
NETWORK = '[network]\nzones = ["use1-az1", "use1-az2"]\n'


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("", NETWORK.replace("az2", "az4"), "network.zones"),
        ("", '[network]\ncidr = "10.9.0.0/16"', "network.cidr"),
        ("", f"[network]\ndatabase_cidrs = {PAIR}", "network.database_cidrs"),
        ("", '[database]\nengine_version = "15.18"', "database.engine_version"),
        ("[database]\nstorage_gib = 40", "", "database.storage_gib"),
        ('[database]\nmaster_username = "owner"', "", "database.master_username"),
        ('[api]\nstage = "live"', "", "api.stage"),
        ('[api.paths."/a/b"]', '[api.paths."/a/{id}"]', "api.paths"),
        ('[api.paths."/a/{id}/b"]', '[api.paths."/a/{proxy+}"]', "api.paths"),
        ('[api.paths."/a/{proxy+}"]\nkey = false', "", "api.paths"),
        (f'[api.paths."/a/b"]\n{TOKENS}', TOKENS, "api.paths"),
        ('[api.paths."/a/b"]', TOKENS, "api.paths"),
        (f'{ONLY}203.0.113.0/24"]', "", "api.firewall.allow"),
    ],
)
def test_settings_that_cannot_change_are_not_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, key: str
) -> None:
    assert built_again(tmp_path, before, after) == 1
    (line,) = capsys.readouterr().err.splitlines()  # one cause is one fault
    assert line.startswith(f"environments/test.toml: {key}: ")


@pytest.mark.parametrize(
    ("before", "step"),
    [
        (f'{ONLY}203.0.113.0/24"]', 'allow = ["0.0.0.0/0"], build and deploy, then remove it'),
        (
            '[api.paths."/a/b"]\nkey = false',
            'keep [api.paths."/a/b"] with key = true, build and deploy, then remove it',
        ),
    ],
)
def test_the_step_before_a_removal_is_the_first_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, step: str
) -> None:
    assert built_again(tmp_path, before, "") == 1
    fix = capsys.readouterr().err.partition("; fix: ")[2]
    ways = fix.split("; or, ")
    assert ways[0] == step
    assert ways[-1].startswith("if test was never deployed: ")


def test_a_path_that_was_only_built_goes_with_its_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert built_again(tmp_path, '[api.paths."/a/b"]\nkey = false', "") == 1
    assert "git checkout -- output/test" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[api.paths."/a/b"]', '[api.paths."/a/{proxy+}"]\nkey = false'),
        ('[api.paths."/a/{id}"]', '[api.paths."/a/{id}/c"]'),
        ('[api.paths."/a/{id}"]', '[api.paths."/b/{key}"]'),
        ('[api.paths."/a/{id}"]', ""),
        ('[api.paths."/a/b"]\nkey = false', '[api.paths."/a/b"]'),
        (f'[api.paths."/a/b"]\n{TOKENS}\npaths = ["/{{proxy+}}", "/a/b"]', TOKENS),
        (f'{ONLY}203.0.113.0/24"]', f'{ONLY}0.0.0.0/0"]'),
        (f'{ONLY}0.0.0.0/0"]', ""),
        ('[api.paths."/a/b"]\nkey = false', '[api.paths."/a/{proxy+}"]\n[api.paths."/a/b"]'),
    ],
)
def test_paths_and_addresses_change_where_nothing_stays_behind(
    tmp_path: Path, before: str, after: str
) -> None:
    assert built_again(tmp_path, before, after) == 0


IMMUTABLE = '[network]\ncidr = "10.9.0.0/16"\n[database]\nsnapshot = "before"'


@pytest.mark.parametrize("name", ["project", "region"])
def test_another_project_or_region_is_a_new_system(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """One rule compares network and database."""
    write_settings(tmp_path, PROJECT, test="")
    assert build_in(tmp_path) == 0
    changed = PROJECT.replace('"shop"', '"acme"')
    if name == "region":
        changed = PROJECT.replace("us-east-1", "eu-west-1").replace("use1", "euw1")
    write_settings(tmp_path, changed, test=IMMUTABLE)
    capsys.readouterr()

    assert build_in(tmp_path) == 0

    captured = capsys.readouterr()
    assert captured.err == ""
    assert "no longer built: shop-test-monitoring, shop-test-api, " in captured.out
    assert "empty database" not in captured.out


@pytest.mark.parametrize("starter", ["python", "make"])
def test_a_refused_build_says_the_way_out_of_what_was_never_deployed(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    starter: str,
) -> None:
    if starter == "make":
        monkeypatch.setenv(MARKER, str(Path.cwd()))
    assert built_again(tmp_path, "", IMMUTABLE) == 1
    lines = capsys.readouterr().err.splitlines()
    (command,) = {line.partition("if test was never deployed: ")[2] for line in lines}

    program, script, *words = shlex.split(command)
    if starter == "make":
        variables = dict(word.split("=", 1) for word in words)
        assert (program, script) == ("make", "build")
        assert variables == {"NEVER_DEPLOYED": "test", "SETTINGS": str(tmp_path)}
        return
    assert (Path(program).name, script) == ("python", "build.py")
    assert main(words) == 0
    assert "no longer built" not in capsys.readouterr().out


def test_an_environment_that_is_not_built_cannot_be_one_that_was_never_deployed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path, PROJECT, test="")

    status = main(["--settings", str(tmp_path), "--never-deployed", "tets"])

    assert status == 2
    assert "tets" in capsys.readouterr().err
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize(
    ("environment", "stack"),
    [("account", "shop-account"), ("account-2", "shop-account"), ("one-api", "shop-one-api")],
)
def test_names_that_roles_cannot_distinguish_are_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], environment: str, stack: str
) -> None:
    write_settings(tmp_path, PROJECT, **{"one": "", "one-2": "", environment: ""})

    assert build_in(tmp_path) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"environments/{environment}.toml: the name of its stack shop-")
    assert f" begins with {stack}, a stack of another owner" in line


def test_a_stack_that_is_no_longer_built_is_named_with_the_command_that_deletes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = '[dns]\ndomain = "api.example.com"'
    assert built_again(tmp_path, domain, "") == 0
    out = capsys.readouterr().out

    assert "output/test: no longer built: shop-test-dns. " in out
    assert out.endswith("stack-delete-complete --region us-east-1 --stack-name shop-test-dns\n")
    assert build_in(tmp_path) == 0
    assert "no longer built" not in capsys.readouterr().out


def test_stacks_of_an_earlier_project_are_reported_once_and_the_shared_one_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path, PROJECT, one="", two="")
    assert build_in(tmp_path) == 0
    write_settings(tmp_path, PROJECT.replace("shop", "acme"), one="", two="")
    assert main(["one", "--settings", str(tmp_path)]) == 0
    first = capsys.readouterr().out
    assert build_in(tmp_path) == 0
    second = capsys.readouterr().out

    assert "shop-account" not in first
    lifts = (
        'if test "$stack" = shop-one-database; then aws rds modify-db-instance '
        "--no-deletion-protection --db-instance-identifier shop-one-1 --region us-east-1 && "
    )
    assert first.count(lifts) == 1
    assert "shop-two-network, shop-account. " in second
    assert "shop-one" not in second


def test_an_environment_that_left_the_settings_is_named_until_its_folder_is_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path, PROJECT, one="", two="")
    assert build_in(tmp_path) == 0
    (tmp_path / "environments" / "two.toml").unlink()
    capsys.readouterr()

    for _ in range(2):
        assert build_in(tmp_path) == 0
        out = capsys.readouterr().out
        folder = tmp_path / "output" / "two"
        assert f"{folder}: no longer built: environments/two.toml does not exist. " in out
        assert f"cfnlink destroy {folder} && rm -r {folder}" in out


def test_an_empty_database_is_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path, PROJECT, test="")
    assert build_in(tmp_path) == 0
    assert "empty database" not in capsys.readouterr().out

    write_settings(tmp_path, PROJECT, test="[database]\ngeneration = 2")

    assert build_in(tmp_path) == 0
    assert "generation 2 is a new, empty database" in capsys.readouterr().out


def test_an_unreadable_earlier_output_is_no_obstacle(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, test="")
    assert build_in(tmp_path) == 0
    for name, content in (("network", b"\xff"), ("database", b"[]"), ("manifest", b"{")):
        (tmp_path / f"output/test/{name}.json").write_bytes(content)
        assert build_in(tmp_path) == 0


def test_an_output_that_cannot_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path, PROJECT, test="")
    (tmp_path / "file").write_text("", "utf-8")

    status = main(["--settings", str(tmp_path), "--output", str(tmp_path / "file")])

    assert status == 1
    assert capsys.readouterr().err.startswith(str(tmp_path / "file"))


def test_only_the_named_environment_is_built(tmp_path: Path) -> None:
    write_settings(tmp_path, PROJECT, one="", two="")

    assert main(["one", "--settings", str(tmp_path)]) == 0

    assert [path.name for path in (tmp_path / "output").iterdir()] == ["one"]


def manifest_of(built: Built) -> dict[str, Any]:
    return dict(json.loads(built.files["manifest.json"]))


def test_usage_and_budget_go_into_the_manifest(built: dict[str, Built]) -> None:
    manifest = manifest_of(built["production"])

    assert manifest["usage"]["requests"] == 1_000_000
    assert manifest["monthly_budget_usd"] > 0


def test_an_interrupted_build_says_what_to_do_and_shows_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("build.build", interrupted)

    assert main(["--settings", str(SETTINGS), "--output", str(tmp_path / "output")]) == 130
    assert capsys.readouterr().err == "interrupted: run the same command again\n"
