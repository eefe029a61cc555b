"""`make emulator` serves an account in which a deployed service answers."""

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.helpers import ROOT, example_output
from tests.operations.helpers import run
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.foreground import PROGRAM, Foreground
from tests.rehearsal.foreground import account as served

pytestmark = pytest.mark.rehearsal
DEVELOPMENT = example_output("development")


@dataclass
class Account:
    """A running emulator, and the engine that it must not ask for containers."""

    cloud: Cloud
    program: Foreground
    engine: socket.socket

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        request = Request(f"{self.cloud.url}/_emulator/development/{path}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The emulator where docker has an engine and cargo builds nothing."""
    home = tmp_path_factory.mktemp("home")
    cargo = home / "cargo"
    cargo.write_text("#!/bin/sh\necho 'no toolchain' >&2\nexit 1\n")
    cargo.chmod(0o755)
    with (
        tempfile.TemporaryDirectory(prefix="engine-") as folder,
        socket.socket(socket.AF_UNIX) as engine,
    ):
        engine.bind(f"{folder}/docker.sock")
        engine.listen()
        engine.setblocking(False)
        path = f"{home}{os.pathsep}{os.environ['PATH']}"
        host = f"unix://{folder}/docker.sock"
        with served(home, PATH=path, DOCKER_HOST=host, TIME_FACTOR="100") as running:
            yield Account(*running, engine)


@pytest.fixture(scope="module")
def deployed(account: Account) -> Account:
    done = run(account.cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    assert done.code == 0, done.err
    return account


def place(account: Account) -> tuple[str, int]:
    """Return where the healthy task of the service listens."""
    balancing = account.cloud.client("elbv2")
    (group,) = balancing.describe_target_groups()["TargetGroups"]
    found = balancing.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    (target,) = [
        each["Target"]
        for each in found["TargetHealthDescriptions"]
        if each["TargetHealth"]["State"] == "healthy"
    ]
    return target["Id"], target["Port"]


def test_it_says_what_it_exports_and_what_is_not_real(account: Account) -> None:
    said = "\n".join(account.program.lines)

    assert f"export AWS_ENDPOINT_URL={account.cloud.url}\n" in said
    assert "\nNot real: IAM permissions, " in said
    assert "The example is a stand-in in Python: cargo fails: no toolchain\n" in said


def test_a_port_that_is_taken_is_reported(account: Account) -> None:
    port = str(account.cloud.port)

    done = subprocess.run(
        [*PROGRAM, "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith(f"port {port} of 127.0.0.1 is taken; fix: ")
    assert done.stderr.endswith("cfnlink emulator\n")


def test_nothing_stands_in_the_way_of_a_deployment(deployed: Account) -> None:
    done = run(deployed.cloud, "preflight", DEVELOPMENT, "--image-tag", "7")

    assert done.code == 0, done.out
    assert "ok: service-linked roles: 5 are there" in done.out
    assert "ok: image: " in done.out


def test_a_request_with_the_key_reaches_the_example(deployed: Account) -> None:
    _, key = deployed.get("key")

    refused = deployed.get("api/orders/7")
    answer = deployed.get("api/orders/7?page=2", x_api_key=key.strip())

    assert refused[0] == 403
    assert (answer[0], json.loads(answer[1])["path"]) == (200, "/orders/7")


def test_what_is_not_deployed_is_reported(deployed: Account) -> None:
    with pytest.raises(HTTPError) as error:
        urlopen(f"{deployed.cloud.url}/_emulator/live/api/")
    with error.value as answer:
        assert answer.read() == b"no API of an environment live is deployed here\n"


def test_smoke_finds_nothing_wrong(deployed: Account) -> None:
    done = run(deployed.cloud, "smoke", DEVELOPMENT)

    assert done.code == 0, done.out
    assert done.out.endswith(": 9 of 9 checks passed.\n"), done.out


def test_the_log_of_the_example_is_the_services_log(deployed: Account) -> None:
    run(deployed.cloud, "smoke", DEVELOPMENT)

    done = run(deployed.cloud, "logs", DEVELOPMENT, "--once")

    assert '"path":"/smoke/test","status":200' in done.out


@pytest.mark.long
def test_a_release_is_another_process(deployed: Account) -> None:
    first = place(deployed)
    done = run(deployed.cloud, "release", DEVELOPMENT, "--tag", "2")
    _, key = deployed.get("key")

    assert done.code == 0, done.err
    assert first != place(deployed)
    assert deployed.get("api/", x_api_key=key.strip())[0] == 200


def test_no_engine_of_containers_is_asked(deployed: Account) -> None:
    with pytest.raises(BlockingIOError):
        deployed.engine.accept()


def test_ctrl_c_ends_the_example_and_leaves_nothing(deployed: Account) -> None:
    address = place(deployed)

    rest = deployed.program.interrupt()

    assert deployed.program.process.returncode == 0, rest
    assert rest.splitlines()[-1].startswith("The emulator has ended")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    assert not (deployed.cloud.home / "emulator.env").exists()
    assert not [*Path(tempfile.gettempdir()).glob(f"emulator-{deployed.cloud.port}-*")]
