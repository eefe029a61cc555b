"""Requests as a client sends them, after a deployment, with a receipt."""

import http.client
import ssl
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from operations.outcome import Exit, Stop
from operations.report import Reporter
from operations.stacks import Deployed, find, resources
from operations.status import services
from operations.target import IMAGE_TAG, Target

OK, WARNING, FAILED = "ok", "warning", "FAILED"
PATH = "/smoke/test"
ORIGIN = "Access-Control-Allow-Origin"
TRIES, PAUSE_SECONDS = 4, 2.0  # usage plans and new keys take a moment
TIMEOUT_SECONDS = 35
MOST_REQUESTS = 200


@dataclass(frozen=True)
class Check:
    """One fact that was looked at."""

    name: str
    result: str
    says: str


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    def origins(self) -> list[str]:
        """The CORS headers; a browser takes exactly one."""
        return self.headers.get_all(ORIGIN) or []


@dataclass(frozen=True)
class Api:
    """Where requests go, and the name by which the API is called."""

    url: str
    connect: str

    def call(self, method: str, path: str, **headers: str) -> Answer:
        """One request; the certificate must be that of the name."""
        to, named = urlsplit(self.connect), urlsplit(self.url)
        if to.scheme == "https":
            tls = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                to.netloc, timeout=TIMEOUT_SECONDS, context=tls
            )
        else:
            connection = http.client.HTTPConnection(to.netloc, timeout=TIMEOUT_SECONDS)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(
                method, f"{to.path}{path}", headers={"Host": named.netloc, **sent}
            )
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, answer.headers, body)
        finally:
            connection.close()


def run(target: Target, report: Reporter, options: Namespace) -> Exit:
    """The command `smoke`."""
    return smoke(target, report, options.client, options.limit)


def smoke(target: Target, report: Reporter, client: str | None, limit: bool) -> Exit:
    """Look at everything, say it, and give the receipt."""
    there = [found for stack in target.stacks if (found := find(target, stack.name))]
    api, key_id, client = _address(target, there, client)
    found = target.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)
    key = str(found["value"])
    report.hide(key)
    checks: list[Check] = []
    for check in _checks(target, api, key, there):
        checks.append(check)
        report.say(f"{check.result}: {check.name}: {check.says}")
    if limit:
        checks.append(_guarded("limit", lambda: _limited(target, api, key_id, key)))
    else:
        says = f"not tried: it spends the quota of {client}; --limit tries it"
        checks.append(Check("limit", WARNING, says))
    report.say(f"{checks[-1].result}: limit: {checks[-1].says}")
    failed = [check for check in checks if check.result == FAILED]
    tags = [stack.parameters[IMAGE_TAG] for stack in there if IMAGE_TAG in stack.parameters]
    receipt = {
        "project": target.project,
        "environment": target.environment,
        "url": api.url,
        "client": client,
        "image_tag": tags[0] if tags else None,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "passed": not failed,
        "checks": [asdict(check) for check in checks],
    }
    report.result(receipt)
    if failed:
        names = ", ".join(check.name for check in failed)
        raise Stop(Exit.FAILED, f"{api.url} fails: {names}", target.command("status"))
    return Exit.DONE


def _address(target: Target, there: list[Deployed], client: str | None) -> tuple[Api, str, str]:
    """The API by its own name where it has one; a client's key id, and whose it is."""
    urls = [stack.outputs["Url"] for stack in there if "Url" in stack.outputs]
    keys = {
        name.removeprefix("Key").lower(): value
        for stack in there
        for name, value in stack.outputs.items()
        if name.startswith("Key")
    }
    if not urls or not keys:
        message = f"{target.environment} has no API yet"
        raise Stop(Exit.UNUSABLE, message, target.command("deploy"))
    client = client or next(iter(keys))
    if client not in keys:
        message = f"no client {client}; there are {', '.join(keys)}"
        raise Stop(
            Exit.UNUSABLE, message, target.command("smoke", "--client", next(iter(keys)))
        )
    return Api(urls[-1], _connect(target, urls[-1])), keys[client], client


def _connect(target: Target, url: str) -> str:
    """The address itself, or an emulator's way to it."""
    endpoint = str(target.client("apigateway").meta.endpoint_url)
    if "amazonaws.com" in urlsplit(endpoint).netloc:
        return url
    host, stage = urlsplit(url).netloc, urlsplit(url).path
    if ".execute-api." in host:
        return f"{endpoint}/restapis/{host.partition('.')[0]}{stage}/_user_request_"
    return endpoint


