"""Make a drawing from a scene: first sizes, then positions, then texts and arrows."""

from collections.abc import Iterator

from cfnlink.picture.geometry import (
    Box,
    Drawing,
    Frame,
    PlacedArrow,
    PlacedCard,
    Text,
    shorten,
    width,
    wrap,
)
from cfnlink.picture.model import Arrow, Card, Line, Scene
from cfnlink.picture.placement import MARGIN, PILL, Layout, Size
from cfnlink.picture.routing import Router

NAME, TEXT, SMALL, TITLE = 14.0, 12.5, 12.0, 21.0
ROOM = 190  # the widest line of a card
ICON, SMALL_ICON, BADGE = 40, 30, 14
STEP, BADGE_STEP, NOTE_STEP = 17, 19, 16
# What each style of an arrow means, from the right of the legend to its left.
MEANINGS = {
    "permit": "security-group rule, port",
    "path": "request",
    "quiet": "read at start",
    "copy": "replication",
}
LEGEND_LINE = 56  # an arrow of the legend, with the room on both its sides


def arrange(scene: Scene) -> Drawing:
    """Return the drawing of a scene."""
    heading = [
        Text(shorten(scene.title, 560, TITLE, bold=True), MARGIN, 44, "title", TITLE),
        Text(shorten(scene.subtitle, 560, TEXT), MARGIN, 64, "quiet", TEXT),
    ]
    legend = sum(width(meaning, SMALL) + LEGEND_LINE for _, meaning in legend_of(scene))
    wide = max(text.box.right for text in heading) + MARGIN + legend
    boxes = Layout(scene, _sizes(scene), wide).boxes()
    page = boxes["page"]
    frames = tuple(_frames(scene, boxes))
    cards = (
        *(_card(card, boxes[card.key], scene) for card in scene.cards),
        *(_item(card, boxes[card.key]) for card in scene.side_row),
        *(_pill(card, boxes[card.key]) for card in scene.edge),
    )
    note = wrap(scene.note, page.right - 2 * MARGIN, SMALL)
    foot = page.bottom + 12
    for index, line in enumerate(note):
        heading.append(Text(line, MARGIN, foot + index * NOTE_STEP, "quiet", SMALL))
    high = foot + len(note) * NOTE_STEP + 4
    arrows = tuple(_arrows(scene, boxes, frames))
    return Drawing(scene, page.right, high, frames, cards, arrows, tuple(heading))


def legend_of(scene: Scene) -> list[tuple[str, str]]:
    """Return style and meaning of the arrows in a scene."""
    present = {arrow.style for arrow in scene.arrows}
    return [(style, meaning) for style, meaning in MEANINGS.items() if style in present]


def _sizes(scene: Scene) -> dict[str, Size]:
    """Return the size of each card; supporting resources share one height."""
    items = [_item_size(card) for card in scene.side_row]
    tallest = max((high for _, high in items), default=0)
    sizes = {card.key: _size(card) for card in scene.cards}
    sizes |= {
        c.key: (wide, tallest) for c, (wide, _) in zip(scene.side_row, items, strict=True)
    }
    return sizes | {card.key: _pill_size(card) for card in scene.edge}


def _arrows(
    scene: Scene, boxes: dict[str, Box], frames: tuple[Frame, ...]
) -> Iterator[PlacedArrow]:
    """Route all arrows before the labels, so that no label covers a later arrow."""
    labels = [text.box.inflate(6) for frame in frames for text in frame.texts]
    cards = (*scene.cards, *scene.side_row, *scene.edge)
    router = Router(boxes["page"], {card.key: boxes[card.key] for card in cards}, labels)
    paths = [(arrow, router.route(arrow)) for arrow in _in_turn(scene, boxes)]
    for arrow, path in paths:
        label = router.label(arrow.label, path) if arrow.label else None
        yield PlacedArrow(arrow, path, label)


def _in_turn(scene: Scene, boxes: dict[str, Box]) -> list[Arrow]:
    """Return the arrows in routing order: quiet ones last, the shortest of them first."""

    def turn(arrow: Arrow) -> tuple[bool, float]:
        quiet = arrow.style == "quiet"
        return quiet, abs(boxes[arrow.source].x - boxes[arrow.target].x) if quiet else 0

    return sorted(scene.arrows, key=turn)


