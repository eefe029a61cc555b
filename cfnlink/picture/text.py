"""Width of texts: an upper estimate that is the same on every machine."""

from math import ceil

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
