"""deploy-role: the rehearsal runs as the role, in an emulator that checks IAM policies.

What CloudFormation calls in the role's name no emulator checks: that it is allowed, on names
as CloudFormation makes them, is asked of the policies by a small reading of IAM's rules.
"""

import ast
import base64
import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
import yaml
from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from checks.lint import _run
from operations.__main__ import main
from operations.cli import COMMANDS
from operations.deploy_role import PATH
from operations.permissions import KNOWN, Permissions, calls
from operations.preflight.roles import LINKED
from operations.target import open_target
from tests.helpers import ROOT, example_outputs
from tests.operations.world import DEVELOPMENT, PRODUCTION, reset, run, served, topic, write
from tests.rehearsal.cloud import Cloud, deploy_command, emulator, stacks_of

pytestmark = pytest.mark.rehearsal
ENVIRONMENTS = example_outputs()
REPOSITORY = ("--repository", "octo/shop")
ISSUER = "token.actions.githubusercontent.com"
POLICY = "arn:${AWS::Partition}:iam::aws:policy/"
FREE = {"sts:GetCallerIdentity"}  # nobody needs a permission for it


@pytest.fixture(scope="module")
def guarding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """An emulator that checks the policies of whoever calls."""
    with emulator(tmp_path_factory.mktemp("guarded"), AUTH="true") as cloud:
        yield cloud


@pytest.fixture
def guarded(guarding: Cloud) -> Cloud:
    return reset(guarding)


def set_up(cloud: Cloud, folder: Path) -> str:
    """The role's ARN, its template deployed with the command that is said."""
    done = run(cloud, "deploy-role", folder, *REPOSITORY, "--output", cloud.home)
    cloud.run(done.out.rsplit("as an administrator: ", 1)[1])
    stack = f"shop-{folder.name}-deploy-role"
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return str(found["Outputs"][0]["OutputValue"])


def assume(cloud: Cloud, role: str, subject: str, audience: str = "sts.amazonaws.com") -> Any:
    """Credentials for a token as GitHub makes it; the emulator checks no signature."""
    claims = {"iss": f"https://{ISSUER}", "aud": audience, "sub": subject}
    coded = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in ({}, claims)]
    found = cloud.client("sts").assume_role_with_web_identity(
        RoleArn=role,
        RoleSessionName="test",
        WebIdentityToken=".".join([*(each.decode() for each in coded), "signature"]),
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }


