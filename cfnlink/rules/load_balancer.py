"""Load balancers, their listeners and their target groups."""

import difflib
import re
from fnmatch import fnmatch
from typing import Any

from cfnlink.aws.catalogue import facts
from cfnlink.lint.conditions import matches, must_not_be_literal, none_of, one_of
from cfnlink.lint.rule import Faults, Row, rule
from cfnlink.system.compute import containers
from cfnlink.system.expressions import at, entries, is_expression, number
from cfnlink.system.template import Resource

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


@rule("E9307", GROUP, CHECK_DOCS)
def health_checks_ask_paths(group: Resource) -> Faults:
    """A health check asks an absolute path.
    Elastic Load Balancing rejects a path that does not begin with a slash."""
    if kind_of(group) == "application":
        yield Row("HealthCheckPath", matches(r"/.*"), "begin it with /")


@rule("E9320", GROUP, CHECK_DOCS)
def health_is_checked(group: Resource) -> Faults:
    """Targets have health checks.
    Only the targets of a Lambda function can go without health checks."""
    if group.expression("TargetType") in (None, "ip", "instance", "alb"):
        yield Row("HealthCheckEnabled", none_of(False), "set it to true")


@rule("W9308", GROUP, CHECK_DOCS)
def statuses_mean_success(_: Resource) -> Faults:
    """A health check accepts success only.
    A check that accepts client errors passes for a broken or wrongly routed service."""
    yield Row("Matcher.HttpCode", matches(r"(?!.*[4-9]\d\d).*"), "accept 200 only")


@rule("E9306", GROUP, CHECK_DOCS)
def grpc_has_its_own_codes(group: Resource) -> Faults:
    """GRPC is matched by GrpcCode.
    Elastic Load Balancing rejects HTTP codes for targets that use gRPC."""
    if group.get("ProtocolVersion") == "GRPC":
        yield Row(
            "Matcher.HttpCode", must_not_be_literal, "targets of GRPC have a GrpcCode; set that"
        )


@rule("E9325", GROUP, f"{DOCS}load-balancer-target-groups.html")
def newer_versions_are_encrypted(group: Resource) -> Faults:
    """HTTP2 and GRPC are behind listeners of HTTPS.
    A load balancer uses HTTP/2 and gRPC only with clients of an HTTPS listener: a target
    group behind an HTTP listener has the ProtocolVersion HTTP1."""
    listeners = [*group.used_by(LISTENER), *group.follow(RULE, "ListenerArn")]
    plain = any(listener.get("Protocol") == "HTTP" for listener in listeners)
    yield Row("ProtocolVersion", one_of("HTTP1"), "its listener is of HTTP; use HTTP1", plain)


# types that refer to a target group without registering targets
ONLOOKERS = ("AWS::CloudWatch::", "AWS::ApplicationAutoScaling::", LISTENER)


@rule("W9326", GROUP, f"{DOCS}load-balancer-troubleshooting.html")
def targets_are_there(group: Resource) -> Faults:
    """A target group with a listener has targets.
    If a listener or rule forwards to a group without targets, the load balancer answers 503:
    let a service, an Auto Scaling group or Targets fill the group."""
    fillers = [user for user in group.used_by() if not user.type.startswith(ONLOOKERS)]
    asked = group.users(LISTENER, RULE) and not group.is_exported
    if asked and not fillers and not group.expression("Targets"):
        yield ["Port"], f"nothing registers targets in {group.name}; let a service do it"


@rule("E9327", SERVICE, f"{DOCS}load-balancer-subnets.html")
def targets_are_in_the_zones(service: Resource) -> Faults:
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


@rule("E9308", GROUP, CHECK_DOCS)
def statuses_are_numbers(_: Resource) -> Faults:
    """A matcher has codes, lists or ranges of them.
    Elastic Load Balancing takes numbers of three digits, no patterns."""
    code = r"\s*\d{3}(-\d{3})?\s*"
    yield Row("Matcher.HttpCode", matches(f"{code}(,{code})*"), "write 200, 200,204 or 200-299")


@rule("W9322", GROUP, CHECK_DOCS)
def checks_speak_their_protocol(group: Resource) -> Faults:
    """A health check uses the protocol of its targets.
    A port serves HTTP or HTTPS: a check with the other protocol fails."""
    spoken = {str(group.get(key)) for key in ("Protocol", "HealthCheckProtocol")}
    own_port = group.expression("HealthCheckPort") not in (None, "traffic-port")
    if spoken == {"HTTP", "HTTPS"} and not own_port:
        yield Row("HealthCheckProtocol", must_not_be_literal, "use the Protocol of the targets")


