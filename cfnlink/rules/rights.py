"""Whether roles and topics allow what their users need."""

import re
from typing import Any

from cfnlink.lint.rule import Faults, rule
from cfnlink.system.endpoints import plain_service
from cfnlink.system.expressions import spelled, text
from cfnlink.system.identity import (
    IDENTITY,
    ROLE,
    allowed,
    calls_of,
    is_readable,
    service_of,
    statements,
)
from cfnlink.system.identity import POLICIES as WITH_POLICY
from cfnlink.system.network import route_table_of
from cfnlink.system.policies import (
    allowed_services,
    compared,
    foreign_resources,
    is_bucket,
    is_foreign,
    is_public,
    locks_out,
    named_actions,
)
from cfnlink.system.resource import Resource
from cfnlink.system.rights import (
    consumers,
    is_first,
    lacking,
    locked,
    refused,
    strange_variables,
    uses,
    without_role,
)
from cfnlink.system.task_runs import task_runs

IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
WATCH = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
S3 = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/"
SNS = "https://docs.aws.amazon.com/sns/latest/dg/"
ACTIONS = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
TASKS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/"


KEY, BUCKET_POLICY = "AWS::KMS::Key", "AWS::S3::BucketPolicy"
UNBOUND = re.compile(r"(?i)ecr:GetAuthorizationToken|ssmmessages:\w+|xray:Put\w+")


SERVICE_DOCS = f"{ACTIONS}reference_policies_actions-resources-contextkeys.html"


@rule("W9887", IDENTITY, SERVICE_DOCS, formerly="W9838")
def action_is_allowed_on_its_service(resource: Resource) -> Faults:
    """Actions are allowed on resources of their service.
    A statement allows nothing if none of its resources is of its action's service: name the
    resource of the action."""
    for path, action, given in named_actions(resource):
        if is_foreign(resource, action, given):
            others = ", ".join(sorted({str(service_of(resource, entry)) for entry in given}))
            yield path, f"{action} does not apply to resources of {others}; correct it"


@rule("W9888", IDENTITY, SERVICE_DOCS, formerly="W9838")
def action_without_resources_is_allowed_on_all(resource: Resource) -> Faults:
    """An action without resource-level permissions is allowed on "*".
    On any other resource a statement allows nothing."""
    for path, action, given in named_actions(resource):
        known = is_foreign(resource, action, given) is False
        if known and "*" not in given and UNBOUND.fullmatch(action):
            yield path, f'{action} supports no resources; allow it on "*"'


@rule("W9889", IDENTITY, SERVICE_DOCS, formerly="W9838")
def action_on_log_streams_names_streams(resource: Resource) -> Faults:
    """An action on log streams is allowed on the streams of a log group.
    Append :* to the name of the group."""
    for path, action, given in named_actions(resource):
        arns = [text(entry) or "" for entry in given]
        bare = [arn for arn in arns if re.search(":log-group:[^:*]+$", arn)]
        if bare and re.search("Stream|Events", action) and action.lower().startswith("logs:"):
            yield path, f"{bare[0]} names no streams; append :*"


@rule(
    "W9843", ("AWS::IAM::Policy", "AWS::IAM::RolePolicy"), f"{CFN}aws-resource-iam-policy.html"
)
def role_policy_comes_first(resource: Resource) -> Faults:
    """API Gateway's account and a custom resource wait for their role's policies.
    CloudFormation may create a separate policy after what needs it: let the custom resource,
    or API Gateway's account, depend on the policy."""
    roles = ("Roles.*", "RoleName")
    users = resource.follow(roles, "AWS::ApiGateway::Account")
    for function in resource.follow(roles, "AWS::Lambda::Function"):
        users += [user for user, path in function.users() if path[:1] == ["ServiceToken"]]
    here = [user for user in dict.fromkeys(users) if user.stack == resource.stack]
    if late := [user.name for user in here if not user.waits_for(resource)]:
        shown = ", ".join(late[:3]) + (" and others" if late[3:] else "")
        yield [], f"{shown} may start before this policy; add DependsOn"


USES = f"{IAM}access_policies.html"