def action_of(model: Any, operation: str) -> str:
    """What a policy calls an operation: API Gateway's by its method."""
    method = model.operation_model(operation).http["method"]
    return f"{model.service_name}:{method if model.service_name == 'apigateway' else operation}"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The actions of every call that boto3 makes from now on."""
    actions: set[str] = set()
    old = BaseClient._make_api_call

    def record(self: Any, operation: str, asked: Any) -> Any:
        actions.add(action_of(self.meta.service_model, operation))
        return old(self, operation, asked)

    monkeypatch.setattr(BaseClient, "_make_api_call", record)
    return actions


@pytest.mark.parametrize("folder", [PRODUCTION, DEVELOPMENT], ids=lambda folder: folder.name)
def test_the_rehearsal_runs_as_the_role_and_each_call_is_listed(
    guarded: Cloud, called: set[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    role = set_up(guarded, folder)
    credentials = assume(guarded, role, f"repo:octo/shop:environment:{folder.name}")
    for name, value in {**guarded.environment, **credentials}.items():
        monkeypatch.setenv(name, value)

    for command, *options in (
        ("plan", "--image-tag", "1"),
        ("deploy", "--image-tag", "1"),
        ("plan",),
        ("status",),
        ("status", "--drift"),
        ("smoke",),
        ("logs", "--once"),
        ("task", "--", "true"),
        ("release", "--tag", "2"),
        ("deploy",),
        ("destroy", "--yes", folder.name, "--really"),
    ):
        called.clear()
        if command == "smoke":
            with served(guarded, folder.name):
                code = main([command, str(folder), *options])
                called -= {"cloudformation:DescribeStackResource"}  # the test's own call
                called -= {"elasticloadbalancing:RegisterTargets", "elbv2:RegisterTargets"}
        else:
            code = main([command, str(folder), *options])
        drifts = "--drift" in options  # the emulator looks for secrets by name, not by ARN
        assert code == (1 if drifts else 0), command
        assert called - FREE <= {*calls(command)}, f"permissions.yaml, {command}"


def test_every_call_in_the_code_is_listed() -> None:
    """Also of the ways that no rehearsal goes."""
    session = botocore.session.get_session()  # type: ignore[no-untyped-call]
    listed = {call for command in KNOWN["commands"] for call in calls(command)}
    persons = {*KNOWN["by_a_person"], "database"}
    for file in (ROOT / "operations").glob("*.py"):
        if file.stem in persons:
            continue
        tree = ast.walk(ast.parse(file.read_text("utf-8")))
        made = [node for node in tree if isinstance(node, ast.Call)]
        values = [
            arg.value for call in made for arg in call.args if isinstance(arg, ast.Constant)
        ]
        words = {str(value) for value in values}
        words |= {call.func.attr for call in made if isinstance(call.func, ast.Attribute)}
        for service in words & {*session.get_available_services()}:
            model = session.get_service_model(service)
            for operation in model.operation_names:
                if xform_name(operation) in words:  # type: ignore[no-untyped-call]
                    assert action_of(model, operation) in listed | FREE, f"of {file.name}"


def test_every_command_is_listed() -> None:
    assert {*COMMANDS} | {"by hand"} == {*KNOWN["commands"], *KNOWN["by_a_person"]}


def test_the_cli_deploys_as_the_role_too(guarded: Cloud) -> None:
    role = set_up(guarded, PRODUCTION)
    credentials = assume(guarded, role, "repo:octo/shop:environment:production")
    words = " ".join(f"{name}={value}" for name, value in credentials.items())

    for stack in stacks_of(PRODUCTION):
        guarded.run(f"{words} {deploy_command(PRODUCTION, stack)}")


def test_nobody_else_gets_the_role(guarded: Cloud) -> None:
    role = set_up(guarded, PRODUCTION)
    assume(guarded, role, "repo:octo/shop:environment:production")

    for subject, audience in (
        ("repo:octo/other:environment:production", "sts.amazonaws.com"),
        ("repo:octo/shop:environment:development", "sts.amazonaws.com"),
        ("repo:octo/shop:ref:refs/heads/main", "sts.amazonaws.com"),
        ("repo:octo/shop:environment:production", "https://github.com/octo"),
    ):
        with pytest.raises(ClientError, match="Not authorized"):
            assume(guarded, role, subject, audience)


def test_the_emulator_refuses_what_is_not_the_environments(guarded: Cloud) -> None:
    role = set_up(guarded, PRODUCTION)
    credentials = assume(guarded, role, "repo:octo/shop:environment:production")
    keys = {name.lower(): value for name, value in credentials.items()}

    for service, call, asked in (
        ("cloudformation", "delete_stack", {"StackName": "shop-production-deploy-role"}),
        ("cloudformation", "delete_stack", {"StackName": "shop-staging-api"}),
        ("iam", "delete_role", {"RoleName": "shop-staging-service-TaskRole-1A2B3C4D5E6F"}),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "shop-staging-1"}),
        ("ec2", "delete_vpc", {"VpcId": "vpc-1a2b3c4d"}),
    ):
        client = boto3.client(  # type: ignore[no-untyped-call]
            service, endpoint_url=guarded.url, region_name="us-east-1", **keys
        )
        with pytest.raises(ClientError, match=r"AccessDenied|UnauthorizedOperation"):
            getattr(client, call)(**asked)


class Policies:
    """A folder's grants, read as IAM reads them."""

    def __init__(self, folder: Path) -> None:
        self.grants = Permissions(open_target(folder)).grants

    def allow(self, action: str, end: str, keys: dict[str, str] | None = None) -> bool:
        """Whether an action is allowed on an ARN of which only the end is given."""
        return any(
            action in grant.actions
            and any(fnmatchcase(f"x:{end}", f"*:{_end(arn)}") for arn in grant.resources)
            and all(self.holds(test, keys or {}) for test in grant.tests)
            for grant in self.grants
        )

    @staticmethod
    def holds(test: tuple[str, str, tuple[str, ...]], keys: dict[str, str]) -> bool:
        _, key, values = test
        if key == "aws:RequestedRegion":
            return True
        return any(fnmatchcase(keys.get(key, ""), value) for value in values)


def _end(arn: str) -> str:
    return arn if arn == "*" else arn.replace("${AWS::", "").split(":", 5)[5]


