"""Read a folder with a manifest and templates, ours or another project's.

An unusable file gives one line that names the file, within seconds, for every content.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict, TypeVar

from cfnlink.system.expressions import at, mapping
from cfnlink.system.fold import pseudo_parameters
from cfnlink.system.link import StackTemplate

LARGEST_FILE_BYTES = 1_000_000  # CloudFormation takes no larger template, even from S3
MOST_NODES = 200_000  # what a file of that size can hold without aliases
DEFAULT_REGION = "us-east-1"
SETTINGS_FILE = "project.toml"


class UnusableError(Exception):
    """A file that cannot be checked; the text names it and says why."""

    def __init__(self, file: Path, why: str, line: int = 1) -> None:
        super().__init__(file, why, line)  # what a pool of processes makes it of again
        self.file, self.why, self.line = file, why, line

    def __str__(self) -> str:
        """Return the file and the reason."""
        return f"{self.file}: {self.why}"

    @property
    def each(self) -> list["UnusableError"]:
        """Return the error of each file."""
        return [self]


class SeveralUnusableError(UnusableError):
    """Several files that cannot be checked."""

    def __init__(self, errors: Iterable[UnusableError]) -> None:
        self.errors = [*errors]
        super().__init__(self.errors[0].file, self.errors[0].why)
        self.args = (self.errors,)

    def __str__(self) -> str:
        """Return a line for each file."""
        return "\n".join(dict.fromkeys(map(str, self.errors)))

    @property
    def each(self) -> list[UnusableError]:
        """Return the error of each file."""
        return self.errors


class NotATemplateError(UnusableError):
    """A file of JSON or YAML that holds something else than a template."""


class FileFault(TypedDict):
    """A fault of a file that belongs to no stack."""

    code: str
    file: str
    line: int
    message: str


def of_unusable(error: UnusableError) -> FileFault:
    """Return the fault of a file that cannot be used, beside others that are checked."""
    message = f"{error.why}; fix: correct the file, or lint the other templates without it"
    return FileFault(code="E9031", file=str(error.file), line=error.line, message=message)


Item = TypeVar("Item")
Read = TypeVar("Read")


def read_all(read_one: Callable[[Item], Read], items: Iterable[Item]) -> list[Read]:
    """Return what is read of each item. Raises UnusableError, of all unusable files."""
    done: list[Read] = []
    wrong: list[UnusableError] = []
    for item in items:
        try:
            done.append(read_one(item))
        except UnusableError as error:
            wrong += error.each
    if wrong:
        raise wrong[0] if len(wrong) == 1 else SeveralUnusableError(wrong)
    return done


@dataclass(frozen=True)
class File:
    """A template file and its bytes."""

    path: Path
    content: bytes


@dataclass(frozen=True)
class Folder:
    """The files of one environment, read but not yet parsed.

    Without a manifest, `manifest` holds what is known of the templates.
    """

    path: Path
    manifest: dict[str, Any]
    manifest_content: bytes
    files: dict[str, File]
    has_manifest: bool = True

    @property
    def region(self) -> str:
        """Return the region of the stacks; the shell's region does not matter."""
        return str(self.manifest.get("region") or DEFAULT_REGION)

    @property
    def known(self) -> dict[str, str]:
        """The pseudo parameters that the manifest determines."""
        return pseudo_parameters(self.manifest.get("region"), self.account)

    @property
    def account(self) -> str | None:
        """The id of the account that the settings state, if any."""
        stated = self.manifest.get("account")
        return str(stated) if stated else None

    @property
    def names(self) -> list[str]:
        """Return the names of the stacks, in deployment order."""
        return [entry["name"] for entry in self.manifest["stacks"]]

    @property
    def says_what_is_shared(self) -> bool:
        """Whether the manifest says of a stack that environments share it, or do not."""
        return any("shared" in entry for entry in self.manifest["stacks"])

    @property
    def faults(self) -> list[FileFault]:
        """Return the faults of files without a manifest that belong to no stack."""
        found: list[FileFault] = [] if self.has_manifest else self.manifest["faults"]
        return found

    def source(self, tier: str) -> Path | None:
        """Return the Python file of a tier if the manifest names an existing one."""
        entry = next(entry for entry in self.manifest["stacks"] if entry["tier"] == tier)
        named = entry.get("source")
        if not isinstance(named, str):
            return None
        roots = (Path(), *self.path.resolve().parents)
        found = (root / named for root in roots if (root / named).is_file())
        return next(found, None)

    def stacks(self) -> list[StackTemplate]:
        """Return the parsed templates. Raises UnusableError."""
        entries = self.manifest["stacks"]
        templates = read_all(parse, (self.files[entry["tier"]] for entry in entries))
        stacks = [
            StackTemplate(
                entry["tier"],
                entry["name"],
                template,
                entry.get("parameters") or {},
                tuple(given) if (given := entry.get("capabilities")) is not None else None,
                self._parts(entry["tier"]),
                entry.get("parent"),
                {} if self.has_manifest else entry["origins"],
            )
            for entry, template in zip(entries, templates, strict=True)
        ]
        missing = [
            f"{stack.tier}.{logical_id}"
            for stack in stacks
            for logical_id in stack.parts.values()
            if not any(
                logical_id in (stack.template.get(section) or {})
                for section in ("Resources", "Parameters", "Outputs")
            )
        ]
        if missing:
            file, named = self.path / "manifest.json", ", ".join(missing)
            raise UnusableError(file, f'"parts" names what does not exist: {named}')
        return stacks

    def _parts(self, tier: str) -> dict[str, str]:
        """Return the logical ids of one tier that play a part for the operations, by part."""
        named = {
            part: str(place).rpartition(".")
            for part, place in (self.manifest.get("parts") or {}).items()
        }
        return {part: logical for part, (of, _, logical) in named.items() if of == tier}