@rule("E9309", (BALANCER, GROUP), f"{API_DOCS}API_CreateTargetGroup.html")
def names_are_accepted(_: Resource) -> Faults:
    """Elastic Load Balancing accepts the names.
    The name of a load balancer or target group has at most 32 letters, digits and hyphens,
    and no hyphen at its start or end."""
    allowed = matches(r"(?!-)[A-Za-z0-9-]{1,32}(?<!-)")
    yield Row("Name", allowed, "use up to 32 letters, digits and inner hyphens")


@rule("E9323", BALANCER, f"{API_DOCS}API_CreateLoadBalancer.html")
def balancers_are_not_named_internal(_: Resource) -> Faults:
    """No load balancer's name begins with internal-.
    The prefix internal- is reserved for the DNS names of internal balancers."""
    yield Row("Name", matches(r"(?!internal-).*"), "begin it with another word")


@rule("E9318", BALANCER, f"{API_DOCS}API_CreateLoadBalancer.html")
def addresses_fit_the_scheme(balancer: Resource) -> Faults:
    """A load balancer's address type fits its scheme.
    dualstack-without-public-ipv4 is for internet-facing load balancers only: an internal one
    has no public addresses."""
    # AWS's page asks for ipv4, but its guide creates internal dualstack balancers too.
    if balancer.get("Scheme") == "internal":
        public = none_of("dualstack-without-public-ipv4")
        yield Row("IpAddressType", public, "use ipv4")


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


@rule("E9302", (BALANCER, LISTENER, GROUP), f"{API_DOCS}API_LoadBalancerAttribute.html")
def attributes_exist(resource: Resource) -> Faults:
    """Attributes exist for the type of balancer and have allowed values.
    Each attribute is a key of its type of load balancer, target group or listener, with a
    value in its range that agrees with the others. Elastic Load Balancing rejects other
    attributes. Browsers reject a response header with several origins, and * with
    credentials."""
    section, kind = f"{resource.type.removeprefix(V2)}Attributes", kind_of(resource)
    allowed, given = facts("load_balancing")[section], resource.pairs(section)
    sure = "Fn::" not in str(resource.expression(section))
    values = {key: written(value) for key, (_, value) in given.items()}
    for key, (index, value) in given.items():
        fact = allowed.get(key, {})
        if not fact:
            near = difflib.get_close_matches(key, allowed, 1) or ["another one"]
            yield [section, index, "Key"], f"there is no attribute {key}; use {near[0]}"
        elif kind and kind not in fact["of"]:
            yield [section, index, "Key"], f"{key} is not of {kind} balancers; remove it"
        elif sure and values[key] == "true" and fact.get("requires", key) not in given:
            yield [section, index, "Key"], f"{key} needs {fact['requires']}; set it"
        elif not is_expression(value) and (wanted := refused(key, fact, values[key], kind)):
            yield [section, index, "Value"], f"{key} is {wanted}, not {value}; correct it"
    for key, pattern, other, default, wanted in AGREE:
        needed = sure and re.fullmatch(pattern, values.get(key, ""))
        if needed and not re.fullmatch(wanted, values.get(other, default)):
            yield [section, given[key][0], "Value"], f"{key} does not go with this {other}"


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


@rule("E9301", SERVICE, f"{ECS_API}LoadBalancer.html")
def service_targets_register(service: Resource) -> Faults:
    """A service's target group has a listener, and TargetType ip for Fargate.
    ECS registers tasks in a target group to which a listener or a listener's rule forwards.
    Tasks in awsvpc mode register by address, so the TargetType must be ip."""
    task = service.target("TaskDefinition")
    addressed = task is not None and task.get("NetworkMode") == "awsvpc"
    for index, _ in service.items("LoadBalancers"):
        path: list[Any] = ["LoadBalancers", index, "TargetGroupArn"]
        group = service.target(*path)
        if group is None or group.type != GROUP:
            continue
        kind = "instance" if group.is_missing("TargetType") else group.get("TargetType")
        if addressed and kind not in (None, "ip"):
            yield path, f"{group.name} takes no addresses; set its TargetType to ip"
        if not group.is_exported and not group.users(LISTENER, RULE):
            yield path, f"no listener leads to {group.name}; let one forward to it"


