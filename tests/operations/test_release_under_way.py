"""A release is watched, stopped, killed and taken up; the emulator's tasks stay unhealthy."""

import signal
import subprocess

import pytest

from tests.operations.helpers import DEVELOPMENT, Done, push, run, start
from tests.operations.stubs import EchoService, served
from tests.operations.test_release import SERVICE, deployed, up
from tests.rehearsal.cloud import Cloud

pytestmark = [pytest.mark.rehearsal, pytest.mark.long]
TAG = "unhealthy"


def begin(cloud: Cloud, *more: str) -> "tuple[subprocess.Popen[str], str]":
    """Begin a release that does not end by itself; return it, and what it said so far.

    The last line is that of a deployment that is under way.
    """
    process = start(cloud, "release", DEVELOPMENT, "--tag", TAG, "--watch", *more)
    return process, until(process, "IN_PROGRESS, 1 of 1 new tasks run")


def until(process: "subprocess.Popen[str]", text: str) -> str:
    """Read what a process says until it has said something, or ends."""
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if text in line:
            return said
    pytest.fail(f"not said: {text}\n{said}\n{process.communicate()[1]}")


def ended(process: "subprocess.Popen[str]") -> Done:
    out, err = process.communicate(timeout=60)
    return Done(process.returncode, out, err)


def unhealthy(cloud: Cloud) -> None:
    """Return the environment with an image that never becomes healthy in ECR."""
    up(cloud)
    push(cloud, TAG, "arm64")


def tag_of(cloud: Cloud) -> str:
    return str(deployed(cloud)["Parameters"][0]["ParameterValue"])


def tasks_of(cloud: Cloud) -> list[str]:
    """Return the tag of the image of each running task of the service."""
    ecs = cloud.client("ecs")
    (cluster,) = ecs.list_clusters()["clusterArns"]
    arns = ecs.list_tasks(cluster=cluster)["taskArns"]
    tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
    definitions = [
        ecs.describe_task_definition(taskDefinition=each["taskDefinitionArn"]) for each in tasks
    ]
    return [
        each["taskDefinition"]["containerDefinitions"][0]["image"].rpartition(":")[2]
        for each in definitions
    ]


def test_a_watched_release_shows_tasks_health_and_alarms_and_can_be_stopped(
    cloud: Cloud,
) -> None:
    unhealthy(cloud)
    cloudwatch = cloud.client("cloudwatch")
    name = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmName"]
    with served(cloud, "development"):
        release, said = begin(cloud)
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="too slow")
        until(release, f"alarm {name}: ALARM: too slow")
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="quick")
        until(release, f"alarm {name}: OK")
        stopped = run(cloud, "release", DEVELOPMENT, "--stop")
        assert stopped.code == 0, stopped.err
        done = ended(release)

    assert "targets of " in said
    assert " of 1 new tasks run, 1 old ones run" in said
    assert "ECS takes it back: IN_PROGRESS" in stopped.out
    assert f"{SERVICE}: 1 is back" in stopped.out
    assert done.code == 1
    assert f"{SERVICE}: AWS went back to 1" in done.err
    assert (tag_of(cloud), tasks_of(cloud)) == ("1", ["1"])
    nothing = run(cloud, "release", DEVELOPMENT, "--stop")
    assert nothing.code == 2
    assert "no release is under way, and 1 runs" in nothing.err


def test_an_interrupted_release_says_how_to_go_on_and_how_to_go_back(cloud: Cloud) -> None:
    unhealthy(cloud)
    release, _ = begin(cloud)
    release.send_signal(signal.SIGTERM)
    done = ended(release)

    assert done.code == 130
    assert f"to go on: cfnlink release {DEVELOPMENT} --tag {TAG} --watch" in done.err
    assert f"to go back: cfnlink release {DEVELOPMENT} --stop --watch" in done.err
    assert run(cloud, "release", DEVELOPMENT, "--stop").code == 0
    assert tag_of(cloud) == "1"


def test_a_killed_release_of_another_tag_is_taken_back_first(cloud: Cloud) -> None:
    unhealthy(cloud)
    release, _ = begin(cloud)
    release.kill()
    ended(release)

    done = run(cloud, "release", DEVELOPMENT, "--tag", "2")

    assert done.code == 0, done.err
    words = f"an earlier run began the release of {TAG}; AWS takes it back first"
    assert words in done.out
    assert f"{SERVICE}: 2 runs, before it 1" in done.out
    assert (tag_of(cloud), tasks_of(cloud)) == ("2", ["2"])


def test_a_killed_release_of_the_same_tag_is_waited_for_to_its_end(cloud: Cloud) -> None:
    unhealthy(cloud)
    release, _ = begin(cloud)
    release.kill()
    ended(release)
    again = start(cloud, "release", DEVELOPMENT, "--tag", TAG)
    until(again, f"an earlier run began the release of {TAG}; this run goes on with it")
    assert run(cloud, "release", DEVELOPMENT, "--stop").code == 0
    done = ended(again)

    assert done.code == 1
    assert f"{SERVICE}: AWS went back to 1" in done.err
    assert tag_of(cloud) == "1"


def test_a_release_that_fails_smoke_goes_back(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    up(cloud)
    with served(cloud, "development"):
        good = run(cloud, "release", DEVELOPMENT, "--tag", "2", "--smoke", "--json")
        monkeypatch.setattr(EchoService, "database", 503)
        bad = run(cloud, "release", DEVELOPMENT, "--tag", "1", "--smoke")
        again = run(cloud, "release", DEVELOPMENT, "--tag", "2", "--smoke")

    assert good.code == 0, good.err
    assert '"passed": true' in good.out
    assert bad.code == 1
    assert "1 failed, development fails 1 of " in bad.err
    assert "2 is back" in bad.err
    # The same tag again, as a pipeline does after a kill: 1 ran before it.
    assert again.code == 1
    assert "2 is released already" in again.out
    assert "1 is back" in again.err
    assert tag_of(cloud) == "1"
