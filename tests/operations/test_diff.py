"""`diff` says what a change of the templates does, without an account."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cfnlink.cli import main
from cfnlink.operations.changes import RENEWED
from cfnlink.operations.difference import differences
from cfnlink.system.replacement import CHANGED, MAYBE, REPLACED
from tests.helpers import git, need_shipped_tiers
from tests.operations.helpers import PRODUCTION, topic, write

Resources = dict[str, dict[str, Any]]


def bucket(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def instance(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::RDS::DBInstance", "Properties": properties}


def made_by(macro: str) -> dict[str, Any]:
    return {"Fn::Transform": {"Name": macro}}


def endpoint(**options: str) -> dict[str, Any]:
    return {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"DnsOptions": options}}


@pytest.mark.parametrize(
    ("before", "after", "how"),
    [
        (bucket(BucketName="one"), bucket(BucketName="two"), REPLACED),
        (bucket(BucketName="one"), bucket(), REPLACED),
        (bucket(Tags=[]), bucket(Tags=[1]), CHANGED),
        (instance(MultiAZ=True), instance(MultiAZ=False), MAYBE),
        (topic(Properties=made_by("a")), topic(Properties=made_by("b")), MAYBE),
        (instance(), topic(), REPLACED),
        ({"Type": "Custom::Thing", "A": 1}, {"Type": "Custom::Thing", "Metadata": {}}, CHANGED),
        (
            {"Type": "Unknown::Service::Type"},
            {"Type": "Unknown::Service::Type", "Properties": {"Name": "other"}},
            MAYBE,
        ),
        (
            {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Cpu": "256"}},
            {"Type": "AWS::ECS::TaskDefinition", "Properties": {"Cpu": "512"}},
            RENEWED,
        ),
        # two properties below one, of which only the second is create-only
        (endpoint(DnsRecordIpType="ipv4"), endpoint(DnsRecordIpType="ipv6"), CHANGED),
        (endpoint(), endpoint(PrivateDnsPreference="ALL_DOMAINS"), REPLACED),
        (
            instance(),
            instance(SourceDbiResourceId="db-A", RestoreTime="2026-11-26T10:00:00Z"),
            MAYBE,
        ),
    ],
)
def test_the_schema_of_a_type_decides(
    before: dict[str, Any], after: dict[str, Any], how: str
) -> None:
    (found,) = differences({"It": before}, {"It": after}, "us-east-1")

    assert found.how == how


def test_a_change_of_order_alone_is_none() -> None:
    before, after = topic(DependsOn="Other"), topic(DependsOn=["Other", "Third"])

    assert differences({"It": before}, {"It": after}, "us-east-1") == []


def test_what_a_template_says_of_itself_is_told() -> None:
    """Of templates that others wrote, too: CDK writes the same Metadata."""
    context = {"why": "x", "mutable": "free-to-tune", "mutability": {"A": "must-never-change"}}
    said = {"Metadata": {"com.aws.cloudformation.Context": context}}
    before = topic(Properties={"A": 1, "B": 1}, **said)
    after = topic(Properties={"A": 2, "B": 2}, **said)

    (found,) = differences({"It": before}, {"It": after}, "us-east-1")

    words = found.change("s", "t", "It").words()
    assert words == (
        "  changed in place: It, AWS::SNS::Topic (A, B); its Metadata says must-never-change: A"
    )


def test_a_replacement_causes_others() -> None:
    def network(block: str) -> Resources:
        lies_in = {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.0.0.0/24"}
        alarm = {"AlarmDescription": {"Fn::Sub": "in ${Subnet}"}}
        return {
            "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
            "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": lies_in},
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": block}},
        }

    found = differences(network("10.0.0.0/16"), network("10.1.0.0/16"), "us-east-1")

    assert [(each.id, each.how, each.because) for each in found] == [
        ("Alarm", CHANGED, ("Subnet",)),
        ("Subnet", REPLACED, ("Vpc",)),
        ("Vpc", REPLACED, ()),
    ]


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """Return a git repository with production's output, committed."""
    shutil.copytree(PRODUCTION, tmp_path / "output" / "production")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "one")


def edit(folder: Path, file: str, change: Callable[[str], str]) -> None:
    path = folder / "output" / "production" / file
    text = path.read_text("utf-8")
    assert change(text) != text
    path.write_text(change(text), "utf-8")


Said = tuple[int, str, str]


