"""Draw environments into their output folders: `python -m cfnlink.picture FOLDER ...`.

Exit status: 0 drawn, 2 unusable input or a file that cannot be written.
"""

import argparse
import sys
from pathlib import Path

from cfnlink import piped
from cfnlink.picture import draw, title
from cfnlink.system.folder import UnusableError, read
from cfnlink.system.link import link

FILE = "architecture.svg"


def main(arguments: list[str] | None = None) -> int:
    """Write architecture.svg beside the templates of each folder that can be read."""
    parser = argparse.ArgumentParser(prog="python -m cfnlink.picture", description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    wrong = [error for path in options.folder if (error := _draw(path))]
    for error in wrong:
        print(error, file=sys.stderr)
    return 2 if wrong else 0


def _draw(path: Path) -> str:
    """Write the picture of one folder; return why it cannot be written."""
    try:
        folder = read(path)
        text = draw(link(folder.stacks()), title(folder))
        (path / FILE).write_text(text, "utf-8", newline="\n")
    except UnusableError as error:
        return str(error)
    except OSError as error:
        return f"{error.filename}: not written: {error.strerror}"
    return ""


if __name__ == "__main__":
    piped.run(main)
