"""No deploy role gets out of its environment; each way is tried.

They are asked of the policies as `deploy-role` writes them, by a small reading of IAM's rules.
tests/operations/test_guarded.py tries those that an emulator can decide.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from cfnlink.operations.environment import open_environment
from cfnlink.operations.grants import Grant
from cfnlink.operations.permissions import Permissions
from tests.helpers import example_output
from tests.operations.iam import ACCOUNT, Keys, Request, is_allowed, resolved
from tests.operations.roles import (
    BOUNDARY,
    ZONE,
    account_may,
    arn,
    ask,
    environment_may,
    statements,
    tags,
)

# What belongs to the account and is read, and where something new is created.
COMMON = re.compile(
    f"shop-account|hostedzone/{ZONE}"
    "|::/(apikeys|domainnames|restapis|usageplans|vpclinks|tags/.*)$"
)
PLACEHOLDERS = {"Import1": BOUNDARY, "Import2": ZONE}
OWN, FOREIGN = "development", "production"
ADMINISTRATOR: Keys = {"iam:PolicyARN": "arn:aws:iam::aws:policy/AdministratorAccess"}
BOUNDED: Keys = {"iam:PermissionsBoundary": BOUNDARY}
OTHER_BOUNDARY: Keys = {
    "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"
}
TO_TASKS: Keys = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
ROLE = "role/shop-{}-service-TaskRole-1A2B3C4D5E6F"
LOG_ROLE = "role/shop-account-ApiGatewayLogRole-1A2B3C4D5E6F"
SECRET = "secret:MasterSecret-1a2B3c4D5e6F-aBcDeF"
CLUSTER = "cluster/shop-{}-service-Cluster-1a2B"
SERVICE = "service/shop-{0}-service-Cluster-1a2B/shop-{0}-service-Service-3c4D"
DEFINITION = "task-definition/shop-{}-service-TaskDefinition-5e6F:7"
API_TAGS = "/tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa1b2c3"


def keys(*names: str) -> Keys:
    """Return the keys of the tags in a request."""
    return {"aws:TagKeys": [*names]}


def on(action: str, end: str, *more: Keys) -> Request:
    """Return a request on a resource of the environment {}, with its tags."""
    return ask(action, end, tags("{}"), *more)


def of(environment: str, request: Request) -> Request:
    """Return the request with the name of an environment where {} stands."""
    filled = {
        key: value.replace("{}", environment) if isinstance(value, str) else value
        for key, value in request.keys.items()
    }
    resource = request.resource.replace("{0}", environment).replace("{}", environment)
    return replace(request, resource=resource, keys=filled)


# Allowed on what is the environment's own, so that each denial says something.
MIRRORED: dict[str, Request] = {
    "1 tag the owner's secret": on("secretsmanager:TagResource", SECRET, tags(OWN, "Request")),
    "2 read the owner's secret": on("secretsmanager:GetSecretValue", SECRET),
    "3 open a security group": on("ec2:AuthorizeSecurityGroupIngress", "security-group/sg-1"),
    "4 tag the VPC": on("ec2:CreateTags", "vpc/vpc-1", tags(OWN, "Request")),
    "8 read the value of an API key": on("apigateway:GET", "/apikeys/a1b2c3"),
    "9 delete the REST API": on("apigateway:DELETE", "/restapis/a1b2c3"),
    "10 restore a snapshot": on(
        "rds:RestoreDBInstanceFromDBSnapshot", "snapshot:rds:shop-{}-1-2026-11-24-03-10"
    ),
    "change an API": on("apigateway:PATCH", "/restapis/a1b2c3"),
    "give an API a resource": on("apigateway:POST", "/restapis/a1b2c3/resources"),
    "change a usage plan": on("apigateway:PATCH", "/usageplans/a1b2c3"),
    "write a secret": on("secretsmanager:PutSecretValue", SECRET),
    "delete a secret": on("secretsmanager:DeleteSecret", SECRET),
    "delete the VPC": on("ec2:DeleteVpc", "vpc/vpc-1"),
    "make a subnet in the VPC": on("ec2:CreateSubnet", "vpc/vpc-1"),
    "lead a route table elsewhere": on("ec2:CreateRoute", "route-table/rtb-1"),
    "delete the load balancer": on(
        "elasticloadbalancing:DeleteLoadBalancer", "loadbalancer/app/shop/1"
    ),
    "tag the load balancer": on(
        "elasticloadbalancing:AddTags", "loadbalancer/app/shop/1", tags(OWN, "Request")
    ),
    "change the listener": on("elasticloadbalancing:ModifyListener", "listener/app/shop/1/2"),
    "restore to a point in time": on(
        "rds:RestoreDBInstanceToPointInTime", "auto-backup:ab-1a2b3c"
    ),
    "scale the service": on(
        "application-autoscaling:RegisterScalableTarget",
        "scalable-target/1a2b",
        {"application-autoscaling:scalable-dimension": "ecs:service:DesiredCount"},
    ),
    "overwrite the dashboard": Request(
        "cloudwatch:PutDashboard",
        f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/Dashboard-1A2B",
        tags("{}"),
    ),
    "delete a stack": ask("cloudformation:DeleteStack", "stack/shop-{}-api/1a2b"),
    "change a stack": ask("cloudformation:CreateChangeSet", "stack/shop-{}-api/1a2b"),
    "execute a change set": ask("cloudformation:ExecuteChangeSet", "stack/shop-{}-api/1a2b"),
    "open a stack policy": ask("cloudformation:SetStackPolicy", "stack/shop-{}-database/1a2b"),
    "end termination protection": ask(
        "cloudformation:UpdateTerminationProtection", "stack/shop-{}-database/1a2b"
    ),
    "take the lease": ask("ssm:PutParameter", "parameter/shop/{}/deployment"),
    "read the lease": ask("ssm:GetParameter", "parameter/shop/{}/deployment"),
    "delete a log group": ask("logs:DeleteLogGroup", "log-group:shop-{}-api-AccessLog-1a2B:*"),
    "read a log": ask("logs:FilterLogEvents", "log-group:shop-{}-service-LogGroup-1a2B:*"),
    "delete a log of the database": ask(
        "logs:DeleteLogGroup", "log-group:/aws/rds/instance/shop-{}-2/upgrade"
    ),
    "delete the instance": ask("rds:DeleteDBInstance", "db:shop-{}-1"),
    "end the instance's protection": ask("rds:ModifyDBInstance", "db:shop-{}-12"),
    "change the service": ask("ecs:UpdateService", SERVICE),
    "run a task in the cluster": ask(
        "ecs:RunTask", DEFINITION.format(OWN), {"ecs:cluster": arn("ecs", CLUSTER)}
    ),
    "run the task definition": ask(
        "ecs:RunTask", DEFINITION, {"ecs:cluster": arn("ecs", CLUSTER.format(OWN))}
    ),
    "create a role": ask("iam:CreateRole", ROLE, BOUNDED),
    "change the policies of a role": ask("iam:PutRolePolicy", ROLE, BOUNDED),
    "pass a role": ask("iam:PassRole", ROLE, TO_TASKS),
    "tag a role": ask("iam:TagRole", ROLE, tags(OWN, "Request")),
    "delete a role": ask("iam:DeleteRole", ROLE),
    "publish as the alarms": ask("sns:SetTopicAttributes", "shop-{}-monitoring-AlarmTopic-1A"),
    "subscribe to the alarms": ask("sns:Subscribe", "shop-{}-monitoring-AlarmTopic-1A"),
    "delete an alarm": ask("cloudwatch:DeleteAlarms", "alarm:shop-{}-monitoring-ServiceCpu-1A"),
    "delete the alarms of scaling": ask(
        "cloudwatch:DeleteAlarms",
        "alarm:TargetTracking-service/shop-{0}-service-Cluster/shop-{0}-service-Service-High",
    ),
    "say that a resource is another's": ask(
        "ec2:CreateTags", "vpc/vpc-1", tags(OWN), tags("{}", "Request")
    ),
    "create with another's tag": ask(
        "rds:CreateDBSubnetGroup",
        "subgrp:shop-development-database-subnetgroup-1a2b",
        tags("{}", "Request"),
    ),
}


@pytest.mark.parametrize("name", MIRRORED)
def test_an_environment_does_to_itself_what_it_cannot_do_to_another(name: str) -> None:
    request = MIRRORED[name]

    assert environment_may(OWN, of(OWN, request))
    assert not environment_may(OWN, of(FOREIGN, request))


# Denied whose ever it is.
DENIED: dict[str, Request] = {
    "5 any right for the account's role": ask("iam:PutRolePolicy", LOG_ROLE, BOUNDED),
    "6 any trust for the account's role": ask("iam:UpdateAssumeRolePolicy", LOG_ROLE, BOUNDED),
    "7 a role named like the account's": ask(
        "iam:CreateRole", "role/shop-account-Mine-1A2B3C4D5E6F", BOUNDED
    ),
    "8 the values of all API keys": ask("apigateway:GET", "/apikeys"),
    "11 make the repository public": ask(
        "ecr:SetRepositoryPolicy", "repository/shop-account-repository-1a2b", tags(None)
    ),
    "12 let image tags move": ask(
        "ecr:PutImageTagMutability", "repository/shop-account-repository-1a2b", tags(None)
    ),
    "13 end the account stack's protection": ask(
        "cloudformation:UpdateTerminationProtection", "stack/shop-account/1a2b"
    ),
    "14 deregister a task definition": ask("ecs:DeregisterTaskDefinition"),
    "14 deregister another's": ask("ecs:DeregisterTaskDefinition", DEFINITION.format(FOREIGN)),
    "change the account stack": ask("cloudformation:CreateChangeSet", "stack/shop-account/1a"),
    "delete the account stack": ask("cloudformation:DeleteStack", "stack/shop-account/1a2b"),
    "push an image": ask("ecr:PutImage", "repository/shop-account-repository-1a2b"),
    "delete an image": ask("ecr:BatchDeleteImage", "repository/shop-account-repository-1a2b"),
    "delete the repository": ask(
        "ecr:DeleteRepository", "repository/shop-account-repository-1a2b"
    ),
    "claim the repository": ask(
        "ecr:TagResource", "repository/shop-account-repository-1a2b", tags(OWN, "Request")
    ),
    "another log role for all APIs": ask("apigateway:PATCH", "/account"),
    "a role without a boundary": ask("iam:CreateRole", ROLE.format(OWN)),
    "a role with another boundary": ask("iam:CreateRole", ROLE.format(OWN), OTHER_BOUNDARY),
    "a role with another environment's tag, which the boundary compares": ask(
        "iam:CreateRole", ROLE.format(OWN), BOUNDED, tags(FOREIGN, "Request")
    ),
    "another environment's tag for its own role": ask(
        "iam:TagRole", ROLE.format(OWN), BOUNDED, tags(FOREIGN, "Request")
    ),
    "another boundary for a role": ask(
        "iam:PutRolePermissionsBoundary", ROLE.format(OWN), OTHER_BOUNDARY
    ),
    "no boundary for a role": ask(
        "iam:DeleteRolePermissionsBoundary", ROLE.format(OWN), BOUNDED
    ),
    "rights for a role without a boundary": ask("iam:PutRolePolicy", ROLE.format(OWN)),
    "administrator's rights for a role": ask(
        "iam:AttachRolePolicy", ROLE.format(OWN), BOUNDED, ADMINISTRATOR
    ),
    "another trust for a role": ask("iam:UpdateAssumeRolePolicy", ROLE.format(OWN), BOUNDED),
    "a role that is none of the templates'": ask(
        "iam:CreateRole", "role/shop-development-service-Mine-1A2B", BOUNDED
    ),
    "widen the boundary": Request("iam:CreatePolicyVersion", BOUNDARY),
    "another version of the boundary": Request("iam:SetDefaultPolicyVersion", BOUNDARY),
    "delete the boundary": Request("iam:DeletePolicy", BOUNDARY),
    "write a policy": ask("iam:CreatePolicy", "policy/shop-development-service-Mine-1A2B"),
    "widen the own role": ask(
        "iam:PutRolePolicy", "role/deploy/shop-development-deploy-role-Role-1A2B", BOUNDED
    ),
    "widen the own policies": ask(
        "iam:CreatePolicyVersion", "policy/deploy/shop-development-deploy-role-Policy1-1A2B"
    ),
    "change the own role's stack": ask(
        "cloudformation:CreateChangeSet", "stack/shop-development-deploy-role/1a2b"
    ),
    "become the account's deploy role": ask(
        "sts:AssumeRole", "role/deploy/shop-account-deploy-role-Role-1A2B"
    ),
    "a role for a server": ask(
        "iam:PassRole", ROLE.format(OWN), {"iam:PassedToService": "ec2.amazonaws.com"}
    ),
    "a role for a function": ask(
        "iam:PassRole", ROLE.format(OWN), {"iam:PassedToService": "lambda.amazonaws.com"}
    ),
    "a role for CloudFormation": ask(
        "cloudformation:CreateChangeSet",
        "stack/shop-development-api/1a2b",
        {"cloudformation:RoleArn": arn("iam", "role/administrator")},
    ),
    "take over a resource by import": ask(
        "cloudformation:CreateChangeSet",
        "stack/shop-development-api/1a2b",
        {"cloudformation:ImportResourceTypes": ["AWS::RDS::DBInstance"]},
    ),
    "a user": ask("iam:CreateUser", "user/mine"),
    "an access key": ask("iam:CreateAccessKey", "user/administrator"),
    "another identity provider": ask("iam:CreateOpenIDConnectProvider", "oidc-provider/mine"),
    "a function": ask("lambda:CreateFunction", "function:mine"),
    "a server": ask("ec2:RunInstances", "instance/*"),
    "a key of KMS": ask("kms:Decrypt", "key/1a2b"),
    "an object": ask("s3:GetObject", "shop/secret"),
    "a parameter of others": ask("ssm:GetParameter", "parameter/theirs/password"),
    "a command in a task": ask(
        "ecs:ExecuteCommand", "task/shop-development-service-Cluster-1a2B/1a2b"
    ),
    "take the tag of the own secret away": ask(
        "secretsmanager:UntagResource", SECRET, tags(OWN), keys("environment")
    ),
    "take the tag of the own VPC away": ask(
        "ec2:DeleteTags", "vpc/vpc-1", tags(OWN), keys("project")
    ),
    "take all tags away without a name": ask("ec2:DeleteTags", "vpc/vpc-1", tags(OWN)),
    "take the tag of the own API away": ask("apigateway:DELETE", API_TAGS, keys("environment")),
    "claim an API": ask(
        "apigateway:PUT", API_TAGS, tags(OWN, "Request"), keys("project", "environment")
    ),
    "claim an untagged VPC": ask(
        "ec2:CreateTags", "vpc/vpc-1", tags(OWN, "Request"), keys("project", "environment")
    ),
    "claim an untagged load balancer": ask(
        "elasticloadbalancing:AddTags",
        "loadbalancer/app/theirs/1",
        tags(OWN, "Request"),
        keys("project", "environment"),
    ),
    "claim an untagged automated backup": ask(
        "rds:AddTagsToResource",
        "auto-backup:ab-1a2b3c",
        tags(OWN, "Request"),
        keys("project", "environment"),
    ),
    "restore an untagged automated backup": ask(
        "rds:RestoreDBInstanceToPointInTime", "auto-backup:ab-1a2b3c"
    ),
    "restore an untagged snapshot": ask(
        "rds:RestoreDBInstanceFromDBSnapshot", "snapshot:theirs"
    ),
    "read an untagged secret": ask("secretsmanager:GetSecretValue", SECRET),
    "read a secret of another name": ask(
        "secretsmanager:GetSecretValue", "secret:theirs-aBcDeF", tags(OWN)
    ),
    "publish the own secret": ask("secretsmanager:PutResourcePolicy", SECRET, tags(OWN)),
    "share a snapshot": ask("rds:ModifyDBSnapshotAttribute", "snapshot:mine", tags(OWN)),
    "copy a snapshot": ask("rds:CopyDBSnapshot", "snapshot:mine", tags(FOREIGN)),
    "delete a snapshot": ask("rds:DeleteDBSnapshot", "snapshot:mine", tags(FOREIGN)),
    "delete the hosted zone": ask("route53:DeleteHostedZone", f"hostedzone/{ZONE}"),
    "stop another's task": ask("ecs:StopTask", "task/shop-production-service-Cluster-1a2B/1"),
    "silence an alarm": ask("cloudwatch:DisableAlarmActions", "alarm:shop-production-x"),
    "end a service-linked role": ask(
        "iam:DeleteServiceLinkedRole", "role/aws-service-role/ecs.amazonaws.com/x"
    ),
    "a service-linked role of another service": ask(
        "iam:CreateServiceLinkedRole",
        "role/aws-service-role/organizations.amazonaws.com/x",
        {"iam:AWSServiceName": "organizations.amazonaws.com"},
    ),
    "a setting of the whole account": ask("ecs:PutAccountSettingDefault"),
    "another region": Request(
        "ec2:DeleteVpc", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc/vpc-1", tags(OWN)
    ),
}


@pytest.mark.parametrize("name", DENIED)
@pytest.mark.fault(
    "the role of an environment reaches for more than its own",
    "IAM denies each call",
)
def test_an_environment_cannot(name: str) -> None:
    assert not environment_may(OWN, DENIED[name])


@pytest.mark.parametrize(
    ("action", "end"),
    [
        ("logs:DeleteLogGroup", "log-group:shop-development-service-service-LogGroup-1a2B:*"),
        ("ecs:DeleteCluster", "cluster/shop-development-service-service-Cluster-1a2B"),
        ("sns:DeleteTopic", "shop-development-monitoring-monitoring-AlarmTopic-1A"),
        ("iam:TagRole", "role/shop-development-service-TaskRole-TaskRole-1A2B"),
    ],
)
def test_an_environment_whose_name_begins_alike_is_told_by_its_tags(
    action: str, end: str
) -> None:
    assert environment_may(OWN, ask(action, end, tags(OWN)))
    assert not environment_may(OWN, ask(action, end, tags("development-service")))


@pytest.mark.parametrize("role", ["service-TaskRole", "database-ExecutionRole"])
def test_a_role_of_an_environment_whose_name_begins_alike_is_not_passed(role: str) -> None:
    """AWS compares no tags there: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    named = f"role/shop-development-service-{role}-1A2B3C4D5E6F"
    assert not environment_may(OWN, ask("iam:PassRole", named, TO_TASKS))


