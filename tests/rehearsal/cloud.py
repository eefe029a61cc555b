"""Deploy stacks with the real AWS CLI to an emulator of AWS on 127.0.0.1."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import boto3
import botocore.session
import pytest

from cfnlink.operations import aws_cli
from cfnlink.operations.environment import open_environment
from tests.helpers import ROOT
from tests.tools import need

LAUNCHER = Path(__file__).parent / "emulator" / "launch.py"
START_SECONDS = 60
END_SECONDS = 5

# Each command has a session of its own, and each session would read botocore's files again.
botocore.session.create_loader = cache(botocore.session.create_loader)


@dataclass(frozen=True)
class Cloud:
    """A running emulator, and the variables with which programs find it."""

    port: int
    home: Path
    region: str = "us-east-1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables for the AWS CLI and boto3, without the user's own settings."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *_python_path()]),
            "HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "rehearsal",
            "AWS_SECRET_ACCESS_KEY": "rehearsal",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, command: str, folder: Path = ROOT) -> str:
        """Run a line of shell as a user does; return its output with errors."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def client(self, service: str) -> Any:
        return _client(service, self.url, self.region)

    def deploy(self, folder: Path, stack: dict[str, Any]) -> str:
        """Deploy one stack of a manifest with the command that `make commands` prints."""
        return self.run(deploy_command(folder, stack))


def new_client(service: str, **options: str) -> Any:
    """Return a client of boto3 for a service whose name only the test knows."""
    create: Any = boto3.client
    return create(service, **options)


@cache
def _client(service: str, url: str, region: str) -> Any:
    return new_client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )


def _python_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def deploy_command(folder: Path, stack: dict[str, Any]) -> str:
    """Return the command that `make commands` prints for one stack of a manifest."""
    environment = open_environment(folder)
    found = environment.stack(stack["name"])
    values = {found.image_tag: "1"} if found.image_tag else {}
    return aws_cli.deploy_command(environment, found, values)


def stacks_of(folder: Path) -> list[dict[str, Any]]:
    """Return the stacks of an output folder, in deployment order."""
    return list(json.loads((folder / "manifest.json").read_text("utf-8"))["stacks"])


@contextmanager
def emulator(home: Path, region: str = Cloud.region, **options: str) -> Iterator[Cloud]:
    """Start an emulator and end its process afterwards.

    region: where the clients look. options: further variables of its environment.
    """
    python = need("emulator")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cloud = Cloud(port, home, region)
    with (home / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [python, LAUNCHER, "--port", str(port)],
            env={**cloud.environment, **options},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_ready(cloud, process)
            yield cloud
        finally:
            process.terminate()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:  # a stack still waits for a service
                process.kill()
                process.wait()


def _wait_until_ready(cloud: Cloud, process: "subprocess.Popen[bytes]") -> None:
    """Ask until the emulator answers; the pause only limits the load."""
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            break
        try:
            with urlopen(f"{cloud.url}/_ministack/ready"):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail((cloud.home / "emulator.log").read_text("utf-8", "replace"))
