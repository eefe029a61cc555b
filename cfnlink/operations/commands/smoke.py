"""Send requests as a client does, after a deployment, and write a receipt."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from types import SimpleNamespace

from cfnlink.operations.api_client import ORIGIN, Answer, Api, address, connect
from cfnlink.operations.check import FAILED, OK, WARNING, Check, summary
from cfnlink.operations.cross_origin import each_origin
from cfnlink.operations.environment import Environment
from cfnlink.operations.errors import CommandError, Exit, one_line
from cfnlink.operations.service import task_counts
from cfnlink.operations.stacks import DeployedStack, deployed_stacks, physical, resources
from cfnlink.operations.tokens import NOT_TRIED, VARIABLE, asks_for_token, token
from cfnlink.system.api_paths import METHOD, example_of, open_paths
from cfnlink.system.cors import allowed_origins
from cfnlink.system.parts import Part

PATH = "/smoke/test"
# A new key takes a moment, and its plan lets one request a second pass.
TRIES, PAUSE_SECONDS = 8, 1.0
AT_ONCE = 10
OK_STATUS = http.HTTPStatus.OK
# What a resource policy says to a client outside its ranges.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
DENIED = "explicit deny"
# What API Gateway says where a method asks for a key or a token, or where no method is.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
REFUSALS = re.compile(
    r'^\{"message": ?"(Forbidden|Unauthorized|Missing Authentication Token)"\}$'
)
REFUSED = (http.HTTPStatus.FORBIDDEN, http.HTTPStatus.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class Caller:
    """A client of the API with the key for smoke, and with a token if it has one."""

    environment: Environment
    api: Api
    key: str
    token: str = ""

    @cached_property
    def answer(self) -> Answer:
        """Return the service's answer to PATH."""
        return self.get(PATH)

    @cached_property
    def origins(self) -> list[str]:
        """Return the origins that the preflight allows."""
        methods = self.environment.system.of(METHOD)
        asked = [each for each in methods if each.get("HttpMethod") == "OPTIONS"]
        return next((found for each in asked if (found := allowed_origins(each))), [])

    def once(self, path: str, **headers: str) -> Answer:
        """Send one request with the key, and with the token."""
        own = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.api.call("GET", path, x_api_key=self.key, **own, **headers)

    def get(self, path: str, **headers: str) -> Answer:
        """Return the answer; try again if the key is too new, or a request came too soon."""
        for _ in range(TRIES - 1):
            answer = self.once(path, **headers)
            if answer.status not in REFUSED:
                return answer
            self.environment.pause(PAUSE_SECONDS)
        return self.once(path, **headers)


def run(environment: Environment, _: SimpleNamespace) -> Exit:
    """Run `smoke`: do all checks, print them, and write the receipt.

    Every API has a key for it, whose plan admits one request a second: a second one at once
    is rejected, and no client's quota is spent.
    """
    there = deployed_stacks(environment)
    api, key = _address(environment, there)
    caller = Caller(environment, api, key, token())
    for secret in filter(None, (key, caller.token)):
        environment.report.hide(secret)
    checks: list[Check] = []
    for check in _checks(caller, there):
        checks.append(check)
        check.say(environment.report)
    failed = [check for check in checks if check.result == FAILED]
    tags = [environment.image_tag_of(stack.parameters, stack.name) for stack in there]
    receipt = {
        "project": environment.project,
        "environment": environment.name,
        "url": api.url,
        "image_tag": next(filter(None, tags), None),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "passed": not failed,
        "checks": [asdict(check) for check in checks],
    }
    environment.report.result(receipt)
    if failed:
        names = ", ".join(check.name for check in failed)
        message = f"{environment.name} fails {len(failed)} of {len(checks)} checks: {names}"
        raise CommandError(Exit.FAILED, message, environment.command("status"))
    environment.report.say(f"{environment.name} answers at {api.url}: {summary(checks)}.")
    return Exit.DONE


def _address(environment: Environment, there: list[DeployedStack]) -> tuple[Api, str]:
    """Return the API by its own name if it has one, and the key of the part smoke_key."""
    url = address(environment, there)
    key = environment.system.resources.get(environment.system.parts.get(Part.SMOKE_KEY, ""))
    if key is None:
        raise environment.without(Part.SMOKE_KEY)
    key_id = physical(environment, key.stack, key.logical_id)
    if not url or key_id is None:
        message = f"{environment.name} has no API yet"
        raise CommandError(Exit.UNUSABLE, message, environment.command("deploy"))
    found = environment.clients.apigateway.get_api_key(apiKey=key_id, includeValue=True)
    return Api(url, connect(environment, url)), str(found["value"])


