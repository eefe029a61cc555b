"""A card for each resource of a known type, with lines from its properties."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from cfnlink.aws.catalogue import resource_type, types
from cfnlink.aws.resource_type import CardStyle
from cfnlink.picture.model import Card, Line
from cfnlink.system.api_paths import open_paths
from cfnlink.system.compute import (
    SERVICE,
    TASK,
    container_ports,
    is_on_fargate,
    provider_share,
    scalable_targets,
    task_range,
)
from cfnlink.system.cors import allowed_origins
from cfnlink.system.endpoints import endpoint_service
from cfnlink.system.expressions import at, number
from cfnlink.system.network import (
    BALANCER,
    ENDPOINT,
    INSTANCE,
    LISTENER,
    LISTENER_RULE,
    NAT,
    SUBNET_GROUPS,
    TARGETS,
    NetworkPlace,
    place_of,
)
from cfnlink.system.network import LINK as VPC_LINK
from cfnlink.system.parts import Part
from cfnlink.system.resource import Resource, System
from cfnlink.system.state_machines import SCHEDULE, STATE_MACHINE
from cfnlink.system.task_runs import runs_of, tasks_of

# Ranks: 0 client, 1 name, 2 gateway, 3 link, 4 balancer, 5 compute, 6 data, 9 way out.
NAME, GATEWAY, LINK, BALANCING, COMPUTE, DATA, WAY_OUT = 1, 2, 3, 4, 5, 6, 9
RANKS = {
    "gateway": GATEWAY,
    "link": LINK,
    "balancer": BALANCING,
    "compute": COMPUTE,
    "data": DATA,
    "way out": WAY_OUT,
    "": DATA,  # in the side row
}
ENGINES = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
API = "AWS::ApiGateway::"
AUTHORIZER, FUNCTION = f"{API}Authorizer", "AWS::Lambda::Function"
KEY, PLAN, MEMBER = f"{API}ApiKey", f"{API}UsagePlan", f"{API}UsagePlanKey"
# The lowest version that a security policy accepts: TLS_1_2, SecurityPolicy_TLS13_1_2_2021_06,
# SecurityPolicy_TLS12_2018_EDGE.
LOWEST_TLS = re.compile(r"TLS(?:13)?_1_(\d)|TLS1(\d)_(?:PFS_)?20")


def names(resources: Iterable[Resource]) -> tuple[str, ...]:
    """Return the names of resources."""
    return tuple(resource.name for resource in resources)


def named(resources: Iterable[Resource], kind: str) -> list[Resource]:
    """Return the resources of a type to which these ones refer, each once."""
    return list(dict.fromkeys(each for one in resources for each in one.named(kind)))


def count(many: int, noun: str) -> str:
    """Return a number with its noun: 1 alarm, 2 alarms."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"


def cards(system: System) -> Iterator[Card]:
    """Yield all cards of a system's resources, in the order of a request."""
    for kind in (*BUILDERS, *_plain_types()):
        for resource in system.of(kind):
            if not _is_of_authorizer(resource):
                yield BUILDERS.get(kind, _plain)(resource)
    yield from _interface_endpoints(system)


def _is_of_authorizer(resource: Resource) -> bool:
    """Whether a function checks tokens for an API that is drawn: its card tells that."""
    if resource.type != FUNCTION:
        return False
    is_target = resource.dependents(f"{API}Method")
    return not is_target and bool(named(resource.dependents(AUTHORIZER), f"{API}RestApi"))


def _plain_types() -> list[str]:
    """Return the types of which a name is all that there is to say, in the order of ranks."""
    cards = {name: row.card for name, row in types().items() if row.card and row.card.rank}
    plain = cards.keys() - BUILDERS.keys() - {ENDPOINT}
    return sorted(plain, key=lambda name: (RANKS[cards[name].rank], name))


def style_of(kind: str) -> CardStyle:
    """Return how a type is drawn: by its row, and a type without a card as a plain box."""
    plain = CardStyle("resource", "management", " ".join(kind.split("::")[1:]) or kind)
    return resource_type(kind).card or plain


