"""Load balancers, their listeners and their target groups."""

import difflib
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import matches, must_not_be_literal, none_of, one_of
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.compute import containers
from cfnlink.system.expressions import at, entries, is_expression, number
from cfnlink.system.resource import Resource

DOCS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
CHECK_DOCS = f"{DOCS}target-group-health-checks.html"
API_DOCS = "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/"
GATEWAY_DOCS = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
ECS_API = "https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_"
ECS_DOCS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"
V2 = "AWS::ElasticLoadBalancingV2::"
BALANCER, LISTENER, GROUP = f"{V2}LoadBalancer", f"{V2}Listener", f"{V2}TargetGroup"
RULE = f"{V2}ListenerRule"
SERVICE = "AWS::ECS::Service"
METHOD = "AWS::ApiGateway::Method"


def kind_of(resource: Resource | None) -> str:
    """Return the kind of a balancer, listener or target group: application, network or
    gateway."""
    balancer = resource.target("LoadBalancerArn") if resource else None
    resource = balancer or resource
    if resource and resource.type == BALANCER:
        return "application" if resource.is_missing("Type") else str(resource.get("Type") or "")
    kinds = facts("load_balancing")["protocols"].items()
    protocol = resource.get("Protocol") if resource else None
    return next((kind for kind, protocols in kinds if protocol in protocols), "")


def is_behind_http(group: Resource) -> bool:
    """Whether a listener of HTTP, or a rule of one, forwards to a target group."""
    listeners = [*group.used_by(LISTENER), *group.follow(RULE, "ListenerArn")]
    return any(listener.get("Protocol") == "HTTP" for listener in listeners)


def has_check_of_another_protocol(group: Resource) -> bool:
    """Whether a check asks the targets' own port by HTTP where they speak HTTPS, or reverse."""
    spoken = {str(group.get(key)) for key in ("Protocol", "HealthCheckProtocol")}
    own_port = group.expression("HealthCheckPort") not in (None, "traffic-port")
    return spoken == {"HTTP", "HTTPS"} and not own_port


# fmt: off
health_check_asks_a_path = property_rule(
    "E9307", GROUP, "HealthCheckPath", matches(r"/.*"),
    good="A health check asks an absolute path.",
    why="Elastic Load Balancing rejects a path that does not begin with a slash.",
    only_if=lambda group: kind_of(group) == "application",
    fix="begin it with /", docs=CHECK_DOCS,
)
targets_have_a_health_check = property_rule(
    "E9320", GROUP, "HealthCheckEnabled", none_of(False),
    good="Targets have health checks.",
    why="Only the targets of a Lambda function can go without health checks.",
    only_if=lambda group: group.expression("TargetType") in (None, "ip", "instance", "alb"),
    fix="set it to true", docs=CHECK_DOCS,
)
http2_is_behind_https = property_rule(
    "E9325", GROUP, "ProtocolVersion", one_of("HTTP1"), only_if=is_behind_http,
    good="HTTP2 and GRPC are behind listeners of HTTPS.",
    why="A load balancer uses HTTP/2 and gRPC only with clients of an HTTPS listener: a target "
        "group behind an HTTP listener has the ProtocolVersion HTTP1.",
    fix="its listener is of HTTP; use HTTP1", docs=f"{DOCS}load-balancer-target-groups.html",
)
health_check_uses_the_protocol_of_targets = property_rule(
    "W9322", GROUP, "HealthCheckProtocol", must_not_be_literal,
    good="A health check uses the protocol of its targets.",
    why="A port serves HTTP or HTTPS: a check with the other protocol fails.",
    only_if=has_check_of_another_protocol,
    fix="use the Protocol of the targets", docs=CHECK_DOCS,
)
# fmt: on


# types that refer to a target group without registering targets
ONLOOKERS = ("AWS::CloudWatch::", "AWS::ApplicationAutoScaling::", LISTENER)


@rule("W9326", GROUP, f"{DOCS}load-balancer-troubleshooting.html")
def target_group_has_targets(group: Resource) -> Faults:
    """A target group with a listener has targets.
    If a listener or rule forwards to a group without targets, the load balancer answers 503:
    let a service, an Auto Scaling group or Targets fill the group."""
    fillers = [user for user in group.used_by() if not user.type.startswith(ONLOOKERS)]
    asked = group.users(LISTENER, RULE) and not group.is_exported
    if asked and not fillers and not group.expression("Targets"):
        yield ["Port"], f"{group.name} has no targets; fill it, or answer with a fixed response"