@rule("E9840", consumers("role"), USES)
def role_allows_what_its_service_does(resource: Resource) -> Faults:
    """Roles allow what their services do with them.
    A service acts with the role that a resource names: ECS pulls images and reads secrets,
    Lambda reads streams and queues, EventBridge and Scheduler send to their targets. Without
    one of the actions on the very resource, or on its key, AWS refuses the resource, or the
    first call fails with AccessDenied and nothing runs or arrives."""
    told: set[tuple[str, str]] = set()
    for use in uses(resource):
        if "role" not in use.row:
            continue
        said = [(str(use.place), action) for action in (*lacking(use), *locked(use))]
        lacked = [action for where, action in said if (where, action) not in told]
        told.update(said)
        if holder := without_role(use):
            key = use.row["role"][-1].rpartition(".")[2]
            yield use.place, f"{holder} has no {key}; give it one"
        elif lacked:
            on = f" on {use.shown}" if "is" in use.row else ""
            yield use.place, f"{use.role} lacks {', '.join(lacked)}{on}; allow it"


@rule("W9983", ("AWS::Lambda::Function", "AWS::ECS::TaskDefinition"), USES)
def role_has_rights_to_what_its_environment_names(resource: Resource) -> Faults:
    """A role has rights to what the environment of its program names.
    A role with rights to another table or queue only is the wrong role, or has the wrong
    policy: the first call of the program ends in AccessDenied."""
    for path, thing, role in strange_variables(resource):
        yield (
            [*path],
            f"{role.name} may do nothing with {thing.name}, but with others; allow it",
        )


@rule("E9940", consumers("service"), USES, formerly="W9797 W9856")
def policy_admits_the_service_that_acts(resource: Resource) -> Faults:
    """A policy admits each service that acts without a role.
    EventBridge, SNS, S3, API Gateway, alarms and others act as a service: the policy of the
    queue, topic, function or bucket must allow the action to their principal, for the ARN of
    what sends. Otherwise AWS refuses the resource, or each message is lost without an error."""
    for use in uses(resource):
        if "service" in use.row and is_first(use) and (lacked := refused(use)):
            what = f"no policy of {use.shown} lets {use.row['service']} do {', '.join(lacked)}"
            yield use.path, f"{what} for {resource.name}; allow it"


KEY_DOCS = f"{SNS}sns-key-management.html"


@rule("E9890", consumers("service"), KEY_DOCS, formerly="E9855")
def key_admits_the_service_that_acts(resource: Resource) -> Faults:
    """The key of a queue or a topic admits each service that sends to it.
    A service sends to a queue or a topic under a customer's key only if the key's policy
    lets the service generate and decrypt data keys. Otherwise each message is lost."""
    for use in uses(resource):
        if "service" in use.row and is_first(use) and (lacked := locked(use)):
            what = f"{use.key} does not let {use.row['service']} do {', '.join(lacked)}"
            yield use.path, f"{what} for {resource.name}; allow it in its KeyPolicy"


@rule("E9889", ("AWS::SNS::Topic", "AWS::SQS::Queue"), KEY_DOCS, formerly="E9855")
def target_of_a_service_is_not_under_the_managed_key(thing: Resource) -> Faults:
    """A topic or queue that a service sends to is not encrypted under the key of AWS.
    The policies of alias/aws/sns and alias/aws/sqs admit no service, and an account cannot
    change them: alarms, EventBridge, S3 and SNS lose each message. Create a key of the
    account, or leave the key out: a queue is then encrypted with a key of SQS."""
    managed = re.search("alias/aws/(sns|sqs)$", thing.text("KmsMasterKeyId") or "")
    for user in thing.used_by(*consumers("service")) if managed else ():
        for use in uses(user):
            if managed and use.thing is thing and {"service", "key"} <= {*use.row}:
                what = f"{use.row['service']} of {user.name} cannot use {managed[0]}"
                yield ["KmsMasterKeyId"], f"{what}; leave it out"
                return


ENDPOINT = "AWS::EC2::VPCEndpoint"
ENDPOINTS = "https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html"


