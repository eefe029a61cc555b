"""What a change does to a resource, in words, and which data it would delete."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from cfnlink.aws.catalogue import resource_type, types, without_row
from cfnlink.operations.drift import Drift
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.system.context import NEVER, forbidden
from cfnlink.system.expressions import mapping
from cfnlink.system.left_over import INSTANCE
from cfnlink.system.link import system_id
from cfnlink.system.replacement import CHANGED, MAYBE, REPLACED
from cfnlink.system.resource import Body

ADDED, RESTARTED, RENEWED, REMOVED = "added", "restarted", "renewed", "removed"
SYNCED, RECREATED = "not changed, noted as it is", "created again"
METADATA = "Metadata"
INIT = "AWS::CloudFormation::Init"  # cfn-hup on an instance acts on a change of it
SNAPSHOT = "DBSnapshotIdentifier"
POINT_IN_TIME = ("SourceDbiResourceId", "RestoreTime", "UseLatestRestorableTime")


@dataclass(frozen=True)
class Change:
    """What a deployment does to one resource.

    causes: what changes it besides its own text. Of templates they are the names of replaced
    resources in the linked system, of a change set those of change_causes.py.
    """

    stack: str
    tier: str
    logical_id: str
    type: str
    how: str
    properties: tuple[str, ...] = ()
    lost: str = ""
    note: str = ""
    causes: tuple[str, ...] = ()
    drifts: tuple[Drift, ...] = ()
    """What was changed outside CloudFormation, in a change set that undoes it."""

    def words(self) -> str:
        """Return the change as a line."""
        of = f" ({', '.join(self.properties)})" if self.properties else ""
        lost = f"; LOST: {self.lost}" if self.lost else ""
        note = f"; {self.note}" if self.note else ""
        return f"  {self.how}: {self.logical_id}, {self.type}{of}{note}{lost}"

    @property
    def is_metadata_alone(self) -> bool:
        """Whether only the resource's Metadata changes, of which its service learns nothing."""
        return self.how == CHANGED and self.properties == (METADATA,) and not self.note

    @property
    def is_told_first(self) -> bool:
        """Whether it is told before it begins: it loses or undoes something."""
        return bool(self.lost or self.drifts)

    def named(self, allowed: Iterable[str]) -> bool:
        """Whether the user allowed it, by its own logical id or by the system's."""
        return bool({self.logical_id, system_id(self.tier, self.logical_id)} & {*allowed})


def lines(changes: Iterable[Change]) -> Iterator[str]:
    """Yield the changes, a line each, and at last how many change in their Metadata alone.

    CloudFormation updates a stack for it, and changes no resource.
    """
    alone = 0
    for change in changes:
        alone += change.is_metadata_alone
        if not change.is_metadata_alone:
            yield change.words()
    if alone:
        yield f"  only described otherwise (Metadata): {alone}; nothing that runs changes"


def is_metadata_alone(changes: Iterable[Change]) -> bool:
    """Return whether nothing that runs changes: all that there is changes in its Metadata."""
    found = [*changes]
    return bool(found) and all(each.is_metadata_alone for each in found)


def as_result(changes: Iterable[Change]) -> dict[str, Any]:
    """Return the changes for `--json`: beside them, what changes in its Metadata alone."""
    found = [*changes]
    alone = [f"{each.stack}.{each.logical_id}" for each in found if each.is_metadata_alone]
    others = [asdict(each) for each in found if not each.is_metadata_alone]
    return {"changes": others, "metadata_only": alone}


def against_context(how: str, body: Body, properties: Iterable[str]) -> str:
    """Return which of the changed properties the resource's Context forbids to change.

    It is told of changes that lose nothing by themselves: the words of a replacement are
    stronger.
    """
    names = forbidden(body, properties) if how != REPLACED else []
    return f"its Metadata says {NEVER}: {', '.join(names)}" if names else ""


def acts_on_metadata(*bodies: Body) -> str:
    """Return what acts on another Metadata of a resource; empty if nothing does."""
    has_init = any(INIT in mapping(body.get(METADATA)) for body in bodies)
    return "an instance that runs cfn-hup acts on it" if has_init else ""


