"""References: each one leads to a resource of the type that its property takes."""

from typing import Any

from cfnlink.aws.catalogue import facts, kinds, resource_type, types, types_with
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import attribute
from cfnlink.system.resource import Resource

WATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
DOCS = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
    "aws-template-resource-type-ref.html"
)


@rule("E9010", types_with("references"), DOCS)
def reference_has_the_type_of_its_property(resource: Resource) -> Faults:
    """A reference leads to a resource of the property's type.
    A property takes the id, the name or the ARN of one type of resource. CloudFormation
    accepts a reference to another type, or to another attribute, until AWS rejects the
    value."""
    for pattern, kind in types()[resource.type].references.items():
        for path, value in resource.values_at(pattern):
            if wrong := _wrong(resource, value, kind):
                yield path, wrong


@rule("E9011", "AWS::CloudWatch::Alarm", f"{WATCH}cloudwatch_concepts.html")
def dimension_holds_the_name_of_its_resource(resource: Resource) -> Faults:
    """An alarm's dimension holds CloudWatch's name of the resource.
    CloudWatch knows a resource by one name only: an alarm whose dimension holds the ARN or
    the id instead never gets data."""
    known = facts("metrics")["dimension_kinds"]
    for name, (index, value) in resource.pairs("Dimensions", "Name").items():
        wrong = _wrong(resource, value, known[name]) if name in known else None
        if wrong:
            yield ["Dimensions", index, "Value"], wrong


def _wrong(resource: Resource, value: Any, kind: str) -> str | None:
    """Return what is wrong with a reference; None if it is right or cannot be judged."""
    target = resource.system.target(value)
    if target is None or next(iter(value)) not in ("Ref", "Fn::GetAtt"):
        return None
    if not resource_type(target.type).gives:
        return None  # a custom resource, a nested stack: its values can be anything
    takes = kinds()[kind]
    how = attribute(value)
    if how is None or how in takes.get(target.type, ()):
        return None
    right = " or ".join(
        f"{'Ref' if way == 'Ref' else f'GetAtt {way}'} of an {name}"
        for name, ways in takes.items()
        for way in ways[:1]
    )
    given = "Ref" if how == "Ref" else f"GetAtt {how}"
    return f"{given} of {target.name} ({target.type}) stands where {right} belongs"