MADE = {  # names as CloudFormation and RDS make them, and what may be done with them
    "iam:CreateRole": "role/shop-production-service-TaskRole-1A2B3C4D5E6F",
    "logs:CreateLogGroup": "log-group:shop-production-api-AccessLog-1a2B3c4D5e6F:log-stream:",
    "logs:DeleteLogGroup": "log-group:/aws/rds/instance/shop-production-2/upgrade:*",
    "rds:CreateDBInstance": "db:shop-production-2",
    "rds:CreateDBSubnetGroup": "subgrp:shop-production-database-subnetgroup-1a2b3c4d5e6f",
    "secretsmanager:CreateSecret": "secret:UrlSecret-1a2B3c4D5e6F-aBcDeF",
    "ecs:UpdateService": (
        "service/shop-production-service-Cluster-1a2B/shop-production-service-Service-3c4D"
    ),
    "ecs:RegisterTaskDefinition": "task-definition/shop-production-service-TaskDefinition-1a:7",
    "sns:CreateTopic": "shop-production-monitoring-AlarmTopic-1A2B3C4D5E6F",
    "cloudwatch:PutMetricAlarm": "alarm:shop-production-monitoring-ServiceCpu-1A2B3C4D5E6F",
    "cloudwatch:DescribeAlarms": "alarm:*",
    "ecr:CreateRepository": "repository/shop-account-repository-1a2b3c4d5e6f",
    "cloudformation:CreateChangeSet": "stack/shop-production-api/1a2b3c4d",
    "ssm:PutParameter": "parameter/shop/production/deployment",
    "ec2:CreateVpc": "vpc/vpc-1a2b3c4d",
    "apigateway:POST": "/restapis/1a2b3c/deployments",
}


def test_names_as_aws_makes_them_are_allowed() -> None:
    policies = Policies(PRODUCTION)

    assert [action for action, end in MADE.items() if not policies.allow(action, end)] == []


@pytest.mark.parametrize(
    ("action", "end"),
    [
        ("iam:PutRolePolicy", "role/deploy/shop-production-deploy-role-Role-1A2B3C4D5E6F"),
        ("iam:PutRolePolicy", "role/shop-staging-service-TaskRole-1A2B3C4D5E6F"),
        ("iam:PutRolePolicy", "role/shop-production-services-TaskRole-1A2B3C4D5E6F"),
        ("iam:CreatePolicyVersion", "policy/deploy/shop-production-deploy-role-Policy1-1A2B"),
        ("iam:DeleteServiceLinkedRole", "role/aws-service-role/ecs.amazonaws.com/x"),
        ("cloudformation:CreateChangeSet", "stack/shop-production-deploy-role/1a2b3c4d"),
        ("cloudformation:DeleteStack", "stack/shop-staging-api/1a2b3c4d"),
        ("rds:DeleteDBInstance", "db:shop-staging-1"),
        ("logs:DeleteLogGroup", "log-group:/aws/rds/instance/shop-staging-1/upgrade"),
        ("ecr:DeleteRepository", "repository/shop-account-repository-1a2b3c4d5e6f"),
        ("ssm:PutParameter", "parameter/shop/staging/deployment"),
    ],
)
def test_what_is_not_the_environments_is_refused(action: str, end: str) -> None:
    assert not Policies(PRODUCTION).allow(action, end)


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_only_its_own_tags_open_what_has_no_name(environment: str) -> None:
    policies = Policies(PRODUCTION)
    tags = {"aws:ResourceTag/project": "shop", "aws:ResourceTag/environment": environment}
    secret = "secret:UrlSecret-1a2B3c4D5e6F-aBcDeF"

    opened = [
        policies.allow("ec2:DeleteVpc", "vpc/vpc-1a2b3c4d", tags),
        policies.allow("elasticloadbalancing:DeleteLoadBalancer", "loadbalancer/app/a", tags),
        policies.allow("secretsmanager:GetSecretValue", secret, tags),
    ]

    assert opened == [environment == "production"] * 3


