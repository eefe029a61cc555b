"""CloudWatch: alarms on metric math, and composite alarms."""

from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, accepted, patch, teach


def _query(query: Properties) -> Properties:
    """A query of the template, with the kinds of values that the API answers."""
    typed = dict(query)
    if "ReturnData" in typed:
        typed["ReturnData"] = provisioners._cfn_bool(typed["ReturnData"])
    if "MetricStat" in typed:
        stat = typed["MetricStat"]
        typed["MetricStat"] = {**stat, "Period": int(stat["Period"])}
    return typed


@patch(provisioners, "_cw_metric_alarm_record")
def _alarm(old: Callable[..., Any], name: str, props: Properties) -> Any:
    """ "Properties.Metrics (metric math) is not supported; use MetricName"."""
    if not props.get("Metrics"):
        return old(name, props)
    # The figures of a single metric are checked by the old function, then taken out.
    single = {"MetricName": "-", "Namespace": "-"}
    single.update({key: value for key, value in props.items() if key != "Metrics"})
    record = old(name, single)
    for key in ("MetricName", "Namespace", "Statistic", "Period", "Dimensions"):
        del record[key]
    record["Metrics"] = [_query(query) for query in props["Metrics"]]
    return record


def _put_composite(logical_id: str, props: Properties, stack: str) -> Made:
    """AWS::CloudWatch::CompositeAlarm was unrecognized; the API has it."""
    name = props.get("AlarmName") or provisioners._physical_name(stack, logical_id)
    request = {**props, "AlarmName": name}
    accepted(cloudwatch._put_composite_alarm({}, request, False, is_json=True))
    return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}


def _update_composite(name: str, _: Properties, new: Properties, stack: str) -> Made:
    return _put_composite(name, {**new, "AlarmName": name}, stack)


def _delete_composite(name: str, _: Properties) -> None:
    cloudwatch._composite_alarms.pop(name, None)


teach(
    "AWS::CloudWatch::CompositeAlarm",
    _put_composite,
    _delete_composite,
    _update_composite,
    replacing=("AlarmName",),
)