@rule("E9327", SERVICE, f"{DOCS}load-balancer-subnets.html")
def tasks_are_in_zones_of_the_balancer(service: Resource) -> Faults:
    """A service's tasks are in the Availability Zones of its load balancer.
    A load balancer sends no requests to targets in a zone that is not enabled for it, and
    never finds them healthy."""
    places = "NetworkConfiguration.AwsvpcConfiguration.Subnets.*"
    for balancer in service.follow(
        "LoadBalancers.*.TargetGroupArn", LISTENER, "LoadBalancerArn"
    ):
        subnets, listed = balancer.targets("Subnets"), balancer.expression("Subnets")
        for key in ("AvailabilityZone", "AvailabilityZoneId"):
            known = {s.get(key) for s in subnets}
            whole = isinstance(listed, list) and len(subnets) == len(listed) > 0
            for path, subnet in (
                service.references_from(places) if whole and None not in known else ()
            ):
                if subnet.get(key) not in (None, *known):
                    yield path, f"{balancer.name} is not in {subnet.get(key)}; add a subnet"


ALGORITHM = "load_balancing.algorithm.type"
COOKIE = "stickiness.app_cookie.cookie_name"
HEADER = "routing.http.response.{}.header_value"
ORIGIN = HEADER.format("access_control_allow_origin")
CREDENTIALS = HEADER.format("access_control_allow_credentials")
METHODS = "(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE)"
FIELD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
# response headers: what browsers, or Elastic Load Balancing itself, accept
HEADERS = {
    ORIGIN: r"\*|null|[a-z][a-z+.-]+://[A-Za-z0-9.-]+(:\d+)?",
    CREDENTIALS: "true",
    HEADER.format("access_control_allow_methods"): rf"\*|{METHODS}(\s*,\s*{METHODS})*",
    HEADER.format("access_control_allow_headers"): rf"{FIELD}(\s*,\s*{FIELD})*",
    HEADER.format("access_control_expose_headers"): rf"{FIELD}(\s*,\s*{FIELD})*",
    HEADER.format("access_control_max_age"): r"-1|\d+",
    HEADER.format("strict_transport_security"): r"(?i:max-age=\d+(\s*;\s*[a-z]+)*\s*;?)",
    HEADER.format("x_content_type_options"): "nosniff",
    HEADER.format("x_frame_options"): r"(?i:DENY|SAMEORIGIN|ALLOW-FROM .+)",
}
# if an attribute has such a value, another one (with such a default) must have such a one
AGREE = [
    ("slow_start.duration_seconds", r"[1-9]\d*", ALGORITHM, "round_robin", "round_robin"),
    ("load_balancing.algorithm.anomaly_mitigation", "on", ALGORITHM, "", "weighted_random"),
    ("stickiness.type", "app_cookie", COOKIE, "", ".+"),
    (CREDENTIALS, "true", ORIGIN, "", r"[^*]*"),
]


ATTRIBUTED = (BALANCER, LISTENER, GROUP)
ATTRIBUTE_DOCS = f"{API_DOCS}API_LoadBalancerAttribute.html"


class Attribute(NamedTuple):
    """One attribute that exists for its resource: its path, key, value, and what AWS says."""

    path: list[Any]
    key: str
    value: Any
    fact: dict[str, Any]


def section_of(resource: Resource) -> str:
    """Return the name of the list that holds a resource's attributes."""
    return f"{resource.type.removeprefix(V2)}Attributes"


def attributes(resource: Resource) -> Iterator[Attribute]:
    """Yield the attributes of a resource that exist for its type of balancer."""
    section, kind = section_of(resource), kind_of(resource)
    for key, (index, value) in resource.pairs(section).items():
        fact = facts("load_balancing")[section].get(key)
        if fact and (not kind or kind in fact["of"]):
            yield Attribute([section, index], key, value, fact)


def values_of(resource: Resource) -> dict[str, str] | None:
    """Return all attributes of a resource as text; None if there may be others."""
    section = section_of(resource)
    if "Fn::" in str(resource.expression(section)):
        return None
    return {key: written(value) for key, (_, value) in resource.pairs(section).items()}


