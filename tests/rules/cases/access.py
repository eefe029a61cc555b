"""Bad cases of cfnlink/rules/access.py."""

from tests.rules.cases import REMOVE, case
from tests.template import get_att

LONG = {
    "PolicyName": "long",
    "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sqs:SendMessage",
                "Resource": [f"arn:aws:sqs:us-east-1:111122223333:{n:060}" for n in range(105)],
            }
        ],
    },
}
BY_REFERENCE = [{"Fn::Sub": "${" + f"{n:090}" + "}"} for n in range(105)]

BAD_CASES = [
    case(
        "E9951",
        {"ServiceTaskRole.Policies": [LONG]},
        at="ServiceTaskRole.Policies.0.PolicyDocument",
    ),
    case(
        "E9951",
        {
            "AccountPermissionsBoundary.PolicyDocument.Statement.0.Resource": [
                f"arn:aws:sqs:us-east-1:111122223333:{n:060}" for n in range(60)
            ]
        },
        at="AccountPermissionsBoundary.PolicyDocument",
    ),
    case(
        "W9830",
        {"MonitoringCertificateExpiry.Targets.0.RoleArn": get_att("ServiceTaskRole", "Arn")},
    ),
    case(
        "E9830",
        {
            (
                "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Principal.Service"
            ): "ecs.amazonaws.com"
        },
        at="ServiceTaskDefinition.ExecutionRoleArn",
    ),
    case(
        "E9830",
        {"ServiceTaskDefinition.TaskRoleArn.Fn::GetAtt.0": "AccountApiGatewayLogRole"},
        at="ServiceTaskDefinition.TaskRoleArn",
    ),
    case(
        "E9830",
        {
            (
                "AccountApiGatewayLogRole.AssumeRolePolicyDocument.Statement.0.Principa"
                "l.Service"
            ): ["ecs-tasks.amazonaws.com"]
        },
        at="AccountApiGatewayAccount.CloudWatchRoleArn",
    ),
    case(
        "E9830", {"DatabaseInstance.MonitoringRoleArn": get_att("ServiceExecutionRole", "Arn")}
    ),
    case("W9830", {"ServiceScalableTarget.RoleARN": get_att("ServiceTaskRole", "Arn")}),
    case(
        "E9877",
        {
            (
                "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Principal.Service"
            ): "ecs-task.amazonaws.com"
        },
    ),
    case(
        "E9877",
        {
            (
                "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Principal.Service"
            ): "ecs-tasks.amazonaws.con"
        },
    ),
    case(
        "E9877",
        {
            (
                "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Principal.Service"
            ): "ecs-tasks"
        },
    ),
    case(
        "E9877",
        {
            (
                "AccountApiGatewayLogRole.AssumeRolePolicyDocument.Statement.0.Principa"
                "l.Service"
            ): ["api-gateway.amazonaws.com"]
        },
        at=(
            "AccountApiGatewayLogRole.AssumeRolePolicyDocument.Statement.0.Principal.Service.0"
        ),
    ),
    case(
        "W9878",
        {
            "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Principal": {"AWS": "*"},
            "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Condition": REMOVE,
        },
    ),
    case(
        "W9878",
        {
            "AccountRepository.RepositoryPolicyText": {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "ecr:BatchGetImage",
                },
            }
        },
        at="AccountRepository.RepositoryPolicyText.Statement.Principal",
    ),
    case(
        "W9879",
        {"ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action": ["*"]},
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action.0",
    ),
    case(
        "W9879",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Action": "ecr:*",
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.1.Resource": "*",
        },
    ),
    case(
        "W9880",
        {"ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Resource": "*"},
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action.0",
    ),
    case(
        "W9880",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action": [
                "iam:PassRole"
            ],
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Resource": ["*"],
        },
        at="ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action.0",
    ),
    case(
        "W9879",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.Action": "iam:DeleteServiceLinkedRole"
        },
    ),
    case(
        "W9877",
        {"ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.NotAction": ["iam:*"]},
    ),
    case(
        "W9877",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement.3.NotResource": [
                "arn:aws:s3:::x"
            ]
        },
    ),
    case(
        "W9876",
        {
            "ServiceExecutionRole.ManagedPolicyArns": [
                "arn:aws:iam::aws:policy/AdministratorAccess"
            ]
        },
        at="ServiceExecutionRole.ManagedPolicyArns.0",
    ),
    case(
        "E9876",
        {
            "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Action": "sts:GetCallerIdentity"
        },
    ),
    case(
        "E9876",
        {
            "ServiceExecutionRole.AssumeRolePolicyDocument.Statement.0.Action": [
                "sts:AssumeRoleWithSAML"
            ]
        },
    ),
    case(
        "W9875",
        {
            "ServiceExecutionRole.Policies.0.PolicyDocument.Version": REMOVE,
            "ServiceExecutionRole.Policies.0.PolicyDocument.Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": {"Fn::Sub": "arn:aws:s3:::images/${!aws:username}/*"},
                }
            ],
        },
    ),
    case(
        "E9837",
        {
            "AccountApiGatewayLogRole.ManagedPolicyArns.0": {
                "Fn::Sub": (
                    "arn:${AWS::Partition}:iam::aws:policy/AmazonAPIGatewayPushToCloudWatchLogs"
                )
            }
        },
    ),
    case(
        "E9837",
        {
            "AccountApiGatewayLogRole.ManagedPolicyArns.0": {
                "Fn::Sub": (
                    "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudwatchLogs"
                )
            }
        },
    ),
    case(
        "E9837",
        {
            "AccountApiGatewayLogRole.ManagedPolicyArns.0": {
                "Fn::Sub": "arn:aws:iam::aws:policy/AmazonECSTaskExecutionRolePolicy"
            }
        },
    ),
]

ACCEPTED = [
    case(
        "E9951",
        {"AccountPermissionsBoundary.PolicyDocument.Statement.0.Resource": BY_REFERENCE},
    ),
    case("W9875", {"ServiceExecutionRole.Policies.0.PolicyDocument.Version": REMOVE}),
]