def read(path: Path) -> Folder:
    """Return the manifest and the bytes of the files that it names. Raises UnusableError."""
    manifest_file = path / "manifest.json"
    if not manifest_file.exists():
        raise UnusableError(manifest_file, f"there is no such file{_beside(path)}")
    content = read_file(manifest_file)
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UnusableError(
            manifest_file, f"not readable as JSON: {_one_line(error)}"
        ) from None
    paths: dict[str, Path] = {}
    names: set[str] = set()
    for entry in _entries(manifest_file, manifest):
        tier, name = entry["tier"], entry["name"]
        if tier in paths:
            raise UnusableError(manifest_file, f"the tier {tier} is named twice; rename one")
        if name in names:
            raise UnusableError(manifest_file, f"two stacks have the name {name}; rename one")
        names.add(name)
        template = path / entry["template"]
        if not template.resolve().is_relative_to(path.resolve()):
            raise UnusableError(
                manifest_file, f"{entry['template']} is outside the folder; copy it in"
            )
        paths[tier] = template
    _check_texts(manifest_file, manifest)
    _check_parts(manifest_file, manifest.get("parts"), paths)
    return Folder(path, manifest, content, _files(paths))


def _files(paths: dict[str, Path]) -> dict[str, File]:
    """Return the files of the tiers. Raises UnusableError, for wrong templates too."""
    try:
        return {tier: File(path, read_file(path)) for tier, path in paths.items()}
    except UnusableError:
        read_all(lambda path: parse(File(path, read_file(path))), paths.values())
        raise


def built_folders(output: Path) -> list[Path]:
    """Return the folders of an output that have a manifest, by name."""
    return [file.parent for file in sorted(output.glob("*/manifest.json"))]


def prices_folder(output: Path) -> Path:
    """Return the folder of the user's prices: of the settings, or else of the output."""
    return settings_folder(output) or output


def _check_parts(file: Path, parts: Any, tiers: Iterable[str]) -> None:
    """Raise UnusableError if a part is not a resource of one of the tiers."""
    if not isinstance(parts or {}, dict):
        raise UnusableError(file, 'not a manifest: "parts" is no object')
    for part, place in (parts or {}).items():
        if not isinstance(place, str) or place.rpartition(".")[0] not in tiers:
            expected = 'expected a tier and a logical id, such as "api.ApiKeySmoke"'
            raise UnusableError(file, f'"parts": {part} is {place!r}; {expected}')


def settings_folder(output: Path) -> Path | None:
    """Return the nearest folder above an output folder that holds project.toml, if any.

    It holds the user's own files: settings, prices and output.
    """
    path = output.resolve()
    return next((up for up in (path, *path.parents) if (up / SETTINGS_FILE).is_file()), None)


def _beside(path: Path) -> str:
    """Name the folders with a manifest in a folder without one, else those beside it."""
    there = [str(folder) for folder in built_folders(path) or built_folders(path.parent)]
    return f"; expected one of {', '.join(there)}" if there else ""


