"""Who may call a REST API: its resource policy beside its authorizers."""

from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.rules._api import API, GUIDE, METHOD, parts
from cfnlink.system.documents import document
from cfnlink.system.expressions import at, is_expression, reached
from cfnlink.system.resource import Resource

FLOW = f"{GUIDE}apigateway-authorization-flow.html"
# one Allow is enough: that of the policy, or that of the authorizer or the caller's own
EITHER = ("AWS_IAM", "CUSTOM")
# where a request comes from, in small letters
ORIGINS = frozenset({"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip"})


@rule("W9967", API, FLOW)
def policy_denies_what_it_does_not_allow(api: Resource) -> Faults:
    """An API with an authorizer denies requests from where its policy does not allow them.
    Beside a Lambda authorizer or IAM authorization API Gateway evaluates both policies
    together, and one Allow is enough. A policy that only allows some addresses or endpoints
    admits the token of a client at any address. An explicit Deny counts at once."""
    method = next((m for m in parts(api, METHOD) if m.get("AuthorizationType") in EITHER), None)
    policy = document(api.expression("Policy"))
    statements = [body for _, body in reached(policy, ["Statement", "*"])]
    effects = [at(body, "Effect") for body in statements]
    if method is None or not effects or {*map(str, effects)} != {"Allow"}:
        return
    if all(map(_limits_the_origin, statements)):
        yield (
            ["Policy"],
            f"a client that {method.name} authorizes may call from anywhere; allow all, and "
            "add a Deny for the others, such as NotIpAddress with aws:SourceIp",
        )


def _limits_the_origin(statement: Any) -> bool:
    """Whether a statement is known to hold for some origins only."""
    if is_expression(statement) or not isinstance(at(statement, "Condition"), dict):
        return False
    keys = [key for tests in statement["Condition"].values() if isinstance(tests, dict)
            for key in tests]  # fmt: skip
    return any(str(key).lower() in ORIGINS for key in keys)
