"""Render a drawing as SVG text: one style sheet for light and dark, groups that name
resources."""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import pairwise

from cfnlink.picture.geometry import (
    Box,
    Drawing,
    Frame,
    PlacedArrow,
    PlacedCard,
    Point,
    Text,
    width,
)
from cfnlink.picture.layout import BADGE, LEGEND_LINE, SMALL, legend_of
from cfnlink.picture.placement import MARGIN

# The project's flat icons on a grid of 24: strokes, and after a bar the filled path.
ICONS = {
    "client": "M12 4.5a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7zM5 19.5c0-4 3-6 7-6s7 2 7 6z",
    "dns": "M12 4a8 8 0 1 1 0 16a8 8 0 1 1 0-16zM4 12h16M12 4c-5 5-5 11 0 16c5-5 5-11 0-16z",
    "gateway": "M8 5H4.5v14H8M16 5h3.5v14H16M7.5 12h9M13.5 9l3 3l-3 3",
    "link": "M10 14a3.5 3.5 0 0 0 5 0l3.5-3.5a3.5 3.5 0 0 0-5-5L12 7"
    "M14 10a3.5 3.5 0 0 0-5 0l-3.5 3.5a3.5 3.5 0 0 0 5 5L12 17",
    "balancer": "M7.5 12H17M7.5 12L16 6.5M7.5 12L16 17.5"
    "|M5.5 9.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 1 1 0-5z"
    "M18 4a2 2 0 1 1 0 4a2 2 0 1 1 0-4zM18.5 10a2 2 0 1 1 0 4a2 2 0 1 1 0-4z"
    "M18 16a2 2 0 1 1 0 4a2 2 0 1 1 0-4z",
    "service": "M12 3.5l7.5 4.25v8.5L12 20.5l-7.5-4.25v-8.5zM4.5 7.75L12 12l7.5-4.25M12 12v8.5",
    "function": "M6 5h3l7 14h3M11 10l-5 9",
    "server": "M4.5 5h15v6h-15zM4.5 13h15v6h-15zM8 8h1M8 16h1",
    "database": "M5 6.5c0-3.3 14-3.3 14 0v11c0 3.3-14 3.3-14 0z"
    "M5 6.5c0 3.3 14 3.3 14 0M5 12c0 3.3 14 3.3 14 0",
    "table": "M4.5 5h15v14h-15zM4.5 9.5h15M4.5 14.25h15M10 9.5V19",
    "bucket": "M4.5 6.5h15l-2 13h-11zM4.5 6.5c0-2 15-2 15 0",
    "queue": "M4 8h4v8H4zM10 8h4v8h-4zM16 8h4v8h-4z",
    "schedule": "M12 4a8 8 0 1 1 0 16a8 8 0 1 1 0-16zM12 7.5V12l3.5 2.5",
    "nat": "M13 4.5H5v15h8M9.5 12H20M16.5 8.5L20 12l-3.5 3.5",
    "internet": "M7 18.5a4 4 0 0 1 0-8a5.5 5.5 0 0 1 10.5 0a4 4 0 0 1 0 8z",
    "endpoint": "M9 4v4M15 4v4M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v3.5",
    "secret": "M8 9a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7zM11.5 12.5H20v3.5M16.5 12.5V15",
    "repository": "M12 4l8 4l-8 4l-8-4zM4 12l8 4l8-4M4 16l8 4l8-4",
    "certificate": "M12 4a5 5 0 1 1 0 10a5 5 0 1 1 0-10zM9 13.5V20l3-2l3 2v-6.5",
    "dashboard": "M4.5 19.5h15M7 16.5V11M12 16.5V5.5M17 16.5V8.5",
    "topic": "M5 10v4h3l8 4.5v-13L8 10zM19 10v4",
    "shield": "M12 3.5l7 2.5v5.5c0 4.5-3 7.5-7 9c-4-1.5-7-4.5-7-9V6z",
    "resource": "M5.5 5.5h13v13h-13z",
    "log": "M6 3.5h12v17H6zM9 8.5h6M9 12h6M9 15.5h4",
    "alarm": "M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 1.5H5zM10.5 20.5h3",
}

