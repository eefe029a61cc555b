"""Link and lint folders of templates: `python -m cfnlink.lint FOLDER ...`.

Exit status: 0 clean, 1 findings (notes do not count), 2 unusable input.
"""

import argparse
import gc
import sys
from pathlib import Path

from cfnlink import piped
from cfnlink.lint import cache
from cfnlink.lint.finding import Finding
from cfnlink.lint.formats import FORMATS
from cfnlink.system.folder import Folder, UnusableError, read


def main(arguments: list[str] | None = None) -> int:
    """Check the folders in parallel; print all findings in the order of the folders."""
    parser = argparse.ArgumentParser(prog="python -m cfnlink.lint", description=__doc__)
    parser.add_argument("folder", nargs="+", type=Path)
    parser.add_argument("--format", choices=FORMATS, default="text")
    options = parser.parse_args(arguments)
    try:
        folders = [read(path) for path in options.folder]
        findings = [finding for found in check_all(folders) for finding in found]
    except UnusableError as error:
        print(error, file=sys.stderr)
        return 2
    text = FORMATS[options.format](findings)
    if text:
        print(text)
    return int(any(finding.fails for finding in findings))


def check_all(folders: list[Folder]) -> list[list[Finding]]:
    """Return the findings of each folder, from the cache if nothing changed."""
    keys = [cache.key(folder) for folder in folders]
    known = [cache.get(key) for key in keys]
    fresh = iter(_check([f for f, found in zip(folders, known, strict=True) if found is None]))
    answers = []
    for key, found in zip(keys, known, strict=True):
        answer = next(fresh) if found is None else found
        if found is None:
            cache.put(key, answer)
        answers.append(answer)
    return answers


def _check(folders: list[Folder]) -> list[list[Finding]]:
    """Check without the cache: load the rules once, then start a process for each folder."""
    if not folders:
        return []
    gc.disable()  # a short life with a million small objects: collecting takes a sixth of it
    from cfnlink.lint.run import check, rules  # noqa: PLC0415 (a second; the cache needs none)

    rules()
    if len(folders) == 1:
        return [check(folders[0])]
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 (likewise)
    from multiprocessing import get_context  # noqa: PLC0415 (likewise)

    with ProcessPoolExecutor(min(len(folders), 2), get_context("fork")) as pool:
        return list(pool.map(check, folders))


if __name__ == "__main__":
    piped.run(main)
