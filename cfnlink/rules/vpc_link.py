"""How an API reaches a private service: the integration, its VPC link, and the listener."""

import re
from functools import partial

from cfnlink.lint.conditions import is_present, must_be_absent, one_of
from cfnlink.lint.rule import Faults, property_rule, rule
from cfnlink.system.connections import uri_of
from cfnlink.system.network import zones
from cfnlink.system.resource import Resource

GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
METHOD = "AWS::ApiGateway::Method"
LINK, OLD_LINK = "AWS::ApiGatewayV2::VpcLink", "AWS::ApiGateway::VpcLink"
SCHEMES = {"HTTP": "http", "HTTPS": "https", "TLS": "https"}
PRIVATE = re.compile(
    r"(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|internal-)|.*\.(internal|local)$",
    re.IGNORECASE,
)


def links_of(method: Resource) -> set[str]:
    """Return the types of the VPC links that a method's integration names."""
    return {link.type for link in method.follow("Integration.ConnectionId")}


def invokes_lambda(method: Resource) -> bool:
    """Whether an integration invokes a function of Lambda."""
    lambda_ = "lambda" in (method.text("Integration", "Uri") or "")
    return lambda_ and method.get("Integration", "Type") == "AWS_PROXY"


PRIVATE_DOCS = f"{GUIDE}set-up-private-integration.html"


@rule("E9542", METHOD, PRIVATE_DOCS, formerly="E9531")
def named_link_is_used(method: Resource) -> Faults:
    """An integration that names a VPC link has the ConnectionType VPC_LINK.
    With another ConnectionType API Gateway calls over the internet."""
    direct = method.expression("Integration", "ConnectionType") in (None, "INTERNET")
    if direct and links_of(method) & {LINK, OLD_LINK}:
        yield ["Integration"], "a link is used by ConnectionType VPC_LINK only; set it"


# fmt: off
integration = partial(property_rule, on=METHOD, docs=PRIVATE_DOCS, formerly="E9531")

link_v2_has_a_target = integration(
    "E9543", path="Integration.IntegrationTarget", allowed=is_present, required=True,
    good="An integration through a V2 link names its load balancer.",
    only_if=lambda method: links_of(method) == {LINK}, fix="a V2 link needs a balancer's ARN",
)
link_v1_has_no_target = integration(
    "E9544", path="Integration.IntegrationTarget", allowed=must_be_absent,
    good="An integration through a V1 link has no IntegrationTarget.",
    why="A V1 link leads to its own load balancer.",
    only_if=lambda method: links_of(method) == {OLD_LINK},
    fix="a V1 link takes none; remove it",
)
lambda_is_invoked_by_post = integration(
    "E9546", path="Integration.IntegrationHttpMethod", allowed=one_of("POST", "ANY"),
    good="API Gateway invokes Lambda by POST.", only_if=invokes_lambda,
    docs=f"{GUIDE}set-up-lambda-integrations.html",
    fix="Lambda is invoked by POST; set POST",
)
# fmt: on


@rule("E9533", METHOD, f"{GUIDE}set-up-private-integration.html")
def uri_selects_a_listener(method: Resource) -> Faults:
    """The Uri of a private integration leads to a listener.
    The Uri's scheme and port (80, or 443 for https) select the listener of the balancer. If
    the listener does not exist, every request gets 500."""
    balancer = method.target("Integration", "IntegrationTarget")
    behind = method.follow("Integration.ConnectionId", "TargetArns.*")
    balancer = balancer or next(iter(behind), None)
    place, uri = ["Integration", "Uri"], uri_of(method)
    if balancer is None or uri is None or balancer.type == LINK:
        return
    scheme, port = uri.scheme, uri.port
    kind = "AWS::ElasticLoadBalancingV2::Listener"
    users = balancer.users(kind)
    spoken = {user.number("Port"): str(user.get("Protocol")) for user, _ in users}
    unsure = balancer.is_exported or not (users or method.system.linked)
    unsure = unsure or method.system.may_name_any(kind, "LoadBalancerArn")
    if port is None or None in spoken or (port not in spoken and unsure):
        return
    if port not in spoken:
        heard = ", ".join(f"{known:g}" for known in spoken if known) or "no port"
        yield place, f"{balancer.name} listens on {heard}, not on {port:g}; correct it"
    elif SCHEMES.get(spoken[port], scheme) != scheme:
        yield place, f"that listener speaks {spoken[port]}; correct http or https"


@rule("E9537", METHOD, f"{GUIDE}private-integration.html")
def private_host_is_reached_by_a_link(method: Resource) -> Faults:
    """An integration reaches a private host through a link.
    API Gateway calls over the internet unless the integration says VPC_LINK: it cannot reach
    an internal balancer, a private address or a private name."""
    public = method.expression("Integration", "ConnectionType") in (None, "INTERNET")
    if not public or method.get("Integration", "Type") not in ("HTTP", "HTTP_PROXY"):
        return
    uri = uri_of(method)
    balancer = method.target("Integration", "Uri")
    hidden = balancer is not None and balancer.get("Scheme") == "internal"
    if (uri and PRIVATE.match(uri.host)) or hidden:
        yield ["Integration"], "the host is private; set ConnectionType to VPC_LINK"


@rule("E9536", OLD_LINK, f"{GUIDE}vpc-links-v1.html")
def vpc_link_v1_leads_to_a_network_balancer(old_link: Resource) -> Faults:
    """A VPC link V1 leads to a Network Load Balancer.
    A VPC link V1 leads to Network Load Balancers only; for an Application Load Balancer use
    AWS::ApiGatewayV2::VpcLink."""
    for balancer in old_link.targets("TargetArns"):
        application = balancer.expression("Type") in (None, "application")
        if balancer.type == "AWS::ElasticLoadBalancingV2::LoadBalancer" and application:
            yield ["TargetArns"], f"{balancer.name} is no network balancer; use a V2 link"


@rule("W9538", LINK, f"{GUIDE}apigateway-vpc-links-v2.html")
def vpc_link_has_two_zones(link: Resource) -> Faults:
    """A VPC link has subnets in two zones.
    A VPC link needs subnets in two zones to survive the loss of one."""
    if len(zones(link, "SubnetIds")) == 1:
        yield ["SubnetIds"], "all stand in one zone; add a subnet of another"