@rule("E9330", ATTRIBUTED, ATTRIBUTE_DOCS, formerly="E9302")
def attribute_exists(resource: Resource) -> Faults:
    """An attribute exists for its type of load balancer, target group or listener.
    Elastic Load Balancing rejects other attributes."""
    section, kind = section_of(resource), kind_of(resource)
    allowed = facts("load_balancing")[section]
    for key, (index, _) in resource.pairs(section).items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1) or ["another one"]
            yield [section, index, "Key"], f"there is no attribute {key}; use {near[0]}"
        elif kind and kind not in allowed[key]["of"]:
            yield [section, index, "Key"], f"{key} is not of {kind} balancers; remove it"


@rule("E9331", ATTRIBUTED, ATTRIBUTE_DOCS, formerly="E9302")
def required_attribute_is_present(resource: Resource) -> Faults:
    """An attribute has the attribute beside it that it needs.
    Elastic Load Balancing rejects one without the other."""
    values = values_of(resource)
    for path, key, _, fact in attributes(resource) if values is not None else ():
        if values and values[key] == "true" and fact.get("requires", key) not in values:
            yield [*path, "Key"], f"{key} needs {fact['requires']}; set it"


@rule("E9332", ATTRIBUTED, ATTRIBUTE_DOCS, formerly="E9302")
def attribute_value_is_accepted(resource: Resource) -> Faults:
    """An attribute has a value in its range.
    Elastic Load Balancing rejects other values. Browsers reject a response header with
    several origins."""
    kind = kind_of(resource)
    for path, key, value, fact in attributes(resource):
        if not is_expression(value) and (wanted := refused(key, fact, written(value), kind)):
            yield [*path, "Value"], f"{key} is {wanted}, not {value}; correct it"


@rule("E9333", ATTRIBUTED, ATTRIBUTE_DOCS, formerly="E9302")
def attributes_agree(resource: Resource) -> Faults:
    """Attributes agree with each other.
    Elastic Load Balancing rejects a slow start without round robin, and an application cookie
    without a name. Browsers reject * with credentials."""
    section, values = section_of(resource), values_of(resource) or {}
    for key, pattern, other, default, wanted in AGREE:
        needed = re.fullmatch(pattern, values.get(key, ""))
        if needed and not re.fullmatch(wanted, values.get(other, default)):
            index, _ = resource.pairs(section)[key]
            yield (
                [section, index, "Value"],
                f"{key} does not go with this {other}; leave one out",
            )


def written(value: Any) -> str:
    """Return an attribute's value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def refused(key: str, fact: dict[str, Any], value: str, kind: str) -> str:
    """Return which value an attribute expects, or nothing if its value is accepted."""
    values = fact.get("by_kind", {}).get(kind, fact.get("values", [value]))
    if (fact.get("or_off") and value == "off") or (fact.get("or_zero") and value == "0"):
        return ""
    if value not in values:
        return f"one of {', '.join(values)}"
    if value.startswith(tuple(fact.get("reserved", ()))):
        return "a name that is not reserved"
    low, high = fact.get("range", (0, 0))
    if high and not (value.isdecimal() and low <= int(value) <= high):
        return f"an integer from {low} to {high}"
    good = not value or re.fullmatch(HEADERS.get(key, "(?s:.*)"), value)
    return "" if good else "what browsers accept"


def target_groups(service: Resource) -> Iterator[tuple[list[Any], Resource]]:
    """Yield the target groups of a service and their paths."""
    for index, _ in service.items("LoadBalancers"):
        path: list[Any] = ["LoadBalancers", index, "TargetGroupArn"]
        group = service.target(*path)
        if group is not None and group.type == GROUP:
            yield path, group


@rule("E9334", SERVICE, f"{ECS_API}LoadBalancer.html", formerly="E9301")
def target_group_takes_addresses(service: Resource) -> Faults:
    """The target group of a service on Fargate has the TargetType ip.
    Tasks in awsvpc mode register by address."""
    task = service.target("TaskDefinition")
    addressed = task is not None and task.get("NetworkMode") == "awsvpc"
    for path, group in target_groups(service) if addressed else ():
        kind = "instance" if group.is_missing("TargetType") else group.get("TargetType")
        if kind not in (None, "ip"):
            yield path, f"{group.name} takes no addresses; set its TargetType to ip"


@rule("E9335", SERVICE, f"{ECS_API}LoadBalancer.html", formerly="E9301")
def target_group_has_a_listener(service: Resource) -> Faults:
    """The target group of a service has a listener.
    ECS registers tasks in a target group to which a listener or a listener's rule forwards."""
    for path, group in target_groups(service):
        if not group.is_exported and not group.users(LISTENER, RULE):
            yield path, f"no listener leads to {group.name}; let one forward to it"


