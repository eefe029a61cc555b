"""One run at a time holds the lease of an environment or of the shared stack."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from threading import Barrier, Event
from types import SimpleNamespace

import pytest

from cfnlink.operations import lease as leases
from cfnlink.operations.commands import deploy
from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.lease import Holder, Lease, parameter, place
from tests.helpers import example_output
from tests.operations.fault_proxy import FaultProxy
from tests.operations.helpers import (
    DEVELOPMENT,
    begun,
    reset,
    run,
    start,
    statuses,
    topic,
    write,
)
from tests.rehearsal.cloud import Cloud
from tests.reliability import record

pytestmark = pytest.mark.rehearsal
LEASE, SHARED = "/tiny/test/deployment", "/tiny/account/deployment"
NO_PID = 2**22 + 1  # above the largest that Linux gives
ELSEWHERE = Holder(0, "another", "deploy", "elsewhere", "elsewhere", NO_PID)


def put(cloud: Cloud, value: str, name: str = LEASE) -> None:
    cloud.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def hold(cloud: Cloud, holder: Holder, name: str = LEASE) -> None:
    """Write a value that counts, whatever is there."""
    found = cloud.client("ssm").describe_parameters()["Parameters"]
    versions = {each["Name"]: each["Version"] for each in found}
    put(cloud, json.dumps(asdict(replace(holder, after=versions.get(name, 0)))), name)


def holder(cloud: Cloud, name: str = LEASE) -> Holder | None:
    found = cloud.client("ssm").get_parameter(Name=name)["Parameter"]
    return Holder.parse(found["Value"])


@pytest.fixture
def environment(cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    return open_environment(write(tmp_path, one={"Topic": topic()}))


def of(environment: Environment, run: str) -> Lease:
    """Return the lease as a run sees it."""
    mine = Holder(0, run, "deploy", "here", place(), os.getpid())
    return Lease(environment, parameter(environment), mine)


def test_while_another_command_runs_this_one_refuses_or_waits(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, one={"Topic": topic()})
    hold(cloud, ELSEWHERE)

    refused = run(cloud, "deploy", tmp_path)
    untouched = statuses(cloud)
    monkeypatch.setattr(Environment, "pause", lambda *_: hold(cloud, Holder()))
    waited = run(cloud, "deploy", tmp_path, "--wait", "1")

    assert (refused.code, untouched, waited.code) == (4, {}, 0)
    assert "test is busy: deploy on elsewhere is under way" in refused.err
    assert "--wait 30" in refused.err


@pytest.mark.fault("two deployments of one environment begin at once", "no stack begins twice")
def test_two_at_once_never_begin_the_same_twice(cloud: Cloud, tmp_path: Path) -> None:
    tiers = {f"t{number}": {"Topic": topic()} for number in range(5)}
    write(tmp_path, **tiers)

    both = [start(cloud, "deploy", tmp_path) for _ in range(2)]
    for process in both:
        process.communicate(timeout=60)

    assert sorted(process.returncode for process in both) in ([0, 4], [0, 0])
    assert [begun(cloud, f"tiny-test-{tier}") for tier in tiers] == [1] * 5


def test_only_a_run_of_this_boot_and_pid_namespace_is_dead_without_its_process() -> None:
    here = replace(ELSEWHERE, place=place())
    machine, boot, namespace = place().split()

    assert here.is_dead(0)
    assert not replace(here, pid=os.getpid()).is_dead(60)
    for other in (
        f"elsewhere {boot} {namespace}",
        f"{machine} another-boot {namespace}",
        f"{machine} {boot} pid:[1]",
        "",
    ):
        assert not replace(here, place=other).is_dead(60)
        assert replace(here, place=other).is_dead(600)


def take_at_once(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Lease:
    """Let eight runs read the lease before any of them writes; return the one that has it."""
    runs = [of(environment, f"run-{number}") for number in range(8)]
    barrier, write_value = Barrier(len(runs)), Lease.write

    def write_at_once(lease: Lease, value: Holder, newest: int) -> bool:
        barrier.wait(timeout=30)
        return write_value(lease, value, newest)

    with monkeypatch.context() as patched, ThreadPoolExecutor(len(runs)) as pool:
        patched.setattr(Lease, "write", write_at_once)
        taken = [*pool.map(Lease.take, runs)]
    (winner,) = [each for each, is_taken in zip(runs, taken, strict=True) if is_taken]
    for each in runs:
        assert each.read()[0].run == winner.mine.run
        assert each.take() == (each is winner)
    return winner


@pytest.mark.parametrize("before", [replace(ELSEWHERE, place=place()), Holder()])
def test_one_of_several_runs_gets_the_lease(
    cloud: Cloud, environment: Environment, monkeypatch: pytest.MonkeyPatch, before: Holder
) -> None:
    hold(cloud, before)

    winner = take_at_once(environment, monkeypatch)
    winner.release()

    assert of(environment, "the next").take()


@pytest.mark.faults
def test_one_of_several_runs_takes_over_a_dead_lease(
    cloud: Cloud, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(100):
        hold(cloud, replace(ELSEWHERE, place=place()))
        take_at_once(environment, monkeypatch)
    ended = "each time one run got it, and the other seven saw that"
    record("eight runs take over the lease of a dead one at once", 100, ended)


def test_a_run_whose_lease_another_took_stops(
    cloud: Cloud, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0)
    mine = of(environment, "mine")
    assert mine.take()
    hold(cloud, ELSEWHERE)

    mine.keep(Event())
    mine.release()

    assert environment.stopping.is_set()
    assert mine.read()[0].run == ELSEWHERE.run


def test_a_lease_whose_answer_was_lost_is_this_run_s(
    cloud: Cloud, between: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, one={"Topic": topic()})
    for lease_before in (None, replace(ELSEWHERE, place=place())):
        if lease_before:
            hold(cloud, lease_before)
        monkeypatch.setattr(FaultProxy, "lost", {"PutParameter": 2 if lease_before else 1})

        done = run(cloud, "deploy", tmp_path, AWS_ENDPOINT_URL=between)

        assert done.code == 0, done.err
        assert FaultProxy.lost["PutParameter"] <= 0


@pytest.mark.parametrize(
    "value",
    [
        "held",
        "[]",
        "5",
        "[" * 4000,
        '{"run": "x"}',
        '{"after": 0, "run": 5}',
        '{"after": true, "run": "x"}',
        '{"after": 0, "run": "x", "pid": "1"}',
        '{"after": 0, "run": "x", "more": 1}',
        '{"after": 7, "run": "x"}',
    ],
)
@pytest.mark.fault("the value of the lease is no lease", "a message, and nothing is changed")
def test_a_value_that_is_no_lease_is_reported_and_stays(
    cloud: Cloud, tmp_path: Path, value: str
) -> None:
    write(tmp_path, one={"Topic": topic()})
    put(cloud, value)

    done = run(cloud, "deploy", tmp_path)

    assert (done.code, statuses(cloud)) == (2, {})
    assert f"the SSM parameter {LEASE} is no lease: expected" in done.err
    assert f"aws ssm delete-parameter --name {LEASE}" in done.err
    assert cloud.client("ssm").get_parameter(Name=LEASE)["Parameter"]["Value"] == value


def test_the_shared_stack_waits_for_another_environment_s_deployment(
    cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one creates the stack, and this one finds it as it should be."""
    write(tmp_path, account={"Topic": topic()}, one={"Topic": topic()})
    hold(cloud, ELSEWHERE, SHARED)
    alone = run(cloud, "deploy", tmp_path, "--only", "account")
    pause = Environment.pause

    def deploy_meanwhile(*_: object) -> None:
        monkeypatch.setattr(Environment, "pause", pause)
        hold(cloud, Holder(), SHARED)
        plain = dict.fromkeys(("express", "revert_drift", "ignore_alarms"), False)
        options = SimpleNamespace(
            only="account", tag=None, allow=[], resolver=None, wait=0, **plain
        )
        deploy.run(open_environment(tmp_path), options)

    monkeypatch.setattr(Environment, "pause", deploy_meanwhile)
    done = run(cloud, "deploy", tmp_path)

    assert alone.code == 4
    assert "account is busy" in alone.err
    assert done.code == 0, done.err
    assert "tiny-test-account: no changes" in done.out
    assert begun(cloud, "tiny-test-account") == 1


@pytest.mark.faults
def test_two_environments_deployed_at_once_into_an_empty_account_end_well(
    cloud: Cloud,
) -> None:
    folders, ended = (DEVELOPMENT, example_output("staging")), 0
    for _ in range(50):
        reset(cloud)
        both = [start(cloud, "deploy", each, "--image-tag", "1") for each in folders]
        said = [process.communicate(timeout=120) for process in both]
        assert [process.returncode for process in both] == [0, 0], said
        states = statuses(cloud)
        named = {states.pop(f"shop-{each.name}-service") for each in folders}
        assert named == {"UPDATE_COMPLETE"}  # with their alarms
        assert {*states.values()} == {"CREATE_COMPLETE"}
        assert begun(cloud, "shop-account") == 1
        ended += 1
    fault = "two environments are deployed at once into an empty account"
    record(fault, ended, f"{ended} times both came up, and the account stack was created once")
