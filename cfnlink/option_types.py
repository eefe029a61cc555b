"""Convert the text of an option; a wrong one raises click.BadParameter."""

import math
import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import click

from cfnlink.aws.region import REGION

# https://pkg.go.dev/github.com/distribution/reference
TAG_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def minutes(text: str | float) -> float:
    """Return a number of minutes, from zero on."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise click.BadParameter(f"{text} is no time: expected minutes, such as 30")
    return number


def tag(text: str) -> str:
    """Return a tag of an image."""
    if not TAG_PATTERN.fullmatch(text):
        expected = "up to 128 letters, digits, '.', '_' and '-'"
        raise click.BadParameter(f"{text} is no tag of an image: expected {expected}")
    return text


def server(text: str) -> str:
    """Return a DNS server as HOST:PORT."""
    try:
        urlsplit(f"//{text}").port  # noqa: B018 (reading it checks it)
    except ValueError:
        message = f"{text} is no server: expected HOST:PORT, such as 127.0.0.1:53"
        raise click.BadParameter(message) from None
    return text


def moment(text: str) -> str:
    """Return a moment as CloudFormation takes it, in UTC."""
    if text == "latest":
        return text
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        expected = "latest, or a time with its zone, such as 2026-11-26T10:00:00Z"
        raise click.BadParameter(f"{text} is no time: expected {expected}")
    return f"{parsed.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(text: str | date) -> date:
    """Return a day."""
    try:
        return text if isinstance(text, date) else date.fromisoformat(text)
    except ValueError:
        message = f"{text} is no day: expected one such as 2026-11-26"
        raise click.BadParameter(message) from None


def region(text: str) -> str:
    """Return the name of a region of AWS."""
    if not REGION.fullmatch(text):
        raise click.BadParameter(f"{text!r}; expected a region such as eu-west-3")
    return text


def address(text: str) -> str:
    """Return the address of a web server."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise click.BadParameter(f"{text!r}; expected an address such as https://example.com")
    return text
