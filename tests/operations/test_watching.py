"""Alarms take a bad update back: chosen from the linked system, told, and given to AWS."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cfnlink.operations import stacks
from cfnlink.operations.change_set import ChangeSet
from cfnlink.operations.reporter import Reporter
from tests.operations.helpers import DEVELOPMENT, Done, push, run
from tests.rehearsal.cloud import Cloud

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
SERVICE, MONITORING = "shop-development-service", "shop-development-monitoring"
ORDER = ["ServerErrors", "NoHealthyTask", "UnhealthyTasks", "SlowAnswers", "ErrorsLogged"]


@pytest.fixture
def up(cloud: Cloud) -> Cloud:
    """Return the environment with the image 1; each of its alarms is in OK."""
    assert run(cloud, "deploy", DEVELOPMENT, "--image-tag", "1").code == 0
    push(cloud, "1", "arm64")
    push(cloud, "2", "arm64")
    push(cloud, "3", "arm64")
    for name in alarms(cloud).values():
        set_state(cloud, name, "OK")
    return cloud


def alarms(cloud: Cloud) -> dict[str, str]:
    """Return the name of each alarm at AWS, by logical id."""
    found = cloud.client("cloudformation").list_stack_resources(StackName=MONITORING)
    return {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in found["StackResourceSummaries"]
        if each["ResourceType"] == "AWS::CloudWatch::Alarm"
    }


def set_state(cloud: Cloud, name: str, state: str) -> None:
    cloud.client("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue=state, StateReason="a test says so"
    )


def stack(cloud: Cloud) -> dict[str, Any]:
    (found,) = cloud.client("cloudformation").describe_stacks(StackName=SERVICE)["Stacks"]
    return dict(found)


def triggers(cloud: Cloud) -> list[str]:
    """Return the logical ids of the triggers that the stack has now."""
    names = {name: logical_id for logical_id, name in alarms(cloud).items()}
    given = stack(cloud)["RollbackConfiguration"].get("RollbackTriggers", [])
    return [names[each["Arn"].rpartition(":")[2]] for each in given]


def tag(cloud: Cloud) -> str:
    return str(stack(cloud)["Parameters"][0]["ParameterValue"])


def release(cloud: Cloud, tag: str, *options: str) -> Done:
    return run(cloud, "release", DEVELOPMENT, "--tag", tag, *options)


def test_five_alarms_in_ok_watch_a_release_the_surest_sign_first(up: Cloud) -> None:
    done = release(up, "2")

    assert done.code == 0, done.err
    assert triggers(up) == ORDER
    assert stack(up)["RollbackConfiguration"]["MonitoringTimeInMinutes"] == 3
    assert "5 alarms can take this update back, until 3 minutes after it" in done.out
    assert "are watched by 5 alarms for 3 minutes" in done.out
    assert tag(up) == "2"


def test_the_wait_shows_how_long_it_still_is(
    up: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(Reporter, "working", lambda *words: shown.append(" ".join(words[1:])))

    assert release(up, "2").code == 0

    assert any(text.startswith(f"{SERVICE} watched by 5 alarms, 2:5") for text in shown)


def test_no_alarm_watches_a_change_of_metadata_alone(up: Cloud, tmp_path: Path) -> None:
    folder = tmp_path / "output" / "development"
    shutil.copytree(DEVELOPMENT, folder)
    file = folder / "service.yaml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("why: Behind", "why: Still behind"), "utf-8")

    planned = run(up, "plan", folder)
    done = run(up, "deploy", folder)

    assert (planned.code, done.code) == (0, 0), done.err
    for each in (planned, done):
        assert "only described otherwise (Metadata): 4; nothing that runs changes" in each.out
        assert "alarms can take this update back" not in each.out
    assert "Nothing that runs would change." in planned.out
    assert stack(up)["StackStatus"] == "UPDATE_COMPLETE"
    assert triggers(up) == []


def test_an_alarm_in_alarm_is_told_and_does_not_watch(up: Cloud) -> None:
    name = alarms(up)["ServerErrors"]
    set_state(up, name, "ALARM")

    planned = run(up, "plan", DEVELOPMENT, "--image-tag", "2")
    done = release(up, "2")

    for each in (planned, done):
        assert each.code == 0, each.err
        assert f"warning: {name} is in ALARM, so it does not watch" in each.out
        assert "5 alarms can take this update back" in each.out
    assert triggers(up) == [*ORDER[1:], "ServiceMemory"]


def test_an_alarm_that_goes_off_takes_the_release_back_and_is_named(
    up: Cloud, goes_off: dict[str, str]
) -> None:
    goes_off["ErrorsLogged"] = "ALARM"

    done = release(up, "2")

    name = alarms(up)["ErrorsLogged"]
    assert done.code == 1
    assert f"AWS took the update back, because {name} (logged errors) went to ALARM" in done.err
    assert "AWS went back to 1" in done.err
    assert f"cfnlink release {DEVELOPMENT} --tag 2 --ignore-alarms" in done.err
    assert (tag(up), stack(up)["StackStatus"]) == ("1", "UPDATE_ROLLBACK_COMPLETE")
    ignored = release(up, "2", "--ignore-alarms")
    assert ignored.code == 0
    assert f"{SERVICE}: no alarm can take this update back" in ignored.out
    assert (tag(up), triggers(up)) == ("2", [])


@pytest.mark.parametrize("words", [["release", "--tag"], ["deploy", "--image-tag"]])
def test_no_trigger_stays_on_the_stack_when_its_alarm_goes(up: Cloud, words: list[str]) -> None:
    assert release(up, "2").code == 0
    for name in alarms(up).values():
        up.client("cloudwatch").delete_alarms(AlarmNames=[name])

    name, option = words
    done = run(up, name, DEVELOPMENT, option, "3")

    assert done.code == 0, done.err
    assert (tag(up), triggers(up)) == ("3", [])


def test_a_trigger_that_goes_during_the_update_is_told(
    up: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = ChangeSet.execute

    def delete_and_execute(change_set: ChangeSet) -> None:
        up.client("cloudwatch").delete_alarms(AlarmNames=[alarms(up)["ServerErrors"]])
        execute(change_set)

    monkeypatch.setattr(ChangeSet, "execute", delete_and_execute)
    done = release(up, "2")

    assert (done.code, tag(up)) == (1, "1")
    assert "rollback triggers do not exist" in done.err


def test_a_trigger_that_is_gone_fails_an_update_that_keeps_it(up: Cloud) -> None:
    """What makes the list of each update explicit: AWS keeps the triggers of the last one."""
    assert release(up, "2").code == 0
    name = alarms(up)["ServerErrors"]
    up.client("cloudwatch").delete_alarms(AlarmNames=[name])
    formation = up.client("cloudformation")
    kept = {"ParameterKey": "ImageTag", "ParameterValue": "3"}

    formation.update_stack(
        StackName=SERVICE,
        UsePreviousTemplate=True,
        Parameters=[kept],
        Capabilities=["CAPABILITY_IAM"],
    )
    with pytest.raises(Exception, match="UPDATE_ROLLBACK_COMPLETE"):
        formation.get_waiter("stack_update_complete").wait(
            StackName=SERVICE, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    assert tag(up) == "2"


@pytest.fixture
def goes_off(up: Cloud, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the states that alarms get, by logical id, right before AWS begins an update."""
    states: dict[str, str] = {}
    execute = ChangeSet.execute

    def set_and_execute(change_set: ChangeSet) -> None:
        names = alarms(up)
        for logical_id, state in states.items():
            set_state(up, names[logical_id], state)
        execute(change_set)

    monkeypatch.setattr(ChangeSet, "execute", set_and_execute)
    return states


