"""Make a stack from a tier, and let a stack read what another one publishes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from troposphere import (
    AWSHelperFn,
    AWSObject,
    Export,
    ImportValue,
    Output,
    Parameter,
    Template,
)

from cfnlink.aws.catalogue import resource_type
from templates.settings import Settings

ResourceType = TypeVar("ResourceType", bound=AWSObject)
TierType = TypeVar("TierType", bound="Tier")

# What outlives its stack. A create that fails and rolls back leaves nothing behind, and
# UpdateReplacePolicy does not take that value:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
KEPT: dict[str, Any] = {
    "DeletionPolicy": "RetainExceptOnCreate",
    "UpdateReplacePolicy": "Retain",
}

Value = AWSHelperFn | str
"""What a property may be given: a reference, or text that is known already."""


@dataclass(frozen=True)
class Stack:
    """A template, and the name and tags under which it is deployed.

    All environments share the stack if `is_shared`. `parts` names the resource that plays
    each part for the operations. The manifest tells them and the reports, so that neither
    knows our logical ids.
    """

    tier: str
    name: str
    tags: dict[str, str]
    template: Template
    capabilities: list[str] = field(default_factory=list)
    parts: dict[str, str] = field(default_factory=dict)
    is_shared: bool = False

    @classmethod
    def of(cls, settings: Settings, tier: str, description: str) -> "Stack":
        """Return the stack of one tier of one environment."""
        tags = {"project": settings.project, "environment": settings.environment}
        name = f"{settings.system}-{tier.replace('_', '-')}"
        return cls(tier, name, tags | settings.tags, _template(description))

    @classmethod
    def shared(cls, settings: Settings, tier: str, description: str) -> "Stack":
        """Return the stack of a tier that all environments share; it names no environment."""
        tags = {"project": settings.project}
        name = f"{settings.project}-{tier}"
        return cls(tier, name, tags, _template(description), is_shared=True)

    def add(self, resource: ResourceType) -> ResourceType:
        """Add a resource to the template, and the capability that its type asks for."""
        self.template.add_resource(resource)
        capability = resource_type(str(resource.resource_type)).capability
        if capability and capability not in self.capabilities:
            self.capabilities.append(capability)
        return resource

    def add_output(self, name: str, value: Value, description: str) -> Output:
        """Add an output for people and scripts; no other stack depends on it."""
        output = Output(name, Value=value, Description=description)
        self.template.add_output(output)
        return output

    def name_parts(self, **parts: AWSObject | Parameter | Output) -> None:
        """Name what plays a part for the operations: smoke_key=key."""
        self.parts.update({part: str(played.title) for part, played in parts.items()})


@dataclass(frozen=True, kw_only=True)
class Tier:
    """A built tier: its stack, and in each subclass the values for other tiers."""

    stack: Stack


def publish(
    tier: type[TierType],
    stack: Stack,
    descriptions: Mapping[str, str] | None = None,
    **values: Value | None,
) -> TierType:
    """Declare each reference as an export; return the tier as the other stacks see it.

    The keyword is the only place where an output is named: `url_secret` becomes the
    output `UrlSecret` and the field from which a consumer reads it. Text needs no
    export, and what a tier lacks is None. `descriptions` says, by keyword, for which stack
    a value is published that no stack imports in some environments.

    Publish only what is not replaced in normal life: CloudFormation refuses to change
    an export that another stack imports.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
    """
    handed: dict[str, Any] = {}
    for name, value in values.items():
        handed[name] = value
        if isinstance(value, AWSHelperFn):
            title = name.title().replace("_", "")
            export = f"{stack.name}-{title}"
            output = Output(title, Value=value, Export=Export(export))
            if descriptions and name in descriptions:
                output.Description = descriptions[name]
            stack.template.add_output(output)
            handed[name] = ImportValue(export)
    return tier(stack=stack, **handed)


def _template(description: str) -> Template:
    template = Template(Description=description)
    template.set_version("2010-09-09")
    return template
