"""What causes a change of a change set, and which changes only follow other Metadata."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from cfnlink.operations.changes import METADATA, Change
from cfnlink.system.replacement import CHANGED
from cfnlink.system.resource import Body

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import ResourceChangeDetailTypeDef

TEMPLATE, TAGS, NESTED = "template", "stack tags", "nested stack"
PARAMETER, REFERENCE = "parameter ", "resource "  # before the name
# A change set names them beside Metadata of which alone something changed.
# https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1185
BESIDE_METADATA = ("CreationPolicy", "UpdatePolicy")


def properties_of(
    details: "Iterable[ResourceChangeDetailTypeDef]", body: Body
) -> tuple[str, ...]:
    """Return the properties and attributes that change; body: the resource in the template."""
    targets = [detail.get("Target", {}) for detail in details]
    names = [target.get("Name") or target.get("Attribute", "") for target in targets]
    untrue = [each for each in BESIDE_METADATA if METADATA in names and each not in body]
    return tuple(dict.fromkeys(name for name in names if name and name not in untrue))


def reasons_of(details: "Iterable[ResourceChangeDetailTypeDef]") -> tuple[str, ...]:
    """Return the causes of a change; Metadata alone is none.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html
    """
    return tuple(dict.fromkeys(cause for each in details if (cause := _cause(each))))


def _cause(detail: "ResourceChangeDetailTypeDef") -> str:
    source, entity = detail.get("ChangeSource"), detail.get("CausingEntity", "")
    attribute = detail.get("Target", {}).get("Attribute")
    if source == "ParameterReference":
        return f"{PARAMETER}{entity}"
    if source in ("ResourceReference", "ResourceAttribute"):
        return f"{REFERENCE}{entity}"
    if source == "Automatic":
        return NESTED
    if attribute == "Tags":
        return TAGS
    return "" if attribute in (METADATA, *BESIDE_METADATA) else TEMPLATE


def settled(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes; one that only follows another Metadata is one of Metadata alone.

    A change set says that a reference to a changed resource may have another value. Where only
    the Metadata of that resource changes, it has not.
    """
    found = {each.logical_id: each for each in changes}
    quiet = {name for name, each in found.items() if each.is_metadata_alone}
    while followers := {
        name
        for name, each in found.items()
        if name not in quiet and not each.drifts and _follows(each, quiet)
    }:
        quiet |= followers
    return tuple(
        replace(each, how=CHANGED, properties=(METADATA,), lost="", note="")
        if name in quiet
        else each
        for name, each in found.items()
    )


def _follows(change: Change, quiet: set[str]) -> bool:
    """Whether all causes of a change are references to some resources."""
    names = [cause.removeprefix(REFERENCE).partition(".")[0] for cause in change.causes]
    are_references = all(cause.startswith(REFERENCE) for cause in change.causes)
    return bool(names) and are_references and {*names} <= quiet
