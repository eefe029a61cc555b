"""A container as a process of this machine: its environment, and where its lines go."""

import subprocess

from ministack.services import ecs
from registry import Properties


def environment(container: Properties) -> dict[str, str]:
    """The variables and secrets that a container definition gives its container.

    Raises ecs._SecretResolutionError for a secret that does not exist.
    """
    given = {each["name"]: each["value"] for each in container.get("environment", [])}
    return given | ecs._resolve_container_secrets(container)


def keep_log(process: "subprocess.Popen[str]", container: Properties, task: str) -> None:
    """Write what a process prints to the container's log stream, until the process ends.

    Takes the account and region of the caller; task: the id of the task.
    """
    log = ecs._awslogs_config(container, task, "")
    for line in process.stdout or ():
        if log and ecs._ensure_awslogs_stream(log):
            ecs._emit_awslogs_event(log, line.rstrip("\n"))
