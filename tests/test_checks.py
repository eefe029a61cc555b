"""`cfnlink lint` prints messages in three formats, and rejects unusable input."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cfnlink import cli
from cfnlink.lint import cache, command
from cfnlink.lint.names import Names
from cfnlink.system.folder import LARGEST_FILE_BYTES, read
from cfnlink.system.link import link
from tests.helpers import ROOT, example_output, example_outputs

VPC = "Resources:\n  Vpc:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.0.0.0/16}\n"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "kept_in", lambda _: tmp_path / "kept")


def folder(path: Path, *templates: str, **manifest: Any) -> Path:
    path.mkdir(exist_ok=True)
    stacks = []
    for number, text in enumerate(templates):
        (path / f"t{number}.yaml").write_text(text, "utf-8")
        stacks.append(
            {"tier": f"t{number}", "name": f"stack-{number}", "template": f"t{number}.yaml"}
        )
    content = {"region": "us-east-1", "stacks": stacks, **manifest}
    (path / "manifest.json").write_text(json.dumps(content), "utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main(["lint", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


IMPORT = """
Resources:
  Group:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Value: !ImportValue nowhere
"""


def test_a_finding_names_the_line_of_the_template(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, str(folder(tmp_path / "a", VPC, IMPORT)))

    assert status == 1
    assert f"{tmp_path}/a/t1.yaml:7 (t1: Group) E9001 stack-1: no stack exports nowhere" in out


def test_a_wrong_kind_is_found_through_an_import(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stock cfn-lint sees it once the stacks are linked."""
    network = VPC + "Outputs: {Vpc: {Value: !Ref Vpc, Export: {Name: vpc}}}\n"
    instance = (
        "Resources:\n  Link:\n    Type: AWS::ApiGatewayV2::VpcLink\n    Properties:\n"
        "      Name: x\n      SubnetIds: [!ImportValue vpc, !ImportValue vpc]\n"
        "      SecurityGroupIds: [!ImportValue vpc]\n"
    )
    status, out, _ = run(capsys, str(folder(tmp_path / "a", network, instance)))

    assert status == 1
    assert "t1.yaml:7 (t1: Link) E1041" in out


GROUP = """
Resources:
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: web}}
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !Ref Group, IpProtocol: "-1", CidrIp: 10.0.0.0/8}
Outputs: {Group: {Value: !Ref Group, Export: {Name: group}}}
"""
SERVICE = """
Resources:
  Service:
    Type: AWS::ECS::Service
    Properties:
      TaskDefinition: web
      NetworkConfiguration:
        AwsvpcConfiguration: {Subnets: [subnet-0123abcd], SecurityGroups: [!ImportValue group]}
"""


def test_a_service_waits_for_all_of_an_earlier_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, apart, _ = run(capsys, str(folder(tmp_path / "a", GROUP, SERVICE)))
    resources = SERVICE.partition("Resources:\n")[2].replace("!ImportValue group", "!Ref Group")
    one = GROUP.partition("Outputs")[0] + resources
    _, together, _ = run(capsys, str(folder(tmp_path / "b", one)))

    assert "W9435" not in apart
    assert "tasks may start before Rule; add" in together


DATABASE = """
Resources:
  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceClass: db.m5.large}}
Outputs:
  Host: {Value: !GetAtt Db.Endpoint.Address, Export: {Name: host}}
"""


def test_an_exported_endpoint_is_a_warning_at_the_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, str(folder(tmp_path / "a", DATABASE)))

    assert "t0.yaml:5 (t0: Host) W9229 it exports a value of Db, and a restore" in out


