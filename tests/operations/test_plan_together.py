"""`plan` asks about all stacks at once, compares the answers with the templates, and prices."""

import json
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import yaml

from cfnlink.operations.change_set import ChangeSet
from cfnlink.operations.commands import plan as command
from cfnlink.operations.environment import open_environment
from cfnlink.operations.errors import CommandError, Exit
from cfnlink.operations.price_change import PriceChange, price_change
from cfnlink.operations.stack_plan import StackPlan, plan
from cfnlink.system.link import link
from tests.operations.helpers import PRODUCTION, run, statuses, topic, write
from tests.operations.test_traffic import built
from tests.rehearsal.cloud import Cloud

FIRST = {"Fn::ImportValue": "tiny-test-one-First"}


def subscription() -> dict[str, Any]:
    """Return a subscription to the topic of the first stack; another topic replaces it."""
    ends = {"Protocol": "email", "Endpoint": "a@example.com"}
    return {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": FIRST, **ends}}


def named(name: str) -> dict[str, Any]:
    return topic(Properties={"TopicName": name})


@pytest.mark.rehearsal
def test_stacks_are_asked_for_at_once_and_told_in_their_order(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, one={"Topic": topic()}, two={"Other": topic()})
    both = Barrier(2, timeout=60)

    def ask(*given: Any) -> StackPlan:
        both.wait()
        return plan(*given)

    monkeypatch.setattr(command, "plan", ask)
    done = run(cloud, "plan", tmp_path)

    assert (done.code, done.err) == (0, "")
    assert done.out.index("tiny-test-one: new") < done.out.index("tiny-test-two: from")


@pytest.mark.rehearsal
def test_an_interrupted_plan_leaves_no_change_set(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, one={"Topic": topic()})
    monkeypatch.setattr(ChangeSet, "_read", _interrupted)
    new = run(cloud, "plan", tmp_path)
    left = statuses(cloud)
    monkeypatch.undo()
    assert run(cloud, "deploy", tmp_path).code == 0
    deployed = _change_sets(cloud)
    write(tmp_path, one={"Topic": topic(), "Other": topic()})
    monkeypatch.setattr(ChangeSet, "_read", _interrupted)
    old = run(cloud, "plan", tmp_path)

    assert (new.code, old.code) == (130, 130)
    assert (left, _change_sets(cloud)) == ({}, deployed)


def _change_sets(cloud: Cloud) -> list[str]:
    listed = cloud.client("cloudformation").list_change_sets(StackName="tiny-test-one")
    return [each["ChangeSetName"] for each in listed["Summaries"]]


@pytest.mark.rehearsal
def test_an_interrupted_plan_says_that_nothing_was_changed(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, one={"Topic": topic()})
    monkeypatch.setattr(command, "side_by_side", _stopped)

    done = run(cloud, "plan", tmp_path)

    assert (done.code, done.err) == (
        130,
        f"interrupted; nothing was changed\nnext: cfnlink plan {tmp_path}\n",
    )


def _stopped(*_: object) -> None:
    raise KeyboardInterrupt


def _interrupted(*_: object, **__: object) -> None:
    raise CommandError(Exit.INTERRUPTED, "interrupted")


@pytest.mark.rehearsal
def test_a_plan_says_where_aws_and_the_templates_differ(cloud: Cloud, tmp_path: Path) -> None:
    resources = {"Bucket": topic(), "Alarm": subscription()}
    write(tmp_path, one={"Topic": named("a")}, two=resources)
    parameter = {"Type": "AWS::SSM::Parameter"}
    _with_parameter(tmp_path, {**parameter, "Properties": {"Type": "String", "Value": "x"}})
    assert run(cloud, "deploy", tmp_path).code == 0
    write(tmp_path, one={"Topic": named("b")}, two=resources)
    _with_parameter(tmp_path, {**parameter, "Properties": {"Type": "String", "Value": "x"}})
    _set_parameter(tmp_path, "2")

    done = run(cloud, "plan", tmp_path)
    found = json.loads(run(cloud, "plan", tmp_path, "--json").out)["disagreements"]

    later = "AWS sees it only after the change of tiny-test-one"
    assert f"  the templates alone say REPLACED: Alarm; {later}" in done.out
    values = "the parameter Size has another value"
    assert f"  AWS alone says changed in place: Sized; {values}" in done.out
    assert {each["logical_id"]: (each["change_set"], each["templates"]) for each in found} == {
        "Alarm": (None, "REPLACED"),
        "Sized": ("changed in place", None),
    }


def _with_parameter(folder: Path, sized: dict[str, Any]) -> None:
    """Give the first stack a resource whose value is a parameter."""
    file = folder / "one.yaml"
    template = yaml.safe_load(file.read_text("utf-8"))
    template["Parameters"] = {"Size": {"Type": "String", "Default": "1"}}
    template["Resources"]["Sized"] = sized
    sized["Properties"]["Value"] = {"Ref": "Size"}
    file.write_text(yaml.safe_dump(template, sort_keys=False), "utf-8")


def _set_parameter(folder: Path, value: str) -> None:
    """State the value of the parameter in the manifest."""
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text("utf-8"))
    manifest["stacks"][0]["parameters"] = {"Size": value}
    file.write_text(json.dumps(manifest), "utf-8")


def test_the_price_of_a_new_environment_names_what_costs_most() -> None:
    environment = open_environment(PRODUCTION)

    found = price_change(environment, link([], is_complete=False))

    assert (found.before, found.after) == (0, environment.bill.total)
    assert found.words().startswith(f"price: 0.00 -> {found.after:,.2f} USD a month (+")
    greatest = max(found.causes, key=lambda each: abs(each[1]))
    assert found.causes[0] == greatest
    assert f": {greatest[0]} +{greatest[1]:,.2f}, " in found.words()
    assert sum(amount for _, amount in found.causes) == pytest.approx(found.after)


def test_new_alarms_are_the_cause_where_they_take_the_free_ones_of_others(
    tmp_path: Path,
) -> None:
    before, after = (
        open_environment(built(tmp_path / kind, deployment=kind))
        for kind in ("rolling", "canary")
    )

    found = price_change(after, before.system)

    assert found.causes == (("alarm metrics above the free 10", 0.4),)
    assert "above the budget" not in found.words()
    for at_budget in (found, replace(found, causes=())):
        over = replace(at_budget, budget=found.after - 0.01)
        assert f", above the budget of {over.budget:,.2f} USD" in over.words()
        assert over.words() != replace(over, budget=found.after).words()


def test_without_a_difference_the_price_is_as_before() -> None:
    environment = open_environment(PRODUCTION)

    found = price_change(environment, environment.system)

    assert found.words() == f"price: {found.after:,.2f} USD a month, as before"


def test_without_prices_the_line_says_why(tmp_path: Path) -> None:
    write(tmp_path, one={"Topic": topic()})
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text("utf-8").replace("us-east-1", "eu-west-3"), "utf-8")

    found = price_change(open_environment(tmp_path), link([], is_complete=False))

    assert found.words().startswith("price: not known, no prices for eu-west-3: run ")
    assert found == PriceChange(unknown=found.unknown)
