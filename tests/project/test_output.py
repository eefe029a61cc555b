"""The user's own output: `make build` wrote it from the settings as they are now."""

from pathlib import Path

from build import SCHEMA, Built
from checks.folder import read
from reports.picture import draw, title
from reports.picture.__main__ import FILE
from templates.settings import schema


def test_the_output_is_what_the_settings_give(folder: Path, built: dict[str, Built]) -> None:
    for name, environment in built.items():
        output = folder / "output" / name
        written = {
            path.name: path.read_text("utf-8")
            for path in output.glob("*")
            if path.suffix in (".yaml", ".json")
        }
        assert written == environment.files, f"{output} is stale: run `make build`"


def test_every_output_folder_is_that_of_an_environment(
    folder: Path, built: dict[str, Built]
) -> None:
    folders = {path.name for path in (folder / "output").iterdir() if path.is_dir()}

    assert folders == set(built)


def test_the_picture_is_what_the_templates_give(folder: Path, built: dict[str, Built]) -> None:
    for name, environment in built.items():
        output = folder / "output" / name
        drawn = draw(environment.system, title(read(output)))

        assert (output / FILE).read_text("utf-8") == drawn, f"{output} is stale: `make build`"


def test_the_schema_is_that_of_the_settings(folder: Path) -> None:
    assert (folder / SCHEMA).read_text("utf-8") == schema(), "it is stale: run `make build`"