MESSAGES = {
    "T0Vpc and T1Group": "Vpc and Group of stack-1",
    "T1Group.GroupId is ${T0Vpc.CidrBlock}.": "Group.GroupId of stack-1 is ${Vpc.CidrBlock}.",
    "T0VpcX, xT0Vpc and T00Vpc": "T0VpcX, xT0Vpc and T00Vpc",
    "'X' is not one of ['T0Vpc', 'T1Group', 'AWS::Region']": (
        "'X' is not one of ['Vpc', 'AWS::Region']"
    ),
    "T1Group of stack-1 has it": "Group of stack-1 has it",
    "T1Use-Key does not match any of": "Use-Key of stack-1 does not match any of",
    "T1VpcVpc is no T1Vpc": "VpcVpc of stack-1 is no Vpc of stack-1",
}


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_has_the_names_of_the_templates(tmp_path: Path, message: str) -> None:
    vpc = "Type: AWS::EC2::VPC"
    bodies = ", ".join(f"{name}: {{{vpc}}}" for name in ("Group", "Vpc", "VpcVpc", "Use-Key"))
    other = f"Resources: {{{bodies}}}"
    stacks = read(folder(tmp_path / "a", VPC, other)).stacks()
    names = Names(stacks, link(stacks))

    assert names.in_templates(message, "t0") == MESSAGES[message]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_no_finding_has_a_name_of_the_system(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    """Of our rules, of cfn-lint's (E1020, E3005) and of the linker (E9007)."""
    wrong = DATABASE.replace("Host:", "Bad: {Value: !Ref Dbb}\n  Host:")
    wrong = wrong.replace("{Type:", "{DependsOn: Dbb, Type:", 1)
    path = folder(tmp_path / "a", wrong, GROUP, SERVICE)

    _, out, _ = run(capsys, str(path), "--format", form)

    assert "is not one of ['Db'" in out
    assert "E3005" in out
    assert not re.findall(r"\bT[012][A-Z]\w*", out)


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("[W2001, W912]", {"E9001"}),
        ("[E9001]", {"W2001", "W9129"}),
        ("W2001", {"E9001", "W2001", "W9129"}),  # cfn-lint takes a list only
    ],
)
def test_the_metadata_of_a_template_ignores_rules_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], ignored: str, left: set[str]
) -> None:
    """Those of cfn-lint, ours and the linker's, by the beginning of their ids."""
    faulty = VPC.replace("10.0.", "8.0.") + IMPORT.replace("Resources:\n", "")
    faulty = f"Parameters: {{Unused: {{Type: String, Default: x}}}}\n{faulty}"
    config = f"Metadata: {{cfn-lint: {{config: {{ignore_checks: {ignored}}}}}}}\n"
    path = folder(tmp_path / "a", faulty, config + faulty)

    _, out, _ = run(capsys, "--format", "json", str(path))
    found = {
        name: {one["Rule"]["Id"] for one in json.loads(out) if one["Filename"].endswith(name)}
        for name in ("t0.yaml", "t1.yaml")
    }

    assert found["t0.yaml"] >= {"E9001", "W2001", "W9129"}
    assert found["t1.yaml"] & {"E9001", "W2001", "W9129"} == left


def test_a_clean_folder_says_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, str(folder(tmp_path / "a", VPC))) == (0, "", "")


def test_our_own_finding_leads_to_the_python_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(example_output(), tmp_path / "production")
    broken = (copy / "api.yaml").read_text("utf-8").replace("-network-Vpc\n", "-network-Vcp\n")
    (copy / "api.yaml").write_text(broken, "utf-8")

    status, out, _ = run(capsys, str(copy))

    lines = (ROOT / "templates/api.py").read_text("utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if '"SecurityGroup", network.vpc' in text)
    vpc_id = broken[: broken.index("-network-Vcp")].count("\n")
    assert status == 1
    assert f"templates/api.py:{line} (api: SecurityGroup) E9001" in out
    assert f"    {copy}/api.yaml:{vpc_id}" in out


def test_json_is_the_list_of_cfn_lint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, str(folder(tmp_path / "a", IMPORT)), "--format", "json")

    (finding,) = json.loads(out)
    assert status == 1
    assert finding["Rule"]["Id"] == "E9001"
    assert finding["Level"] == "Error"
    assert finding["Filename"] == f"{tmp_path}/a/t0.yaml"
    assert finding["Location"]["Start"] == {"LineNumber": 7, "ColumnNumber": 7}
    assert finding["Location"]["Path"] == ["Resources", "Group", "Properties", "Value"]


