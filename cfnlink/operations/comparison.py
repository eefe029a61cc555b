"""Where a change set and the templates disagree about what a deployment does.

A change set knows values that no template states: parameters, tags of the stack, what a
reference gives. The templates show what a change set cannot know yet: a replacement in one
stack changes the stacks that import from it, and AWS sees that only afterwards.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cfnlink.operations.change_causes import NESTED, PARAMETER, REFERENCE, TAGS
from cfnlink.operations.changes import RECREATED, Change
from cfnlink.operations.environment import Environment
from cfnlink.system.replacement import CHANGED

DYNAMIC = "{{resolve:"
AFTERWARDS = "AWS knows what it refers to only after the change"
# What a cause says of a change that no template shows.
BY_CAUSE = {
    PARAMETER: "the {} has another value",
    REFERENCE: AFTERWARDS,
    NESTED: "a nested stack changes",
    TAGS: "the stack has other tags",
}


@dataclass(frozen=True)
class Disagreement:
    """A resource of which AWS and the templates say different things; None: no change."""

    stack: str
    logical_id: str
    change_set: str | None
    templates: str | None
    why: str


def words_of(found: Iterable[Disagreement]) -> Iterator[str]:
    """Yield the disagreements in words: a line for all resources of which the same is true."""
    groups: dict[tuple[str | None, str | None, str], list[str]] = {}
    for each in found:
        key = (each.change_set, each.templates, each.why)
        groups.setdefault(key, []).append(each.logical_id)
    for (change_set, templates, why), names in groups.items():
        head = f"AWS says {change_set}, the templates {templates}"
        if templates is None:
            head = f"AWS alone says {change_set}"
        elif change_set is None:
            head = f"the templates alone say {templates}"
        yield f"  {head}: {', '.join(names)}; {why}"


def disagreements(
    environment: Environment,
    stack: str,
    by_aws: Iterable[Change],
    by_templates: Iterable[Change],
) -> Iterator[Disagreement]:
    """Yield the resources of a stack of which a change set and the templates differ."""
    aws = {each.logical_id: each for each in by_aws if not each.is_metadata_alone}
    templates = {each.logical_id: each for each in by_templates if not each.is_metadata_alone}
    for name in {**aws, **templates}:
        one, other = aws.get(name), templates.get(name)
        if _how(one) != _how(other):
            why = _reason(environment, stack, one, other)
            yield Disagreement(stack, name, _how(one), _how(other), why)


def _how(change: Change | None) -> str | None:
    return change.how if change else None


def _reason(
    environment: Environment, stack: str, aws: Change | None, templates: Change | None
) -> str:
    """Return what one of the two knows and the other does not."""
    refers = aws is not None and any(cause.startswith(REFERENCE) for cause in aws.causes)
    if templates and aws and aws.how != CHANGED and refers:
        return AFTERWARDS
    elsewhere = [*_stacks_elsewhere(environment, stack, templates)]
    if elsewhere:
        return f"AWS sees it only after the change of {', '.join(elsewhere)}"
    if aws is None:
        return "AWS computes the same values from both"
    if templates is None:
        return _unseen(environment, stack, aws)
    return "AWS decides by the values"


def _unseen(environment: Environment, stack: str, change: Change) -> str:
    """Return why the templates do not show a change of a change set."""
    if change.drifts or change.how == RECREATED:
        return "it was changed outside CloudFormation"
    for beginning, words in BY_CAUSE.items():
        for cause in change.causes:
            if cause.startswith(beginning):
                return words.format(cause)
    body = environment.stack(stack).template["Resources"].get(change.logical_id)
    is_dynamic = DYNAMIC in str(body)
    return "a dynamic reference has another value" if is_dynamic else "AWS gives no reason"


def _stacks_elsewhere(
    environment: Environment, stack: str, change: Change | None
) -> Iterator[str]:
    """Yield the other stacks whose replaced resources cause a change."""
    causes = change.causes if change else ()
    known = environment.system.resources
    names = (known[name].stack for name in causes if name in known)
    yield from dict.fromkeys(name for name in names if name != stack)
