"""Bends of rules/cors.py."""

from tests.rules.bends import REMOVE, Bend
from tests.rules.bends_api import ALLOW, ANSWER, API, ERRORS, GATEWAY, OPTIONS, PROXY, P, bend

BENDS = [
    bend("E9514", (*OPTIONS, "ApiKeyRequired"), True),
    bend("E9514", (*OPTIONS, "AuthorizationType"), "AWS_IAM"),
    *(
        Bend("W9514", {(name,): REMOVE}, API)
        for name in ("ApiProxyOptions", "ApiRootOptions", "ApiClientErrors", "ApiServerErrors")
    ),
    bend("W9518", (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"), "'example.com'"),
    bend("W9518", (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"), "'https://a.com/'"),
    bend(
        "W9518",
        (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"),
        REMOVE,
        (*ANSWER, "ResponseParameters"),
    ),
    bend(
        "W9518",
        (*ANSWER, "ResponseParameters", f"{ALLOW}Credentials"),
        "'true'",
    ),
    bend("W9519", (*ANSWER, "ResponseParameters", f"{ALLOW}Headers"), "'Content-Type'"),
    Bend(
        "W9519",
        {
            (*PROXY, "HttpMethod"): "PUT",
            (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"): "'GET'",
        },
        (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"),
    ),
    bend(
        "W9519",
        (*PROXY, "HttpMethod"),
        "GET",
        (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"),
    ),
    bend("W9518", (*ERRORS, "ResponseParameters", f"{GATEWAY}Origin"), "'https://a.com'"),
    bend(
        "W9518",
        (*ERRORS, "ResponseParameters", f"{GATEWAY}Origin"),
        REMOVE,
        (*ERRORS, "ResponseParameters"),
    ),
    bend("W9518", (*ERRORS, "ResponseParameters"), REMOVE, ERRORS),
    bend(
        "W9518",
        ("LoadBalancerListener", P, "ListenerAttributes", 0, "Value"),
        "https://a.com",
        ("LoadBalancerListener", P, "ListenerAttributes", 0),
    ),
]

FINE = [
    bend("W9519", (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"), "'DELETE,GET,HEAD'"),
]
