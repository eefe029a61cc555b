"""The deploy roles run every command in an emulator that checks policies.

Production and the account stack are deployed by an administrator, development by its own role.
What CloudFormation calls in the role's name no emulator checks: test_escalations.py asks it of
the policies.
"""

import base64
import contextlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from cfnlink.operations.change_set import ChangeSet
from cfnlink.operations.permission_rows import rows
from cfnlink.operations.shared import is_refusal
from tests.helpers import example_output
from tests.operations.foreign_calls import FATAL, NEVER, OWNED, Call, Place
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, Done, outputs, push, run
from tests.operations.roles import REPOSITORY
from tests.operations.stubs import served
from tests.operations.test_restore import built
from tests.operations.test_terminal import on_a_terminal
from tests.rehearsal.cloud import Cloud, emulator, new_client, stacks_of

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
STAGING = example_output("staging")
ISSUER = "token.actions.githubusercontent.com"
SUBJECT = "repo:octo/shop:environment:"
FREE = {"sts:GetCallerIdentity"}  # AWS asks no permission for it
PREFIXES = {
    "stepfunctions": "states",
    "apigatewayv2": "apigateway",
    "elbv2": "elasticloadbalancing",
    "service-quotas": "servicequotas",
}


@dataclass(frozen=True)
class Assumed(Cloud):
    """The emulator as a role meets it."""

    keys: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, **self.keys}

    def client(self, service: str) -> Any:
        keys = {name.lower(): value for name, value in self.keys.items()}
        return new_client(service, endpoint_url=self.url, region_name=self.region, **keys)


@dataclass(frozen=True)
class Guarded:
    """An administrator, the roles, and the two commands that deployed development."""

    administrator: Cloud
    development: Assumed
    account: Assumed
    planned: Done
    deployed: Done


def set_up(cloud: Cloud, folder: Path, *options: str) -> str:
    """Deploy a role's template with the command that is printed; return the role's ARN."""
    to = ("--output", cloud.home, *options)
    done = run(cloud, "deploy-role", folder, *REPOSITORY, *to)
    cloud.run(done.out.rsplit("as an administrator: ", 1)[1])
    owner = "account" if "--account" in options else folder.name
    owner += "-plan" if "plan" in options else ""
    return outputs(cloud, f"shop-{owner}-deploy-role")["RoleArn"]


def assume(
    cloud: Cloud, role: str, subject: str, audience: str = "sts.amazonaws.com"
) -> Assumed:
    """Assume a role with a token as GitHub makes it; the emulator checks no signature."""
    claims = {"iss": f"https://{ISSUER}", "aud": audience, "sub": subject}
    coded = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in ({}, claims)]
    found = cloud.client("sts").assume_role_with_web_identity(
        RoleArn=role,
        RoleSessionName="test",
        WebIdentityToken=".".join([*(each.decode() for each in coded), "signature"]),
    )["Credentials"]
    keys = {
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }
    return Assumed(cloud.port, cloud.home, cloud.region, keys)


@contextlib.contextmanager
def listed(command: str) -> Iterator[None]:
    """Hold each call of boto3 against the calls that permissions.yaml lists for a command."""
    actions: set[str] = set()
    call = vars(BaseClient)["_make_api_call"]

    def record(client: Any, operation: str, asked: Any) -> Any:
        actions.add(action_of(client.meta.service_model, operation))
        return call(client, operation, asked)

    with mock.patch.object(BaseClient, "_make_api_call", record):
        yield
    assert actions - FREE <= {each.action for each in rows().calls(command)}


def action_of(model: Any, operation: str) -> str:
    """Return what a policy calls an operation: API Gateway's by its method."""
    method = model.operation_model(operation).http["method"]
    service = PREFIXES.get(model.service_name, model.service_name)
    return f"{service}:{method if service == 'apigateway' else operation}"


