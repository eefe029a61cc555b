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
    for key, found in _definitions(machine):
        is_text = key == "DefinitionString" or not isinstance(machine.expression(key), dict)
        for path, part in _parts(found, (key,)):
            for name, body in part["States"].items():
                place = (key,) if is_text else (*path, "States", name)
                if isinstance(body, dict):
                    yield State(place, body, is_text)


def _definitions(machine: Resource) -> Iterator[tuple[str, Any]]:
    """Yield the properties that may hold a definition, and what they hold."""
    given = machine.get("DefinitionSubstitutions")
    variables = given if isinstance(given, dict) else {}
    for key in ("Definition", "DefinitionString"):
        yield key, document(machine.expression(key), variables)


def _parts(machine: Any, path: Path) -> Iterator[tuple[Path, Body]]:
    """Yield a machine that has states, and each iterator and branch inside of it."""
    known = at(machine, "States")
    if not isinstance(known, dict):
        return
    yield path, machine
    for name, state in known.items():
        for way in ("Iterator", "ItemProcessor", "Branches.*"):
            for steps, part in reached(state, way.split(".")):
                yield from _parts(part, (*path, "States", name, *steps))


def lost_transitions(machine: Resource) -> Iterator[tuple[Path, str]]:
    """Yield the names to which a machine or a part of it goes on, and which no state has."""
    for key, found in _definitions(machine):
        for _, part in _parts(found, ()):
            known = part["States"]
            named = [at(part, "StartAt"), *(n for s in known.values() for n in _next_of(s))]
            texts = [n for n in named if isinstance(n, str) and "${" not in str([*known])]
            yield from (((key,), name) for name in texts if name not in known)


def _next_of(state: Any) -> Iterator[Any]:
    """Yield the names of the states that follow a state."""
    for way in ("Next", "Default", "Choices.*.Next", "Catch.*.Next"):
        yield from (name for _, name in reached(state, way.split(".")))


def usual_steps(machine: Resource) -> int:
    """Return how many states a run passes that fails nowhere and takes each first choice.

    A state that has others inside counts as one. The answer is 0 if the definition is unknown.
    """
    found = next((one for _, one in _definitions(machine) if one), None)
    passed: dict[Any, None] = {}
    step = at(found, "StartAt")
    while isinstance(step, str) and step not in passed:
        passed[step] = None
        state = at(found, "States", step)
        step = at(state, "Next") or at(state, "Choices", 0, "Next")
    return len(passed)


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
