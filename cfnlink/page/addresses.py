"""Where clients send requests: the addresses of a system's APIs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cfnlink.page.model import Model, Named, anchor, mapping, text
from cfnlink.picture.facts import Facts
from cfnlink.system.references import at, references

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
    facts, found = Facts(model.system), []
    for family, api_type, mapping_type, path in FAMILIES:
        for api in facts.of(f"{family}::{api_type}"):
            named = [
                Address(url)
                for key in facts.users_of(api, f"{family}::{mapping_type}")
                if (url := _named(facts, f"{family}::{DOMAIN}", key, path))
            ]
            stages = facts.users_of(api, f"{family}::Stage")
            own = () if facts.true(api, "DisableExecuteApiEndpoint") else stages
            found += named or [_unnamed(model, facts, api, stage) for stage in own]
    return list(dict.fromkeys(found))


def _named(facts: Facts, domain_type: str, key: str, path: str) -> str:
    """The address behind a mapping; empty where only AWS knows the domain."""
    domain = facts.first(facts.get(key, DOMAIN), domain_type)
    name = facts.text(domain, DOMAIN) if domain else facts.text(key, DOMAIN)
    below = facts.text(key, path)
    return "/".join((f"https://{name}", *([below] if below else []))) if name else ""


def _unnamed(model: Model, facts: Facts, api: str, stage: str) -> Address:
    region = str(model.folder.manifest.get("region") or "REGION")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    scheme = "wss" if facts.text(api, "ProtocolType") == "WEBSOCKET" else "https"
    name = facts.text(stage, "StageName") or "STAGE"
    path = "" if name == DEFAULT_STAGE else f"/{name}"
    url = f"{scheme}://API_ID.execute-api.{region}.{suffix}{path}"
    return Address(url, next(_outputs(model, api), None))


def _outputs(model: Model, api: str) -> Iterator[Named]:
    """The outputs that hold an address made of the API's id."""
    resource = model.system.resources[api]
    stack = model.by_tier[resource.tier]
    for name, body in mapping(stack.template.get("Outputs")).items():
        value: Any = at(body, "Value")
        names = {used for used, _ in references(value)}
        if "://" in text(value) and resource.logical_id in names:
            label = f"the output {name} of {stack.name}"
            yield Named(label, anchor("export", stack.tier, str(name)))
