"""`deploy-role` writes the policies of a role for any folder.

test_escalations.py asks these policies what an attacker would try; test_guarded.py runs the
commands as the role in an emulator that checks policies.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore import xform_name
from cfnlint.api import lint_file
from cfnlint.config import ManualArgs
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from troposphere import Sub, Template, iam

from build import build
from cfnlink.aws.catalogue import resource_type, types
from cfnlink.cli import main
from cfnlink.commands import COMMANDS, OPERATIONS
from cfnlink.lint.run import _run
from cfnlink.operations import aws_reference, permissions
from cfnlink.operations.commands.deploy_role import PATH, template_text
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError
from cfnlink.operations.permission_rows import Call, rows
from cfnlink.operations.permissions import Permissions
from templates.settings import Settings
from tests.helpers import (
    ROOT,
    changed,
    example_output,
    example_outputs,
    example_settings,
    need_shipped_tiers,
)
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, topic, write
from tests.operations.iam import Keys, Request, is_allowed
from tests.operations.roles import (
    BOUNDARY,
    REPOSITORY,
    arn,
    ask,
    environment_may,
    statements,
    tags,
    written,
)
from tests.operations.test_guarded import FREE, action_of

ENVIRONMENTS = example_outputs()
BOUNDED: Keys = {"iam:PermissionsBoundary": BOUNDARY}
SECRET = "secret:UrlSecret-1a2B3c4D5e6F-aBcDeF"
# IAM's limits:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY, MOST_POLICIES = 6_144, 10
LONGEST = {"Partition": "aws-us-gov", "AccountId": "1" * 12}

# Names as CloudFormation and RDS make them, and what may be done with them.
MADE = [
    ask("iam:CreateRole", "role/shop-production-service-TaskRole-1A2B3C4D5E6F", BOUNDED),
    ask("logs:CreateLogGroup", "log-group:shop-production-api-AccessLog-1a2B:log-stream:"),
    ask("logs:DeleteLogGroup", "log-group:/aws/rds/instance/shop-production-2/upgrade:*"),
    ask("rds:CreateDBInstance", "db:shop-production-2"),
    ask("rds:CreateDBSubnetGroup", "subgrp:shop-production-database-subnetgroup-1a2b3c4d"),
    ask("secretsmanager:CreateSecret", SECRET),
    ask(
        "ecs:UpdateService",
        "service/shop-production-service-Cluster-1a2B/shop-production-service-Service-3c4D",
    ),
    ask("ecs:RegisterTaskDefinition", "task-definition/shop-production-service-Task-1a:7"),
    ask("sns:CreateTopic", "shop-production-monitoring-AlarmTopic-1A2B3C4D5E6F"),
    ask("cloudwatch:PutMetricAlarm", "alarm:shop-production-monitoring-ServiceCpu-1A2B"),
    ask("cloudwatch:DescribeAlarms"),
    ask("ecr:DescribeRepositories", "repository/shop-account-repository-1a2b3c4d5e6f"),
    ask(
        "cloudformation:CreateChangeSet",
        "stack/shop-production-api/1a2b3c4d",
        tags("production", "Request"),
    ),
    ask("cloudformation:DescribeStacks", "stack/shop-production-gone/1a2b3c4d"),
    ask("ssm:PutParameter", "parameter/shop/production/deployment"),
    ask("ec2:CreateVpc", "vpc/*", tags("production", "Request")),
    ask("apigateway:POST", "/restapis"),
]


def may(folder: Path, request: Request, *options: str) -> bool:
    """Return whether the role of a folder may make a request."""
    return is_allowed(statements(folder, *options), request)


@pytest.mark.parametrize("request_", MADE, ids=lambda each: each.action)
def test_names_as_aws_makes_them_are_allowed(request_: Request) -> None:
    assert environment_may("production", request_)


@pytest.mark.parametrize(
    ("names", "types", "allowed"),
    [
        (["api.example.com"], ["A"], True),
        ([f"_{'1a' * 16}.api.example.com"], ["CNAME"], True),
        (["www.example.com"], ["A"], False),
        (["api.example.com", "example.com"], ["A"], False),
        (["api.example.com"], ["NS"], False),
        (["_acme-challenge.api.example.com"], ["CNAME"], False),
    ],
)
def test_only_the_records_of_the_templates_change(
    names: list[str], types: list[str], *, allowed: bool
) -> None:
    key = "route53:ChangeResourceRecordSets"
    keys: Keys = {f"{key}NormalizedRecordNames": names, f"{key}RecordTypes": types}

    assert environment_may("production", ask(key, "hostedzone/Z1A2B3C4D5E6F7", keys)) is allowed


@pytest.mark.parametrize("shared", [False, True], ids=["environment", "account"])
@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_what_a_handler_lists_is_allowed_or_left_out_with_a_reason(
    folder: Path, *, shared: bool
) -> None:
    environment = open_environment(folder)
    found = Permissions(environment, shared)
    given = {
        action for grant in found.grants if grant.effect == "Allow" for action in grant.actions
    }
    own = {stack.name for stack in found.stacks}
    for resource in environment.system.resources.values():
        kept = resource.body.get("UpdateReplacePolicy") == "Retain"
        kept = kept and resource.body.get("DeletionPolicy") == "Retain"
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource.body["Type"])
        for handler in {"create", "read", "update", *["delete"] * (not kept)}:
            listed = schema.schema["handlers"].get(handler, {}).get("permissions", [])
            if resource.stack in own:
                assert {*listed} <= given | {*found.left_out}

    assert not given & {*found.left_out}
    assert all(found.left_out.values())
    unbounded = [grant for grant in found.grants if grant.resources == ("*",)]
    assert all(grant.why for grant in unbounded if grant.effect == "Allow")


def test_a_drill_is_removed_by_its_name_alone() -> None:
    """The instances of the stack have the digit of a generation at the end."""
    for name, allowed in (("shop-production-1-drill", True), ("shop-staging-1-drill", False)):
        for action in (
            "DeleteDBInstance",
            "ModifyDBInstance",
            "RestoreDBInstanceToPointInTime",
        ):
            assert environment_may("production", ask(f"rds:{action}", f"db:{name}")) is allowed


IMAGE = "repository/shop-account-repository-1a2b3c4d5e6f"
EXECUTION_ROLE = "role/shop-production-database-ExecutionRole-1A2B3C4D5E6F"
CHANGE = "stack/shop-production-api/1a2b3c4d"
NAME = "cloudformation:ChangeSetName"
PLANNED: Keys = {NAME: "plan-1a2b"}
PLANNED_ARN: Keys = {NAME: arn("cloudformation", "changeSet/plan-1a2b/3c4d")}
DEPLOYED: Keys = {NAME: "operations-1a2b"}
PASSED: dict[str, Keys] = {
    name: {"iam:PassedToService": f"{name}.amazonaws.com"} for name in ("ecs-tasks", "ec2")
}
OF_A_PURPOSE = [
    (
        "plan",
        ask("cloudformation:CreateChangeSet", CHANGE, tags("production", "Request"), PLANNED),
        True,
    ),
    ("plan", ask("cloudformation:CreateChangeSet", CHANGE, DEPLOYED), False),
    ("plan", ask("cloudformation:DeleteChangeSet", CHANGE, PLANNED), True),
    ("plan", ask("cloudformation:DeleteChangeSet", CHANGE, PLANNED_ARN), True),
    ("plan", ask("cloudformation:DeleteChangeSet", CHANGE, DEPLOYED), False),
    ("plan", ask("cloudformation:DeleteChangeSet", CHANGE), False),
    ("plan", ask("cloudformation:DeleteStack", CHANGE), False),
    ("plan", ask("cloudformation:ExecuteChangeSet", CHANGE, PLANNED), False),
    ("plan", ask("secretsmanager:GetSecretValue", SECRET, tags("production")), False),
    ("plan", ask("rds:DeleteDBInstance", "db:shop-production-1"), False),
    ("plan", ask("iam:PassRole", EXECUTION_ROLE, PASSED["ecs-tasks"]), False),
    ("schedule", ask("secretsmanager:GetSecretValue", SECRET, tags("production")), True),
    ("schedule", ask("secretsmanager:GetSecretValue", SECRET, tags("staging")), False),
    ("schedule", ask("cloudformation:CreateChangeSet", CHANGE), False),
    ("schedule", ask("cloudformation:ExecuteChangeSet", CHANGE), False),
    ("schedule", ask("rds:DeleteDBInstance", "db:shop-production-1"), False),
    ("schedule", ask("rds:DeleteDBInstance", "db:shop-production-1-drill"), True),
    ("schedule", ask("rds:DeleteDBInstance", "db:shop-staging-1-drill"), False),
    ("schedule", ask("iam:PutRolePolicy", EXECUTION_ROLE, BOUNDED), False),
    ("schedule", ask("iam:PassRole", EXECUTION_ROLE, PASSED["ecs-tasks"]), True),
    ("schedule", ask("iam:PassRole", EXECUTION_ROLE, PASSED["ec2"]), False),
    ("images", ask("ecr:PutImage", IMAGE), True),
    ("images", ask("ecr:PutImage", "repository/theirs"), False),
    ("images", ask("ecr:BatchDeleteImage", IMAGE), False),
    ("images", ask("ecr:GetAuthorizationToken"), True),
    ("images", ask("cloudformation:CreateChangeSet", "stack/shop-account/1a2b3c4d"), False),
]


@pytest.mark.parametrize(("purpose", "request_", "allowed"), OF_A_PURPOSE)
def test_a_role_of_a_purpose_may_do_no_more(
    purpose: str, request_: Request, *, allowed: bool
) -> None:
    folder = example_output("production")

    assert may(folder, request_, "--purpose", purpose) is allowed


def test_tags_arrive_where_they_decide() -> None:
    """As the schemas say: CloudFormation's own tags do, so the stack's do too."""
    for resource in open_environment(PRODUCTION).system.resources.values():
        kind = resource.body["Type"]
        row = resource_type(kind)
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
        by_tags = [
            name
            for name, each in row.arns.items()
            if not re.search(r"\{(name|exact|stack|zone)\}", each.arn) and not each.wide
        ]
        if by_tags and row.tagged != "uncertain" and schema["tagging"]["taggable"]:
            assert schema["tagging"]["cloudFormationSystemTags"], kind


def test_the_rows_name_what_aws_has() -> None:
    every = rows()
    for kind, row in types().items():
        if not row.arns:
            continue
        assert PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind), kind
        for key in (*row.arns, *row.created_in):
            service, _, name = key.rpartition(":")
            assert aws_reference._kind(service or row.iam_service, name), (kind, key)
    named = {call.action for command in every.commands for call in every.calls(command)}
    named |= {action for row in every.conditions for action in row.actions}
    named |= {*every.fixed, *every.unlimited, *every.risks}
    assert {each for each in named if not aws_reference.is_known(each)} <= {
        "servicequotas:GetServiceQuota"
    }


def test_every_call_in_the_code_is_listed() -> None:
    """Also of the ways that no rehearsal goes."""
    session = botocore.session.get_session()
    listed = {call.action for command in rows().commands for call in rows().calls(command)}
    for file in (ROOT / "cfnlink" / "operations").rglob("*.py"):
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
                if xform_name(operation) in words:
                    assert action_of(model, operation) in listed | FREE, f"of {file.name}"


def folder_of(settings: Settings, home: Path) -> Path:
    """Return the output folder of some settings."""
    for name, text in build(settings).files.items():
        (home / name).write_text(text, "utf-8")
    return home


def production(**more: Any) -> Settings:
    """Production with some other settings: network__egress="nat"."""
    settings = example_settings()
    for key, value in more.items():
        settings = changed(settings, key.replace("__", "."), value)
    return settings


LONG = {"project": "a-name-of-more-words", "environment": "another-one-of-it"}
CONTAINER = {
    "buckets": {"uploads": {"versioned": True, "cors_origins": ("*",)}},
    "service__secrets": {"MAIL": "arn:aws:ssm:us-east-1:111122223333:parameter/shop/mail"},
    "service__egress_ports": (587,),
}
JOBS = {"jobs": {"nightly": {"schedule": "rate(1 day)", "command": ("/service", "report")}}}
BUDGET = {"account__monthly_budget_usd": 100, "account__budget_email": "ops@example.com"}
VARIANTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "nat": {"network__egress": "nat", "network__nat_gateways": 2},
    "endpoints": {"network__egress": "endpoints", "database__multi_az": True},
    "exec": {"service__read_only": False, "service__ecs_exec": True},
    "long names": LONG,
    "budget": BUDGET,
    "container": CONTAINER,
    "jobs": JOBS,
    "another region": {
        "region": "ap-southeast-3",
        "network__zones": ("apse3-az1", "apse3-az2"),
    },
}


def test_the_role_changes_buckets_of_the_environment_and_no_object(tmp_path: Path) -> None:
    need_shipped_tiers()
    text = json.dumps(written(folder_of(production(**CONTAINER), tmp_path)))

    named = "arn:${AWS::Partition}:s3:::shop-production-service-*"
    actions = {*re.findall(r"s3:[A-Za-z]+", text)}
    assert re.findall(r"[^\"]+:s3:::[^\"]+", text) == [named]
    assert {"s3:CreateBucket", "s3:PutBucketCORS", "s3:PutLifecycleConfiguration"} <= actions
    assert not [each for each in actions if "Object" in each and "Configuration" not in each]
    parameter = "arn:aws:ssm:us-east-1:111122223333:parameter/shop/mail"
    assert parameter in text


def test_the_role_changes_and_starts_the_jobs_of_the_environment(tmp_path: Path) -> None:
    need_shipped_tiers()
    text = json.dumps(written(folder_of(production(**JOBS), tmp_path)))

    here = "us-east-1:${AWS::AccountId}:"
    assert {*re.findall(r":(?:states|scheduler):([^\"]+)", text)} == {
        f"{here}stateMachine:shop-production-nightly",
        f"{here}execution:shop-production-nightly:*",
        f"{here}schedule/*/shop-production-service-*",
        f"{here}schedule-group/shop-production",
    }
    assert {"states:StartExecution", "states:UpdateStateMachine"} <= {
        *re.findall(r"states:[A-Za-z]+", text)
    }


@pytest.mark.parametrize("options", [(), ("--account",)], ids=["environment", "account"])
def test_the_template_is_clean(tmp_path: Path, options: tuple[str, ...]) -> None:
    need_shipped_tiers()
    found = written(PRODUCTION, *options)

    (tmp_path / "role.yaml").write_text(yaml.safe_dump(found), "utf-8")
    every = ManualArgs(include_checks=["I"])
    assert lint_file(tmp_path / "role.yaml", config=every) == []
    assert list(_run(found, "us-east-1")) == []  # our own rules


@pytest.mark.parametrize("name", VARIANTS)
def test_the_templates_are_within_the_limits(tmp_path: Path, name: str) -> None:
    need_shipped_tiers()
    folder = folder_of(production(**VARIANTS[name]), tmp_path)

    for options in ((), ("--account",)):
        documents = [
            json.dumps(body["Properties"]["PolicyDocument"], separators=(",", ":"))
            for body in written(folder, *options)["Resources"].values()
            if body["Type"] == "AWS::IAM::ManagedPolicy"
        ]
        assert len(documents) <= MOST_POLICIES
        assert all(len(filled(document)) <= LARGEST_POLICY for document in documents)


def filled(document: str) -> str:
    """A policy as IAM gets it at most."""
    text = re.sub(r'\{"Fn::ImportValue":"[^"]*"\}', f'"{"x" * 168}"', document)
    text = re.sub(r'\{"Fn::Sub":\["([^"]*)",\{.*?\}\}\]\}', r'"\1"', text)
    text = re.sub(r'\{"Fn::Sub":("[^"]*")\}', r"\1", text)
    text = re.sub(r"\$\{AWS::(\w+)\}", lambda name: LONGEST[name[1]], text)
    return re.sub(r"\$\{Import\d\}", "x" * 32, text)


@pytest.mark.parametrize("options", [(), ("--account",)], ids=["environment", "account"])
def test_the_page_lists_all_that_is_wide_and_all_that_is_left_out(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    to = ("--output", str(tmp_path), *options)
    assert main(["deploy-role", str(PRODUCTION), *REPOSITORY, *to]) == 0
    (page,) = (file.read_text("utf-8") for file in tmp_path.glob("*.md"))
    wide, left_out = page.split("## Left out")
    found = Permissions(open_environment(PRODUCTION), bool(options))

    for grant in found.grants:
        for action in grant.actions if grant.why else ():
            assert f"- {action}\n" in wide
    for action in found.left_out:
        assert f"- {action}\n" in left_out


def test_a_template_that_is_too_long_names_the_partition() -> None:
    """It stays shorter than what CloudFormation takes; a short one keeps the variable."""

    def text(count: int) -> str:
        arn = Sub("arn:${AWS::Partition}:s3:::" + "a" * 50)
        document = {"Statement": [{"Effect": "Allow", "Resource": [arn] * count}]}
        template = Template()
        template.add_resource(iam.ManagedPolicy("Policy", PolicyDocument=document))
        return template_text(template, "cn-north-1")

    assert "arn:${AWS::Partition}:s3" in text(400)
    assert "arn:aws-cn:s3" in text(580)
    assert "Partition" not in text(580)
    with pytest.raises(CommandError, match=r"CloudFormation takes 51,200"):
        text(800)


def test_an_existing_provider_is_not_made_again() -> None:
    assert "Provider" in written(PRODUCTION)["Resources"]
    assert "Provider" not in written(PRODUCTION, "--existing-provider")["Resources"]


@pytest.mark.parametrize(
    ("options", "subject"),
    [((), "production"), (("--account",), "account")],
    ids=["environment", "account"],
)
def test_each_role_is_for_jobs_of_its_own_github_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], subject: str
) -> None:
    to = ("--output", str(tmp_path), *options)
    main(["deploy-role", str(PRODUCTION), "--repository", "octo@12/shop@345", *to])

    assert f"the role of repo:octo@12/shop@345:environment:{subject}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "repository", ["shop", "octo/*", "octo*/shop", "octo@12/shop", "o/s:x"]
)
def test_a_repository_is_named_whole(
    capsys: pytest.CaptureFixture[str], repository: str
) -> None:
    assert main(["deploy-role", str(DEVELOPMENT), "--repository", repository]) == 2
    assert "gh api repos/OWNER/NAME/actions/oidc" in capsys.readouterr().err


def refusal(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command says to a folder that it refuses."""
    assert main(["deploy-role", str(folder), *REPOSITORY, *options]) == 2
    return capsys.readouterr().err


