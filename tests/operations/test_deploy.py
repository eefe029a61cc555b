"""`deploy` is rehearsed with its faults; answers that no emulator gives are replayed."""

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import WaiterError

from cfnlink.next_command import CommandLine
from cfnlink.operations.causes import causes_of, roots
from cfnlink.operations.change_set import ChangeSet
from cfnlink.operations.changes import Change
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.failure import REPAIRED, stuck
from cfnlink.operations.lease import Holder
from cfnlink.operations.protection import protect
from cfnlink.operations.reporter import Reporter
from cfnlink.operations.stack_deployment import DeployOptions, StackDeployment
from cfnlink.operations.stack_policy import document
from cfnlink.operations.stacks import DeployedStack, StackAction, allowed_action
from tests.operations.fault_proxy import FaultProxy
from tests.operations.helpers import (
    DEVELOPMENT,
    INSTANCE,
    PRODUCTION,
    begun,
    failing,
    outputs,
    reset,
    run,
    start,
    statuses,
    topic,
    write,
)
from tests.operations.stubs import (
    SERVERS,
    STACK_ITSELF,
    dns_server,
    event,
    failing_operation,
    stubbed,
)
from tests.operations.test_destroy import break_instance
from tests.operations.test_lease import holder
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal


def test_one_tier_deploys_those_that_it_needs(cloud: Cloud) -> None:
    account = run(cloud, "deploy", DEVELOPMENT, "--only", "account")
    shared = [*statuses(cloud)]
    balancer = run(cloud, "deploy", DEVELOPMENT, "--only", "load_balancer")
    unknown = run(cloud, "deploy", DEVELOPMENT, "--only", "queue")

    api = open_environment(DEVELOPMENT).only("api")

    assert (account.code, balancer.code, unknown.code) == (0, 0, 2)
    assert {"service", "database"} <= {stack.tier for stack in api.stacks}
    assert shared == ["shop-account"]
    environment = ("network", "load-balancer")
    assert {*statuses(cloud)} == {*shared, *(f"shop-development-{e}" for e in environment)}
    assert f"preflight {DEVELOPMENT}\n" in account.out
    assert "expected one of account, network, database," in unknown.err


def test_an_environment_comes_up_protected_and_a_second_run_changes_nothing(
    cloud: Cloud,
) -> None:
    without = run(cloud, "deploy", DEVELOPMENT)
    first = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    second = run(cloud, "deploy", DEVELOPMENT, "--json")

    formation = cloud.client("cloudformation")
    stacks = formation.describe_stacks()["Stacks"]
    (service,) = [stack for stack in stacks if stack["StackName"].endswith("-service")]
    kept = formation.get_stack_policy(StackName="shop-development-database")
    assert (without.code, first.code, second.code) == (2, 0, 0)
    assert without.err.endswith(f"deploy {DEVELOPMENT} --image-tag YOUR_TAG\n")
    assert {*json.loads(second.out)["stacks"].values()} == {"unchanged"}
    assert all(stack["EnableTerminationProtection"] for stack in stacks)
    assert {tag["Key"]: tag["Value"] for tag in service["Tags"]} == {
        "project": "shop",
        "environment": "development",
    }
    assert json.loads(kept["StackPolicyBody"]) == document(["Instance"])
    url = outputs(cloud, "shop-development-api")["Url"]
    smoke = f"cfnlink smoke {DEVELOPMENT}"
    assert first.out.endswith(f"development is up at {url}\nnext: {smoke}\n")
    assert json.loads(second.out)["url"] == url


def test_a_stack_waits_for_those_that_it_needs_and_all_for_the_account() -> None:
    environment = open_environment(PRODUCTION)

    needs = {stack.tier: environment.needs(stack) for stack in environment.stacks}

    assert needs["network"] == {"shop-account"}
    assert needs["load_balancer"] == {"shop-account", "shop-production-network"}
    assert "shop-production-database" in needs["service"]
    assert "shop-production-database" not in needs["api"]


