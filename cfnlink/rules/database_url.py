"""A database's URL that is composed in a secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import parse_qs

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.expressions import READING, references, spelled
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105
URL = re.compile(
    r"(?P<scheme>\w+)(\+\w+)?://[^:@/]*:[^@/]*@(?P<host>[^:/?]+)"
    r"(:(?P<port>[^/?]*))?(/(?P<name>[^?]*))?(\?(?P<query>.*))?"
)
SCHEMES = {"postgres": ("postgres", "postgresql"), "mysql": ("mysql",),
           "mariadb": ("mysql", "mariadb")}  # fmt: skip
MODES = ("", "disable", "allow", "prefer", "require", "verify-ca", "verify-full", "no-verify")


class Url(NamedTuple):
    """The parts of a URL and its sslmode, and the instance that it leads to."""

    instance: Resource
    parts: dict[str, str]
    mode: str

    @classmethod
    def of(cls, secret: Resource) -> Iterator[Url]:
        """The URL in a secret, if there is one and it leads to an instance."""
        raw = secret.expression("SecretString")
        match = URL.fullmatch(READING.sub("x", spelled(raw) or "").strip())
        led = (secret.system.resources.get(name) for name, _ in references(raw))
        instances = [found for found in led if found and found.type == "AWS::RDS::DBInstance"]
        if match and instances:
            parts = {key: value or "" for key, value in match.groupdict().items()}
            mode = parse_qs(parts["query"]).get("sslmode", [""])[0]
            yield cls(instances[-1], parts, mode)


@rule("E9811", SECRET, f"{GUIDE}USER_ConnectToPostgreSQLInstance.html")
def database_url_names_the_database(secret: Resource) -> Faults:
    """A composed database URL agrees with its instance.
    The scheme of a database URL must agree with the engine; its host, port and name with the
    endpoint, Port and DBName; its sslmode with a value that libpq knows. The user comes
    before the password."""
    for url in Url.of(secret):
        for fault in faults(url):
            yield ["SecretString"], fault
        whole = spelled(secret.expression("SecretString")) or ""
        keys = [re.findall(r":SecretString:(\w+)", one)[:1] for one in READING.findall(whole)]
        if keys[:2] == [["password"], ["username"]]:
            yield ["SecretString"], "user and password are swapped; write username first"


def faults(url: Url) -> Iterator[str]:
    """Yield the differences between a URL and its instance."""
    instance, parts = url.instance, url.parts
    schemes = SCHEMES.get(str(instance.get("Engine")), (parts["scheme"],))
    if parts["scheme"] not in schemes:
        yield f"{parts['scheme']}:// does not lead to {instance}; use {schemes[0]}"
    for part, right in (("host", "Endpoint.Address"), ("port", "Endpoint.Port")):
        if ".Endpoint." in parts[part] and right not in parts[part]:
            yield f"the {part} is {parts[part]}; use {right}"
    name, known = parts["name"], instance.text("DBName")
    literal = re.fullmatch(r"[\w-]+", name) and known and "{" not in known
    if literal and name != known:
        yield f"the name {name} is not {instance.name}'s {known}; use that"
    group = instance.target("DBParameterGroupName")
    forced = group is not None and str(group.get("Parameters", "rds.force_ssl")) == "1"
    if url.mode == "disable" and forced:
        yield f"{instance.name} refuses connections without TLS; use sslmode=require"
    elif schemes[0] == "postgres" and url.mode not in MODES and "$" not in url.mode:
        yield f"sslmode has no value {url.mode}; use require"


@rule("W9811", SECRET, f"{GUIDE}PostgreSQL.Concepts.General.SSL.html")
def database_url_asks_for_tls(secret: Resource) -> Faults:
    """A composed database URL asks for TLS.
    Without sslmode a PostgreSQL client may connect without encryption: ask for require or
    more in the URL."""
    for url in Url.of(secret):
        if url.instance.get("Engine") != "postgres":
            continue
        if url.mode in ("", "disable", "allow", "prefer"):
            yield ["SecretString"], "the URL does not insist on TLS; add sslmode=require"
        if not url.parts["name"]:
            yield ["SecretString"], "the URL names no database; add the DBName"
