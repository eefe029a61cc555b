"""A choice of the settings that changes a bill."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Alternative:
    """A changed choice: its monthly difference in USD, and what it means.

    The difference is None where the changed environment has something that is not priced.
    """

    change: str
    difference: float | None
    meaning: str
