"""The authorizer runs behind the emulator's gateway, with an issuer on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from build import main
from tests.helpers import built_with
from tests.operations.helpers import run
from tests.operations.stubs import EchoService, served
from tests.rehearsal.cloud import Cloud, emulator
from tests.rehearsal.issuer import Issuer, issuing
from tests.tools import need

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    with issuing(tmp_path_factory.mktemp("issuer")) as found:
        yield found


@pytest.fixture(scope="module")
def output(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    section = f'\n[api.jwt]\nissuer = "{issuer.url}"\naudience = ["api"]\n'
    return built_with(tmp_path_factory.mktemp("settings"), section)


@pytest.fixture(scope="module")
def cloud(
    issuer: Issuer, output: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    need("node")
    home = tmp_path_factory.mktemp("home")
    certificate = str(issuer.folder / "tls.pem")
    with emulator(home, NODE_EXTRA_CA_CERTS=certificate) as found:
        assert run(found, "deploy", output, "--image-tag", "1").code == 0
        with served(found, "development"):
            yield found


def checks(done: Any) -> dict[str, str]:
    return {each["name"]: each["result"] for each in json.loads(done.out)["checks"]}


def test_smoke_without_a_token_tries_what_it_can(cloud: Cloud, output: Path) -> None:
    done = run(cloud, "smoke", output, "--json")

    found = checks(done)
    assert found["no token"] == found["no key"] == found["preflight"] == "ok", done.out
    assert {found[name] for name in ("key", "path", "database", "limit")} == {"warning"}
    assert "SMOKE_TOKEN is empty" in done.out


def test_a_token_passes_and_the_service_sees_whose_it_is(
    cloud: Cloud, output: Path, issuer: Issuer
) -> None:
    seen: list[dict[str, str]] = []
    answer = EchoService.do_GET

    def recorded(handler: EchoService) -> None:
        seen.append({name.lower(): value for name, value in handler.headers.items()})
        answer(handler)

    good = issuer.token(scope="read write")
    with mock.patch.object(EchoService, "do_GET", recorded):
        done = run(cloud, "smoke", output, "--json", SMOKE_TOKEN=good)

    assert done.code == 0, done.out + done.err
    assert set(checks(done).values()) <= {"ok", "warning"}
    assert checks(done)["path"] == "ok"
    assert good not in done.out
    asked = [each for each in seen if "x-subject" in each]
    assert asked
    assert {(each["x-subject"], each["x-scopes"]) for each in asked} == {
        ("user|7", "read write")
    }
    assert issuer.asked


@pytest.mark.long
@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"aud": "other"}, {"iss": "https://evil.example.com/"}]
)
def test_a_hostile_token_gets_401_with_cors(
    cloud: Cloud, output: Path, issuer: Issuer, claims: dict[str, Any]
) -> None:
    bad = issuer.token(**claims)
    done = run(cloud, "smoke", output, "--json", SMOKE_TOKEN=bad)

    (key,) = [each for each in json.loads(done.out)["checks"] if each["name"] == "key"]
    assert (key["result"], key["says"]) == (
        "FAILED",
        "API Gateway says Unauthorized: SMOKE_TOKEN holds none that is valid",
    )


@pytest.mark.long
def test_tokens_go_again_with_their_function(cloud: Cloud, output: Path) -> None:
    """It is the last test of the environment: afterwards the key alone is enough."""
    file = output.parents[1] / "environments" / "development.toml"
    file.write_text(file.read_text("utf-8").partition("\n[api.jwt]")[0] + "\n", "utf-8")
    assert main(["--settings", str(output.parents[1]), "development"]) == 0

    refused = run(cloud, "deploy", output)
    assert "AuthorizerLog" in refused.err
    done = run(cloud, "deploy", output, "--allow-replacement", "ApiAuthorizerLog")
    assert done.code == 0, done.out + done.err
    assert cloud.client("lambda").list_functions()["Functions"] == []
    smoke = run(cloud, "smoke", output, "--json")
    assert (smoke.code, checks(smoke)["key"]) == (0, "ok")
    assert "no token" not in checks(smoke)
