"""`smoke` is rehearsed against a small service behind the emulator's gateway."""

import json
import shutil
from collections.abc import Callable, Iterator
from http.client import HTTPMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from cfnlink.operations.api_client import Answer, Api
from cfnlink.operations.commands import smoke
from cfnlink.operations.commands.smoke import (
    PATH,
    PAUSE_SECONDS,
    Caller,
    _answers_allow,
    _database,
    _limited,
    _one_origin,
    _path,
    _stage,
    _tasks,
)
from cfnlink.operations.service import TaskCount
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, outputs, push, run
from tests.operations.stubs import EchoService, served
from tests.rehearsal.cloud import Cloud, emulator
from tests.tools import need

pytestmark = pytest.mark.rehearsal


def results(out: str) -> dict[str, str]:
    return {check["name"]: check["result"] for check in json.loads(out)["checks"]}


def test_a_good_environment_passes_and_gives_a_receipt(cloud: Cloud) -> None:
    run(cloud, "deploy", PRODUCTION, "--image-tag", "1")
    with served(cloud, "production"):
        done = run(cloud, "smoke", PRODUCTION, "--json")

    receipt = json.loads(done.out)
    assert done.code == 0, done.err
    assert receipt["url"] == "https://api.example.com"
    assert (receipt["image_tag"], receipt["passed"]) == ("1", True)
    assert results(done.out) == {
        "no key": "ok",
        "preflight": "ok",
        "key": "ok",
        "path": "ok",
        "stage": "ok",
        "service's CORS": "ok",
        "database": "ok",
        "tasks": "ok",
        "limit": "ok",
    }


@pytest.fixture
def deployed(cloud: Cloud) -> Iterator[Cloud]:
    run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    with served(cloud, "development"):
        yield cloud


def test_an_api_without_a_name_of_its_own_is_reached_too(deployed: Cloud) -> None:
    done = run(deployed, "smoke", DEVELOPMENT)

    assert done.code == 0, done.out + done.err
    assert "ok: path: the service saw /smoke/test" in done.out
    url = outputs(deployed, "shop-development-api")["Url"]
    assert done.out.endswith(f"development answers at {url}: 9 of 9 checks passed.\n")


@pytest.mark.long
@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ("0", "API Gateway does not send the stage's name to the load balancer"),
        ("1", "API Gateway sends the stage's name, and the load balancer removes it"),
    ],
)
@pytest.mark.fault(
    "the gateway sends the stage in the path, or does not",
    "the service gets the path without it",
)
def test_the_path_is_right_whether_or_not_the_gateway_sends_the_stage(
    tmp_path: Path, sent: str, says: str
) -> None:
    with emulator(tmp_path, STAGE_IN_PATH=sent) as cloud:
        run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
        with served(cloud, "development"):
            done = run(cloud, "smoke", DEVELOPMENT)

    assert "ok: path: the service saw /smoke/test" in done.out
    assert f"ok: stage: {says}" in done.out


def test_a_path_that_only_contains_the_asked_one_fails(deployed: Cloud) -> None:
    """A listener rule that is missing, where the gateway sends the stage."""
    with mock.patch.object(EchoService, "prefix", "/gateway-stage"):
        done = run(deployed, "smoke", DEVELOPMENT)

    assert done.code == 1
    assert "FAILED: path: the service saw /gateway-stage/smoke/test" in done.out


def test_a_database_that_is_not_reached_fails_and_a_silent_path_warns(
    deployed: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EchoService, "database", 503)
    monkeypatch.setattr(EchoService, "path_seen", False)

    done = run(deployed, "smoke", DEVELOPMENT)

    assert done.code == 1
    assert "FAILED: database: /database says it is not reached" in done.out
    assert done.err.startswith("development fails 1 of 9 checks: database\n")
    assert "warning: path:" in done.out
    assert f"next: cfnlink status {DEVELOPMENT}" in done.err


def test_its_key_is_in_a_plan_of_its_own_so_that_no_quota_is_spent(deployed: Cloud) -> None:
    gateway = deployed.client("apigateway")
    key = outputs(deployed, "shop-development-api")["KeySmoke"]

    for plan in gateway.get_usage_plans()["items"]:
        keys = gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
        own = [each["id"] for each in keys] == [key]
        assert own is (plan["throttle"] == {"rateLimit": 1, "burstLimit": 1})


class Throttled(Caller):
    """As the API with a plan of one request a second: a second one is refused."""

    def once(self, path: str, **_: str) -> Answer:
        calls = self.__dict__.setdefault("calls", [])
        calls.append(path)
        headers = HTTPMessage()
        headers.add_header("Access-Control-Allow-Origin", "*")
        return Answer(200 if len(calls) % 2 else 429, headers, "")