@rule("W9303", BALANCER, f"{GATEWAY_DOCS}private-integration.html")
def private_integration_has_an_internal_balancer(balancer: Resource) -> Faults:
    """The load balancer of a private integration is internal.
    A load balancer behind a VPC link needs no public address. With one, clients can bypass
    the API with its keys, throttles and logs. Set its Scheme to internal."""
    public = balancer.is_missing("Scheme") or balancer.get("Scheme") == "internet-facing"
    linked = balancer.used_by(METHOD, "AWS::ApiGateway::VpcLink")
    linked += balancer.follow(LISTENER, "AWS::ApiGatewayV2::Integration")
    if public and linked:
        path = ["Scheme" if "Scheme" in balancer.properties else "Subnets"]
        yield path, f"{balancer.name} is open beside {linked[0].name}; make it internal"


def actions(resource: Resource) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield the actions of a listener or a rule, and their paths."""
    key = "DefaultActions" if resource.type == LISTENER else "Actions"
    for index, action in resource.entries(key):
        yield [key, index], action


def listener_of(resource: Resource) -> Resource | None:
    """Return a listener itself, or the listener of a rule."""
    return resource if resource.type == LISTENER else resource.target("ListenerArn")


LISTENING, LISTENER_DOCS = (LISTENER, RULE), f"{DOCS}load-balancer-listeners.html"


@rule("E9336", LISTENING, LISTENER_DOCS, formerly="E9304")
def forward_has_a_target(resource: Resource) -> Faults:
    """An action of type forward names a target group.
    Elastic Load Balancing rejects one without."""
    for path, action in actions(resource):
        named = {"TargetGroupArn", "ForwardConfig"} & {*action}
        if action.get("Type") == "forward" and not named:
            yield [*path, "Type"], "it forwards to nothing; set TargetGroupArn"


@rule("E9337", LISTENING, LISTENER_DOCS, formerly="E9304")
def action_has_its_configuration(resource: Resource) -> Faults:
    """An action that answers or redirects says how.
    Elastic Load Balancing rejects one without RedirectConfig or FixedResponseConfig."""
    needed = {"redirect": "RedirectConfig", "fixed-response": "FixedResponseConfig"}
    for path, action in actions(resource):
        kind = str(action.get("Type"))
        if kind in needed and needed[kind] not in action:
            yield path, f"an action of type {kind} needs {needed[kind]}; add it"


@rule("E9338", LISTENING, LISTENER_DOCS, formerly="E9304")
def redirect_leads_elsewhere(resource: Resource) -> Faults:
    """A redirect leads to an address other than its own.
    A client would follow it without end."""
    listener = listener_of(resource)
    for path, action in actions(resource):
        aim = action.get("RedirectConfig")
        if listener and isinstance(aim, dict) and circular(listener, aim):
            yield [*path, "RedirectConfig"], "it redirects to itself; change the port"


@rule("E9339", LISTENING, LISTENER_DOCS, formerly="E9304")
def forward_stays_in_its_type_of_balancer(resource: Resource) -> Faults:
    """A listener forwards to target groups of its type of load balancer.
    Elastic Load Balancing rejects a group with a protocol of another type."""
    for path, action in actions(resource):
        forward = entries(action, "ForwardConfig", "TargetGroups")
        for entry in (action, *(entry for _, entry in forward)):
            group = resource.system.target(entry.get("TargetGroupArn"))
            kinds = {kind_of(listener_of(resource)), kind_of(group)} - {""}
            own = group and group.get("TargetType") not in ("lambda", "alb")
            if own and len(kinds) > 1:
                yield path, f"{' and '.join(sorted(kinds))} do not go together; use one"


def circular(listener: Resource, aim: dict[str, Any]) -> bool:
    """Whether a redirect leads to its own address."""
    same = (("Path", "/#{path}"), ("Host", "#{host}"))  # a changed query alone does not count
    kept = all(aim.get(key) in (None, form) for key, form in same)
    here = (
        aim.get(key) in (None, listener.expression(key), f"#{{{key.lower()}}}")
        or str(aim[key]) == str(listener.expression(key))
        for key in ("Protocol", "Port")
    )
    return kept and all(here)


@rule("E9340", LISTENER, f"{API_DOCS}API_CreateListener.html", formerly="E9305")
def listener_has_a_protocol_of_its_balancer(listener: Resource) -> Faults:
    """A listener has a protocol of its type of load balancer.
    Elastic Load Balancing rejects others."""
    kind, protocol = kind_of(listener.target("LoadBalancerArn")), listener.get("Protocol")
    allowed = facts("load_balancing")["protocols"].get(kind, [])
    if protocol and allowed and protocol not in allowed:
        yield ["Protocol"], f"a {kind} load balancer speaks {', '.join(allowed)}; use these"


@rule("E9341", LISTENER, f"{API_DOCS}API_CreateListener.html", formerly="E9305")
def listener_has_port_and_protocol(listener: Resource) -> Faults:
    """A listener has a port and a protocol.
    Only a listener of a gateway load balancer has none."""
    kind = kind_of(listener.target("LoadBalancerArn"))
    for key in ("Port", "Protocol") if kind in ("application", "network") else ():
        if listener.is_missing(key):
            yield ["LoadBalancerArn"], f"{listener.name} has no {key}; set it"


@rule("E9342", LISTENER, f"{API_DOCS}API_CreateListener.html", formerly="E9305")
def certificate_is_of_an_encrypted_listener(listener: Resource) -> Faults:
    """Certificates and an SslPolicy belong to listeners of HTTPS and TLS.
    Elastic Load Balancing rejects them elsewhere."""
    protocol = listener.get("Protocol")
    for key in ("Certificates", "SslPolicy") if protocol in ("HTTP", "TCP", "UDP") else ():
        if listener.get(key) not in (None, "", [], [{}]):
            yield [key], f"a listener of {protocol} takes no {key}; set Protocol to HTTPS"


@rule("E9343", GROUP, CHECK_DOCS, formerly="E9324")
def health_check_timeout_is_below_the_interval(group: Resource) -> Faults:
    """The timeout of a health check is shorter than its interval.
    Elastic Load Balancing rejects another one."""
    key, of_lambda = "HealthCheckTimeoutSeconds", group.get("TargetType") == "lambda"
    least = (35, 30) if of_lambda else (30, 5)
    usual = dict(zip(("HealthCheckIntervalSeconds", key), least, strict=True))
    interval, timeout = (
        n if group.is_missing(k) else group.number(k) for k, n in usual.items()
    )
    path = key if key in group.properties else "HealthCheckIntervalSeconds"
    if kind_of(group) == "application" and interval and timeout and timeout >= interval:
        yield [path], f"{timeout:.0f} s are not below the interval, {interval:.0f} s; lower it"


@rule("E9344", GROUP, CHECK_DOCS, formerly="E9324")
def health_check_asks_an_open_port(group: Resource) -> Faults:
    """A health check asks the port on which the container listens.
    A check of another port never passes."""
    port = group.number("HealthCheckPort")
    for service, way in group.users(SERVICE) if port is not None else []:
        mappings = [
            entry
            for container in containers_of(service)
            for _, entry in entries(container, "PortMappings")
        ]
        ports = {number(mapping.get("ContainerPort")) for mapping in mappings}
        ports.add(service.number(*way[:2], "ContainerPort"))
        if service.target("TaskDefinition") and port not in ports and None not in ports:
            yield ["HealthCheckPort"], f"{service.name} does not listen there; omit it"


def gateway_waits(resource: Resource) -> float:
    """Return how many milliseconds an API's method waits at most for the target."""
    key, front = ("Integration", "TimeoutInMillis"), (LISTENER, "LoadBalancerArn", METHOD)
    found = (29000 if m.is_missing(*key) else m.number(*key) for m in resource.follow(*front))
    return max((wait for wait in found if wait is not None), default=0)


