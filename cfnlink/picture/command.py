"""Draw environments into their output folders: `cfnlink draw FOLDER ...`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

from cfnlink.picture import draw, title
from cfnlink.system.folder import UnusableError, read
from cfnlink.system.link import link

FILE = "architecture.svg"


def run(options: SimpleNamespace) -> int:
    """Draw the folders of a command line."""
    return draw_all(options.folder)


def draw_all(folders: Iterable[Path]) -> int:
    """Write architecture.svg beside the templates of each folder that can be read.

    Return the exit code: 2 if one cannot be read or written.
    """
    wrong = [error for path in folders if (error := _draw(path))]
    for error in wrong:
        print(error, file=sys.stderr)
    return 2 if wrong else 0


def _draw(path: Path) -> str:
    """Write the picture of one folder; return why it cannot be written."""
    try:
        folder = read(path)
        text = draw(link(folder.stacks(), folder.known), title(folder))
        (path / FILE).write_text(text, "utf-8", newline="\n")
    except UnusableError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: not written: {error.strerror}"
    return ""
