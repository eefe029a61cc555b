"""Read templates that have no manifest: some files, or those of a folder.

A stack has the name of its file. Stacks are in the order of their imports. A nested stack whose
TemplateURL is a local path is a stack of its own, with its parent.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from cfnlink.system.expressions import at, mapping
from cfnlink.system.folder import (
    LARGEST_FILE_BYTES,
    File,
    FileFault,
    Folder,
    NotATemplateError,
    SeveralUnusableError,
    UnusableError,
    looks_like_template,
    of_unusable,
    parse,
    read_file,
)
from cfnlink.system.link import StackTemplate, exports, literal
from cfnlink.system.parameter_files import ParameterFile
from cfnlink.system.parameter_values import UNKNOWN, unknown_names

SUFFIXES = (".yaml", ".yml", ".json", ".template")
SKIPPED = ("node_modules", "cdk.out")
MARKS = re.compile(rb"""\b(AWSTemplateFormatVersion|Resources)["']?\s*:""")
VERSION = b"AWSTemplateFormatVersion"
NESTED = "AWS::CloudFormation::Stack"


def read_templates(
    paths: list[Path], parameters: list[ParameterFile], region: str | None
) -> Folder:
    """Return the templates of these files and folders as one system. Raises UnusableError.

    A file that cannot be used is a fault of the folder, if there are other templates.
    """
    files = [path for path in paths if path.is_file()]
    files += [file for path in paths if path.is_dir() for file in candidates(path)]
    found = _Found(parameters)
    parsed = {
        path: read
        for path, file in {file.resolve(): file for file in files}.items()
        if (read := found.read(file, is_named=file in paths)) is not None
    }
    children = {
        path: {*_local_children(path, template).values()}
        for path, (_, template) in parsed.items()
    }
    nested = {child for each in children.values() for child in each}
    found.stems |= {path.stem for path in (*parsed, *nested)}
    for path, (file, template) in parsed.items():
        if path not in nested:
            found.add(file, template)
    for path, (file, template) in parsed.items():
        if path not in found.reached and path in _below(path, children):
            found.add(file, template)
    if not found.stacks and found.unusable:
        raise SeveralUnusableError(found.unusable.values())
    if not found.stacks:
        raise UnusableError(paths[0], "there is no template; expected a mapping Resources")
    place = paths[0] if paths[0].is_dir() else paths[0].parent
    return _folder(place, found, region)


def _folder(place: Path, found: "_Found", region: str | None) -> Folder:
    entries = [
        {
            "tier": stack.tier,
            "name": stack.name,
            "template": str(found.files[stack.tier].path),
            "parameters": dict(stack.parameters),
            "parent": stack.parent,
            "origins": dict(stack.origins),
        }
        for stack in _in_order(found.stacks)
    ]
    faults = [
        *map(of_unusable, found.unusable.values()),
        *map(_of_circle, found.circles.values()),
        *found.without_use(),
    ]
    manifest = {"region": region, "stacks": entries, "faults": faults}
    content = json.dumps(manifest).encode()
    return Folder(place, manifest, content, found.files, has_manifest=False)


