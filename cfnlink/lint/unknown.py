"""What templates without a manifest leave unknown, said once each."""

from collections.abc import Iterator

from cfnlink.system.expressions import at
from cfnlink.system.link import StackTemplate, literal
from cfnlink.system.resource import Path, Problem, System

# Problems only of a system whose stacks are all known.
NEEDS_ALL_STACKS = ("E9001", "E9022", "I9006")
CODE = "I9009"


def unknown(stacks: list[StackTemplate], system: System) -> Iterator[Problem]:
    """Yield a note on the imports of other stacks, and one on parameters without a value."""
    by_tier = {stack.tier: stack for stack in stacks}
    imports = {
        str(_import_at(by_tier[problem.tier], problem.path)): (problem.tier, problem.path)
        for problem in reversed(system.problems)
        if problem.code == "E9001"
    }
    missing: dict[str, tuple[str, Path]] = {
        f"{stack.tier}.{name}": (stack.tier, ("Parameters", name))
        for stack in stacks
        for name in _without_value(stack, by_tier)
    }
    for places, text in (
        (imports, "no template here exports {}; other stacks must export them"),
        (missing, "no value is known of {}; rules are silent about them. fix: --parameters"),
    ):
        if places:
            tier, path = places[
                min(places, key=lambda key: list(by_tier).index(places[key][0]))
            ]
            names = ", ".join(sorted(places))
            yield Problem(CODE, tier, by_tier[tier].name, path, text.format(names))


def _import_at(stack: StackTemplate, path: Path) -> str | None:
    return literal(at(stack.macros.template, *path, "Fn::ImportValue"), stack)


def _without_value(stack: StackTemplate, by_tier: dict[str, StackTemplate]) -> Iterator[str]:
    given = {*stack.parameters}
    if stack.parent is not None:
        tier, logical_id = stack.parent
        path = ("Resources", logical_id, "Properties", "Parameters")
        given |= {*(at(by_tier[tier].template, *path) or ())}
    for name, body in (stack.template.get("Parameters") or {}).items():
        if name not in given and "Default" not in body:
            yield str(name)