def command(role: Assumed, name: str, folder: Path, *options: str) -> Done:
    """Run a command as a role, which may make each of its calls and no others."""
    with listed(name):
        return run(role, name, folder, *options)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with emulator(tmp_path_factory.mktemp("guarded"), AUTH="true") as cloud:
        done = run(cloud, "deploy", PRODUCTION, "--image-tag", "1", "--resolver", "127.0.0.1:9")
        assert done.code == 0, done.err
        role = set_up(cloud, DEVELOPMENT)
        shared = set_up(cloud, DEVELOPMENT, "--account", "--existing-provider")
        development = assume(cloud, role, f"{SUBJECT}development")
        account = assume(cloud, shared, f"{SUBJECT}account")
        planned = command(development, "plan", DEVELOPMENT, "--image-tag", "1")
        deployed = command(development, "deploy", DEVELOPMENT, "--image-tag", "1")
        for environment in ("development", "production"):
            snapshot(cloud, f"kept-{environment}", environment)
        yield Guarded(cloud, development, account, planned, deployed)


def snapshot(cloud: Cloud, name: str, environment: str) -> None:
    """Make a snapshot with the tags of its instance, as CopyTagsToSnapshot does."""
    cloud.client("rds").create_db_snapshot(
        DBSnapshotIdentifier=name,
        DBInstanceIdentifier=f"shop-{environment}-1",
        Tags=[
            {"Key": "project", "Value": "shop"},
            {"Key": "environment", "Value": environment},
        ],
    )


def test_an_empty_environment_comes_up(guarded: Guarded) -> None:
    assert guarded.planned.code == 0, guarded.planned.err
    assert guarded.deployed.code == 0, guarded.deployed.err
    assert "shop-account: no changes" in guarded.deployed.out

    again = command(guarded.development, "deploy", DEVELOPMENT)

    assert again.code == 0, again.err
    assert again.out.count(": no changes") == len(stacks_of(DEVELOPMENT))


def test_preflight_may_look_at_everything(guarded: Guarded) -> None:
    done = command(guarded.development, "preflight", DEVELOPMENT, "--image-tag", "1")

    assert "could not look" not in done.out


def test_a_running_instance_is_read_and_changed(guarded: Guarded) -> None:
    role = guarded.development
    push(guarded.administrator, "2", "arm64")
    with served(guarded.administrator, "development"):
        assert command(role, "smoke", DEVELOPMENT).code == 0
    for words in (
        ("plan",),
        ("status",),
        ("diagnose",),
        ("logs", "--once"),
        ("task", "--", "true"),
        ("release", "--tag", "2", "--watch"),
    ):
        done = command(role, words[0], DEVELOPMENT, *words[1:])
        assert done.code == 0, done.err
    assert "watch: could not look" not in done.out
    nothing = command(role, "release", DEVELOPMENT, "--stop")
    assert (nothing.code, "no release is under way" in nothing.err) == (2, True), nothing.err


def test_the_role_of_a_plan_changes_and_deletes_no_stack(guarded: Guarded) -> None:
    cloud, subject = guarded.administrator, f"{SUBJECT}staging-plan"
    written = set_up(cloud, STAGING, "--existing-provider", "--purpose", "plan")
    role, name = assume(cloud, written, subject), stacks_of(STAGING)[1]["name"]
    administrator, formation = cloud.client("cloudformation"), role.client("cloudformation")

    planned = command(role, "plan", STAGING, "--image-tag", "1")
    again = command(role, "plan", STAGING, "--image-tag", "1")
    left = administrator.list_change_sets(StackName=name)["Summaries"]
    with pytest.raises(ClientError, match="AccessDenied"):
        formation.create_change_set(
            StackName=name,
            ChangeSetName="operations-1",
            ChangeSetType="CREATE",
            TemplateBody='{"Resources": {}}',
        )
    administrator.delete_stack(StackName=name)

    for done in (planned, again):
        assert (done.code, done.err) == (0, "")
        assert f"{name}: new, by a change set" in done.out
        assert f"{name}: this role may not delete the empty stack" in done.out
    assert left == []


