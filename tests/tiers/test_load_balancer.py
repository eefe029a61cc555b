"""Production has the facts that a reviewer asks for about the load balancer."""

from templates.settings import Settings
from tests.helpers import changed, properties
from tests.tiers.resources import System, attributes, resources_of


def test_the_load_balancer_is_internal(system: System) -> None:
    assert properties(system, "LoadBalancerLoadBalancer")["Scheme"] == "internal"


def test_the_target_group_takes_tasks_and_is_never_replaced(
    system: System, production: Settings
) -> None:
    other = resources_of(changed(production, "service.port", 8080))

    targets = properties(system, "LoadBalancerTargetGroup")
    assert (targets["TargetType"], targets["Port"]) == ("ip", 80)
    assert targets["HealthCheckPort"] == "traffic-port"
    assert targets == properties(other, "LoadBalancerTargetGroup")


def test_a_task_is_asked_for_its_health(system: System) -> None:
    targets = properties(system, "LoadBalancerTargetGroup")

    assert targets["HealthCheckEnabled"] is True
    assert targets["HealthCheckProtocol"] == targets["Protocol"] == "HTTP"
    assert targets["HealthCheckPath"] == "/health"
    assert targets["HealthCheckTimeoutSeconds"] < targets["HealthCheckIntervalSeconds"]
    assert targets["HealthyThresholdCount"] < targets["UnhealthyThresholdCount"]
    assert targets["Matcher"] == {"HttpCode": "200"}


def test_answers_of_the_service_carry_cors_and_security_headers(system: System) -> None:
    headers = attributes(properties(system, "LoadBalancerListener")["ListenerAttributes"])

    assert headers["routing.http.response.access_control_allow_origin.header_value"] == "*"
    assert "routing.http.response.strict_transport_security.header_value" in headers
    assert headers["routing.http.response.x_content_type_options.header_value"] == "nosniff"


def test_the_load_balancer_waits_longer_than_the_gateway(system: System) -> None:
    balancer = attributes(
        properties(system, "LoadBalancerLoadBalancer")["LoadBalancerAttributes"]
    )
    gateway = properties(system, "ApiProxyMethod")["Integration"]["TimeoutInMillis"]

    assert int(balancer["idle_timeout.timeout_seconds"]) * 1000 > gateway