@rule("W9303", BALANCER, f"{GATEWAY_DOCS}private-integration.html")
def private_integrations_are_private(balancer: Resource) -> Faults:
    """The load balancer of a private integration is internal.
    A load balancer behind a VPC link needs no public address. With one, clients can bypass
    the API with its keys, throttles and logs. Set its Scheme to internal."""
    public = balancer.is_missing("Scheme") or balancer.get("Scheme") == "internet-facing"
    linked = balancer.used_by(METHOD, "AWS::ApiGateway::VpcLink")
    linked += balancer.follow(LISTENER, "AWS::ApiGatewayV2::Integration")
    if public and linked:
        path = ["Scheme" if "Scheme" in balancer.properties else "Subnets"]
        yield path, f"{balancer.name} is open beside {linked[0].name}; make it internal"


@rule("E9304", (LISTENER, RULE), f"{DOCS}load-balancer-listeners.html")
def listeners_lead_somewhere(resource: Resource) -> Faults:
    """A listener's actions lead to a target group or another address.
    A listener forwards to target groups of its type of balancer, answers, or redirects to an
    address other than its own."""
    key = "DefaultActions" if resource.type == LISTENER else "Actions"
    listener = resource if resource.type == LISTENER else resource.target("ListenerArn")
    for index, action in resource.entries(key):
        path: list[Any] = [key, index]
        kind, aim = str(action.get("Type")), action.get("RedirectConfig")
        needed = {"redirect": "RedirectConfig", "fixed-response": "FixedResponseConfig"}
        if kind == "forward" and not {"TargetGroupArn", "ForwardConfig"} & {*action}:
            yield [*path, "Type"], "it forwards to nothing; set TargetGroupArn"
        if kind in needed and needed[kind] not in action:
            yield path, f"an action of type {kind} needs {needed[kind]}; add it"
        if listener and isinstance(aim, dict) and circular(listener, aim):
            yield [*path, "RedirectConfig"], "it redirects to itself; change the port"
        forward = entries(action, "ForwardConfig", "TargetGroups")
        for entry in (action, *(entry for _, entry in forward)):
            group = resource.template.target(entry.get("TargetGroupArn"))
            kinds = {kind_of(listener), kind_of(group)} - {""}
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


@rule("E9305", LISTENER, f"{API_DOCS}API_CreateListener.html")
def listeners_speak_their_protocol(resource: Resource) -> Faults:
    """A listener's protocol fits the balancer, its certificates the protocol.
    A listener has a protocol of its type of load balancer. Certificates and an SslPolicy
    belong to HTTPS and TLS only."""
    balancer, protocol = resource.target("LoadBalancerArn"), resource.get("Protocol")
    kind = kind_of(balancer)
    allowed = facts("load_balancing")["protocols"].get(kind, [])
    if protocol and allowed and protocol not in allowed:
        yield ["Protocol"], f"a {kind} load balancer speaks {', '.join(allowed)}; use these"
    for key in ("Port", "Protocol") if kind in ("application", "network") else ():
        if resource.is_missing(key):
            yield ["LoadBalancerArn"], f"{resource.name} has no {key}; set it"
    for key in ("Certificates", "SslPolicy") if protocol in ("HTTP", "TCP", "UDP") else ():
        if resource.get(key):
            yield [key], f"a listener of {protocol} takes no {key}; set Protocol to HTTPS"


@rule("E9324", GROUP, CHECK_DOCS)
def health_checks_can_pass(group: Resource) -> Faults:
    """A health check can pass.
    The timeout of a health check is shorter than its interval, and the check asks the port
    on which the container listens."""
    key, of_lambda = "HealthCheckTimeoutSeconds", group.get("TargetType") == "lambda"
    least = (35, 30) if of_lambda else (30, 5)
    usual = dict(zip(("HealthCheckIntervalSeconds", key), least, strict=True))
    interval, timeout = (
        n if group.is_missing(k) else group.number(k) for k, n in usual.items()
    )
    path = key if key in group.properties else "HealthCheckIntervalSeconds"
    if kind_of(group) == "application" and interval and timeout and timeout >= interval:
        yield [path], f"{timeout:.0f} s are not below the interval, {interval:.0f} s"
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