def containers_of(service: Resource) -> list[dict[str, Any]]:
    """Return the containers that a service runs, as far as they are known."""
    tasks = service.follow("TaskDefinition")
    return [container for task in tasks for _, container in containers(task)]


DELAY, ATTRIBUTES = "deregistration_delay.timeout_seconds", "TargetGroupAttributes"


def deregistration_delay(group: Resource) -> tuple[list[Any], float | None]:
    """Return the path and the seconds of a group's deregistration delay, 300 by default."""
    index, value = group.pairs(ATTRIBUTES).get(DELAY, (None, 300))
    delay = None if is_expression(group.expression(ATTRIBUTES)) else number(value)
    return ["Port"] if index is None else [ATTRIBUTES, index, "Value"], delay


DRAINING_DOCS = f"{ECS_DOCS}load-balancer-connection-draining.html"


@rule("I9330", GROUP, DRAINING_DOCS, formerly="W9330 W9310")
def draining_fits_the_stop_timeout(group: Resource) -> Faults:
    """The deregistration delay does not exceed the stop timeout of the container.
    On deregistration the balancer lets open requests finish for the deregistration delay,
    300 seconds by default. A longer delay slows each deployment and scale-in."""
    path, delay = deregistration_delay(group)
    for service in group.used_by(SERVICE) if delay is not None else ():
        stops = [
            number(container.get("StopTimeout", 30)) for container in containers_of(service)
        ]
        longest = max((stop or 3600 for stop in stops), default=3600)
        if delay is not None and delay > longest:
            yield path, f"{delay:.0f} s exceed the stop timeout, {longest:.0f} s; lower it"


