"""What writes a log group."""

import re
from collections.abc import Iterator

from cfnlink.aws.catalogue import resource_type
from cfnlink.system.resource import Resource, System

ROLE = "AWS::IAM::Role"


def writers(group: Resource) -> list[Resource]:
    """Return the resources to which a log group may belong, the likeliest first.

    They refer to the group or are referred to by it; or another resource of the group's stack
    serves them and a role that may write the group; or the group bears their name.
    """
    near = [*group.dependents(), *group.dependencies, *_served_by_role(group)]
    words = {*re.split(r"[/:]", group.shown("LogGroupName"))}
    return list(dict.fromkeys([*near, *bearers(group.system, words)]))


def bearers(system: System, names: set[str]) -> Iterator[Resource]:
    """Yield the resources whose physical name, stated in the template, is one of the names."""
    for resource in system.of():
        name = resource_type(resource.type).named_by
        if name and resource.shown(name) in names - {""}:
            yield resource


def _served_by_role(group: Resource) -> Iterator[Resource]:
    """Yield what uses the resources of the group's stack that its writing roles use."""
    for role in group.dependents(ROLE):
        for used in role.dependencies:
            if used.stack == group.stack:
                yield from used.dependents()
