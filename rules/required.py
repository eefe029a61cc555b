"""What AWS demands of a resource although its schema leaves it open."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))  # cfn-lint loads this file outside any package

from _rule import Faults, facts, rule
from _template import Resource

DOCS = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"


def missing(resource: Resource, demands: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The demands of which a resource surely states nothing."""
    for demand in demands:
        if any(resource.is_missing(name) for name in demand.get("where", [])):
            continue
        named = [*demand["one_of"], *demand.get("unless", [])]
        if all(resource.is_missing(name) for name in named):
            yield demand


@rule("E9012", tuple(facts("required")["demanded"]), f"{DOCS}introduction.html")
def demands_are_met(resource: Resource) -> Faults:
    """A resource states what its service demands.
    The schema of a type lists few properties as required; the service behind it refuses more,
    or makes something that does not work."""
    for demand in missing(resource, facts("required")["demanded"][resource.type]):
        yield [], f"{resource.name} needs {' or '.join(demand['one_of'])}; state it"


@rule("W9013", tuple(facts("required")["advised"]), f"{DOCS}introduction.html")
def defaults_are_no_surprise(resource: Resource) -> Faults:
    """What has a surprising default is stated.
    Some defaults are right for nobody who thinks of them: state the property on purpose."""
    for demand in missing(resource, facts("required")["advised"][resource.type]):
        yield [], f"{resource.name} leaves {demand['one_of'][0]} out: {demand['why']}"
