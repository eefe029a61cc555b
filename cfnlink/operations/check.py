"""The result of a check at AWS: passed, doubtful or failed, and the commands that fix it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from cfnlink.operations.answers import NO_ANSWER
from cfnlink.operations.errors import counted, one_line
from cfnlink.operations.reporter import Reporter

OK, WARNING, FAILED = "ok", "warning", "FAILED"
DENIED = re.compile(r"not authorized to perform: ([\w-]+:\w+)")

# A result and what it says; behind it the fix, commands a line each.
Found = tuple[str, str] | tuple[str, str, str]


@dataclass(frozen=True)
class Check:
    """One checked fact."""

    name: str
    result: str
    says: str
    fix: str = ""

    def say(self, report: Reporter) -> None:
        """Print the fact, and below it the steps of the fix."""
        text = "\n    ".join([self.says, *self.fix.splitlines()])
        report.say(text, f"{self.result}: {self.name}: ")


def summary(checks: Sequence[Check]) -> str:
    """Return how many checks passed, and how many warn where some do."""
    warnings = sum(check.result == WARNING for check in checks)
    passed = sum(check.result == OK for check in checks)
    words = f"{passed} of {counted(len(checks), 'check')} passed"
    return f"{words}, {counted(warnings, 'warning')}" if warnings else words


def run_check(name: str, look: Callable[[], Iterable[Found]]) -> list[Check]:
    """Return the results of a check; an answer that AWS denies is a warning."""
    checks: list[Check] = []
    try:
        for found in look():
            checks.append(Check(name, *found))  # noqa: PERF401 (what comes before a refusal stays)
    except ClientError as error:
        checks.append(Check(name, WARNING, f"could not look: {_refusal(error)}"))
    except NO_ANSWER as error:
        checks.append(Check(name, WARNING, f"could not look: {one_line(error)}"))
    return checks


def say_check(report: Reporter, name: str, look: Callable[[], Iterable[Found]]) -> list[Check]:
    """Run a check, print what it found, and return it."""
    checks = run_check(name, look)
    for check in checks:
        check.say(report)
    return checks


def _refusal(error: ClientError) -> str:
    """Return the missing permission, or AWS's own words."""
    code, words = error.response["Error"].get("Code", ""), one_line(error)
    denied = DENIED.search(words)
    if denied:
        return f"needs {denied[1]}"
    return f"needs {error.operation_name}" if "Denied" in code else words
