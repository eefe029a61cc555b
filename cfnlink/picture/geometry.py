"""Shapes with a position: boxes, texts, lines; and the width of texts.

The width is an upper estimate that is the same on every machine.
"""

from dataclasses import dataclass
from math import ceil

from cfnlink.picture.model import Arrow, Card, Scene

Point = tuple[float, float]
BOLD = ("title", "name", "port", "vpc", "zone")
# Advance widths of a common sans serif in thousandths of its size; others count as 600.
_WIDTHS = {
    **dict.fromkeys("ijl'|", 230),
    **dict.fromkeys("ftI.,:;!/\\[] ", 290),
    **dict.fromkeys('r()-{}"*', 350),
    **dict.fromkeys("cksvxyzJ", 510),
    **dict.fromkeys("abdeghnopquL0123456789_?$#", 560),
    **dict.fromkeys("ABEFKPSTVXYZ", 670),
    **dict.fromkeys("CDGHNOQRUw&", 750),
    **dict.fromkeys("mMW%@", 900),
}
_WIDE = 1100  # a character that is not Latin
_REGULAR, _BOLD = 1.13, 1.22  # what the widest of the usual fonts need more


def width(text: str, size: float, *, bold: bool = False) -> int:
    """Return the width of a text as an even number."""
    units = sum(_WIDTHS.get(c, 600 if c < "\u0250" else _WIDE) for c in text)
    return 2 * ceil(units * size * (_BOLD if bold else _REGULAR) / 2000)


def shorten(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return the text, cut to fit into the room."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(text + "\u2026", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + "\u2026"


def wrap(text: str, room: float, size: float) -> list[str]:
    """Return the text in lines that fit into the room."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def x(self) -> float:
        """Return the centre from left to right."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """Return the centre from top to bottom."""
        return (self.top + self.bottom) / 2

    def inflate(self, room: float) -> "Box":
        """Return the box with room at both sides, and a little above and below."""
        return Box(self.left - room, self.top - 2, self.right + room, self.bottom + 2)

    def intersects(self, other: "Box", room: float = 0) -> bool:
        """Whether two boxes overlap, or come nearer than the room."""
        return (
            self.left < other.right + room
            and other.left < self.right + room
            and self.top < other.bottom + room
            and other.top < self.bottom + room
        )

    def contains(self, other: "Box") -> bool:
        """Whether another box lies inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Text:
    """A line of text on its baseline; `anchor` is start, middle or end."""

    text: str
    x: float
    y: float
    style: str
    size: float
    anchor: str = "start"
    resources: tuple[str, ...] = ()
    icon: str = ""

    @property
    def bold(self) -> bool:
        """Whether the style is bold."""
        return self.style in BOLD or self.style.startswith("on-")

    @property
    def box(self) -> Box:
        """Return the box that the text fills."""
        wide = width(self.text, self.size, bold=self.bold)
        left = self.x - {"start": 0, "middle": wide / 2, "end": wide}[self.anchor]
        return Box(left, self.y - 0.8 * self.size, left + wide, self.y + 0.25 * self.size)


@dataclass(frozen=True)
class Frame:
    """A VPC, zone or subnet with its label."""

    kind: str
    box: Box
    texts: tuple[Text, ...]
    resources: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True)
class PlacedCard:
    """A card, the position of its icon, and its texts."""

    card: Card
    box: Box
    icon: Box
    texts: tuple[Text, ...]
    shields: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlacedArrow:
    """The points of an arrow, and its label."""

    arrow: Arrow
    points: tuple[Point, ...]
    label: Text | None = None


@dataclass(frozen=True)
class Drawing:
    """The whole picture with its coordinates."""

    scene: Scene
    width: float
    height: float
    frames: tuple[Frame, ...]
    cards: tuple[PlacedCard, ...]
    arrows: tuple[PlacedArrow, ...]
    texts: tuple[Text, ...]

    def all_texts(self) -> list[Text]:
        """Return every text of the picture."""
        found = [*self.texts, *(text for frame in self.frames for text in frame.texts)]
        found += [text for card in self.cards for text in card.texts]
        return found + [arrow.label for arrow in self.arrows if arrow.label]
