"""The model knows which alarms speak of a bad release of a stack."""

from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.system.folder import read
from cfnlink.system.link import link
from cfnlink.system.release_alarms import release_alarms
from cfnlink.system.resource import Owner, System
from tests.helpers import example_output
from tests.template import get_att, ref


def alarm(metric: str, *, period: Any = 60, **dimensions: Any) -> tuple[str, dict[str, Any]]:
    """Return an alarm: `AWS/ECS MemoryUtilization`, of what the dimensions name."""
    space, name = metric.split()
    listed = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    metric_ = {"Namespace": space, "MetricName": name, "Dimensions": listed}
    return "CloudWatch::Alarm", {**metric_, "Period": period, "EvaluationPeriods": 3}


def watching(stack: str, **resources: tuple[str, dict[str, Any]]) -> list[str]:
    """Return what watches a stack; NAME_STACK=(type after "AWS::", properties)."""
    bodies = {
        name: {"Type": f"AWS::{kind}", "Properties": body}
        for name, (kind, body) in resources.items()
    }
    owners = {
        name: Owner(name.partition("_")[2], name.partition("_")[2], name) for name in bodies
    }
    found = release_alarms(System({"Resources": bodies}, owners), stack)
    return [each.resource.name.partition("_")[0] for each in found]


def service(targets: str) -> tuple[str, dict[str, Any]]:
    return "ECS::Service", {"LoadBalancers": [{"TargetGroupArn": ref(targets)}]}


def group(targets: str) -> dict[str, Any]:
    return {"TargetGroup": get_att(targets, "TargetGroupFullName")}


HEALTH = "AWS/ApplicationELB UnHealthyHostCount"
SLOW = "AWS/ApplicationELB TargetResponseTime"


def test_the_service_and_the_api_of_the_example_are_watched_and_nothing_else() -> None:
    folder = read(example_output("production"))
    system = link(folder.stacks(), folder.known)

    found = {
        tier: [each.resource.logical_id for each in release_alarms(system, name)]
        for tier, name in {each.tier: each.stack for each in system.of()}.items()
    }

    api = ["ServerErrors", "SlowAnswers"]
    health = ["NoHealthyTask", "UnhealthyTasks"]
    of_service = [api[0], *health, api[1], "ErrorsLogged", "ServiceMemory"]
    assert {tier: names for tier, names in found.items() if names} == {
        "service": of_service,
        "api": api,
    }


def test_the_surest_sign_comes_first_and_of_one_sign_the_faster_alarm() -> None:
    of_service = {"ServiceName": get_att("Web_web", "Name")}
    found = watching(
        "web",
        Web_web=service("Targets_web"),
        Targets_web=("ElasticLoadBalancingV2::TargetGroup", {}),
        Memory_seen=alarm("AWS/ECS MemoryUtilization", **of_service),
        Cpu_seen=alarm("AWS/ECS CPUUtilization", **of_service),
        Running_seen=alarm("ECS/ContainerInsights RunningTaskCount", **of_service),
        Slow_seen=alarm(SLOW, **group("Targets_web")),
        Late_seen=alarm(HEALTH, period=300, **group("Targets_web")),
        Early_seen=alarm(HEALTH, **group("Targets_web")),
    )

    assert found == ["Early", "Late", "Running", "Slow", "Memory"]


def test_an_alarm_of_another_service_behind_the_same_balancer_does_not_watch() -> None:
    listener = {
        "LoadBalancerArn": ref("Balancer_edge"),
        "DefaultActions": [{"TargetGroupArn": ref("One_one")}],
    }
    rule = {
        "ListenerArn": ref("Listener_edge"),
        "Actions": [{"TargetGroupArn": ref("Two_two")}],
    }
    balancer = {"LoadBalancer": get_att("Balancer_edge", "LoadBalancerFullName")}
    of_elb = "ElasticLoadBalancingV2"
    found = watching(
        "two",
        First_one=service("One_one"),
        Second_two=service("Two_two"),
        One_one=(f"{of_elb}::TargetGroup", {}),
        Two_two=(f"{of_elb}::TargetGroup", {}),
        Balancer_edge=(f"{of_elb}::LoadBalancer", {}),
        Listener_edge=(f"{of_elb}::Listener", listener),
        Rule_edge=(f"{of_elb}::ListenerRule", rule),
        Theirs_seen=alarm(HEALTH, **group("One_one")),
        Ours_seen=alarm(HEALTH, **group("Two_two")),
        Errors_seen=alarm("AWS/ApplicationELB HTTPCode_Target_5XX_Count", **balancer),
    )

    assert found == ["Errors", "Ours"]


def test_a_composite_alarm_and_metric_math_watch_by_what_they_compute_from() -> None:
    metric = {**alarm(HEALTH, **group("Targets_web"))[1], "Period": None}
    math = {"Metrics": [{"Id": "a", "MetricStat": {"Metric": metric, "Period": 60}}]}
    rule = {"AlarmRule": {"Fn::Sub": 'ALARM("${Math_seen}") AND ALARM("other")'}}
    found = watching(
        "web",
        Web_web=service("Targets_web"),
        Targets_web=("ElasticLoadBalancingV2::TargetGroup", {}),
        Math_seen=("CloudWatch::Alarm", math),
        Both_seen=("CloudWatch::CompositeAlarm", rule),
    )

    assert sorted(found) == ["Both", "Math"]


def test_every_sign_is_a_metric_that_aws_emits() -> None:
    known = facts("metrics")["namespaces"]
    for sign in facts("metrics")["releases"]:
        for space, names in sign.get("metrics", {}).items():
            assert {*names} <= {*known[space]["metrics"]}, sign["sign"]