def instances(grant: Grant) -> Iterator[Request]:
    """Return a passing request for each action on each resource of a grant."""
    found: Keys = {}
    for operator, key, values in grant.tests:
        if operator != "Null":
            found[key] = list(values[:1]) if operator.startswith("ForAll") else values[0]
        elif values == ("false",):
            found.setdefault(key, ["other"])
    filled = resolved([{"Fn::Sub": each} for each in grant.resources], PLACEHOLDERS)
    for action in grant.actions:
        for resource in filled:
            like = resource.replace("?", "1").replace("*", "1a")
            yield Request(action, like, resolved_keys(found) | tags(FOREIGN))


def resolved_keys(found: Keys) -> Keys:
    """Return the keys with what CloudFormation and GitHub fill in."""
    return {
        key: resolved({"Fn::Sub": value}, PLACEHOLDERS) if isinstance(value, str) else value
        for key, value in found.items()
    }


def test_no_environment_may_do_to_another_what_it_may_do_to_its_own() -> None:
    """It tries every action on every resource, except those that the output calls wide."""
    permissions = Permissions(open_environment(example_output(FOREIGN)))
    tried = [
        request
        for grant in permissions.grants
        if grant.effect == "Allow" and not grant.why and not untagged(grant)
        for request in instances(grant)
        if not COMMON.search(request.resource)
    ]

    assert len(tried) > 400
    assert [each for each in tried if not environment_may(FOREIGN, each)] == []
    assert [each for each in tried if environment_may(OWN, each)] == []


