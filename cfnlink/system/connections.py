"""Connections: what listens on which ports, and what calls it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from cfnlink.aws.catalogue import facts, resource_type, types_with
from cfnlink.system.capacity import FLEET, MACHINE, host_port
from cfnlink.system.compute import SERVICE, containers, port_mappings
from cfnlink.system.endpoints import plain_service
from cfnlink.system.expressions import (
    OPEN,
    VARIABLE,
    at,
    is_expression,
    number,
    reached,
    spelled,
    text,
)
from cfnlink.system.network import (
    BALANCER,
    ENDPOINT,
    LISTENER,
    TARGETS,
    balancers_of,
)
from cfnlink.system.resource import Resource, System
from cfnlink.system.task_runs import TaskRun, task_runs

LISTENING = (*types_with("listens"), BALANCER, ENDPOINT, SERVICE)
PROXY, PROXIED = "AWS::RDS::DBProxy", "AWS::RDS::DBProxyTargetGroup"
ATTACHMENT = "AWS::SecretsManager::SecretTargetAttachment"
CARRIERS = ("AWS::SecretsManager::Secret", "AWS::SSM::Parameter")  # what hands an address on
FUNCTION = "AWS::Lambda::Function"
FILES, ACCESS_POINT = "AWS::EFS::FileSystem", "AWS::EFS::AccessPoint"
MOUNT_TARGET = "AWS::EFS::MountTarget"
# where a caller says what it calls
NAMES = ("Environment", "Secrets", "Command", "EntryPoint", "Volumes", "FileSystemConfigs")
ADDRESS = re.compile(r"endpoint|address|dnsname", re.IGNORECASE)
URI = re.compile(rf"(https?)://((?:{OPEN}|[^/:])+)(?::((?:{OPEN}|[^/])*))?")
HOST = re.compile(r"(?:[a-z]\w*://)?(?:[^/@]*@)?([A-Za-z0-9.\-]+)(?::(\d+))?(?:[/?].*)?")


class Connection(NamedTuple):
    """A connection that groups must permit: source, target and port."""

    source: Resource
    target: Resource
    port: float


def ports_of(resource: Resource) -> tuple[float, ...]:
    """Return the ports of which clients use one; nothing if they are unknown."""
    row = resource_type(resource.type).listens
    if resource.type == ENDPOINT:
        return (443,) if _answers_https(resource) else ()
    if row is None:
        return ()
    if row.port and not resource.is_missing(*row.port.split(".")):
        stated = resource.number(*row.port.split("."))
        return (stated,) if stated else ()
    if row.by and not resource.is_missing(row.by) and resource.get(row.by) is None:
        return ()
    chosen = str(resource.get(row.by)).lower() if row.by else ""
    return row.ports.get(chosen) or row.ports.get("any", ())


def port_of(resource: Resource) -> float | None:
    """Return the one port on which a resource listens; None if it is unknown."""
    found = ports_of(resource)
    return found[0] if len(found) == 1 else None


def _answers_https(endpoint: Resource) -> bool:
    """Whether clients call an interface endpoint on port 443."""
    name = plain_service(endpoint)
    known = name and name not in facts("endpoints")["other_ports"]
    return bool(known) and endpoint.get("VpcEndpointType") == "Interface"


def heard_ports(resource: Resource) -> Iterator[tuple[float, ...]]:
    """Yield each thing on which a resource must be heard: the ports of which one is enough."""
    if resource.type == BALANCER:
        for listener in dict.fromkeys(resource.used_by(LISTENER)):
            port = listener.number("Port")
            if port and "Condition" not in listener.body and listener.get("Protocol") != "UDP":
                yield (port,)
    elif resource.type == SERVICE:
        yield from ((port,) for _, port in _of_target_groups(resource))
    elif found := ports_of(resource):
        yield found


def _of_target_groups(service: Resource) -> Iterator[tuple[Resource, float]]:
    """Yield the target groups of a service, with its port and the port of the health check."""
    for index, _ in service.items("LoadBalancers"):
        group = service.target("LoadBalancers", index, "TargetGroupArn")
        port = service.number("LoadBalancers", index, "ContainerPort")
        if group and group.type == TARGETS:
            ports = (host_port(service, port) if port else None,
                     group.number("HealthCheckPort"))  # fmt: skip
            yield from ((group, each) for each in ports if each)


@lru_cache(maxsize=2)
def required_connections(system: System) -> tuple[Connection, ...]:
    """Return the connections that a system needs, each once, as far as they are known."""
    found = [
        *_of_links(system),
        *_of_balancers(system),
        *_of_machines(system),
        *_of_tasks(system),
        *_of_functions(system),
        *_of_proxies(system),
    ]
    return tuple(dict.fromkeys(found))


class Uri(NamedTuple):
    """The scheme, the host and the port of a Uri; the port is None if it is unknown."""

    scheme: str
    host: str
    port: float | None


def uri_of(method: Resource) -> Uri | None:
    """Return what the integration of a method calls by HTTP; None if it is unknown."""
    found = URI.match(method.text("Integration", "Uri") or "")
    if found is None:
        return None
    scheme, host, port = found.groups()
    return Uri(scheme, host, number(port or {"http": 80, "https": 443}[scheme]))


def _of_links(system: System) -> Iterator[Connection]:
    for method in system.of("AWS::ApiGateway::Method"):
        link = method.target("Integration", "ConnectionId")
        balancer = method.target("Integration", "IntegrationTarget")
        uri = uri_of(method)
        if link and balancer and uri and uri.port:
            yield Connection(link, balancer, uri.port)


def _of_balancers(system: System) -> Iterator[Connection]:
    """Yield those from balancers to tasks: for requests, and for health checks."""
    for service in system.of(SERVICE):
        for group, port in _of_target_groups(service):
            for balancer in balancers_of(group):
                yield Connection(balancer, service, port)


def _of_machines(system: System) -> Iterator[Connection]:
    """Yield those from balancers to instances: for requests, and for health checks.

    Instances of a target group that a service has too take the ports of its tasks.
    """
    for group in system.of(TARGETS):
        if group.get("Protocol") in ("UDP", "GENEVE") or group.used_by(SERVICE):
            continue
        for machine, port in _machines(group):
            for each in (port, group.number("HealthCheckPort")):
                for balancer in balancers_of(group) if each else ():
                    yield Connection(balancer, machine, each or 0)


def _machines(group: Resource) -> Iterator[tuple[Resource, float | None]]:
    """Yield the instances, and the groups of instances, of a target group, and their port."""
    usual = group.number("Port")
    for fleet, path in group.users(FLEET):
        if path[:1] == ["TargetGroupARNs"]:
            yield fleet, usual
    for index, _ in group.items("Targets"):
        machine, own = group.target("Targets", index, "Id"), ("Targets", index, "Port")
        if machine is not None and machine.type == MACHINE:
            yield machine, usual if group.is_missing(*own) else group.number(*own)


def _of_tasks(system: System) -> Iterator[Connection]:
    """Yield those from tasks to what they name, and to the interface endpoints of their VPC."""
    for run in task_runs(system):
        vpcs = [str(subnet.expression("VpcId")) for _, subnet in run.subnets]
        for endpoint in system.of(ENDPOINT):
            inside = str(endpoint.expression("VpcId")) in vpcs
            if inside and endpoint.flag("PrivateDnsEnabled"):
                yield Connection(run.resource, endpoint, 443)
        if run.task is not None:
            holders = [container for _, container in containers(run.task)]
            yield from _of_caller(run.resource, [*holders, run.task.properties])
            yield from _by_name(run, holders)


def _of_functions(system: System) -> Iterator[Connection]:
    for function in system.of(FUNCTION):
        if not function.is_missing("VpcConfig"):
            yield from _of_caller(function, [function.properties])


def _of_caller(caller: Resource, holders: list[dict[str, Any]]) -> Iterator[Connection]:
    """Yield the connections of a caller to the listeners whose addresses it gets."""
    given = [at(holder, name) for holder in holders for name in NAMES]
    found = dict.fromkeys(_addresses(caller.system, given))
    proxied = any(target.type == PROXY for target in found)
    for target in found:
        hidden = proxied and target.type in ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
        ports = {port for alternatives in heard_ports(target) for port in alternatives}
        if not hidden and target is not caller and len(ports) == 1:
            yield Connection(caller, target, *ports)


def _of_proxies(system: System) -> Iterator[Connection]:
    """Yield those from a proxy of RDS to its database."""
    for targets in system.of(PROXIED):
        proxy = targets.target("DBProxyName")
        for key in ("DBInstanceIdentifiers", "DBClusterIdentifiers"):
            for database in targets.targets(key):
                if proxy and (port := port_of(database)):
                    yield Connection(proxy, database, port)


def _addresses(system: System, node: Any, depth: int = 3) -> Iterator[Resource]:
    """Yield what a node has the address of, itself or in a secret or parameter."""
    for name, attribute in _attributes(node):
        found = system.resources.get(name)
        if found is None:
            continue
        if found.type == ATTACHMENT:
            yield from found.targets("TargetId")
        elif found.type in CARRIERS and depth:
            yield from _addresses(system, found.properties, depth - 1)
            yield from found.follow(ATTACHMENT, "TargetId")
        elif found.type in (FILES, ACCESS_POINT):
            files = found.target("FileSystemId") or found
            yield from files.used_by(MOUNT_TARGET)
        elif ADDRESS.search(attribute) and (found.type != BALANCER or _is_internal(found)):
            yield found


def _is_internal(balancer: Resource) -> bool:
    return str(balancer.get("Scheme")) == "internal"


def _attributes(node: Any) -> Iterator[tuple[str, str]]:
    """Yield the resources that a node names, each with its attribute; a Ref has none."""
    whole = (spelled(node) or "") if is_expression(node) else ""
    for found in VARIABLE.findall(whole):
        name, _, attribute = found.partition(".")
        yield name, attribute
    parts = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for part in parts if not whole or "${?}" in whole else ():
        yield from _attributes(part)


def _by_name(run: TaskRun, holders: list[dict[str, Any]]) -> Iterator[Connection]:
    """Yield the connections of tasks to services that they call by their discovery name."""
    known = _discovered(run.resource.system)
    for holder in holders if known else ():
        for _, value in reached(holder, ["Environment", "*", "Value"]):
            host = HOST.fullmatch(text(value) or "")
            service, port = known.get(host[1], (None, None)) if host else (None, None)
            asked = port or (number(host[2]) if host else None)
            if service and asked and service is not run.resource:
                yield Connection(run.resource, service, asked)


@lru_cache(maxsize=2)
def _discovered(system: System) -> dict[str, tuple[Resource, float | None]]:
    """Return the services with a discovery name, and their port if Service Connect says it."""
    found: dict[str, tuple[Resource, float | None]] = {}
    for service in system.of(SERVICE):
        for registry in service.follow("ServiceRegistries.*.RegistryArn"):
            space = registry.target("NamespaceId") or registry.target(
                "DnsConfig", "NamespaceId"
            )
            if space and (name := registry.text("Name")):
                found[f"{name}.{space.text('Name')}"] = (service, None)
        for _, offer in service.values_at("ServiceConnectConfiguration.Services.*"):
            port = number(at(offer, "IngressPortOverride")) or _named_port(
                service, at(offer, "PortName")
            )
            for _, name in reached(offer, ["ClientAliases", "*", "DnsName"]):
                if isinstance(name, str) and port:
                    found[name] = (service, port)
    return found


def _named_port(service: Resource, name: Any) -> float | None:
    """Return the port of a container that has this name."""
    task = service.target("TaskDefinition")
    named = [each for each in port_mappings(task) if at(each, "Name") == name] if task else []
    return number(at(named[0], "ContainerPort")) if named else None
