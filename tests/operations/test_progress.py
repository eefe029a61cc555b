"""A stack says what it waits for and how long the rest may take; a resource has one line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cfnlink.aws.catalogue import facts, types
from cfnlink.operations.changes import Change
from cfnlink.operations.environment import open_environment
from cfnlink.operations.forecast import by_templates
from cfnlink.operations.order import in_order
from cfnlink.operations.progress import STEPS, Work, usual_seconds
from cfnlink.operations.timetable import Timetable, about, clock
from tests.operations.helpers import PRODUCTION, run, topic, write
from tests.rehearsal.cloud import Cloud

DATABASE, TOPIC = "AWS::RDS::DBInstance", "AWS::SNS::Topic"
RESOURCES: dict[str, Any] = {
    "Instance": {"Type": DATABASE},
    "Alarm": {"Type": TOPIC, "Properties": {"Name": {"Ref": "Instance"}}},
    "Topic": {"Type": TOPIC, "DependsOn": "Other"},
    "Other": {"Type": TOPIC},
}


def work(*how: tuple[str, str]) -> Work:
    changes = [Change("s", "s", name, RESOURCES[name]["Type"], each) for name, each in how]
    return Work.of(changes, RESOURCES)


def event(name: str, status: str, seconds_ago: float, type_: str = TOPIC) -> Any:
    return {
        "EventId": f"{name}{status}",
        "OperationId": "1",
        "StackId": "arn",
        "LogicalResourceId": name,
        "PhysicalResourceId": name,
        "ResourceType": type_,
        "ResourceStatus": status,
        "Timestamp": datetime.now(UTC) - timedelta(seconds=seconds_ago),
    }


def test_what_is_left_is_the_longest_chain_of_changes() -> None:
    made, small = usual_seconds(DATABASE, "create"), usual_seconds(TOPIC, "create")
    all_added = work(*((name, "added") for name in RESOURCES))

    assert all_added.left() == made + small
    done = [event("Instance", "CREATE_COMPLETE", 0, DATABASE)]
    assert all_added.left(done) == 2 * small
    begun = [event("Instance", "CREATE_IN_PROGRESS", 100, DATABASE)]
    assert all_added.left(begun) == pytest.approx(made - 100 + small, abs=5)
    late = [event("Instance", "CREATE_IN_PROGRESS", 10 * made, DATABASE)]
    assert all_added.left(late) == 2 * small
    assert work(("Instance", "changed in place")).left() == usual_seconds(DATABASE, "update")
    assert work().left() == 0


def test_a_stack_says_what_it_waits_for_and_since_when() -> None:
    events = [
        event("Other", "CREATE_IN_PROGRESS", 20),
        event("Other", "CREATE_COMPLETE", 19),
        event("Alarm", "CREATE_IN_PROGRESS", 2),
        event("Instance", "CREATE_IN_PROGRESS", 72, DATABASE),
        event("Instance", "CREATE_IN_PROGRESS", 70, DATABASE),
    ]

    words = work(*((name, "added") for name in RESOURCES)).words(events)

    usual = clock(usual_seconds(DATABASE, "create"))
    assert words.startswith("1 of 4 resources; waits for Instance (AWS::RDS::DBInstance), 1:1")
    assert words.endswith(f" of usually {usual}, and 1 more")


def test_the_stacks_that_wait_for_each_other_add_up() -> None:
    timetable = Timetable({"a": set(), "b": {"a"}, "c": set()}, {"a": 60, "b": 120, "c": 90})

    assert timetable.words() == "0 of 3 stacks done, about 3 min left"
    timetable.done = {"a"}
    assert timetable.words() == "1 of 3 stacks done, about 2 min left"
    assert (about(20), clock(3723), clock(7)) == ("less than a minute", "1:02:03", "0:07")


def test_a_terminal_shows_how_many_stacks_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = open_environment(PRODUCTION)
    shown: list[str] = []
    monkeypatch.setattr(environment.report, "working", lambda _, text="": shown.append(text))
    for stack in environment.stacks:
        environment.timetable.seconds[stack.name] = 120

    in_order(environment, lambda stack: stack.name)

    number = len(environment.stacks)
    assert shown[0].startswith(f"0 of {number} stacks done, about ")
    assert shown[-2].startswith(f"{number - 1} of {number} stacks done, about 2 min left")
    assert shown[-1] == ""


def test_a_first_deployment_takes_longer_than_one_that_changes_nothing() -> None:
    environment = open_environment(PRODUCTION)
    stack = environment.stack("shop-production-database")

    def left(before: Any) -> float:
        changes = by_templates(environment, stack, before)
        return Work.of(changes, stack.template["Resources"]).left()

    assert left(None) > usual_seconds(DATABASE, "create")
    assert left(stack.template) == 0


def test_each_duration_is_one_of_a_known_type() -> None:
    rows = facts("durations")["types"]

    assert rows.keys() <= types().keys()
    assert {*STEPS.values()} <= {"create", "update", "delete"}


@pytest.mark.rehearsal
def test_without_a_terminal_a_resource_has_one_line(cloud: Cloud, tmp_path: Any) -> None:
    folder = write(tmp_path, one={"Topic": topic(), "Log": {"Type": "AWS::Logs::LogGroup"}})

    done = run(cloud, "deploy", folder)
    again = run(cloud, "deploy", folder, "--json")

    lines = [line for line in done.out.splitlines() if line.startswith("tiny-test-one: ")]
    about_log = [line for line in lines if "Log" in line]
    begin = "tiny-test-one: added: Log, AWS::Logs::LogGroup; CREATE_COMPLETE after "
    assert len(about_log) == 1
    assert about_log[0].startswith(begin)
    assert len(lines) == 3
    assert (done.code, again.code) == (0, 0)
