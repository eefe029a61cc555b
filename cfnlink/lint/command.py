"""Link and lint folders of templates: `cfnlink lint FOLDER ...`."""

import gc
from types import SimpleNamespace

from cfnlink.lint import cache
from cfnlink.lint.finding import Finding
from cfnlink.lint.formats import FORMATS
from cfnlink.system.folder import Folder, read


def run(options: SimpleNamespace) -> int:
    """Check the folders in parallel; print all findings in the order of the folders.

    Raises UnusableError.
    """
    folders = [read(path) for path in options.folder]
    findings = [finding for found in check_all(folders) for finding in found]
    text = FORMATS[options.format](findings)
    if text:
        print(text)
    return int(any(finding.fails for finding in findings))


def check_all(folders: list[Folder]) -> list[list[Finding]]:
    """Return the findings of each folder, from the cache if nothing changed."""
    keys = [cache.key(folder) for folder in folders]
    known = [cache.get(folder, key) for folder, key in zip(folders, keys, strict=True)]
    fresh = iter(_check([f for f, found in zip(folders, known, strict=True) if found is None]))
    answers = []
    for folder, key, found in zip(folders, keys, known, strict=True):
        answer = next(fresh) if found is None else found
        if found is None:
            cache.put(folder, key, answer)
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
