"""The content of a policy: grants, their conditions, and the tags that show the owner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from cfnlink.operations.aws_reference import service_of
from cfnlink.operations.owner_tags import OWNER_TAGS

ALLOW, DENY = "Allow", "Deny"
UNTAGGING = ("DeleteTags", "RemoveTags", "Untag")
ANYTHING = ("*",)


class Test(NamedTuple):
    """One condition: every value of a key has to pass its operator."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Grant:
    """Actions on resources under conditions.

    why: its scope beyond the owner's resources, and the risk. but: it covers everything
    except its resources (NotResource).
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    tests: tuple[Test, ...] = ()
    why: str = ""
    effect: str = ALLOW
    but: bool = False


class Reach(NamedTuple):
    """Where an action is allowed: resources, conditions, and the reason for a wide scope.

    by_tags: the tags of the owner are among the conditions.
    """

    resources: tuple[str, ...]
    tests: tuple[Test, ...] = ()
    why: str = ""
    by_tags: bool = False


@dataclass(frozen=True)
class Owner:
    """The owner of the resources that a role may change: those with these tags.

    environment is None for the stack that all environments share: its resources carry the
    project's tag and no environment's.
    """

    project: str
    environment: str | None

    @property
    def own(self) -> tuple[Test, ...]:
        """Return the tests that only a resource of the owner passes."""
        environment = Test("Null", _resource("environment"), ("true",))
        if self.environment is not None:
            environment = _equals(_resource("environment"), self.environment)
        return _equals(_resource("project"), self.project), environment

    @property
    def untagged(self) -> tuple[Test, ...]:
        """Return the tests that only a resource without both tags passes."""
        return tuple(Test("Null", _resource(tag), ("true",)) for tag in OWNER_TAGS)

    def guards(self, actions: Iterable[str], beside: Sequence[str]) -> list[Grant]:
        """Return what is denied whatever else is allowed.

        A resource with the tags of another owner, a tag with the value of another owner, and
        the removal of the two tags. Where AWS does not pass a key, a guard denies nothing.

        actions: all that the role may do. beside: ARNs of resources of others that the
        templates name, which may carry any tags.
        """
        removing = tuple(sorted(each for each in actions if is_untagging(each)))
        guards = [
            Grant(ANYTHING, ANYTHING, tests, effect=DENY)
            for tests in self._foreign("aws:RequestTag")
        ]
        reach, but = tuple(beside) or ANYTHING, bool(beside)
        guards += [
            Grant(ANYTHING, reach, tests, effect=DENY, but=but)
            for tests in self._foreign("aws:ResourceTag")
        ]
        if removing:
            keys = Test("ForAnyValue:StringEquals", "aws:TagKeys", OWNER_TAGS)
            guards.append(Grant(removing, ANYTHING, (keys,), effect=DENY))
        return guards

    def _foreign(self, key: str) -> list[tuple[Test, ...]]:
        """Return the tests that a tag of another owner passes; each is enough to deny."""
        found: list[tuple[Test, ...]] = []
        for tag, value in (("project", self.project), ("environment", self.environment)):
            there = Test("Null", f"{key}/{tag}", ("false",))
            other = Test("StringNotEquals", f"{key}/{tag}", (value,)) if value else None
            found.append((other, there) if other else (there,))
        return found


def merged(allowed: Iterable[tuple[str, Reach]]) -> list[Grant]:
    """Return as few grants as have the same effect.

    If tags decide, the actions of a service may share a grant on all of its kinds of
    resource. Otherwise grants with equal resources are merged first, then those with equal
    actions.
    """
    by_tags: dict[tuple[str, Reach], tuple[dict[str, None], dict[str, None]]] = {}
    by_resource: dict[Reach, dict[str, None]] = {}
    for action, reach in allowed:
        if reach.by_tags:
            alike = service_of(action), reach._replace(resources=())
            actions, resources = by_tags.setdefault(alike, ({}, {}))
            actions[action] = None
            resources.update(dict.fromkeys(reach.resources))
        for resource in () if reach.by_tags else reach.resources:
            alone = reach._replace(resources=(resource,))
            by_resource.setdefault(alone, {})[action] = None
    by_actions: dict[Grant, list[str]] = {}
    for reach, named in by_resource.items():
        grant = Grant(tuple(named), (), reach.tests, reach.why)
        by_actions.setdefault(grant, []).extend(reach.resources)
    return [
        *(
            Grant(tuple(actions), tuple(resources), reach.tests, reach.why)
            for (_, reach), (actions, resources) in by_tags.items()
        ),
        *(replace(grant, resources=tuple(found)) for grant, found in by_actions.items()),
    ]


def is_untagging(action: str) -> bool:
    """Return whether an action removes tags."""
    name = action.partition(":")[2]
    return name.startswith(UNTAGGING) or action == "apigateway:DELETE"


def _resource(tag: str) -> str:
    return f"aws:ResourceTag/{tag}"


def _equals(key: str, value: str) -> Test:
    return Test("StringEquals", key, (value,))
