"""Rights: who does what to what with whose rights, by the rows of rights.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cfnlink.aws.catalogue import facts
from cfnlink.system.arn import UNKNOWN, arn_of, is_kind, may_mean, row_of, things, whole_arn
from cfnlink.system.compute import TASK, environment
from cfnlink.system.expressions import VARIABLE, at, is_missing, spelled
from cfnlink.system.identity import (
    ROLE,
    SERVICES,
    Call,
    Rights,
    admits,
    holders,
    policies_of,
)
from cfnlink.system.names import resource_named
from cfnlink.system.resource import NO_OWNER, Resource
from cfnlink.system.state_machines import STATE_MACHINE, states

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.aws.files import Way
    from cfnlink.system.resource import Path, System

KEY = "AWS::KMS::Key"


def consumers(column: str) -> tuple[str, ...]:
    """Return the types with a row that has a column: role, service, checked."""
    found = facts("rights")["consumers"]
    return tuple(name for name, rows in found.items() if any(column in row for row in rows))


@dataclass(frozen=True)
class Use:
    """One use of a thing: the row, where the consumer names it, and the ARN of the thing.

    The consumer may be a part of a resource, to which `within` leads.
    """

    consumer: Resource
    row: Way
    path: list[Any]
    arn: str
    thing: Resource | None
    within: tuple[Any, ...] = ()

    @property
    def place(self) -> list[Any]:
        """Where the resource states the use."""
        return list(self.within or self.path)

    @property
    def actions(self) -> list[str]:
        """The actions on any resource, as the row or the text says."""
        found = list(self.row.get("anywhere", []))
        named = spelled(at(self.consumer.properties, *self.path)) or ""
        for form, action in self.row.get("actions", {}).items():
            if match := re.fullmatch(form, named):
                service, _, verb = match.expand(action).partition(":")
                found.append(f"{service}:{verb[:1].upper()}{verb[1:]}")
        return found

    def along(self, way: str) -> list[Any]:
        """Return a way of the row with the entries at which the thing is named."""
        entries = [part for part in self.path if isinstance(part, int)]
        steps = way.split(".")
        named = [entries.pop(0) if s == "*" and entries else s for s in steps]
        return [int(s) if isinstance(s, str) and s.isdecimal() else s for s in named]

    @property
    def shown(self) -> str:
        """The thing in words."""
        return str(self.thing or self.arn.replace(UNKNOWN, "*"))

    @property
    def source(self) -> str:
        """The ARN that aws:SourceArn holds."""
        way = self.row.get("source")
        if way is None:
            return arn_of(self.consumer)
        place, _, kind = way.partition(" ")
        value = self.consumer.expression(*self.along(place)) if way else None
        arn = whole_arn(self.consumer.system, value, kind)
        return arn + UNKNOWN if kind else arn  # a log group's has :* behind its name

    @property
    def role(self) -> Resource | None:
        """The role that acts."""
        found: Resource | None = self.consumer
        for step in self.row["role"]:
            found = found.target(*self.along(step)) if found else None
            for way in _parts(found):
                found = found.target(way) if found else None
        return found if found is not None and found.type == ROLE else None

    def calls(self, actions: list[str], arn: str) -> list[Call]:
        """Return actions on an ARN as the consumer does them."""
        return [Call(action, arn, self.source) for action in actions]

    @property
    def needed(self) -> list[Call]:
        """All actions of the use, on the thing and on any resource."""
        on_thing = self.calls(self.row.get("allow", []), self.arn)
        return on_thing + self.calls(self.actions, "*")

    @property
    def key(self) -> Resource | None:
        """The customer's key under which the thing is, or what the thing is a part of."""
        thing = self.thing if self.row.get("key") else None
        for part in _parts(thing):
            thing = thing.target(part) if thing else None
        way = row_of(thing.type).get("key") if thing else ""
        return _key(thing, way) if thing and way else None


def _parts(resource: Resource | None) -> list[str]:
    """Return the properties that lead from a version or an alias to what it is of."""
    form = row_of(resource.type)["arn"] if resource else ""
    return [form[1 : form.index("]")]] if form.startswith("[") else []


def _key(thing: Resource, way: str) -> Resource | None:
    """Return the key that a property names by its id, its ARN or its alias."""
    value = thing.expression(*way.split("."))
    found = thing.system.target(value)
    if found is None and isinstance(value, str):
        found = resource_named(thing.system, value, "AWS::KMS::Alias")
    if found is not None and found.type == "AWS::KMS::Alias":
        found = found.target("TargetKeyId")
    return found if found is not None and found.type == KEY else None


