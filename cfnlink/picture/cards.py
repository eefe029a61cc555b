"""A card for each resource of a known type, with lines from its properties."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from cfnlink.aws.catalogue import resource_type, types
from cfnlink.picture.card import RANKS, SUBNET_GROUPS, card, count, named, place
from cfnlink.picture.facts import Facts, listed
from cfnlink.picture.gateways import http_api, rest_api
from cfnlink.picture.model import Card, Line
from cfnlink.system.references import at, number

ENDPOINT = "AWS::EC2::VPCEndpoint"
ENGINES = {"postgres": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}


def cards(facts: Facts) -> Iterator[Card]:
    """Yield all cards of a system's resources, in the order of a request."""
    for kind in (*BUILDERS, *_plain_types()):
        for key in facts.of(kind):
            yield BUILDERS.get(kind, _plain)(facts, key)
    yield from _interface_endpoints(facts)


def _plain_types() -> list[str]:
    """Return the types of which a name is all that there is to say, in the order of ranks."""
    cards = {name: row.card for name, row in types().items() if row.card and row.card.rank}
    plain = cards.keys() - BUILDERS.keys() - {ENDPOINT}
    return sorted(plain, key=lambda name: (RANKS[cards[name].rank], name))


def _plain(facts: Facts, key: str) -> Card:
    return card(facts, key, Line(facts.text(key, resource_type(facts.type(key)).named_by)))


def _link(facts: Facts, key: str) -> Card:
    return card(facts, key, Line("into the VPC"))


def _balancer(facts: Facts, key: str) -> Card:
    listeners = facts.users_of(key, "AWS::ElasticLoadBalancingV2::Listener")
    rules = [
        rule
        for listener in listeners
        for rule in facts.users_of(listener, "AWS::ElasticLoadBalancingV2::ListenerRule")
    ]
    targets = named(facts, [*listeners, *rules], "AWS::ElasticLoadBalancingV2::TargetGroup")
    kind = facts.text(key, "Type") or "application"
    scheme = "internal" if facts.text(key, "Scheme") == "internal" else "internet-facing"
    health = [text for group in targets if (text := facts.text(group, "HealthCheckPath"))]
    lines = [
        Line(
            f"{facts.text(listener, 'Protocol')} on {facts.text(listener, 'Port')}", (listener,)
        )
        for listener in listeners
    ]
    text = f"checks {health[0]}" if health else count(len(targets), "target group")
    lines.append(Line(text if targets else "", (*targets, *rules)))
    return card(facts, key, Line(f"{scheme}, {kind}"), *lines)


def _service(facts: Facts, key: str) -> Card:
    """Return the card of a service: number, size and kind of its tasks."""
    task = facts.first(facts.get(key, "TaskDefinition"), "AWS::ECS::TaskDefinition")
    cluster = facts.first(facts.get(key, "Cluster"), "AWS::ECS::Cluster")
    targets = facts.users_of(key, "AWS::ApplicationAutoScaling::ScalableTarget")
    policies = [
        policy
        for target in targets
        for policy in facts.users_of(target, "AWS::ApplicationAutoScaling::ScalingPolicy")
    ]
    spot = _spot(facts, key)
    fargate = "FARGATE" in facts.literal(facts.get(key, "LaunchType")) or any(
        "FARGATE" in facts.literal(at(part, "CapacityProvider"))
        for part in facts.items(key, "CapacityProviderStrategy")
    )
    address = facts.text(key, "NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp")
    made = card(
        facts,
        key,
        Line(_tasks(facts, key, targets), (*targets, *policies)),
        *(_size(facts, task) if task else ()),
        Line(f"{spot} % on Spot" if spot else ""),
        Line("public address" if address == "ENABLED" else ""),
        title="ECS on Fargate" if fargate else "",
    )
    owned = (key, cluster) if cluster else (key,)
    return replace(made, resources=owned)


def _tasks(facts: Facts, key: str, targets: list[str]) -> str:
    low = facts.text(targets[0], "MinCapacity") if targets else ""
    high = facts.text(targets[0], "MaxCapacity") if targets else ""
    if low and high and low != high:
        return f"{low} to {high} tasks"
    fixed = low or facts.text(key, "DesiredCount") or "1"
    return "1 task" if fixed == "1" else f"{fixed} tasks"


