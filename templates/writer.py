"""A template as text: YAML and JSON in reading order, the same bytes every time."""

import json
from typing import Any

import yaml

# CloudFormation's limit for a body that is not first put into a bucket:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LARGEST_BODY_BYTES = 51_200
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


class _Dumper(yaml.CSafeDumper):
    """Long forms and no aliases: CloudFormation refuses aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML's signature)
        return True


def in_reading_order(template: dict[str, Any]) -> dict[str, Any]:
    """Sections as people read them, and of a resource first what it is."""
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
    """The template as YAML 1.1, which CloudFormation reads."""
    return yaml.dump(
        template, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True
    )


def json_text(content: Any) -> str:
    """Any content as JSON for people: indented, and with a last newline."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