def described(change: Change, policy: str = "", note: str = "") -> Change:
    """Return the change with what it loses, what stays, and whether something restarts.

    policy: the DeletionPolicy or UpdateReplacePolicy that applies to it.
    """
    how, row = change.how, resource_type(change.type)
    goes = how in (REPLACED, REMOVED, RECREATED) or (how == MAYBE and not row.is_guarded)
    lost = row.holds_data if goes else ""
    notes = [note] if note else []
    if goes and change.type not in types():
        notes.append(f"whether it holds data is not known: {without_row(change.type)}")
    if how == MAYBE and row.is_guarded:
        notes.append("the stack policy stops AWS if it would be")
    if lost and how == REMOVED and "Retain" in policy:
        notes.append(f"it stays at AWS, in no stack, with {lost}")
        lost = ""
    if lost and "Retain" in policy:
        notes.append("the old one stays, but in no stack")
    if lost and policy.endswith("Snapshot"):
        notes.append("a final snapshot stays")
    if how in (CHANGED, MAYBE) and {*row.restarted_by} & {*change.properties}:
        how = RESTARTED if how == CHANGED else how
        notes.append(row.restart)
    return replace(change, how=how, note="; ".join(notes), lost=lost)


def refuse(
    environment: Environment, changes: Iterable[Change], allowed: Iterable[str], name: str
) -> None:
    """Stop if data would be lost and no option allows it; name: the command that deploys."""
    lost = [change for change in changes if change.lost and not change.named(allowed)]
    if not lost:
        return
    lines = [
        f"{change.stack}: {change.logical_id} would be {change.how.removeprefix('may be ')} "
        f"({change.type}), {_without(change)} {change.lost}"
        for change in lost
    ]
    message = "\n".join(("refused, because data would be lost:", *lines))
    if new_origin := next(_new_origins(environment, lost), None):
        words, options = new_origin
        step = f"to put the database back to it: {environment.command('restore', **options)}"
        raise CommandError(Exit.DATA, f"{message}\nthe settings name {words}", step)
    named = list(dict.fromkeys((*allowed, *(change.logical_id for change in lost))))
    next_command = f"if you accept the loss: {environment.command(name, allow=named)}"
    raise CommandError(Exit.DATA, message, next_command)


def left_alone(changes: Iterable[Change]) -> Iterator[str]:
    """Yield what AWS itself changes in normal life, and a change set would undo."""
    for change in changes:
        owned = [each for each in change.drifts if each.owner and not each.is_ignored]
        if owned:
            words = ", ".join(each.words() for each in owned)
            yield f"left as it is: {change.logical_id} {words}"


def stays(changes: Iterable[Change]) -> Iterator[str]:
    """Yield what a change set would undo besides, which stays with that."""
    for change in changes:
        back = [each.words() for each in change.drifts if not each.owner]
        if change.how == RECREATED or back:
            yield f"{change.logical_id} {', '.join(back) or 'is deleted'}"


def _without(change: Change) -> str:
    """Return how the data goes: with the resource, or it is gone and does not come back."""
    return "without" if change.how == RECREATED else "and with it"


def _new_origins(
    environment: Environment, lost: Iterable[Change]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what the settings name for databases and AWS does not have yet: a snapshot, or an
    instance at a time, each with the options of restore."""
    templates = {stack.name: stack.template["Resources"] for stack in environment.stacks}
    for change in lost:
        if change.type != INSTANCE:
            continue
        body = templates[change.stack].get(change.logical_id, {}).get("Properties", {})
        snapshot, source = body.get(SNAPSHOT), body.get("SourceDbiResourceId")
        if SNAPSHOT in change.properties and isinstance(snapshot, str):
            yield f"the snapshot {snapshot}", {"snapshot": snapshot}
        if {*POINT_IN_TIME} & {*change.properties} and isinstance(source, str):
            time = str(body.get("RestoreTime") or "latest")
            yield f"{source} at {time}", {"time": time}