def _entries(file: Path, manifest: Any) -> list[dict[str, Any]]:
    """Return the manifest's stacks, in the form that architecture.md promises."""
    stacks = manifest.get("stacks") if isinstance(manifest, dict) else None
    if not isinstance(stacks, list) or not stacks:
        raise UnusableError(file, 'not a manifest: it needs a list "stacks"')
    for index, entry in enumerate(stacks):
        for key in ("tier", "name", "template"):
            value = entry.get(key) if isinstance(entry, dict) else None
            if not isinstance(value, str) or not value or "\0" in value:
                raise UnusableError(
                    file, f'not a manifest: stacks[{index}] needs a text "{key}"'
                )
        for key, (is_right, expected) in OF_A_STACK.items():
            if entry.get(key) is not None and not is_right(entry[key]):
                where = f'"{key}" of stacks[{index}]'
                raise UnusableError(file, f"not a manifest: {where} is no {expected}")
    return stacks


def _check_texts(file: Path, manifest: dict[str, Any]) -> None:
    """Raises UnusableError where a name of the environment is anything but a text."""
    for key in TEXTS:
        if not isinstance(manifest.get(key) or "", str):
            raise UnusableError(file, f'not a manifest: "{key}" is no text')
    for key, (is_right, expected) in OF_THE_BILL.items():
        if manifest.get(key) is not None and not is_right(manifest[key]):
            raise UnusableError(file, f'not a manifest: "{key}" is no {expected}')


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_text_object(value: Any) -> bool:
    return isinstance(value, dict) and _is_text_list([*value.values()])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_object_of_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def _is_usage(value: Any) -> bool:
    """Whether amounts are numbers; a term of payment is a text, and what is unknown is null."""
    return isinstance(value, dict) and all(
        isinstance(each, str) if key.endswith("_term") else each is None or _is_number(each)
        for key, each in value.items()
    )


# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
TEXTS = ("project", "environment", "region", "account")
# What the bill reads, and what it must be.
OF_THE_BILL: dict[str, tuple[Callable[[Any], bool], str]] = {
    "monthly_budget_usd": (_is_number, "number"),
    "prices": (_is_object_of_numbers, "object of numbers"),
    "usage": (_is_usage, "object of numbers, with a text for each term"),
}
# What a stack's entry may hold beside its names, and what each must be.
OF_A_STACK: dict[str, tuple[Callable[[Any], bool], str]] = {
    "parameters": (lambda value: isinstance(value, dict), "object"),
    "tags": (_is_text_object, "object of texts"),
    "capabilities": (
        lambda value: _is_text_list(value) and {*CAPABILITIES}.issuperset(value),
        f"list of {', '.join(CAPABILITIES)}",
    ),
    "shared": (lambda value: isinstance(value, bool), "true or false"),
}


def parse(file: File) -> dict[str, Any]:
    """Return a template from JSON or YAML in long form; do not change it.

    Raises UnusableError.
    """
    try:
        template = _load(file.content)
    except _UnusableKeyError as error:
        raise UnusableError(file.path, str(error), error.line) from None
    except (ValueError, RecursionError, ArithmeticError, _yaml().YAMLError) as error:
        why = f"not readable as JSON or YAML: {_one_line(error)}"
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 1
        raise UnusableError(file.path, why, line) from None
    kind = UnusableError if looks_like_template(template) else NotATemplateError
    if not isinstance(template, dict) or "Resources" not in template:
        raise kind(file.path, "not a template: it needs a mapping Resources")
    if _size(template, {}, set()) > MOST_NODES:
        raise kind(file.path, "its aliases expand without limit; write them out")
    for (*place, name), value in _not_mappings(template):
        where, line = ".".join((*place, name)), line_of(file, (*place, name))[0]
        raise kind(file.path, f"{where} is {_noun(value)}; expected a mapping", line)
    return template


def looks_like_template(content: Any) -> bool:
    """Whether a file says that it is a template, or has resources with a type, or none yet."""
    if not isinstance(content, dict):
        return False
    resources = content.get("Resources", ())
    return (
        "AWSTemplateFormatVersion" in content
        or resources in (None, {})
        or any(
            str(name).startswith("Fn::") or isinstance(at(body, "Type"), str)
            for name, body in mapping(resources).items()
        )
    )


SECTIONS = (
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Rules",
    "Resources",
    "Outputs",
)
MAPPINGS_OF = ("Parameters", "Mappings", "Rules", "Resources", "Outputs")