def _checks(caller: Caller, there: list[DeployedStack]) -> Iterator[Check]:
    asks = asks_for_token(caller.environment.system)
    for name, look, needs_token in (
        ("no key", lambda: _refused(caller.api, asks=asks), False),
        ("preflight", lambda: _preflight(caller), False),
        ("key", lambda: _accepted(caller), asks),
        ("path", lambda: _path(caller), asks),
        ("stage", lambda: _stage(caller), asks),
        ("service's CORS", lambda: _answers_allow(caller), asks),
        ("database", lambda: _database(caller), asks),
        ("tasks", lambda: _tasks(caller.environment, there), False),
        ("limit", lambda: _limited(caller), asks),
    ):
        if needs_token and not caller.token:
            yield Check(name, WARNING, NOT_TRIED)
        else:
            yield _guarded(name, look)
    if asks:
        yield _guarded("no token", partial(_no_token, replace(caller, token="")))
    for path in _open_paths(caller.environment):
        yield _guarded(f"open path {path}", partial(_opened, caller, path))


def _guarded(name: str, look: Callable[[], tuple[str, str]]) -> Check:
    """Run a check; it fails without an answer, or with another name's certificate."""
    try:
        return Check(name, *look())
    except (OSError, http.client.HTTPException) as error:
        return Check(name, FAILED, f"no answer: {one_line(error)}")


def _no_token(caller: Caller) -> tuple[str, str]:
    answer = caller.get(PATH)
    if answer.status != http.HTTPStatus.UNAUTHORIZED:
        return (
            FAILED,
            f"a request with the key and without a token gets {answer.status}, not 401",
        )
    result, says = _one_origin(answer)
    return result, f"401; {says}"


def _refused(api: Api, *, asks: bool) -> tuple[str, str]:
    """Check a request without a key. Where the API asks for a token too, AWS does not say
    which of the two it misses first."""
    answer = api.call("GET", PATH)
    if DENIED in answer.body:
        return FAILED, (
            "the API's resource policy denies this machine's address; run it from a range of "
            "api.firewall.allow"
        )
    expected = [http.HTTPStatus.FORBIDDEN, *([http.HTTPStatus.UNAUTHORIZED] if asks else [])]
    if answer.status not in expected:
        return FAILED, f"a request without a key gets {answer.status}, not {expected[0].value}"
    result, says = _one_origin(answer)
    return result, f"{answer.status}; {says}"


def _preflight(caller: Caller) -> tuple[str, str]:
    answer = caller.api.call("OPTIONS", PATH, Origin="https://www.example.com")
    allowed = answer.headers.get("Access-Control-Allow-Headers", "")
    if answer.status >= http.HTTPStatus.BAD_REQUEST:
        return FAILED, f"OPTIONS without a key gets {answer.status}"
    if "x-api-key" not in allowed.lower():
        return FAILED, f"browsers may not send x-api-key: only {allowed or 'nothing'}"
    result, says = _one_origin(answer)
    if len(caller.origins) > 1:
        result, says = each_origin(
            caller.origins, lambda origin: caller.api.call("OPTIONS", PATH, Origin=origin)
        )
    return result, f"{answer.status}; {says}"


def _answers_allow(caller: Caller) -> tuple[str, str]:
    """Check the service's answers: with several origins it allows them itself."""
    if _gateway_says(caller.answer):
        return WARNING, f"not known: {_silent(caller.answer)}"
    if len(caller.origins) > 1:
        return each_origin(caller.origins, lambda origin: caller.get(PATH, Origin=origin))
    return _one_origin(caller.answer)


def _open_paths(environment: Environment) -> list[str]:
    """Return the paths that every caller may read; a request of another verb may change
    something."""
    return [
        path
        for path, method in open_paths(environment.system)
        if method.get("HttpMethod") in ("ANY", "GET")
    ]


def _opened(caller: Caller, path: str) -> tuple[str, str]:
    """Check that a request without a key reaches the service, whatever that answers.

    Each status of the service below 500 is right: a webhook's without a signature is 400 or
    401.
    """
    answer = caller.api.call("GET", example_of(path))
    if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS:
        return WARNING, "not known: 429, the path's limit"
    if answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return FAILED, f"a request without a key gets {answer.status}"
    if says := _gateway_says(answer):
        return FAILED, f"API Gateway refuses a request without a key: {says}"
    return OK, f"reached without a key, the service says {answer.status}"