def _size(facts: Facts, task: str) -> Iterator[Line]:
    cpu, memory = number(facts.get(task, "Cpu")), number(facts.get(task, "Memory"))
    sizes = [f"{cpu / 1024:g} vCPU"] if cpu else []
    if memory:
        sizes.append(f"{memory / 1024:g} GB" if memory >= 1024 else f"{memory:g} MB")
    yield Line(", ".join(sizes) or "task", (task,))
    processor = facts.text(task, "RuntimePlatform", "CpuArchitecture")
    ports = [
        facts.literal(at(port, "ContainerPort"))
        for container in facts.items(task, "ContainerDefinitions")
        for port in listed(at(container, "PortMappings"))
    ]
    parts = [processor, "port " + ", ".join(ports) if ports else ""]
    yield Line(", ".join(text for text in parts if text))


def _spot(facts: Facts, key: str) -> int:
    """Return the share of tasks that run on Spot beyond the base, in per cent."""
    shares = {
        facts.literal(at(part, "CapacityProvider")): number(at(part, "Weight")) or 0
        for part in facts.items(key, "CapacityProviderStrategy")
    }
    total = sum(shares.values())
    return round(100 * shares.get("FARGATE_SPOT", 0) / total) if total else 0


def _database(facts: Facts, key: str) -> Card:
    engine, version = facts.text(key, "Engine"), facts.text(key, "EngineVersion")
    size, limit = facts.text(key, "AllocatedStorage"), facts.text(key, "MaxAllocatedStorage")
    storage = f"{size} to {limit} GB" if limit else f"{size} GB"
    days = facts.text(key, "BackupRetentionPeriod")
    name = ENGINES.get(engine, engine)
    helpers = tuple(
        used
        for used in facts.refs(facts.get(key))
        if facts.type(used) in (*SUBNET_GROUPS, "AWS::RDS::DBParameterGroup")
    )
    multiple = facts.true(key, "MultiAZ")
    return card(
        facts,
        key,
        Line(f"{name} {version}".strip(), helpers),
        Line(facts.text(key, "DBInstanceClass")),
        Line(f"{storage} {facts.text(key, 'StorageType')}".strip() if size else ""),
        Line(f"backups: {count(int(number(days) or 0), 'day')}" if days else ""),
        Line("Multi-AZ, primary" if multiple else "in one zone"),
    )


def _nat(facts: Facts, key: str) -> Card:
    address = named(facts, [key], "AWS::EC2::EIP")
    line = Line("fixed address" if address else "", tuple(address))
    return card(facts, key, line)


def _interface_endpoints(facts: Facts) -> Iterator[Card]:
    """Yield one card for the interface endpoints of the same subnets and groups."""
    found: dict[Any, list[str]] = {}
    for key in facts.of(ENDPOINT):
        if facts.text(key, "VpcEndpointType") == "Interface":
            found.setdefault(place(facts, key), []).append(key)
    for (subnets, groups), keys in found.items():
        lines = tuple(Line(endpoint_service(facts, key), (key,)) for key in keys)
        made = card(facts, keys[0], *lines)
        yield replace(made, resources=(), subnets=subnets, groups=groups, below=True)


def endpoint_service(facts: Facts, key: str) -> str:
    """Return ecr.api for com.amazonaws.us-east-1.ecr.api."""
    return ".".join(facts.text(key, "ServiceName").split(".")[3:]) or "endpoint"


BUILDERS: dict[str, Callable[[Facts, str], Card]] = {
    "AWS::ApiGateway::RestApi": rest_api,
    "AWS::ApiGatewayV2::Api": http_api,
    "AWS::ApiGatewayV2::VpcLink": _link,
    "AWS::ApiGateway::VpcLink": _link,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _balancer,
    "AWS::ECS::Service": _service,
    "AWS::RDS::DBInstance": _database,
    "AWS::EC2::NatGateway": _nat,
}
