"""Link and lint folders of templates: `cfnlink lint FOLDER ...`."""

import gc
from pathlib import Path
from types import SimpleNamespace

from cfnlink.lint import cache
from cfnlink.lint.finding import Finding
from cfnlink.lint.formats import FORMATS
from cfnlink.system.folder import (
    Folder,
    UnusableError,
    built_folders,
    of_unusable,
    read,
    read_all,
)

EXPECTED = "expected a folder with templates or a manifest.json, or a template in YAML or JSON"


def run(options: SimpleNamespace) -> int:
    """Check the folders in parallel; print all findings in the order of the folders.

    A program that reads a format gets a document even if a folder cannot be used.
    Raises UnusableError.
    """
    try:
        found = check_all(_systems(options))
    except UnusableError as error:
        if options.format != "text":
            from cfnlink.lint.run import of_file  # noqa: PLC0415 (a second; seldom needed)

            faults = [of_file(of_unusable(each)) for each in error.each]
            print(FORMATS[options.format](faults))
        raise
    findings = [finding for each in found for finding in each]
    text = FORMATS[options.format](findings)
    if text:
        print(text)
    return int(any(finding.fails for finding in findings))


def _systems(options: SimpleNamespace) -> list[Folder]:
    """Return each folder as a system, and all templates that are named as one.

    Raises UnusableError.
    """
    bare = [path for path in options.folder if not (path / "manifest.json").exists()]
    if not bare and not options.parameters and not options.region:
        return read_all(read, options.folder)
    from cfnlink.system import templates  # noqa: PLC0415 (a manifest needs none)
    from cfnlink.system.parameter_files import read_parameters  # noqa: PLC0415 (likewise)

    if not bare:
        raise UnusableError(
            options.folder[0] / "manifest.json", "states the region and the parameters itself"
        )
    read_all(_check_path, bare)
    given = read_all(read_parameters, options.parameters)
    files = [path for path in bare if path.is_file()]
    groups = [[path] for path in bare if path.is_dir()] + ([files] if files else [])
    own = [[path] for path in options.folder if path not in bare]

    def read_one(group: list[Path]) -> Folder:
        if group in own:
            return read(group[0])
        return templates.read_templates(group, given, options.region)

    return read_all(read_one, [*own, *groups])


def _check_path(path: Path) -> None:
    """Raise UnusableError for a path that is neither a file nor a folder with templates."""
    from cfnlink.system.templates import candidates  # noqa: PLC0415 (a manifest needs none)

    if path.is_file() or (path.is_dir() and next(candidates(path), None) is not None):
        return
    built = built_folders(path if path.is_dir() else path.parent)
    hint = f"expected one of {', '.join(map(str, built))}" if built else EXPECTED
    what = "template in this folder" if path.is_dir() else "such file or folder"
    raise UnusableError(path, f"there is no {what}; {hint}")


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
        waiting = [pool.submit(check, folder) for folder in folders]
        return read_all(lambda each: each.result(), waiting)
