"""Properties that a service requires although the type's schema does not."""

from collections.abc import Iterable, Iterator, Mapping

from cfnlink.aws.catalogue import types, types_with
from cfnlink.aws.resource_type import Demand
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.resource import Resource

DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"


def missing(resource: Resource, demands: Iterable[Demand]) -> Iterator[Demand]:
    """Yield the required properties that a resource is known to lack."""
    for demand in demands:
        other = any(part not in str(resource.get(key)) for key, part in demand.having.items())
        if other or any(resource.is_missing(name) for name in demand.where):
            continue
        if any(
            _may_have(resource.target(key), what) for key, what in demand.unless_target.items()
        ):
            continue
        named = [*demand.one_of, *demand.unless]
        if all(resource.is_missing(name) for name in named):
            yield demand


def _may_have(resource: Resource | None, values: Mapping[str, str]) -> bool:
    return resource is None or all(resource.get(key) == value for key, value in values.items())


@rule("E9012", types_with("demanded"), f"{DOCS}introduction.html")
def required_property_is_present(resource: Resource) -> Faults:
    """A resource has the properties that its service requires.
    The schema of a type requires few properties. The service behind it rejects more, or
    creates something that does not work."""
    for demand in missing(resource, types()[resource.type].demanded):
        what = f"{resource.name} needs {' or '.join(demand.one_of)}"
        yield [], f"{what}; state it ({demand.docs})"


@rule("W9013", types_with("advised"), f"{DOCS}introduction.html")
def resource_does_something(resource: Resource) -> Faults:
    """A resource states what it does.
    The service accepts some resources without a part and then does nothing with them."""
    for demand in missing(resource, types()[resource.type].advised):
        yield [], f"{resource.name} leaves {demand.one_of[0]} out: {demand.why}"


@rule("I9013", types_with("stated"), f"{DOCS}introduction.html")
def surprising_default_is_stated(resource: Resource) -> Faults:
    """A property with a surprising default is present.
    Some defaults suit few systems: state the property."""
    for demand in missing(resource, types()[resource.type].stated):
        yield [], f"{resource.name} leaves {demand.one_of[0]} out: {demand.why}"
