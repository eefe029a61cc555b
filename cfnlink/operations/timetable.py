"""How many stacks of a command are done, and how long the rest may take."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MINUTE = 60


def clock(seconds: float) -> str:
    """Return a duration as 0:07 or 1:02:03."""
    minutes, rest = divmod(int(seconds), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def about(seconds: float) -> str:
    """Return an estimate as no more exact than it is."""
    minutes = round(seconds / MINUTE)
    return f"about {minutes} min" if minutes else "less than a minute"


@dataclass
class Timetable:
    """The stacks that a command works on, and how long each may still take."""

    needs: Mapping[str, set[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def begin(self, needs: Mapping[str, set[str]]) -> None:
        """Begin with stacks; needs: the stacks for which each waits."""
        self.needs, self.done = needs, set()

    def words(self) -> str:
        """Return how many stacks are done, and how long the rest may take."""
        left = max((self._chain(name, frozenset()) for name in self.needs), default=0.0)
        done = f"{len(self.done)} of {len(self.needs)} stacks done"
        return f"{done}, {about(left)} left" if self.seconds else done

    def _chain(self, name: str, path: frozenset[str]) -> float:
        waits = (self.needs.get(name, set()) & self.needs.keys()) - path
        before = max((self._chain(each, path | {name}) for each in waits), default=0.0)
        return before + (0 if name in self.done else self.seconds.get(name, 0))
