"""Link and lint folders of templates: `cfnlink lint FOLDER ...`."""

import gc
from types import SimpleNamespace

from cfnlink.lint import cache
from cfnlink.lint.finding import Finding
from cfnlink.lint.formats import FORMATS
from cfnlink.system.folder import Folder, UnusableError, read


def run(options: SimpleNamespace) -> int:
    """Check the folders in parallel; print all findings in the order of the folders.

    Raises UnusableError.
    """
    folders = _systems(options)
    findings = [finding for found in check_all(folders) for finding in found]
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
        return [read(path) for path in options.folder]
    from cfnlink.system import templates  # noqa: PLC0415 (a manifest needs none)
    from cfnlink.system.parameter_files import read_parameters  # noqa: PLC0415 (likewise)

    if not bare:
        raise UnusableError(
            options.folder[0] / "manifest.json", "states the region and the parameters itself"
        )
    given = [read_parameters(path) for path in options.parameters]
    files = [path for path in bare if path.is_file()]
    groups = [[path] for path in bare if templates.is_without_manifest(path) and path.is_dir()]
    groups += [files] if files else []
    own = [path for path in options.folder if not any(path in group for group in groups)]
    return [read(path) for path in own] + [
        templates.read_templates(group, given, options.region) for group in groups
    ]


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
