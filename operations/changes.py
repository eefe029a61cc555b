"""What AWS would change in a stack, in words, and which data would go with it."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from checks.folder import File, parse
from checks.link import system_id
from operations.outcome import Exit, Stop
from operations.stacks import FIRST_PAUSE_SECONDS, Deployed, find
from operations.target import IMAGE_TAG, Stack, Target

# What holds data, and what is lost when it goes.
HOLDERS = {
    "AWS::RDS::DBInstance": "the database, but for its snapshots and automated backups",
    "AWS::SecretsManager::Secret": "the password or URL in it, which others still use",
    "AWS::ECR::Repository": "every image in it, those that run included",
    "AWS::Route53::HostedZone": "its records, and the delegation to its name servers",
    "AWS::Logs::LogGroup": "the logs in it",
    "AWS::ApiGateway::ApiKey": "the key's value, which a client sends",
}
# What a new one takes the place of at every change, with nothing lost by it.
RENEWED = {"AWS::ECS::TaskDefinition", "AWS::ApiGateway::Deployment"}
# Changes in place that stop what runs: property -> type, and how.
RESTARTS = {
    "AWS::RDS::DBInstance": (
        {"DBInstanceClass", "DBParameterGroupName", "EngineVersion", "Port"},
        "the database restarts, with ApplyImmediately false in the maintenance window",
    ),
    "AWS::ECS::Service": (
        {"CapacityProviderStrategy", "NetworkConfiguration", "TaskDefinition"},
        "new tasks take over one after another",
    ),
}
NOTHING = ("didn't contain changes", "No updates are to be performed")
ADDED, CHANGED, RESTARTED, RENEWED_WORD = "added", "changed in place", "restarted", "renewed"
MAYBE, REPLACED, REMOVED = "may be REPLACED", "REPLACED", "removed"
# The stack policy stops a replacement of these, so "may be" is no loss.
GUARDED = ("AWS::RDS::DBInstance",)


@dataclass(frozen=True)
class Change:
    """What happens to one resource."""

    stack: str
    tier: str
    logical_id: str
    type: str
    how: str
    properties: tuple[str, ...] = ()
    lost: str = ""
    note: str = ""

    def words(self) -> str:
        """The change as a line."""
        of = f" ({', '.join(self.properties)})" if self.properties else ""
        lost = f"; LOST: {self.lost}" if self.lost else ""
        note = f"; {self.note}" if self.note else ""
        return f"  {self.how}: {self.logical_id}, {self.type}{of}{note}{lost}"

    def named(self, allowed: Iterable[str]) -> bool:
        """Whether somebody allowed it, by its own logical id or by the system's."""
        return bool({self.logical_id, system_id(self.tier, self.logical_id)} & {*allowed})


@dataclass(frozen=True)
class Prepared:
    """A change set that AWS accepted."""

    name: str
    stack_id: str
    creates: bool
    changes: tuple[Change, ...]


def request(
    stack: Stack, deployed: Deployed | None, image_tag: str | None, otherwise: str = ""
) -> dict[str, Any]:
    """What a change set is asked for: the template, its parameters, capabilities, tags.

    otherwise: the image tag of a stack that has none yet; without one it is Stop.
    """
    parameters = []
    for name, body in stack.template.get("Parameters", {}).items():
        value = stack.parameters.get(name)
        if name == IMAGE_TAG and image_tag:
            value = image_tag
        if value is None and deployed and name in deployed.parameters:
            parameters.append({"ParameterKey": name, "UsePreviousValue": True})
            continue
        if value is None and "Default" in body:
            continue
        if value is None and name == IMAGE_TAG:
            value = otherwise
        if not value:
            cure = "--image-tag TAG" if name == IMAGE_TAG else "a value in the manifest"
            raise Stop(Exit.UNUSABLE, f"{stack.name}: its parameter {name} needs {cure}")
        parameters.append({"ParameterKey": name, "ParameterValue": str(value)})
    return {
        "TemplateBody": stack.body,
        "Parameters": parameters,
        "Capabilities": stack.capabilities,
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }


def prepare(
    target: Target, stack: Stack, deployed: Deployed | None, asked: dict[str, Any]
) -> Prepared | None:
    """Make a change set; None where nothing changes."""
    client = target.client("cloudformation")
    name = f"operations-{uuid4().hex}"
    kind = "UPDATE" if deployed else "CREATE"
    with suppress(client.exceptions.AlreadyExistsException):  # an answer was lost: it is ours
        client.create_change_set(
            StackName=stack.name,
            ChangeSetName=name,
            ClientToken=name,
            ChangeSetType=kind,
            **asked,
        )
    while True:
        found = client.describe_change_set(StackName=stack.name, ChangeSetName=name)
        if found["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        target.pause(FIRST_PAUSE_SECONDS * 5)
    prepared = Prepared(name, found["StackId"], deployed is None, ())
    if found["Status"] == "FAILED":
        reason = found.get("StatusReason", "AWS gives no reason")
        invalid = validation(target, stack, name)
        discard(target, stack, prepared)
        if any(text in reason for text in NOTHING):
            return None
        lines = [f"{stack.name}: AWS refuses the change set: {reason}", *invalid]
        raise Stop(Exit.FAILED, "\n".join(lines), f"python -m checks {target.folder.path}")
    changes: list[Change] = []
    pages = client.get_paginator("describe_change_set")
    for page in pages.paginate(StackName=stack.name, ChangeSetName=name):
        changes += [_change(stack, each["ResourceChange"]) for each in page["Changes"]]
    return Prepared(name, found["StackId"], deployed is None, tuple(changes))


def discard(target: Target, stack: Stack, prepared: Prepared) -> None:
    """Delete a change set, and the empty stack that a first one leaves."""
    client = target.client("cloudformation")
    if prepared.creates:
        now = find(target, prepared.stack_id)
        if now and now.status == "REVIEW_IN_PROGRESS":
            client.delete_stack(StackName=prepared.stack_id)
            client.get_waiter("stack_delete_complete").wait(
                StackName=prepared.stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )
        return
    client.delete_change_set(StackName=stack.name, ChangeSetName=prepared.name)


def validation(target: Target, stack: Stack, name: str) -> list[str]:
    """What AWS's early validation found, a line each."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (late)

    try:
        answer = target.client("cloudformation").describe_events(
            StackName=stack.name, ChangeSetName=name, Filters={"FailedEvents": True}
        )
    except (BotoCoreError, ClientError):
        return []
    return [
        f"  {event.get('LogicalResourceId', stack.name)} "
        f"{event.get('ValidationPath', '')}: {event['ValidationStatusReason']}"
        for event in answer["OperationEvents"]
        if event.get("ValidationStatusReason")
    ]


def _change(stack: Stack, found: dict[str, Any]) -> Change:
    """One change of a change set. Its values are left out: they may be secret."""
    kind, action = found["ResourceType"], found["Action"]
    properties = _properties(found.get("Details", []))
    how = {"Add": ADDED, "Import": ADDED, "Remove": REMOVED}.get(action, CHANGED)
    if action == "Modify":
        replacement = found.get("Replacement", "False")
        how = {"True": REPLACED, "Conditional": MAYBE}.get(replacement, CHANGED)
    if action == "Dynamic":
        how = MAYBE
    if kind in RENEWED and how in (REPLACED, MAYBE):
        how = RENEWED_WORD
    policy = found.get("PolicyAction", "")
    return _described(stack, found["LogicalResourceId"], kind, how, properties, policy)


def _described(  # noqa: PLR0913 (what a change consists of)
    stack: Stack,
    logical_id: str,
    kind: str,
    how: str,
    properties: tuple[str, ...] = (),
    policy: str = "",
) -> Change:
    """A change with what it loses, what stays, and whether something restarts."""
    note = lost = ""
    if how in (REPLACED, REMOVED) or (how == MAYBE and kind not in GUARDED):
        lost = HOLDERS.get(kind, "")
    if how == MAYBE and kind in GUARDED:
        note = "the stack policy stops AWS if it would be"
    if lost and policy.endswith("Retain"):
        note = "the old one stays, but in no stack"
    if lost and policy.endswith("Snapshot"):
        note = "a final snapshot stays"
    stops, words = RESTARTS.get(kind, (set(), ""))
    if how in (CHANGED, MAYBE) and stops & {*properties}:
        how, note = (RESTARTED, words) if how == CHANGED else (how, f"{note}; {words}")
    return Change(stack.name, stack.tier, logical_id, kind, how, properties, lost, note)


def _properties(details: list[dict[str, Any]]) -> tuple[str, ...]:
    targets = [detail.get("Target", {}) for detail in details]
    names = [target.get("Name") or target.get("Attribute", "") for target in targets]
    return tuple(dict.fromkeys(name for name in names if name))


def offline(target: Target, stack: Stack, deployed: Deployed | None) -> tuple[Change, ...]:
    """The difference between the deployed template and the new one.

    Whether a changed resource is replaced only AWS knows: it may be.
    """
    before: dict[str, Any] = {}
    if deployed:
        client = target.client("cloudformation")
        body = client.get_template(StackName=stack.name, TemplateStage="Original")
        before = _template(target, body["TemplateBody"])["Resources"]
    after = stack.template["Resources"]
    names = [name for name in {**after, **before} if before.get(name) != after.get(name)]
    return tuple(_by_template(stack, name, before.get(name), after.get(name)) for name in names)


def _by_template(
    stack: Stack, name: str, old: dict[str, Any] | None, new: dict[str, Any] | None
) -> Change:
    """One difference between two templates."""
    if old is None or new is None:
        kept = old or new or {}
        how = ADDED if old is None else REMOVED
        policy = kept.get("DeletionPolicy", "")
        return _described(stack, name, kept["Type"], how, policy=policy)
    kind = new["Type"]
    how = REPLACED if old["Type"] != kind else MAYBE
    how = RENEWED_WORD if kind in RENEWED else how
    return _described(
        stack, name, kind, how, _differing(old, new), old.get("UpdateReplacePolicy", "")
    )


def _template(target: Target, body: Any) -> dict[str, Any]:
    if isinstance(body, dict):
        return body
    return parse(File(target.folder.path / "the deployed template", body.encode()))


def _differing(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, ...]:
    was, is_ = old.get("Properties", {}), new.get("Properties", {})
    return tuple(name for name in {**was, **is_} if was.get(name) != is_.get(name))


def refuse(
    target: Target, changes: Iterable[Change], allowed: Iterable[str], then: str
) -> None:
    """Stop where data would be lost that nobody named."""
    lost = [change for change in changes if change.lost and not change.named(allowed)]
    if not lost:
        return
    lines = [
        f"{change.stack}: {change.logical_id} would be {change.how.removeprefix('may be ')} "
        f"({change.type}), and with it {change.lost}"
        for change in lost
    ]
    named = " ".join(f"--allow-replacement {change.logical_id}" for change in lost)
    command = target.command(then, named)
    message = "refused, because data would be lost:\n" + "\n".join(lines)
    raise Stop(Exit.DATA, message, f"where that is meant: {command}")