@lru_cache(maxsize=1024)  # several rules read the uses of each resource
def uses(consumer: Resource) -> tuple[Use, ...]:
    """Return how a resource uses others, by the rows of its type."""
    rows = facts("rights")["consumers"].get(consumer.type, [])
    return tuple(
        use
        for part, within in _parts_of(consumer)
        for row in rows
        for use in _uses(part, row, within)
    )


def _parts_of(consumer: Resource) -> Iterator[tuple[Resource, tuple[Any, ...]]]:
    """Yield what uses things: the resource, and each state of a machine with its role."""
    yield consumer, ()
    if consumer.type != STATE_MACHINE:
        return
    role = consumer.expression("RoleArn")
    for state in states(consumer):
        body = {**state.body, "Arguments": state.arguments[1], "RoleArn": role}
        part = {"Type": STATE_MACHINE, "Properties": body}
        yield Resource(consumer.system, consumer.name, part, NO_OWNER), state.path


def _uses(consumer: Resource, row: Way, within: tuple[Any, ...]) -> Iterator[Use]:
    for path, value in consumer.values_at(row["of"]):
        place = Use(consumer, row, path, UNKNOWN, None, within)
        if is_missing(value) or not _applies(place):
            continue
        found = _named(place, row["names"]) if "names" in row else value
        kind = row.get("is", "")
        arn = whole_arn(consumer.system, found, kind) if kind else "*"
        if not kind or (is_kind(arn, kind) and not _is_misnamed(place, found)):
            thing = _thing(consumer.system, found, arn, kind)
            whole = _with_end(arn, _end(place))
            yield Use(consumer, row, path, whole, thing, within)


def _is_misnamed(use: Use, value: Any) -> bool:
    """Whether a text names a thing that the same place takes by its ARN only.

    AWS reads the text as the name of another kind of thing. Other rules report that.
    """
    if not isinstance(value, str):
        return False
    rows = facts("rights")["consumers"][use.consumer.type]
    kinds = {row.get("is", "") for row in rows if row["of"] == use.row["of"]}
    system, kind = use.consumer.system, use.row.get("is", "")
    own = resource_named(system, value, kind)
    return own is None and resource_named(system, value, *kinds - {kind}) is not None


def _end(use: Use) -> str:
    """Return the end of a row, with the values of the properties that it names in braces."""

    def filled(match: re.Match[str]) -> str:
        value = use.consumer.expression(*use.along(match[1]))
        written = VARIABLE.sub(UNKNOWN, spelled(value) or UNKNOWN)
        return "" if is_missing(value) else f"{written}/"

    return re.sub(r"\{(\w+)\}", filled, str(use.row.get("end", "")))


def _with_end(arn: str, end: str) -> str:
    """Return an ARN with an end, unless it has one already, as that of a stream of a table."""
    word = end.strip("~")
    return arn if len(word) > 1 and word in arn else arn + end.replace("~", UNKNOWN)


def _applies(use: Use) -> bool:
    """Whether a row's conditions hold for a use; one that only AWS knows does not."""
    for way, wanted in use.row.get("when", {}).items():
        value = use.consumer.expression(*use.along(way))
        value = value.get("Fn::Base64", value) if isinstance(value, dict) else value
        known = str(value) if isinstance(value, bool) else spelled(value) or ""
        if is_missing(value) or not fnmatchcase(known.lower(), wanted.lower()):
            return False
    other = use.row.get("unless")
    return other is None or is_missing(use.consumer.expression(*use.along(other)))


def _named(use: Use, way: str) -> Any:
    """Return the value at a way; after > it goes on in the resource that is named there."""
    first, _, rest = way.partition(" > ")
    if not rest:
        return use.consumer.expression(*use.along(first))
    other = use.consumer.target(*use.along(first))
    return other.expression(rest) if other else None


def _thing(system: System, value: Any, arn: str, kind: str) -> Resource | None:
    """Return the resource behind a value, also if its ARN or its name is written."""
    found = system.target(value) or (system.first_named(value, kind) if kind else None)
    if found is not None:
        return found if found.type in things() else None
    return next((r for r in system.of(kind) if kind and _is(r, arn)), None)