def test_a_429_is_waited_out_where_it_is_not_asked_for() -> None:
    waited: list[float] = []
    environment: Any = SimpleNamespace(pause=waited.append)
    caller = Throttled(environment, Api("https://x", "https://x"), "key")

    assert [caller.get(PATH).status for _ in range(3)] == [200, 200, 200]
    assert waited == [PAUSE_SECONDS] * 2
    assert _limited(caller) == ("ok", "429 among 10 requests at once")


@pytest.mark.parametrize("look", [_path, _stage, _answers_allow, _database])
def test_an_answer_of_the_gateway_says_nothing_about_the_service(
    look: Callable[[Caller], tuple[str, str]],
) -> None:
    stage: Any = SimpleNamespace(get=lambda _: "v1")
    environment: Any = SimpleNamespace(system=SimpleNamespace(of=lambda _: [stage]))
    caller = Caller(environment, Api("https://x", "https://x"), "key", "wrong")
    headers = HTTPMessage()
    headers.add_header("Access-Control-Allow-Origin", "*")
    refused = Answer(401, headers, '{"message":"Unauthorized"}')

    with mock.patch.object(Caller, "once", return_value=refused):
        result, says = look(caller)

    assert result == "warning"
    answered = "API Gateway answers 401 in place of the service: Unauthorized"
    assert says == f"not known: {answered}"


@pytest.mark.parametrize(
    ("counts", "result", "says"),
    [
        ([TaskCount("web", 1, 1, 1, 4)], "ok", "1 of 1 run"),
        ([TaskCount("web", 1, 1, 2, 4)], "warning", "auto scaling has not yet made them 2"),
        (
            [TaskCount("web", 2, 2, 2, 4), TaskCount("mail", 1, 1, 3, 4)],
            "warning",
            "web: 2 of 2 run, mail: 1 of 1 run; auto scaling has not yet made them mail: 3",
        ),
    ],
)
def test_each_of_several_services_is_named(
    counts: list[TaskCount], result: str, says: str
) -> None:
    stack: Any = SimpleNamespace(name="service")
    environment: Any = None
    with (
        mock.patch.object(smoke, "resources"),
        mock.patch.object(smoke, "task_counts", return_value=counts),
    ):
        found = _tasks(environment, [stack])

    assert found[0] == result
    assert found[1].endswith(says)


def test_an_absent_api_is_wrong_usage(deployed: Cloud) -> None:
    absent = run(deployed, "smoke", PRODUCTION)

    assert absent.code == 2
    assert "production has no API yet" in absent.err


def test_a_manifest_without_a_smoke_key_is_wrong_usage(deployed: Cloud, tmp_path: Path) -> None:
    folder = shutil.copytree(DEVELOPMENT, tmp_path / "development")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    del manifest["parts"]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")

    nameless = run(deployed, "smoke", folder)

    assert nameless.code == 2
    expected = "expected TIER.LOGICAL_ID of the API key that `smoke` sends"
    assert f'names no smoke_key in "parts"; {expected}' in nameless.err


@pytest.mark.parametrize(
    ("origins", "result"), [([], "FAILED"), (["*"], "ok"), (["*", "*"], "FAILED")]
)
def test_exactly_one_cors_header_is_right(origins: list[str], result: str) -> None:
    headers = HTTPMessage()
    for origin in origins:
        headers.add_header("Access-Control-Allow-Origin", origin)

    assert _one_origin(Answer(200, headers, ""))[0] == result


def test_no_command_says_a_secret(deployed: Cloud) -> None:
    """It knows every password, URL and key that the stacks made."""
    need("git")
    secrets = deployed.client("secretsmanager")
    planted = [
        secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
        for secret in secrets.list_secrets()["SecretList"]
    ]
    planted += [json.loads(text)["password"] for text in planted if text.startswith("{")]
    gateway = deployed.client("apigateway")
    planted += [key["value"] for key in gateway.get_api_keys(includeValues=True)["items"]]
    assert len(planted) >= 4

    push(deployed, "2", "arm64")

    said = ""
    for arguments in (
        ["preflight", "--image-tag", "1"],
        ["plan"],
        ["plan", "--json"],
        ["diff", "--base", "HEAD"],
        ["deploy"],
        ["status", "--drift"],
        ["status", "--json"],
        ["smoke"],
        ["smoke", "--json"],
        ["key"],
        ["key", "--json"],
        ["logs", "--once"],
        ["task", "--", "env"],
        ["rotate"],
        ["rotate", "--json"],
        ["release", "--tag", "2"],
        ["destroy", "--yes", "development"],
    ):
        done = run(deployed, arguments[0], DEVELOPMENT, *arguments[1:])
        said += done.out + done.err

    assert "smoke/test" in said
    assert [text for text in planted if text in said] == []