def test_no_environment_holds_its_own_role(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "test", **{"deploy-role": {"Topic": topic()}})

    assert "tiny-test-deploy-role is a stack of the manifest" in refusal(folder, capsys)


def test_a_folder_without_a_shared_stack_has_no_role_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "test", one={"Topic": topic()})

    assert "has no stack that environments share" in refusal(folder, capsys, "--account")


@pytest.mark.parametrize("kind", ["Custom::Mine", "AWS::Mine::Own", None])
def test_a_type_without_a_schema_is_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str | None
) -> None:
    folder = write(tmp_path / "test", one={"Mine": {"Type": kind}})

    assert f"tiny-test-one: Mine ({kind or 'no type'}): no schema" in refusal(folder, capsys)


def role(boundary: Any = None) -> dict[str, Any]:
    """Return a role of ECS's tasks."""
    trust = {"Statement": [{"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}
    properties: dict[str, Any] = {"AssumeRolePolicyDocument": trust}
    if boundary:
        properties["PermissionsBoundary"] = boundary
    return {"Type": "AWS::IAM::Role", "Properties": properties}


OWN_POLICY = {
    "Type": "AWS::IAM::ManagedPolicy",
    "Properties": {"PolicyDocument": {"Statement": []}},
}


@pytest.mark.parametrize("boundary", [None, {"Ref": "First"}], ids=["none", "its own"])
def test_a_role_needs_a_boundary_that_the_deployment_does_not_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], boundary: Any
) -> None:
    resources = {"First": OWN_POLICY, "Role": role(boundary)}

    said = refusal(write(tmp_path / "test", one=resources), capsys)

    assert "tiny-test-one: the role Role has no PermissionsBoundary" in said
    assert "expected an import of the boundary that the shared stack exports" in said


def test_without_tags_in_the_manifest_each_reach_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "test", one={"Vpc": {"Type": "AWS::EC2::VPC"}})

    main(["deploy-role", str(folder), *REPOSITORY, "--output", str(tmp_path)])

    assert permissions.NO_TAGS in capsys.readouterr().out
    assert may(folder, ask("ec2:DeleteVpc", "vpc/vpc-1", tags("other")))


