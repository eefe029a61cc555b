"""What was changed outside CloudFormation, as a drift-aware change set says it.

Such a change set compares the template, the last deployment and the actual state, and brings
every resource of the stack to the template: AWS has no way to leave one out.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cfnlink.aws.catalogue import resource_type

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import (
        CreateChangeSetInputTypeDef,
        ResourceChangeTypeDef,
        ResourceTargetDefinitionTypeDef,
    )

PROPERTIES = "/Properties"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceDriftIgnoredAttribute.html
IGNORED = {
    "MANAGED_BY_AWS": "AWS manages it",
    "WRITE_ONLY_PROPERTY": "AWS cannot read it",
    "SENSITIVE_PROPERTY": "it is secret",
}


@dataclass(frozen=True)
class Drift:
    """A property that was changed outside CloudFormation.

    values: what it is and what the template states, if neither can be secret. owner: why it
    differs in normal life, so that it must not go back. is_ignored: AWS leaves it as it is.
    """

    path: str
    values: str = ""
    owner: str = ""
    is_ignored: bool = False

    def words(self) -> str:
        """Return the property, with what is known of its values."""
        known = self.owner or self.values
        return f"{self.path} ({known})" if known else self.path


def drift_aware(asked: "CreateChangeSetInputTypeDef") -> "CreateChangeSetInputTypeDef":
    """Return what a change set asks for that also undoes changes outside CloudFormation."""
    return {**asked, "DeploymentMode": "REVERT_DRIFT"}


def drifts_of(found: "ResourceChangeTypeDef") -> Iterator[Drift]:
    """Yield the properties of a resource that were changed outside CloudFormation."""
    kind = found["ResourceType"]
    for detail in found.get("Details", []):
        target = detail.get("Target", {})
        if _has_drifted(target):
            path = _path(target.get("Path") or f"/{target.get('Name', '')}")
            yield Drift(path, _values(target), _owner(kind, path))
    for each in found.get("ResourceDriftIgnoredAttributes", []):
        why = IGNORED.get(each.get("Reason", ""), each.get("Reason", ""))
        yield Drift(_path(each.get("Path", "")), owner=why, is_ignored=True)


def notes(drifts: Sequence[Drift]) -> Iterator[str]:
    """Yield in words what goes back, what must not, and what AWS leaves as it is."""
    back = [each.words() for each in drifts if not each.owner]
    if back:
        yield f"changed outside CloudFormation, goes back: {', '.join(back)}"
    owned = [each.words() for each in drifts if each.owner and not each.is_ignored]
    if owned:
        yield f"must not go back: {', '.join(owned)}"
    left = [each.words() for each in drifts if each.is_ignored]
    if left:
        yield f"not compared: {', '.join(left)}"


def _has_drifted(target: "ResourceTargetDefinitionTypeDef") -> bool:
    """Whether the actual value is another one than that of the last deployment.

    AWS writes some JSON anew; a value with the same content is no change.
    """
    drift = target.get("Drift")
    if not drift or target.get("AttributeChangeType") == "SyncWithActual":
        return False
    before, actual = drift.get("PreviousValue"), drift.get("ActualValue")
    return before is None or actual is None or _content(before) != _content(actual)


def _content(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value


def _values(target: "ResourceTargetDefinitionTypeDef") -> str:
    """Return numbers and switches; any other value could be secret."""
    actual, after = target.get("Drift", {}).get("ActualValue"), target.get("AfterValue")
    shown = [each for each in (actual, after) if each and _is_plain(each)]
    return f"from {shown[0]} to {shown[1]}" if len(shown) > 1 else ""


def _is_plain(value: str) -> bool:
    return value.lower() in ("true", "false") or isinstance(_content(value), int | float)


def _owner(kind: str, path: str) -> str:
    """Return why a property differs in normal life; a whole that holds such a one counts."""
    for known, why in resource_type(kind).drifts.items():
        if f"{path}/".startswith(f"{known}/") or f"{known}/".startswith(f"{path}/"):
            return why
    return ""


def _path(path: str) -> str:
    return path.removeprefix(PROPERTIES)
