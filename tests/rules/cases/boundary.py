"""Bad cases of cfnlink/rules/boundary.py."""

from typing import Any

from tests.rules.cases import REMOVE, BadCase

P = "Properties"
BOUNDARY = ("AccountPermissionsBoundary", P, "PolicyDocument", "Statement")
EXECUTION = ("ServiceExecutionRole", P)
POLICIES = ("Policies", 0, "PolicyDocument", "Statement")
TASK = ("ServiceTaskRole", P)
LOG_ROLE = ("AccountApiGatewayLogRole", P)


def policy(*actions: str) -> list[dict[str, Any]]:
    """Inline policies that allow some actions."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return [{"PolicyName": "more", "PolicyDocument": document}]


BAD_CASES = [
    BadCase(
        "E9860",
        {(*TASK, "Policies"): policy("dynamodb:PutItem")},
        (*TASK, *POLICIES, 0, "Action", 0),
    ),
    BadCase(
        "E9860",
        {(*BOUNDARY, 3, "Action"): "secretsmanager:DescribeSecret"},
        (*EXECUTION, *POLICIES, 3, "Action", 0),
    ),
    BadCase(
        "E9860",
        {(*BOUNDARY, 2, "Effect"): "Deny", (*BOUNDARY, 4, "Effect"): "Deny"},
        (*EXECUTION, *POLICIES, 2, "Action", 0),
    ),
    BadCase(
        "E9860",
        {(*BOUNDARY, 4, "Action"): ["logs:PutLogEvents"]},
        (*LOG_ROLE, "ManagedPolicyArns", 0),
    ),
    BadCase("W9861", {(*EXECUTION, "Tags"): REMOVE}, EXECUTION),
    BadCase(
        "W9861",
        {(*EXECUTION, "Tags"): [{"Key": "Environment", "Value": "production"}]},
        (*EXECUTION, "Tags"),
    ),
    BadCase("W9862", {(*TASK, "PermissionsBoundary"): REMOVE}, TASK),
]

ACCEPTED = [
    # A boundary that is elsewhere, or says what it excludes, cannot be read here.
    BadCase(
        "E9860",
        {
            (*TASK, "PermissionsBoundary"): "arn:aws:iam::111122223333:policy/theirs",
            (*TASK, "Policies"): policy("dynamodb:PutItem"),
        },
    ),
    BadCase(
        "E9860",
        {(*BOUNDARY, 0): {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}},
    ),
    BadCase("E9860", {(*BOUNDARY, 3, "Action"): ["secretsmanager:*", "ssm:*"]}),
    BadCase("E9860", {(*TASK, "Policies"): policy("ssmmessages:*")}),
    BadCase("W9861", {(*TASK, "Policies"): [], (*TASK, "Tags"): REMOVE}),
    BadCase("W9862", {(*TASK, "PermissionsBoundary"): {"Fn::If": ["Bound", "a", "b"]}}),
]
