"""Routes of arrows: straight if possible, else with right angles around every box."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from math import inf
from operator import itemgetter

from cfnlink.picture.geometry import Box, Point, Text
from cfnlink.picture.model import Arrow

Path = tuple[Point, ...]
GAP = 3  # between an arrow's end and its box
LANE = 15  # between a box and an arrow that runs along it
SHIFT = 18  # between arrows at the same side of a box
SHIFTS = (0, -SHIFT, SHIFT, -2 * SHIFT, 2 * SHIFT, -3 * SHIFT, 3 * SHIFT)
LABEL_SIZE = 11.5
BEND_COST, CROSSING_COST, COLLISION_COST = 45, 30, 1000  # what they cost, in units of length


class Router:
    """Finds paths between boxes, arrow after arrow; each keeps clear of the earlier ones."""

    def __init__(self, page: Box, boxes: dict[str, Box], texts: list[Box]) -> None:
        self.page, self.boxes = page, boxes
        self.blocks = [*boxes.values(), *texts]
        self.taken: list[Box] = []
        self.ends: set[Point] = set()

    def route(self, arrow: Arrow) -> Path:
        """Return the cheapest candidate: short, with few bends, and without collisions."""
        quiet = arrow.style == "quiet"
        found = _candidates(self.boxes[arrow.source], self.boxes[arrow.target])
        priced = sorted(
            ((_cost(path, vertical=quiet), path) for path in found), key=itemgetter(0)
        )
        least, best = inf, priced[0][1]
        for price, path in priced:
            if price >= least:
                break
            total = price + self._collision_cost(path, least - price)
            if total < least:
                least, best = total, path
        self.taken += [_band(*segment, 5) for segment in pairwise(best)]
        self.ends.update((best[0], best[-1]))
        return best

    def label(self, text: str, path: Path) -> Text:
        """Return a label on the longest segment of an arrow that is clear of other texts."""
        spots = []
        for (ax, ay), (bx, by) in sorted(pairwise(path), key=lambda s: -_length(s)):
            for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
                x, y = ax + part * (bx - ax), ay + part * (by - ay) + 4
                spots.append(Text(text, x, y, "port", LABEL_SIZE, "middle"))
        inside = [spot for spot in spots if self.page.contains(spot.box.inflate(6))] or spots[
            :1
        ]
        free = (
            s for s in inside if not any(s.box.inflate(6).intersects(b) for b in self.blocks)
        )
        spot = next(free, inside[0])
        self.blocks = [*self.blocks, spot.box.inflate(6)]
        return spot

    def _collision_cost(self, path: Path, limit: float) -> float:
        """Return the cost of collisions with boxes, texts and arrows, up to a limit."""
        cost: float = COLLISION_COST * ((path[0] in self.ends) + (path[-1] in self.ends))
        last = len(path) - 2
        for index, segment in enumerate(pairwise(path)):
            band = _band(*segment, 1)
            cost += COLLISION_COST * sum(band.intersects(box) for box in self.blocks)
            cost += sum(_along(band, other) for other in self.taken)
            if _length(segment) < (12 if index == last else 5):
                cost += COLLISION_COST
            if cost >= limit:
                break
        return cost


def _along(band: Box, other: Box) -> float:
    """Return the cost of meeting another arrow: running along it is worse than crossing it."""
    if not band.intersects(other):
        return 0
    horizontal = band.right - band.left > band.bottom - band.top
    other_horizontal = other.right - other.left > other.bottom - other.top
    return 0.8 * COLLISION_COST if horizontal == other_horizontal else CROSSING_COST


@dataclass(frozen=True)
class _Pair:
    """Two boxes, and the sides that face each other."""

    a: Box
    b: Box

    @property
    def ahead(self) -> int:
        return 1 if self.b.x > self.a.x else -1

    @property
    def down(self) -> int:
        return 1 if self.b.y > self.a.y else -1

    @property
    def horizontal(self) -> tuple[float, float]:
        """Return where a horizontal arrow leaves and arrives."""
        a, b = self.a, self.b
        out, to = (a.right, b.left) if self.ahead > 0 else (a.left, b.right)
        return out + GAP * self.ahead, to - GAP * self.ahead

    @property
    def vertical(self) -> tuple[float, float]:
        """Return where a vertical arrow leaves and arrives."""
        a, b = self.a, self.b
        out, to = (a.bottom, b.top) if self.down > 0 else (a.top, b.bottom)
        return out + GAP * self.down, to - GAP * self.down


def _candidates(a: Box, b: Box) -> Iterator[Path]:
    """Yield every shape that a path may have."""
    pair = _Pair(a, b)
    yield from _straight(a, b)
    yield from _one_bend(pair)
    yield from _two_bends(pair)
    yield from _around(pair)


def _one_bend(pair: _Pair) -> Iterator[Path]:
    """Yield horizontal-then-vertical paths and the reverse, also out of a side."""
    a, b = pair.a, pair.b
    (right, left), (low, high) = pair.horizontal, pair.vertical
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
    """Yield paths with a middle segment, near one end or half-way."""
    a, b = pair.a, pair.b
    (right, left), (low, high) = pair.horizontal, pair.vertical
    if (left - right) * pair.ahead > 2 * LANE:
        step = LANE * pair.ahead
        for x in ((left + right) / 2, right + step, left - step):
            for y in (b.y, b.y - SHIFT, b.y + SHIFT):
                for start in (a.y + shift for shift in SHIFTS):
                    if b.top < y < b.bottom and a.top < start < a.bottom:
                        yield ((right, start), (x, start), (x, y), (left, y))
    if (high - low) * pair.down > 2 * LANE:
        step = LANE * pair.down
        for y in (low + step, low + 2 * step, (low + high) / 2, high - 2 * step, high - step):
            for x in (b.x + shift for shift in SHIFTS):
                if b.left + 8 < x < b.right - 8:
                    yield ((a.x, low), (a.x, y), (x, y), (x, high))


def _around(pair: _Pair) -> Iterator[Path]:
    """Yield paths out of one side and into the same side, and past a box before the target."""
    a, b = pair.a, pair.b
    for side, x in ((1, max(a.right, b.right) + LANE), (-1, min(a.left, b.left) - LANE)):
        out, to = (a.right, b.right) if side > 0 else (a.left, b.left)
        yield ((out + side * GAP, a.y), (x, a.y), (x, b.y), (to + side * GAP, b.y))
    for side, y in ((1, max(a.bottom, b.bottom) + LANE), (-1, min(a.top, b.top) - LANE)):
        out, to = (a.bottom, b.bottom) if side > 0 else (a.top, b.top)
        for shift in (0, -SHIFT, SHIFT):
            x, there = a.x + shift, b.x - shift
            yield ((x, out + side * GAP), (x, y), (there, y), (there, to + side * GAP))
    low, high = pair.vertical
    if (high - low) * pair.down > 4 * LANE:
        there = b.y + min(40, (b.bottom - b.top) / 2 - 8)
        lanes = (low + LANE * pair.down, low + 1.5 * LANE * pair.down)
        starts, rooms = (a.x, a.x - SHIFT, a.x + SHIFT), range(2 * LANE, 6 * LANE, 6)
        for start, room, y in product(starts, rooms, lanes):
            for x, end in ((b.left - room, b.left - GAP), (b.right + room, b.right + GAP)):
                yield ((start, low), (start, y), (x, y), (x, there), (end, there))


def _straight(a: Box, b: Box) -> Iterator[Path]:
    """Yield horizontal or vertical paths between two boxes that face each other."""
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
    """Return the positions of a straight arrow: by the centres, else within the limits."""
    wanted = [*(first + s for s in SHIFTS), second, (low + high) / 2]
    return [place for place in dict.fromkeys(wanted) if low <= place <= high]


def _cost(path: Path, *, vertical: bool) -> float:
    """Return the length plus the cost of bends; the order of the candidates breaks ties.

    A quiet arrow should arrive vertically, and bend where it starts.
    """
    price = sum(map(_length, pairwise(path))) + BEND_COST * (len(path) - 2)
    if vertical and len(path) > 2:
        price += 200 if path[-1][1] == path[-2][1] else 0.5 * _length((path[0], path[1]))
    return price


def _length(segment: tuple[Point, Point]) -> float:
    (ax, ay), (bx, by) = segment
    return abs(ax - bx) + abs(ay - by)


def _band(start: Point, end: Point, room: float) -> Box:
    (ax, ay), (bx, by) = start, end
    return Box(min(ax, bx) - room, min(ay, by) - room, max(ax, bx) + room, max(ay, by) + room)
