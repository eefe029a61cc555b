"""A combination of settings that AWS rejects, or that cannot work."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from templates.settings.values import Section


@dataclass(frozen=True)
class InvalidCombination:
    """A combination that AWS rejects, or that cannot work.

    keys: all settings that take part, the one to change first, in parts where a name may hold
    a dot; wrong: what is wrong; expected: what is expected of the first.
    """

    keys: tuple[str | tuple[str, ...], ...]
    wrong: str
    expected: str


def stated_in_vain(
    switch: str, section: Section, keys: Iterable[str], wrong: str, expected: str
) -> Iterator[InvalidCombination]:
    """Yield the settings of a section that are stated although their switch is off.

    switch: the dotted key of another setting of the section, without which the keys mean
    nothing; wrong, expected: of each combination.
    """
    default = type(section)()
    for key in keys:
        if getattr(section, key) != getattr(default, key):
            place = f"{switch.rpartition('.')[0]}.{key}"
            yield InvalidCombination((place, switch), wrong, expected)
