"""Write a template as text: YAML and JSON in reading order, always the same bytes."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

SECTIONS = (
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
)
ATTRIBUTES = ("Type", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata")
# Readers of YAML disagree about plain scalars. PyYAML quotes what it would read as another
# type itself, and knows neither YAML 1.2's numbers (1e3, 0o17, 089) nor all of YAML 1.1's
# (y, 190:20:30, ._5). AWS's readers follow rules of their own (aws/aws-cli issue 3991:
# 1234e56). So a text is quoted when it looks like a number, a date, a time, a boolean or null.
# https://yaml.org/type/ (1.1), https://yaml.org/spec/1.2.2/#103-core-schema (1.2)
AMBIGUOUS = re.compile(
    r"[-+]?\.?[0-9][0-9a-z_:., +-]*"
    r"|[-+]?[0-9_.]+(e[-+]?[0-9_]*)?"
    r"|[-+]?\.(inf|nan)"
    r"|y|n|yes|no|on|off|true|false|null|~|=|<<",
    re.IGNORECASE,
)


class OneLine(dict[str, Any]):
    """A mapping that YAML writes on one line, such as a statement of a long policy."""


class OneLineList(list[Any]):
    """A list that YAML writes on one line."""


@lru_cache(maxsize=10_000)  # environments have most texts in common
def _style(text: str) -> str | None:
    return "|" if "\n" in text else "'" if AMBIGUOUS.fullmatch(text) else None


class _Dumper(yaml.CSafeDumper):
    """Long forms and no aliases: CloudFormation refuses aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """Return a text's node, in quotes where a reader could take it for another type.

        A text of several lines keeps them, so that a program in a template can be read.
        """
        return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=_style(text))

    def represent_line(self, content: OneLine) -> yaml.MappingNode:
        """Return a mapping's node in the form that stands on one line."""
        tag = "tag:yaml.org,2002:map"
        return self.represent_mapping(tag, content.items(), flow_style=True)

    def represent_line_list(self, content: OneLineList) -> yaml.SequenceNode:
        """Return a list's node in the form that stands on one line."""
        return self.represent_sequence("tag:yaml.org,2002:seq", content, flow_style=True)


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(OneLine, _Dumper.represent_line)
_Dumper.add_representer(OneLineList, _Dumper.represent_line_list)


class Texts(Mapping[str, str]):
    """The texts of some files by name, each written when it is first read.

    A bill reads the manifest alone, and writing the rest takes most of a build's time.
    """

    def __init__(self, writers: Mapping[str, Callable[[], str]]) -> None:
        self._writers = writers
        self._written: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._written:
            self._written[name] = self._writers[name]()
        return self._written[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._writers)

    def __len__(self) -> int:
        return len(self._writers)


def in_reading_order(template: dict[str, Any]) -> dict[str, Any]:
    """Return the sections in reading order, and each resource with its type first."""
    ordered = {name: template[name] for name in SECTIONS if name in template}
    ordered["Resources"] = {
        logical_id: {
            **{name: body[name] for name in ATTRIBUTES if name in body},
            **{name: value for name, value in body.items() if name not in ATTRIBUTES},
        }
        for logical_id, body in template["Resources"].items()
    }
    return ordered


def yaml_text(template: dict[str, Any]) -> str:
    """Return the template as YAML 1.1, which CloudFormation reads."""
    return yaml.dump(
        template, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True
    )


def json_text(content: Any) -> str:
    """Return any content as JSON for people: indented, and with a final newline."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def template_json(template: dict[str, Any], most: int) -> str:
    """Return a template as JSON: for people, or on one line if that has more than some bytes.

    Indentation is more than half of the text, and CloudFormation counts it.
    """
    text = json_text(template)
    if len(text.encode()) <= most:
        return text
    return json.dumps(template, separators=(",", ":"), ensure_ascii=False) + "\n"