def test_a_failure_half_way_is_told_by_its_first_cause_and_repaired_by_the_next_run(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Fault": failing()}, three={"T": topic()})
    broken = run(cloud, "deploy", tmp_path)
    before = statuses(cloud)
    write(tmp_path, one={"Topic": topic()}, two={"Fault": topic()}, three={"T": topic()})

    repaired = run(cloud, "deploy", tmp_path)

    assert (broken.code, repaired.code) == (1, 0)
    assert "tiny-test-two is ROLLBACK_COMPLETE: Fault (AWS::SSM::Parameter)" in broken.err
    assert f"cfnlink deploy {tmp_path}" in broken.err
    assert before == {"tiny-test-one": "CREATE_COMPLETE", "tiny-test-two": "ROLLBACK_COMPLETE"}
    assert "tiny-test-two: ROLLBACK_COMPLETE, it never came up" in repaired.out
    assert "tiny-test-one: no changes" in repaired.out
    assert {*statuses(cloud).values()} == {"CREATE_COMPLETE"}


def test_a_failed_first_create_names_what_it_left(cloud: Cloud, tmp_path: Path) -> None:
    kept = topic(DeletionPolicy="Retain")
    gone = topic(DeletionPolicy="RetainExceptOnCreate")
    write(tmp_path, one={"Kept": kept, "Gone": gone, "Fault": failing(after=["Kept", "Gone"])})

    done = run(cloud, "deploy", tmp_path)

    (left,) = cloud.client("sns").list_topics()["Topics"]
    assert done.code == 1
    assert "  left at AWS, in no stack: Kept (AWS::SNS::Topic) of tiny-test-one, " in done.err
    assert f"--type-name AWS::SNS::Topic --identifier {left['TopicArn']} " in done.err
    assert "Gone" not in done.err


def test_a_failed_first_create_of_the_account_leaves_nothing(
    cloud: Cloud, tmp_path: Path
) -> None:
    folder = shutil.copytree(PRODUCTION, tmp_path / "production")
    template = yaml.safe_load((folder / "account.yaml").read_text("utf-8"))
    first = [*template["Resources"]]
    template["Resources"]["Fault"] = failing(after=first)
    (folder / "account.yaml").write_text(yaml.safe_dump(template, sort_keys=False), "utf-8")

    done = run(cloud, "deploy", folder, "--image-tag", "7")

    assert done.code == 1
    assert "left at AWS" not in done.err
    assert cloud.client("route53").list_hosted_zones()["HostedZones"] == []
    assert cloud.client("ecr").describe_repositories()["repositories"] == []
    assert cloud.client("iam").list_roles()["Roles"] == []


def all_stacks(cloud: Cloud) -> list[dict[str, Any]]:
    """Return the stacks as AWS describes them, without the change sets made there."""
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    return [{**stack, "LastOperations": None} for stack in stacks]


def test_every_loss_is_refused_before_the_first_stack_changes(
    cloud: Cloud, tmp_path: Path
) -> None:
    """The last stack imports from a new one: its loss is found without a change set."""
    kept = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "x"}}
    tiers: dict[str, dict[str, Any]] = {
        "account": {"Topic": topic()},
        "one": {"Topic": topic(), "Former": kept},
        "two": {"Topic": topic(), "Latter": kept},
    }
    write(tmp_path, **tiers)
    assert run(cloud, "deploy", tmp_path).code == 0
    before = all_stacks(cloud)

    more = {"Topic": topic(), "More": topic()}
    write(tmp_path, account=more, one=tiers["account"], new=more, two=tiers["account"])
    refused = run(cloud, "deploy", tmp_path)
    after = all_stacks(cloud)
    allowed = [word for each in ("Former", "Latter") for word in ("--allow-replacement", each)]
    done = run(cloud, "deploy", tmp_path, *allowed)

    assert refused.code == 3
    assert f"next: if you accept the loss: cfnlink deploy {tmp_path} " in refused.err
    assert " ".join(allowed) in refused.err
    assert after == before
    assert done.code == 0, done.err


def test_a_failed_update_goes_back_and_the_stack_is_kept(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()})
    run(cloud, "deploy", tmp_path)
    write(tmp_path, one={"Topic": topic(), "Fault": failing()})

    done = run(cloud, "deploy", tmp_path)

    assert done.code == 1
    assert "UPDATE_ROLLBACK_COMPLETE: Fault" in done.err
    assert statuses(cloud) == {"tiny-test-one": "UPDATE_ROLLBACK_COMPLETE"}


