"""Positions of all boxes: kiwisolver finds the smallest ones that satisfy all constraints.

The solution is unique: every coordinate is pulled to zero with its own weight, so the solver
never breaks a tie by the order of addresses in memory.
"""

from dataclasses import dataclass
from itertools import pairwise

from kiwisolver import Constraint, Expression, Solver, Variable, strength

from cfnlink.picture.cards import GATEWAY, WAY_OUT
from cfnlink.picture.geometry import Box, width
from cfnlink.picture.model import Card, Line, Scene

MARGIN, HEADER = 28, 86
PILL = 34  # height of cards on the VPC's border
LABEL = 42  # room for a subnet's two lines
ORDER = {"public": 0, "private": 1, "database": 2}
ROW_LENGTH = 6  # supporting resources in a row
Size = tuple[float, float]
Side = Variable | Expression


@dataclass(frozen=True)
class _Area:
    """A box whose sides are variables or follow from other boxes."""

    left: Side
    top: Side
    right: Side
    bottom: Side

    @property
    def x(self) -> Expression:
        return 0.5 * self.left + 0.5 * self.right

    @property
    def y(self) -> Expression:
        return 0.5 * self.top + 0.5 * self.bottom

    def box(self) -> Box:
        """Return the solved box; a small offset makes rounding independent of the last bits."""
        sides = (self.left, self.top, self.right, self.bottom)
        return Box(*(round(side.value() + 1e-6, 2) for side in sides))