def test_sarif_names_rule_and_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, str(folder(tmp_path / "a", IMPORT)), "--format", "sarif")

    (found,) = json.loads(out)["runs"][0]["results"]
    assert found["ruleId"] == "E9001"
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 7


def test_github_shows_it_beside_the_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, str(folder(tmp_path / "a", IMPORT)), "--format", "github")

    assert out.startswith(f"::error file={tmp_path}/a/t0.yaml,line=7,title=E9001::(t0: Group) ")


def test_the_examples_output_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, *map(str, example_outputs()))

    assert (status, out, err) == (0, "", "")


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
UNUSABLE: dict[str, Any] = {
    "not readable as JSON or YAML": "Resources: [",
    "not a template": "- 1",
    "needs a mapping Resources": "Description: none",
    "larger than 1,000,000": "#" * (LARGEST_FILE_BYTES + 1),
    "expand without limit": BOMB + "Resources: *i\n".replace("*i", "{A: *i}"),
    "the key Resources occurs twice": "Resources: {}\nResources: {}\n",
    "not readable as JSON or YAML: ": "Resources: {A: !Ref [[}",
    "while increasing flow level": "[" * 5000,
    "Conditions is a list; expected a mapping": "Resources: {}\nConditions: []\n",
    "Resources is a text; expected a mapping": "Resources: x\n",
    "Resources.A is null; expected a mapping": "Resources: {A: }\n",
    "Resources.A is a list; expected a mapping": "Resources: {A: []}\n",
    "Outputs is null; expected a mapping": "Resources: {}\nOutputs:\n",
    "Outputs.O is a text; expected a mapping": "Resources: {}\nOutputs: {O: x}\n",
    "Parameters is a list; expected a mapping": "Resources: {}\nParameters: [{A: {}}]\n",
    "Parameters.P is a number; expected a mapping": "Resources: {}\nParameters: {P: 5}\n",
    "Mappings is a boolean; expected a mapping": "Resources: {}\nMappings: true\n",
    "Mappings.M is a text; expected a mapping": "Resources: {}\nMappings: {M: x}\n",
    "Rules is a list; expected a mapping": "Resources: {}\nRules: []\n",
    "Metadata is a text; expected a mapping": "Resources: {}\nMetadata: x\n",
    "Outputs.O.Export is a text; expected": "Resources: {}\nOutputs: {O: {Export: x}}\n",
    "the key in line 1 is null": "Resources: {~: {}}\n",
    "the key in line 2 is a list": "Resources:\n  ? [a, b]\n  : {}\n",
}


@pytest.mark.parametrize("why", UNUSABLE)
def test_a_template_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], why: str
) -> None:
    status, out, err = run(capsys, str(folder(tmp_path / "a", UNUSABLE[why])))

    assert (status, out) == (2, "")
    assert err.startswith(f"{tmp_path}/a/t0.yaml: ")
    assert why in err
    assert err.count("\n") == 1


