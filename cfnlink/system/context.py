"""AWS's Metadata Context: what a template says of its resources to people and to agents.

The level of a property says what an update that changes it does, by the same computation as
`plan` and `diff`. cfn-lint's rules I4010, W4011 and W4012 read it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-metadata.html#aws-attribute-metadata-context-schema
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.aws.catalogue import resource_type
from cfnlink.aws.resource_type import ResourceType
from cfnlink.system.expressions import literal_mapping as literal
from cfnlink.system.expressions import mapping, references
from cfnlink.system.replacement import CHANGED, REPLACED, update_effect
from cfnlink.system.resource import Body, System

KEY = "com.aws.cloudformation.Context"
NEVER, CONSTRAINED = "must-never-change", "change-with-constraints"
REVIEWED, FREE = "review-required", "free-to-tune"
Context = dict[str, Any]


def with_context(body: Body, context: Context) -> Body:
    """Return a resource or a template with its Context beside its other Metadata."""
    return {**body, "Metadata": {**mapping(body.get("Metadata")), KEY: context}}


def forbidden(body: Body, names: Iterable[str]) -> list[str]:
    """Return those of some properties that the Context of a resource says must never change."""
    stated = literal(literal(body.get("Metadata")).get(KEY))
    deviating, default = literal(stated.get("mutability")), stated.get("mutable")
    properties = literal(body.get("Properties"))
    return [
        name for name in names if name in properties and deviating.get(name, default) == NEVER
    ]


def is_same(one: Body | None, other: Body | None) -> bool:
    """Return whether two templates are the same but for their Contexts."""
    return _without_contexts(one) == _without_contexts(other)


def _without_contexts(template: Body | None) -> Body | None:
    """Return a template without its Contexts and those of its resources."""
    if template is None:
        return None
    resources = {
        name: _without_context(body) if isinstance(body, dict) else body
        for name, body in literal(template.get("Resources")).items()
    }
    return {**_without_context(template), "Resources": resources}


def _without_context(body: Body) -> Body:
    metadata = body.get("Metadata")
    if not isinstance(metadata, dict) or KEY not in metadata:
        return body
    rest = {key: value for key, value in metadata.items() if key != KEY}
    bare = {key: value for key, value in body.items() if key != "Metadata"}
    return {**bare, "Metadata": rest} if rest else bare


@dataclass(frozen=True)
class Mutability:
    """How safe changes of a resource are.

    row: of its type. is_imported: whether stacks import a value of it, so that AWS refuses to
    replace it.
    """

    row: ResourceType
    is_imported: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether no update may replace it."""
        return bool(self.row.holds_data or self.is_imported) and not self.row.is_renewed

    @property
    def default(self) -> str:
        """The level of properties of which nothing else is said."""
        if self.is_kept:
            return CONSTRAINED
        return REVIEWED if self.row.opens else FREE

    def level(self, name: str, effect: str) -> str:
        """Return the level of a property, of which effect is what an update does."""
        if self.row.is_renewed:
            return FREE
        if effect == CHANGED:
            interrupts = name in self.row.restarted_by or name == self.row.resource_policy
            return REVIEWED if interrupts or self.row.opens else FREE
        if self.is_kept:
            return NEVER if effect == REPLACED else CONSTRAINED
        return REVIEWED

    def context(self, properties: Body, region: str) -> Context:
        """Return mutable, and the properties that deviate from it."""
        effect = update_effect(self.row.type, region)
        levels = {
            name: self.level(name, effect.of((name,), value, None))
            for name, value in properties.items()
        }
        only = {*levels.values()}
        default = self.default if self.is_kept or len(only) != 1 else only.pop()
        deviating = {name: each for name, each in levels.items() if each not in (default, FREE)}
        return {"mutable": default, **({"mutability": deviating} if deviating else {})}


def importers_of(system: System) -> dict[str, set[str]]:
    """Return the tiers that import a value of each resource, by its name in the system."""
    found: dict[str, set[str]] = defaultdict(set)
    for link in system.links:
        found[link.producer].add(link.tier)
    return found


def dependencies(system: System) -> dict[str, list[str]]:
    """Return what each resource imports from other stacks, as TIER.LOGICAL_ID, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for link in system.links:
        if producer := system.resources.get(link.producer):
            found[link.consumer].add(f"{producer.tier}.{producer.logical_id}")
    return {consumer: sorted(producers) for consumer, producers in found.items()}


def exported(template: Body) -> set[str]:
    """Return the logical ids of the resources of which a template exports a value."""
    outputs = literal(template.get("Outputs")).values()
    return {
        name
        for output in outputs
        if "Export" in output
        for name, _ in references(output.get("Value"))
    }


def resource_context(body: Body, importers: Collection[str], region: str) -> Context:
    """Return what can be computed of one resource; importers: what imports a value of it."""
    row, properties = resource_type(str(body.get("Type"))), literal(body.get("Properties"))
    mutability = Mutability(row, bool(importers))
    must = [*_must(body, row, importers)]
    return {**({"must": must} if must else {}), **mutability.context(properties, region)}


def _must(body: Body, row: ResourceType, importers: Collection[str]) -> Iterator[str]:
    """Yield the rules whose violation breaks something."""
    policy = str(body.get("UpdateReplacePolicy", ""))
    if row.holds_data and not row.is_renewed:
        leaves = "leaves, in no stack," if policy.startswith("Retain") else "loses"
        yield f"a replacement {leaves} {row.holds_data}"
    if row.kept_because:
        yield f"keep it: {row.kept_because}"
    if importers:
        names = ", ".join(sorted(importers))
        yield f"AWS neither replaces nor removes it while in use by {names}"
