"""The example service keeps the contract that the templates need."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from build import build
from templates.load_balancer import HEALTH_CHECK_SECONDS, HEALTH_CHECK_TIMEOUT_SECONDS
from templates.service import GRACE_SECONDS
from templates.settings import ORIGINS_VARIABLE, ApiSettings, ServiceSettings
from tests.helpers import changed, properties
from tests.tools import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from templates.settings import Settings

EXAMPLE = Path(__file__).parents[1] / "example"
STAND_IN = EXAMPLE.parent / "tests" / "rehearsal" / "emulator" / "stand_in.py"
PASSWORD = "correct-horse"
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
PATIENCE_SECONDS = 20
ORIGINS = ["https://a.example.com", "https://b.example.com"]


@dataclass(frozen=True)
class Service:
    """A running example and the port that its first line of log named."""

    process: subprocess.Popen[str]
    start: dict[str, object]

    @property
    def address(self) -> tuple[str, int]:
        port = self.start["port"]
        assert isinstance(port, int)
        return "127.0.0.1", port

    def request(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE_SECONDS)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, str]:
        return self.request("GET", path)

    def next_log_line(self) -> dict[str, object]:
        assert self.process.stdout
        line: dict[str, object] = json.loads(self.process.stdout.readline())
        return line

    def stop(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def cargo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment in which cargo builds outside the source."""
    need("cargo")
    target = str(tmp_path_factory.mktemp("target"))
    return os.environ | {"CARGO_TARGET_DIR": target}


@pytest.fixture(scope="module")
def binary(cargo: dict[str, str]) -> Path:
    build = ["cargo", "build", "--quiet", "--locked", "--offline"]
    subprocess.run(build, cwd=EXAMPLE, env=cargo, check=True)
    return Path(cargo["CARGO_TARGET_DIR"]) / "debug" / "example"


@pytest.fixture
def database() -> Iterator[socket.socket]:
    """Listen as a database; each test decides the answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE_SECONDS)
        yield listener


WITH_SQL = pytest.param("with SQL", marks=pytest.mark.long)


@pytest.fixture(params=["built by cargo", "stand-in", WITH_SQL])
def service(request: pytest.FixtureRequest, database: socket.socket) -> Iterator[Service]:
    """Start the example, then the two in Python of the emulator: each keeps the contract."""
    command = [sys.executable, str(STAND_IN)]
    if request.param == "with SQL":
        command = [need("emulator"), str(STAND_IN.with_name("sql_service.py"))]
    if request.param == "built by cargo":
        command = [str(request.getfixturevalue("binary"))]
    with started(command, url_of(database)) as service:
        yield service


def url_of(listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"postgres://user:{PASSWORD}@127.0.0.1:{port}/name?sslmode=require"


@contextmanager
def started(command: list[str], url: str, address: str = "127.0.0.1") -> Iterator[Service]:
    """Start the example on a port that the system finds; wait until it listens."""
    process = subprocess.Popen(
        command,
        env={
            "DB_URL": url,
            "DB_POOL_SIZE": "7",
            "PORT": "0",
            "LISTEN_ADDRESS": address,
            "CORS_ALLOW_ORIGINS": ",".join(ORIGINS),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # Reading a pipe knows no timeout: end a service that says nothing.
    watchdog = threading.Timer(PATIENCE_SECONDS, process.kill)
    watchdog.start()
    try:
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        assert line, f"the service did not start: {process.stderr.read()}"
        yield Service(process, json.loads(line))
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


@contextmanager
def answering(database: socket.socket, answer: bytes) -> Iterator[list[bytes]]:
    """Answer one client; yield what the client sends."""
    received: list[bytes] = []

    def answer_one() -> None:
        client, _ = database.accept()
        with client:
            received.append(client.recv(1024))
            client.sendall(answer)

    thread = threading.Thread(target=answer_one, daemon=True)
    thread.start()
    yield received
    thread.join(PATIENCE_SECONDS)


def contract() -> str:
    return (EXAMPLE / "README.md").read_text("utf-8")


def test_the_contract_names_every_variable_and_header(system: dict[str, Any]) -> None:
    task = properties(system, "ServiceTaskDefinition")["ContainerDefinitions"][0]
    variables = [entry["Name"] for entry in (*task["Environment"], *task["Secrets"])]
    variables.append(ORIGINS_VARIABLE)  # with several origins
    mapped = properties(system, "ApiProxyMethod")["Integration"]["RequestParameters"]
    headers = [source.rpartition(".")[2] for source in mapped if ".request.header." in source]

    assert headers
    for name in variables + headers:
        assert f"| `{name}` |" in contract(), name


def test_the_contract_has_the_numbers_of_the_templates(system: dict[str, Any]) -> None:
    service, api = ServiceSettings(), ApiSettings()
    group = properties(system, "LoadBalancerTargetGroup")

    for words in (
        f"{service.port} (`service.port`)",
        f"{service.database_pool_size} (`service.database_pool_size`)",
        f"`GET {service.health_path}` (`service.health_path`)",
        f"every {HEALTH_CHECK_SECONDS} seconds and waits {HEALTH_CHECK_TIMEOUT_SECONDS}",
        f"after {group['UnhealthyThresholdCount']} failures",
        f"from {GRACE_SECONDS} seconds after the start",
        f"{service.stop_timeout_seconds} seconds (`service.stop_timeout_seconds`)",
        f"below `{service.writable_paths[0]}` (`service.writable_paths`)",
        f"{api.timeout_seconds:g} seconds (`api.timeout_seconds`)",
    ):
        assert words in contract(), words


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_the_contract_has_each_form_of_db_url(production: Settings, mode: str) -> None:
    built = build(changed(production, "database.ssl_mode", mode))
    resources = built.system.template["Resources"]
    text, _ = properties(resources, "DatabaseUrlSecret")["SecretString"]["Fn::Sub"]
    form = re.sub(r"\{\{resolve:[^}]*\}[^}]*:(\w+)\}\}", r"\1", text)
    form = (
        form.replace("username", "user").replace("${Host}", "host").replace("${Port}", "port")
    )

    assert f"| `{mode}` | `{form}` |" in contract()


def test_the_image_declares_what_stays_writable() -> None:
    """Fargate gives a volume the owner of the image's directory only if VOLUME names it."""
    lines = (EXAMPLE / "Dockerfile").read_text("utf-8").splitlines()
    (volume,) = [line for line in lines if line.startswith("VOLUME")]
    after = lines[lines.index(volume) + 1 :]

    assert json.loads(volume.removeprefix("VOLUME")) == [*ServiceSettings().writable_paths]
    assert not [line for line in after if re.match("RUN|COPY|ADD|USER", line)]


