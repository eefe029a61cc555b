"""`make init`: the settings become the user's, from every state and after every
interruption."""

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cfnlink.aws.catalogue import facts
from cfnlink.aws.limits import regions
from cfnlink.cli import main
from initialize.check import problems
from initialize.draft import Draft, chosen_zones, domain_of
from tests.helpers import ROOT, SETTINGS, example, git
from tests.shell import make

ACME = ["--project=acme", "--region=eu-central-1", "--zone=acme.example"]
OTHER = ["--project=other", "--region=eu-west-3"]
SHIPPED = tomllib.loads((SETTINGS / "project.toml").read_text("utf-8"))
COMMENTS = [
    line.partition("#")[2]
    for file in sorted(SETTINGS.rglob("*.toml"))
    for line in file.read_text("utf-8").splitlines()
    if "#" in line
]


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """Return the example as it is shipped, with its output."""
    answers_of_lint = shutil.ignore_patterns("build")
    return shutil.copytree(example(), tmp_path / "my infra é", ignore=answers_of_lint)


def init(folder: Path, *words: str) -> int:
    return main(["init", "--settings", str(folder), *words])


def stated(folder: Path, name: str = "project") -> dict[str, Any]:
    file = "project.toml" if name == "project" else f"environments/{name}.toml"
    return tomllib.loads((folder / file).read_text("utf-8"))


def without(settings: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in keys}


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_answers_are_in_the_settings_and_all_else_is_as_it_was(shipped: Path) -> None:
    assert init(shipped, *ACME, "--alarm-email=ops@acme.example", "--hosted-zone-id=Z1") == 0

    assert stated(shipped) == SHIPPED | {
        "project": "acme",
        "region": "eu-central-1",
        "account": {"hosted_zone": "acme.example", "hosted_zone_id": "Z1"},
        "network": {"zones": ["euc1-az1", "euc1-az2"]},
        "monitoring": {"alarm_email": "ops@acme.example"},
    }
    for name, domain in (
        ("production", "api.acme.example"),
        ("staging", "api.staging.acme.example"),
        ("development", None),
    ):
        before = tomllib.loads((SETTINGS / f"environments/{name}.toml").read_text("utf-8"))
        del before["monthly_budget_usd"]
        if domain:
            before["dns"] = {"domain": domain}
        assert stated(shipped, name) == before


def test_comments_are_kept(shipped: Path) -> None:
    assert init(shipped, *ACME) == 0

    text = "".join(file.read_text("utf-8") for file in shipped.rglob("*.toml"))
    assert [comment for comment in COMMENTS if comment not in text] == []


def test_it_builds_and_says_what_it_costs_and_what_comes_next(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shipped / "output" / "production" / "notes.txt").write_text("mine", "utf-8")
    shutil.copytree(shipped / "output" / "production", shipped / "output" / "old")

    assert init(shipped, *ACME) == 0

    said = capsys.readouterr().out
    for name in ("production", "staging", "development"):
        manifest = (shipped / "output" / name / "manifest.json").read_text("utf-8")
        assert '"project": "acme"' in manifest
        assert (shipped / "output" / name / "architecture.svg").is_file()
        assert f"{name}: " in said
    assert said.count(" USD a month") == 3
    assert said.splitlines()[-1].startswith("next: ")
    assert (shipped / "output" / "production" / "notes.txt").read_text("utf-8") == "mine"
    assert [path.name for path in (shipped / "output" / "old").iterdir()] == ["notes.txt"]