def said(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> Said:
    code = main(["diff", str(folder), "--base", "HEAD", *more])
    done = capsys.readouterr()
    return code, done.out, done.err


def test_an_unchanged_environment_has_no_difference(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, committed / "output" / "production")

    assert (code, out) == (0, "shop-production: nothing would change.\n")


def test_data_that_would_be_lost_ends_with_its_own_code_until_it_is_named(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(committed, "database.yaml", lambda text: text.replace("DBName: app", "DBName: other"))
    folder = committed / "output" / "production"

    code, out, err = said(capsys, folder)
    named, _, _ = said(capsys, folder, "--allow-replacement", "Instance")

    assert (code, named) == (3, 0)
    assert "REPLACED: Instance, AWS::RDS::DBInstance (DBName); a final snapshot stays" in out
    assert "(SecretString); because of DatabaseInstance" in out
    assert "--allow-replacement Instance" in err


def test_a_replacement_that_another_stack_imports_is_one_that_aws_refuses(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need_shipped_tiers()
    edit(
        committed,
        "network.yaml",
        lambda text: text.replace("CidrBlock: 10.0.0.0/16", "CidrBlock: 10.1.0.0/16"),
    )

    _, out, _ = said(capsys, committed / "output" / "production")

    vpc = next(line for line in out.splitlines() if "Vpc, AWS::EC2::VPC" in line)
    assert "REPLACED" in vpc
    assert "AWS refuses it while shop-production-api, shop-production-database" in vpc
    assert "REPLACED: SecurityGroup, AWS::EC2::SecurityGroup (VpcId); because of" in out


def test_a_renamed_project_is_another_system_and_no_command_deletes_the_former(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(committed, "manifest.json", lambda text: text.replace('"shop', '"store'))

    code, out, _ = said(capsys, committed / "output" / "production")

    assert code == 0
    assert "store-production: all of it is new, in HEAD the project was shop." in out
    assert "If shop-production is deployed" in out
    assert "delete-stack" not in out


def test_a_renamed_environment_is_another_one(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (committed / "output" / "production").rename(committed / "output" / "live")

    _, out, _ = said(capsys, committed / "output" / "live")

    assert "all of it is new, it was not in HEAD" in out
    assert "If it is production renamed: to AWS it is another one, with an empty" in out


def test_a_stack_that_left_the_manifest_stays_at_aws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "tiny", one={"Topic": topic()}, two={"Other": topic()})
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    write(tmp_path / "tiny", one={"Topic": topic()})

    code, out, _ = said(capsys, tmp_path / "tiny", "--json")

    assert code == 0
    content = json.loads(out)
    assert content["changes"] == []
    assert "no longer built: tiny-test-two." in content["stacks"][0]
    assert "delete-stack --region us-east-1 --stack-name tiny-test-two" in content["stacks"][0]


def test_a_revision_that_git_does_not_know_is_one_line(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = committed / "output" / "production"
    other = shutil.copytree(folder, folder.with_name("copy"))
    git(committed, "branch", "--move", "trunk")

    assert main(["diff", str(folder), str(other), "--base", "nowhere"]) == 2
    one = capsys.readouterr().err
    assert main(["diff", str(folder), "--base", "nowhere", "--json"]) == 2
    git(committed, "branch", "other")
    assert main(["diff", str(folder), "--base", "nowhere"]) == 2
    two = capsys.readouterr().err

    missing = f"{committed}: the revision nowhere does not exist here; branches: "
    assert one.splitlines()[0] == f"{missing}trunk"
    assert one.splitlines()[1].endswith(f"cfnlink diff {folder} --base trunk")
    assert len(one.splitlines()) == 2
    assert two.splitlines()[-2] == f"{missing}other, trunk"
    assert two.endswith("--base ...\n")


def test_a_revision_is_asked_of_no_repository_and_of_one_without_a_commit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "tiny", one={"Topic": topic()})

    assert main(["diff", str(folder), "--base", "main"]) == 2
    assert "it is in no git repository, so main is not known" in capsys.readouterr().err
    git(tmp_path, "init", "--quiet")
    assert main(["diff", str(folder), "--base", "main"]) == 2
    said = capsys.readouterr().err
    assert f"{tmp_path}: this repository has no commit yet, so no revision main" in said
    assert f"next: commit {tmp_path} to git, then: " in said


def test_a_revision_whose_folder_is_unusable_is_named(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = committed / "output" / "production"
    whole = (folder / "manifest.json").read_text("utf-8")
    (folder / "manifest.json").write_text("{", "utf-8")
    commit(committed)
    (folder / "manifest.json").write_text(whole, "utf-8")

    assert main(["diff", str(folder), "--base", "HEAD"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"{folder}/manifest.json: at the revision HEAD: ")
    assert f"next: to see the revisions: git -C {folder} log --oneline -- ." in said


def test_without_git_a_revision_is_answered_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    code = main(["diff", str(PRODUCTION), "--base", "main"])

    assert code == 2
    said = capsys.readouterr().err
    assert "git is not installed, and only git knows main" in said
    assert said.endswith("next: install git\n")


def test_another_major_version_restarts_the_database_and_brings_its_parameter_group(
    committed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(
        committed,
        "database.yaml",
        lambda text: text.replace("15.19", "16.15").replace("postgres15", "postgres16"),
    )

    code, out, _ = said(capsys, committed / "output" / "production")

    assert code == 0
    assert "REPLACED: ParameterGroup, AWS::RDS::DBParameterGroup (Family)" in out
    assert "may be REPLACED: Instance" in out
    assert "the stack policy stops AWS if it would be; the database restarts" in out
