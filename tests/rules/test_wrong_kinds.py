"""A value of the wrong kind is reported in one template and across an import.

Each row is: a place, the reference that AWS takes there, and references that AWS refuses. A
reference is a type, and "Ref" or an attribute.
"""

from typing import Any

import pytest

from cfnlink.lint.rule import Row
from cfnlink.rules import kinds
from cfnlink.system.link import StackTemplate, link
from cfnlink.system.resource import System

Reference = tuple[str, str]
POLICY = "PolicyDocument.Statement.0.Resource"
SHIELDED = "IAM::ManagedPolicy"
BUCKET, QUEUE, TOPIC = "S3::Bucket", "SQS::Queue", "SNS::Topic"
STREAM, TABLE, FUNCTION = "Kinesis::Stream", "DynamoDB::Table", "Lambda::Function"
ROLE, POOL = "IAM::Role", "Cognito::UserPool"
GROUPS, LISTENER = "ElasticLoadBalancingV2::TargetGroup", "ElasticLoadBalancingV2::Listener"
BALANCER, LOGS, KEY = "ElasticLoadBalancingV2::LoadBalancer", "Logs::LogGroup", "KMS::Key"
SECRET, MACHINE = "SecretsManager::Secret", "StepFunctions::StateMachine"
FILES, ACL, PROFILE = "EFS::FileSystem", "WAFv2::WebACL", "IAM::InstanceProfile"
SUBNET, VPC, GROUP = "EC2::Subnet", "EC2::VPC", "EC2::SecurityGroup"

