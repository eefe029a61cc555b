"""What AWS publishes about actions, kinds of resource and resource types.

Both files lie in cfn-lint's package, so nothing is downloaded and `make lock` renews them:
the Service Authorization Reference, and the resource schemas of CloudFormation.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schema.html
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cfnlink.system.resource import Body

TAG_KEY = "aws:ResourceTag/${TagKey}"


@dataclass(frozen=True)
class Schema:
    """What a resource type's schema says about permissions and tags.

    handlers: the actions that CloudFormation calls to create, read, update and delete.
    at_creation: whether tags come with the create.
    """

    handlers: Mapping[str, tuple[str, ...]]
    taggable: bool
    at_creation: bool


def service_of(action: str) -> str:
    """Return the service of an action: "ec2" of "ec2:CreateVpc"."""
    return action.partition(":")[0]


def name_of(action: str) -> str:
    """Return the name of an action: "CreateVpc" of "ec2:CreateVpc"."""
    return action.partition(":")[2]


def is_known(action: str) -> bool:
    """Return whether the reference lists an action."""
    return _entry(action) is not None


def kinds(action: str) -> tuple[str, ...]:
    """Return the kinds of resource to which a policy can limit an action."""
    return tuple(kind.lower() for kind in (_entry(action) or {}).get("Resources", []))


def takes_tags(service: str, kind: str) -> bool:
    """Return whether a policy can compare the tags of a kind of resource."""
    return TAG_KEY in _kind(service, kind).get("ConditionKeys", [])


def any_id(service: str, kind: str) -> str:
    """Return the end of the ARN of a kind of resource, with * for its name or id."""
    form: str = _kind(service, kind)["ARNFormats"][0]
    return form.split(":", 5)[5].replace(".*", "*")


def arn(service: str, kind: str, end: str) -> str:
    """Return an ARN that ends so, with CloudFormation's words for partition and account."""
    known = _reference()[service]["Resources"]
    form: str = (known.get(kind) or next(iter(known.values())))["ARNFormats"][0]
    head = ":".join(form.split(":")[:5]).replace("${", "${AWS::")
    return f"{head.replace('::Account}', '::AccountId}')}:{end}"


@cache
def schema(region: str, kind: str) -> Schema | None:
    """Return the schema of a resource type; None where it has none, or states no handlers."""
    from cfnlint.schema import (  # noqa: PLC0415 (a second; --help needs none)
        PROVIDER_SCHEMA_MANAGER,
        ResourceNotFoundError,
    )

    with suppress(ResourceNotFoundError):
        found = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, kind).schema
        if found.get("handlers"):
            tagging = found.get("tagging") or {}
            return Schema(
                {
                    name: tuple(handler.get("permissions", []))
                    for name, handler in found["handlers"].items()
                },
                bool(tagging.get("taggable")),
                bool(tagging.get("tagOnCreate")),
            )
    return None


def _entry(action: str) -> Body | None:
    actions: Body = _reference().get(service_of(action), {}).get("Actions", {})
    return actions.get(name_of(action).lower())


def _kind(service: str, kind: str) -> Body:
    found: Body = _reference().get(service, {}).get("Resources", {}).get(kind, {})
    return found


@cache
def _reference() -> Body:
    from cfnlint.data import AdditionalSpecs  # noqa: PLC0415 (a second; --help needs none)

    file = Path(AdditionalSpecs.__file__).with_name("Policies.json")
    found: Body = json.loads(file.read_text("utf-8"))
    return found
