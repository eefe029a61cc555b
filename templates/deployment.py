"""The deployment of the API: a snapshot that is replaced when the API changes.

docs/decisions/0008-deployment-of-the-api.md has the reasons.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from troposphere import apigateway, awslambda

from templates.stack import Stack

# Kinds of resource of which a deployment is a snapshot, and what must stand before it serves.
SNAPSHOT_TYPES = (
    apigateway.RestApi,
    apigateway.Resource,
    apigateway.Method,
    apigateway.GatewayResponse,
    apigateway.Authorizer,
    awslambda.Permission,
)


def api_deployment(stack: Stack, rest_api: apigateway.RestApi) -> apigateway.Deployment:
    """Return a snapshot of the API, under a name that changes when the API changes.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigateway-deployment.html
    """
    served = _served(stack)
    return apigateway.Deployment(
        f"Deployment{_digest(served)}",
        DependsOn=[title for title in served if title != rest_api.title],
        RestApiId=rest_api.ref(),
    )


def _served(stack: Stack) -> dict[str, Any]:
    """The bodies of what is served, and of whatever in this stack they refer to: a link
    that is replaced keeps the text of its reference, and would leave the old one served.
    """
    resources = {title: body.to_dict() for title, body in stack.template.resources.items()}
    waiting = [
        title
        for title, body in stack.template.resources.items()
        if isinstance(body, SNAPSHOT_TYPES)
    ]
    served: dict[str, Any] = {}
    while waiting:
        title = waiting.pop(0)
        if title in resources and title not in served:
            served[title] = resources[title]
            waiting.extend(_referenced(resources[title]))
    return served


def _referenced(body: Any) -> Iterator[str]:
    """Return the logical ids that a body names in Ref and GetAtt."""
    if isinstance(body, dict):
        if "Ref" in body:
            yield body["Ref"]
        if "Fn::GetAtt" in body:
            yield body["Fn::GetAtt"][0]
        body = list(body.values())
    if isinstance(body, list):
        for part in body:
            yield from _referenced(part)


def _digest(served: dict[str, Any]) -> str:
    """Return a digest of some bodies that does not depend on their order."""
    text = json.dumps(served, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
