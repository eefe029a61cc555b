"""What a browser asks of the answers to requests from several origins."""

from collections.abc import Callable, Iterable

from cfnlink.operations.api_client import ORIGIN, Answer
from cfnlink.operations.check import FAILED, OK

# RFC 6761 reserves .invalid: no list of origins can hold it.
FOREIGN = "https://origin.invalid"


def each_origin(origins: list[str], send: Callable[[str], Answer]) -> tuple[str, str]:
    """Check that an answer allows exactly the origin that asks, and no other origin.

    send: sends a request with this Origin.
    """
    for origin in origins:
        wrong = _wrong(origin, send(origin))
        if wrong:
            return FAILED, f"for {origin}: {wrong}"
    given = send(FOREIGN).origins()
    if {FOREIGN, "*"} & set(given):
        return FAILED, f"{FOREIGN}, which is not in the list, is allowed: {', '.join(given)}"
    return OK, f"each of {len(origins)} origins is allowed, and no other"


def _wrong(origin: str, answer: Answer) -> str:
    given = answer.origins()
    if given != [origin]:
        return f"{ORIGIN} {', '.join(given) or 'is missing'}, not {origin} alone"
    if "origin" not in _words(answer.headers.get_all("Vary") or []):
        return "Vary does not name Origin, so a cache may give the answer to another origin"
    return ""


def _words(values: Iterable[str]) -> set[str]:
    return {word.strip().lower() for value in values for word in value.split(",")}
