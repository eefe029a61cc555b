"""The commands of README.md work as they stand, in a copy of this repository.

Nothing is installed: make takes the Python and the emulator that are here. Only docker, dig and
the end of TLS at API Gateway are stand-ins; docker and dig are recorded.
"""

import os
import pty
import re
import shlex
import shutil
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import SHUT_WR, create_connection, socket

import pytest

from cfnlink.operations.database import PSQL_SOURCE, PSQL_TAG
from tests.copies import copy_repository
from tests.helpers import ROOT, example_output, readme
from tests.operations.helpers import run
from tests.operations.stubs import SERVERS
from tests.rehearsal.cloud import Cloud
from tests.rehearsal.foreground import READY, account, foreground
from tests.shell import INSTALLED
from tests.tools import need

pytestmark = pytest.mark.rehearsal
# To `make init`: project, region, hosted zone; and the default of everything else.
ANSWERS = "acme\neu-central-1\nacme.example\n\n\n\n\n"


@dataclass(frozen=True)
class Clone:
    """A copy of this repository with the shipped example, and a shell of a user in it."""

    folder: Path
    environment: Mapping[str, str]

    def shell(self, script: str) -> str:
        """What a script prints that must end well."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        return done.stdout

    def terminal(self, script: str, typed: str) -> str:
        """What a script shows on a terminal at which this is typed; it must end well."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            ["bash", "-euc", script],
            cwd=self.folder,
            env=self.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            os.write(ours, typed.encode())
            shown = b""
            with suppress(OSError):  # how Linux says that the other end is closed
                while part := os.read(ours, 4096):
                    shown += part
            code = process.wait()
        os.close(ours)
        assert code == 0, shown.decode()
        return shown.decode()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a clone whose path has a space, the example in it, and a home of its own."""
    need("curl")
    need("emulator")
    folder = copy_repository(tmp_path / "my clone")
    programs = tmp_path / "bin"
    programs.mkdir()
    write_program(programs / "make", shlex.join([str(shutil.which("make")), *INSTALLED]))
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    rust = {
        name: os.environ.get(name, str(Path.home() / folder_))
        for name, folder_ in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
    }
    return Clone(folder, {**rust, "PATH": path, "HOME": str(tmp_path), "TERM": "dumb"})


def write_program(file: Path, command: str) -> None:
    file.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    file.chmod(0o755)


def section(title: str) -> str:
    """Return a section of README by its title, its subsections included."""
    return readme().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str, kind: str = "sh") -> list[str]:
    """Return the blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_command_of_make_that_the_readme_names_is_one(clone: Clone) -> None:
    commands = [line for block in blocks(readme()) for line in block.splitlines()]
    commands += re.findall(r"`(make [^`]*)`", readme())
    named = {command.partition(" >")[0] for command in commands if command.startswith("make ")}
    script = "\n".join(
        f"make --dry-run {command.removeprefix('make ')} >/dev/null" for command in named
    )

    assert len(named) > 20
    clone.shell(script)


def test_the_table_of_places_is_true() -> None:
    places = section("Where things are")
    named = {
        name
        for cell in re.findall(r"^\| (`.*?) \|", places, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", cell)
    }

    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.long
def test_ten_minutes_without_an_account(clone: Clone) -> None:
    """Two terminals, as the section says: the emulator in the first, the rest in the second."""
    tour = section("Ten minutes without an AWS account")
    (answer,) = blocks(tour, "json")
    first, emulator, second = "\n".join(blocks(tour)).partition("make emulator\n")
    terminal = ["bash", "-euo", "pipefail", "-c", f"{first}exec {emulator}"]

    with foreground(terminal, clone.folder, clone.environment) as program:
        program.read_until(READY)
        shown = clone.shell(second)
        program.interrupt()

    assert answer.strip() in shown
    assert re.search(r"\d of (\d) checks passed|^next: ", shown, re.MULTILINE)
    assert "FAILED" not in shown
    assert "development is deleted" in shown
    assert (clone.folder.parent / "trial" / "output" / "development").is_dir()


@pytest.mark.long
def test_the_first_hour(clone: Clone, tmp_path: Path) -> None:
    """It runs every block, from make init on a terminal to the first request over TLS."""
    log = tmp_path / "log"
    servers = " ".join(SERVERS)
    record = f'sh -c \'echo "$0 $*" >>{shlex.quote(str(log))}; '
    write_program(tmp_path / "bin" / "docker", f"{record} cat >/dev/null' docker")
    write_program(tmp_path / "bin" / "dig", f'{record} printf "%s\\n" {servers}\' dig')
    (tmp_path / "account").mkdir()

    with (
        account(tmp_path / "account") as (cloud, _),
        tls_for("api.acme.example", cloud.port, tmp_path),
    ):
        credentials = {k: v for k, v in cloud.environment.items() if k.startswith("AWS_")}
        path = os.pathsep.join([clone.environment["PATH"], str(Path(sys.executable).parent)])
        user = Clone(clone.folder, {**clone.environment, **credentials, "PATH": path})
        init, *rest = blocks(section("The first hour"))
        shown = user.terminal(init, ANSWERS)
        shown += "".join(user.shell(block) for block in rest)
        stacks = user.shell("aws cloudformation describe-stacks --region eu-central-1")

    assert init == "make init\n"
    assert '{"method":"GET","path":"/"}' in shown
    recorded = log.read_text("utf-8").splitlines()
    repository = recorded[-1 if " push " in recorded[-1] else 2].split()[-1].removesuffix(":1")
    mirror = "buildx imagetools create --platform linux/arm64"
    assert recorded == [
        f"docker login --username AWS --password-stdin {repository.partition('/')[0]}",
        f"docker build --platform linux/arm64 --tag {repository}:1 example",
        f"docker push {repository}:1",
        f"docker {mirror} --tag {repository}:{PSQL_TAG} {PSQL_SOURCE}",
        "dig +short NS acme.example.",
    ]
    # The service's stack is updated at the end: its alarms exist then.
    assert len(re.findall(r'"StackStatus": "(CREATE|UPDATE)_COMPLETE"', stacks)) == 8


def test_the_line_that_the_readme_shows_is_that_of_the_example(
    tmp_path: Path,
) -> None:
    folder = example_output("production")
    (shown,) = blocks(section("The first hour"), "text")

    done = run(Cloud(1, tmp_path), "commands", folder, "--image-tag", "1")

    assert shown in done.out.replace(str(folder), "output/production")


@contextmanager
def tls_for(name: str, port: int, home: Path) -> Iterator[None]:
    """End the TLS of a domain in front of the emulator, for curl in this home."""
    certificate, key = str(home / "certificate.pem"), str(home / "key.pem")
    files = ["-keyout", key, "-out", certificate]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    request = [need("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*request, *files, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                context.wrap_socket(self.request, server_side=True) as client,
                create_connection(("127.0.0.1", port)) as gateway,
            ):
                forth = threading.Thread(target=copy, args=(client, gateway), daemon=True)
                forth.start()
                copy(gateway, client)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        (home / ".curlrc").write_text(
            f'connect-to = "{name}:443:127.0.0.1:{server.server_address[1]}"\n'
            f'cacert = "{certificate}"\n'
        )
        yield
        server.shutdown()


def copy(source: socket, target: socket) -> None:
    """Pass on what comes until it ends."""
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(SHUT_WR)
