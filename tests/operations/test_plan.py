"""`plan` says in words what would change; it is rehearsed or replayed."""

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from cfnlink.operations.change_set import ChangeSet, OvertakenError, request
from cfnlink.operations.changes import refuse
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.stacks import DeployedStack
from tests.operations.helpers import DEVELOPMENT, PRODUCTION, run, statuses, topic, write
from tests.operations.stubs import said, stubbed
from tests.rehearsal.cloud import Cloud

pytestmark = pytest.mark.rehearsal
SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "hunter2"}}


def parameter(value: str) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}


def test_an_empty_account_gets_all_of_it_and_keeps_nothing_of_the_plan(cloud: Cloud) -> None:
    done = run(cloud, "plan", DEVELOPMENT)

    assert (done.code, done.err) == (0, "")
    assert "shop-account: new, by a change set" in done.out
    assert "shop-development-database: from the templates alone" in done.out
    assert "added: Instance, AWS::RDS::DBInstance" in done.out
    assert "No stack of shop-development exists here" in done.out
    assert f"next: cfnlink deploy {DEVELOPMENT} --image-tag YOUR_TAG" in done.out
    assert statuses(cloud) == {}


def test_a_plan_deletes_no_stack_that_another_run_is_about_to_create(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})
    formation = cloud.client("cloudformation")
    another = formation.create_change_set(
        StackName="tiny-test-one",
        ChangeSetName="another",
        ChangeSetType="CREATE",
        TemplateBody=(tmp_path / "one.yaml").read_text("utf-8"),
    )

    done = run(cloud, "plan", tmp_path)
    names = {"StackName": "tiny-test-one"}
    kept = formation.list_change_sets(**names)["Summaries"]
    with mock.patch("cfnlink.operations.change_set.OLD_AFTER_SECONDS", -1):
        run(cloud, "plan", tmp_path)

    assert (done.code, done.err) == (0, "")
    assert "tiny-test-one: new, by a change set" in done.out
    assert [each["ChangeSetId"] for each in kept] == [another["Id"]]
    assert statuses(cloud) == {}


def test_a_deployment_creates_the_stack_that_a_plan_looks_at(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})
    environment = opened(cloud, tmp_path)
    stack = environment.stacks[0]
    planned = ChangeSet.create(environment, stack, request(stack, None, None))
    assert planned

    done = run(cloud, "deploy", tmp_path)
    planned.discard()

    assert done.code == 0, done.err
    (found,) = cloud.client("cloudformation").describe_stacks()["Stacks"]
    assert (found["StackId"], found["StackStatus"]) == (planned.stack_id, "CREATE_COMPLETE")


def test_a_change_set_that_was_replaced_under_its_name_is_not_executed(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})
    environment = opened(cloud, tmp_path)
    stack = environment.stacks[0]
    asked = request(stack, None, None)
    reviewed = ChangeSet.create(environment, stack, asked)
    assert reviewed
    formation = cloud.client("cloudformation")
    formation.delete_change_set(StackName=stack.name, ChangeSetName=reviewed.name)
    other = json.dumps({"Resources": {"Other": topic()}})
    formation.create_change_set(**{**asked, "TemplateBody": other})

    with pytest.raises(OvertakenError):
        reviewed.execute()
    reviewed.discard()

    kept = formation.list_change_sets(StackName=stack.name)["Summaries"]
    assert [each["ChangeSetName"] for each in kept] == [reviewed.name]
    assert statuses(cloud) == {stack.name: "REVIEW_IN_PROGRESS"}


def test_a_change_set_whose_answer_was_lost_is_taken_over(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()})
    environment = opened(cloud, tmp_path)
    stack = environment.stacks[0]
    asked = request(stack, None, None)
    made = cloud.client("cloudformation").create_change_set(**asked)

    found = ChangeSet.create(environment, stack, asked)

    assert found
    assert found.id == made["Id"]


def test_a_caller_that_may_delete_no_stack_leaves_an_empty_one() -> None:
    """Replayed: the role of a plan."""
    now = {"StackName": "s", "StackStatus": "REVIEW_IN_PROGRESS", "StackId": "arn"}
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        formation = stubs["cloudformation"]
        formation.add_response("delete_change_set", {})
        formation.add_response(
            "describe_stacks", {"Stacks": [{**now, "CreationTime": "2026-11-24T00:00:00Z"}]}
        )
        formation.add_response("list_change_sets", {"Summaries": []})
        formation.add_client_error("delete_stack", "AccessDenied")
        stack = environment.stacks[0]
        ChangeSet(environment, stack, "c", "c:1", "arn", creates=True).discard()

    kept = "this role may not delete the empty stack; the next deployment creates it"
    assert said(environment) == [f"{stack.name}: {kept}"]


