"""The jobs of the weekly workflow, one after the other, because each holds the lease."""

from dataclasses import dataclass

from cfnlink.operations.permissions import SESSION_SECONDS
from cfnlink.pipeline.facts import Pipeline

# After this a job ends; its credentials last as long.
MINUTES = SESSION_SECONDS["schedule"] // 60


@dataclass(frozen=True)
class Job:
    """A job of the schedule.

    after: the job that comes before it, or "". environments: those that it is for. run: a
    script, in which $FOLDER is the output folder.
    """

    name: str
    title: str
    run: str
    environments: tuple[str, ...]
    after: str = ""
    minutes: int = 60


def jobs(facts: Pipeline) -> list[Job]:
    """Return the jobs; the database's only for environments whose password can be rotated."""
    every = tuple(each.name for each in facts.environments)
    with_users = tuple(each.name for each in facts.environments if each.has_users)
    drift = Job(
        name="drift",
        title="Look for what was changed outside CloudFormation",
        run=f'{facts.cfnlink} status "$FOLDER" --drift',
        environments=every,
        after="rotate" if with_users else "",
    )
    if not with_users:
        return [drift]
    rotate = Job(
        name="rotate",
        title="Give the database another password",
        run=f'{facts.cfnlink} rotate "$FOLDER" --wait 30',
        environments=with_users,
        minutes=MINUTES,
    )
    drill = Job(
        name="drill",
        title="Restore the newest backup beside the database, and read it",
        run=(
            f"query=()\n[ ! -f {facts.query} ] || query=(--query {facts.query})\n"
            f'{facts.cfnlink} restore "$FOLDER" --drill --wait 30 "${{query[@]}}"'
        ),
        environments=with_users,
        after="drift",
        minutes=MINUTES,
    )
    return [rotate, drift, drill]