class Layout:
    """All boxes of a scene: cards by key, frames by name, and `page`."""

    def __init__(self, scene: Scene, sizes: dict[str, Size], header: float) -> None:
        self.scene, self.sizes = scene, sizes
        self.solver = Solver()
        self.areas: dict[str, _Area] = {}
        self.count = 0
        self.stretchable = {card.key for card in scene.cards if len(scene.zones) > 2}
        zero = Expression((), 0.0)
        right, bottom = self.variable("page.right"), self.variable("page.bottom")
        self.page = self.areas["page"] = _Area(zero, zero, right, bottom)
        self.require(self.page.right >= header)
        self.require((self.page.right == 0) | strength.create(0, 10, 0))
        self.zones: list[_Area] = []
        self.mid = self.variable("mid")
        self.inside = [card for card in scene.cards if card.subnets]
        self._approach()
        self._vpc()
        self._outside_vpc()
        self._side_row()
        self.solver.updateVariables()

    def boxes(self) -> dict[str, Box]:
        """Return the solved boxes."""
        return {name: area.box() for name, area in self.areas.items()}

    def variable(self, name: str) -> Variable:
        """Return a coordinate that is as small as the constraints allow."""
        variable = Variable(name)
        self.count += 1
        self.require((variable == 0) | strength.create(0, 0, 1 + self.count / 500))
        return variable

    def require(self, *constraints: Constraint) -> None:
        """Add constraints."""
        for constraint in constraints:
            self.solver.addConstraint(constraint)

    def card(self, key: str, left: Side | None = None) -> _Area:
        """Add a card of known size; with more than two zones it may stretch across them."""
        wide, high = self.sizes[key]
        left = left or self.variable(f"{key}.left")
        top = self.variable(f"{key}.top")
        bottom: Side = top + high
        if key in self.stretchable:
            bottom = self.variable(f"{key}.bottom")
            self.require(bottom >= top + high, (bottom == top + high) | "strong")
        area = self.areas[key] = _Area(left, top, left + wide, bottom)
        self.require(left >= MARGIN, top >= HEADER, self.page.right >= area.right + MARGIN)
        self.require(self.page.bottom >= area.bottom + 16)
        return area

    def column(self, cards: list[Card], gap: float, name: str) -> _Area:
        """Stack cards vertically with their centres on one line."""
        left = self.variable(f"{name}.left")
        widths = [self.sizes[card.key][0] for card in cards]
        pads = [(max(widths) - wide) / 2 for wide in widths]
        areas = [self.card(card.key, left + pad) for card, pad in zip(cards, pads, strict=True)]
        for above, below in pairwise(areas):
            self.require(below.top >= above.bottom + gap)
        return _Area(left, areas[0].top, left + max(widths), areas[-1].bottom)

    def _approach(self) -> None:
        """Place the path to the VPC as a column: client, name, gateway."""
        cards = [card for card in self.scene.cards if card.rank <= GATEWAY]
        self.approach = self.column(cards, 36, "approach")
        gates = [self.areas[card.key] for card in cards if card.rank == GATEWAY]
        ends = (gates[0].top, gates[-1].bottom) if gates else (self.approach.bottom,) * 2
        self.require((0.5 * ends[0] + 0.5 * ends[1] == self.mid) | "strong")

    def _vpc(self) -> None:
        scene = self.scene
        self.right = self.approach.right
        if not scene.vpc or not scene.subnets:
            return
        left, top, right = (self.variable(f"vpc.{s}") for s in ("left", "top", "right"))
        bottoms = [self.variable(f"{zone}.bottom") for zone in scene.zones]
        vpc = self.areas["vpc"] = _Area(left, top, right, bottoms[-1] + 16)
        self.require(vpc.left >= self.approach.right + 60, vpc.top >= HEADER + PILL / 2)
        self.require(self.page.right >= vpc.right + MARGIN, self.page.bottom >= vpc.bottom + 16)
        tops = [vpc.top + 42, *(above + 30 for above in bottoms)]
        for index, (high, low) in enumerate(zip(tops, bottoms, strict=False)):
            zone = _Area(vpc.left + 14, high, vpc.right - 14, low)
            self.areas[f"zone {index}"] = zone
            self.zones.append(zone)
            self.require((low - high == 120) | "weak")
        first, last = self.zones[0], self.zones[-1]
        outer = first.bottom - first.top == last.bottom - last.top
        self.require(
            outer | "strong", (0.5 * first.top + 0.5 * last.bottom == self.mid) | "strong"
        )
        edge: Side = vpc.left + 5
        for kind, number in self._subnet_kinds():
            edge = self._subnets(kind, number, edge) + 17
        self.require(vpc.right >= edge + 9, (vpc.right == edge + 9) | "strong")
        self._border(vpc, scene.vpc)
        self.right = vpc.right

    def _subnet_kinds(self) -> list[tuple[str, int]]:
        """Return kinds of subnets in the order of the request; empty public ones first."""
        found = dict.fromkeys((s.kind, s.number) for s in self.scene.subnets)
        ranks: dict[tuple[str, int], int] = {}
        for subnet in self.scene.subnets:
            for card in self.inside:
                if subnet.key in card.subnets and card.rank < WAY_OUT:
                    place = (subnet.kind, subnet.number)
                    ranks[place] = min(card.rank, ranks.get(place, WAY_OUT))
        empty = {place: 0 if place[0] == "public" else WAY_OUT for place in found}
        return sorted(found, key=lambda p: (ranks.get(p, empty[p]), ORDER[p[0]], p[1]))

    def _subnets(self, kind: str, number: int, edge: Side) -> Variable:
        """Place the subnets of one kind, one in each zone, with their cards."""
        name = f"{kind} {number}"
        keys = {s.key: s.zone for s in self.scene.subnets if f"{s.kind} {s.number}" == name}
        left, right = edge + 21, self.variable(f"{name}.right")
        self.require(right >= left + 104)
        self.areas[name] = column = _Area(left, left, right, right)
        cells = {}
        for key, row in keys.items():
            zone, (above, below) = (
                self.zones[row],
                (10, 28) if self._labels_at_bottom(row) else (28, 10),
            )
            cell = _Area(left, zone.top + above, right, zone.bottom - below)
            self.areas[key] = cells[row] = cell
            self.require(cell.bottom >= cell.top + LABEL + 14)
        inside = [card for card in self.inside if card.subnets[0] in keys]
        lanes: dict[int, list[tuple[list[int], Card]]] = {}
        for card in inside:
            rows = sorted({keys[key] for key in card.subnets if key in keys})
            lanes.setdefault(card.rank, []).append((rows, card))
        self._columns(column, cells, lanes)
        return right

    def _columns(
        self,
        column: _Area,
        cells: dict[int, _Area],
        lanes: dict[int, list[tuple[list[int], Card]]],
    ) -> None:
        """Place cards side by side by rank; in each column from the first zone to the last."""
        areas = []
        for _, standing in sorted(lanes.items()):
            standing.sort(key=lambda pair: (pair[0][0] + pair[0][-1], pair[1].below))
            lane = self.column([card for _, card in standing], 56, f"lane {len(self.areas)}")
            areas.append(lane)
            middle = [c for rows, c in standing if len(rows) > 1 and not c.below]
            if middle:
                ends = self.areas[middle[0].key].top, self.areas[middle[-1].key].bottom
                self.require((0.5 * ends[0] + 0.5 * ends[1] == self.mid) | "strong")
                high, low = min(cells), max(cells)
                self.require((ends[0] <= cells[high].bottom - 24) | strength.create(4, 0, 0))
                self.require((ends[1] >= cells[low].top + 24) | strength.create(4, 0, 0))
            for rows, card in standing:
                self._inside_subnets(self.areas[card.key], cells, rows)
        for before, after in pairwise(areas):
            self.require(after.left >= before.right + 72)
        if areas:
            pad = 26 if WAY_OUT in lanes else 16  # arrows of the ways out run beside them
            self.require(areas[0].left >= column.left + pad)
            self.require(areas[-1].right <= column.right - pad)
            balance = areas[0].left - column.left == column.right - areas[-1].right
            self.require(balance | "strong")

    def _inside_subnets(self, area: _Area, cells: dict[int, _Area], rows: list[int]) -> None:
        """Keep a card within the subnets of its rows, and clear of their labels."""
        first, last = cells[rows[0]], cells[rows[-1]]
        self.require(area.top >= first.top + (14 if self._labels_at_bottom(rows[0]) else LABEL))
        self.require(
            area.bottom <= last.bottom - (LABEL if self._labels_at_bottom(rows[-1]) else 14)
        )
        if len(rows) == 1:
            self.require((area.y == first.y) | "medium")

    def _labels_at_bottom(self, row: int) -> bool:
        """Whether the labels of a zone are at its bottom, as in the last zone."""
        return row > 0 and row == len(self.scene.zones) - 1

    def _border(self, vpc: _Area, label: Line) -> None:
        """Place gateways on the VPC's border: the internet's above the public subnets."""
        before = vpc.left + width(label.text, 12.5, bold=True) + 36
        for card in self.scene.edge:
            area = self.card(card.key)
            self.require(area.y == vpc.top, area.left >= before, area.right <= vpc.right - 16)
            if card.icon == "internet" and "public 0" in self.areas:
                public = self.areas["public 0"]
                self.require((area.x == public.x) | strength.create(0, 5, 0))
            else:
                self.require((area.right == vpc.right - 16) | "medium")
            before = area.right + 16

    def _outside_vpc(self) -> None:
        """Place cards without subnets after the VPC, by rank."""
        ranks: dict[int, list[Card]] = {}
        for card in self.scene.cards:
            if card.rank > GATEWAY and not card.subnets:
                ranks.setdefault(card.rank, []).append(card)
        for rank, cards in sorted(ranks.items()):
            column = self.column(cards, 36, f"beyond {rank}")
            self.require(column.left >= self.right + 64)
            self.require((column.y == self.mid) | "strong")
            self.right = column.right
        self.require((self.page.right == self.right + MARGIN) | "medium")

    def _side_row(self) -> None:
        """Place supporting resources in a row at the bottom, near the cards that use them."""
        floor = self.variable("floor") + 44
        for name, area in self.areas.items():
            if name in self.sizes or name == "vpc":
                self.require(floor >= area.bottom + 44)
        readers = {a.source: a.target for a in self.scene.arrows if a.style == "quiet"}
        for start in range(0, len(self.scene.side_row), ROW_LENGTH):
            cards = self.scene.side_row[start : start + ROW_LENGTH]
            areas = [self.card(card.key) for card in cards]
            for area in areas:
                self.require(area.top == floor)
            for before, after in pairwise(areas):
                self.require(after.left >= before.right + 14)
            for card, area in zip(cards, areas, strict=True):
                reader = self.areas.get(readers.get(card.key, ""))
                if reader:
                    self.require((area.x == reader.x) | "medium")
            floor = areas[0].bottom + 20