def test_one_folder_of_several_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each folder is checked in its own process, which returns the error."""
    good = folder(tmp_path / "good", VPC)
    bad = folder(tmp_path / "bad", "Resources: [")

    status, out, err = run(capsys, str(good), str(bad))

    assert (status, out) == (2, "")
    assert err.startswith(f"{bad}/t0.yaml: not readable as JSON or YAML: ")


def with_manifest(path: Path, text: str | bytes) -> Path:
    path.mkdir()
    (path / "t.yaml").write_text(VPC, "utf-8")
    data = text.encode() if isinstance(text, str) else text
    (path / "manifest.json").write_bytes(data)
    return path


ENTRY = '{"tier": "t", "name": "n", "template": "t.yaml"}'
OTHER_TIER = '{"tier": "u", "name": "n", "template": "t.yaml"}'


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "not readable as JSON"),
        (b"\xff\xfe", "not readable as JSON"),
        ("[" * 200_000, "nested too deeply"),
        ("[]", "not a manifest"),
        ('{"stacks": []}', "not a manifest"),
        ('{"stacks": [5]}', 'needs a text "tier"'),
        ('{"stacks": [{"tier": "t", "name": "n"}]}', 'needs a text "template"'),
        (f'{{"stacks": [{ENTRY}, {ENTRY}]}}', "the tier t is named twice"),
        (f'{{"stacks": [{ENTRY}, {OTHER_TIER}]}}', "two stacks have the name n"),
        (f'{{"stacks": [{ENTRY.replace("t.yaml", "../t.yaml")}]}}', "is outside the folder"),
        (
            f'{{"stacks": [{ENTRY.replace("t.yaml", "/etc/passwd")}]}}',
            "is outside the folder",
        ),
        (f'{{"stacks": [{ENTRY.replace("t.yaml", "none.yaml")}]}}', "there is no such file"),
        (f'{{"stacks": [{ENTRY.replace("t.yaml", ".")}]}}', "there is no such file"),
        (f'{{"stacks": [{ENTRY}], "parts": ["t.Vpc"]}}', '"parts" is no object'),
        (f'{{"stacks": [{ENTRY}], "parts": {{"p": 5}}}}', "p is 5; expected a tier and"),
        (f'{{"stacks": [{ENTRY}], "parts": {{"p": "u.Vpc"}}}}', "p is 'u.Vpc'; expected"),
        (f'{{"stacks": [{ENTRY}], "parts": {{"p": "t.No"}}}}', "does not exist: t.No"),
        (f'{{"stacks": [{ENTRY}], "region": "xx-1"}}', '"region": cfn-lint knows no xx-1'),
        (f'{{"stacks": [{ENTRY}], "monthly_budget_usd": "5"}}', 'budget_usd" is no number'),
        (
            f'{{"stacks": [{ENTRY[:-1]}, "capabilities": ["CAPABILITY_ALL"]}}]}}',
            "list of CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND",
        ),
        (f'{{"stacks": [{ENTRY}], "prices": []}}', '"prices" is no object of numbers'),
        (f'{{"stacks": [{ENTRY}], "prices": {{"A": "5"}}}}', '"prices" is no object of'),
        (f'{{"stacks": [{ENTRY}], "usage": {{"log_gb": "5"}}}}', '"usage" is no object of'),
    ],
)
def test_a_manifest_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes, why: str
) -> None:
    status, _, err = run(capsys, str(with_manifest(tmp_path / "a", text)))

    assert status == 2
    assert why in err
    assert str(tmp_path / "a") in err
    assert err.count("\n") == 1


OF_LINT = "expected a folder with templates or a manifest.json, or a template in YAML or JSON"


def test_a_wrong_path_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "other"  # no folder beside it has a manifest that could be meant
    other.mkdir()
    (other / "values.yaml").write_text("replicas: 1\n", "utf-8")
    (tmp_path / "README.md").write_text("# Read me\n", "utf-8")
    none = "there is no such file or folder; "
    (tmp_path / "built").mkdir()
    folder(tmp_path / "built" / "production", VPC)
    for path, why in (
        ("nope", none + OF_LINT),
        ("nope.yaml", none + OF_LINT),
        ("other", f"there is no template in this folder; {OF_LINT}"),
        (
            "built",
            f"there is no template in this folder; expected one of {tmp_path}/built/prod",
        ),
        ("built/staging", f"{none}expected one of {tmp_path}/built/production"),
        ("README.md", "not a template: it needs a mapping Resources"),
    ):
        status, out, err = run(capsys, str(tmp_path / path))

        assert (status, out) == (2, "")
        assert err.startswith(f"{tmp_path}/{path}: {why}")


def test_all_that_cannot_be_used_is_named_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is missing, wrong ones of two folders, and a wrong path."""
    bad = folder(tmp_path / "bad", "Resources: [", VPC, "- 1", VPC)
    (bad / "t1.yaml").unlink()
    other = folder(tmp_path / "other", VPC, "Resources: x")
    files = [*(bad / f"t{number}.yaml" for number in (0, 1, 2)), other / "t1.yaml"]

    for paths, expected in (
        ((bad,), files[:3]),
        ((other, tmp_path / "nope"), [tmp_path / "nope"]),
    ):
        status, out, err = run(capsys, *map(str, paths))

        assert (status, out) == (2, "")
        assert [line.partition(": ")[0] for line in err.splitlines()] == [*map(str, expected)]
    (bad / "t1.yaml").write_text(VPC, "utf-8")
    _, _, err = run(capsys, str(bad), str(other))
    assert [line.partition(": ")[0] for line in err.splitlines()] == [
        str(file) for file in files if file.name != "t1.yaml" or file.parent == other
    ]


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_what_cannot_be_used_is_in_the_document_of_a_program(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    path = folder(tmp_path / "a", VPC, "Resources: {}\nOutputs: [")

    status, out, err = run(capsys, str(path), "--format", form)

    assert status == 2
    assert err.startswith(f"{path}/t1.yaml: not readable as JSON or YAML")
    assert "E9031" in out
    if form != "github":
        json.loads(out)


def test_sarif_without_findings_is_a_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, str(folder(tmp_path / "a", VPC)), "--format", "sarif")

    assert json.loads(out)["runs"]


