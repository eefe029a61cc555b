"""An environment with every capability is deployed, answers, and is destroyed."""

import json
import shutil
from pathlib import Path

import pytest

from build import build, main, write
from templates.settings import Settings
from tests.helpers import ROOT, SETTINGS
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud, emulator
from tests.rehearsal.issuer import Issuer, issuing
from tests.rehearsal.programs import real_parts
from tests.test_capabilities import CHANGED, settings_with
from tests.tools import need

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
EXAMPLE = ROOT / "docs" / "examples" / "everything.toml"

ACCOUNT = "000000000000"  # of the emulator
# The parameter that the example reads as a secret; no stack makes it.
TOKEN = {
    "Name": "/shop/everything/mail-token",
    "Type": "SecureString",
    "Value": "of the mail service",
    "Tags": [
        {"Key": "project", "Value": "shop"},
        {"Key": "environment", "Value": "everything"},
    ],
}


def built(folder: Path, issuer: Issuer) -> Path:
    """Build the example for clients and tokens of this machine; return its output."""
    shutil.copytree(SETTINGS, folder, dirs_exist_ok=True)
    text = EXAMPLE.read_text("utf-8")
    for shown, here in (
        ("https://login.example.com/", issuer.url),
        ("https://api.example.com", "api"),
        ("203.0.113.0/24", "127.0.0.0/8"),
        ("111122223333", ACCOUNT),
    ):
        assert shown in text
        text = text.replace(shown, here)
    (folder / "environments" / "everything.toml").write_text(text, "utf-8")
    assert main(["--settings", str(folder), "everything"]) == 0
    return folder / "output" / "everything"


def built_alone(folder: Path, capability: str) -> Path:
    """Build the example with one capability, for the account of the emulator."""
    text = settings_with(capability).model_dump_json().replace("111122223333", ACCOUNT)
    write(build(Settings.model_validate_json(text)), folder)
    return folder / "everything"


def kept(cloud: Cloud) -> set[str]:
    """Return the buckets and queues that AWS has."""
    buckets = cloud.client("s3").list_buckets()["Buckets"]
    queues = cloud.client("sqs").list_queues().get("QueueUrls", [])
    return {
        *(each["Name"].rpartition("-")[0] for each in buckets),
        *(each.rpartition("/")[2] for each in queues),
    }


def test_everything_comes_up_answers_and_goes(tmp_path: Path) -> None:
    need("node")
    with issuing(tmp_path / "issuer") as issuer:
        output = built(tmp_path / "settings", issuer)
        certificate = str(issuer.folder / "tls.pem")
        with emulator(
            tmp_path, NODE_EXTRA_CA_CERTS=certificate, **real_parts(tmp_path)
        ) as cloud:
            cloud.client("ssm").put_parameter(**TOKEN)
            deployed = run(cloud, "deploy", output, "--image-tag", "1")
            assert deployed.code == 0, deployed
            smoke = run(cloud, "smoke", output, "--json", SMOKE_TOKEN=issuer.token())
            assert smoke.code == 0, smoke.out
            results = {each["result"] for each in json.loads(smoke.out)["checks"]}
            assert results <= {"ok", "warning"}, smoke.out
            destroyed = run(cloud, "destroy", output, "--yes", "everything", "--really")
            assert destroyed.code == 0, destroyed
            assert kept(cloud)
            for name in kept(cloud):
                assert name in destroyed.out


@pytest.mark.parametrize("capability", CHANGED)
def test_each_capability_comes_up_alone_and_goes(capability: str, tmp_path: Path) -> None:
    output = built_alone(tmp_path / "output", capability)
    with emulator(tmp_path) as cloud:
        cloud.client("ssm").put_parameter(**TOKEN)
        deployed = run(cloud, "deploy", output, "--image-tag", "1")
        assert deployed.code == 0, deployed
        again = run(cloud, "plan", output, "--json")
        assert json.loads(again.out)["changes"] == []
        destroyed = run(cloud, "destroy", output, "--yes", "everything", "--really")
        assert destroyed.code == 0, destroyed
