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
    File,
    Folder,
    NotATemplateError,
    UnusableError,
    parse,
    read_file,
)
from cfnlink.system.link import StackTemplate, exports, literal
from cfnlink.system.parameter_files import ParameterFile

SUFFIXES = (".yaml", ".yml", ".json", ".template")
SKIPPED = ("node_modules", "cdk.out")
MARKS = re.compile(rb"""\b(AWSTemplateFormatVersion|Resources)["']?\s*:""")
NESTED = "AWS::CloudFormation::Stack"


def is_without_manifest(path: Path) -> bool:
    """Whether a path is a template, or a folder without a manifest that holds templates."""
    if path.is_dir() and not (path / "manifest.json").exists():
        return next(_candidates(path), None) is not None
    return path.is_file()


def read_templates(
    paths: list[Path], parameters: list[ParameterFile], region: str | None
) -> Folder:
    """Return the templates of these files and folders as one system. Raises UnusableError."""
    files = [path for path in paths if path.is_file()]
    files += [file for path in paths if path.is_dir() for file in _candidates(path)]
    templates = {file.resolve(): File(file, read_file(file)) for file in files}
    parsed = {
        path: template
        for path, file in templates.items()
        if (template := _template(file, is_named=file.path in paths)) is not None
    }
    nested = {
        child
        for path, template in parsed.items()
        for child in _local_children(path, template).values()
    }
    found = _Found(parameters, {path.stem for path in (*parsed, *nested)})
    for path, template in parsed.items():
        if path not in nested:
            found.add(templates[path], template)
    if not found.stacks:
        where = paths[0]
        raise UnusableError(where, "there is no template; expected a mapping Resources")
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
        }
        for stack in _in_order(found.stacks)
    ]
    manifest = {"region": region, "stacks": entries}
    content = json.dumps(manifest).encode()
    return Folder(place, manifest, content, found.files, has_manifest=False)


@dataclass
class _Found:
    """The stacks so far, and the files of their templates.

    `stems` are the names of all templates, of those that are not yet read too.
    """

    parameters: list[ParameterFile]
    stems: set[str]
    stacks: list[StackTemplate] = field(default_factory=list)
    files: dict[str, File] = field(default_factory=dict)

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

        `above` are the templates that nest it; one that nests itself is read once.
        """
        path, place = file.path.resolve(), None
        if parent is None:
            tier, own = self._tier(path), self._values(file, template)
        else:
            place = (parent.tier, logical_id)
            tier = self._free("-".join(place))
            given = at(parent.template, "Resources", logical_id, "Properties", "Parameters")
            own = _literals(mapping(given))
        stack = StackTemplate(tier, tier, template, own, parent=place)
        self.files[tier] = file
        for name, child in _local_children(path, template).items():
            if child not in (path, *above):
                nested = File(_shown(child), read_file(child))
                self.add(nested, parse(nested), stack, name, (path, *above))
        self.stacks.append(stack)

    def _values(self, file: File, template: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the parameter files for a template."""
        declared = template.get("Parameters") or {}
        values: dict[str, Any] = {}
        for one in self.parameters:
            if one.is_for(file.path.resolve().stem, self.stems):
                values |= one.values
            elif not one.is_for_some(self.stems):
                values |= {key: value for key, value in one.values.items() if key in declared}
        return values


def _words(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def _candidates(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that look like templates, without folders that have a
    manifest and hidden ones."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in SKIPPED:
            continue
        if path.is_dir():
            if not (path / "manifest.json").exists():
                yield from _candidates(path)
        elif path.suffix in SUFFIXES and MARKS.search(read_file(path)):
            yield path


def _template(file: File, *, is_named: bool) -> dict[str, Any] | None:
    """Return a template, or None for another file that a folder holds."""
    try:
        return parse(file)
    except NotATemplateError:
        if is_named:
            raise
        return None


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