@dataclass
class _Found:
    """The stacks so far, and the files of their templates.

    `stems` are the names of all templates, of those that are no stack yet too. `unusable` has
    the error of each file that cannot be used. `circles` are templates that nest each other.
    """

    parameters: list[ParameterFile]
    stems: set[str] = field(default_factory=set)
    stacks: list[StackTemplate] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)
    unusable: dict[Path, UnusableError] = field(default_factory=dict)
    circles: dict[frozenset[Path], tuple[Path, ...]] = field(default_factory=dict)

    @property
    def reached(self) -> set[Path]:
        """The files that are stacks."""
        return {file.path.resolve() for file in self.files.values()}

    def read(self, path: Path, *, is_named: bool) -> tuple[File, dict[str, Any]] | None:
        """Return a file and its template; None if it cannot be used, or is another file."""
        try:
            file = File(path, read_file(path))
            template = parse(file)
        except UnusableError as error:
            if is_named or not isinstance(error, NotATemplateError):
                self.unusable.setdefault(path.resolve(), error)
            return None
        return (file, template) if is_named or looks_like_template(template) else None

    def _tier(self, path: Path) -> str:
        """Return the name of a file's stack; that of its folder tells equal names apart."""
        name = _words(path.stem) or "template"
        return self._free(f"{_words(path.parent.name)}-{name}" if name in self.files else name)

    def _free(self, name: str) -> str:
        """Return a name that no stack has yet."""
        others = (f"{name}-{number}" for number in count(2))
        return next(each for each in chain([name], others) if each not in self.files)

    def add(
        self,
        file: File,
        template: dict[str, Any],
        parent: StackTemplate | None = None,
        logical_id: str = "",
        above: tuple[Path, ...] = (),
    ) -> None:
        """Add a stack after its nested ones; `logical_id` is its name in its parent.

        `above` are the templates that nest it, the outer ones first; one that nests itself is
        read once.
        """
        path, place = file.path.resolve(), None
        if parent is None:
            tier = self._tier(path)
            own, origins = self._values(file, template)
        else:
            place = (parent.tier, logical_id)
            tier = self._free("-".join(place))
            given = at(parent.template, "Resources", logical_id, "Properties", "Parameters")
            own = _literals(mapping(given))
            origins = dict.fromkeys(own, f"{logical_id} of {parent.tier}")
        stack = StackTemplate(tier, tier, template, own, parent=place, origins=origins)
        self.files[tier] = file
        way = (*above, path)
        for name, child in _local_children(path, template).items():
            if child in way:
                circle = way[way.index(child) :]
                self.circles.setdefault(frozenset(circle), circle)
            elif nested := self.read(_shown(child), is_named=True):
                self.add(*nested, stack, name, way)
        self.stacks.append(stack)

    def _values(
        self, file: File, template: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the values of the parameter files for a template, and the file of each."""
        declared = mapping(template.get("Parameters"))
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        for one in self.parameters:
            if one.is_for(file.path.resolve().stem, self.stems):
                given = one.values
            elif not one.is_for_some(self.stems):
                given = {key: value for key, value in one.values.items() if key in declared}
            else:
                continue
            values |= given
            origins |= dict.fromkeys(given, str(one.path))
        return values, origins

    def without_use(self) -> Iterator[FileFault]:
        """Yield the files of parameters that no template has."""
        declared = {
            str(name)
            for stack in self.stacks
            for name in mapping(stack.template.get("Parameters"))
        }
        for one in self.parameters:
            if not one.is_for_some(self.stems):
                file = str(one.path)
                message = unknown_names(one.values, declared, file)
                if message:
                    yield FileFault(code=UNKNOWN, file=file, line=1, message=message)


def _words(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def candidates(folder: Path, seen: set[Path] | None = None) -> Iterator[Path]:
    """Yield the files below a folder that look like templates, without folders that have a
    manifest and hidden ones. A folder is read once, whatever links lead to it."""
    seen = set() if seen is None else seen
    seen.add(folder.resolve())
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in SKIPPED:
            continue
        if path.is_dir():
            if path.resolve() not in seen and not (path / "manifest.json").exists():
                yield from candidates(path, seen)
        elif path.suffix in SUFFIXES and path.is_file() and _may_be_template(path):
            yield path


def _may_be_template(path: Path) -> bool:
    """Whether a file looks like a template; one that is too large for AWS must say so."""
    try:
        with path.open("rb") as file:
            head = file.read(LARGEST_FILE_BYTES + 1)
    except OSError:
        return True  # reading it says why
    is_large = len(head) > LARGEST_FILE_BYTES
    return VERSION in head if is_large else MARKS.search(head) is not None


def _local_children(path: Path, template: dict[str, Any]) -> dict[str, Path]:
    """Return the files of the nested stacks that a template names by a local path."""
    urls = {
        str(name): at(body, "Properties", "TemplateURL")
        for name, body in template["Resources"].items()
        if at(body, "Type") == NESTED
    }
    files = {
        name: (path.parent / url.removeprefix("file://")).resolve()
        for name, url in urls.items()
        if isinstance(url, str) and "://" not in url.removeprefix("file://")
    }
    return {name: file for name, file in files.items() if file.is_file()}


def _below(path: Path, children: dict[Path, set[Path]]) -> set[Path]:
    """Return the templates that a template nests, and those that they nest."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        new = children.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def _of_circle(circle: tuple[Path, ...]) -> FileFault:
    """Return the fault of templates that nest each other."""
    first, *others = [str(_shown(path)) for path in circle]
    way = ", which nests ".join([*others, first]) if others else "itself"
    message = f"it nests {way}; no stack can be inside itself. fix: end the circle"
    return FileFault(code="E9031", file=first, line=1, message=message)


def _shown(path: Path) -> Path:
    """Return a path relative to the directory of the shell, if it is below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _literals(given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a nested stack that are literal; a list is a text in a stack."""
    texts = {
        name: ",".join(map(str, value)) if isinstance(value, list) else value
        for name, value in given.items()
        if not isinstance(value, list) or not any(isinstance(v, (dict, list)) for v in value)
    }
    return {name: v for name, v in texts.items() if isinstance(v, str | int | float)}


def _in_order(stacks: list[StackTemplate]) -> list[StackTemplate]:
    """Return the stacks in the order of their imports; a cycle is cut at its first stack."""
    exporters = {name: stack.tier for stack in stacks for _, name, _ in exports(stack)}
    needed = {
        stack.tier: {
            exporters.get(name, "") for name in _imported(stack.macros.template, stack)
        }
        - {stack.tier}
        for stack in stacks
    }
    waiting = {stack.tier: stack for stack in stacks}
    ordered = []
    while waiting:
        ready = (tier for tier in waiting if not needed[tier] & waiting.keys())
        ordered.append(waiting.pop(next(ready, next(iter(waiting)))))
    return ordered


def _imported(node: Any, stack: StackTemplate) -> Iterator[str]:
    if isinstance(node, dict):
        name = literal(node.get("Fn::ImportValue"), stack)
        if name is not None:
            yield name
    parts = node.values() if isinstance(node, dict) else node
    for part in parts if isinstance(node, (dict, list)) else ():
        yield from _imported(part, stack)