def test_a_change_that_was_taken_back_is_no_problem_once_the_folder_drops_it(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})
    run(cloud, "deploy", tmp_path)
    write(tmp_path, one={"Topic": topic(), "Fault": failing()})
    run(cloud, "deploy", tmp_path)

    asked = run(cloud, "status", tmp_path)
    write(tmp_path, one={"Topic": topic()})
    dropped = run(cloud, "status", tmp_path)

    says = (
        "tiny-test-one: UPDATE_ROLLBACK_COMPLETE\n  the last change failed and was taken back"
    )
    assert (asked.code, dropped.code) == (1, 0)
    assert f"{says}\n" in asked.out
    assert f"{says}; the folder asks for nothing else\n" in dropped.out


@pytest.mark.parametrize("left", ["an empty stack under review", "one that was protected"])
def test_a_stack_that_never_came_up_is_created_in_the_end(
    cloud: Cloud, tmp_path: Path, left: str
) -> None:
    formation = cloud.client("cloudformation")
    if "review" in left:
        formation.create_change_set(
            StackName="tiny-test-one",
            ChangeSetName="left",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps({"Resources": {"Topic": topic()}}),
        )
    else:
        template = json.dumps({"Resources": {"Fault": failing()}})
        formation.create_stack(
            StackName="tiny-test-one", TemplateBody=template, EnableTerminationProtection=True
        )
    write(tmp_path, one={"Topic": topic()})

    done = run(cloud, "deploy", tmp_path)

    assert done.code == 0, done.err
    assert ("it never came up" in done.out) == ("review" not in left)
    assert statuses(cloud) == {"tiny-test-one": "CREATE_COMPLETE"}


def test_a_first_create_that_fails_behind_a_protected_instance_is_created_again(
    cloud: Cloud, tmp_path: Path
) -> None:
    """The rollback cannot delete the instance, and neither could delete-stack."""
    fault = failing(after=["Instance"])
    instance = {**INSTANCE, "DeletionPolicy": "Snapshot", "DependsOn": ["Secret"]}
    secret = {
        "Type": "AWS::SecretsManager::Secret",
        "DeletionPolicy": "Retain",
        "Properties": {"SecretString": "of-a-test"},
    }
    made = {"Topic": topic(), "Instance": instance, "Secret": secret}
    write(tmp_path, one={**made, "Fault": fault})
    broken = run(cloud, "deploy", tmp_path)
    before = statuses(cloud)
    write(tmp_path, one=made)
    logs = "/aws/rds/instance/tiny/postgresql"
    cloud.client("logs").create_log_group(logGroupName=logs)  # as the instance makes it again

    (kept,) = cloud.client("secretsmanager").list_secrets()["SecretList"]
    cloud.client("rds").create_db_snapshot(
        DBSnapshotIdentifier="tiny-final", DBInstanceIdentifier="tiny"
    )

    repaired = run(cloud, "deploy", tmp_path)

    assert cloud.client("logs").describe_log_groups()["logGroups"] == []
    assert f"deleted {logs}\n" in repaired.out
    assert (
        "left: Secret (AWS::SecretsManager::Secret) of tiny-test-one, 0.40 USD a month, until "
        f"you delete it: aws secretsmanager delete-secret --secret-id {kept['ARN']} --region"
    ) in repaired.out
    assert (
        "left: snapshot tiny-final, at most 1.90 USD a month, until you delete" in repaired.out
    )
    assert broken.code == 1
    assert before == {"tiny-test-one": "ROLLBACK_FAILED"}
    assert repaired.code == 0, repaired.err
    assert statuses(cloud) == {"tiny-test-one": "CREATE_COMPLETE"}
    (instance,) = cloud.client("rds").describe_db_instances()["DBInstances"]
    assert instance["DeletionProtection"]


def test_a_failed_instance_of_a_failed_first_create_is_not_deleted_without_a_word(
    cloud: Cloud, tmp_path: Path
) -> None:
    """RDS takes no final snapshot of it."""
    fault = failing(after=["Instance"])
    write(tmp_path, one={"Topic": topic(), "Instance": INSTANCE, "Fault": fault})
    run(cloud, "deploy", tmp_path)
    break_instance(cloud, "tiny", "failed")

    done = run(cloud, "deploy", tmp_path)

    assert done.code == 3
    assert "tiny-test-one keeps tiny: it is failed, so RDS takes no final snapshot" in done.err
    assert "if you accept the loss: aws rds modify-db-instance " in done.err
    assert "--skip-final-snapshot --no-delete-automated-backups" in done.err
    assert f"cfnlink deploy {tmp_path}" in done.err
    assert statuses(cloud) == {"tiny-test-one": "ROLLBACK_FAILED"}