def _checks(target: Target, api: Api, key: str, there: list[Deployed]) -> Iterator[Check]:
    for name, look in (
        ("no key", lambda: _refused(api)),
        ("preflight", lambda: _preflight(api)),
        ("key", lambda: _accepted(target, api, key)),
        ("path", lambda: _path(api, key)),
        ("service's CORS", lambda: _one_origin(api.call("GET", PATH, x_api_key=key))),
        ("database", lambda: _database(api, key)),
        ("tasks", lambda: _tasks(target, there)),
    ):
        yield _guarded(name, look)


def _guarded(name: str, look: Callable[[], tuple[str, str]]) -> Check:
    """A check; where no answer comes, or the certificate is another's, it failed."""
    try:
        return Check(name, *look())
    except (OSError, http.client.HTTPException) as error:
        return Check(name, FAILED, f"no answer: {' '.join(str(error).split())}")


def _refused(api: Api) -> tuple[str, str]:
    answer = api.call("GET", PATH)
    if answer.status != http.HTTPStatus.FORBIDDEN:
        return FAILED, f"a request without a key gets {answer.status}, not 403"
    result, says = _one_origin(answer)
    return result, f"403; {says}"


def _preflight(api: Api) -> tuple[str, str]:
    answer = api.call("OPTIONS", PATH, Origin="https://www.example.com")
    allowed = answer.headers.get("Access-Control-Allow-Headers", "")
    if answer.status >= http.HTTPStatus.BAD_REQUEST:
        return FAILED, f"OPTIONS without a key gets {answer.status}"
    if "x-api-key" not in allowed.lower():
        return FAILED, f"browsers may not send x-api-key: only {allowed or 'nothing'}"
    result, says = _one_origin(answer)
    return result, f"{answer.status}; {says}"


def _one_origin(answer: Answer) -> tuple[str, str]:
    origins = answer.origins()
    says = f"{ORIGIN} {', '.join(origins) or 'is missing'}"
    return (OK, says) if len(origins) == 1 else (FAILED, f"{says}: {len(origins)}, not 1")


def _accepted(target: Target, api: Api, key: str) -> tuple[str, str]:
    """A key that was made a moment ago may take some tries."""
    for attempt in range(TRIES):
        answer = api.call("GET", PATH, x_api_key=key)
        refused = answer.status in (
            http.HTTPStatus.FORBIDDEN,
            http.HTTPStatus.TOO_MANY_REQUESTS,
        )
        if not refused and answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
            return OK, f"accepted, the service says {answer.status}"
        if attempt < TRIES - 1:
            target.pause(PAUSE_SECONDS)
    return FAILED, f"a request with the key gets {answer.status}"


def _path(api: Api, key: str) -> tuple[str, str]:
    answer = api.call("GET", PATH, x_api_key=key)
    if PATH in answer.body:
        return OK, f"the service saw {PATH}"
    if answer.status < http.HTTPStatus.BAD_REQUEST:
        return WARNING, "the service does not say which path it saw, as the example's does"
    return WARNING, f"not known: the service answers {PATH} with {answer.status}"


def _database(api: Api, key: str) -> tuple[str, str]:
    answer = api.call("GET", "/database", x_api_key=key)
    if answer.status == http.HTTPStatus.OK:
        return OK, "/database says it is reached"
    if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        return FAILED, "/database says it is not reached"
    return WARNING, f"not known: /database, which the example has, answers {answer.status}"


def _tasks(target: Target, there: list[Deployed]) -> tuple[str, str]:
    found = [one for stack in there for one in services(target, resources(target, stack.name))]
    says = ", ".join(f"{one['running']} of {one['desired']} run" for one in found)
    if not found or any(one["running"] < one["desired"] for one in found):
        return FAILED, says or "there is no service"
    least = max(one["least"] or 0 for one in found)
    if any(one["running"] < (one["least"] or 0) for one in found):
        return WARNING, f"{says}; auto scaling has not yet made them {least}"
    return OK, says


def _limited(target: Target, api: Api, key_id: str, key: str) -> tuple[str, str]:
    """Requests until one is too many. Usage plans are best effort: none is no failure."""
    plans = target.client("apigateway").get_usage_plans(keyId=key_id)["items"]
    burst = max(
        (int(plan.get("throttle", {}).get("burstLimit", 0)) for plan in plans), default=0
    )
    most = min(burst * 4 or MOST_REQUESTS, MOST_REQUESTS)
    with ThreadPoolExecutor(8) as pool:
        for number, answer in enumerate(
            pool.map(lambda _: api.call("GET", PATH, x_api_key=key), range(most)), 1
        ):
            if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS:
                return _one_origin(answer)[0], f"429 after {number} requests"
    return WARNING, f"no 429 in {most} requests; usage plans are best effort"