@rule("W9331", GROUP, DRAINING_DOCS, formerly="W9310")
def draining_waits_for_the_gateway(group: Resource) -> Faults:
    """The deregistration delay is not below the gateway's timeout.
    A delay below the longest request cuts that request off."""
    path, delay = deregistration_delay(group)
    if delay is not None and delay * 1000 < gateway_waits(group):
        yield path, f"{delay:.0f} s cut off requests that the gateway waits for; raise them"


@rule("W9312", BALANCER, f"{DOCS}edit-load-balancer-attributes.html")
def idle_timeout_exceeds_that_of_the_gateway(balancer: Resource) -> Faults:
    """The load balancer's idle timeout exceeds the gateway's timeout.
    The balancer closes a connection that is idle for its idle timeout. If the gateway waits
    longer for the answer, its client gets an error while the service still works."""
    key, section = "idle_timeout.timeout_seconds", "LoadBalancerAttributes"
    index, value = balancer.pairs(section).get(key, (None, None))
    idle, wait = number(value), gateway_waits(balancer)
    if idle is not None and idle * 1000 <= wait:
        yield [section, index, "Value"], f"the gateway waits {wait:.0f} ms; raise it"


@rule("E9315", GROUP, f"{DOCS}load-balancer-target-groups.html")
def target_group_has_one_balancer(group: Resource) -> Faults:
    """A target group belongs to one load balancer.
    A target group takes its requests from one load balancer: AWS rejects a listener of a
    second one. Create a target group for each."""
    listeners = [user for user in group.used_by(LISTENER) if "Condition" not in user.body]
    found = {b.name for user in listeners if (b := user.target("LoadBalancerArn"))}
    if len(found) > 1:
        yield ["Port"], f"{' and '.join(sorted(found))} forward to it; make one for each"


@rule("W9313", RULE, GATEWAY_DOCS + "private-integration.html")
def listener_rule_admits_the_host_of_the_gateway(resource: Resource) -> Faults:
    """A listener rule's host is the one that the gateway sends.
    API Gateway sends the host of the integration's Uri. If the listener's default is a fixed
    response and its rules ask for other hosts, every request gets that response."""
    listener = resource.target("ListenerArn")
    balancer = listener.target("LoadBalancerArn") if listener else None
    defaults = listener.entries("DefaultActions") if listener else []
    if not balancer or {str(action.get("Type")) for _, action in defaults} != {
        "fixed-response"
    }:
        return
    sent = {gateway_host(method) for method in balancer.used_by(METHOD)}
    rules = listener.used_by(RULE) if listener else []
    admitted = [host for rule in rules for host in asked_hosts(rule) or ["*"]]
    if sent and not any(
        host is None or fnmatch(host, pattern) for host in sent for pattern in admitted
    ):
        said = f"the gateway sends {', '.join(sorted(map(str, sent)))}"
        yield ["Conditions"], f"{said}, which no rule of the listener admits; name it"


