"""A missing program skips its tests with the command that helps; in CI they fail."""

from pathlib import Path

import pytest

from tests.tools import need


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty PATH on a machine that is not CI."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", "false")
    return tmp_path


def test_a_missing_tool_skips_the_test_with_the_command_that_installs_it() -> None:
    with pytest.raises(pytest.skip.Exception, match="no git here; fix: make test-tools"):
        need("git")


def test_in_ci_no_test_is_skipped_for_a_missing_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no git here; fix: make test-tools"):
        need("git")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("echo 'error: rustup could not choose a version' >&2; exit 1", "does not run: error"),
        ("echo 'cargo 1.60.0 (d1fd9fe 2022-03-01)'", "needs Rust 1.85, not cargo 1.60.0"),
    ],
)
def test_a_cargo_that_cannot_build_the_example_is_missing(
    path: Path, script: str, why: str
) -> None:
    program(path, "cargo", script)

    with pytest.raises(pytest.skip.Exception, match=why) as skipped:
        need("cargo")
    assert str(skipped.value).endswith("fix: rustup toolchain install stable")


def test_a_cargo_that_is_new_enough_is_used(path: Path) -> None:
    program(path, "cargo", "echo 'cargo 1.85.0 (d73d2caf9 2024-12-31)'")

    assert need("cargo") == str(path / "cargo")
