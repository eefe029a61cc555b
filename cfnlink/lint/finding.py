"""A finding: its rule, its message, and its lines in the template and in the code."""

from dataclasses import dataclass
from typing import Any

LEVELS = {"E": "error", "W": "warning", "I": "informational"}


@dataclass(frozen=True)
class Finding:
    """One fault. `path` leads to it in its tier's own template; lines count from one.

    `source` and `source_line` are the place in the generator, if it is known.
    """

    rule: str
    shortdesc: str
    description: str
    source_url: str
    message: str
    tier: str
    path: list[Any]
    file: str
    line: int
    column: int
    source: str | None
    source_line: int | None

    @property
    def level(self) -> str:
        """Return the severity that the rule's letter means."""
        return LEVELS[self.rule[:1]]

    @property
    def fails(self) -> bool:
        """Whether it makes the check fail: errors and warnings do."""
        return self.level != "informational"

    @property
    def where(self) -> tuple[str, int]:
        """Return the line to change: of the code if it is known, else of the template."""
        if self.source is not None and self.source_line is not None:
            return self.source, self.source_line
        return self.file, self.line