@rule("E9945", ENDPOINT, ENDPOINTS)
def endpoint_allows_what_tasks_do(endpoint: Resource) -> Faults:
    """The policy of an endpoint allows what tasks do through it.
    An interface endpoint with private DNS takes every call of its VPC to its service, and its
    policy must allow the call besides the role. Otherwise ECS cannot read the secret or write
    the log, and the task stops before it starts, with AccessDeniedException."""
    if endpoint.is_missing("PolicyDocument") or not endpoint.flag("PrivateDnsEnabled"):
        return
    told: set[str] = set()
    for run in task_runs(endpoint.system) if is_readable(endpoint) else ():
        vpcs = {subnet.target("VpcId") for _, subnet in run.subnets}
        for use in (
            uses(run.task) if run.task and endpoint.target("VpcId") in vpcs - {None} else ()
        ):
            lacked = {
                call.action
                for call in use.needed
                if call.action.partition(":")[0] == plain_service(endpoint)
                and not allowed(statements(endpoint), call, endpoint.system)
            }
            if lacked - told:
                what = f"{run.task} cannot do {', '.join(sorted(lacked))} on {use.shown}"
                yield ["PolicyDocument"], f"{what} through this endpoint; allow it"
            told |= lacked


@rule("E9950", ENDPOINT, ENDPOINTS)
def gateway_endpoint_allows_what_roles_do(endpoint: Resource) -> Faults:
    """The policy of a gateway endpoint allows what the roles of tasks do.
    Requests to S3 and DynamoDB from the route tables of a gateway endpoint pass it, and its
    policy must allow them besides the role. Otherwise the container gets AccessDenied."""
    tables = endpoint.targets("RouteTableIds")
    known = tables and is_readable(endpoint) and not endpoint.is_missing("PolicyDocument")
    roles: dict[str, Resource] = {}
    for run in task_runs(endpoint.system) if known else ():
        served = any(route_table_of(subnet) in tables for _, subnet in run.subnets)
        role = run.task.target("TaskRoleArn") if run.task and served else None
        roles |= {role.name: role} if role else {}
    for name, role in roles.items():
        lacked = {
            call.action
            for call in calls_of(role, plain_service(endpoint))
            if not allowed(statements(endpoint), call, endpoint.system)
        }
        if lacked:
            what = f"{name} cannot do {', '.join(sorted(lacked))} through this endpoint"
            yield ["PolicyDocument"], f"{what}; allow it"


@rule("E9980", KEY, "https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html")
def key_policy_can_be_changed(key: Resource) -> Faults:
    """A key's policy lets a principal of the account change it.
    KMS refuses a policy that lets no principal do kms:PutKeyPolicy, unless the key has
    BypassPolicyLockoutSafetyCheck: a policy of IAM alone cannot give that right."""
    if locks_out(key):
        yield ["KeyPolicy"], "no principal may do kms:PutKeyPolicy; allow it to the account"


@rule("E9981", BUCKET_POLICY, f"{S3}access-control-block-public-access.html")
def bucket_takes_a_public_policy(policy: Resource) -> Faults:
    """A bucket that blocks public policies has none.
    With BlockPublicPolicy S3 refuses a policy that allows something to every caller."""
    block = ("PublicAccessBlockConfiguration", "BlockPublicPolicy")
    for bucket in policy.targets("Bucket"):
        for statement in statements(policy) if bucket.flag(*block) else ():
            if is_public(statement):
                what = f"{bucket.name} has {block[1]}; name a principal, or change that"
                yield [*statement.path, "Principal"], what


@rule("W9982", BUCKET_POLICY, f"{S3}access-policy-language-overview.html")
def bucket_policy_names_its_bucket(policy: Resource) -> Faults:
    """A bucket's policy names this bucket and its objects.
    S3 answers that the policy has an invalid resource."""
    for bucket in policy.targets("Bucket"):
        for path in foreign_resources(policy, bucket):
            yield path, f"this is the policy of {bucket.name}; name that bucket"


NAMED = ("AWS::ECR::Repository", "AWS::Logs::LogGroup", ROLE, "AWS::ECS::Cluster",
         "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::KMS::Key",
         "AWS::SSM::Parameter", "AWS::RDS::DBInstance", "AWS::Lambda::Function")  # fmt: skip
OTHER = r"(?i)\$\{\w+(\.(?![\w.]*arn\}|value\})[\w.]+)?\}"  # a Ref, or another attribute


