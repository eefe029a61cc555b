"""Answers that do not come from AWS."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError

# What a call raises that AWS did not answer, or answered in a form that cannot be read.
NO_ANSWER = (BotoCoreError, ResponseParserError, OSError)
FIRST_ERROR_STATUS = 300
SHOWN = 60


class NotAwsError(BotoCoreError):
    """A proxy, a VPN or a log-in page of a network answers instead of AWS."""

    fmt = (
        "{operation}: HTTP {status} of type {content_type} is no answer of AWS, which names a "
        "request id; a proxy or a log-in page answers in its place: {start}"
    )


class HalfAnswerError(BotoCoreError):
    """An incomplete answer; botocore reads half a JSON object as an empty one."""

    fmt = "{operation}: the answer of AWS ended half-way, after {size} bytes"


def refuse_foreign_answer(operation_model: Any, response_dict: Any, **_: Any) -> None:
    """Raise NotAwsError or HalfAnswerError for a success that AWS did not send whole.

    botocore calls it before it reads an answer. AWS names a request id with each answer, most
    services in a header, some in the body.
    """
    status, headers = response_dict["status_code"], response_dict["headers"]
    body = response_dict["body"]
    if status >= FIRST_ERROR_STATUS or not isinstance(body, bytes):  # an error, or a stream
        return
    name, content_type = operation_model.name, headers.get("content-type", "none")
    if not _has_request_id(headers, body):
        text = " ".join(body.decode("utf-8", "replace").split())
        start = text[:SHOWN] or "an empty body"
        raise NotAwsError(operation=name, status=status, content_type=content_type, start=start)
    if not _is_whole(headers, body, content_type):
        raise HalfAnswerError(operation=name, size=len(body))


def _has_request_id(headers: Iterable[str], body: bytes) -> bool:
    names = (name.lower().replace("-", "") for name in headers)
    return any(name.endswith("requestid") for name in names) or b"<requestid>" in body.lower()


def _is_whole(headers: Mapping[str, str], body: bytes, content_type: str) -> bool:
    stated = headers.get("content-length", "")
    if stated.isdigit() and "content-encoding" not in headers and len(body) < int(stated):
        return False
    try:
        return not body or "json" not in content_type or bool([json.loads(body)])
    except ValueError:
        return False