def _size(card: Card) -> Size:
    """Return the size of a card: icon, name, lines, and badges below a thin line."""
    texts = [width(_cut(line), TEXT) for line in card.lines]
    texts.append(width(card.title, NAME, bold=True))
    texts += [width(line.text, SMALL) + BADGE + 6 for line in card.badges]
    high = 14 + ICON + 22 + STEP * len(card.lines) + 12
    return max(100, *texts) + 28, high + _badges_height(card)


def _badges_height(card: Card) -> int:
    return BADGE_STEP * len(card.badges) + 8 if card.badges else 0


def _item_size(card: Card) -> Size:
    texts = [width(_cut(line), SMALL) for line in card.lines]
    wide = max(width(_cut_name(card), NAME - 1, bold=True), *texts, 40)
    return 12 + SMALL_ICON + 10 + wide + 12, 20 + max(SMALL_ICON, 18 + 16 * len(card.lines))


def _pill_size(card: Card) -> Size:
    return 40 + width(card.title, SMALL) + 12, PILL


def _cut(line: Line) -> str:
    return shorten(line.text, ROOM, TEXT)


def _cut_name(card: Card) -> str:
    return shorten(card.title, ROOM, NAME - 1, bold=True)


def _frames(scene: Scene, boxes: dict[str, Box]) -> list[Frame]:
    """Return VPC, zones and subnets from the outside in; labels of the last zone at
    its bottom."""
    if "vpc" not in boxes or scene.vpc is None:
        return []
    box, last = boxes["vpc"], len(scene.zones) - 1
    label = Text(shorten(scene.vpc.text, 130, TEXT), box.left + 16, box.top + 26, "vpc", TEXT)
    frames = [Frame("vpc", box, (label,), scene.vpc.resources)]
    for index, zone in enumerate(scene.zones):
        box = boxes[f"zone {index}"]
        y = box.bottom - 10 if 0 < index == last else box.top + 19
        name = f"zone {zone}"
        zone_label = (Text(shorten(name, 150, SMALL), box.left + 13, y, "zone", SMALL),)
        frames.append(Frame("zone", box, () if 0 < index < last else zone_label, (), name))
    for subnet in scene.subnets:
        box = boxes[subnet.key]
        y = box.bottom - 25 if 0 < subnet.zone == last else box.top + 19
        x, style = box.left + 11, f"on-{subnet.kind}"
        lines = (
            Text(subnet.kind, x, y, style, SMALL),
            Text(shorten(subnet.cidr, box.right - x - 8, 11.5), x, y + 15, "quiet", 11.5),
        )
        shown = () if 0 < subnet.zone < last else tuple(t for t in lines if t.text)
        frames.append(Frame(subnet.kind, box, shown, (subnet.key,), f"{subnet.kind} subnet"))
    return frames


def _card(card: Card, box: Box, scene: Scene) -> PlacedCard:
    top = box.top + (box.bottom - box.top - _size(card)[1]) / 2 + 14
    icon = Box(box.x - ICON / 2, top, box.x + ICON / 2, top + ICON)
    y = top + ICON + 20
    texts = [Text(card.title, box.x, y, "name", NAME, "middle")]
    for line in card.lines:
        y += STEP
        texts.append(Text(_cut(line), box.x, y, "line", TEXT, "middle", line.resources))
    y += 12
    for badge in card.badges:
        y += BADGE_STEP
        x = box.x + (BADGE + 6) / 2
        style = (badge.text, x, y, "quiet", SMALL, "middle", badge.resources, badge.icon)
        texts.append(Text(*style))
    return PlacedCard(card, box, icon, tuple(texts), scene.shields.get(card.key, ()))


def _item(card: Card, box: Box) -> PlacedCard:
    icon = Box(box.left + 12, box.y - SMALL_ICON / 2, box.left + 42, box.y + SMALL_ICON / 2)
    x, y = icon.right + 10, box.y - 8 * len(card.lines) + 4
    texts = [Text(_cut_name(card), x, y, "name", NAME - 1)]
    for line in card.lines:
        y += 16
        texts.append(Text(_cut(line), x, y, "quiet", SMALL, "start", line.resources))
    return PlacedCard(card, box, icon, tuple(texts))


def _pill(card: Card, box: Box) -> PlacedCard:
    icon = Box(box.left + 7, box.y - 11, box.left + 29, box.y + 11)
    text = Text(card.title, icon.right + 9, box.y + 4, "line", SMALL)
    return PlacedCard(card, box, icon, (text,))
