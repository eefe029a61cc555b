"""CloudWatch: alarms on the failed requests of an API follow the requests that it answers.

Only an emulator with real tasks loads this. An alarm that watches 5XXError of API Gateway goes
to ALARM and back as its periods say; a minute of a period is that of pace.MINUTE_SECONDS.
Without data at its first look an alarm is in OK, so that it can watch a deployment.
"""

import logging
import operator
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import apigateway_v1, cloudwatch
from pace import MINUTE_SECONDS
from registry import Properties, patch

LOOK_SECONDS = 0.1
METRIC = ("AWS/ApiGateway", "5XXError")
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
}
# Time, account, region, name of the API, and 1 for a failed request.
_requests: deque[tuple[float, str, str, str, int]] = deque(maxlen=100_000)


@patch(apigateway_v1, "_execute_in_scope")
async def _count(old: Callable[..., Any], request: Properties, api: str, *rest: Any) -> Any:
    """No request was counted."""
    answer = await old(request, api, *rest)
    name = apigateway_v1._rest_apis.get(api, {}).get("name", "")
    place = get_account_id(), get_region()
    if isinstance(answer, tuple):
        _requests.append((time.monotonic(), *place, name, int(answer[0] >= 500)))
    return answer


def _look() -> None:
    for (account, region, name), alarm in cloudwatch._alarms.all_items():
        if (alarm.get("Namespace"), alarm.get("MetricName")) != METRIC:
            continue
        place = [account, region, _api(alarm)]
        seen = [(at, bad) for at, *where, bad in [*_requests] if where == place]
        state = "ALARM" if _is_breached(alarm, seen) else "OK"
        if state != alarm["StateValue"]:
            asked = {"AlarmName": name, "StateValue": state, "StateReason": "of its requests"}
            with request_scope(account, region):
                cloudwatch._set_alarm_state({}, asked, False, is_json=True)


def _api(alarm: Properties) -> str:
    """The name of the API that an alarm watches."""
    dimensions = alarm["Dimensions"]
    if isinstance(dimensions, dict):
        return str(dimensions.get("ApiName", ""))
    return next((str(each["Value"]) for each in dimensions if each["Name"] == "ApiName"), "")


def _is_breached(alarm: Properties, seen: list[tuple[float, int]]) -> bool:
    """Whether the share of failed requests was beyond the limit in each of the last periods."""
    seconds = int(alarm["Period"]) / 60 * MINUTE_SECONDS
    now, beyond = time.monotonic(), COMPARISONS[alarm["ComparisonOperator"]]
    for number in range(int(alarm["EvaluationPeriods"])):
        end = now - number * seconds
        failed = [bad for at, bad in seen if end - seconds < at <= end]
        if not failed or not beyond(sum(failed) / len(failed), float(alarm["Threshold"])):
            return False
    return True


def _run() -> None:
    while True:
        try:
            _look()
        except Exception:
            logging.getLogger("cloudwatch").exception("a look at the alarms failed")
        time.sleep(LOOK_SECONDS)


threading.Thread(target=_run, daemon=True, name="request-alarms").start()