def test_drift_is_found_and_undone(guarded: Guarded) -> None:
    name = "/aws/rds/instance/shop-development-1/postgresql"
    logs = guarded.administrator.client("logs")
    logs.put_retention_policy(logGroupName=name, retentionInDays=1)

    found = command(guarded.development, "status", DEVELOPMENT, "--drift")
    undone = command(guarded.development, "deploy", DEVELOPMENT, "--revert-drift")

    assert "drift: LogGroupPostgresql (AWS::Logs::LogGroup) /RetentionInDays" in found.out
    assert "goes back: /RetentionInDays (from 1 to" in undone.out, undone.err
    assert undone.code == 0, undone.err


def test_alarms_watch_a_release_and_take_it_back(guarded: Guarded) -> None:
    cloud = guarded.administrator
    push(cloud, "3", "arm64")
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName="shop-development-monitoring", LogicalResourceId="ErrorsLogged"
    )
    name = found["StackResourceDetail"]["PhysicalResourceId"]
    execute = ChangeSet.execute

    def set_state(state: str) -> None:  # in a process of its own: it is no call of the role
        words = f"--alarm-name {name} --state-value {state} --state-reason test"
        cloud.run(f"aws cloudwatch set-alarm-state {words} --endpoint-url {cloud.url}")

    def raise_and_execute(change_set: ChangeSet) -> None:
        set_state("ALARM")
        execute(change_set)

    set_state("OK")
    planned = command(guarded.development, "plan", DEVELOPMENT, "--image-tag", "3")
    with mock.patch.object(ChangeSet, "execute", raise_and_execute):
        done = command(guarded.development, "release", DEVELOPMENT, "--tag", "3")
    diagnosed = command(guarded.development, "diagnose", DEVELOPMENT)

    assert "1 alarm can take this update back" in planned.out
    assert (done.code, f"because {name}" in done.err) == (1, True), done.err
    assert diagnosed.code == 1, diagnosed.err
    assert f"alarm {name} went to ALARM during the change" in diagnosed.out


def test_a_key_is_shown(guarded: Guarded) -> None:
    code, shown = on_a_terminal(guarded.development, "key", str(DEVELOPMENT))

    assert code == 0, shown
    assert len(shown.strip()) >= 20


def with_endpoint(cloud: Cloud, lines: str) -> str:
    """The first line for the emulator: the AWS CLI 1 asks AWS itself about rds."""
    line = lines.splitlines()[0]
    return line.replace("aws rds", f"aws --endpoint-url {cloud.url} rds")


def test_the_role_deploys_rotates_restores_and_destroys(
    guarded: Guarded, tmp_path: Path
) -> None:
    cloud = guarded.administrator
    role = assume(cloud, set_up(cloud, STAGING, "--existing-provider"), f"{SUBJECT}staging")
    role.deploy(STAGING, stacks_of(STAGING)[1])  # with the AWS CLI

    deployed = command(role, "deploy", STAGING, "--image-tag", "1")
    rotated = command(role, "rotate", STAGING)
    drilled = command(role, "restore", STAGING, "--drill")
    snapshot(cloud, "kept-staging", "staging")
    asked = command(role, "restore", STAGING, "--snapshot", "kept-staging")
    folder = built(tmp_path, asked.out.partition("[database]\n")[2], "staging")
    restored = command(role, "restore", folder, "--snapshot", "kept-staging")
    untagged = command(role, "restore", folder, "--time", "latest")
    cloud.run(with_endpoint(cloud, untagged.err.rsplit("as an administrator: ", 1)[1]))
    in_time = command(role, "restore", folder, "--time", "latest")
    status = command(role, "status", folder)
    destroyed = command(role, "destroy", folder, "--yes", "staging", "--really")

    assert drilled.code == 1  # no PostgreSQL: nothing is read
    assert "not read: the task of psql printed no count of a table" in drilled.err
    for done in (deployed, rotated, restored, status, destroyed):
        assert done.code == 0, done.err
    assert "lacks the tags Key=project,Value=shop Key=environment,Value=staging" in untagged.err
    assert 'restore_time = "latest"' in in_time.out, in_time.err
    assert "could not look" not in status.out
    assert "this role may not deregister them" in rotated.out


