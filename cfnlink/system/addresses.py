"""Addresses: what stands where a program takes a host, and the ports that URLs name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cfnlink.aws.catalogue import resource_type
from cfnlink.system.compute import environment
from cfnlink.system.connections import ADDRESS, ports_of
from cfnlink.system.expressions import VARIABLE, spelled
from cfnlink.system.shapes import BARE, Given, parts, places, takes_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Path, Resource

BEFORE_HOST = re.compile(r".*://([^/?#@]*@)?", re.DOTALL)
OF_HOST = re.compile(r"(^|_)HOST(NAME)?$", re.IGNORECASE)
WITH_PORT = re.compile(rf"{VARIABLE.pattern}:(\d+)(?![\d:]*\w)")


def false_hosts(resource: Resource) -> Iterator[tuple[Path, Given]]:
    """Yield the references that stand where a host belongs, and give none."""
    named = {one.path for one in environment(resource) if OF_HOST.search(one.name)}
    for path, schema_path, value in places(resource):
        takes = path in named or takes_host(resource.type, schema_path)
        for before, one in parts(resource.system, value):
            is_at_host = (takes and not before) or BEFORE_HOST.fullmatch(before)
            if one and is_at_host and not _is_host(one):
                yield path, one


def _is_host(one: Given) -> bool:
    """Whether a reference may give a host: no ARN or URL, and no id of what has an address."""
    addressed = resource_type(one.resource.type).listens is not None
    return one.form == BARE and not (one.how == "Ref" and addressed)


def wrong_ports(resource: Resource) -> Iterator[tuple[Path, Resource, int]]:
    """Yield the ports that stand behind the host of what listens on others only."""
    for path, _, value in places(resource):
        for variable, port in WITH_PORT.findall(spelled(value) or ""):
            one = resource.system.resources.get(variable.partition(".")[0])
            heard = ports_of(one) if one and ADDRESS.search(variable.partition(".")[2]) else ()
            if one and heard and int(port) not in heard:
                yield path, one, int(port)