def _is(resource: Resource, arn: str) -> bool:
    """Whether a written ARN is that of a resource with a written name."""
    own = arn_of(resource)
    return own.split(":")[5:] == arn.split(":")[5:] and may_mean(own, arn) and own[-1] != "~"


def without_role(use: Use) -> Resource | None:
    """Return the resource that lacks the role without which AWS refuses a use."""
    holder: Resource | None = use.consumer
    *steps, last = use.row["role"]
    for step in steps:
        holder = holder.target(*use.along(step)) if holder else None
    known = use.row.get("required") and holder is not None
    return holder if known and holder and holder.is_missing(*use.along(last)) else None


def lacking(use: Use) -> list[str]:
    """Return the actions that the role of a use is known to lack."""
    role = use.role
    if role is None:
        return []
    rights = rights_of(role)
    given = policies_of(use.thing) if use.thing else []
    named = given is None or any(_may_name(one.body, role) for one in given if one.allows)
    return [call.action for call in use.needed if rights.lacks(call) and not named]


def late_policies(use: Use) -> list[Resource]:
    """Return the resources apart from role and thing whose statements allow a use."""
    if "service" in use.row:
        return holders(use.thing) if use.thing and not refused(use) else []
    role = use.role
    found = [p for call in use.needed for p in rights_of(role).late(call)] if role else []
    return list(dict.fromkeys(found))


@lru_cache(maxsize=256)
def rights_of(role: Resource) -> Rights:
    """Return what a role may do."""
    return Rights(role)


def strange_variables(resource: Resource) -> Iterator[tuple[Path, Resource, Resource]]:
    """Yield the variables that name a thing to which the role has no right, and both.

    The role has rights to other things of the same service.
    """
    role = resource.target("TaskRoleArn" if resource.type == TASK else "Role")
    for variable in environment(resource) if role and role.type == ROLE else ():
        thing = resource.system.target(variable.value)
        service = SERVICES.get(thing.type) if thing else None
        own = policies_of(thing) if thing else None
        if not role or not thing or not service or own is None:
            continue
        if any(statement.allows for statement in own):  # it may give the right itself
            continue
        if rights_of(role).is_for_others(service, arn_of(thing)):
            yield variable.path, thing, role


def _may_name(body: dict[str, Any], role: Resource) -> bool:
    """Whether a statement of a resource's policy may give rights to a role."""
    principal = body.get("Principal")
    named = at(principal, "AWS")
    if principal is None or (named is None and isinstance(principal, dict)):
        return "NotPrincipal" in body
    for one in named if isinstance(named, list) else [named or principal]:
        other = role.system.target(one)
        root = str(one).rstrip("'}").endswith(":root") or one == {"Ref": "AWS::AccountId"}
        if other is role or (other is None and not root):
            return True
    return False


def refused(use: Use) -> list[str] | None:
    """Return the actions that no policy of the thing allows to the service; None if unknown."""
    thing = use.thing
    if thing is None or thing.is_exported:
        return None
    given = policies_of(thing)
    if given is None or (use.row.get("open") and not given):
        return None
    calls = use.calls(use.row.get("allow", []), use.arn)
    found = [
        call.action
        for call in calls
        if admits(given, use.row["service"], call, thing.system) is False
        and not (use.row.get("open") and _of_account(given))
    ]
    return found or None


def is_first(use: Use) -> bool:
    """Whether a use is the first one of its kind: many alarms send to one topic."""
    alike = (
        other
        for consumer in use.consumer.system.of(use.consumer.type)
        for other in uses(consumer)
        if other.thing is use.thing and other.row.get("service") == use.row.get("service")
    )
    return not use.row.get("open") or next(alike) is use


def _of_account(given: list[Any]) -> bool:
    """Whether policies name the account, which lets its own alarms and events in."""
    return any(one.allows and one.values_at("Principal", "AWS") for one in given)


def locked(use: Use) -> list[str]:
    """Return the actions on the thing's key that its user is known to lack."""
    key = use.key
    if key is None:
        return []
    given, arn = policies_of(key), arn_of(key)
    calls = use.calls(use.row["key"], arn)
    if given is None:
        return []
    if "service" in use.row:
        service = use.row["service"]
        return [c.action for c in calls if admits(given, service, c, key.system) is False]
    role = use.role
    if role is None or any(_may_name(one.body, role) for one in given if one.allows):
        return []
    return [call.action for call in calls if rights_of(role).lacks(call)]
