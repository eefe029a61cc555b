"""How many stacks of a command are done, and how long the rest may take."""

from collections.abc import Callable, Mapping
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


def longest(needs: Mapping[str, set[str]], seconds: Callable[[str], float]) -> float:
    """Return the seconds of the longest chain of things, each of which waits for others.

    needs: that for which each waits; a name that is no key does not count. seconds: how long
    each takes itself.
    """
    chains: dict[str, float] = {}

    def chain(name: str, path: frozenset[str]) -> float:
        if name not in chains:
            waits = (needs[name] & needs.keys()) - path
            before = max((chain(each, path | {name}) for each in waits), default=0.0)
            chains[name] = before + seconds(name)
        return chains[name]

    return max((chain(name, frozenset({name})) for name in needs), default=0.0)


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
        left = longest(self.needs, self._left)
        done = f"{len(self.done)} of {len(self.needs)} stacks done"
        return f"{done}, {about(left)} left" if self.seconds else done

    def _left(self, name: str) -> float:
        return 0 if name in self.done else self.seconds.get(name, 0)