def test_without_a_zone_there_is_neither_zone_nor_domain(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(shipped, *OTHER, "--budget=90.5") == 0

    assert stated(shipped) == without(SHIPPED, "account") | {
        "project": "other",
        "region": "eu-west-3",
        "monthly_budget_usd": 90.5,
        "network": {"zones": ["euw3-az1", "euw3-az3"]},
    }
    assert not any("dns" in stated(shipped, name) for name in ("production", "staging"))
    assert not (shipped / "output" / "production" / "dns.yaml").exists()
    said = capsys.readouterr().out
    assert re.search(r"no prices for eu-west-3: run \S*cfnlink prices eu-west-3", said)


def test_an_empty_folder_gets_the_example_with_the_answers(
    shipped: Path, tmp_path: Path
) -> None:
    assert init(tmp_path / "new" / "infra", *ACME) == 0
    assert init(shipped, *ACME) == 0

    assert contents(tmp_path / "new" / "infra") == contents(shipped)


@pytest.mark.parametrize(
    ("domain", "zone", "staging"),
    [
        ("api.acme.example", "acme.example", "api.staging.acme.example"),
        ("acme.example", "acme.example", "staging.acme.example"),
        ("api.eu.acme.example", "acme.example", "api.eu.staging.acme.example"),
        (None, "acme.example", "api.staging.acme.example"),
        ("", "acme.example", ""),
    ],
)
def test_each_environment_has_a_domain_of_its_own_in_the_zone(
    domain: str | None, zone: str, staging: str
) -> None:
    answers = {"ZONE": zone} | ({} if domain is None else {"DOMAIN": domain})

    assert domain_of("staging", answers) == staging


@pytest.mark.parametrize("region", facts("zones")["regions"])
def test_the_chosen_zones_of_every_known_region_are_right(region: str) -> None:
    answers = {"PROJECT": "acme", "REGION": region}

    assert problems(Draft.of(SETTINGS), answers) == []
    assert len({*chosen_zones(answers)}) == 2


def test_zones_that_aws_does_not_confirm_are_marked(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(shipped, "--project=acme", "--region=eu-south-1") == 0

    assert "not verified: AWS's table of VPC links does not name eu-south-1" in (
        capsys.readouterr().out
    )


def test_a_region_whose_zones_are_not_known_needs_them(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = next(region for region in regions() if region not in facts("zones")["regions"])
    words = ["--project=acme", f"--region={unknown}"]

    assert init(shipped, *words) == 2
    said = capsys.readouterr().err
    assert f"--zones is missing: the zones of {unknown} are not known here" in said
    assert f"init --project=acme --region={unknown} '--zones=ID ID'" in said

    assert init(shipped, *words, "--zones=xyz1-az1, xyz1-az2") == 0
    assert stated(shipped)["network"]["zones"] == ["xyz1-az1", "xyz1-az2"]


def test_everything_missing_or_wrong_is_said_at_once(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(shipped)

    status = init(
        shipped, "--region=mars-1", "--budget=much", "--zone=acme.example", "--alarm-email=ops"
    )

    lines = capsys.readouterr().err.splitlines()
    assert status == 2
    heads = [line.partition(":")[0] for line in lines]
    assert sorted(heads) == [
        "--alarm-email=ops",
        "--budget=much",
        "--project is missing",
        "--region=mars-1",
        "expected",
    ]
    assert contents(shipped) == before


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--project=Acme"], "--project=Acme: "),
        (["--project=a-name-that-is-too-long"], "--project=a-name-that-is-too-long: "),
        (["--project=aws-shop"], "not aws... or ssm..., which AWS reserves"),
        (["--region=eu-centrl-1"], "eu-central-1"),
        (["--zones=euc1-az1"], "--zones=euc1-az1: "),
        (["--zones=use1-az1 use1-az2"], "not a zone of eu-central-1"),
        (["--domain=api.other.example"], "outside the hosted zone acme.example"),
        (["--zone=", "--domain=api.acme.example"], "has no hosted zone"),
        (["--zone=", "--hosted-zone-id=Z1"], "--hosted-zone-id=Z1: "),
        ([f"--domain={'x' * 41}.eu.acme.example"], "at most 64 characters"),
        (["--alarm-email=ops"], "--alarm-email=ops: "),
        (["--budget=-1"], "--budget=-1: "),
    ],
)
def test_a_wrong_answer_is_one_line_with_its_variable(
    shipped: Path, capsys: pytest.CaptureFixture[str], words: list[str], named: str
) -> None:
    assert init(shipped, *ACME, *words) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert named in line
    assert line.startswith("--")


def test_a_project_of_the_user_is_not_overwritten(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(shipped, *ACME) == 0
    before = contents(shipped)
    capsys.readouterr()

    assert init(shipped, *OTHER) == 1

    said = capsys.readouterr().err
    assert said.startswith("project.toml is the project acme already")
    assert " init --project=other --region=eu-west-3" in said
    assert said.endswith("--force\n")
    assert contents(shipped) == before


def test_the_same_answers_again_are_no_overwriting(shipped: Path) -> None:
    assert init(shipped, *ACME) == 0
    before = contents(shipped)

    assert init(shipped, *ACME) == 0

    assert contents(shipped) == before


def test_force_changes_what_was_answered_and_keeps_the_rest(shipped: Path) -> None:
    assert init(shipped, *ACME) == 0
    own = '# ours\n[service]\nmaximum_tasks = 3  # enough\n[dns]\ndomain = "qa.acme.example"\n'
    (shipped / "environments" / "qa.toml").write_text(own, "utf-8")
    (shipped / "environments" / "staging.toml").unlink()

    assert init(shipped, *ACME, "--project=b", "--zone=b.example", "--force") == 0

    changed = own.replace("qa.acme.example", "api.qa.b.example")
    assert (shipped / "environments" / "qa.toml").read_text("utf-8") == changed
    assert stated(shipped)["project"] == "b"
    assert not (shipped / "environments" / "staging.toml").exists()


def test_force_does_not_lift_what_a_build_refuses(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other zones would replace the subnets of a system that may be deployed."""
    assert init(shipped, *ACME) == 0
    other = ["--zones=euc1-az2 euc1-az3", "--force"]

    assert init(shipped, *ACME, *other) == 1
    assert f"--settings '{shipped}' --never-deployed" in capsys.readouterr().err
    assert stated(shipped)["network"]["zones"] == ["euc1-az2", "euc1-az3"]


def test_a_fault_of_the_user_s_own_file_is_reported_with_its_place(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = shipped / "environments" / "staging.toml"
    file.write_text("[service]\ncpu = 'much'\n", "utf-8")

    assert init(shipped, *ACME) == 1
    assert capsys.readouterr().err.startswith("environments/staging.toml: service.cpu: ")

    file.write_text("[service\n", "utf-8")
    assert init(shipped, *ACME) == 1
    assert "environments/staging.toml: not TOML: " in capsys.readouterr().err


class Killed(BaseException):
    """A killed process: no code of the process runs after it."""


def killed_at(point: int, folder: Path, words: list[str], patch: pytest.MonkeyPatch) -> int:
    """Run until change number `point` of the folder's files; return the number of changes."""
    done = 0

    def counted(act: Any) -> Any:
        def change(path: Any, *rest: Any, **named: Any) -> Any:
            nonlocal done
            if str(path).startswith(str(folder)):
                done += 1
                if done >= point:
                    raise Killed
            return act(path, *rest, **named)

        return change

    with patch.context() as patched:
        for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
            patched.setattr(os, name, counted(getattr(os, name)))
        patched.setattr(Path, "write_text", counted(Path.write_text))
        try:
            init(folder, *words)
        except Killed:
            return done
    return done


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the example with development only, so that an init is fast."""
    folder = shutil.copytree(example(), tmp_path_factory.mktemp("small") / "infra")
    for name in ("production", "staging"):
        (folder / "environments" / f"{name}.toml").unlink()
        shutil.rmtree(folder / "output" / name)
    return folder


def outcome(source: Path, folder: Path, words: list[str]) -> dict[str, bytes]:
    """Return what an init without an interruption leaves."""
    copy = shutil.copytree(source, folder)
    assert init(copy, *words) == 0
    return contents(copy)


def check_kills(
    source: Path, tmp_path: Path, patch: pytest.MonkeyPatch, points: Iterator[int] | list[int]
) -> None:
    acme, other = (outcome(source, tmp_path / w[0], w) for w in (ACME, OTHER))
    for point in points:
        folder = shutil.copytree(source, tmp_path / str(point))
        killed_at(point, folder, ACME, patch)
        file = folder / "project.toml"
        is_written = file.exists() and stated(folder)["project"] == "acme"
        words, wanted = (ACME, acme) if is_written or point % 2 else (OTHER, other)

        assert init(folder, *words) == 0, point
        assert contents(folder) == wanted, point
        shutil.rmtree(folder)


def changes(source: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> int:
    folder = shutil.copytree(source, tmp_path / "counted")
    return killed_at(10**6, folder, ACME, patch)


@pytest.mark.long
def test_an_interruption_can_be_run_again_with_the_same_or_other_answers(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It interrupts removal, build, picture, environments, project.toml and the end."""
    last = changes(small, tmp_path, monkeypatch)

    check_kills(small, tmp_path, monkeypatch, [*range(1, last, last // 8), last - 3, last])


@pytest.mark.long
def test_every_interruption_can_be_run_again(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = changes(small, tmp_path, monkeypatch)

    check_kills(small, tmp_path, monkeypatch, [*range(1, last + 1)])


@pytest.mark.long
def test_an_interrupted_init_of_an_empty_folder_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    last = changes(empty, tmp_path, monkeypatch)

    check_kills(empty, tmp_path, monkeypatch, [last // 2, last - 4, last - 1])


def typed(folder: Path, *lines: str, words: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run on a terminal and type lines; return the exit status and the terminal's text."""
    ours, theirs = pty.openpty()
    os.write(ours, "".join(f"{line}\n" for line in lines).encode())
    command = [sys.executable, "-m", "cfnlink", "init", "--settings", str(folder), *words]
    done = subprocess.run(
        command, cwd=ROOT, stdin=theirs, capture_output=True, text=True, check=False
    )
    os.close(theirs)
    os.close(ours)
    return done.returncode, done.stdout + done.stderr


def test_on_a_terminal_it_asks_and_asks_again_after_a_wrong_answer(shipped: Path) -> None:
    answers = ["Acme", "acme", "mars-1", "eu-central-1", "acme.example", "api.x.org", ""]
    status, said = typed(shipped, *answers, "", "ops@acme.example", "")

    assert status == 0, said
    assert "=Acme: " in said
    assert "Region of AWS [us-east-1]: " in said
    assert "api.x.org lies outside the hosted zone acme.example" in said
    assert "Domain of the API in production [api.acme.example; - for none]: " in said
    assert stated(shipped)["monitoring"] == {"alarm_email": "ops@acme.example"}
    assert stated(shipped, "production")["dns"] == {"domain": "api.acme.example"}


def test_on_a_terminal_without_a_zone_no_domain_is_asked(shipped: Path) -> None:
    status, said = typed(shipped, "acme", "", "", "", "")

    assert status == 0, said
    assert "Domain" not in said
    assert stated(shipped)["region"] == "us-east-1"


def test_a_terminal_that_ends_writes_nothing(shipped: Path) -> None:
    before = contents(shipped)

    status, said = typed(shipped, "acme", "\x04")

    assert status == 130
    assert "interrupted: run the same command again" in said
    assert contents(shipped) == before


def test_force_on_a_terminal_offers_what_the_project_has(shipped: Path) -> None:
    assert init(shipped, *ACME) == 0
    assert typed(shipped)[0] == 1

    status, said = typed(shipped, *[""] * 7, words=("--force",))

    assert status == 0, said
    assert "Name of the project [acme]: " in said
    assert stated(shipped)["project"] == "acme"


def test_without_a_terminal_it_asks_nothing_and_shows_the_whole_command(shipped: Path) -> None:
    command = [sys.executable, "-m", "cfnlink", "init", "--settings", str(shipped)]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stdout == ""
    words = shlex.split(done.stderr.partition("expected: ")[2])
    assert words[words.index("init") + 1 :][:2] == ["--project=acme", "--region=eu-central-1"]
    assert main(words[words.index("init") :]) == 0, (
        "the command that it shows works as it stands"
    )
    assert stated(shipped)["project"] == "acme"


def test_make_gives_the_typed_variables_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ZONE or PROJECT in the shell's environment belong to another program."""
    monkeypatch.setenv("ZONE", "europe-west1-b")
    folder = tmp_path / "it's new"

    done = make("init", "PROJECT=acme", "REGION=eu-central-1", "DOMAIN=", folder=folder)
    again = make("init", "PROJECT=other", folder=folder)

    assert done.returncode == 0, done.stderr
    assert stated(folder)["project"] == "acme"
    assert "account" not in stated(folder)
    assert done.stdout.endswith(f"next: make check SETTINGS={shlex.quote(str(folder))}\n")
    assert again.returncode == 2
    assert "REGION is missing" in again.stderr
    assert "expected: make init PROJECT=other REGION=eu-central-1 SETTINGS=" in again.stderr


def attribute(folder: Path, file: str) -> str:
    said = git(folder, "check-attr", "merge", "--", file)
    return said.rpartition(": ")[2].strip()


def test_the_repository_of_the_settings_gets_the_merge_driver(shipped: Path) -> None:
    git(shipped, "init")
    (shipped / ".gitattributes").write_text("*.png binary", "utf-8")

    assert init(shipped, *ACME) == 0
    assert init(shipped, *ACME) == 0

    assert attribute(shipped, "output/production/api.yaml") == "rebuilt"
    assert attribute(shipped, "environments/settings.schema.json") == "rebuilt"
    assert (shipped / ".gitattributes").read_text("utf-8").startswith("*.png binary\noutput/")
    assert (shipped / ".gitattributes").read_text("utf-8").count("output/**") == 1
    assert (shipped / ".gitignore").read_text("utf-8") == "build/\n"
    config = (shipped / ".git" / "config").read_text("utf-8")
    assert config.count("driver = true") == 1


def test_it_needs_no_git(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))

    assert init(shipped, *ACME) == 0
    assert not (shipped / ".gitattributes").exists()


def test_a_folder_without_a_repository_gets_a_gitignore_and_keeps_its_own(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    new = tmp_path / "new"
    (shipped / ".gitignore").write_text("/notes\n", "utf-8")

    assert init(new, *ACME) == 0
    assert init(shipped, *ACME) == 0

    assert (new / ".gitignore").read_text("utf-8") == "build/\n"
    assert (shipped / ".gitignore").read_text("utf-8") == "/notes\n"


def test_the_tool_s_own_attributes_name_the_driver() -> None:
    lines = (ROOT / ".gitattributes").read_text("utf-8").splitlines()

    assert "output/** linguist-generated merge=rebuilt" in lines
