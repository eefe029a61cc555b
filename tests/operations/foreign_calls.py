"""List calls on an environment's resources that only its own deploy role may make."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.rehearsal.cloud import Cloud

OWN = "development"
TRUST = '{"Version": "2012-10-17", "Statement": []}'
ALL = (
    '{"Version": "2012-10-17", "Statement":'
    ' [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
CLAIM = [{"Key": "environment", "Value": OWN}]
LOOSE = f"arn:aws:iam::000000000000:role/shop-{OWN}-service-TaskRole-Mine"


@dataclass(frozen=True)
class Place:
    """An environment in the emulator, as an administrator sees it."""

    cloud: Cloud
    environment: str

    def stack(self, tier: str) -> str:
        """Return the name of a stack."""
        return "shop-account" if tier == "account" else f"shop-{self.environment}-{tier}"

    def id(self, tier: str, logical_id: str) -> str:
        """Return the physical id of a resource."""
        found = self.cloud.client("cloudformation").describe_stack_resource(
            StackName=self.stack(tier), LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])


Asked = Callable[[Place], dict[str, Any]]


@dataclass(frozen=True)
class Call:
    """A call of boto3, for a place."""

    service: str
    operation: str
    asked: Asked

    def send(self, cloud: Cloud, place: Place) -> Any:
        """Make the call as a role meets the emulator."""
        return getattr(cloud.client(self.service), self.operation)(**self.asked(place))


def of_stack(place: Place) -> dict[str, Any]:
    return {"StackName": place.stack("api")}


def of_api(place: Place) -> dict[str, Any]:
    return {"restApiId": place.id("api", "RestApi")}


def api_arn(place: Place) -> str:
    return f"arn:aws:apigateway:us-east-1::/restapis/{place.id('api', 'RestApi')}"


def instance(place: Place) -> str:
    return f"shop-{place.environment}-1"


def instance_arn(place: Place) -> str:
    return f"arn:aws:rds:us-east-1:000000000000:db:{instance(place)}"


def secret(place: Place) -> dict[str, Any]:
    return {"SecretId": place.id("database", "MasterSecret")}


def group(place: Place) -> dict[str, Any]:
    return {"GroupId": place.id("database", "SecurityGroup")}


def task_role(place: Place) -> dict[str, Any]:
    return {"RoleName": place.id("service", "TaskRole")}


def repository(place: Place) -> dict[str, Any]:
    return {"repositoryName": place.id("account", "Repository")}


def log_role(place: Place) -> dict[str, Any]:
    return {"RoleName": place.id("account", "ApiGatewayLogRole")}


def balancer(place: Place) -> str:
    return place.id("load-balancer", "LoadBalancer")


def service(place: Place) -> dict[str, Any]:
    cluster = place.id("service", "Cluster")
    return {"cluster": cluster, "service": place.id("service", "Service").rsplit("/", 1)[-1]}


def definition(place: Place) -> str:
    return place.id("service", "TaskDefinition")


def lease(place: Place) -> str:
    return f"/shop/{place.environment}/deployment"


# The role of the environment may make them.
OWNED: dict[str, Call] = {
    "read a secret": Call("secretsmanager", "get_secret_value", secret),
    "tag a secret": Call(
        "secretsmanager", "tag_resource", lambda at: secret(at) | {"Tags": CLAIM}
    ),
    "open a security group": Call(
        "ec2",
        "authorize_security_group_ingress",
        lambda at: (
            group(at)
            | {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}
        ),
    ),
    "tag the VPC": Call(
        "ec2",
        "create_tags",
        lambda at: {"Resources": [at.id("network", "Vpc")], "Tags": CLAIM},
    ),
    "read a key": Call(
        "apigateway",
        "get_api_key",
        lambda at: {"apiKey": at.id("api", "ApiKeyDefault"), "includeValue": True},
    ),
    "read the API": Call("apigateway", "get_rest_api", of_api),
    "change the API": Call(
        "apigateway",
        "update_rest_api",
        lambda at: (
            of_api(at)
            | {"patchOperations": [{"op": "replace", "path": "/description", "value": "x"}]}
        ),
    ),
    "read the log": Call(
        "logs", "filter_log_events", lambda at: {"logGroupName": at.id("service", "LogGroup")}
    ),
    "read the template": Call("cloudformation", "get_template", of_stack),
    "read the stack's policy": Call("cloudformation", "get_stack_policy", of_stack),
    "read the stack's events": Call("cloudformation", "describe_events", of_stack),
    "end termination protection": Call(
        "cloudformation",
        "update_termination_protection",
        lambda at: of_stack(at) | {"EnableTerminationProtection": False},
    ),
    "change the instance": Call(
        "rds",
        "modify_db_instance",
        lambda at: {"DBInstanceIdentifier": instance(at), "DeletionProtection": False},
    ),
    "tag the instance": Call(
        "rds",
        "add_tags_to_resource",
        lambda at: {"ResourceName": instance_arn(at), "Tags": CLAIM},
    ),
    "tag the load balancer": Call(
        "elbv2", "add_tags", lambda at: {"ResourceArns": [balancer(at)], "Tags": CLAIM}
    ),
    "change the service": Call(
        "ecs", "update_service", lambda at: service(at) | {"desiredCount": 1}
    ),
    "give a role more rights": Call(
        "iam",
        "put_role_policy",
        lambda at: task_role(at) | {"PolicyName": "more", "PolicyDocument": ALL},
    ),
    "read the lease": Call("ssm", "get_parameter", lambda at: {"Name": lease(at)}),
    "put a secret": Call(
        "secretsmanager", "put_secret_value", lambda at: secret(at) | {"SecretString": "x"}
    ),
}
# The role does without them, or they leave too little of its own environment.
FATAL: dict[str, Call] = {
    "take the lease": Call(
        "ssm",
        "put_parameter",
        lambda at: {"Name": lease(at), "Value": "x", "Type": "String", "Overwrite": True},
    ),
    "tag the API": Call(
        "apigateway",
        "tag_resource",
        lambda at: {"resourceArn": api_arn(at), "tags": {"environment": OWN}},
    ),
    "delete the API": Call("apigateway", "delete_rest_api", of_api),
    "delete a secret": Call("secretsmanager", "delete_secret", secret),
    "delete a stack": Call("cloudformation", "delete_stack", of_stack),
    "execute a change set": Call(
        "cloudformation", "execute_change_set", lambda at: of_stack(at) | {"ChangeSetName": "x"}
    ),
    "ask for a change set": Call(
        "cloudformation",
        "create_change_set",
        lambda at: of_stack(at) | {"ChangeSetName": "x", "TemplateBody": '{"Resources": {}}'},
    ),
    "open the stack's policy": Call(
        "cloudformation",
        "set_stack_policy",
        lambda at: of_stack(at) | {"StackPolicyBody": TRUST},
    ),
    "delete the instance": Call(
        "rds",
        "delete_db_instance",
        lambda at: {"DBInstanceIdentifier": instance(at), "SkipFinalSnapshot": True},
    ),
    "restore a snapshot": Call(
        "rds",
        "restore_db_instance_from_db_snapshot",
        lambda at: {
            "DBInstanceIdentifier": f"shop-{OWN}-9",
            "DBSnapshotIdentifier": f"kept-{at.environment}",
        },
    ),
    "copy a snapshot": Call(
        "rds",
        "copy_db_snapshot",
        lambda at: {
            "SourceDBSnapshotIdentifier": f"kept-{at.environment}",
            "TargetDBSnapshotIdentifier": "mine",
        },
    ),
    "share a snapshot": Call(
        "rds",
        "modify_db_snapshot_attribute",
        lambda at: {
            "DBSnapshotIdentifier": f"kept-{at.environment}",
            "AttributeName": "restore",
            "ValuesToAdd": ["all"],
        },
    ),
    "delete a snapshot": Call(
        "rds",
        "delete_db_snapshot",
        lambda at: {"DBSnapshotIdentifier": f"kept-{at.environment}"},
    ),
    "delete the load balancer": Call(
        "elbv2", "delete_load_balancer", lambda at: {"LoadBalancerArn": balancer(at)}
    ),
    "run a task in the cluster": Call(
        "ecs",
        "run_task",
        lambda at: {
            "cluster": at.id("service", "Cluster"),
            "taskDefinition": definition(Place(at.cloud, OWN)),
        },
    ),
    "run a task of the definition": Call(
        "ecs",
        "run_task",
        lambda at: {
            "cluster": Place(at.cloud, OWN).id("service", "Cluster"),
            "taskDefinition": definition(at),
        },
    ),
    "deregister the task definition": Call(
        "ecs", "deregister_task_definition", lambda at: {"taskDefinition": definition(at)}
    ),
    "delete the VPC": Call("ec2", "delete_vpc", lambda at: {"VpcId": at.id("network", "Vpc")}),
    "delete the log": Call(
        "logs", "delete_log_group", lambda at: {"logGroupName": at.id("service", "LogGroup")}
    ),
    "delete the topic": Call(
        "sns", "delete_topic", lambda at: {"TopicArn": at.id("monitoring", "AlarmTopic")}
    ),
    "delete an alarm": Call(
        "cloudwatch",
        "delete_alarms",
        lambda at: {"AlarmNames": [at.id("monitoring", "ServerErrors")]},
    ),
    "delete a role": Call("iam", "delete_role", task_role),
}
# No role of an environment may make them, whatever the place.
NEVER: dict[str, Call] = {
    "every right for the account's role": Call(
        "iam",
        "put_role_policy",
        lambda at: log_role(at) | {"PolicyName": "all", "PolicyDocument": ALL},
    ),
    "any trust for the account's role": Call(
        "iam", "update_assume_role_policy", lambda at: log_role(at) | {"PolicyDocument": TRUST}
    ),
    "any trust for a role of its own": Call(
        "iam", "update_assume_role_policy", lambda at: task_role(at) | {"PolicyDocument": TRUST}
    ),
    "a role named as the account's": Call(
        "iam",
        "create_role",
        lambda at: {
            "RoleName": "shop-account-mine",
            "AssumeRolePolicyDocument": TRUST,
            "PermissionsBoundary": at.id("account", "PermissionsBoundary"),
        },
    ),
    "a role without a boundary": Call(
        "iam",
        "create_role",
        lambda _: {"RoleName": LOOSE.rsplit("/", 1)[-1], "AssumeRolePolicyDocument": TRUST},
    ),
    "another environment's tag for its own role, which the boundary compares": Call(
        "iam",
        "tag_role",
        lambda at: task_role(at) | {"Tags": [{"Key": "environment", "Value": "production"}]},
    ),
    "a role without its boundary": Call("iam", "delete_role_permissions_boundary", task_role),
    "another boundary for a role": Call(
        "iam",
        "put_role_permissions_boundary",
        lambda at: task_role(at) | {"PermissionsBoundary": ADMINISTRATOR},
    ),
    "an administrator's rights for a role": Call(
        "iam", "attach_role_policy", lambda at: task_role(at) | {"PolicyArn": ADMINISTRATOR}
    ),
    "a wider boundary": Call(
        "iam",
        "create_policy_version",
        lambda at: {
            "PolicyArn": at.id("account", "PermissionsBoundary"),
            "PolicyDocument": ALL,
            "SetAsDefault": True,
        },
    ),
    "no boundary": Call(
        "iam",
        "delete_policy",
        lambda at: {"PolicyArn": at.id("account", "PermissionsBoundary")},
    ),
    "a user": Call("iam", "create_user", lambda _: {"UserName": "mine"}),
    "every API key": Call("apigateway", "get_api_keys", lambda _: {"includeValues": True}),
    "another log role for all APIs": Call(
        "apigateway",
        "update_account",
        lambda _: {
            "patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": LOOSE}]
        },
    ),
    "a public repository": Call(
        "ecr", "set_repository_policy", lambda at: repository(at) | {"policyText": ALL}
    ),
    "mutable tags of images": Call(
        "ecr",
        "put_image_tag_mutability",
        lambda at: repository(at) | {"imageTagMutability": "MUTABLE"},
    ),
    "no repository": Call(
        "ecr", "delete_repository", lambda at: repository(at) | {"force": True}
    ),
    "no image": Call(
        "ecr",
        "batch_delete_image",
        lambda at: repository(at) | {"imageIds": [{"imageTag": "1"}]},
    ),
    "no termination protection of the account's stack": Call(
        "cloudformation",
        "update_termination_protection",
        lambda _: {"StackName": "shop-account", "EnableTerminationProtection": False},
    ),
    "another account stack": Call(
        "cloudformation",
        "create_change_set",
        lambda _: {
            "StackName": "shop-account",
            "ChangeSetName": "x",
            "TemplateBody": '{"Resources": {}}',
        },
    ),
    "another deploy role": Call(
        "cloudformation", "delete_stack", lambda _: {"StackName": f"shop-{OWN}-deploy-role"}
    ),
    "no tag of the environment on its VPC": Call(
        "ec2",
        "delete_tags",
        lambda at: {"Resources": [at.id("network", "Vpc")], "Tags": [{"Key": "environment"}]},
    ),
    "no tag of the project on its API": Call(
        "apigateway",
        "untag_resource",
        lambda at: {"resourceArn": api_arn(at), "tagKeys": ["project"]},
    ),
    "the tag of another environment on its secret": Call(
        "secretsmanager",
        "tag_resource",
        lambda at: secret(at) | {"Tags": [{"Key": "environment", "Value": "production"}]},
    ),
    "a record of the zone": Call(
        "route53",
        "change_resource_record_sets",
        lambda at: {
            "HostedZoneId": at.id("account", "HostedZone"),
            "ChangeBatch": {
                "Changes": [
                    {
                        "Action": "DELETE",
                        "ResourceRecordSet": {"Name": "example.com", "Type": "NS"},
                    }
                ]
            },
        },
    ),
}
