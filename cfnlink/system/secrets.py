"""Secrets: their keys, and the references that read them."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cfnlink.system.compute import containers
from cfnlink.system.expressions import (
    OPEN,
    READING,
    VARIABLE,
    entries,
    is_expression,
    spelled,
    text,
)
from cfnlink.system.names import resource_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cfnlink.system.resource import Resource

SECRET = "AWS::SecretsManager::Secret"  # noqa: S105
ATTACHMENT = "AWS::SecretsManager::SecretTargetAttachment"
GENERATED = "GenerateSecretString"
ATTACHED = {"engine", "host", "port", "dbname", "username", "password", "masterarn",
            "dbInstanceIdentifier", "dbClusterIdentifier"}  # fmt: skip
PARTS = re.compile(
    rf"(arn:(?:(?:{OPEN}|[^:])*:){{5}}(?:{OPEN}|[^:])*|(?:{OPEN}|[^:])*)(?::(.*))?"
)


def texts(node: Any, path: list[Any]) -> Iterator[tuple[list[Any], str]]:
    """Yield every text in a node and its path."""
    whole = spelled(node) if isinstance(node, (str, dict)) else None
    if whole is not None:
        yield path, whole
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, path if str(key).startswith("Fn::") else [*path, key])
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from texts(value, [*path, index])


@lru_cache(maxsize=1024)  # several rules read the texts of each resource
def texts_of(resource: Resource) -> tuple[tuple[list[Any], str], ...]:
    """Return every text in a resource's properties and its path."""
    return tuple(texts(resource.properties, []))


class Reading(NamedTuple):
    """One {{resolve:secretsmanager:...}} in a text."""

    path: list[Any]
    whole: str
    id: str
    rest: list[str]
    key: str
    secret: Resource | None

    def __str__(self) -> str:
        return self.secret.name if self.secret else self.id


@lru_cache(maxsize=1024)
def readings(resource: Resource) -> tuple[Reading, ...]:
    """Return every dynamic reference to a secret in a resource's properties."""
    found: list[Reading] = []
    system = resource.system
    for path, whole in texts_of(resource):
        for body in READING.findall(whole):
            match = PARTS.fullmatch(body)
            name, rest = (match[1], match[2]) if match else (body, None)
            lone = system.target({"Fn::Sub": name}) if re.fullmatch(OPEN, name) else None
            parts = [] if rest is None else rest.split(":")
            key, secret = "".join(parts[1:2]), lone or resource_named(system, name, SECRET)
            found.append(Reading(path, whole, name, parts, key, secret))
    return tuple(found)


def parsed(value: Any) -> Any:
    """Return a text read as JSON, with a word for each variable and dynamic reference."""
    try:
        return json.loads(VARIABLE.sub("1", READING.sub("x", text(value) or "")))
    except ValueError:
        return None


def is_broken(secret: Resource) -> bool:
    """Whether the text of a secret begins like JSON and is none."""
    whole = secret.text("SecretString") or ""
    known = whole.lstrip().startswith("{") and not VARIABLE.search(whole)
    return known and "{{" not in whole and parsed(whole) is None


def keys(secret: Resource | None, *, attached: bool = True) -> set[str] | None:
    """Return the JSON keys of a secret; empty for plain text, None if unknown.

    attached: whether those count that an attachment to a database writes.
    """
    if secret is not None and secret.type == ATTACHMENT:
        secret = secret.target("SecretId")
    if secret is None or secret.type != SECRET:
        return None
    generated, whole = secret.get(GENERATED), secret.text("SecretString")
    if isinstance(generated, dict):
        if "SecretStringTemplate" not in generated:
            return set()
        if is_expression(generated.get("GenerateStringKey")):
            return None
        found = parsed(generated["SecretStringTemplate"])
        added = {str(generated.get("GenerateStringKey"))}
    else:
        found, added = parsed(secret.expression("SecretString")), set()
        plain = whole and "{" not in VARIABLE.sub("", READING.sub("", whole))
        if is_broken(secret) or (found is None and plain and not str(whole).startswith("${")):
            return set()
    if not isinstance(found, dict):
        return None
    return {
        *map(str, found),
        *added,
        *(ATTACHED if attached and secret.users(ATTACHMENT) else ()),
    }


def injected(task: Resource) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield the Secrets and SecretOptions of a task, and their paths."""
    for index, container in containers(task):
        for way in (["Secrets"], ["LogConfiguration", "SecretOptions"]):
            for n, entry in entries(container, *way):
                if "ValueFrom" in entry:
                    yield ["ContainerDefinitions", index, *way, n], entry


def source(task: Resource, value: Any) -> tuple[Resource | None, str]:
    """Return the resource behind a ValueFrom, and the text after its ARN."""
    lead = re.match(OPEN, spelled(value) or "")
    if lead is None:
        return task.system.target(value), ""
    return task.system.target({"Fn::Sub": lead[0]}), str(spelled(value))[lead.end() :]