@rule("W9310", GROUP, f"{ECS_DOCS}load-balancer-connection-draining.html")
def draining_fits_the_task(group: Resource) -> Faults:
    """The deregistration delay fits the stop timeout and the gateway's timeout.
    On deregistration the balancer lets open requests finish for the deregistration delay,
    300 seconds by default. A delay above the stop timeout of the container slows each
    deployment and scale-in. A delay below the longest request cuts that request off."""
    key, section = "deregistration_delay.timeout_seconds", "TargetGroupAttributes"
    index, value = group.pairs(section).get(key, (None, 300))
    delay = None if is_expression(group.expression(section)) else number(value)
    path = ["Port"] if index is None else [section, index, "Value"]
    if delay is None:
        return
    for service in group.used_by(SERVICE):
        stops = [
            number(container.get("StopTimeout", 30)) for container in containers_of(service)
        ]
        longest = max((stop or 3600 for stop in stops), default=3600)
        if delay > longest:
            yield path, f"{delay:.0f} s exceed the stop timeout, {longest:.0f} s; lower it"
    if delay * 1000 < gateway_waits(group):
        yield path, f"{delay:.0f} s cut off requests that the gateway waits for; raise them"


@rule("W9312", BALANCER, f"{DOCS}edit-load-balancer-attributes.html")
def balancer_outwaits_the_gateway(balancer: Resource) -> Faults:
    """The load balancer's idle timeout exceeds the gateway's timeout.
    The balancer closes a connection that is idle for its idle timeout. If the gateway waits
    longer for the answer, its client gets an error while the service still works."""
    key, section = "idle_timeout.timeout_seconds", "LoadBalancerAttributes"
    index, value = balancer.pairs(section).get(key, (None, None))
    idle, wait = number(value), gateway_waits(balancer)
    if idle is not None and idle * 1000 <= wait:
        yield [section, index, "Value"], f"the gateway waits {wait:.0f} ms; raise it"


@rule("E9315", GROUP, f"{DOCS}load-balancer-target-groups.html")
def target_groups_have_one_balancer(group: Resource) -> Faults:
    """A target group belongs to one load balancer.
    A target group takes its requests from one load balancer: AWS rejects a listener of a
    second one. Create a target group for each."""
    listeners = [user for user in group.used_by(LISTENER) if "Condition" not in user.body]
    found = {b.name for user in listeners if (b := user.target("LoadBalancerArn"))}
    if len(found) > 1:
        yield ["Port"], f"{' and '.join(sorted(found))} forward to it; make one for each"


@rule("W9313", RULE, GATEWAY_DOCS + "private-integration.html")
def rules_admit_the_gateway(resource: Resource) -> Faults:
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


@rule("W9317", BALANCER, f"{DOCS}edit-load-balancer-attributes.html")
def balancers_filter_requests(balancer: Resource) -> Faults:
    """A load balancer drops invalid headers and ambiguous requests.
    Requests with invalid header names, and ambiguous ones, let an attacker smuggle a second
    request past the balancer: drop invalid fields and keep the desync mode defensive."""
    section = "LoadBalancerAttributes"
    given = balancer.pairs(section)
    if kind_of(balancer) != "application" or is_expression(balancer.expression(section)):
        return
    key = "routing.http.drop_invalid_header_fields.enabled"
    index, value = given.get(key, (None, False))
    if written(value) == "false":
        path = ["Subnets"] if index is None else [section, index, "Value"]
        yield path, f"set {key} to true"
    index, value = given.get("routing.http.desync_mitigation_mode", (None, ""))
    if value == "monitor":
        yield [section, index, "Value"], "monitor lets smuggling through; use defensive"


@rule("W9319", LISTENER, f"{DOCS}describe-ssl-policies.html")
def encryption_is_of_today(listener: Resource) -> Faults:
    """Listeners use TLS 1.2 or later, and redirect requests without encryption.
    An old security policy, such as the default of CloudFormation, still accepts TLS 1.0 and
    1.1. An internet-facing listener without encryption lets the network read every request."""
    policy, balancer = listener.get("SslPolicy"), listener.target("LoadBalancerArn")
    old = not re.search(r"TLS13-1-[23]|TLS-1-2|FS-1-2", str(policy))
    known, protocol = policy or listener.is_missing("SslPolicy"), listener.get("Protocol")
    if old and known and protocol in ("HTTPS", "TLS"):
        path = ["SslPolicy" if policy else "Protocol"]
        which = policy or "the default policy"
        yield path, f"{which} accepts TLS 1.0; take ELBSecurityPolicy-TLS13-1-2-2021-06"
    actions = listener.entries("DefaultActions")
    forwards = {str(action.get("Type")) for _, action in actions} == {"forward"}
    scheme = balancer.expression("Scheme") if balancer else "internal"
    if scheme in (None, "internet-facing") and protocol == "HTTP" and forwards:
        yield ["Protocol"], f"{listener.name} is not encrypted; redirect it to HTTPS"
