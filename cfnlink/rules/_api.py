"""Names and readers that the rules about API Gateway share."""

from collections.abc import Iterator
from typing import Any

from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
REFERENCE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
ACCOUNT, API, AUTHORIZER, DEPLOYMENT, DOMAIN, KEY, MAPPING, METHOD = (
    f"AWS::ApiGateway::{kind}"
    for kind in ("Account", "RestApi", "Authorizer", "Deployment", "DomainName", "ApiKey",
                 "BasePathMapping", "Method")
)  # fmt: skip
PLAN, PLAN_KEY, RESOURCE, RESPONSE, STAGE = (
    f"AWS::ApiGateway::{kind}"
    for kind in ("UsagePlan", "UsagePlanKey", "Resource", "GatewayResponse", "Stage")
)


def api_of(resource: Resource, *path: Any) -> Resource | None:
    """The API of this template to which a property leads."""
    found = resource.target(*(path or ("RestApiId",)))
    return found if found is not None and found.type == API else None


def parts(api: Resource | None, *kinds: str) -> list[Resource]:
    """The resources of these types that belong to an API by their RestApiId."""
    users = api.users(*kinds) if api is not None and api.type == API else []
    return list(dict.fromkeys(user for user, path in users if path == ["RestApiId"]))


def endpoint_type(front: Resource) -> str | None:
    """EDGE (the default), REGIONAL or PRIVATE, as an API or domain is; None where unknown."""
    if front.is_missing("EndpointConfiguration", "Types"):
        return "EDGE"
    types = [str(kind) for _, kind in front.items("EndpointConfiguration", "Types")]
    return next(iter(types), None)


def apis_named(resource: Resource) -> Iterator[tuple[list[Any], Resource]]:
    """Yield the APIs of this template that a plan or another resource names, and the paths."""
    places = [["ApiStages", n] for n, _ in resource.items("ApiStages")]
    for place in places if resource.type == PLAN else [[]]:
        api = api_of(resource, *place, "ApiId" if place else "RestApiId")
        if api is not None:
            yield place, api
