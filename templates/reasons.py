"""Record why each resource exists: the docstring of the function that makes it.

The text goes into the resource's Metadata, so a template says why it is as it is, and no reason
is written twice. docs/decisions/0030-metadata-context.md says what else could be.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from troposphere import AWSObject

TIERS = f"{__package__}."
VERBS = re.compile(r"(?:Return|Add) ")
PAGE = re.compile(r"docs/decisions/[\w-]+\.md")
# For cfn-lint's rule W4011, which asks for a reason or for this.
UNKNOWN = {"src": "infer", "conf": "low", "note": "rationale not documented"}


@dataclass(frozen=True)
class Reason:
    """Why a resource exists, the function that says so, and the decisions that it names."""

    why: str
    cite: str
    pages: tuple[str, ...] = ()

    def context(self) -> dict[str, Any]:
        """Return the part of a Metadata Context that states it."""
        if not self.why:
            return {"trust": UNKNOWN}
        return {"why": self.why, "trust": {"src": "comment", "conf": "high", "cite": self.cite}}


@contextmanager
def recorded() -> Iterator[None]:
    """Give each resource that is made during the block its reason; `reason_of` returns it.

    troposphere has no hook for it, so its constructor is replaced meanwhile.
    """
    made = AWSObject.__init__

    def make(resource: AWSObject, *given: Any, **properties: Any) -> None:
        made(resource, *given, **properties)
        vars(resource)["reason"] = _reason(sys._getframe(1))  # noqa: SLF001 (inspect's is slow)

    AWSObject.__init__ = make  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        del AWSObject.__init__


def reason_of(resource: AWSObject) -> Reason:
    """Return why a resource exists; an empty reason if none was recorded."""
    found: Reason = vars(resource).get("reason", Reason("", ""))
    return found


def summary(docstring: str | None) -> str:
    """Return the first paragraph of a docstring as a line, as a noun where it returns one."""
    paragraph = inspect.cleandoc(docstring or "").partition("\n\n")[0].replace("\n", " ")
    verb = VERBS.match(paragraph)
    text = paragraph[verb.end() :] if verb else paragraph
    return text[:1].upper() + text[1:]


def pages(docstring: str | None) -> tuple[str, ...]:
    """Return the pages of docs/decisions that a docstring names."""
    return tuple(PAGE.findall(docstring or ""))


def _reason(frame: FrameType | None) -> Reason:
    """Return the reason that the innermost function with a docstring gives."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(TIERS) and (text := _docstring(frame)):
            file = f"{module.replace('.', '/')}.py"
            named = (*pages(frame.f_globals.get("__doc__")), *pages(text))
            return Reason(summary(text), f"{file} {frame.f_code.co_qualname}", named)
        frame = frame.f_back
    return Reason("", "")


def _docstring(frame: FrameType) -> str | None:
    """Return the docstring of the function that runs in a frame."""
    code: CodeType = frame.f_code
    holder: Any = frame.f_globals
    if "self" in frame.f_locals:
        holder = vars(type(frame.f_locals["self"]))
    function = holder.get(code.co_name)
    is_it = getattr(function, "__code__", None) is code
    return function.__doc__ if is_it else None
