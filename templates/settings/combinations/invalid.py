"""A combination of settings that AWS rejects, or that cannot work."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InvalidCombination:
    """A combination that AWS rejects, or that cannot work.

    keys: all settings that take part, the one to change first, in parts where a name may hold
    a dot; wrong: what is wrong; expected: what is expected of the first.
    """

    keys: tuple[str | tuple[str, ...], ...]
    wrong: str
    expected: str