def gateway_host(method: Resource) -> str | None:
    """The host that a method's integration sends, or None where it is unknown."""
    header = "integration.request.header.host"
    if header in str(method.expression("Integration", "RequestParameters")).lower():
        return None
    found = re.match(r"https?://([\w.-]+)(?=[:/?]|$)", method.text("Integration", "Uri") or "")
    return found[1].lower() if found else None


def asked_hosts(rule: Resource) -> list[str]:
    """Return the hosts for which a rule asks; none if it accepts any or an unknown host."""
    found: list[Any] = []
    for _, condition in rule.entries("Conditions"):
        if condition.get("Field") == "host-header":
            values = condition.get("Values") or at(condition, "HostHeaderConfig", "Values")
            found += values if isinstance(values, list) else [None]
    known = all(isinstance(host, str) for host in found)
    return [host.lower() for host in found] if known else []


BALANCING = "LoadBalancerAttributes"
ATTRIBUTES_DOCS = f"{DOCS}edit-load-balancer-attributes.html"


def has_known_attributes(balancer: Resource) -> bool:
    """Whether an application load balancer's attributes are known."""
    return kind_of(balancer) == "application" and not is_expression(
        balancer.expression(BALANCING)
    )


@rule("W9332", BALANCER, ATTRIBUTES_DOCS, formerly="W9317")
def balancer_drops_invalid_headers(balancer: Resource) -> Faults:
    """A load balancer drops invalid headers.
    Requests with invalid header names let an attacker smuggle a second request past the
    balancer."""
    key = "routing.http.drop_invalid_header_fields.enabled"
    index, value = balancer.pairs(BALANCING).get(key, (None, False))
    if has_known_attributes(balancer) and written(value) == "false":
        path = ["Subnets"] if index is None else [BALANCING, index, "Value"]
        yield path, f"set {key} to true"


@rule("W9333", BALANCER, ATTRIBUTES_DOCS, formerly="W9317")
def balancer_defends_against_desync(balancer: Resource) -> Faults:
    """A load balancer defends against ambiguous requests.
    Ambiguous requests let an attacker smuggle a second request past the balancer."""
    key = "routing.http.desync_mitigation_mode"
    index, value = balancer.pairs(BALANCING).get(key, (None, ""))
    if has_known_attributes(balancer) and value == "monitor":
        yield [BALANCING, index, "Value"], "monitor lets smuggling through; use defensive"


@rule("W9334", LISTENER, f"{DOCS}describe-ssl-policies.html", formerly="W9319")
def listener_refuses_old_tls(listener: Resource) -> Faults:
    """A listener uses TLS 1.2 or later.
    An old security policy, such as the default of CloudFormation, still accepts TLS 1.0 and
    1.1."""
    policy, protocol = listener.get("SslPolicy"), listener.get("Protocol")
    old = not re.search(r"TLS13-1-[23]|TLS-1-2|FS-1-2", str(policy))
    known = policy or listener.is_missing("SslPolicy")
    if old and known and protocol in ("HTTPS", "TLS"):
        path = ["SslPolicy" if policy else "Protocol"]
        which = policy or "the default policy"
        yield path, f"{which} accepts TLS 1.0; take ELBSecurityPolicy-TLS13-1-2-2021-06"


@rule("W9335", LISTENER, f"{DOCS}describe-ssl-policies.html", formerly="W9319")
def open_listener_is_encrypted(listener: Resource) -> Faults:
    """An internet-facing listener without encryption redirects requests.
    Without encryption the network reads every request."""
    balancer = listener.target("LoadBalancerArn")
    kinds = {str(action.get("Type")) for _, action in actions(listener)}
    scheme = balancer.expression("Scheme") if balancer else "internal"
    plain = listener.get("Protocol") == "HTTP" and kinds == {"forward"}
    if scheme in (None, "internet-facing") and plain:
        yield ["Protocol"], f"{listener.name} is not encrypted; redirect it to HTTPS"
