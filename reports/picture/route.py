"""How arrows run: straight where they can, else with right angles, around every box."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from operator import itemgetter

from reports.picture.geometry import Box, Point, Text
from reports.picture.model import Arrow

Path = tuple[Point, ...]
GAP = 3  # between an arrow's end and its box
LANE = 15  # between a box and an arrow that runs along it
SHIFT = 18  # between arrows at the same side of a box
SHIFTS = (0, -SHIFT, SHIFT, -2 * SHIFT, 2 * SHIFT, -3 * SHIFT, 3 * SHIFT)
LABEL_SIZE = 11.5
BEND, CROSSED, BLOCKED = 45, 30, 1000  # what they cost, in units of length


class Router:
    """Finds ways between boxes, one arrow after the other; each keeps clear of the last."""

    def __init__(self, page: Box, boxes: dict[str, Box], texts: list[Box]) -> None:
        self.page, self.boxes = page, boxes
        self.blocks = [*boxes.values(), *texts]
        self.taken: list[Box] = []
        self.ends: set[Point] = set()

    def route(self, arrow: Arrow) -> Path:
        """The cheapest of the candidates: short, with few bends, and in nobody's way."""
        quiet = arrow.style == "quiet"
        found = _ways(self.boxes[arrow.source], self.boxes[arrow.target])
        priced = sorted(((_cost(way, upright=quiet), way) for way in found), key=itemgetter(0))
        least, best = inf, priced[0][1]
        for price, way in priced:
            if price >= least:
                break
            total = price + self._trouble(way, least - price)
            if total < least:
                least, best = total, way
        self.taken += [_band(*segment, 5) for segment in pairwise(best)]
        self.ends.update((best[0], best[-1]))
        return best

    def label(self, text: str, path: Path) -> Text:
        """A label on the longest stretch of an arrow, where no other text stands."""
        spots = []
        for (ax, ay), (bx, by) in sorted(pairwise(path), key=lambda s: -_length(s)):
            for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
                x, y = ax + part * (bx - ax), ay + part * (by - ay) + 4
                spots.append(Text(text, x, y, "port", LABEL_SIZE, "middle"))
        inside = [spot for spot in spots if self.page.holds(spot.box.padded(6))] or spots[:1]
        free = (s for s in inside if not any(s.box.padded(6).meets(b) for b in self.blocks))
        spot = next(free, inside[0])
        self.blocks = [*self.blocks, spot.box.padded(6)]
        return spot

    def _trouble(self, way: Path, limit: float) -> float:
        """What it costs to run into boxes, texts and arrows; counted up to a limit."""
        trouble: float = BLOCKED * ((way[0] in self.ends) + (way[-1] in self.ends))
        last = len(way) - 2
        for index, segment in enumerate(pairwise(way)):
            band = _band(*segment, 1)
            trouble += BLOCKED * sum(band.meets(box) for box in self.blocks)
            trouble += sum(_along(band, other) for other in self.taken)
            if _length(segment) < (12 if index == last else 5):
                trouble += BLOCKED
            if trouble >= limit:
                break
        return trouble


def _along(band: Box, other: Box) -> float:
    """Running along another arrow is worse than crossing it."""
    if not band.meets(other):
        return 0
    level = band.right - band.left > band.bottom - band.top
    other_level = other.right - other.left > other.bottom - other.top
    return 0.8 * BLOCKED if level == other_level else CROSSED


@dataclass(frozen=True)
class _Pair:
    """Two boxes, and which way the second lies: the sides that face each other."""

    a: Box
    b: Box

    @property
    def ahead(self) -> int:
        return 1 if self.b.x > self.a.x else -1

    @property
    def down(self) -> int:
        return 1 if self.b.y > self.a.y else -1

    @property
    def level(self) -> tuple[float, float]:
        """Where a level arrow leaves and arrives."""
        a, b = self.a, self.b
        out, to = (a.right, b.left) if self.ahead > 0 else (a.left, b.right)
        return out + GAP * self.ahead, to - GAP * self.ahead

    @property
    def upright(self) -> tuple[float, float]:
        """Where an upright arrow leaves and arrives."""
        a, b = self.a, self.b
        out, to = (a.bottom, b.top) if self.down > 0 else (a.top, b.bottom)
        return out + GAP * self.down, to - GAP * self.down


def _ways(a: Box, b: Box) -> Iterator[Path]:
    """Every shape that may do."""
    pair = _Pair(a, b)
    yield from _straight(a, b)
    yield from _one_bend(pair)
    yield from _two_bends(pair)
    yield from _around(pair)


