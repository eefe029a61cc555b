"""smoke: rehearsed against a small service behind the emulator's gateway and balancer."""

import json
from collections.abc import Iterator
from http.client import HTTPMessage

import pytest

from operations.smoke import Answer, _one_origin
from tests.operations.world import DEVELOPMENT, PRODUCTION, Echo, run, served
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal


def results(out: str) -> dict[str, str]:
    return {check["name"]: check["result"] for check in json.loads(out)["checks"]}


def test_a_good_environment_passes_and_gives_a_receipt(cloud: Cloud) -> None:
    run(cloud, "deploy", PRODUCTION, "--image-tag", "1")
    with served(cloud, "production"):
        done = run(cloud, "smoke", PRODUCTION, "--json")

    receipt = json.loads(done.out)
    assert done.code == 0, done.err
    assert (receipt["url"], receipt["client"]) == ("https://api.example.com", "default")
    assert (receipt["image_tag"], receipt["passed"]) == ("1", True)
    assert results(done.out) == {
        "no key": "ok",
        "preflight": "ok",
        "key": "ok",
        "path": "ok",
        "service's CORS": "ok",
        "database": "ok",
        "tasks": "warning",  # the emulator's auto scaling lifts nothing to its minimum
        "limit": "warning",
    }


@pytest.fixture
def again(cloud: Cloud) -> Iterator[Cloud]:
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    with served(cloud, "development"):
        yield cloud


def test_an_api_without_a_name_of_its_own_is_reached_too(again: Cloud) -> None:
    done = run(again, "smoke", DEVELOPMENT)

    assert done.code == 0, done.out + done.err
    assert "ok: path: the service saw /smoke/test" in done.out
    assert "warning: limit: not tried" in done.out


def test_a_database_that_is_not_reached_fails_and_a_silent_path_warns(
    again: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Echo, "database", 503)
    monkeypatch.setattr(Echo, "path_seen", False)

    done = run(again, "smoke", DEVELOPMENT)

    assert done.code == 1
    assert "FAILED: database: /database says it is not reached" in done.out
    assert "warning: path:" in done.out
    assert f"next: python -m operations status {DEVELOPMENT}" in done.err


def test_the_limit_is_tried_only_when_asked_and_is_a_warning_at_most(again: Cloud) -> None:
    done = run(again, "smoke", DEVELOPMENT, "--limit", "--json")

    assert done.code == 0, done.out
    assert results(done.out)["limit"] in ("ok", "warning")


def test_an_unknown_client_and_an_absent_api_are_wrong_usage(again: Cloud) -> None:
    unknown = run(again, "smoke", DEVELOPMENT, "--client", "nobody")
    absent = run(again, "smoke", PRODUCTION)

    assert (unknown.code, absent.code) == (2, 2)
    assert "no client nobody; there are default" in unknown.err
    assert "production has no API yet" in absent.err


@pytest.mark.parametrize(
    ("origins", "result"), [([], "FAILED"), (["*"], "ok"), (["*", "*"], "FAILED")]
)
def test_exactly_one_cors_header_is_right(origins: list[str], result: str) -> None:
    headers = HTTPMessage()
    for origin in origins:
        headers.add_header("Access-Control-Allow-Origin", origin)

    assert _one_origin(Answer(200, headers, ""))[0] == result


def test_no_command_says_a_secret(again: Cloud) -> None:
    """Every password, URL and key that the stacks made."""
    secrets = again.client("secretsmanager")
    planted = [
        secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for secret in secrets.list_secrets()["SecretList"]
    ]
    planted += [json.loads(text)["password"] for text in planted if text.startswith("{")]
    gateway = again.client("apigateway")
    planted += [key["value"] for key in gateway.get_api_keys(includeValues=True)["items"]]
    assert len(planted) >= 4

    said = ""
    for arguments in (
        ["plan"],
        ["plan", "--json"],
        ["deploy"],
        ["status", "--drift"],
        ["status", "--json"],
        ["smoke"],
        ["smoke", "--json", "--limit"],
        ["release", "--tag", "2"],
        ["destroy", "--yes", "development"],
    ):
        done = run(again, arguments[0], DEVELOPMENT, *arguments[1:])
        said += done.out + done.err

    assert "smoke/test" in said
    assert [text for text in planted if text in said] == []
