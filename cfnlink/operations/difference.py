"""What happens to resources between two templates, by the schemas of their types.

A change of a create-only property replaces its resource, a change of a conditional one may. A
replacement changes every property that refers to the resource, so one replacement can cause
others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cfnlink.aws.catalogue import resource_type
from cfnlink.operations.changes import (
    ADDED,
    METADATA,
    REMOVED,
    RENEWED,
    Change,
    acts_on_metadata,
    against_context,
    described,
)
from cfnlink.system.expressions import at, references
from cfnlink.system.replacement import (
    CHANGED,
    MAYBE,
    REPLACED,
    PropertyPath,
    UpdateEffect,
    update_effect,
)
from cfnlink.system.resource import Body

RANK = {CHANGED: 0, MAYBE: 1, REPLACED: 2}
# What changes a resource beside its properties; DependsOn only changes the order.
ATTRIBUTES = ("DeletionPolicy", "UpdateReplacePolicy", "UpdatePolicy", METADATA)


@dataclass
class Difference:
    """The change of one resource, its properties, and the replaced resources that cause it."""

    id: str
    type: str
    how: str
    properties: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    policy: str = ""
    note: str = ""
    body: Body = field(default_factory=dict)

    def change(self, stack: str, tier: str, logical_id: str, note: str = "") -> Change:
        """Return the difference in words: of which stack, by which name, for which reason."""
        why = f"because of {', '.join(self.because)}" if self.because else ""
        change = Change(stack, tier, logical_id, self.type, self.how, self.properties)
        change = replace(change, causes=self.because)
        against = against_context(self.how, self.body, self.properties)
        notes = filter(None, (why, self.note, note, against))
        return described(change, self.policy, "; ".join(notes))

    def add(self, how: str, name: str, because: str = "") -> bool:
        """Add a reason for a change; return whether it makes the change a greater one."""
        greater = RANK[how] > RANK[self.how]
        self.how = how if greater else self.how
        self.properties = tuple(dict.fromkeys((*self.properties, name)))
        if because:
            self.because = tuple(dict.fromkeys((*self.because, because)))
        return greater


@dataclass
class _Comparison:
    """Two sets of resources by logical id, and the differences found so far."""

    before: Mapping[str, Body]
    after: Mapping[str, Body]
    region: str
    found: dict[str, Difference] = field(default_factory=dict)

    def effect_on(self, body: Body) -> UpdateEffect:
        """Return what updates do to a resource, by its type."""
        return update_effect(str(body.get("Type")), self.region)

    def note(self, name: str) -> Difference:
        """Return the difference of a resource in both sets; create it if there is none."""
        old, new = self.before[name], self.after[name]
        policy = str(old.get("UpdateReplacePolicy", ""))
        return self.found.setdefault(
            name, Difference(name, str(new.get("Type")), CHANGED, policy=policy, body=old)
        )

    def compare(self, name: str) -> None:
        """Compare one resource with its later state."""
        old, new = self.before[name], self.after[name]
        if old.get("Type") != new.get("Type"):
            self.note(name).add(REPLACED, "Type")
            return
        effect = self.effect_on(new)
        was, is_ = old.get("Properties") or {}, new.get("Properties") or {}
        for path in _differing(was, is_):
            # A macro that makes all properties leaves open which of them change.
            how = effect.of(path, at(was, *path), at(is_, *path)) if path else MAYBE
            self.note(name).add(how, str(path[0]) if path else "Properties")
        for key in ATTRIBUTES:
            if old.get(key) != new.get(key):
                self.note(name).add(CHANGED, key)
                if key == METADATA:
                    self.note(name).note = acts_on_metadata(old, new)

    def spread(self) -> None:
        """Change what refers to a replaced resource, until no more is replaced."""
        waiting = [name for name, each in self.found.items() if each.how != CHANGED]
        users: dict[str, list[tuple[str, PropertyPath]]] = {}
        for name in self.before.keys() & self.after.keys():
            for target, path in references(self.after[name].get("Properties") or {}):
                users.setdefault(target, []).append((name, path))
        while waiting:
            source = self.found[waiting.pop()]
            for name, path in sorted(users.get(source.id, [])):
                effect = self.effect_on(self.after[name]).of(path, 0, 1)
                if source.how == MAYBE and effect == CHANGED:
                    continue
                how = min(effect, source.how, key=RANK.__getitem__)
                if self.note(name).add(how, str(path[0]), source.id):
                    waiting.append(name)


def differences(
    before: Mapping[str, Body], after: Mapping[str, Body], region: str
) -> list[Difference]:
    """Return every resource that a deployment of `after` over `before` would change.

    Both are resources by logical id. Removed ones come last, as in CloudFormation.
    """
    comparison = _Comparison(before, after, region)
    for name in after:
        if name in before:
            comparison.compare(name)
    comparison.spread()
    kept = [comparison.found[name] for name in after if name in comparison.found]
    for each in kept:
        if resource_type(each.type).is_renewed and each.how != CHANGED:
            each.how = RENEWED
    return [*kept, *_only(after, before, ADDED), *_only(before, after, REMOVED)]


def _only(one: Mapping[str, Body], other: Mapping[str, Body], how: str) -> Iterator[Difference]:
    for name, body in one.items():
        if name not in other:
            policy = str(body.get("DeletionPolicy", ""))
            yield Difference(name, str(body.get("Type")), how, policy=policy)


def _differing(old: object, new: object, path: PropertyPath = ()) -> Iterator[PropertyPath]:
    """Yield the paths at which two values differ: below mappings, a list or
    expression as a whole."""
    if isinstance(old, dict) and isinstance(new, dict) and not _expressions(old, new):
        for key in {**old, **new}:
            yield from _differing(old.get(key), new.get(key), (*path, key))
    elif old != new:
        yield path


def _expressions(*nodes: Body) -> bool:
    return any(
        "Ref" in node or any(str(key).startswith("Fn::") for key in node) for node in nodes
    )
