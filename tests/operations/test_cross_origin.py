"""Each origin of the list is allowed and no other, and an open path needs no key."""

from http.client import HTTPMessage
from typing import Any
from unittest import mock

import pytest

from cfnlink.operations.api_client import Answer, Api
from cfnlink.operations.commands.smoke import Caller, _opened
from cfnlink.operations.cross_origin import FOREIGN, each_origin
from cfnlink.system.api_paths import example_of, open_paths
from cfnlink.system.cors import allowed_origins
from cfnlink.system.link import StackTemplate, link
from templates.settings import Settings
from tests.helpers import changed
from tests.tiers.test_cors import ORIGINS, several


def answer(*origins: str, vary: str = "Accept, Origin") -> Answer:
    headers = HTTPMessage()
    for origin in origins:
        headers.add_header("Access-Control-Allow-Origin", origin)
    headers.add_header("Vary", vary)
    return Answer(200, headers, "")


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({origin: answer(origin) for origin in ORIGINS}, "each of 3 origins is allowed"),
        ({}, f"for {ORIGINS[0]}: Access-Control-Allow-Origin is missing"),
        ({origin: answer(ORIGINS[0]) for origin in ORIGINS}, f"not {ORIGINS[1]} alone"),
        ({origin: answer(origin, origin) for origin in ORIGINS}, f"not {ORIGINS[0]} alone"),
        ({origin: answer(origin, vary="") for origin in ORIGINS}, "Vary does not name Origin"),
        (
            {origin: answer(origin) for origin in [*ORIGINS, FOREIGN]},
            "which is not in the list, is allowed",
        ),
        (
            {FOREIGN: answer("*")} | {origin: answer(origin) for origin in ORIGINS},
            "which is not in the list, is allowed",
        ),
    ],
)
def test_what_a_browser_would_refuse_fails(answers: dict[str, Answer], says: str) -> None:
    result, text = each_origin(ORIGINS, lambda origin: answers.get(origin, answer()))

    assert says in text
    assert (result == "ok") is ("each of" in text)


def test_paths_and_origins_are_read_from_any_template(production: Settings) -> None:
    opened = {"/webhooks/{proxy+}": {"key": False}, "/shops/{shop}/status": {"key": False}}
    resources = several(changed(production, "api.paths", opened))
    system = link([StackTemplate("all", "all", {"Resources": resources})])

    assert sorted(example_of(path) for path, _ in open_paths(system)) == [
        "/shops/smoke/status", "/webhooks/smoke",
    ]  # fmt: skip
    assert allowed_origins(system.resources["AllApiRootOptions"]) == ORIGINS


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (200, "{}", "ok"),
        (400, "no signature", "ok"),
        (403, "no signature", "ok"),
        (404, '{"message":"no such hook"}', "ok"),
        (403, '{"message":"Forbidden"}', "FAILED"),
        (401, '{"message":"Unauthorized"}', "FAILED"),
        (403, '{"message":"Missing Authentication Token"}', "FAILED"),
        (403, '{"Message":"... with an explicit deny"}', "FAILED"),
        (429, '{"message":"Too Many Requests"}', "warning"),
        (502, "", "FAILED"),
        (504, "", "FAILED"),
    ],
)
def test_an_open_path_reaches_the_service_without_a_key(
    status: int, body: str, result: str
) -> None:
    environment: Any = None
    caller = Caller(environment, Api("https://x", "https://x"), "key")
    with mock.patch.object(
        Api, "call", return_value=Answer(status, HTTPMessage(), body)
    ) as call:
        assert _opened(caller, "/hooks/{proxy+}")[0] == result

    call.assert_called_once_with("GET", "/hooks/smoke")
