"""Draw environments into their output folders: `python -m reports.picture FOLDER ...`.

Exit status: 0 drawn, 2 unusable input or a file that cannot be written.
"""

import argparse
import sys
from pathlib import Path

from checks.folder import UnusableError, read
from checks.link import link
from reports.picture import draw, title

FILE = "architecture.svg"


def main(arguments: list[str] | None = None) -> int:
    """Write architecture.svg beside the templates of each folder."""
    parser = argparse.ArgumentParser(prog="python -m reports.picture", description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    try:
        for path in options.folder:
            folder = read(path)
            text = draw(link(folder.stacks()), title(folder))
            (path / FILE).write_text(text, "utf-8", newline="\n")
    except UnusableError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: not written: {error.strerror}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
