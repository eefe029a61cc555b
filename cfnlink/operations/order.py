"""The order in which stacks change, where their imports alone do not give it.

A stack changes after the stacks that it imports from. One change needs the reverse: tasks that
leave subnets must be gone before the network removes their way out, or a task that starts in
between cannot pull its image, write its log or read its secret.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.operations.target import SERVICE, Stack, Target

WAYS_OUT = ("AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint")
Template = dict[str, Any]
# The template that a stack had before, by the stack's name; None where there was no stack.
Before = Callable[[str], Template | None]


@dataclass(frozen=True)
class Reversal:
    """A stack that changes before one that it imports from, and why."""

    first: str
    second: str
    removed: tuple[str, ...]

    def words(self) -> str:
        """The order and its reason, as a line."""
        ways = ", ".join(self.removed)
        return (
            f"{self.first} changes before {self.second}: its tasks leave the subnets whose way "
            f"out ({ways}) {self.second} removes"
        )


def reversals(target: Target, before: Before) -> list[Reversal]:
    """Return the stacks that must change before one that they import from."""
    return [
        reversal
        for stack in target.stacks
        if _moves(stack, before(stack.name))
        for reversal in _reversals_of(target, stack, before)
    ]


def _reversals_of(target: Target, stack: Stack, before: Before) -> Iterator[Reversal]:
    for other in target.stacks:
        if other.name in target.needs(stack):
            removed = _removed(before(other.name), other)
            if removed:
                yield Reversal(stack.name, other.name, removed)


def _moves(stack: Stack, before: Template | None) -> bool:
    """Whether the tasks of a service that was there come to run in other subnets."""
    placed = {name: body.get("NetworkConfiguration") for name, body in _services(before)}
    return any(
        name in placed and body.get("NetworkConfiguration") != placed[name]
        for name, body in stack.of_type(SERVICE).items()
    )


def _services(template: Template | None) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, body in (template or {}).get("Resources", {}).items():
        if body.get("Type") == SERVICE:
            yield name, body.get("Properties", {})


def _removed(before: Template | None, after: Stack) -> tuple[str, ...]:
    """The ways out that a stack had and has no more."""
    resources = (before or {}).get("Resources", {})
    had = {name for name, body in resources.items() if body.get("Type") in WAYS_OUT}
    return tuple(sorted(had - after.template["Resources"].keys()))


def needs(target: Target, found: list[Reversal]) -> dict[str, set[str]]:
    """Return which stacks must be done before each stack, by name.

    What a stack that goes first imports is there already, since it only changes.
    """
    waits = {stack.name: set(target.needs(stack)) for stack in target.stacks}
    for reversal in found:
        waits[reversal.first] = set()
    for reversal in found:
        waits[reversal.second].add(reversal.first)
    return waits


def in_sequence(target: Target, found: list[Reversal]) -> list[Stack]:
    """Return the stacks one after another, in the manifest's order but for the reversals."""
    waits, done = needs(target, found), list[Stack]()
    while len(done) < len(target.stacks):
        names = {stack.name for stack in done}
        done.append(next(s for s in target.stacks if s not in done and waits[s.name] <= names))
    return done