@pytest.mark.parametrize(
    ("action", "end", "key", "good", "bad"),
    [
        (
            "iam:PassRole",
            "role/shop-production-service-TaskRole-1A",
            "iam:PassedToService",
            "ecs-tasks.amazonaws.com",
            "ec2.amazonaws.com",
        ),
        (
            "iam:CreateServiceLinkedRole",
            "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            "iam:AWSServiceName",
            "rds.amazonaws.com",
            "organizations.amazonaws.com",
        ),
        (
            "route53:ChangeResourceRecordSets",
            "hostedzone/Z1A2B3C",
            "route53:ChangeResourceRecordSetsNormalizedRecordNames",
            "_1a2b3c.api.example.com",
            "www.example.com",
        ),
        (
            "iam:AttachRolePolicy",
            "role/shop-account-ApiGatewayLogRole-1A",
            "iam:PolicyARN",
            POLICY + "service-role/AmazonAPIGatewayPushToCloudWatchLogs",
            POLICY + "AdministratorAccess",
        ),
    ],
)
def test_conditions_say_for_what(action: str, end: str, key: str, good: str, bad: str) -> None:
    policies = Policies(PRODUCTION)

    assert policies.allow(action, end, {key: good})
    assert not policies.allow(action, end, {key: bad})


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_what_a_handler_lists_is_allowed_or_left_out_with_a_reason(folder: Path) -> None:
    target = open_target(folder)
    permissions = Permissions(target)
    given = {action for grant in permissions.grants for action in grant.actions}
    for resource in target.system.resources.values():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource.body["Type"])
        kept = str(resource.body.get("DeletionPolicy")).startswith("Retain")
        for handler in {"create", "read", "update", *["delete"] * (not kept)}:
            listed = schema.schema["handlers"].get(handler, {}).get("permissions", [])
            assert {*listed} <= given | {*permissions.left_out}

    assert not given & {*permissions.left_out}
    assert {action for action in given if "ServiceLinkedRole" in action} == {
        "iam:CreateServiceLinkedRole"
    }
    assert all(permissions.left_out.values())
    unbounded = [g for g in permissions.grants if "*" in g.resources and not g.tests]
    assert all(grant.why for grant in unbounded)


def test_tags_arrive_where_they_are_asked_for() -> None:
    """As the schemas say: CloudFormation's own tags do, so the stack's do too."""
    for resource in open_target(PRODUCTION).system.resources.values():
        kind = resource.body["Type"]
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        asked = {
            action.partition(":")[0] for action in schema["handlers"]["create"]["permissions"]
        }
        if schema["tagging"]["taggable"] and asked <= {*KNOWN["tagged"], "vpce", "vpc-lattice"}:
            assert schema["tagging"]["cloudFormationSystemTags"], kind


