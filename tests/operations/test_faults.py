"""Each command survives each fault of a network, or ends in order.

A command runs in the state that its story prepares; its calls are counted first. Then each of
its calls meets each fault once, and a second run without faults has to end what the first one
left. `make test-faults` writes docs/reliability.md from it; `make test` tries a sample.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from botocore.retries.standard import ExponentialBackoff

from cfnlink.operations import order, stacks
from cfnlink.operations.commands import preflight, smoke
from cfnlink.operations.errors import Exit
from tests.operations.fault_proxy import Fault, FaultProxy, serve
from tests.operations.helpers import DEVELOPMENT, Done, make_roles, reset, run, topic, write
from tests.operations.stubs import served
from tests.operations.test_release import up
from tests.operations.test_restore import built, snapshot
from tests.rehearsal.cloud import Cloud, emulator
from tests.reliability import record

pytestmark = pytest.mark.rehearsal
SHORT_STORY = 35  # calls: each of them meets each fault
DEAD = 2**22 + 1  # no process has this id: the run before is dead when the next one begins
ENDS = {"key": Exit.UNUSABLE}  # it is shown on a terminal only
# Smoke waits for the rate limit in each run, so a call that it repeats is tried once.
ONCE = ("smoke",)
# The other two replace an answer as PAGE does.
OF_AN_ENVIRONMENT = [fault for fault in Fault if fault not in (Fault.OBJECT, Fault.EMPTY)]
OF_SMALL_STACKS = {"deploy": OF_AN_ENVIRONMENT, "destroy": OF_AN_ENVIRONMENT}
OF_SMALL_STACKS |= {"plan": [*Fault], "status": [*Fault]}
SAMPLE = {"deploy": (Fault.RESET, Fault.PAGE), "status": (Fault.DROPPED, Fault.TRUNCATED)}


@dataclass
class Story:
    """A command in a state that a second run leads back to.

    prepare: makes the state, before each try. ends: the exit code without a fault. repeats:
    whether a call that is repeated is tried again.
    """

    folder: Path
    words: Callable[[], list[str]]
    prepare: Callable[[], object] = lambda: None
    ends: int = Exit.DONE
    repeats: bool = True

    def run(self, cloud: Cloud, words: Sequence[str], **environment: str) -> Done:
        name, *options = words
        return run(cloud, name, self.folder, *options, **environment)


@dataclass
class Table:
    """How the tries of a command ended, by fault."""

    name: str
    ended: dict[Fault, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Write a row of docs/reliability.md for each fault."""
        for fault, ended in self.ended.items():
            words = ", ".join(f"{number} {how}" for how, number in sorted(ended.items()))
            record(f"{self.name}: {fault.value}", ended.total(), words)

    def add(self, fault: Fault, number: int, how: str, done: Done) -> None:
        """Count a try; how begins with "wrong" where it neither survived nor ended well."""
        self.ended.setdefault(fault, Counter())[how] += 1
        if how.startswith("wrong"):
            self.wrong.append(f"{self.name}, call {number}, {fault.name}: {how}\n{done.err}")


@contextmanager
def quick() -> Iterator[None]:
    """Short pauses, calls in one order, and each run as a process that ends."""
    instead: dict[tuple[Any, str], Any] = {
        (ExponentialBackoff, "delay_amount"): lambda *_: 0.0,
        (stacks, "FIRST_PAUSE_SECONDS"): 0.02,
        (stacks, "LONGEST_PAUSE_SECONDS"): 0.1,
        (smoke, "PAUSE_SECONDS"): 0.2,
        (order, "SIDE_BY_SIDE"): 1,
        (preflight, "SIDE_BY_SIDE"): 1,
        (os, "getpid"): lambda: DEAD,
    }
    with ExitStack() as patched:
        for (owner, name), value in instead.items():
            patched.enter_context(mock.patch.object(owner, name, value))
        yield


def calls_of(story: Story, cloud: Cloud, url: str) -> list[int]:
    """Return the numbers of the calls of a run without a fault.

    An operation that a long story repeats, as it waits, is there with its first and last call.
    """
    FaultProxy.calls, FaultProxy.faults, FaultProxy.seen = count(1), {}, []
    story.prepare()
    done = story.run(cloud, story.words(), AWS_ENDPOINT_URL=url)
    assert done.code == story.ends, done.err
    numbers: dict[str, list[int]] = {}
    for number, operation in enumerate(FaultProxy.seen, 1):
        numbers.setdefault(operation, []).append(number)
    short = len(FaultProxy.seen) <= SHORT_STORY
    last = -1 if story.repeats else 0
    kept = [each if short else [each[0], each[last]] for each in numbers.values()]
    return sorted({number for each in kept for number in each})


