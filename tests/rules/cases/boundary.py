"""Bad cases of cfnlink/rules/boundary.py."""

from tests.rules.cases import REMOVE, case

WIDER_POLICY = {
    "PolicyName": "more",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["dynamodb:PutItem"], "Resource": "*"}],
    },
}

BAD_CASES = [
    case(
        "E9860",
        {"ServiceTaskRole.Policies": [WIDER_POLICY]},
        at="ServiceTaskRole.Policies.0.PolicyDocument.Statement.0.Action.0",
    ),
    case(
        "E9860",
        {
            "AccountPermissionsBoundary.PolicyDocument.Statement.3.Action": "secretsmanager:DescribeSecret"
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action.0",
    ),
    case(
        "E9860",
        {
            "AccountPermissionsBoundary.PolicyDocument.Statement.2.Effect": "Deny",
            "AccountPermissionsBoundary.PolicyDocument.Statement.4.Effect": "Deny",
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.2.Action.0",
    ),
    case(
        "E9860",
        {"AccountPermissionsBoundary.PolicyDocument.Statement.4.Action": ["logs:PutLogEvents"]},
        at="AccountApiGatewayLogRole.ManagedPolicyArns.0",
    ),
    case("W9861", {"ServiceExecutionRole.Tags": REMOVE}),
    case(
        "W9861", {"ServiceExecutionRole.Tags": [{"Key": "Environment", "Value": "production"}]}
    ),
    case("W9862", {"ServiceTaskRole.PermissionsBoundary": REMOVE}),
]

ACCEPTED = [
    case(
        "E9860",
        {
            "ServiceTaskRole.PermissionsBoundary": "arn:aws:iam::111122223333:policy/theirs",
            "ServiceTaskRole.Policies": [WIDER_POLICY],
        },
    ),
    case(
        "E9860",
        {
            "AccountPermissionsBoundary.PolicyDocument.Statement.0": {
                "Effect": "Allow",
                "NotAction": "iam:*",
                "Resource": "*",
            }
        },
    ),
    case(
        "E9860",
        {
            "AccountPermissionsBoundary.PolicyDocument.Statement.3.Action": [
                "secretsmanager:*",
                "ssm:*",
            ]
        },
    ),
    case(
        "E9860",
        {
            "ServiceTaskRole.Policies": [
                {
                    "PolicyName": "more",
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {"Effect": "Allow", "Action": ["ssmmessages:*"], "Resource": "*"}
                        ],
                    },
                }
            ]
        },
    ),
    case("W9861", {"ServiceTaskRole.Policies": [], "ServiceTaskRole.Tags": REMOVE}),
    case("W9862", {"ServiceTaskRole.PermissionsBoundary": {"Fn::If": ["Bound", "a", "b"]}}),
]
