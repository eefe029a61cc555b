"""No two environments of the user take the same name."""

from pathlib import Path

from tests.project.names import collisions


def test_the_environments_do_not_collide(folder: Path) -> None:
    assert collisions(sorted((folder / "output").glob("*"))) == []
