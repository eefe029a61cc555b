"""Bad cases of cfnlink/rules/cors.py."""

from tests.rules.cases import REMOVE, BadCase
from tests.rules.cases.api import ALLOW, ANSWER, API, ERRORS, GATEWAY, OPTIONS, PROXY, P, case

BAD_CASES = [
    case("E9514", (*OPTIONS, "ApiKeyRequired"), True),
    case("E9514", (*OPTIONS, "AuthorizationType"), "AWS_IAM"),
    *(
        BadCase("W9514", {(name,): REMOVE}, API)
        for name in ("ApiProxyOptions", "ApiRootOptions", "ApiClientErrors", "ApiServerErrors")
    ),
    case("W9518", (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"), "'example.com'"),
    case("W9518", (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"), "'https://a.com/'"),
    case(
        "W9518",
        (*ANSWER, "ResponseParameters", f"{ALLOW}Origin"),
        REMOVE,
        (*ANSWER, "ResponseParameters"),
    ),
    case(
        "W9518",
        (*ANSWER, "ResponseParameters", f"{ALLOW}Credentials"),
        "'true'",
    ),
    case("W9519", (*ANSWER, "ResponseParameters", f"{ALLOW}Headers"), "'Content-Type'"),
    BadCase(
        "W9519",
        {
            (*PROXY, "HttpMethod"): "PUT",
            (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"): "'GET'",
        },
        (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"),
    ),
    case(
        "W9519",
        (*PROXY, "HttpMethod"),
        "GET",
        (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"),
    ),
    case("W9518", (*ERRORS, "ResponseParameters", f"{GATEWAY}Origin"), "'https://a.com'"),
    case(
        "W9518",
        (*ERRORS, "ResponseParameters", f"{GATEWAY}Origin"),
        REMOVE,
        (*ERRORS, "ResponseParameters"),
    ),
    case("W9518", (*ERRORS, "ResponseParameters"), REMOVE, ERRORS),
    case(
        "W9518",
        ("LoadBalancerListener", P, "ListenerAttributes", 0, "Value"),
        "https://a.com",
        ("LoadBalancerListener", P, "ListenerAttributes", 0),
    ),
]

ACCEPTED = [
    case("W9519", (*ANSWER, "ResponseParameters", f"{ALLOW}Methods"), "'DELETE,GET,HEAD'"),
]
