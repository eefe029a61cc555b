"""Write the files of a new project so that an interrupted run can be repeated.

A new project is built first, and its project.toml is written last. Until then the folder has
the example's project, and another run may have the same answers or others.
"""

from collections.abc import Mapping
from pathlib import Path

from build import SCHEMA
from build import main as build
from cfnlink.picture.command import draw_all
from initialize.check import written
from initialize.draft import Draft
from initialize.output import remove_built
from templates.settings.files import PROJECT_FILE


def write(folder: Path, draft: Draft, texts: Mapping[str, str]) -> int:
    """Write the settings files and build output/; return the build's exit status.

    texts: the files by their paths in the folder. The files of an existing project are
    written first, so that a build that rejects them names them. Raises OSError.
    """
    output = folder / "output"
    folders = [output / name for name in draft.environments]
    if not draft.is_shipped:
        _write_files(folder, texts)
        return build(["--settings", str(folder)]) or draw_all(folders)
    remove_built(output, draft.environments)
    with written(texts) as settings:
        status = build(["--settings", str(settings), "--output", str(output)])
        if status := status or draw_all(folders):
            return status
        schema = (settings / SCHEMA).read_text("utf-8")
    _write_files(folder, {SCHEMA.as_posix(): schema, **texts})
    return 0


def _write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files, project.toml last."""
    for path in sorted(texts, key=lambda path: path == str(PROJECT_FILE)):
        _replace(folder / path, texts[path])


def _replace(path: Path, text: str) -> None:
    """Replace the whole file at once; do nothing if it already has this text."""
    if path.is_file() and path.read_text("utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f"{path.name}.new")
    half.write_text(text, "utf-8", newline="\n")
    half.replace(path)