def untagged(grant: Grant) -> bool:
    """Return whether a grant is about what has no owner yet, or tags that are just written."""
    tests = {(test.operator, test.key) for test in grant.tests}
    return ("Null", "aws:ResourceTag/environment") in tests or any(
        key.endswith(":CreateAction") for _, key in tests
    )


def names(*records: str) -> Keys:
    """Return the keys of a change of records."""
    prefix = "route53:ChangeResourceRecordSets"
    return {
        f"{prefix}NormalizedRecordNames": [record.partition(" ")[0] for record in records],
        f"{prefix}RecordTypes": [record.partition(" ")[2] for record in records],
    }


VALIDATION = "_3639ac514e785e898d2646601fa951d5"


@pytest.mark.parametrize(
    ("zone", "records", "allowed"),
    [
        (ZONE, ["api.example.com A"], True),
        (ZONE, [f"{VALIDATION}.api.example.com CNAME"], True),
        (ZONE, ["www.example.com A"], False),
        (ZONE, ["example.com MX"], False),
        (ZONE, ["api.example.com MX"], False),
        (ZONE, ["api.example.com A", "www.example.com A"], False),
        (ZONE, ["x.api.example.com A"], False),
        (ZONE, [f"{VALIDATION}.staging.api.example.com CNAME"], False),
        (ZONE, [f"{VALIDATION}.api.example.com TXT"], False),
        ("Z9THEIRS", ["api.example.com A"], False),
    ],
)
def test_only_the_environments_own_records_are_changed(
    zone: str, records: list[str], allowed: bool
) -> None:
    request = ask("route53:ChangeResourceRecordSets", f"hostedzone/{zone}", names(*records))

    assert environment_may("production", request) is allowed
    assert not environment_may("development", request)  # it has no domain


