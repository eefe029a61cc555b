"""The properties of each type whose change replaces its resource, from cfn-lint's schemas.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from functools import cache
from typing import Any

from cfnlink.aws.cfn_lint import read_schema

Pointers = tuple[tuple[str, ...], ...]
CUSTOM = "AWS::CloudFormation::CustomResource"


@cache
def replacing(type_: str, region: str) -> tuple[Pointers, Pointers] | None:
    """Return the create-only properties of a type, and those that are so in some cases.

    Each is a path below Properties, in which * is any entry of a list. None if no schema is
    known. cfn-lint itself is not imported: half a second, and a build needs this.
    """
    if type_.endswith("::MODULE"):
        return (), ()
    name = CUSTOM if type_.startswith("Custom::") else type_
    file = _types(region).get(name)
    if file is None:
        return None
    found = read_schema(f"resources/{file}.json")
    always, perhaps = (
        tuple(tuple(pointer.split("/")[2:]) for pointer in found.get(key, []))
        for key in ("createOnlyProperties", "conditionalCreateOnlyProperties")
    )
    return always, perhaps


@cache
def _types(region: str) -> dict[str, Any]:
    """Return the file of each type's schema; none for a region that cfn-lint does not know."""
    try:
        found: dict[str, Any] = read_schema(f"providers/{region}.json")
    except OSError:
        return {}
    return found