def test_an_unchanged_folder_is_answered_from_the_cache(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(folder(tmp_path / "a", IMPORT))
    first = run(capsys, path)
    monkeypatch.setattr(command, "_check", lambda folders: [[] for _ in folders])

    assert run(capsys, path) == first

    (tmp_path / "a/t0.yaml").write_text(VPC, "utf-8")
    assert run(capsys, path)[0] == 0


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"digest": "x", "findings": []}'])
def test_a_broken_cache_is_never_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: bytes
) -> None:
    path = str(folder(tmp_path / "a", IMPORT))
    first = run(capsys, path)
    (kept,) = (tmp_path / "kept").iterdir()
    kept.write_bytes(damage)

    assert run(capsys, path) == first
    assert b"E9001" in kept.read_bytes()


def test_the_answers_are_kept_beside_the_settings_or_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed package must not write into itself, nor into the folder of a stranger."""
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    stranger = read(folder(tmp_path / "theirs", VPC))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "project.toml").touch()
    own = read(folder(tmp_path / "mine" / "output", VPC))

    assert cache.kept_in(stranger) == tmp_path / "caches" / "cfnlink" / "checks"
    assert cache.kept_in(own) == tmp_path / "mine" / "build" / "checks"


def test_another_linter_or_python_is_another_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = read(folder(tmp_path / "a", IMPORT))

    def key() -> str:
        cache._programs.cache_clear()
        return cache.key(asked)

    keys = [key()]
    for version in ("1", "2"):
        (tmp_path / "version.py").write_text(version, "utf-8")
        found = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
        monkeypatch.setattr(cache, "find_spec", lambda _, found=found: found)
        keys.append(key())
    monkeypatch.setattr("sys.version", "another")
    keys.append(key())
    cache._programs.cache_clear()

    assert len(set(keys)) == len(keys)


def test_the_answer_of_the_cache_needs_no_linter() -> None:
    """The import of cfn-lint takes longer than everything else."""
    loaded = "sys.exit(bool({'cfnlint', 'yaml'} & set(sys.modules)))"
    code = f"import sys, cfnlink.cli, cfnlink.lint.command; {loaded}"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
