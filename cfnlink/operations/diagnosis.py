"""Why the last operation on a stack failed: causes, what they mean, and the next step.

One mechanism for `diagnose` and for the message of a command that fails: facts are read at
AWS, a table of known messages explains them, and the explanation has the steps.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from cfnlink.operations.causes import Cause, Root, last_causes, roots
from cfnlink.operations.certificate_faults import certificate_faults
from cfnlink.operations.denials import explain_denial
from cfnlink.operations.environment import SERVICE, Environment, Stack
from cfnlink.operations.explanations import Explanation, explain
from cfnlink.operations.operation_events import LONG_AGO, STACK
from cfnlink.operations.service_faults import Fault, service_faults
from cfnlink.operations.stacks import GOOD, TAKEN_BACK, StackAction, find, is_stuck, last_events
from cfnlink.operations.watching import watch, went_off

NO_CAUSE = "AWS names no event that failed"


@dataclass(frozen=True)
class Finding:
    """One root of a failure. beside: other resources with the same root. places: where
    Python writes them. lines: what stands below it, such as the last lines of a log."""

    stack: str
    resource: str
    type: str
    message: str
    explanation: Explanation | None = None
    beside: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        """Return whether it explains the failure: known, and no symptom of another one."""
        return self.explanation is not None and not self.explanation.is_symptom

    @property
    def name(self) -> str:
        """Return what kind of failure it is; AWS's words where it is not known."""
        return self.explanation.name if self.explanation else self.message

    @property
    def all_steps(self) -> tuple[str, ...]:
        """Return the steps that repair it, those of the facts first."""
        known = self.explanation.steps if self.explanation else ()
        return tuple(dict.fromkeys([*self.steps, *known]))

    def words(self, *, short: bool = False) -> Iterator[str]:
        """Yield it as lines: AWS's words, what they mean, where it is written, the rest.

        short: AWS's words alone, for a symptom whose root is told.
        """
        of = f" ({self.type})" if self.type else ""
        yield f"{self.resource}{of}: {self.message}" if self.resource else self.message
        if short:
            return
        if self.explanation:
            yield f"  {self.explanation.says}"
        for each in self.beside:
            yield f"  the same of {each}"
        for place in self.places:
            yield f"  written in {place}"
        for line in self.lines:
            yield f"  log: {line}"
        if self.explanation and self.explanation.page:
            yield f"  see {self.explanation.page}"

    def as_result(self) -> dict[str, Any]:
        """Return it as a program reads it."""
        return {
            "stack": self.stack,
            "resource": self.resource or None,
            "type": self.type or None,
            "failure": self.explanation.name if self.explanation else None,
            "message": self.message,
            "means": self.explanation.says if self.explanation else None,
            "is_root": self.is_root,
            "beside": list(self.beside),
            "written": list(self.places),
            "lines": list(self.lines),
            "page": self.explanation.page if self.explanation else None,
            "steps": list(self.all_steps),
        }


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with one stack, and its state; the root comes first."""

    stack: Stack
    status: str
    findings: tuple[Finding, ...] = field(default_factory=tuple)

    @property
    def first(self) -> Finding | None:
        """Return the root, or what is nearest to it; None if nothing is wrong."""
        return next(iter(self.findings), None)

    @property
    def has_root(self) -> bool:
        """Return whether a finding explains the failure."""
        return any(each.is_root for each in self.findings)

    def words(self) -> list[str]:
        """Return what is wrong with the stack, a line each: its state, then each finding."""
        state = f", and {StackAction.REPAIR.value}" if is_stuck(self.status) else ""
        head = f"{self.stack.name} is {self.status}{state}"
        if not self.findings:
            return [f"{head}: {NO_CAUSE}"]
        if len(self.findings) == 1:
            first, *others = self.findings[0].words()
            return [f"{head}: {first}", *others]
        return [f"{head}:", *self.lines]

    @property
    def lines(self) -> list[str]:
        """Return each finding, a line each and indented; a symptom beside a root is short."""
        return [
            f"  {line}"
            for each in self.findings
            for line in each.words(short=self.has_root and not each.is_root)
        ]

    @property
    def steps(self) -> tuple[str, ...]:
        """Return the steps of every root, or those of the symptom if there is no root."""
        known = [each for each in self.findings if each.is_root] or self.findings[:1]
        return tuple(dict.fromkeys(step for each in known for step in each.all_steps))


def diagnose_stack(
    environment: Environment,
    stack: Stack,
    stack_id: str,
    status: str,
    resolver: str | None = None,
) -> Diagnosis:
    """Return why the last operation on a stack failed, or what it waits for.

    resolver: HOST:PORT of the DNS server to ask about the zones of certificates.
    """
    found = roots(last_causes(environment, stack_id))
    findings = [finding_of(environment, stack, each) for each in found]
    is_of_stack = all(each.first.type == STACK for each in found)
    faults = _alarms(environment, stack, stack_id, status) if is_of_stack else []
    began = partial(_failed_since, environment, stack_id, status)
    faults += service_faults(environment, stack, began)
    faults += certificate_faults(environment, stack, resolver)
    findings += [_of_fault(environment, stack, each) for each in faults]
    findings.sort(key=attrgetter("is_root"), reverse=True)
    return Diagnosis(stack, status, tuple(_once(findings)))


def diagnose_tasks(environment: Environment, stack: Stack) -> Diagnosis:
    """Return why tasks of a stack do not run, whatever CloudFormation says of the stack."""
    faults = service_faults(environment, stack)
    findings = [_of_fault(environment, stack, each) for each in faults]
    findings.sort(key=attrgetter("is_root"), reverse=True)
    return Diagnosis(stack, "", tuple(_once(findings)))


def _failed_since(environment: Environment, stack_id: str, status: str) -> datetime | None:
    """Return when the last operation began, if it failed; None for a stack that is well."""
    if status in GOOD:
        return None
    moments = (each.get("Timestamp") for each in last_events(environment, stack_id))
    return next(filter(None, moments), LONG_AGO)


def _alarms(environment: Environment, stack: Stack, stack_id: str, status: str) -> list[Fault]:
    """Return the alarms because of which AWS took an update back: no resource failed then."""
    if status != TAKEN_BACK:
        return []
    watched = watch(environment, stack, find(environment, stack_id))
    if watched is None:
        return []
    all_of_them = replace(watched, alarms=(*watched.alarms, *watched.raised))
    alarms = went_off(environment, all_of_them, last_events(environment, stack_id))
    message = "alarm {} went to ALARM during the change ({})"
    return [
        Fault(each.logical_id, each.type, message.format(each.name, each.sign))
        for each in alarms
    ]


def _explained(
    environment: Environment, message: str, log: Iterable[str] = ()
) -> Explanation | None:
    """Return what a message means, or first what a program's log below it means.

    A denied permission comes before the table.
    """
    text = "\n".join(log)
    return (
        explain_denial(environment, text)
        or explain(environment, text, is_log=True)
        or explain_denial(environment, message)
        or explain(environment, message)
    )


def finding_of(environment: Environment, stack: Stack, root: Root) -> Finding:
    """Return causes with one root as a finding, explained where the message is known."""
    first, *others = root.causes
    return Finding(
        stack=stack.name,
        resource=first.logical_id,
        type=first.type,
        message=first.message,
        explanation=_explained(environment, first.message),
        beside=tuple(each.logical_id for each in others),
        places=_places(stack, root.causes),
    )


def _of_fault(environment: Environment, stack: Stack, fault: Fault) -> Finding:
    cause = Cause(stack.name, fault.logical_id, fault.type, fault.message)
    return Finding(
        stack=stack.name,
        resource=fault.logical_id,
        type=fault.type if fault.logical_id else "",
        message=f"{fault.head}{fault.message}",
        explanation=_explained(environment, fault.message, fault.lines),
        places=_places(stack, [cause]) if fault.logical_id else (),
        lines=fault.lines,
        steps=fault.steps,
    )


def _places(stack: Stack, causes: Iterable[Cause]) -> tuple[str, ...]:
    """Return where the Python of causes is, as far as it is found."""
    found = (cause.place(stack) for cause in causes)
    return tuple(f"{place.file}:{place.line}" for place in found if place)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield each finding once: of one known failure of a resource the first tells it."""
    said: set[tuple[str, str]] = set()
    for each in findings:
        key = each.resource, each.name
        if key not in said or each.type != SERVICE:
            said.add(key)
            yield each