def test_a_change_of_records_that_says_no_names_is_denied() -> None:
    request = ask("route53:ChangeResourceRecordSets", f"hostedzone/{ZONE}")

    assert not environment_may("production", request)


@pytest.mark.parametrize("domain", ["api.example.com", "www.example.com"])
def test_a_certificate_is_asked_for_the_own_domain_only(domain: str) -> None:
    request = ask("acm:RequestCertificate", "*", {"acm:DomainNames": [domain]})

    assert environment_may("production", request) is (domain == "api.example.com")
    assert not environment_may("production", ask("acm:RequestCertificate"))


# The role of the account stack belongs to no environment.
ACCOUNT_DENIED: dict[str, Request] = {
    "an environment's instance": ask("rds:DeleteDBInstance", "db:shop-production-1"),
    "an environment's secret": ask("secretsmanager:GetSecretValue", SECRET, tags(FOREIGN)),
    "an environment's VPC": ask("ec2:DeleteVpc", "vpc/vpc-1", tags(FOREIGN)),
    "an environment's API key": ask("apigateway:GET", "/apikeys/a1b2c3", tags(FOREIGN)),
    "an environment's stack": ask("cloudformation:DeleteStack", "stack/shop-production-api/1"),
    "an environment's role": ask("iam:PutRolePolicy", ROLE.format(FOREIGN), BOUNDED),
    "an environment's log": ask("logs:FilterLogEvents", "log-group:shop-production-x:*"),
    "an environment's lease": ask("ssm:PutParameter", "parameter/shop/production/deployment"),
    "the boundary": Request("iam:CreatePolicyVersion", BOUNDARY),
    "another boundary": ask("iam:CreatePolicy", "policy/shop-account-PermissionsBoundary-2"),
    "the trust of its own role": ask("iam:UpdateAssumeRolePolicy", LOG_ROLE, BOUNDED),
    "a role without a boundary": ask("iam:CreateRole", LOG_ROLE),
    "administrator's rights": ask("iam:AttachRolePolicy", LOG_ROLE, BOUNDED, ADMINISTRATOR),
    "another role": ask("iam:CreateRole", "role/shop-account-Mine-1A2B", BOUNDED),
    "an image": ask("ecr:BatchDeleteImage", "repository/shop-account-repository-1a2b"),
    "its own deploy role": ask(
        "iam:PutRolePolicy", "role/deploy/shop-account-deploy-role-Role-1A2B", BOUNDED
    ),
    "an environment's tag": ask("iam:TagRole", LOG_ROLE, tags(OWN, "Request")),
}
ACCOUNT_ALLOWED: dict[str, Request] = {
    "its stack": ask("cloudformation:CreateChangeSet", "stack/shop-account/1a2b"),
    "its repository": ask("ecr:PutLifecyclePolicy", "repository/shop-account-repository-1a2b"),
    "its log role": ask("iam:PutRolePolicy", LOG_ROLE, BOUNDED),
    "its zone": ask("route53:UpdateHostedZoneComment", f"hostedzone/{ZONE}"),
    "its lease": ask("ssm:PutParameter", "parameter/shop/account/deployment"),
    "the log role of API Gateway": ask("apigateway:PATCH", "/account"),
}


