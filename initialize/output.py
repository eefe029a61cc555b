"""The files of an output folder that a build wrote."""

from contextlib import suppress
from pathlib import Path

from cfnlink.picture.command import FILE

SUFFIXES = (".yaml", ".json", ".new")  # .new is half of a file that was interrupted
MANIFEST = "manifest.json"


def remove_built(output: Path, environments: list[str]) -> None:
    """Remove the files of a build; keep other files and the folders that hold them.

    environments: those whose folders belong to the build, with or without a manifest (an
    interrupted build has none). Other folders belong to it if they have a manifest, which is
    removed last.
    """
    named = [output / name for name in environments if (output / name).is_dir()]
    built = [manifest.parent for manifest in sorted(output.glob(f"*/{MANIFEST}"))]
    for folder in dict.fromkeys([*named, *built]):
        for path in sorted(
            folder.iterdir(), key=lambda path: (path.name == MANIFEST, path.name)
        ):
            if path.suffix in SUFFIXES or path.name == FILE:
                path.unlink()
        with suppress(OSError):
            folder.rmdir()