def test_unit_tests_of_the_service_pass(cargo: dict[str, str]) -> None:
    command = ["cargo", "test", "--quiet", "--locked", "--offline"]
    tests = subprocess.run(
        command, cwd=EXAMPLE, env=cargo, check=False, capture_output=True, text=True
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr


def test_start_tells_the_pool_size(service: Service) -> None:
    assert service.start["db_pool_size"] == 7


def test_health_leaves_the_database_alone(service: Service, database: socket.socket) -> None:
    assert service.get("/health") == (200, "ok")
    database.setblocking(False)
    with pytest.raises(BlockingIOError):
        database.accept()


def test_database_is_reached_when_it_offers_tls(
    service: Service, database: socket.socket
) -> None:
    with answering(database, b"S") as received:
        status, body = service.get("/database")
    assert (status, json.loads(body)) == (200, {"database": "reached", "tls": True})
    assert received == [SSL_REQUEST]


@pytest.mark.parametrize("answer", [b"N", b""], ids=["no TLS", "no answer"])
def test_database_that_offers_no_tls_is_unavailable(
    service: Service, database: socket.socket, answer: bytes
) -> None:
    with answering(database, answer):
        status, _ = service.get("/database")
    assert status == 503


def test_database_where_nothing_listens_is_unavailable(
    service: Service, database: socket.socket
) -> None:
    database.close()
    status, body = service.get("/database")
    assert status == 503
    assert "refused" in json.loads(body)["database"]


def test_other_paths_answer_what_arrived(service: Service) -> None:
    status, body = service.request("POST", r'/a"b\c/%C3%A9?page=2')
    assert status == 200
    assert json.loads(body) == {"method": "POST", "path": r'/a"b\c/%C3%A9'}


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(each, [each]) for each in ORIGINS]
    + [(each, []) for each in ("null", "", "https://b.example.com.evil.com")],
)
def test_the_origin_that_asks_is_allowed_if_it_is_in_the_list(
    service: Service, origin: str, allowed: list[str]
) -> None:
    connection = http.client.HTTPConnection(*service.address, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/orders", headers={"Origin": origin})
    answer = connection.getresponse()
    connection.close()

    assert (answer.headers.get_all("Access-Control-Allow-Origin") or []) == allowed
    assert answer.headers.get_all("Vary") == ["Origin"]


def test_a_body_that_is_not_read_does_not_prevent_the_answer(service: Service) -> None:
    status, _ = service.request("PUT", "/upload", body=bytes(8 * 1024 * 1024))
    assert status == 200


def test_answer_to_head_has_no_body(service: Service) -> None:
    with socket.create_connection(service.address, PATIENCE_SECONDS) as client:
        client.sendall(b"HEAD / HTTP/1.1\r\n\r\n")
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"not HTTP\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000, 431)],
    ids=["not HTTP", "endless header"],
)
def test_unusable_request_is_refused(service: Service, sent: bytes, status: int) -> None:
    if STAND_IN.parent.name in str(service.process.args):
        pytest.skip("the limits of a request are the example's own, not the contract's")
    with socket.create_connection(service.address, PATIENCE_SECONDS) as client:
        client.sendall(sent)
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 %d " % status)