def test_preflight_and_commands_know_the_same_service_linked_roles() -> None:
    names = {service.removesuffix(".amazonaws.com") for _, service in LINKED.values()}

    assert names == {*KNOWN["linked_roles"].values()}


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_the_template_is_clean_and_within_iams_limits(folder: Path, tmp_path: Path) -> None:
    options = ["--existing-provider"] * (folder != PRODUCTION)
    to = ["--output", str(tmp_path)]
    assert main(["deploy-role", str(folder), *REPOSITORY, *to, *options]) == 0
    file = tmp_path / f"deploy-role-{folder.name}.yaml"
    found = yaml.safe_load(file.read_text("utf-8"))
    assert lint_file(file, config=ManualArgs(include_checks=["I"])) == []
    assert list(_run(found, "us-east-1")) == []  # our own rules
    resources = found["Resources"]
    documents = [
        json.dumps(body["Properties"]["PolicyDocument"], separators=(",", ":"))
        for body in resources.values()
        if body["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    longest = {"Partition": "aws-us-gov", "Region": "ap-southeast-3", "AccountId": "1" * 12}
    for document in documents:
        text = re.sub(r'\{"Fn::Sub":("[^"]*")\}', r"\1", document)
        text = re.sub(r"\$\{AWS::(\w+)\}", lambda name: longest[name[1]], text)
        assert len(text) <= 6_144
    assert len(documents) <= 10
    assert not Policies(folder).allow("iam:PutRolePolicy", f"role{PATH}shop-account-Role-1A")
    assert ("Provider" in resources) is not bool(options)


def test_a_new_repositorys_ids_go_into_the_subject(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = ["--output", str(tmp_path)]
    main(["deploy-role", str(DEVELOPMENT), "--repository", "octo@12/shop@345", *to])

    assert (
        "the role of repo:octo@12/shop@345:environment:development" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "repository", ["shop", "octo/*", "octo*/shop", "octo@12/shop", "o/s:x"]
)
def test_a_repository_is_named_whole(
    capsys: pytest.CaptureFixture[str], repository: str
) -> None:
    assert main(["deploy-role", str(DEVELOPMENT), "--repository", repository]) == 2
    assert "gh api repos/OWNER/NAME/actions/oidc" in capsys.readouterr().err


def test_no_environment_holds_its_own_role(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "test", **{"deploy-role": {"Topic": topic()}})

    assert main(["deploy-role", str(folder), *REPOSITORY]) == 2
    assert "tiny-test-deploy-role is a stack of the manifest" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["Custom::Mine", "AWS::Mine::Own", None])
def test_a_type_without_a_schema_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    folder = write(tmp_path / "test", one={"Mine": {"Type": kind}})

    assert main(["deploy-role", str(folder), *REPOSITORY]) == 2
    assert f"tiny-test-one: Mine is of type {kind}" in capsys.readouterr().err


def test_secrets_and_keys_of_others_are_read_where_a_property_names_them(
    tmp_path: Path,
) -> None:
    value = (
        "{{resolve:secretsmanager:theirs:SecretString:password}}"
        "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:1:secret:x-aBcDeF:SecretString}}"
        "{{resolve:ssm:/theirs/name:1}}"
    )
    resources = {
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": value},
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": "alias/theirs"}},
    }
    policies = Policies(write(tmp_path / "test", one=resources))

    assert policies.allow("secretsmanager:GetSecretValue", "secret:theirs-aBcDeF")
    assert policies.allow("secretsmanager:GetSecretValue", "secret:x-aBcDeF")
    assert not policies.allow("secretsmanager:GetSecretValue", "secret:ours-aBcDeF")
    assert policies.allow("ssm:GetParameters", "parameter/theirs/name")
    assert policies.allow("logs:AssociateKmsKey", "log-group:tiny-test-one-Logs-1a2B3c4D5e6F")


def test_names_that_aws_shortens_or_lowers_are_known(tmp_path: Path) -> None:
    trust = {"Statement": [{"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
    resources = {
        "RoleOfManyTasks": {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": trust},
        },
        "Groups": {"Type": "AWS::RDS::DBSubnetGroup"},
    }
    folder = write(tmp_path / "test", one=resources)
    name = "A-project-with-a-name-of-very-many-words-one"
    manifest = (folder / "manifest.json").read_text("utf-8")
    (folder / "manifest.json").write_text(manifest.replace("tiny-test-one", name), "utf-8")
    policies = Policies(folder)

    assert policies.allow("iam:CreateRole", f"role/{name[:35]}-RoleOfManyTasks-1A2B3C4D5E6F")
    assert policies.allow(
        "iam:CreateRole", f"role/{name[:25]}-RoleOfManyTasksAndMo-1A2B3C4D5E6F"
    )
    assert not policies.allow("iam:PutRolePolicy", f"role{PATH}{name[:25]}-Role-1A2B3C4D5E6F")
    assert policies.allow(
        "rds:CreateDBSubnetGroup", f"subgrp:{name.lower()}-groups-1a2b3c4d5e6f"
    )


def test_a_call_may_name_what_it_acts_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KNOWN["commands"], "mine", ["iam:GetRole@role/aws-service-role/*"])
    policies = Policies(write(tmp_path / "test", one={"Topic": topic()}))

    assert policies.allow("iam:GetRole", "role/aws-service-role/ecs.amazonaws.com/its")
    assert not policies.allow("iam:GetRole", "role/theirs")


def test_a_call_has_no_reach_where_nothing_is_ours(tmp_path: Path) -> None:
    policies = Policies(write(tmp_path / "test", one={"Topic": topic()}))

    assert policies.allow("sns:DeleteTopic", "tiny-test-one-Topic-1A2B3C4D5E6F")
    assert not policies.allow("iam:PassRole", "role/theirs")
    assert not policies.allow("rds:ModifyDBInstance", "db:theirs")
    assert not policies.allow("logs:DeleteLogGroup", "log-group:theirs")
    assert not policies.allow("apigateway:GET", "/apikeys/theirs")


def test_the_pages_workflow_asks_for_what_the_role_trusts() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (workflow,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    (job,) = yaml.safe_load(workflow)["jobs"].values()

    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    assert job["environment"] == "${{ inputs.environment }}"
