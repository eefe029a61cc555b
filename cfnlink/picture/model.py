"""The parts of a picture before they have positions."""

from collections.abc import Iterator
from dataclasses import dataclass, field

CLIENT = "client"


@dataclass(frozen=True)
class Line:
    """A line of text, the resources that it describes, and the icon before it, if any."""

    text: str
    resources: tuple[str, ...] = ()
    icon: str = ""


@dataclass(frozen=True)
class Card:
    """A box with an icon: a resource, and in its lines the resources that belong to it.

    `rank` is its place on the path of a request; `subnets` are those that hold it; `below`
    places it under the others of its rank.
    """

    key: str
    icon: str
    category: str
    title: str
    rank: int
    lines: tuple[Line, ...] = ()
    resources: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    badges: tuple[Line, ...] = ()
    below: bool = False

    def parts(self) -> Iterator[str]:
        """Yield every resource that the card shows."""
        yield from self.resources
        for line in (*self.lines, *self.badges):
            yield from line.resources


@dataclass(frozen=True)
class Arrow:
    """From card to card: the path of a request, a permitted connection, or a read at start."""

    source: str
    target: str
    label: str = ""
    style: str = "path"
    resources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subnet:
    """A subnet's place in the grid: its column (kind and number) and its zone's row."""

    key: str
    kind: str
    number: int
    zone: int
    cidr: str


@dataclass(frozen=True)
class Scene:
    """Everything that is drawn of a system."""

    title: str
    subtitle: str
    note: str
    vpc: Line | None = None
    zones: tuple[str, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    cards: tuple[Card, ...] = ()
    edge: tuple[Card, ...] = ()
    side_row: tuple[Card, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    shields: dict[str, tuple[str, ...]] = field(default_factory=dict)
