"""The emulator in the foreground, with a running example; `cfnlink emulator` starts it."""

import json
import os
import shlex
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import example_build
import launch

HERE = Path(__file__).parent
# What a trial needs: an account that has used its services, every image, and addresses
# without a random id.
FIRST_USE = ("service_roles", "images", "addresses")
WHAT_IS_REAL = """
Real here: CloudFormation's order and exports, the AWS CLI and SDKs, API key, rate limit, CORS,
VPC link, load balancer and its health checks, rolling deployments, and the example, a process
of this machine for each task of a service.
Not real: IAM permissions, quotas, prices and durations; Fargate (a wait is 20 times shorter);
images (every repository has every tag, with nothing behind it); PostgreSQL (a stand-in offers
TLS, and no SQL runs); DNS and certificates.
"""


def free_port() -> int:
    """Return a port that no program listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def example_command() -> list[str]:
    """Return the command that runs the example: built by cargo, else the stand-in in Python."""
    print("cargo builds the example ...", flush=True)
    try:
        return [str(example_build.build())]
    except example_build.NotBuiltError as error:
        print(f"The example is a stand-in in Python: {error}", flush=True)
        return [sys.executable, str(HERE / "stand_in.py")]


def variables(port: int) -> str:
    """Return what a shell exports so that the AWS CLI and the operations use the emulator."""
    values = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    lines = [f"export {name}={value}" for name, value in values.items()]
    lines.append("unset AWS_PROFILE AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
    return "\n".join(lines)


def written(text: str, file: Path) -> str:
    """Write the variables to a file if possible, and return how a shell reads them."""
    try:
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{text}\n", "utf-8")
    except OSError as error:
        return f"type these lines, because {file} cannot be written: {error.strerror}"
    return f"type . {shlex.quote(os.path.relpath(file))}   which is:"


def announce(port: int, file: Path) -> None:
    """Print how to reach the emulator once it answers, and write the variables to a file."""
    while True:
        try:
            with urlopen(f"http://127.0.0.1:{port}/_ministack/ready"):
                break
        except (URLError, ConnectionError):
            time.sleep(0.1)
    text = variables(port)
    print(WHAT_IS_REAL)
    print(f"In another terminal {written(text, file)}\n\n{text}\n")
    print(f"The emulator is ready on http://127.0.0.1:{port}. Ctrl-C ends it.", flush=True)


def main() -> int:
    """Serve until Ctrl-C.

    The arguments are the port, 0 for a free one, and the file of variables for a shell.
    """
    port, file = int(sys.argv[1]) or free_port(), Path(sys.argv[2])
    rules = [{"image": "*.dkr.ecr.*", "command": example_command()}]
    threading.Thread(target=announce, args=(port, file), daemon=True).start()
    try:
        with tempfile.TemporaryDirectory(prefix=f"emulator-{port}-") as folder:
            programs = Path(folder, "programs.json")
            programs.write_text(json.dumps(rules))
            launch.serve(port, folder, programs, FIRST_USE)
    finally:
        if file.exists() and variables(port) in file.read_text("utf-8"):
            file.unlink()  # else it is that of an emulator that was started later
    print("The emulator has ended, and all that was deployed to it is gone.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # while cargo builds: nothing has been served yet
        sys.exit(130)