def test_secrets_and_keys_of_others_are_read_where_a_property_names_them(
    tmp_path: Path,
) -> None:
    value = (
        "{{resolve:secretsmanager:theirs:SecretString:password}}"
        "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:"
        "secret:x-aBcDeF:SecretString}}"
        "{{resolve:ssm:/theirs/name:1}}"
    )
    resources = {
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {"Type": "String", "Value": value},
        },
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": "alias/theirs"}},
    }
    folder = tagged(write(tmp_path / "test", one=resources))
    read = "secretsmanager:GetSecretValue"

    assert may(folder, ask(read, "secret:theirs-aBcDeF", tags("production")))
    assert may(folder, ask(read, "secret:x-aBcDeF"))
    assert not may(folder, ask(read, "secret:ours-aBcDeF"))
    assert may(folder, ask("ssm:GetParameters", "parameter/theirs/name"))
    assert may(folder, ask("logs:AssociateKmsKey", "log-group:tiny-test-one-Logs-1a2B3c4D5e6F"))


def tagged(folder: Path) -> Path:
    """Return the folder whose stacks have the two tags."""
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for stack in manifest["stacks"]:
        stack["tags"] = {"project": "tiny", "environment": "test"}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def test_names_that_aws_shortens_or_lowers_are_known(tmp_path: Path) -> None:
    resources = {
        "RoleOfManyTasks": role({"Fn::ImportValue": "tiny-test-account-First"}),
        "Groups": {"Type": "AWS::RDS::DBSubnetGroup"},
    }
    folder = write(tmp_path / "test", account={"First": OWN_POLICY}, one=resources)
    name = "A-project-with-a-name-of-very-many-words-one"
    manifest = (folder / "manifest.json").read_text("utf-8")
    (folder / "manifest.json").write_text(manifest.replace("tiny-test-one", name), "utf-8")

    for made in (f"{name[:35]}-RoleOfManyTasks-1A2B", f"{name[:25]}-RoleOfManyTasksAndMo-1A2B"):
        assert may(folder, ask("iam:CreateRole", f"role/{made}", BOUNDED))
    own = f"role{PATH}{name[:25]}-Role-1A2B3C4D5E6F"
    assert not may(folder, ask("iam:PutRolePolicy", own, BOUNDED))
    assert may(folder, ask("rds:CreateDBSubnetGroup", f"subgrp:{name.lower()}-groups-1a2b"))


