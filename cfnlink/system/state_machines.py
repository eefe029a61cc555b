"""State machines: the states of a definition, which is a mapping or JSON text."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from cfnlink.system.documents import UNKNOWN, document
from cfnlink.system.expressions import at, reached, text
from cfnlink.system.resource import Body, Path, Resource

STATE_MACHINE = "AWS::StepFunctions::StateMachine"
SCHEDULE = "AWS::Scheduler::Schedule"


class State(NamedTuple):
    """A state of a machine.

    `path` leads to it in the properties, or to the text that holds the definition.
    """

    path: Path
    body: Body
    is_text: bool

    @property
    def calls(self) -> str:
        """Return the service and the action that the state calls: ecs:runTask."""
        given = text(self.body.get("Resource")) or ""
        return given.rpartition(":states:::")[2].partition(".")[0]

    @property
    def arguments(self) -> tuple[str, Body]:
        """Return what the state passes on and its key; what only a run knows is unknown."""
        key = "Arguments" if "Arguments" in self.body else "Parameters"
        found = _with_unknown(self.body.get(key))
        return key, found if isinstance(found, dict) else {}


def states(machine: Resource) -> Iterator[State]:
    """Yield the states of a machine, those inside of others included."""
    given = machine.get("DefinitionSubstitutions")
    variables = given if isinstance(given, dict) else {}
    for key in ("Definition", "DefinitionString"):
        value = machine.expression(key)
        is_text = key == "DefinitionString" or not isinstance(value, dict)
        for path, body in _inside(document(value, variables), (key,)):
            yield State((key,) if is_text else path, body, is_text)


def lost_transitions(machine: Resource) -> Iterator[tuple[Path, str]]:
    """Yield the names to which a machine or a part of it goes on, and which no state has."""
    given = machine.get("DefinitionSubstitutions")
    for key in ("Definition", "DefinitionString"):
        found = document(machine.expression(key), given if isinstance(given, dict) else {})
        parts = [found, *(body for _, body in _inside(found, ()))]
        for part in [each for node in parts for each in _machines(node)]:
            known = part["States"]
            named = [at(part, "StartAt"), *(n for s in known.values() for n in _next_of(s))]
            texts = [n for n in named if isinstance(n, str) and "${" not in str([*known])]
            yield from (((key,), name) for name in texts if name not in known)


def _machines(node: Any) -> Iterator[Body]:
    """Yield what has states of its own: a machine, an iterator, and each branch."""
    branches = at(node, "Branches")
    listed = branches if isinstance(branches, list) else []
    for each in (node, at(node, "Iterator"), at(node, "ItemProcessor"), *listed):
        if isinstance(at(each, "States"), dict):
            yield each


def _next_of(state: Any) -> Iterator[Any]:
    """Yield the names of the states that follow a state."""
    for way in ("Next", "Default", "Choices.*.Next", "Catch.*.Next"):
        yield from (name for _, name in reached(state, way.split(".")))


def usual_steps(machine: Resource) -> int:
    """Return how many states a run passes that fails nowhere and takes each first choice.

    A state that has others inside counts as one. The answer is 0 if the definition is unknown.
    """
    given = machine.get("DefinitionSubstitutions")
    variables = given if isinstance(given, dict) else {}
    written = machine.expression("Definition") or machine.expression("DefinitionString")
    found = document(written, variables)
    passed: dict[Any, None] = {}
    step = at(found, "StartAt")
    while isinstance(step, str) and step not in passed:
        passed[step] = None
        state = at(found, "States", step)
        step = at(state, "Next") or at(state, "Choices", 0, "Next")
    return len(passed)


def _inside(machine: Any, path: Path) -> Iterator[tuple[Path, Body]]:
    found = at(machine, "States")
    for name, state in found.items() if isinstance(found, dict) else ():
        here = (*path, "States", name)
        if not isinstance(state, dict):
            continue
        yield here, state
        for key in ("Iterator", "ItemProcessor"):
            yield from _inside(state.get(key), (*here, key))
        branches = state.get("Branches")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            yield from _inside(branch, (*here, "Branches", index))


def _with_unknown(node: Any) -> Any:
    """Return arguments with an unknown value for each JSONPath and JSONata expression.

    https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
    """
    if isinstance(node, dict):
        return {
            str(key).removesuffix(".$"): UNKNOWN
            if str(key).endswith(".$")
            else _with_unknown(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_with_unknown(value) for value in node]
    return UNKNOWN if isinstance(node, str) and node.startswith("{%") else node
