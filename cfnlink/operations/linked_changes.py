"""What a deployment would change, from two states of all stacks, without AWS."""

from cfnlink.operations.changes import REMOVED, Change
from cfnlink.operations.difference import Difference, differences
from cfnlink.system.replacement import REPLACED
from cfnlink.system.resource import Body, Resource, System


def changes_between(was: System, now: System, kept: set[str], region: str) -> list[Change]:
    """Return the changes of all resources of the kept stacks, which both systems have.

    The linked systems are compared, so a replacement in one stack is seen in the others.
    """
    before, after = _bodies(was, kept), _bodies(now, kept)
    imported = _imported(was, now)
    return [
        _change({**was.resources, **now.resources}[each.id], each, imported)
        for each in differences(before, after, region)
    ]


def _bodies(system: System, kept: set[str]) -> dict[str, Body]:
    found = system.resources.values()
    return {each.name: each.body for each in found if each.stack in kept}


def _imported(was: System, now: System) -> dict[str, set[str]]:
    """Return the stacks that import a resource before and after: AWS rejects another value."""
    found: dict[str, set[str]] = {}
    common = {(each.producer, each.consumer) for each in was.links}
    for producer, consumer in common & {(each.producer, each.consumer) for each in now.links}:
        if consumer in now.resources:
            found.setdefault(producer, set()).add(now.resources[consumer].stack)
    return found


def _change(resource: Resource, found: Difference, imported: dict[str, set[str]]) -> Change:
    note = ""
    if found.how in (REPLACED, REMOVED) and found.id in imported:
        note = f"AWS refuses it while {', '.join(sorted(imported[found.id]))} imports it"
    return found.change(resource.stack, resource.tier, resource.logical_id, note)
