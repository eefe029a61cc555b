"""The deployed function of the authorizer, under Node, with good and with hostile tokens."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from templates.authorizer import FAILURE_TEXTS
from tests.helpers import changed, example_settings, properties
from tests.tiers.resources import resources_of
from tests.tools import need

CASES = Path(__file__).with_name("cases.cjs")
ACCEPTED = {
    "rs256", "es256", "audiences", "no scope", "expired within the skew",
    "valid within the skew",
}  # fmt: skip
REFUSED = {
    "none", "none with a signature", "None in other letters", "no algorithm",
    "algorithm in a list", "HS256 with the public key", "HS256 with the modulus",
    "HS256 called RS256", "RS384", "PS256", "key type of another algorithm",
    "RS256 with the elliptic key", "expired", "no expiry", "expiry as a text", "not yet valid",
    "issued tomorrow", "wrong audience", "two audiences in one text", "no audience",
    "empty audience", "wrong issuer", "no issuer", "unknown kid", "no kid",
    "own key in the header", "own address of keys", "signed with another key",
    "changed claims", "signature cut", "no signature", "empty signature",
    "signature of zeros", "signature in another form", "encrypted", "huge", "crit",
    "header is no JSON", "header is null", "claims are null", "claims are a list",
    "no subject", "subject is a number", "line break in the subject",
    "line break in the scope", "letters of another alphabet", "long subject", "too many keys",
}  # fmt: skip
WITHOUT_KEYS = {
    *(
        f"{page}: {fault}"
        for page in ("keys", ".well-known")
        for fault in (
            "html", "error", "redirect", "huge", "silent", "silent after its head", "drips",
            "empty", "no list", "null",
        )
    ),
    "other issuer", "keys without TLS", "no address of keys",
}  # fmt: skip
DOWN = "authorizer failed to get keys"


@pytest.fixture(scope="module")
def code() -> str:
    """Return the code as the template of an environment has it."""
    jwt = {"issuer": "https://login.example.com/", "audience": ("api",)}
    system = resources_of(changed(example_settings(), "api.jwt", jwt))
    return str(properties(system, "ApiAuthorizer")["Code"]["ZipFile"])


@pytest.fixture(scope="module")
def outcomes(code: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the outcome of each case."""
    node = need("node")
    path = tmp_path_factory.mktemp("function") / "index.js"
    path.write_text(code, "utf-8")
    done = subprocess.run(
        [node, CASES, path], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_code_fits_into_a_template(code: str) -> None:
    assert len(code.encode()) < 4096


def test_good_tokens_pass_and_hostile_ones_get_401(outcomes: dict[str, Any]) -> None:
    texts = {name: answer for name, answer in outcomes.items() if isinstance(answer, str)}

    assert {name for name, answer in texts.items() if answer == "Allow"} == ACCEPTED
    assert {name for name, answer in texts.items() if answer == "Unauthorized"} == REFUSED


def test_without_the_issuer_s_keys_the_answer_is_an_error_and_no_refusal(
    outcomes: dict[str, Any],
) -> None:
    """API Gateway answers 500 then: a client that logs in again gains nothing."""
    down = {name for name, answer in outcomes.items() if answer == DOWN}

    assert down == WITHOUT_KEYS


def test_one_answer_holds_for_every_method_of_the_stage(outcomes: dict[str, Any]) -> None:
    """API Gateway remembers it by the token, for whatever method comes next."""
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:us-east-1:111122223333:abc123/live/*",
    }
    assert outcomes["answer"] == {
        "principalId": "user|7",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"subject": "user|7", "scopes": "read write"},
    }


def test_the_header_is_one_bearer_token(outcomes: dict[str, Any]) -> None:
    assert outcomes["headers"] == ["Allow"] * 2 + ["Unauthorized"] * 7


def test_scopes_are_words_and_never_empty(outcomes: dict[str, Any]) -> None:
    assert outcomes["scopes in other forms"] == ["a b", "a", "none", "none", "a"]
    assert outcomes["scopes wanted"] == ["Allow", "Deny", "Deny", "Deny"]


def test_only_strong_keys_for_signatures_of_a_known_kind_count(
    outcomes: dict[str, Any],
) -> None:
    assert outcomes["weak keys"] == ["Unauthorized"] * 6 + ["Allow"]
    assert outcomes["duplicate kid"] == ["Allow"] * 3 + ["Unauthorized"]


def test_a_new_key_is_found_and_a_stranger_cannot_make_the_function_ask_often(
    outcomes: dict[str, Any],
) -> None:
    """Asking takes two requests, and comes at most every 30 seconds."""
    assert outcomes["rotation"] == [
        ["Allow", 2], ["Unauthorized", 2], ["Allow", 4], ["Allow", 4], ["Unauthorized", 4],
    ]  # fmt: skip
    assert outcomes["many unknown kids"] == [4, "Allow"]
    assert outcomes["at once"] == [1, 2]


def test_known_keys_outlive_an_outage_of_the_issuer_by_a_day(outcomes: dict[str, Any]) -> None:
    answers, log = outcomes["issuer goes down"]

    assert answers == ["Allow", "Allow", DOWN, DOWN, "Allow"]
    assert [line.startswith(DOWN) for line in log] == [True] * 4


def test_no_token_can_write_what_the_alarm_looks_for(outcomes: dict[str, Any]) -> None:
    lines = outcomes["words in the log"]

    assert len(lines) == 8
    assert not [line for line in lines for text in FAILURE_TEXTS if text in line]
    assert max(map(len, lines)) < 100
