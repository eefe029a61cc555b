"""A finding: its rule, its message, and its lines in the template and in the code."""

from dataclasses import dataclass
from typing import Any

LEVELS = {"E": "error", "W": "warning", "I": "informational"}


@dataclass(frozen=True)
class RuleInfo:
    """What a reader learns about a rule: its id, what is good and why, and AWS's page."""

    id: str
    shortdesc: str
    description: str
    source_url: str


@dataclass(frozen=True)
class Position:
    """A line and a column of a file, counted from one."""

    file: str
    line: int
    column: int = 1


@dataclass(frozen=True)
class Finding:
    """One fault. `path` leads to it in its tier's own template.

    `source` is the line of the generator that wrote that part of the template, if it is known.
    """

    rule: RuleInfo
    message: str
    tier: str
    path: list[Any]
    template: Position
    source: Position | None

    @property
    def level(self) -> str:
        """Return the severity that the rule's letter means."""
        return LEVELS[self.rule.id[:1]]

    @property
    def fails(self) -> bool:
        """Whether it makes the check fail: errors and warnings do."""
        return self.level != "informational"

    @property
    def where(self) -> Position:
        """Return the position to change: of the code if it is known, else of the template."""
        return self.source or self.template