def test_the_shared_stack_is_changed_by_its_own_role(guarded: Guarded, tmp_path: Path) -> None:
    folder = shutil.copytree(DEVELOPMENT, tmp_path / "development")
    file = folder / "account.yaml"
    file.write_text(file.read_text("utf-8").replace("ScanOnPush: true", "ScanOnPush: false"))
    only = ("--only", "account")

    planned = command(guarded.development, "plan", folder)
    deployed = command(guarded.development, "deploy", folder)
    alone = command(guarded.development, "deploy", folder, *only)
    seen = command(guarded.account, "plan", folder, *only)
    changed = command(guarded.account, "deploy", folder, *only)
    again = command(guarded.development, "deploy", folder)
    restored = command(guarded.account, "deploy", DEVELOPMENT, *only)

    assert "shop-account: from the templates alone: this role may only read it" in planned.out
    assert deployed.code == 1
    assert f"shop-account differs from {folder}, and this role may only read it" in deployed.err
    assert f"cfnlink deploy {folder} --only account" in deployed.err
    assert "shop-development-monitoring: no changes" in deployed.out
    assert alone.code == 5
    assert "shop-account: by a change set" in seen.out, seen.err
    assert "could not look" not in changed.out
    assert [done.code for done in (changed, again, restored)] == [0, 0, 0], changed.err


@pytest.mark.parametrize(
    ("subject", "audience"),
    [
        ("repo:octo/other:environment:development", "sts.amazonaws.com"),
        ("repo:octo/shop:environment:production", "sts.amazonaws.com"),
        ("repo:octo/shop:environment:account", "sts.amazonaws.com"),
        ("repo:octo/shop:ref:refs/heads/main", "sts.amazonaws.com"),
        ("repo:octo/shop:environment:development", "https://github.com/octo"),
    ],
)
def test_no_other_job_gets_the_role(guarded: Guarded, subject: str, audience: str) -> None:
    role = outputs(guarded.administrator, "shop-development-deploy-role")["RoleArn"]

    with pytest.raises(ClientError, match="Not authorized"):
        assume(guarded.administrator, role, subject, audience)


def is_refused(role: Assumed, call: Call, place: Place) -> bool:
    """Return whether a policy refuses a call of a role."""
    try:
        call.send(role, place)
    except ClientError as error:
        return is_refusal(error)
    return False


@pytest.mark.parametrize("name", [*OWNED, *FATAL])
def test_the_role_changes_nothing_of_production(guarded: Guarded, name: str) -> None:
    place = Place(guarded.administrator, "production")

    assert is_refused(guarded.development, (OWNED | FATAL)[name], place)


@pytest.mark.parametrize("name", OWNED)
def test_the_same_calls_are_allowed_for_its_own_environment(
    guarded: Guarded, name: str
) -> None:
    place = Place(guarded.administrator, "development")

    assert not is_refused(guarded.development, OWNED[name], place)


@pytest.mark.parametrize("name", OWNED)
def test_the_role_of_the_account_changes_no_environment(guarded: Guarded, name: str) -> None:
    place = Place(guarded.administrator, "production")

    assert is_refused(guarded.account, OWNED[name], place)


@pytest.mark.parametrize("name", NEVER)
def test_the_role_cannot_widen_its_rights(guarded: Guarded, name: str) -> None:
    place = Place(guarded.administrator, "development")

    assert is_refused(guarded.development, NEVER[name], place)