@rule("E9857", WITH_POLICY, f"{IAM}reference_policies_elements_resource.html")
def policy_resource_is_an_arn(resource: Resource) -> Faults:
    """A policy's resources are ARNs.
    IAM rejects a policy whose Resource is no ARN. The Ref of a repository, a log group, a
    role, a cluster or a bucket is a name, and a repository's RepositoryUri is no ARN either:
    write the Arn."""
    for statement in statements(resource):
        for key in ("Resource", "NotResource"):
            for path, given in statement.values_at(key):
                thing = resource.system.target(given)
                lone = re.fullmatch(OTHER, spelled(given) or "")
                if thing and thing.type in NAMED and lone:
                    yield path, f"{lone[0]} of {thing.type} is no ARN; use its Arn"


OBJECTS = re.compile("(?i)s3:(Get|Put|Delete|Restore)Object.*|s3:AbortMultipartUpload")


@rule("W9857", WITH_POLICY, f"{S3}security_iam_service-with-iam.html")
def action_on_objects_is_allowed_on_objects(resource: Resource) -> Faults:
    """Actions on objects are allowed on objects.
    The ARN of an object is bucket/key: a statement that names the bucket alone allows no
    action on objects."""
    for statement in statements(resource):
        given = [entry for _, entry in statement.values_at("Resource")]
        if not given or not all(is_bucket(resource, entry) for entry in given):
            continue
        for path, action in statement.values_at("Action"):
            if statement.allows and OBJECTS.fullmatch(str(action)):
                yield path, f"{action} acts on objects; append /* to the bucket's ARN"


@rule("W9890", WITH_POLICY, f"{TASKS}task-iam-roles.html", formerly="W9858")
def condition_on_the_source_can_hold(resource: Resource) -> Faults:
    """A policy's conditions on the source can be true.
    aws:SourceAccount is an account's 12 digits. aws:SourceArn is the ARN of the caller: for
    tasks arn:aws:ecs:region:account:* and never a cluster's, for an alarm with :alarm: in
    it."""
    for statement in statements(resource):
        names = [name for _, name in statement.services()]
        for path, key, value in compared(statement):
            if wrong := never_holds(resource, key, value, names):
                yield path, wrong


TOPIC_POLICY = "AWS::SNS::TopicPolicy"
BUS_DOCS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"


# "You can't use Condition blocks in Amazon SNS topic policies for EventBridge", nor in the
# policy of the topic's key.
@rule("W9891", (TOPIC_POLICY, KEY), BUS_DOCS, formerly="W9858")
def statement_for_eventbridge_has_no_condition(resource: Resource) -> Faults:
    """The statement for EventBridge in a topic's or key's policy has no Condition.
    EventBridge sends no source account or ARN to a topic or its key, so SNS drops the
    message."""
    for statement, services in allowed_services(resource):
        if statement.body.get("Condition") and "events.amazonaws.com" in services:
            yield (
                [*statement.path, "Condition"],
                "EventBridge meets no Condition and its messages are lost; "
                "remove it, in a statement for events.amazonaws.com alone",
            )


@rule("W9892", TOPIC_POLICY, f"{WATCH}Notify_Users_Alarm_Changes.html", formerly="W9858")
def statement_for_cloudwatch_names_the_account(policy: Resource) -> Faults:
    """The statement for CloudWatch in a topic's policy names the account.
    Without a Condition the alarms of any account may publish."""
    for statement, services in allowed_services(policy):
        cloudwatch = any(name.startswith("cloudwatch.") for name in services)
        if cloudwatch and not statement.body.get("Condition"):
            yield (
                [*statement.path, "Principal"],
                "CloudWatch of any account may publish; add a Condition with aws:SourceAccount",
            )


def never_holds(resource: Resource, key: str, value: Any, names: list[str]) -> str | None:
    """Return why a condition key never has a value."""
    found, known = resource.system.target(value), text(value) or ""
    if key == "aws:sourceaccount":
        odd = known and not re.search(r"[$*?]", known) and not re.fullmatch(r"\d{12}", known)
        if odd or known.startswith("arn:") or found:
            return "an account is 12 digits; Ref AWS::AccountId"
    if key != "aws:sourcearn":
        return None
    cluster = found is not None and found.type == "AWS::ECS::Cluster"
    if "ecs-tasks.amazonaws.com" in names and (cluster or ":cluster/" in known):
        return "tasks call as arn:aws:ecs:<region>:<account>:*; write that"
    plural = ":cloudwatch:" in known and ":alarms:" in known
    return "an alarm's ARN has :alarm: in it; write that" if plural else None
