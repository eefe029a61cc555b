"""What templates without a manifest leave unknown, said once each."""

from collections.abc import Iterator
from dataclasses import replace

from cfnlink.system.expressions import at
from cfnlink.system.link import StackTemplate, literal
from cfnlink.system.parameter_values import VALUELESS
from cfnlink.system.resource import Path, Problem, System

# Problems only of a system whose stacks are all known.
NEEDS_ALL_STACKS = ("E9001", VALUELESS, "I9006")
CODE = "I9009"
MOST_NAMES = 10  # of a line that a reader takes in


def unknown(stacks: list[StackTemplate], system: System) -> Iterator[Problem]:
    """Yield a note on the imports of other stacks, and one on parameters without a value."""
    by_tier = {stack.tier: stack for stack in stacks}
    imports: dict[str, Problem] = {}
    missing: dict[str, Problem] = {}
    for problem in system.problems:
        if problem.code == "E9001":
            name = _import_at(by_tier[problem.tier], problem.path)
            imports.setdefault(str(name), problem)
        elif problem.code == VALUELESS:
            missing.setdefault(f"{problem.tier}.{problem.path[-1]}", problem)
    for found, text in (
        (imports, "no template here exports {}; other stacks must export them"),
        (missing, "no value is known of {}; rules are silent about them. fix: --parameters"),
    ):
        if found:
            names = sorted(found)
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            message = text.format(", ".join(names[:MOST_NAMES]) + more)
            yield replace(next(iter(found.values())), code=CODE, message=message)


def _import_at(stack: StackTemplate, path: Path) -> str | None:
    return literal(at(stack.macros.template, *path, "Fn::ImportValue"), stack)
