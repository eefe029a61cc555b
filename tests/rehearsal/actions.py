"""Run workflows of GitHub Actions on this machine: each `run:` as bash, stand-ins for `uses:`.

Jobs run in the order of `needs`, a matrix one after the other, in one workspace. Known are the
expressions that the workflows have: names of contexts, literals, `==`, `&&` and `!cancelled()`.
https://docs.github.com/en/actions/reference/workflows-and-actions/expressions
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
SKIPPED = "skipped"  # what needs such a job is skipped, too
Body = dict[str, Any]


@dataclass
class Job:
    """A job that runs: its name, its body, and what its steps have set."""

    name: str
    body: Body
    context: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)
    failed: str = ""

    @property
    def github_environment(self) -> str:
        """Return the GitHub environment, whose variables and reviewers it has."""
        return self.filled(str(self.body.get("environment", "")))

    def filled(self, text: str) -> str:
        """Return a text with its expressions replaced by their values."""
        return EXPRESSION.sub(lambda found: str(self.value(found[1])), text)

    def value(self, expression: str) -> "str | bool":
        """Return the value of an expression. Raises KeyError for an unknown name."""
        if "&&" in expression:
            return all(self.value(part.strip()) for part in expression.split("&&"))
        if "==" in expression:
            one, two = (self.value(part.strip()) for part in expression.split("=="))
            return one == two
        if expression == "!cancelled()":
            return True
        if expression.startswith("'"):
            return expression.strip("'")
        return self.context[expression]

    def runs(self, body: Body) -> bool:
        """Return whether a job or a step runs; after a failure only where its `if` says so."""
        condition = str(body.get("if", ""))
        found = EXPRESSION.fullmatch(condition)
        asked = found[1] if found else condition
        if self.failed and "cancelled()" not in asked:
            return False
        return bool(self.value(asked)) if asked else True


StandIn = Callable[[Job, Body], None]


@dataclass
class Runner:
    """Runs workflows in a workspace.

    variables: what the shell of each step has. context: the values of expressions.
    roles: the variable DEPLOY_ROLE of each GitHub environment. uses: the stand-in of each
    action. before: is called before a command with its job and the name of its step.
    """

    workspace: Path
    variables: dict[str, str]
    context: dict[str, str]
    roles: dict[str, str]
    uses: dict[str, StandIn]
    before: Callable[[Job, str], None]
    ran: list[tuple[str, str]] = field(default_factory=list)
    """Each step that was a command: its job and its name."""
    said: str = ""

    def run(self, file: Path) -> dict[str, str]:
        """Run a workflow; return how each job ended: "", its failed step, or SKIPPED."""
        workflow = yaml.safe_load(file.read_text("utf-8"))
        ended: dict[str, str] = {}
        for name, body in _in_order(workflow["jobs"]):
            before = [ended[each] for each in _listed(body.get("needs"))]
            for values in _matrix(body):
                job = Job(name, body, {**self.context, **values})
                job.context["vars.DEPLOY_ROLE"] = self.roles.get(job.github_environment, "")
                job.failed = next(filter(None, before), "")
                failed = self._job(job) if job.runs(body) else SKIPPED
                ended[name] = ended.get(name) or failed
        return ended

    def _job(self, job: Job) -> str:
        job.failed = ""
        for step in job.body["steps"]:
            if not job.runs(step):
                continue
            if "uses" in step:
                given = {key: job.filled(str(each)) for key, each in step["with"].items()}
                self.uses[step["uses"].partition("@")[0]](job, given)
            elif self._shell(job, step):
                job.failed = job.failed or step["name"]
        return job.failed

    def _shell(self, job: Job, step: Body) -> int:
        self.ran.append((job.name, step["name"]))
        self.before(job, step["name"])
        own = {**job.body.get("env", {}), **step.get("env", {})}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env={
                **self.variables,
                **job.environment,
                **{key: job.filled(str(each)) for key, each in own.items()},
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.said += f"## {job.name}: {step['name']}\n{done.stdout}"
        return done.returncode


@dataclass
class Artifacts:
    """What one job hands to another, as files."""

    folder: Path
    workspace: Path

    def upload(self, _: Job, given: Body) -> None:
        """Keep a folder of the workspace, and take it away: another job has a new one."""
        place = self.workspace / given["path"]
        shutil.copytree(place, self.folder / given["name"])
        shutil.rmtree(place)

    def download(self, _: Job, given: Body) -> None:
        """Put the files of all artifacts whose names match into one folder."""
        for each in sorted(self.folder.glob(given["pattern"])):
            shutil.copytree(each, self.workspace / given["path"], dirs_exist_ok=True)


def _listed(needs: "str | list[str] | None") -> list[str]:
    return [needs] if isinstance(needs, str) else needs or []


def _in_order(jobs: dict[str, Body]) -> Iterator[tuple[str, Body]]:
    """Yield the jobs so that each comes after those that it needs."""
    done: set[str] = set()
    while len(done) < len(jobs):
        for name, body in jobs.items():
            if name not in done and {*_listed(body.get("needs"))} <= done:
                done.add(name)
                yield name, body


def _matrix(body: Body) -> list[dict[str, str]]:
    values = body.get("strategy", {}).get("matrix", {})
    if not values:
        return [{}]
    ((key, each),) = values.items()
    return [{f"matrix.{key}": value} for value in each]