def test_a_stack_whose_protected_instance_stopped_its_deletion_is_freed_as_told(
    cloud: Cloud, tmp_path: Path
) -> None:
    formation = cloud.client("cloudformation")
    write(tmp_path, one={"Topic": topic(), "Instance": INSTANCE})
    assert run(cloud, "deploy", tmp_path).code == 0
    name = {"StackName": "tiny-test-one"}
    formation.update_termination_protection(**name, EnableTerminationProtection=False)
    formation.delete_stack(**name)
    waiter = formation.get_waiter("stack_delete_complete")
    with pytest.raises(WaiterError):
        waiter.wait(**name, WaiterConfig={"Delay": 0})

    told = run(cloud, "deploy", tmp_path)

    assert told.code == 1
    steps = told.err.partition(f"{REPAIRED}: ")[2].splitlines()
    assert [each.split()[2] for each in steps[:3]] == [
        "modify-db-instance",
        "update-termination-protection",
        "delete-stack",
    ]
    assert "--no-deletion-protection --db-instance-identifier tiny" in steps[0]


@pytest.mark.long
@pytest.mark.fault(
    "deploy is killed at a stack",
    "the next run carries on, and begins nothing twice",
)
def test_killed_at_any_stack_the_next_run_carries_on(cloud: Cloud) -> None:
    """kill -9 once a line about a stack is read: between two, or in one."""
    names = [stack.name for stack in open_environment(DEVELOPMENT).stacks]
    for name in names[1::3]:
        reset(cloud)
        process = start(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
        assert process.stdout
        next(line for line in process.stdout if line.startswith(name))
        process.send_signal(signal.SIGKILL)
        process.communicate()

        done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")

        assert done.code == 0, done.err
        states = statuses(cloud)
        assert states.pop("shop-development-service") == "UPDATE_COMPLETE"  # its alarms
        assert {*states.values()} == {"CREATE_COMPLETE"}
        assert [begun(cloud, each) for each in names] == [1] * len(names)


def test_interrupted_it_says_how_to_go_on_and_frees_the_environment(
    cloud: Cloud,
) -> None:
    process = start(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")
    assert process.stdout
    next(line for line in process.stdout if "network" in line)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == 130
    assert "interrupted; AWS goes on with what it has begun" in err
    assert f"next: cfnlink deploy {DEVELOPMENT}" in err
    assert "Traceback" not in err
    assert holder(cloud, "/shop/development/deployment") == Holder(after=1)
    assert run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1").code == 0


def test_interrupted_before_a_change_it_says_that_there_is_none(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(environment: Environment, *_: object) -> None:
        environment.clients.cloudformation.list_stacks()
        raise KeyboardInterrupt

    monkeypatch.setattr("cfnlink.operations.ownership.check", interrupted)
    done = run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1")

    assert done.code == 130
    assert done.err.startswith("interrupted before AWS was asked to change anything\nnext: ")


def test_throttled_and_dropped_calls_are_made_again_and_nothing_twice(
    cloud: Cloud, between: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()})
    monkeypatch.setattr(FaultProxy, "throttles", 5)
    monkeypatch.setattr(FaultProxy, "drops", 7)

    done = run(cloud, "deploy", tmp_path, AWS_ENDPOINT_URL=between)

    assert done.code == 0, done.err
    assert next(FaultProxy.calls) > 20
    assert [begun(cloud, f"tiny-test-{tier}") for tier in ("one", "two")] == [1, 1]


@pytest.mark.parametrize("number", range(3, 22, 6))
@pytest.mark.long
@pytest.mark.fault(
    "deploy is killed after a call",
    "the next run carries on, and begins nothing twice",
)
def test_killed_after_any_call_the_next_run_carries_on(
    cloud: Cloud, between: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Some of the 23 calls that two stacks take."""
    write(tmp_path, one={"Topic": topic()}, two={"Topic": topic()})
    monkeypatch.setattr(FaultProxy, "kills", number)
    process = start(cloud, "deploy", tmp_path, AWS_ENDPOINT_URL=between)
    monkeypatch.setattr(FaultProxy, "victim", process)
    process.communicate()

    done = run(cloud, "deploy", tmp_path)

    assert process.returncode == -signal.SIGKILL
    assert done.code == 0, done.err
    assert {*statuses(cloud).values()} == {"CREATE_COMPLETE"}
    assert [begun(cloud, f"tiny-test-{tier}") for tier in ("one", "two")] == [1, 1]


@pytest.mark.parametrize(
    ("status", "allowed"),
    [
        ("CREATE_COMPLETE", StackAction.UPDATE),
        ("UPDATE_ROLLBACK_COMPLETE", StackAction.UPDATE),
        ("ROLLBACK_COMPLETE", StackAction.CLEAN),
        ("ROLLBACK_FAILED", StackAction.CLEAN),
        ("CREATE_FAILED", StackAction.CLEAN),
        ("REVIEW_IN_PROGRESS", StackAction.CREATE),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackAction.WAIT),
        ("UPDATE_ROLLBACK_FAILED", StackAction.REPAIR),
        ("IMPORT_ROLLBACK_FAILED", StackAction.REPAIR),
        ("DELETE_FAILED", StackAction.REPAIR),
        ("DELETE_COMPLETE", StackAction.CREATE),
    ],
)
def test_a_state_says_what_may_be_done(status: str, allowed: StackAction) -> None:
    assert allowed_action(DeployedStack("name", "arn", status)) == allowed


def test_diagnose_says_what_the_deployment_said_and_nothing_once_it_is_repaired(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Fault": failing()})
    deployed = run(cloud, "deploy", tmp_path)
    diagnosed = run(cloud, "diagnose", tmp_path)
    write(tmp_path, one={"Topic": topic()}, two={"Fault": topic()})
    repaired = run(cloud, "deploy", tmp_path)
    after = run(cloud, "diagnose", tmp_path)

    assert (deployed.code, diagnosed.code) == (Exit.FAILED, Exit.FAILED)
    assert diagnosed.out.splitlines()[0] == deployed.err.splitlines()[0]
    assert diagnosed.out.endswith(f"next: {REPAIRED}: cfnlink deploy {tmp_path}\n")
    assert (repaired.code, after.code) == (Exit.DONE, Exit.DONE)
    assert after.out.startswith("Nothing has failed: 2 stacks deployed.\n")


def test_failures_side_by_side_are_each_told_hooks_included_and_what_is_cancelled_is_not(
    cloud: Cloud, tmp_path: Path
) -> None:
    denied = {
        "EventType": "PROVISIONING_ERROR",
        "ResourceStatusReason": "not authorized to perform: sns:CreateTopic",
    }
    refused = {
        "EventType": "HOOK_INVOCATION_ERROR",
        "HookType": "Acme::Tags::Required",
        "HookFailureMode": "FAIL",
        "HookStatus": "HOOK_COMPLETE_FAILED",
        "HookStatusReason": "the tag cost-center is missing",
        "HookInvocationPoint": "PRE_PROVISION",
    }
    plant = "emulator:event"
    write(
        tmp_path,
        one={
            "Denied": topic(Metadata={plant: denied}),
            "AlsoDenied": topic(Metadata={plant: denied}),
            "Refused": topic(Metadata={plant: refused}),
            "UnderWay": topic(),
        },
    )

    done = run(cloud, "deploy", tmp_path)

    assert done.code == Exit.FAILED
    told = done.err.splitlines()
    assert told[0] == "tiny-test-one is ROLLBACK_COMPLETE:"
    assert told[1].endswith("(AWS::SNS::Topic): not authorized to perform: sns:CreateTopic")
    assert "the caller may not sns:CreateTopic" in told[2]
    assert told[3].startswith("    the same of ")
    assert "  Refused (AWS::SNS::Topic): the hook Acme::Tags::Required refused it: " in done.err
    assert "the tag cost-center is missing" in done.err
    assert "UnderWay" not in done.err


def test_each_cause_is_told_once_and_no_echo_of_another() -> None:
    """Replayed: the emulator's other rollbacks are rehearsed."""
    events: list[Any] = [
        event("Beside", "CREATE_FAILED", "Resource creation cancelled"),
        event("Service", "CREATE_FAILED", "no image"),
        event("Other", "CREATE_FAILED", "Other may not be made"),
        event("Later", "CREATE_FAILED", "Later may not be made"),
        event("shop", "ROLLBACK_FAILED", "The following failed", **STACK_ITSELF),
    ]

    causes = causes_of(events)

    assert [[each.logical_id for each in root.causes] for root in roots(causes)] == [
        ["Service"],
        ["Other", "Later"],
    ]
    assert [each.logical_id for each in causes_of([events[0], events[-1]])] == ["Beside"]
    done: Any = event("Service", "CREATE_COMPLETE")
    assert causes_of([done]) == []


def test_a_stuck_stack_says_what_to_skip() -> None:
    """Replayed: the emulator's rollbacks do not fail."""
    stuck = {
        "StackName": "shop-production-database",
        "StackId": "arn",
        "StackStatus": "UPDATE_ROLLBACK_FAILED",
        "CreationTime": "2026-11-24T00:00:00Z",
        "Tags": [
            {"Key": "project", "Value": "shop"},
            {"Key": "environment", "Value": "production"},
        ],
    }
    instance = {
        "LogicalResourceId": "Instance",
        "ResourceType": "AWS::RDS::DBInstance",
        "ResourceStatus": "UPDATE_FAILED",
        "LastUpdatedTimestamp": "2026-11-24T00:00:00Z",
    }
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_response("describe_stacks", {"Stacks": [stuck]})
        formation.add_response("list_stack_resources", {"StackResourceSummaries": [instance]})
        with pytest.raises(CommandError) as stop:
            StackDeployment(environment, environment.stacks[2]).prepare()

    assert stop.value.code == Exit.FAILED
    assert (
        "continue-update-rollback --stack-name shop-production-database"
        in stop.value.next_command
    )
    assert "--resources-to-skip Instance" in stop.value.next_command


UNPROTECT = "update-termination-protection"
AWS_OF_NETWORK = "aws cloudformation {} --stack-name shop-production-network "


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        (
            "DELETE_FAILED",
            [
                f"{REPAIRED}: {AWS_OF_NETWORK.format(UNPROTECT)}--no-enable-{UNPROTECT[7:]} ",
                AWS_OF_NETWORK.format("delete-stack"),
            ],
        ),
        ("UPDATE_FAILED", [AWS_OF_NETWORK.format("rollback-stack")]),
        ("IMPORT_ROLLBACK_FAILED", [AWS_OF_NETWORK.format("describe-stack-events")]),
    ],
)
def test_a_stuck_stack_is_freed_and_then_the_same_command_goes_on(
    status: str, steps: list[str]
) -> None:
    typed = CommandLine("deploy", PRODUCTION, {"tag": "7"})
    with stubbed(PRODUCTION, "cloudformation") as (plain, stubs):
        environment = replace(plain, typed=typed)
        if status == "DELETE_FAILED":
            none: dict[str, Any] = {"StackResourceSummaries": []}
            stubs["cloudformation"].add_response("list_stack_resources", none)
        *first, next_command = stuck(
            environment, environment.stacks[1], status
        ).next_command.splitlines()

    assert first == [f"{step}--region us-east-1" for step in steps]
    assert next_command.endswith(environment.command_line)
    assert next_command.endswith("--image-tag 7")


def test_the_policy_is_opened_for_what_was_named_and_set_back() -> None:
    """Replayed: the emulator does not heed a stack policy."""
    lost = Change("s", "database", "Instance", "AWS::RDS::DBInstance", "REPLACED", lost="all")
    closed, opened = json.dumps(document(["Instance"])), json.dumps(document([]))
    names = {"StackName": "shop-production-database"}
    now = {
        **names,
        "StackId": "arn",
        "StackStatus": "UPDATE_ROLLBACK_COMPLETE",
        "CreationTime": "2026-11-24T00:00:00Z",
    }
    failed = event("Instance", "UPDATE_FAILED", "no")
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_response("get_stack_policy", {"StackPolicyBody": closed}, names)
        formation.add_response("list_stack_resources", {"StackResourceSummaries": []})
        formation.add_response("set_stack_policy", {}, {**names, "StackPolicyBody": opened})
        formation.add_response("execute_change_set", {})
        formation.add_response("describe_stacks", {"Stacks": [now]})
        formation.add_response("set_stack_policy", {}, {**names, "StackPolicyBody": closed})
        failing_operation(formation, "shop-production-database", failed)
        stack = environment.stacks[2]
        deployment = StackDeployment(environment, stack, DeployOptions(allowed=("Instance",)))
        change_set = ChangeSet(environment, stack, "cs", "cs:1", "arn", False, (lost,))
        with pytest.raises(CommandError):
            deployment.execute(change_set)


def test_a_policy_that_a_killed_run_left_open_is_closed_first() -> None:
    """Replayed, as above."""
    names = {"StackName": "shop-production-database"}
    opened, closed = json.dumps(document([])), json.dumps(document(["Instance"]))
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_response("list_stack_resources", {"StackResourceSummaries": []})
        formation.add_response("get_stack_policy", {"StackPolicyBody": opened}, names)
        formation.add_response("set_stack_policy", {}, {**names, "StackPolicyBody": closed})
        protect(
            environment, environment.stacks[2], DeployedStack("d", "arn", "", protected=True)
        )


def test_a_change_set_that_another_overtook_is_not_taken_for_done() -> None:
    """Replayed: the emulator has no OBSOLETE change set."""
    obsolete = {"ExecutionStatus": "OBSOLETE", "Status": "CREATE_COMPLETE"}
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_client_error("execute_change_set", "InvalidChangeSetStatus")
        formation.add_response("describe_change_set", obsolete)
        change_set = ChangeSet(
            environment, environment.stacks[1], "c", "c:1", "arn", creates=False
        )
        with pytest.raises(CommandError) as stop:
            change_set.execute()

    assert stop.value.code == Exit.BUSY


def test_what_looks_like_a_secret_is_never_said() -> None:
    report = Reporter()
    report.hide("planted")

    said = report.clean(
        'planted at postgres://owner:hunter2@host:5432/app, {"password": "hunter2"}, '
        "x-api-key: hunter2"
    )

    assert "hunter2" not in said
    assert "planted" not in said
    assert "postgres://owner:(hidden)@host:5432/app" in said


def test_a_certificate_waits_for_its_zone_and_the_other_stacks_do_not(cloud: Cloud) -> None:
    with dns_server({("example.com", "NS"): ["ns.elsewhere.net."]}) as resolver:
        options = ("--image-tag", "1", "--resolver", resolver)
        waits = run(cloud, "deploy", PRODUCTION, *options)
    there = statuses(cloud)
    with dns_server({("example.com", "NS"): SERVERS}) as resolver:
        goes = run(cloud, "deploy", PRODUCTION, "--resolver", resolver)
    with dns_server({}) as resolver:
        made = run(cloud, "deploy", PRODUCTION, "--resolver", resolver)

    assert (waits.code, goes.code, made.code) == (1, 0, 0), waits.err + goes.err + made.err
    assert "shop-production-dns waits: public DNS leads to ns.elsewhere.net" in waits.err
    assert "at the registrar of example.com: ns-1.awsdns-1.com ns-2" in waits.err
    assert (
        f"next: when public DNS answers: cfnlink deploy {PRODUCTION} --image-tag 1" in waits.err
    )
    assert "shop-production-dns" not in there
    assert "until then the API answers at https://" in waits.err
    assert "production is up at https://api.example.com\n" in goes.out
    assert there["shop-production-service"] == "UPDATE_COMPLETE"  # it has its alarms
    assert "shop-production-dns: no changes" in made.out


def test_what_needs_a_waiting_stack_waits_too(cloud: Cloud, tmp_path: Path) -> None:
    zone = cloud.client("route53").create_hosted_zone(Name="example.com", CallerReference="1")
    zone_id = zone["HostedZone"]["Id"].rpartition("/")[2]
    option = {"DomainName": "a.example.com", "HostedZoneId": zone_id}
    named = {"DomainName": "a.example.com", "ValidationMethod": "DNS"}
    kind = "AWS::CertificateManager::Certificate"
    body = {"Type": kind, "Properties": {**named, "DomainValidationOptions": [option]}}
    write(tmp_path, one={"Certificate": body}, two={"T": topic()}, three={"T": topic()})
    with dns_server({}) as resolver:
        done = run(cloud, "deploy", tmp_path, "--resolver", resolver)

    assert done.code == 1
    assert "tiny-test-two waits: it needs tiny-test-one" in done.err
    assert "tiny-test-three waits: it needs tiny-test-two" in done.err
    assert statuses(cloud) == {}


def test_an_emulator_is_asked_for_no_public_dns_and_says_so(cloud: Cloud) -> None:
    done = run(cloud, "deploy", PRODUCTION, "--image-tag", "1")

    assert done.code == 0, done.err
    assert "shop-production-dns: hosted zone: not asked, since public DNS" in done.out
