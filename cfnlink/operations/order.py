"""The order in which stacks change, where their imports alone do not give it.

A stack changes after the stacks that it imports from. Two changes need the reverse. Tasks that
leave subnets must be gone before the network removes their way out, or a task that starts in
between cannot pull its image, write its log or read its secret. And CloudFormation refuses to
remove an export while another stack still imports it.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cfnlink.operations.environment import SERVICE, Environment, Stack
from cfnlink.system.expressions import at
from cfnlink.system.resource import Body

Result = TypeVar("Result")
SIDE_BY_SIDE = 4
LOOK_SECONDS = 1.0  # between two looks at how far the stacks are
WAYS_OUT = ("AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint")
Template = Body
# The template that a stack had before, by the stack's name; None where there was no stack.
Before = Callable[[str], Template | None]


@dataclass(frozen=True)
class Reversal:
    """A stack that changes before one that it imports from, and why."""

    first: str
    second: str
    why: str

    def words(self) -> str:
        """The order and its reason, as a line."""
        return f"{self.first} changes before {self.second}: {self.why}"


def reversals(environment: Environment, before: Before) -> list[Reversal]:
    """Return the stacks that must change before one that they import from."""
    return [
        *_of_moved_tasks(environment, before),
        *_of_removed_exports(environment, before),
    ]


def _of_moved_tasks(environment: Environment, before: Before) -> Iterator[Reversal]:
    for stack in environment.stacks:
        if not stack.of_type(SERVICE) or not _moves(stack, before(stack.name)):
            continue
        for other in environment.stacks:
            if other.name in environment.needs(stack):
                removed = _removed(before(other.name), other)
                if removed:
                    ways = ", ".join(removed)
                    why = (
                        f"its tasks leave the subnets whose way out ({ways}) {other.name} "
                        "removes"
                    )
                    yield Reversal(stack.name, other.name, why)


def _of_removed_exports(environment: Environment, before: Before) -> Iterator[Reversal]:
    """Yield the stacks that stop importing what another stack stops exporting.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
    """
    for other in environment.stacks:
        removed = _exports(before(other.name)) - _exports(other.template)
        for stack in environment.stacks if removed else ():
            left = removed & _imports(before(stack.name)) - _imports(stack.template)
            if left and stack.name != other.name:
                why = f"it imports {', '.join(sorted(left))}, which {other.name} removes"
                yield Reversal(stack.name, other.name, why)


def _exports(template: Template | None) -> set[str]:
    """Return the names of the exports of a template."""
    outputs = (template or {}).get("Outputs", {}).values()
    names = (at(output, "Export", "Name") for output in outputs)
    return {name for name in names if isinstance(name, str)}


def _imports(node: object) -> set[str]:
    """Return the names of the exports that a template imports."""
    if isinstance(node, list):
        return {name for each in node for name in _imports(each)}
    if not isinstance(node, dict):
        return set()
    own = node.get("Fn::ImportValue")
    found = {name for each in node.values() for name in _imports(each)}
    return found | ({own} if isinstance(own, str) else set())


def _moves(stack: Stack, before: Template | None) -> bool:
    """Whether the tasks of a service that was there come to run in other subnets."""
    placed = {name: body.get("NetworkConfiguration") for name, body in _services(before)}
    return any(
        name in placed and body.get("NetworkConfiguration") != placed[name]
        for name, body in stack.of_type(SERVICE).items()
    )


def _services(template: Template | None) -> Iterator[tuple[str, Body]]:
    for name, body in (template or {}).get("Resources", {}).items():
        if body.get("Type") == SERVICE:
            yield name, body.get("Properties", {})


def _removed(before: Template | None, after: Stack) -> tuple[str, ...]:
    """The ways out that a stack had and has no more."""
    resources = (before or {}).get("Resources", {})
    had = {name for name, body in resources.items() if body.get("Type") in WAYS_OUT}
    return tuple(sorted(had - after.template["Resources"].keys()))


def needs(environment: Environment, found: list[Reversal]) -> dict[str, set[str]]:
    """Return which stacks must be done before each stack, by name.

    What a stack that goes first imports is there already, since it only changes.
    """
    waits = {stack.name: set(environment.needs(stack)) for stack in environment.stacks}
    for reversal in found:
        waits[reversal.first] = set()
    for reversal in found:
        waits[reversal.second].add(reversal.first)
    return waits


def in_sequence(environment: Environment, found: list[Reversal]) -> list[Stack]:
    """Return the stacks one after another, in the manifest's order but for the reversals."""
    waits, done = needs(environment, found), list[Stack]()
    while len(done) < len(environment.stacks):
        names = {stack.name for stack in done}
        done.append(
            next(s for s in environment.stacks if s not in done and waits[s.name] <= names)
        )
    return done


def in_order(
    environment: Environment,
    work: Callable[[Stack], Result],
    needs: Mapping[str, set[str]] | None = None,
) -> dict[str, Result]:
    """Do the work for every stack once those that it needs are done; the rest side by side.

    needs: the stacks that come before each, by name; without it those that it imports from.
    After a failure nothing new begins; what has begun is waited for, and all that fails is
    raised together.
    """
    needs = needs or {stack.name: environment.needs(stack) for stack in environment.stacks}
    timetable, report = environment.timetable, environment.report
    timetable.begin(needs)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        run = _Run(work, needs, pool, list(environment.stacks))
        try:
            while run.begin():
                report.working(environment.name, timetable.words())
                while not run.take_results(LOOK_SECONDS):
                    report.working(environment.name, timetable.words())
                timetable.done |= run.done.keys()
        except BaseException:
            environment.stopping.set()
            names = ", ".join(stack.name for stack in run.running.values())
            environment.report.say(f"stopping: waiting for the calls under way for {names}")
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            report.working(environment.name)
    if len(run.failures) > 1:
        message = "several stacks failed"
        raise BaseExceptionGroup(message, run.failures)
    for failure in run.failures:
        raise failure
    return run.done


def side_by_side(
    environment: Environment, work: Callable[[Stack], Result]
) -> dict[str, Result]:
    """Do the work for every stack, some at once, as `in_order` does."""
    return in_order(environment, work, {stack.name: set() for stack in environment.stacks})


@dataclass
class _Run(Generic[Result]):
    """The stacks that wait for their work, whose work is under way, and that are done."""

    work: Callable[[Stack], Result]
    needs: Mapping[str, set[str]]
    pool: ThreadPoolExecutor
    waiting: list[Stack]
    running: dict[Future[Result], Stack] = field(default_factory=dict)
    done: dict[str, Result] = field(default_factory=dict)
    failures: list[BaseException] = field(default_factory=list)

    def begin(self) -> bool:
        """Begin what can begin; return whether some work is under way."""
        for stack in [] if self.failures else [*self.waiting]:
            if self.needs[stack.name] <= self.done.keys():
                self.waiting.remove(stack)
                self.running[self.pool.submit(self.work, stack)] = stack
        return bool(self.running)

    def take_results(self, seconds: float) -> bool:
        """Wait until some work ends, and take its result or its failure.

        Return whether some has ended; seconds: how long to wait for it.
        """
        ended = wait(self.running, seconds, return_when=FIRST_COMPLETED).done
        for future in ended:
            stack = self.running.pop(future)
            error = future.exception()
            if error is None:
                self.done[stack.name] = future.result()
            else:
                self.failures.append(error)
        return bool(ended)