def test_a_deployment_whose_change_set_a_plan_took_away_makes_another(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan saw no other change set, and then deleted the empty stack."""
    write(tmp_path, one={"Topic": topic()})
    formation = cloud.client("cloudformation")
    execute = ChangeSet.execute

    def execute_late(change_set: ChangeSet) -> None:
        monkeypatch.setattr(ChangeSet, "execute", execute)
        formation.delete_stack(StackName="tiny-test-one")
        execute(change_set)

    monkeypatch.setattr(ChangeSet, "execute", execute_late)
    done = run(cloud, "deploy", tmp_path)

    assert done.code == 0, done.err
    assert statuses(cloud) == {"tiny-test-one": "CREATE_COMPLETE"}


def opened(cloud: Cloud, folder: Path) -> Environment:
    """Return the environment of a folder, whose clients ask the emulator."""
    environment = open_environment(folder)
    environment.clients.cloudformation = cloud.client("cloudformation")
    return environment


def test_a_changed_property_is_named_but_its_value_is_not(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Parameter": parameter("hunter2")})
    assert run(cloud, "deploy", tmp_path).code == 0
    write(tmp_path, one={"Parameter": parameter("hunter2-again"), "Topic": topic()})

    done = run(cloud, "plan", tmp_path)

    assert done.code == 0
    assert "Parameter, AWS::SSM::Parameter (Value)" in done.out
    assert "added: Topic" in done.out
    assert "hunter2" not in done.out + done.err


def test_what_holds_data_is_not_removed_unless_it_is_named(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic(), "Secret": SECRET})
    assert run(cloud, "deploy", tmp_path).code == 0
    write(tmp_path, one={"Topic": topic()})

    refused = run(cloud, "plan", tmp_path)
    for_programs = json.loads(run(cloud, "plan", tmp_path, "--json").out)
    named = run(cloud, "plan", tmp_path, "--allow-replacement", "Secret")

    assert (refused.code, named.code) == (3, 0)
    assert "tiny-test-one: Secret would be removed" in refused.err
    assert (for_programs["exit"], for_programs["changes"][0]["how"]) == (3, "removed")
    assert f"cfnlink deploy {tmp_path} --allow-replacement Secret" in refused.err


def test_a_stack_whose_imports_are_missing_is_compared_with_what_is_deployed(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, two={"Topic": topic(), "Secret": SECRET})
    assert run(cloud, "deploy", tmp_path).code == 0
    write(tmp_path, one={"Topic": topic()}, two={"Topic": topic(), "Other": topic()})

    done = run(cloud, "plan", tmp_path)

    assert done.code == 3
    assert "before tiny-test-one-First is exported" in done.out
    assert "removed: Secret" in done.out
    assert "added: Other" in done.out


def test_json_holds_the_changes_and_nothing_else_is_on_stdout(
    cloud: Cloud, tmp_path: Path
) -> None:
    write(tmp_path, one={"Topic": topic()})

    (change,) = json.loads(run(cloud, "plan", tmp_path, "--json").out)["changes"]

    assert (change["stack"], change["logical_id"], change["how"]) == (
        "tiny-test-one",
        "Topic",
        "added",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["plan", "nowhere"], 2, "nowhere/manifest.json: there is no such file"),
        (["plan"], 2, "Missing argument 'FOLDER'.\nfix: see cfnlink plan --help"),
        (["unknown"], 2, "No such command 'unknown'.\nfix: see cfnlink --help"),
    ],
)
def test_unusable_input_is_one_line(
    cloud: Cloud, arguments: list[str], code: int, said: str
) -> None:
    done = run(cloud, *arguments)

    assert done.code == code
    assert said in done.err


def test_without_an_answer_the_message_says_so(cloud: Cloud, tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()})
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}

    done = run(cloud, "plan", tmp_path, **nowhere)

    assert done.code == 5
    assert "AWS was not reached" in done.err


def change(logical_id: str, kind: str, **more: Any) -> dict[str, Any]:
    names = {"LogicalResourceId": logical_id, "ResourceType": kind, "Action": "Modify"}
    return {"Type": "Resource", "ResourceChange": {**names, **more}}


def because(name: str) -> list[dict[str, Any]]:
    return [{"Target": {"Attribute": "Properties", "Name": name}}]


def test_a_replaced_database_is_a_loss_and_one_that_may_be_is_stopped_by_the_policy() -> None:
    """Replayed: the emulator neither replaces an instance nor says Conditional."""
    instance = "AWS::RDS::DBInstance"
    changes = [
        change("Instance", instance, Replacement="True", PolicyAction="ReplaceAndSnapshot"),
        change("Other", instance, Replacement="Conditional", Details=because("MultiAZ")),
        change("Third", instance, Replacement="False", Details=because("EngineVersion")),
        change("Task", "AWS::ECS::TaskDefinition", Replacement="True"),
    ]
    ids = {"StackId": "arn", "ChangeSetId": "change-set"}
    found = {"Status": "CREATE_COMPLETE", **ids, "Changes": changes}
    with stubbed(PRODUCTION, "cloudformation") as (environment, stubs):
        stubs["cloudformation"].add_response("create_change_set", {"Id": "x" * 10})
        stubs["cloudformation"].add_response("describe_change_set", found)
        stubs["cloudformation"].add_response("describe_change_set", found)
        stubs["cloudformation"].add_response("describe_events", {"OperationEvents": []})
        database = environment.stacks[2]
        was = DeployedStack(database.name, "arn", "")
        change_set = ChangeSet.create(environment, database, request(database, was, None))
        assert change_set
        with pytest.raises(CommandError) as refused:
            refuse(environment, change_set.changes, [], "deploy")
        refuse(environment, change_set.changes, ["DatabaseInstance"], "deploy")

    words = [change.words() for change in change_set.changes]
    assert "a final snapshot stays; LOST: the database" in words[0]
    assert "the stack policy stops AWS if it would be" in words[1]
    assert words[2].startswith("  restarted: Third")
    assert words[3].startswith("  renewed: Task")
    assert refused.value.code == Exit.DATA
    assert refused.value.message.count("Instance") == 1 + refused.value.message.count("DBInst")


def planted(mode: str, text: str, path: str) -> dict[str, Any]:
    """Return a topic of which a validation of AWS says something."""
    found = {
        "EventType": "VALIDATION_ERROR",
        "ValidationName": "AWS::EarlyValidation::PropertyValidation",
        "ValidationFailureMode": mode,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": text,
        "ValidationPath": path,
    }
    return topic(Metadata={"emulator:event": found})


def test_warnings_of_a_validation_are_told_by_plan_and_before_a_change(
    cloud: Cloud, tmp_path: Path
) -> None:
    path = "/Resources/Topic/Properties"
    write(tmp_path, one={"Topic": planted("WARN", "the quota of topics is near", path)})

    told = run(cloud, "plan", tmp_path, "--json")
    deployed = run(cloud, "deploy", tmp_path)

    warning = f"Topic (AWS::SNS::Topic): the quota of topics is near (at {path})"
    assert (told.code, deployed.code) == (0, 0)
    assert json.loads(told.out)["warnings"] == [warning]
    assert f"  warning: {warning}\n" in told.err
    said = deployed.out.splitlines()
    ended = "tiny-test-one: added: Topic, AWS::SNS::Topic; CREATE_COMPLETE"
    begins = next(i for i, line in enumerate(said) if line.startswith(ended))
    assert said.index(f"tiny-test-one: warning: {warning}") < begins


def test_a_refused_change_set_says_what_early_validation_found(
    cloud: Cloud, tmp_path: Path
) -> None:
    """The change set fails, AWS's words for it name no resource, and no stack stays."""
    write(
        tmp_path,
        one={
            "Topic": planted("FAIL", "a topic of this name exists already", "/Resources/Topic"),
            "Near": planted("WARN", "nearly too many", "/Resources/Near"),
        },
    )

    refused = run(cloud, "plan", tmp_path)

    assert refused.code == Exit.FAILED
    assert "Topic (AWS::SNS::Topic): a topic of this name exists already" in refused.err
    assert "nearly too many" not in refused.err
    assert statuses(cloud) == {}