ROWS: list[tuple[str, str, Reference, list[Reference]]] = [
    ("Lambda::EventSourceMapping", "EventSourceArn", (STREAM, "Arn"),
     [(STREAM, "Ref"), (QUEUE, "Ref"), (TABLE, "Arn"), (TABLE, "Ref"), (TOPIC, "Ref")]),
    (FUNCTION, "Role", (ROLE, "Arn"), [(ROLE, "Ref")]),
    (FUNCTION, "DeadLetterConfig.TargetArn", (QUEUE, "Arn"), [(QUEUE, "Ref"), (STREAM, "Arn")]),
    (FUNCTION, "FileSystemConfigs.0.Arn", ("EFS::AccessPoint", "Arn"),
     [("EFS::AccessPoint", "Ref")]),
    ("Lambda::Permission", "SourceArn", (BUCKET, "Arn"), [(BUCKET, "Ref"), (QUEUE, "Ref")]),
    (QUEUE, "RedrivePolicy.deadLetterTargetArn", (QUEUE, "Arn"),
     [(QUEUE, "Ref"), (TOPIC, "Ref"), (STREAM, "Arn")]),
    ("SQS::QueuePolicy", "Queues.0", (QUEUE, "Ref"), [(QUEUE, "Arn"), (QUEUE, "QueueName")]),
    ("SNS::TopicPolicy", "Topics.0", (TOPIC, "Ref"), [(TOPIC, "TopicName")]),
    ("SNS::Subscription", "TopicArn", (TOPIC, "Ref"), [(TOPIC, "TopicName"), (QUEUE, "Arn")]),
    ("SNS::Subscription", "SubscriptionRoleArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    (BUCKET, "NotificationConfiguration.QueueConfigurations.0.Queue", (QUEUE, "Arn"),
     [(QUEUE, "Ref"), (TOPIC, "Ref")]),
    (BUCKET, "NotificationConfiguration.TopicConfigurations.0.Topic", (TOPIC, "Ref"),
     [(QUEUE, "Arn")]),
    (BUCKET, "NotificationConfiguration.LambdaConfigurations.0.Function", (FUNCTION, "Arn"),
     [(FUNCTION, "Ref")]),
    (BUCKET, "ReplicationConfiguration.Role", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("S3::BucketPolicy", "Bucket", (BUCKET, "Ref"), [(BUCKET, "Arn")]),
    ("Events::Rule", "Targets.0.Arn", (QUEUE, "Arn"),
     [(QUEUE, "Ref"), (FUNCTION, "Ref"), (STREAM, "Ref"), ("ECS::Cluster", "Ref")]),
    ("Events::Rule", "Targets.0.RoleArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("Events::Rule", "Targets.0.DeadLetterConfig.Arn", (QUEUE, "Arn"),
     [(QUEUE, "Ref"), (TOPIC, "Ref")]),
    ("Scheduler::Schedule", "Target.Arn", (MACHINE, "Ref"),
     [(MACHINE, "Name"), (QUEUE, "Ref")]),
    ("Scheduler::Schedule", "Target.RoleArn", (ROLE, "Arn"), [(ROLE, "Ref"), (PROFILE, "Ref")]),
    (MACHINE, "RoleArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    (LOGS, "KmsKeyId", (KEY, "Arn"), [(KEY, "Ref")]),
    ("Logs::SubscriptionFilter", "DestinationArn", (STREAM, "Arn"),
     [(STREAM, "Ref"), (QUEUE, "Arn")]),
    ("Logs::SubscriptionFilter", "LogGroupName", (LOGS, "Ref"), [(LOGS, "Arn")]),
    ("Logs::MetricFilter", "LogGroupName", (LOGS, "Ref"), [(LOGS, "Arn")]),
    ("ECS::TaskDefinition", "ContainerDefinitions.0.Secrets.0.ValueFrom", (SECRET, "Ref"), [
        (BUCKET, "Arn")]),
    ("ECS::Service", "LoadBalancers.0.TargetGroupArn", (GROUPS, "Ref"),
     [(BALANCER, "Ref"), (LISTENER, "Ref"), (GROUPS, "TargetGroupName")]),
    ("ECS::Service", "ServiceRegistries.0.RegistryArn", ("ServiceDiscovery::Service", "Arn"),
     [("ServiceDiscovery::Service", "Ref")]),
    ("ElasticLoadBalancingV2::ListenerRule", "ListenerArn", (LISTENER, "Ref"),
     [(BALANCER, "Ref"), (GROUPS, "Ref")]),
    (LISTENER, "LoadBalancerArn", (BALANCER, "Ref"), [(BALANCER, "LoadBalancerName")]),
    ("ElasticLoadBalancingV2::ListenerCertificate", "ListenerArn", (LISTENER, "Ref"),
     [(BALANCER, "Ref")]),
    ("RDS::DBInstance", "MonitoringRoleArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("RDS::DBProxy", "RoleArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("RDS::DBInstance", "DBSubnetGroupName", ("RDS::DBSubnetGroup", "Ref"), [(SUBNET, "Ref")]),
    ("ApiGateway::Method", "Integration.Credentials", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("ApiGateway::Authorizer", "ProviderARNs.0", (POOL, "Arn"), [(POOL, "Ref")]),
    ("ApiGatewayV2::Integration", "IntegrationUri", (LISTENER, "Ref"),
     [(BALANCER, "Ref"), (GROUPS, "Ref"), (FUNCTION, "Ref")]),
    ("ApiGatewayV2::Stage", "AccessLogSettings.DestinationArn", (LOGS, "Arn"), [(LOGS, "Ref")]),
    ("CloudFront::Distribution", "DistributionConfig.ViewerCertificate.AcmCertificateArn",
     ("CertificateManager::Certificate", "Ref"), [(BUCKET, "Ref")]),
    ("WAFv2::WebACLAssociation", "WebACLArn", (ACL, "Arn"), [(ACL, "Id"), (ACL, "Ref")]),
    ("WAFv2::WebACLAssociation", "ResourceArn", (BALANCER, "Ref"),
     [(BALANCER, "LoadBalancerName"), ("ApiGateway::RestApi", "Ref")]),
    ("Cognito::UserPoolClient", "UserPoolId", (POOL, "Ref"), [(POOL, "Arn")]),
    ("Cognito::IdentityPoolRoleAttachment", "IdentityPoolId", ("Cognito::IdentityPool", "Ref"),
     [(POOL, "Ref")]),
    ("EFS::MountTarget", "SubnetId", (SUBNET, "Ref"), [(VPC, "Ref")]),
    ("EFS::MountTarget", "SecurityGroups.0", (GROUP, "Ref"), [(SUBNET, "Ref")]),
    ("ElastiCache::ReplicationGroup", "CacheSubnetGroupName",
     ("ElastiCache::SubnetGroup", "Ref"),
     [(SUBNET, "Ref")]),
    ("SecretsManager::RotationSchedule", "RotationLambdaARN", (FUNCTION, "Arn"),
     [(FUNCTION, "Ref")]),
    ("IAM::InstanceProfile", "Roles.0", (ROLE, "Ref"), [(ROLE, "Arn")]),
    ("EC2::FlowLog", "DeliverLogsPermissionArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("AppSync::DataSource", "ServiceRoleArn", (ROLE, "Arn"), [(ROLE, "Ref")]),
    ("KinesisFirehose::DeliveryStream", "ExtendedS3DestinationConfiguration.BucketARN",
     (BUCKET, "Arn"), [(BUCKET, "Ref")]),
    ("Pipes::Pipe", "Source", (STREAM, "Arn"), [(STREAM, "Ref")]),
    (SHIELDED, POLICY, (QUEUE, "Arn"), [(QUEUE, "Ref"), (TABLE, "Ref"), (BUCKET, "Ref"),
                                        (KEY, "Ref"), (FILES, "Ref"), (LOGS, "Ref"),
                                        ("ECR::Repository", "Ref"), ("SSM::Parameter", "Ref"),
                                        ("RDS::DBInstance", "Ref"), (POOL, "Ref"),
                                        ("ECR::Repository", "RepositoryUri")]),
]  # fmt: skip
WRONG = [(place, path, each) for place, path, _, wrong in ROWS for each in wrong]
RIGHT = [(place, path, right) for place, path, right, _ in ROWS]
RULES = [
    kinds.reference_has_the_type_of_its_property,
    kinds.policy_names_resources_by_their_arns,
    kinds.arn_holds_no_other_arn,
    kinds.one_id_is_no_list,
]


def nested(path: str, value: Any) -> Any:
    """Return properties that have a value at a path."""
    for part in reversed(path.split(".")):
        value = [value] if part.isdigit() else {part: value}
    return value


def reference(how: str) -> Any:
    """Return a reference to the resource Given."""
    return {"Ref": "Given"} if how == "Ref" else {"Fn::GetAtt": ["Given", how]}


def found(system: System) -> list[str]:
    """Return what the rules say of the resource that ends in Place."""
    (place,) = [one for name, one in system.resources.items() if name.endswith("Place")]
    checked = [rule for rule in RULES if place.type in rule.on or not rule.on]
    faults = [fault for rule in checked for fault in rule.check(place)]
    return [fault[1] for fault in faults if not isinstance(fault, Row)]


def alone(place: str, path: str, value: Any, given: str) -> System:
    """Return one template."""
    resources = {
        "Given": {"Type": f"AWS::{given}"},
        "Place": {"Type": f"AWS::{place}", "Properties": nested(path, value)},
    }
    return System({"Resources": resources})


def imported(place: str, path: str, value: Any, given: str) -> System:
    """Return two stacks; the second imports the value."""
    output = {"Value": value, "Export": {"Name": "x"}}
    use = nested(path, {"Fn::ImportValue": "x"})
    makes = {"Resources": {"Given": {"Type": f"AWS::{given}"}}, "Outputs": {"X": output}}
    uses = {"Resources": {"Place": {"Type": f"AWS::{place}", "Properties": use}}}
    return link([StackTemplate("a", "a", makes), StackTemplate("b", "b", uses)])


@pytest.mark.parametrize(("place", "path", "wrong"), WRONG)
def test_a_wrong_kind_is_reported(place: str, path: str, wrong: Reference) -> None:
    for system in (alone, imported):
        assert found(system(place, path, reference(wrong[1]), wrong[0])), system


@pytest.mark.parametrize(("place", "path", "right"), RIGHT)
def test_the_right_kind_is_not_reported(place: str, path: str, right: Reference) -> None:
    for system in (alone, imported):
        assert found(system(place, path, reference(right[1]), right[0])) == [], system


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("${Given}/*", BUCKET),
        ("${Given}:*", LOGS),
        ("${Given}/index/*", TABLE),
        ("arn:aws:s3:::${Given.Arn}/*", BUCKET),
        ("arn:aws:sqs:eu-west-1:111122223333:${Given.Arn}", QUEUE),
        ("arn:aws:sqs:eu-west-1:111122223333:${Given}", QUEUE),
    ],
)
def test_a_wrong_kind_in_a_text_is_reported(text: str, given: str) -> None:
    for system in (alone, imported):
        assert found(system(SHIELDED, POLICY, {"Fn::Sub": text}, given)), system


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("${Given.Arn}/*", BUCKET),
        ("arn:aws:s3:::${Given}/*", BUCKET),
        ("arn:aws:sqs:eu-west-1:111122223333:${Given.QueueName}", QUEUE),
        ("arn:aws:apigateway:eu-west-1:lambda:path/x/functions/${Given.Arn}/y", FUNCTION),
    ],
)
def test_the_right_kind_in_a_text_is_not_reported(text: str, given: str) -> None:
    for system in (alone, imported):
        assert found(system(SHIELDED, POLICY, {"Fn::Sub": text}, given)) == [], system


@pytest.mark.parametrize(
    ("place", "path"),
    [
        ("EC2::SecurityGroupIngress", "SourceSecurityGroupId"),
        ("EFS::MountTarget", "SubnetId"),
        ("SNS::Subscription", "TopicArn"),
    ],
)
def test_a_list_where_one_id_belongs_is_reported(place: str, path: str) -> None:
    value = {"Fn::Join": [",", [reference("GroupId"), reference("GroupId")]]}
    for system in (alone, imported):
        assert any("list" in one for one in found(system(place, path, value, GROUP)))
