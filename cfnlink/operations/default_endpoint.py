"""The API's own address, which can be closed once its custom domain answers."""

import http.client
from collections.abc import Iterator

from cfnlink.operations.api_client import Api, connect
from cfnlink.operations.check import OK, Found
from cfnlink.operations.environment import Environment
from cfnlink.operations.stacks import physical
from cfnlink.system.resource import Resource

API, DOMAIN = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::DomainName"
MAPPING = "AWS::ApiGateway::BasePathMapping"


def second_addresses(environment: Environment) -> Iterator[Found]:
    """Yield a recommendation for each API that answers by two addresses.

    The api's own address closes only after its custom domain answers: the other order takes
    the API down while the certificate waits.
    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html
    """
    for api, domain in _mapped(environment):
        is_closed = api.flag("DisableExecuteApiEndpoint")
        name = str(domain.get("DomainName"))
        if (
            not is_closed
            and physical(environment, domain.stack, domain.logical_id)
            and _answers(environment, name)
        ):
            file = environment.environment_file
            says = f"{name} answers; the API's own address, which is open too, can be closed"
            fix = environment.change_setting(file, 'set default_endpoint = "closed" in [api]')
            yield OK, says, fix


def _mapped(environment: Environment) -> Iterator[tuple[Resource, Resource]]:
    """The APIs of the templates, each with a custom domain that is mapped to it."""
    for mapping in environment.system.of(MAPPING):
        found = {end.type: end for end in mapping.named(API, DOMAIN)}
        if len(found) == 2:
            yield found[API], found[DOMAIN]


def _answers(environment: Environment, name: str) -> bool:
    """Whether a domain answers a preflight request, with a certificate of its name."""
    url = f"https://{name}"
    try:
        answer = Api(url, connect(environment, url)).call("OPTIONS", "/")
    except (OSError, http.client.HTTPException):
        return False
    return answer.status < http.HTTPStatus.BAD_REQUEST