@pytest.mark.parametrize(("name", "allowed"), [("Task", True), ("AdministratorAccess", False)])
def test_a_role_gets_only_the_managed_policies_of_its_template(
    tmp_path: Path, name: str, *, allowed: bool
) -> None:
    tasks = role({"Fn::ImportValue": "tiny-test-account-First"})
    tasks["Properties"]["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/Task"]
    folder = write(tmp_path / "test", account={"First": OWN_POLICY}, one={"Role": tasks})
    keys: Keys = {"iam:PolicyARN": f"arn:aws:iam::aws:policy/{name}"}

    request = ask("iam:AttachRolePolicy", "role/tiny-test-one-Role-1A2B", BOUNDED, keys)

    assert may(folder, request) is allowed


def test_a_call_may_name_what_it_acts_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = Call(action="iam:GetRole", arn="role/aws-service-role/*")
    mine = rows().model_copy(update={"commands": {"mine": (call,)}})
    monkeypatch.setattr(permissions, "rows", lambda: mine)
    folder = write(tmp_path / "test", one={"Topic": topic()})

    assert may(folder, ask("iam:GetRole", "role/aws-service-role/ecs.amazonaws.com/its"))
    assert not may(folder, ask("iam:GetRole", "role/theirs"))


def test_a_call_has_no_scope_where_no_resource_is_ours(tmp_path: Path) -> None:
    folder = write(tmp_path / "test", one={"Topic": topic()})

    assert may(folder, ask("sns:DeleteTopic", "tiny-test-one-Topic-1A2B3C4D5E6F"))
    assert not may(folder, ask("iam:PassRole", "role/theirs"))
    assert not may(folder, ask("rds:ModifyDBInstance", "db:theirs"))
    assert not may(folder, ask("logs:DeleteLogGroup", "log-group:theirs"))
    assert not may(folder, ask("apigateway:GET", "/apikeys/theirs"))


def test_every_command_is_listed() -> None:
    commands = {name for name, command in COMMANDS.items() if command.module == OPERATIONS}
    assert commands | {"with the AWS CLI"} == {*rows().commands}