ROUND = 9  # of an arrow's corners
RULE = re.compile(r"([^{}\n]+)(\{[^}]*\})")
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LIGHT = {
    "panel": "#ffffff", "border": "#dfe3e8", "card": "#ffffff", "edge": "#cbd2da",
    "ink": "#1b2430", "soft": "#5b6675", "line": "#46515f", "quiet": "#8a94a1",
    "compute": "#d9660a", "network": "#7c3aed", "database": "#2f55d4",
    "management": "#d61f69", "security": "#c8263c", "storage": "#4d8a10",
    "plain": "#5b6675", "permit": "#c8263c", "vpc": "#faf9ff", "zone": "#8a94a1",
    "public": "#eef8e9", "on-public": "#2f7a1a", "private": "#eaf4fb",
    "on-private": "#12659b", "subnet-database": "#eef0fc", "on-database": "#2f4bb8",
}  # fmt: skip
DARK = {
    "panel": "#12161c", "border": "#2b323b", "card": "#1d232b", "edge": "#3b4450",
    "ink": "#eef2f6", "soft": "#a9b4c0", "line": "#b9c3ce", "quiet": "#7d8895",
    "compute": "#e07b1f", "network": "#8b5cf6", "database": "#4c70e6",
    "management": "#e0407f", "security": "#d4485c", "storage": "#6aa52a",
    "plain": "#6b7786", "permit": "#f0697a", "vpc": "#171923", "zone": "#76818e",
    "public": "#16241a", "on-public": "#86cf75", "private": "#13222e",
    "on-private": "#79bdec", "subnet-database": "#1a1f36", "on-database": "#9db1fa",
}  # fmt: skip
STYLE = """\
text{font-family:system-ui,sans-serif;fill:var(--ink)}
.title,.name,.port,.vpc,.zone,[class^=on-]{font-weight:600}
.line{fill:var(--ink)}.quiet,.zone{fill:var(--soft)}.vpc{fill:var(--network)}
.port{fill:var(--permit)}
.on-public{fill:var(--on-public)}.on-private{fill:var(--on-private)}
.on-database{fill:var(--on-database)}
.panel{fill:var(--panel);stroke:var(--border)}
.f-vpc{fill:var(--vpc);stroke:var(--network);stroke-width:1.5}
.f-zone{fill:none;stroke:var(--zone);stroke-dasharray:5 5}
.f-public{fill:var(--public)}.f-private{fill:var(--private)}
.f-database{fill:var(--subnet-database)}
.card{fill:var(--card);stroke:var(--edge)}.aside .card{stroke-dasharray:none;fill:none}
.rule{stroke:var(--border)}
.tile-plain{fill:var(--plain)}.tile-compute{fill:var(--compute)}
.tile-network{fill:var(--network)}.tile-database{fill:var(--database)}
.tile-management{fill:var(--management)}.tile-security{fill:var(--security)}
.tile-storage{fill:var(--storage)}
.glyph{fill:none;stroke:#fff;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
.solid{fill:#fff;stroke:none}
.mark{stroke:var(--management);stroke-width:2}
.shield{fill:var(--permit);stroke:none}
.arrow{fill:none;stroke:var(--line);stroke-width:1.7}.head{fill:var(--line)}
.a-quiet .arrow{stroke:var(--quiet);stroke-dasharray:2 4;stroke-linecap:round}
.a-quiet .head{fill:var(--quiet)}
.a-copy .arrow{stroke:var(--database);stroke-dasharray:9 4}.a-copy .head{fill:var(--database)}
.a-permit .arrow{stroke:var(--permit)}.a-permit .head{fill:var(--permit)}
.pill{fill:var(--panel);stroke:var(--permit)}
.a-path .pill{stroke:var(--edge)}.a-copy .pill{stroke:var(--database)}
.a-path .port{fill:var(--ink)}.a-copy .port{fill:var(--on-database)}"""


