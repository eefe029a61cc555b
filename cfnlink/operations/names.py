"""Names that AWS gives the resources of CloudFormation, as patterns of a policy.

https://github.com/aws-cloudformation/cloudformation-cli-java-plugin (IdentifierUtils)
"""

import re

from cfnlink.aws.resource_type import ResourceType

# Of the 64 characters of a role's name CloudFormation keeps 14 for itself, and at least half
# of the others for the name of the stack.
ROOM, HALF = 50, 25
# A number at the end of a part of a name counts generations of the database:
# docs/decisions/0014-restore-and-generations.md
GENERATION = re.compile(r"(?<=-)\d{1,2}(?=/|$)")


def patterns(row: ResourceType, stack: str, logical_id: str, stated: object) -> list[str]:
    """Return the names that a resource may have.

    row: its type. stated: the name in its template, or None where AWS makes one up.
    """
    if isinstance(stated, str):
        names = [GENERATION.sub(digits, stated) for digits in ("?", "??")]
    elif stated is not None:
        names = ["*"]
    else:
        names = {
            "stack": [_stack_part(stack, logical_id)],
            "logical id": [f"{logical_id}-*"],
            "either": [f"{logical_id}-*", _stack_part(stack, logical_id)],
        }[row.names]
    return [*dict.fromkeys(case for name in names for case in _cases(row, name))]


def exact(row: ResourceType, stack: str, logical_id: str, stated: object) -> list[str]:
    """Return the same with the logical id in them, which no other resource's name has."""
    if stated is not None:
        return patterns(row, stack, logical_id, stated)
    if len(stack) + len(logical_id) <= ROOM:
        return [f"{stack}-{logical_id}-*"]
    return [f"{stack[:HALF]}*-{logical_id[:HALF]}*"]


def tells_the_stack(row: ResourceType, stated: object) -> bool:
    """Return whether the name of a resource says whose it is."""
    return isinstance(stated, str) or (stated is None and row.names == "stack")


def _stack_part(stack: str, logical_id: str) -> str:
    fits = len(stack) + len(logical_id) <= ROOM
    return f"{stack}-*" if fits else f"{stack[:HALF]}*"


def _cases(row: ResourceType, name: str) -> list[str]:
    return {
        "kept": [name],
        "lower": [name.lower()],
        "either": [name, name.lower()],
    }[row.case]