def _one_bend(pair: _Pair) -> Iterator[Path]:
    """Level then upright, or the other way; also out of a side, along the own box."""
    a, b = pair.a, pair.b
    (right, left), (low, high) = pair.level, pair.upright
    for there in SHIFTS:
        x, y = b.x + there, b.y + there
        if abs(there) <= (b.right - b.left) / 2 - 8 and (x - right) * pair.ahead > LANE:
            yield ((right, a.y), (x, a.y), (x, high))
        if abs(there) <= (b.bottom - b.top) / 2 - 8 and (y - low) * pair.down > LANE:
            yield ((a.x, low), (a.x, y), (left, y))
    for edge, side in ((a.left, -1), (a.right, 1)):
        x, y = edge + side * LANE, a.y + 22 * pair.down
        if b.left + 6 < x < b.right - 6:
            yield ((edge + GAP * side, y), (x, y), (x, high))


def _two_bends(pair: _Pair) -> Iterator[Path]:
    """In between, near one end or half-way."""
    a, b = pair.a, pair.b
    (right, left), (low, high) = pair.level, pair.upright
    if (left - right) * pair.ahead > 2 * LANE:
        step = LANE * pair.ahead
        for x in ((left + right) / 2, right + step, left - step):
            for y in (b.y, b.y - SHIFT, b.y + SHIFT):
                yield ((right, a.y), (x, a.y), (x, y), (left, y))
    if (high - low) * pair.down > 2 * LANE:
        step = LANE * pair.down
        for y in (low + step, low + 2 * step, (low + high) / 2, high - 2 * step, high - step):
            for x in (b.x + shift for shift in SHIFTS):
                if b.left + 8 < x < b.right - 8:
                    yield ((a.x, low), (a.x, y), (x, y), (x, high))


def _around(pair: _Pair) -> Iterator[Path]:
    """Out of one side and into the same; or past what hangs before the target."""
    a, b = pair.a, pair.b
    for side, x in ((1, max(a.right, b.right) + LANE), (-1, min(a.left, b.left) - LANE)):
        out, to = (a.right, b.right) if side > 0 else (a.left, b.left)
        yield ((out + side * GAP, a.y), (x, a.y), (x, b.y), (to + side * GAP, b.y))
    for side, y in ((1, max(a.bottom, b.bottom) + LANE), (-1, min(a.top, b.top) - LANE)):
        out, to = (a.bottom, b.bottom) if side > 0 else (a.top, b.top)
        for shift in (0, -SHIFT, SHIFT):
            x, there = a.x + shift, b.x - shift
            yield ((x, out + side * GAP), (x, y), (there, y), (there, to + side * GAP))
    low, high = pair.upright
    if (high - low) * pair.down > 4 * LANE:
        y, there = low + LANE * pair.down, b.y + 40
        for x, end in ((b.left - 2 * LANE, b.left - GAP), (b.right + 2 * LANE, b.right + GAP)):
            yield ((a.x, low), (a.x, y), (x, y), (x, there), (end, there))


def _straight(a: Box, b: Box) -> Iterator[Path]:
    """Level or upright, where the two boxes face each other."""
    low, high = max(a.top, b.top) + 10, min(a.bottom, b.bottom) - 10
    for y in _between(a.y, b.y, low, high):
        if b.left > a.right:
            yield ((a.right + GAP, y), (b.left - GAP, y))
        elif a.left > b.right:
            yield ((a.left - GAP, y), (b.right + GAP, y))
    low, high = max(a.left, b.left) + 10, min(a.right, b.right) - 10
    for x in _between(a.x, b.x, low, high):
        if b.top > a.bottom:
            yield ((x, a.bottom + GAP), (x, b.top - GAP))
        elif a.top > b.bottom:
            yield ((x, a.top - GAP), (x, b.bottom + GAP))


def _between(first: float, second: float, low: float, high: float) -> list[float]:
    """Where a straight arrow may run: by the middles, else where it can."""
    wanted = [*(first + s for s in SHIFTS), second, (low + high) / 2]
    return [place for place in dict.fromkeys(wanted) if low <= place <= high]


def _cost(way: Path, *, upright: bool) -> float:
    """Length, and what a bend is worth; the order of the candidates breaks ties.

    A quiet arrow had better come upright, and bend where it starts.
    """
    price = sum(map(_length, pairwise(way))) + BEND * (len(way) - 2)
    if upright and len(way) > 2:
        price += 200 if way[-1][1] == way[-2][1] else 0.5 * _length((way[0], way[1]))
    return price


def _length(segment: tuple[Point, Point]) -> float:
    (ax, ay), (bx, by) = segment
    return abs(ax - bx) + abs(ay - by)


def _band(start: Point, end: Point, room: float) -> Box:
    (ax, ay), (bx, by) = start, end
    return Box(min(ax, bx) - room, min(ay, by) - room, max(ax, bx) + room, max(ay, by) + room)