def try_once(
    story: Story, cloud: Cloud, url: str, number: int, fault: Fault
) -> tuple[str, Done]:
    """Return how a run ended of which one call met a fault, and how the next run ended."""
    story.prepare()
    FaultProxy.calls, FaultProxy.faults = count(1), {number: fault}
    words = story.words()
    done = story.run(cloud, words, AWS_ENDPOINT_URL=url)
    if "a fault of this tool" in done.err or "Traceback" in done.err:
        return "wrong: a fault of the tool", done
    if done.code not in {*Exit}:
        return f"wrong: exit code {done.code}", done
    if done.code == story.ends:
        return "survived", done
    if "next: " not in done.err:
        return "wrong: no next command", done
    again = story.run(cloud, words)
    if again.code != story.ends:
        return f"wrong: the second run ended with {again.code}: {again.err}", done
    return f"ended with {done.code}", done


def try_all(name: str, story: Story, cloud: Cloud, faults: Any, step: int = 1) -> Table:
    """Try each fault at each call of a story, or at each of some."""
    table = Table(name)
    clean = mock.patch.multiple(FaultProxy, port=cloud.port, calls=count(1), faults={}, seen=[])
    with quick(), serve() as url, clean:
        calls = calls_of(story, cloud, url)
        for fault in faults:
            for number in calls[::step]:
                table.add(fault, number, *try_once(story, cloud, url, number, fault))
    return table


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with emulator(tmp_path_factory.mktemp("empty")) as cloud:
        yield cloud


def small(cloud: Cloud, folder: Path) -> dict[str, Story]:
    """Return the stories of two small stacks."""
    write(folder, one={"Topic": topic()}, two={"Topic": topic()})
    changed = write(folder.with_name("changed"), one={"Topic": topic()}, two={"New": topic()})

    def deployed() -> None:
        assert run(cloud, "deploy", folder).code == 0

    def both() -> list[str]:
        return ["destroy", "--yes", "test"]

    return {
        "deploy": Story(folder, lambda: ["deploy"], lambda: reset(cloud)),
        "destroy": Story(folder, both, deployed),
        "plan": Story(changed, lambda: ["plan", "--allow-replacement", "Topic"], deployed),
        "status": Story(folder, lambda: ["status"], deployed),
    }


@pytest.mark.parametrize("name", SAMPLE)
def test_a_sample_of_faults_is_survived_or_ended_in_order(
    empty: Cloud, tmp_path: Path, name: str
) -> None:
    story = small(empty, tmp_path / "small")[name]

    table = try_all(name, story, empty, SAMPLE[name], step=7)

    assert table.wrong == []


@pytest.mark.faults
@pytest.mark.xdist_group("small")
@pytest.mark.parametrize("name", ["deploy", "destroy", "plan", "status"])
def test_each_fault_at_each_call_of_two_small_stacks(
    empty: Cloud, tmp_path: Path, name: str
) -> None:
    story = small(empty, tmp_path / "small")[name]

    table = try_all(f"{name} of two small stacks", story, empty, OF_SMALL_STACKS[name])

    table.write()
    assert table.wrong == []


DRILL = "restore --drill"
SHOP = ["logs", "key", "status", "task", "preflight", "release", "smoke", "rotate", "restore"]
SHOP += [DRILL]
# It has parts of a rotation, which meets them all.
OF_A_DRILL = [Fault.DROPPED, Fault.RESET, Fault.PAGE]


@pytest.mark.faults
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in SHOP],
)
def test_each_fault_at_each_call_of_a_whole_environment(tmp_path: Path, name: str) -> None:
    with emulator(tmp_path) as cloud, served_shop(cloud, tmp_path / "settings") as stories:
        faults = OF_A_DRILL if name == DRILL else OF_AN_ENVIRONMENT
        table = try_all(name, stories[name], cloud, faults)

    table.write()
    assert table.wrong == []


@contextmanager
def served_shop(cloud: Cloud, settings: Path) -> Iterator[dict[str, Story]]:
    """Return the stories of an environment that runs and was restored once."""
    make_roles(cloud)
    up(cloud)
    snapshot(cloud, "before")
    asked = run(cloud, "restore", DEVELOPMENT, "--snapshot", "before")
    folder = built(settings, asked.out.partition("[database]\n")[2])
    restore = ["restore", "--snapshot", "before"]
    assert run(cloud, restore[0], folder, *restore[1:]).code == 0
    tags = iter("21" * 1000)
    words: dict[str, Callable[[], list[str]]] = {
        **{name: name.split().copy for name in SHOP},
        "logs": ["logs", "--once"].copy,
        "task": ["task", "--", "true"].copy,
        "release": lambda: ["release", "--tag", next(tags)],
        "restore": restore.copy,
    }
    with served(cloud, "development"):
        yield {
            name: Story(
                folder, words[name], ends=ENDS.get(name, Exit.DONE), repeats=name not in ONCE
            )
            for name in SHOP
        }