def test_request_is_one_line_of_log_with_its_id_and_without_its_query(
    service: Service,
) -> None:
    service.request("GET", "/orders/7?token=hunter2", x_request_id="c6af9ac6")
    line = service.next_log_line()
    assert isinstance(line.pop("milliseconds"), int)
    assert line == {
        "requestId": "c6af9ac6",
        "method": "GET",
        "path": "/orders/7",
        "status": 200,
    }


def test_sigterm_lets_a_running_request_finish(service: Service) -> None:
    with socket.create_connection(service.address, PATIENCE_SECONDS) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\n")
        # Connections are taken in their order: this answer says that ours was.
        service.get("/health")
        service.next_log_line()
        service.process.send_signal(signal.SIGTERM)
        assert service.next_log_line() == {"message": "stopping"}
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(service.address)
        client.sendall(b"\r\n")
        assert client.makefile("rb").readline().startswith(b"HTTP/1.1 200 ")
    assert service.process.wait(PATIENCE_SECONDS) == 0


def test_sigterm_ends_an_idle_service(service: Service) -> None:
    service.stop()
    assert service.process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only 127.0.0.1 is loopback here")
def test_sigterm_ends_a_service_on_another_address(
    service: Service, database: socket.socket
) -> None:
    command = [str(word) for word in service.process.args]  # type: ignore[union-attr]
    with started(command, url_of(database), "127.0.0.9") as other:
        other.stop()
        assert other.process.returncode == 0


def test_password_is_never_printed(service: Service, database: socket.socket) -> None:
    with answering(database, b"S"):
        answers = [service.get("/database")[1]]
    database.close()
    answers += [service.get(path)[1] for path in ("/database", "/health", "/other")]
    told = "".join([json.dumps(service.start), *answers, *service.stop()])
    assert "/other" in told
    assert PASSWORD not in told


UNUSABLE: list[tuple[dict[str, str], str]] = [
    ({}, "DB_URL is missing"),
    ({"DB_URL": f"mysql://user:{PASSWORD}@host:1/name"}, "DB_URL does not start"),
    ({"DB_URL": f"postgres://user:{PASSWORD}@host/name"}, "DB_URL names no port"),
    ({"DB_URL": "postgres://u:p@h:1/n", "DB_POOL_SIZE": "0"}, "DB_POOL_SIZE is"),
    ({"DB_URL": "postgres://u:p@h:1/n", "PORT": "http"}, "PORT is"),
]


@pytest.mark.parametrize("environment", [environment for environment, _ in UNUSABLE])
def test_the_stand_in_refuses_an_unusable_environment_too(environment: dict[str, str]) -> None:
    refused = subprocess.run(
        [sys.executable, STAND_IN],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("DB_URL, PORT or DB_POOL_SIZE is missing or wrong: ")
    assert refused.stderr.count("\n") == 1
    assert PASSWORD not in refused.stderr


@pytest.mark.parametrize(("environment", "problem"), UNUSABLE)
def test_unusable_environment_is_refused_in_one_line(
    binary: Path, environment: dict[str, str], problem: str
) -> None:
    refused = subprocess.run(
        [binary],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(problem)
    assert refused.stderr.count("\n") == 1
    assert PASSWORD not in refused.stderr
