"""Open paths and several origins, rehearsed behind the emulator's gateway."""

import http.client
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from build import build, write
from cfnlink.operations.api_client import Api
from templates.settings import Settings
from tests.helpers import SETTINGS, changed
from tests.operations.helpers import DEVELOPMENT, outputs, run
from tests.operations.stubs import EchoService, served
from tests.rehearsal.cloud import Cloud
from tests.tiers.test_cors import HOSTILE, ORIGINS

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
PATHS = {
    "/webhooks/{proxy+}": {"key": False, "rate_limit": 1, "burst_limit": 2},
    "/shops/{shop}/status": {"key": False},
    "/reports": {"timeout_seconds": 5},
}


@pytest.fixture
def folder(environments: dict[str, Settings], tmp_path: Path) -> Path:
    """Return an output folder with open paths and several origins."""
    settings = environments["development"]
    for key, value in (
        ("api.paths", PATHS),
        ("api.cors_allow_origin", ORIGINS),
        ("api.cors_allow_credentials", True),
    ):
        settings = changed(settings, key, value)
    shutil.copytree(SETTINGS, tmp_path, dirs_exist_ok=True)
    write(build(settings), tmp_path / "output")
    return tmp_path / "output" / "development"


@pytest.fixture
def api(cloud: Cloud, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """Return the deployed API with a service behind it that keeps the contract."""
    assert run(cloud, "deploy", folder, "--image-tag", "1").code == 0
    monkeypatch.setattr(EchoService, "origins", tuple(ORIGINS))
    with served(cloud, "development"):
        url = outputs(cloud, "shop-development-api")["Url"]
        host, stage = urlsplit(url).netloc, urlsplit(url).path
        inside = f"{cloud.url}/restapis/{host.partition('.')[0]}{stage}/_user_request_"
        yield Api(url, inside)


def preflight(api: Api, *origins: str) -> tuple[int, list[str], str]:
    """Return status, allowed origins and body of OPTIONS with some headers Origin."""
    to = urlsplit(api.connect)
    connection = http.client.HTTPConnection(to.netloc, timeout=10)
    connection.putrequest("OPTIONS", f"{to.path}/orders")
    for origin in origins:
        connection.putheader("Origin", origin)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get_all("Access-Control-Allow-Origin") or [], body


def test_open_paths_and_several_origins(
    cloud: Cloud, folder: Path, api: Api, environments: dict[str, Settings]
) -> None:
    """One deployment serves all of these."""
    only_open_paths_answer_without_a_key(api)
    a_preflight_allows_only_whole_origins_of_the_list(api)
    smoke_tries_each_open_path_and_each_origin(cloud, folder)
    a_path_has_a_limit_of_its_own(api)
    the_paths_ask_for_a_key_before_and_after_they_are_removed(
        cloud, folder, api, environments["development"]
    )


def only_open_paths_answer_without_a_key(api: Api) -> None:
    opened = {"/webhooks/a", "/webhooks/a/b", "/shops/1/status"}
    for path in opened:
        assert api.call("GET", path).status == 200
    for path in (
        "/", "/orders", "/webhooks", "/shops", "/shops/1", "/shops/1/status/x",
        "/shops/1/orders", "/reports", "/reports/x",
    ):  # fmt: skip
        answer = api.call("GET", path)
        # A request that reaches no resource would say Missing Authentication Token.
        assert (answer.status, answer.body) == (403, '{"message":"Forbidden"}'), path
        assert answer.origins() == ["*"]
        assert "Access-Control-Allow-Credentials" not in answer.headers


def a_preflight_allows_only_whole_origins_of_the_list(api: Api) -> None:
    for origin in ORIGINS:
        assert preflight(api, origin) == (204, [origin], "")
    for origins in [*HOSTILE, ("https://evil.com", HOSTILE[1][0])]:
        assert preflight(api, *origins) == (204, [ORIGINS[0]], ""), origins
    # A client that repeats the header gets one allowed origin, never its own.
    assert set(preflight(api, ORIGINS[1], "https://evil.com")[1]) <= set(ORIGINS)


def smoke_tries_each_open_path_and_each_origin(cloud: Cloud, folder: Path) -> None:
    done = run(cloud, "smoke", folder)

    assert done.code == 0, done.out + done.err
    each = "each of 3 origins is allowed, and no other"
    assert f"ok: preflight: 204; {each}" in done.out
    assert f"ok: service's CORS: {each}" in done.out
    reached = "reached without a key, the service says 200"
    assert f"ok: open path /webhooks/{{proxy+}}: {reached}" in done.out
    assert f"ok: open path /shops/{{shop}}/status: {reached}" in done.out


def a_path_has_a_limit_of_its_own(api: Api) -> None:
    hooks = [api.call("POST", "/webhooks/many").status for _ in range(5)]
    others = [api.call("GET", "/shops/1/status").status for _ in range(5)]

    assert 429 in hooks
    assert others == [200] * 5


def the_paths_ask_for_a_key_before_and_after_they_are_removed(
    cloud: Cloud, folder: Path, api: Api, settings: Settings
) -> None:
    """A deployment of the API still has what CloudFormation deletes after it."""
    closed = {path: {"timeout_seconds": 5} for path in PATHS}
    write(build(changed(settings, "api.paths", closed)), folder.parent)
    for each in (folder, DEVELOPMENT):
        assert run(cloud, "deploy", each, "--image-tag", "1").code == 0

        for path in ("/webhooks/a", "/shops/1/status", "/reports"):
            assert api.call("GET", path).status == 403
    assert preflight(api, ORIGINS[1])[1] == ["*"]
