"""Where clients send requests: the addresses of a system's APIs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.page.model import Model, Named, anchor, text
from cfnlink.system.expressions import at, mapping, references
from cfnlink.system.resource import Resource

# REST APIs, then HTTP and WebSocket APIs: the types of an API and of the mapping from a domain
# to it, and the mapping's property with the path.
FAMILIES = (
    ("AWS::ApiGateway", "RestApi", "BasePathMapping", "BasePath"),
    ("AWS::ApiGatewayV2", "Api", "ApiMapping", "ApiMappingKey"),
)
DOMAIN = "DomainName"
DEFAULT_STAGE = "$default"  # of an HTTP API: no part of its address


@dataclass(frozen=True)
class Address:
    """An address; `known_by` is the output that has it, where AWS chooses a part of it."""

    url: str
    known_by: Named | None = None


def addresses(model: Model) -> list[Address]:
    """The domain names that lead to each API; without one, its execute-api address.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
    """
    found: list[Address] = []
    for family, api_type, mapping_type, path in FAMILIES:
        for api in model.system.of(f"{family}::{api_type}"):
            named = [
                Address(url)
                for mapping in api.dependents(f"{family}::{mapping_type}")
                if (url := _named(mapping, f"{family}::{DOMAIN}", path))
            ]
            is_closed = api.shown("DisableExecuteApiEndpoint").lower() == "true"
            own = [] if is_closed else api.dependents(f"{family}::Stage")
            found += named or [_unnamed(model, api, stage) for stage in own]
    return list(dict.fromkeys(found))


def _named(mapping: Resource, domain_type: str, path: str) -> str:
    """The address behind a mapping; empty where only AWS knows the domain."""
    domain = mapping.system.first_named(mapping.expression(DOMAIN), domain_type)
    name = (domain or mapping).shown(DOMAIN)
    below = mapping.shown(path)
    return "/".join((f"https://{name}", *([below] if below else []))) if name else ""


def _unnamed(model: Model, api: Resource, stage: Resource) -> Address:
    region = str(model.folder.manifest.get("region") or "REGION")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    scheme = "wss" if api.shown("ProtocolType") == "WEBSOCKET" else "https"
    name = stage.shown("StageName") or "STAGE"
    path = "" if name == DEFAULT_STAGE else f"/{name}"
    url = f"{scheme}://API_ID.execute-api.{region}.{suffix}{path}"
    return Address(url, next(_outputs(model, api), None))


def _outputs(model: Model, api: Resource) -> Iterator[Named]:
    """The outputs that hold an address made of the API's id."""
    stack = model.by_tier[api.tier]
    for name, body in mapping(stack.template.get("Outputs")).items():
        value: Any = at(body, "Value")
        names = {used for used, _ in references(value)}
        if "://" in text(value) and api.logical_id in names:
            label = f"the output {name} of {stack.name}"
            yield Named(label, anchor("export", stack.tier, str(name)))