def _not_mappings(template: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each section, and what stands in one, that is no mapping, with its path.

    A key that begins with Fn:: is of a macro, which says its type.
    """
    for section in SECTIONS:
        found = template.get(section, {})
        if not isinstance(found, dict):
            yield (section,), found
        elif section in MAPPINGS_OF:
            for name, body in found.items():
                if not isinstance(body, dict) and not str(name).startswith("Fn::"):
                    yield (section, str(name)), body
                elif section == "Outputs" and not isinstance(at(body, "Export") or {}, dict):
                    yield ("Outputs", str(name), "Export"), body["Export"]


def _noun(value: Any) -> str:
    """Return what YAML calls a value."""
    names = {
        type(None): "null",
        list: "a list",
        dict: "a mapping",
        str: "a text",
        bool: "a boolean",
    }
    return names.get(type(value), "a number")


class _UnusableKeyError(Exception):
    """A key that occurs twice in one mapping, where YAML would drop the first value, or that
    is no text."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@lru_cache(maxsize=64)  # AWS and the folder mostly have the same templates
def _load(content: bytes) -> Any:
    text = content.decode("utf-8-sig")
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            pass  # a YAML mapping may start with a brace too
    return _yaml().load(text, Loader=_loader())


def _yaml() -> Any:
    import yaml  # noqa: PLC0415 (an answer from the cache needs no YAML)

    return yaml


def _loader() -> Any:
    """Return PyYAML's C loader with CloudFormation's short forms, and dates as text."""
    yaml = _yaml()

    class Loader(yaml.CSafeLoader):  # type: ignore[misc, name-defined]
        yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own attribute)
            head: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
            for head, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            self.flatten_mapping(node)
            mapping: dict[Hashable, Any] = {}
            for key_node, value_node in node.value:
                key = self.construct_object(key_node, deep=True)
                line = key_node.start_mark.line + 1
                if not isinstance(key, str | int | float):
                    raise _UnusableKeyError(f"the key in line {line} is {_noun(key)}", line)
                if key in mapping:
                    message = f"the key {key} occurs twice, again in line {line}"
                    raise _UnusableKeyError(message, line)
                mapping[key] = self.construct_object(value_node, deep=deep)
            return mapping

    Loader.add_multi_constructor("!", _short_form)
    return Loader


def _short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
    """Return !Ref and !Condition as they are, !GetAtt split, every other tag as Fn::."""
    kind = type(node).__name__
    if kind == "ScalarNode":
        value = loader.construct_scalar(node)
    elif kind == "SequenceNode":
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


def _size(node: Any, known: dict[int, int], above: set[int]) -> int:
    """Count the nodes below a node, each alias as often as it is used."""
    if not isinstance(node, (dict, list)):
        return 1
    if id(node) in above:
        return MOST_NODES + 1  # it holds itself
    if id(node) not in known:
        parts = node.values() if isinstance(node, dict) else node
        inside = above | {id(node)}
        known[id(node)] = 1 + sum(_size(part, known, inside) for part in parts)
    return known[id(node)]


def read_file(file: Path) -> bytes:
    """Return the bytes of a file. Raises UnusableError."""
    try:
        if not file.is_file():
            raise UnusableError(file, "there is no such file")
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise UnusableError(file, f"larger than {LARGEST_FILE_BYTES:,} bytes")
        return file.read_bytes()
    except (OSError, ValueError) as error:
        raise UnusableError(file, f"not readable: {_one_line(error)}") from None


def _one_line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return " ".join(str(error).split())[:200]


@lru_cache(maxsize=16)  # of the findings of one folder
def _composed(content: bytes) -> Any:
    return _yaml().compose(content.decode("utf-8-sig"), Loader=_loader())


def line_of(file: File, path: tuple[str | int, ...]) -> tuple[int, int]:
    """Return line and column, from one, of a path in a template's text, as deep as
    it exists."""
    try:
        node = _composed(file.content)
    except _yaml().YAMLError:
        return 1, 1  # JSON that is no YAML, such as with tabs
    mark = node.start_mark
    for part in path:
        found = next(_child(node, part), None)
        if found is None:
            break
        mark, node = found
    return mark.line + 1, mark.column + 1


def _child(node: Any, part: str | int) -> Iterator[tuple[Any, Any]]:
    """Return the mark and the node of a key or an index."""
    if isinstance(part, int) and isinstance(node.value, list) and part < len(node.value):
        child = node.value[part]
        if not isinstance(child, tuple):
            yield child.start_mark, child
    elif isinstance(node.value, list):
        for pair in node.value:
            if isinstance(pair, tuple) and pair[0].value == part:
                yield pair[0].start_mark, pair[1]
