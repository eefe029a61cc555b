"""A container as a process of this machine: its environment, and where its lines go."""

import subprocess

from ministack.services import ecs
from registry import Properties

# A file of an image -> the file of this machine that stands for it.
ELSEWHERE: dict[str, str] = {}


def environment(container: Properties) -> dict[str, str]:
    """The variables and secrets that a container definition gives its container.

    A path of ELSEWHERE is replaced in each of them.
    Raises ecs._SecretResolutionError for a secret that does not exist.
    """
    given = {each["name"]: each["value"] for each in container.get("environment", [])}
    given |= ecs._resolve_container_secrets(container)
    for there, here in ELSEWHERE.items():
        given = {name: value.replace(there, here) for name, value in given.items()}
    return given


def keep_log(process: "subprocess.Popen[str]", container: Properties, task: str) -> None:
    """Write what a process prints to the container's log stream, until the process ends.

    Takes the account and region of the caller; task: the id of the task.
    """
    log = ecs._awslogs_config(container, task, "")
    for line in process.stdout or ():
        if log and ecs._ensure_awslogs_stream(log):
            ecs._emit_awslogs_event(log, line.rstrip("\n"))