@pytest.mark.parametrize("name", ACCOUNT_DENIED)
@pytest.mark.fault(
    "the role of the account reaches into an environment",
    "IAM denies each call",
)
def test_the_role_of_the_account_cannot_touch(name: str) -> None:
    assert not account_may(ACCOUNT_DENIED[name])


@pytest.mark.parametrize("name", ACCOUNT_ALLOWED)
def test_the_role_of_the_account_changes(name: str) -> None:
    assert account_may(ACCOUNT_ALLOWED[name])


def test_an_environment_reads_the_account_stack() -> None:
    stack, repository = "stack/shop-account/1a2b", "repository/shop-account-repository-1a2b"

    assert environment_may(OWN, ask("cloudformation:DescribeStacks", stack))
    assert environment_may(OWN, ask("cloudformation:GetTemplate", stack))
    assert environment_may(OWN, ask("ecr:BatchGetImage", repository, tags(None)))


def test_every_denial_holds_beside_an_administrators_policy() -> None:
    """Explicit denials: a policy attached to the role later does not open them."""
    everything = {"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}
    role = (*statements(example_output(OWN)), everything)
    explicit = (
        of(FOREIGN, MIRRORED["2 read the owner's secret"]),
        of(FOREIGN, MIRRORED["3 open a security group"]),
        of(FOREIGN, MIRRORED["say that a resource is another's"]),
        DENIED["no boundary for a role"],
        DENIED["another trust for a role"],
        DENIED["widen the boundary"],
        DENIED["take the tag of the own secret away"],
    )

    assert [request for request in explicit if is_allowed(role, request)] == []
    assert is_allowed(role, ask("iam:CreateUser", "user/mine"))
