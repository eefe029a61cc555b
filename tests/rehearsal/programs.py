"""What images run in an emulator whose tasks are processes of this machine."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal import cli_plugin
from tests.rehearsal.emulator import example_build
from tests.tools import TOOLS, MissingError, need

STAND_IN = Path(__file__).parent / "emulator" / "stand_in.py"
OURS = "*.dkr.ecr.*"  # an image of the account's own repositories


@dataclass
class Programs:
    """The rules of an emulator, in a file that it reads at each start of a container."""

    file: Path
    _rules: list[dict[str, Any]] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """Return what the emulator's environment names, so that tasks are processes."""
        return {"PROGRAMS": str(self.file)}

    def run(
        self, image: str, command: Sequence[str | Path] | None, arguments: str = "*"
    ) -> None:
        """Let images that match a pattern of fnmatch run a command, before all other rules.

        The next start of a container sees it. With None there is no such image. arguments: the
        pattern of the container's own command, which a worker has.
        """
        words = None if command is None else [str(word) for word in command]
        rule = {"image": image, "arguments": arguments, "command": words}
        self._rules.insert(0, rule)
        written = self.file.with_suffix(".new")
        written.write_text(json.dumps(self._rules), "utf-8")
        written.replace(self.file)


def real_parts(home: Path) -> dict[str, str]:
    """Return the variables of an emulator with all real parts that this machine has.

    home: of the programs that a test starts; the AWS CLI is told there to ask often.

    The account's images run the example, or its stand-in in Python without cargo. A DB instance
    is a server of PostgreSQL 15, or a stand-in that offers TLS.
    """
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(cli_plugin.CONFIGURATION)
    programs = Programs(home / "programs.json")
    try:
        programs.run(OURS, [example_build.build()])
    except example_build.NotBuiltError:
        programs.run(OURS, [sys.executable, STAND_IN])
    try:
        databases = {"DATABASES": str(Path(TOOLS["postgres"].find()).parent)}
    except MissingError:
        databases = {}
    return programs.variables | databases


def need_real_parts() -> None:
    """Skip a test that has passed with a stand-in, and say which; in CI it fails."""
    need("cargo")
    need("postgres")


def example_programs(home: Path) -> Programs:
    """Return rules by which the account's images run the example, built by cargo.

    Without cargo the test is skipped, and fails in CI.
    """
    need("cargo")
    try:
        program = example_build.build()
    except example_build.NotBuiltError as error:
        pytest.fail(str(error), pytrace=False)
    programs = Programs(home / "programs.json")
    programs.run(OURS, [program])
    return programs