def render(drawing: Drawing) -> str:
    """Return the whole picture."""
    wide, high = _n(drawing.width), _n(drawing.height)
    used = sorted(_icons(drawing))
    parts = [
        _opening(wide, high),
        f'<title id="picture-title">{_escape(drawing.scene.title)}</title>',
        f'<desc id="picture-desc">{_escape(_description(drawing))}</desc>',
        f"<style>\n{_style()}\n</style>",
        "<defs>",
        *(_symbol(name) for name in used),
        "</defs>",
        _rect(Box(0.5, 0.5, drawing.width - 0.5, drawing.height - 0.5), "panel", 14),
        *(_text(text) for text in drawing.texts),
        *_legend(drawing),
        *(_frame(frame) for frame in drawing.frames),
        *(_arrow(arrow) for arrow in drawing.arrows),
        *(_card(card, drawing) for card in drawing.cards),
        *(_label(arrow) for arrow in drawing.arrows if arrow.label),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _opening(wide: str, high: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" '
        f'width="{wide}" height="{high}" class="picture" role="img" '
        f'aria-labelledby="picture-title picture-desc">'
    )


def _style() -> str:
    """Return the style sheet; every rule is limited to the picture, which may be
    inside a page."""
    light = ";".join(f"--{name}:{value}" for name, value in LIGHT.items())
    dark = ";".join(f"--{name}:{value}" for name, value in DARK.items())
    media = f"@media screen and (prefers-color-scheme:dark){{.picture{{{dark}}}}}"
    return f".picture{{{light}}}\n{media}\n{RULE.sub(_scoped, STYLE)}"


def _scoped(rule: re.Match[str]) -> str:
    selectors = ",".join(f".picture {selector}" for selector in rule[1].strip().split(","))
    return selectors + rule[2]


def _description(drawing: Drawing) -> str:
    """Return the arrows as a sentence, for screen readers."""
    names = {placed.card.key: placed.card.title for placed in drawing.cards}
    steps = [
        f"{names[a.source]} to {names[a.target]}" + (f" ({a.label})" if a.label else "")
        for a in drawing.scene.arrows
    ]
    return "; ".join(steps) + "." if steps else "No arrows."


def _icons(drawing: Drawing) -> set[str]:
    found = {placed.card.icon for placed in drawing.cards}
    found.update(text.icon for text in drawing.all_texts() if text.icon)
    return found | ({"shield"} if any(placed.shields for placed in drawing.cards) else set())


def _symbol(name: str) -> str:
    stroked, filled = icon(name)
    solid = f'<path class="solid" d="{filled}"/>' if filled else ""
    return (
        f'<symbol id="picture-{name}" viewBox="0 0 24 24"><path d="{stroked}"/>{solid}</symbol>'
    )


def _frame(frame: Frame) -> str:
    radius = {"vpc": 14, "zone": 11}.get(frame.kind, 8)
    shape = _rect(frame.box, f"f-{frame.kind}", radius)
    title = f"<title>{_escape(frame.name)}</title>" if frame.name else ""
    return _group(frame.resources, title + shape + "".join(map(_text, frame.texts)))


def _card(placed: PlacedCard, drawing: Drawing) -> str:
    card, box = placed.card, placed.box
    size, aside = placed.icon.right - placed.icon.left, placed.card in drawing.scene.side_row
    parts = [
        _rect(box, "card", 17 if card in drawing.scene.edge else 10),
        _rect(placed.icon, f"tile-{card.category}", _n(size / 4.5)),
        _use(card.icon, placed.icon, size * 0.14, "glyph"),
    ]
    badges = [text for text in placed.texts if text.icon and text.anchor == "middle"]
    if badges:
        y = _n(badges[0].y - 17)
        parts.append(f'<path class="rule" d="M{_n(box.left + 14)} {y}H{_n(box.right - 14)}"/>')
    parts += [_text(text) for text in placed.texts]
    if card.groups:
        corner = Box(box.right - 24, box.top + 8, box.right - 8, box.top + 24)
        guard = "<title>security group</title>" + _use("shield", corner, 0, "shield")
        parts.append(_group(placed.shields, guard))
    kind = "aside" if aside else "node"
    return _group(card.resources, "\n".join(parts), kind)


def _text(text: Text) -> str:
    """Return a line inside the groups of its resources, after its icon if it has one."""
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    shape = (
        f'<text class="{text.style}" x="{_n(text.x)}" y="{_n(text.y)}" '
        f'font-size="{_n(text.size)}"{anchor}>{_escape(text.text)}</text>'
    )
    if text.icon and text.anchor == "middle":
        left = text.box.left - BADGE - 4
        shape = (
            _use(text.icon, Box(left, text.y - 11, left + BADGE, text.y + 3), 0, "mark") + shape
        )
    return _group(text.resources, shape)


def _arrow(placed: PlacedArrow) -> str:
    points = placed.points
    (ax, ay), (bx, by) = points[-2], points[-1]
    dx, dy = _sign(bx - ax), _sign(by - ay)
    base = (bx - 8 * dx, by - 8 * dy)
    corners = [(bx, by), *((base[0] + s * dy * 4.5, base[1] + s * dx * 4.5) for s in (1, -1))]
    head = "L".join(f"{_n(x)} {_n(y)}" for x, y in corners)
    line = f'<path class="arrow" d="{_rounded([*points[:-1], base])}"/>'
    shape = f'{line}<path class="head" d="M{head}Z"/>'
    return _group(placed.arrow.resources, shape, f"a-{placed.arrow.style}")


def _label(placed: PlacedArrow) -> str:
    text = placed.label
    if text is None:
        return ""
    wide = width(text.text, text.size, bold=True) + 10
    pill = Box(text.x - wide / 2, text.y - 13, text.x + wide / 2, text.y + 5)
    return f'<g class="a-{placed.arrow.style}">{_rect(pill, "pill", 9)}{_text(text)}</g>'


def _legend(drawing: Drawing) -> Iterator[str]:
    """Yield the legend of the arrows in the scene, at the right of the heading."""
    x, y = drawing.width - MARGIN, 39.0
    for style, meaning in legend_of(drawing.scene):
        x -= width(meaning, SMALL)
        yield _text(Text(meaning, x, y + 4, "quiet", SMALL))
        start: list[Point] = [(x - 38, y), (x - 16, y)]
        head = f"M{_n(x - 8)} {_n(y)}L{_n(x - 16)} {_n(y - 4.5)}V{_n(y + 4.5)}Z"
        yield (
            f'<g class="a-{style}"><path class="arrow" d="{_rounded(start)}"/>'
            f'<path class="head" d="{head}"/></g>'
        )
        x -= LEGEND_LINE


def _rounded(points: list[Point]) -> str:
    """Return a line with rounded corners."""
    path = [f"M{_n(points[0][0])} {_n(points[0][1])}"]
    for (before, corner), (_, after) in pairwise(pairwise(points)):
        (cx, cy), radius = corner, float(ROUND)
        for x, y in (before, after):
            radius = min(radius, (abs(x - cx) + abs(y - cy)) / 2)
        start = (
            cx + radius * _sign(before[0] - cx), cy + radius * _sign(before[1] - cy),
        )  # fmt: skip
        end = (cx + radius * _sign(after[0] - cx), cy + radius * _sign(after[1] - cy))
        path.append(
            f"L{_n(start[0])} {_n(start[1])}Q{_n(cx)} {_n(cy)} {_n(end[0])} {_n(end[1])}"
        )
    path.append(f"L{_n(points[-1][0])} {_n(points[-1][1])}")
    return "".join(path)


def _group(resources: Iterable[str], content: str, kind: str = "") -> str:
    """Wrap the content in a group for each resource, so that each can be linked to."""
    names = list(resources)
    style = f' class="{kind}"' if kind else ""
    if not names:
        return f"<g{style}>{content}</g>" if kind else content
    for index, name in enumerate(reversed(names)):
        own = style if index == len(names) - 1 else ""
        content = f'<g data-resource="{_escape(name)}"{own}>{content}</g>'
    return content


def _rect(box: Box, kind: str, radius: float | str) -> str:
    wide, high = _n(box.right - box.left), _n(box.bottom - box.top)
    return (
        f'<rect class="{kind}" x="{_n(box.left)}" y="{_n(box.top)}" width="{wide}" '
        f'height="{high}" rx="{radius}"/>'
    )


def _use(name: str, box: Box, pad: float, kind: str) -> str:
    size = _n(box.right - box.left - 2 * pad)
    place = f'x="{_n(box.left + pad)}" y="{_n(box.top + pad)}" width="{size}" height="{size}"'
    return f'<use class="{kind} glyph" href="#picture-{name}" {place}/>'.replace(
        "glyph glyph", "glyph"
    )


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _n(value: float) -> str:
    """Return a number with at most two digits after the point."""
    return f"{value + 0.0:.2f}".rstrip("0").rstrip(".")


def _escape(text: str) -> str:
    """Return text without control characters and markup, which XML accepts."""
    return escape(FORBIDDEN.sub("\ufffd", text))


def icon(name: str) -> tuple[str, str]:
    """Return the stroked and the filled path of an icon."""
    stroked, _, filled = ICONS[name].partition("|")
    return stroked, filled
