"""Values that must fit each other, by the rows of aws/fits.yaml."""

from cfnlink.aws.fits import Fit, fits
from cfnlink.lint.folded import TYPES, stock_faults
from cfnlink.lint.rule import Faults, rule
from cfnlink.system.fits import faults_of
from cfnlink.system.resource import Resource

DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
PAGE = f"{DOCS}aws-template-resource-type-ref.html"


def facts(*, joined: bool, warn: bool) -> dict[str, tuple[Fit, ...]]:
    """Return the facts of one rule, by type."""
    found = {
        kind: tuple(fit for fit in rows if (fit.is_joined, fit.warn) == (joined, warn))
        for kind, rows in fits().items()
    }
    return {kind: rows for kind, rows in found.items() if rows}


ERRORS, WARNINGS = facts(joined=False, warn=False), facts(joined=False, warn=True)
JOINED_ERRORS, JOINED_WARNINGS = facts(joined=True, warn=False), facts(joined=True, warn=True)


@rule("E9962", tuple(ERRORS), PAGE, formerly="E9205")
def values_fit_each_other(resource: Resource) -> Faults:
    """The values of a resource fit each other.
    A service rejects a property beside another one that excludes it, without another one that
    it needs, or with a value that does not go with another one. The deployment fails at this
    resource. The message names both properties and the page of AWS."""
    return faults_of(resource, ERRORS[resource.type])


@rule("W9963", tuple(WARNINGS), PAGE)
def value_is_not_ignored(resource: Resource) -> Faults:
    """A value of a resource is not ignored because of another one.
    A service ignores a property that does not apply beside another one: what the template
    states is not what runs. A function whose Handler is not in its code fails at each call."""
    return faults_of(resource, WARNINGS[resource.type])


@rule("E9931", tuple(JOINED_ERRORS), PAGE)
def values_of_joined_resources_fit(resource: Resource) -> Faults:
    """A value fits those of the same list, and of the resources that the resource names.
    A service rejects a timeout, an engine or a network that is not that of the other resource,
    a name twice in one list, or a name that the list does not have. The deployment fails at
    this resource. The message names both properties and the page of AWS."""
    return faults_of(resource, JOINED_ERRORS[resource.type])


@rule("W9932", tuple(JOINED_WARNINGS), PAGE)
def joined_resource_does_its_part(resource: Resource) -> Faults:
    """What a value names is there and is set up for it.
    AWS makes the resource. It then gets no events."""
    return faults_of(resource, JOINED_WARNINGS[resource.type])


@rule("E9983", TYPES, PAGE)
def determined_values_fit(resource: Resource) -> Faults:
    """Values that parameters, mappings and other stacks determine fit each other.
    cfn-lint compares literals only. Its rules, such as those of a Fargate task's size, hold for
    the values that the deployment has too."""
    for fault in stock_faults(resource):
        yield [*fault.path], f"{resource.name}: {fault.message} ({fault.code}); correct it"