def card(resource: Resource, *lines: Line, title: str = "") -> Card:
    """Return a card in the style of the resource's type, in the resource's subnets."""
    style = style_of(resource.type)
    look = (style.icon, style.category, title or style.title, RANKS[style.rank])
    shown = tuple(line for line in lines if line.text)
    return Card(resource.name, *look, shown, (resource.name,), *_place(place_of(resource)))


def _place(place: NetworkPlace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return names(place.subnets), names(place.groups)


def _plain(resource: Resource) -> Card:
    name = resource_type(resource.type).named_by
    sizes = (line for task in tasks_of(resource) for line in _size(task))
    return card(resource, Line(resource.shown(name)), *sizes)


def _link(resource: Resource) -> Card:
    return card(resource, Line("into the VPC"))


def _balancer(balancer: Resource) -> Card:
    listeners = balancer.dependents(LISTENER)
    rules = [rule for listener in listeners for rule in listener.dependents(LISTENER_RULE)]
    targets = named([*listeners, *rules], TARGETS)
    kind = balancer.shown("Type") or "application"
    scheme = "internal" if balancer.shown("Scheme") == "internal" else "internet-facing"
    health = [text for group in targets if (text := group.shown("HealthCheckPath"))]
    lines = [
        Line(f"{each.shown('Protocol')} on {each.shown('Port')}", (each.name,))
        for each in listeners
    ]
    text = f"checks {health[0]}" if health else count(len(targets), "target group")
    lines.append(Line(text if targets else "", names((*targets, *rules))))
    return card(balancer, Line(f"{scheme}, {kind}"), *lines)


def _service(service: Resource) -> Card:
    """Return the card of a service: number, size and kind of its tasks."""
    system = service.system
    task = system.first_named(service.expression("TaskDefinition"), TASK)
    cluster = system.first_named(service.expression("Cluster"), "AWS::ECS::Cluster")
    targets = scalable_targets(service)
    policies = [
        policy
        for target in targets
        for policy in target.dependents("AWS::ApplicationAutoScaling::ScalingPolicy")
    ]
    spot = round(100 * provider_share(service))
    address = service.shown("NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp")
    made = card(
        service,
        Line(_tasks(service), names((*targets, *policies))),
        *(_size(task) if task else ()),
        Line(f"{spot} % on Spot" if spot else ""),
        Line("public address" if address == "ENABLED" else ""),
        title="ECS on Fargate" if is_on_fargate(service) else "",
    )
    owned = (service, cluster) if cluster else (service,)
    return replace(made, resources=names(owned))


def _state_machine(machine: Resource) -> Card:
    """Return the card of a state machine: its name, its schedules, and the tasks it runs."""
    schedules = machine.used_by(SCHEDULE)
    times = {s.name: s.shown("ScheduleExpression") for s in schedules}
    zones = {s.name: s.shown("ScheduleExpressionTimezone") for s in schedules}
    runs = [*runs_of(machine)]
    return card(
        machine,
        Line(machine.shown("StateMachineName")),
        *(
            Line(text, (name,))
            for name, time in times.items()
            for text in (time, "" if zones[name] == "UTC" else zones[name])
        ),
        *(next(_size(run.task)) for run in runs if run.task),
        title="Job on Fargate" if any(run.is_on_fargate for run in runs) else "",
    )


def _tasks(service: Resource) -> str:
    tasks = task_range(service)
    if None not in (tasks.minimum, tasks.maximum) and tasks.minimum != tasks.maximum:
        return f"{tasks.minimum:g} to {tasks.maximum:g} tasks"
    return count(int(tasks.lowest), "task")


def _size(task: Resource) -> Iterator[Line]:
    cpu, memory = task.number("Cpu"), task.number("Memory")
    sizes = [f"{cpu / 1024:g} vCPU"] if cpu else []
    if memory:
        sizes.append(f"{memory / 1024:g} GB" if memory >= 1024 else f"{memory:g} MB")
    yield Line(", ".join(sizes) or "task", (task.name,))
    ports = [task.system.shown(port) for port in container_ports(task)]
    processor = task.shown("RuntimePlatform", "CpuArchitecture")
    parts = [processor, "port " + ", ".join(ports) if ports else ""]
    yield Line(", ".join(text for text in parts if text))


def _database(instance: Resource) -> Card:
    engine, version = instance.shown("Engine"), instance.shown("EngineVersion")
    days = instance.shown("BackupRetentionPeriod")
    helpers = instance.named(*SUBNET_GROUPS, "AWS::RDS::DBParameterGroup")
    is_multiple = instance.shown("MultiAZ").lower() == "true"
    return card(
        instance,
        Line(f"{ENGINES.get(engine, engine)} {version}".strip(), names(helpers)),
        Line(instance.shown("DBInstanceClass")),
        Line(_storage(instance)),
        Line(f"backups: {count(int(number(days) or 0), 'day')}" if days else ""),
        Line("Multi-AZ, primary" if is_multiple else "in one zone"),
    )


def _storage(instance: Resource) -> str:
    size, limit = instance.shown("AllocatedStorage"), instance.shown("MaxAllocatedStorage")
    storage = f"{size} to {limit} GB" if limit else f"{size} GB"
    return f"{storage} {instance.shown('StorageType')}".strip() if size else ""


def _nat(gateway: Resource) -> Card:
    addresses = gateway.named("AWS::EC2::EIP")
    line = Line("fixed address" if addresses else "", names(addresses))
    return card(gateway, line)


def _interface_endpoints(system: System) -> Iterator[Card]:
    """Yield one card for the interface endpoints of the same subnets and groups."""
    found: dict[NetworkPlace, list[Resource]] = {}
    for endpoint in system.of(ENDPOINT):
        if endpoint.shown("VpcEndpointType") == "Interface":
            found.setdefault(place_of(endpoint), []).append(endpoint)
    for endpoints in found.values():
        lines = tuple(Line(service_of(each), (each.name,)) for each in endpoints)
        made = card(endpoints[0], *lines)
        yield replace(made, resources=(), below=True)


def service_of(endpoint: Resource) -> str:
    """Return the service of a VPC endpoint, or that it is one."""
    return endpoint_service(endpoint) or "endpoint"


def _rest_api(api: Resource) -> Card:
    """Return the card of a REST API: its name, keys, limits and preflight."""
    mappings = api.dependents(f"{API}BasePathMapping")
    domains = named(mappings, f"{API}DomainName")
    methods, plans = api.dependents(f"{API}Method"), api.dependents(PLAN)
    members = [member for plan in plans for member in plan.dependents(MEMBER)]
    keys = named(members, KEY)
    options = [method for method in methods if method.shown("HttpMethod") == "OPTIONS"]
    guarded = [each for each in methods if each.shown("ApiKeyRequired").lower() == "true"]
    opened = {each: path for path, each in open_paths(api.system) if each in methods}
    types = api.listed("EndpointConfiguration", "Types")
    scope = api.system.shown(at(types, 0)).lower()
    return card(
        api,
        Line(f"REST, {scope}" if scope else "REST"),
        *_domain(domains, mappings),
        Line("API key required" if guarded else "", names((*guarded, *keys, *members))),
        Line(_open({*opened.values()}) if guarded else "", names(opened)),
        *_authorizers(api),
        *_limits(api.system, plans),
        *_stages(api.dependents(f"{API}Stage")),
        Line(f"CORS for {_origin(options[0])}" if options else "", names(options)),
    )


def _domain(domains: list[Resource], mappings: list[Resource]) -> Iterator[Line]:
    for index, domain in enumerate(domains):
        policy = LOWEST_TLS.search(domain.shown("SecurityPolicy"))
        text = f"TLS 1.{policy[1] or policy[2]}" if policy else "own name"
        yield Line(text, names((domain, *(mappings if index == 0 else ()))))


def _authorizers(api: Resource) -> Iterator[Line]:
    """Yield what checks the tokens of requests, with the functions that only do that."""
    for authorizer in api.dependents(AUTHORIZER):
        functions = authorizer.named(FUNCTION)
        pool = authorizer.shown("Type") == "COGNITO_USER_POOLS"
        by = "a user pool" if pool else "a function" if functions else "an authorizer"
        yield Line(f"token checked by {by}", names((authorizer, *functions)))


def _limits(system: System, plans: list[Resource]) -> Iterator[Line]:
    """Yield the limits of a client's key, from the lowest to the highest of the plans."""
    own = [plan for plan in plans if not _is_operational(plan)]
    texts = [_rate([plan.expression("Throttle") for plan in own], "", "/s a key")]
    quotas: dict[str, list[Any]] = {}
    for quota in (plan.expression("Quota") for plan in own):
        quotas.setdefault(system.shown(at(quota, "Period")).lower(), []).append(quota)
    for period, found in quotas.items():
        if limit := _span(found, "Limit"):
            texts.append(f"{limit} a {period}")
    said = [text for text in texts if text] or (["usage plan"] if plans else [])
    yield from (Line(text, names(plans) if text is said[0] else ()) for text in said)


def _is_operational(plan: Resource) -> bool:
    """Whether a usage plan has the operations' key and no other."""
    keys = names(named(plan.dependents(MEMBER), KEY))
    return keys == (plan.system.parts.get(Part.SMOKE_KEY),)


def _span(limits: list[Any], key: str) -> str:
    """Return the numbers of a key as text: 20, or 1 to 20."""
    found = [value for limit in limits if (value := number(at(limit, key))) is not None]
    ends = sorted({min(found), max(found)}) if found else []
    return " to ".join(f"{end:,.10g}" for end in ends)


def _stages(stages: list[Resource]) -> Iterator[Line]:
    for stage in stages:
        limits = stage.expression("MethodSettings", 0)
        name = stage.shown("StageName")
        rate = _rate([limits], "Throttling", "/s in all")
        yield Line(rate or f"stage {name}".strip(), (stage.name,))


def _rate(limits: list[Any], prefix: str, unit: str) -> str:
    """Return rate and burst as text: 10/s a key, burst 20."""
    rate, burst = (_span(limits, f"{prefix}{name}Limit") for name in ("Rate", "Burst"))
    beyond = f", burst {burst}" if burst else ""
    return f"{rate}{unit}{beyond}" if rate else ""


def _open(paths: set[str]) -> str:
    """Return how many paths every caller may use, each with one method or several."""
    return f"{count(len(paths), 'path')} without a key" if paths else ""


def _origin(method: Resource) -> str:
    origins = len(allowed_origins(method))
    if origins > 1:
        return count(origins, "origin")
    name = "method.response.header.Access-Control-Allow-Origin"
    path = ("Integration", "IntegrationResponses", 0, "ResponseParameters", name)
    return method.shown(*path).strip("'").replace("*", "any origin") or "origins"


def _http_api(api: Resource) -> Card:
    """Return the card of an HTTP or WebSocket API: its type, routes and stages."""
    mappings = api.dependents("AWS::ApiGatewayV2::ApiMapping")
    domains = named(mappings, "AWS::ApiGatewayV2::DomainName")
    stages = api.dependents("AWS::ApiGatewayV2::Stage")
    routes = api.dependents("AWS::ApiGatewayV2::Route")
    return card(
        api,
        Line(f"{api.shown('ProtocolType') or 'HTTP'} API"),
        Line("own name" if domains else "", names((*domains, *mappings))),
        Line(count(len(routes), "route") if routes else "", names(routes)),
        Line(count(len(stages), "stage") if stages else "", names(stages)),
    )


BUILDERS: dict[str, Callable[[Resource], Card]] = {
    f"{API}RestApi": _rest_api,
    "AWS::ApiGatewayV2::Api": _http_api,
    VPC_LINK: _link,
    f"{API}VpcLink": _link,
    BALANCER: _balancer,
    SERVICE: _service,
    STATE_MACHINE: _state_machine,
    INSTANCE: _database,
    NAT: _nat,
}