def test_plan_and_release_give_programs_the_alarms(up: Cloud) -> None:
    planned = run(up, "plan", DEVELOPMENT, "--image-tag", "2", "--json")
    done = release(up, "2", "--json")

    names = alarms(up)
    for each in (planned, done):
        found = json.loads(each.out)["alarms"][SERVICE]
        assert found["watching"] == [names[logical_id] for logical_id in ORDER]
        assert found["raised"] == found["without_data"] == []


def test_a_stack_without_a_service_or_an_api_has_no_triggers(up: Cloud) -> None:
    assert release(up, "2").code == 0

    found = up.client("cloudformation").describe_stacks()["Stacks"]
    assert [each["StackName"] for each in found if "RollbackConfiguration" in each] == [SERVICE]


def test_an_alarm_that_recovers_during_the_update_is_named_by_its_history(
    up: Cloud, goes_off: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_off["SlowAnswers"] = "ALARM"
    name = alarms(up)["SlowAnswers"]
    stream = stacks.stream_events

    def stream_and_recover(*words: Any) -> str:
        status = stream(*words)
        set_state(up, name, "OK")
        return status

    module = "cfnlink.operations.stack_deployment"
    monkeypatch.setattr(f"{module}.stream_events", stream_and_recover)
    done = release(up, "2")

    assert done.code == 1
    assert f"because {name} (latency) went to ALARM" in done.err


def test_an_update_that_is_watched_can_be_cancelled(
    up: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    formation = up.client("cloudformation")
    cancelled: list[str] = []

    def cancel(_: Reporter, *words: str) -> None:
        if not cancelled and "left" in " ".join(words):
            cancelled.append(SERVICE)
            formation.cancel_update_stack(StackName=SERVICE)

    monkeypatch.setattr(Reporter, "working", cancel)
    done = release(up, "2")

    assert (done.code, tag(up), cancelled) == (1, "1", [SERVICE])
    assert "User Initiated" in done.err