def _one_origin(answer: Answer) -> tuple[str, str]:
    origins = answer.origins()
    says = f"{ORIGIN} {', '.join(origins) or 'is missing'}"
    return (OK, says) if len(origins) == 1 else (FAILED, f"{says}: {len(origins)}, not 1")


def _accepted(caller: Caller) -> tuple[str, str]:
    answer = caller.answer
    if answer.status in REFUSED or answer.status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return FAILED, f"a request with the key gets {answer.status}"
    if caller.token and (says := _gateway_says(answer)):
        return FAILED, f"API Gateway says {says}: {VARIABLE} holds none that is valid"
    return OK, f"accepted, the service says {answer.status}"


def _path(caller: Caller) -> tuple[str, str]:
    seen = _seen(caller.answer)
    if seen is None:
        return WARNING, f"not known: {_silent(caller.answer)}"
    if seen == PATH:
        return OK, f"the service saw {PATH}"
    return FAILED, f"the service saw {seen}, not {PATH}"


def _stage(caller: Caller) -> tuple[str, str]:
    """Check which of AWS's two pages is right, with a path that begins with the stage's name.

    The load balancer removes the name once: it is the gateway's if the gateway sends it.
    """
    stage = next(
        str(stage.get("StageName"))
        for stage in caller.environment.system.of("AWS::ApiGateway::Stage")
    )
    answer = caller.get(f"/{stage}{PATH}")
    seen = _seen(answer)
    if seen == PATH:
        return OK, "API Gateway does not send the stage's name to the load balancer"
    if seen == f"/{stage}{PATH}":
        return OK, "API Gateway sends the stage's name, and the load balancer removes it"
    if seen is None:
        return WARNING, f"not known: {_silent(answer)}"
    return FAILED, f"the service saw {seen} for /{stage}{PATH}"


def _seen(answer: Answer) -> str | None:
    """Return the path in an answer such as {"method": "GET", "path": "/smoke/test"},
    or None."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return None
    path = said.get("path") if isinstance(said, dict) and answer.status == OK_STATUS else None
    return path if isinstance(path, str) else None


def _gateway_says(answer: Answer) -> str:
    """Return how API Gateway refuses a request; empty if it passed it to the service."""
    refusal = REFUSALS.search(answer.body)
    return refusal[1] if refusal else DENIED if DENIED in answer.body else ""


def _silent(answer: Answer) -> str:
    if refusal := _gateway_says(answer):
        return f"API Gateway answers {answer.status} in place of the service: {refusal}"
    says = f"the service answers {answer.status}"
    return f"{says} without its method and path as JSON, which the example gives"


def _database(caller: Caller) -> tuple[str, str]:
    answer = caller.get("/database")
    if answer.status == http.HTTPStatus.OK:
        return OK, "/database says it is reached"
    if answer.status == http.HTTPStatus.SERVICE_UNAVAILABLE:
        return FAILED, "/database says it is not reached"
    if _gateway_says(answer):
        return WARNING, f"not known: {_silent(answer)}"
    return WARNING, f"not known: /database, which the example has, answers {answer.status}"


def _tasks(environment: Environment, there: list[DeployedStack]) -> tuple[str, str]:
    found = [
        count
        for stack in there
        for count in task_counts(environment, resources(environment, stack.name))
    ]
    of = {count: f"{count.name}: " if len(found) > 1 else "" for count in found}
    says = ", ".join(f"{of[each]}{each.running} of {each.desired} run" for each in found)
    if not found or any(count.running < count.desired for count in found):
        return FAILED, says or "there is no service"
    few = [count for count in found if count.running < (count.least or 0)]
    if few:
        least = ", ".join(f"{of[count]}{count.least}" for count in few)
        return WARNING, f"{says}; auto scaling has not yet made them {least}"
    return OK, says


def _limited(caller: Caller) -> tuple[str, str]:
    """Send more requests at once than the plan admits.

    No rejection is no failure: usage plans are best effort.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: caller.once(PATH), range(AT_ONCE)))
    for answer in answers:
        if answer.status == http.HTTPStatus.TOO_MANY_REQUESTS:
            return _one_origin(answer)[0], f"429 among {AT_ONCE} requests at once"
    return WARNING, f"no 429 among {AT_ONCE} requests at once; usage plans are best effort"
