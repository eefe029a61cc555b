"""Bad cases of cfnlink/rules/api_access.py."""

import json
from typing import Any

from tests.rules.cases import case

CALL = {"Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
INSIDE = {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}
OUTSIDE = {"NotIpAddress": {"aws:sourceip": ["203.0.113.0/24"]}}
ALLOWED = {"Effect": "Allow", **CALL, "Condition": INSIDE}
DENIED = {"Effect": "Deny", **CALL, "Condition": OUTSIDE}


def guarded(*statements: Any, kind: str = "CUSTOM", text: bool = False) -> dict[str, Any]:
    """Return an API with a policy, and a method with an authorizer."""
    policy: Any = {"Version": "2012-10-17", "Statement": [*statements]}
    return {
        "ApiRestApi.Policy": json.dumps(policy) if text else policy,
        "ApiProxyMethod.AuthorizationType": kind,
    }


BAD_CASES = [
    case("W9967", guarded(ALLOWED), at="ApiRestApi.Policy"),
    case("W9967", guarded(ALLOWED, text=True), at="ApiRestApi.Policy"),
    case("W9967", guarded(ALLOWED, kind="AWS_IAM"), at="ApiRestApi.Policy"),
]

ACCEPTED = [
    case("W9967", guarded({"Effect": "Allow", **CALL}, DENIED)),
    case("W9967", guarded(ALLOWED, DENIED)),
    case("W9967", guarded(ALLOWED, kind="NONE")),
    case("W9967", guarded(ALLOWED, kind="COGNITO_USER_POOLS")),
    case("W9967", guarded({"Effect": "Allow", **CALL})),
    case("W9967", guarded({"Fn::If": ["Open", DENIED, ALLOWED]})),
]
