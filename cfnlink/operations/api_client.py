"""A client of the API: one request and its answer."""

import http.client
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from cfnlink.operations.environment import Environment
from cfnlink.operations.stacks import DeployedStack
from cfnlink.system.parts import Part

ORIGIN = "Access-Control-Allow-Origin"
TIMEOUT_SECONDS = 35


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    def origins(self) -> list[str]:
        """Return the CORS headers; a browser accepts exactly one."""
        return self.headers.get_all(ORIGIN) or []


@dataclass(frozen=True)
class Api:
    """The address of requests, and the name by which the API is called."""

    url: str
    connect: str

    def call(self, method: str, path: str, **headers: str) -> Answer:
        """Send one request; the certificate must be that of the name."""
        to, named = urlsplit(self.connect), urlsplit(self.url)
        if to.scheme == "https":
            tls = ssl.create_default_context()
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                to.netloc, timeout=TIMEOUT_SECONDS, context=tls
            )
        else:
            connection = http.client.HTTPConnection(to.netloc, timeout=TIMEOUT_SECONDS)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(
                method, f"{to.path}{path}", headers={"Host": named.netloc, **sent}
            )
            answer = connection.getresponse()
            body = answer.read().decode("utf-8", "replace")
            return Answer(answer.status, answer.headers, body)
        finally:
            connection.close()


def address(environment: Environment, deployed: Iterable[DeployedStack]) -> str:
    """Return the URL of the API; empty where it has none that is open.

    It is that of the custom domain, and before that stack is up, the API's own, which a
    setting can close.
    """
    outputs = {stack.name: stack.outputs for stack in deployed}
    found = (outputs.get(stack, {}).get(name) for stack, name in url_outputs(environment))
    urls = [url for url in found if url]
    if not urls or (".execute-api." in urls[-1] and _is_closed(environment)):
        return ""
    return urls[-1]


def url_outputs(environment: Environment) -> list[tuple[str, str]]:
    """Return the stacks and outputs with an address of the API, the custom domain last."""
    return [
        (stack.name, stack.parts[part])
        for part in (Part.DEFAULT_URL, Part.URL)
        for stack in environment.stacks
        if part in stack.parts
    ]


def _is_closed(environment: Environment) -> bool:
    apis = environment.system.of("AWS::ApiGateway::RestApi")
    return any(api.flag("DisableExecuteApiEndpoint") for api in apis)


def connect(environment: Environment, url: str) -> str:
    """Return the address, or that of the emulator."""
    if not environment.emulated:
        return url
    endpoint = str(environment.clients.apigateway.meta.endpoint_url)
    host, stage = urlsplit(url).netloc, urlsplit(url).path
    if ".execute-api." in host:
        return f"{endpoint}/restapis/{host.partition('.')[0]}{stage}/_user_request_"
    return endpoint
