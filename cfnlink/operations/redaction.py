"""Text that may be shown: without what looks like a secret, and without control characters."""

import re
from collections.abc import Iterable
from typing import Any

HIDDEN = "(hidden)"
# A value: quoted to its end, also where the quotes are escaped, else up to a space.
QUOTED = r"""(?P<{0}>\\*["'])(?:(?!(?P={0})).)*(?:(?P={0})|$)"""
BARE = r"""[^\s"',;&}\]]+"""
WITH_SCHEME = rf"(?:\w+\s+)?{BARE}"
NAMES = "password|passwd|token|secretstring|[_-]key|client_secret"
AFTER_NAME = r"""\\*["']?\s*[:=]\s*"""
PATTERNS = (
    r"""(?P<url>://[^:@/\s]*:)[^\s/"']+(?=@)""",
    rf"(?P<authorization>\bauthorization{AFTER_NAME})(?:{QUOTED.format('q1')}|{WITH_SCHEME})",
    rf"(?P<scheme>\bbearer\s+){BARE}",
    rf"(?P<name>(?:{NAMES}){AFTER_NAME})(?:{QUOTED.format('q2')}|{BARE})",
    rf"(?P<sql>\bpassword\s+e?)(?:'(?:[^']|'')*(?:'|$)|{QUOTED.format('q3')})",
)
SECRETS = re.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS), re.IGNORECASE)
KINDS = ("url", "authorization", "scheme", "name", "sql")
# All but tab and newline: a terminal obeys them. The last ones turn the order of letters round:
# https://trojansource.codes/
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def redacted(text: str, hidden: Iterable[str] = ()) -> str:
    """Return a text without secrets, and with each control character as its escape.

    hidden: secrets that are known by their value.
    """
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = SECRETS.sub(_shown, text.replace("\r\n", "\n"))
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def redacted_values(value: object, hidden: Iterable[str] = ()) -> Any:
    """Return a value of JSON with each text in it redacted, before quotes are escaped."""
    if isinstance(value, dict):
        return {
            redacted(str(key), hidden): redacted_values(each, hidden)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple | set):
        return [redacted_values(each, hidden) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return redacted(str(value), hidden)


def _shown(found: re.Match[str]) -> str:
    return next(found[kind] for kind in KINDS if found[kind]) + HIDDEN
