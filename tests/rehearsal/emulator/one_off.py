"""ECS: a task of no service runs its command, here, as a process of this machine.

Its output goes to the container's log, its exit code into the task, as on AWS. What the
container has beyond its task definition stands in CONTAINER_<NAME> of the emulator's
environment; without CONTAINER_PATH its only program of PostgreSQL is one that agrees.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecs, secretsmanager
from processes import environment, start
from registry import Answer, Properties, accepted, patch

AGREES = "#!/bin/sh\ncat >/dev/null\necho 'psql: nothing was run'\n"


@patch(ecs, "_resolve_container_secrets")
def _secrets(old: Callable[..., Any], container: Properties) -> dict[str, str]:
    """The stage and the version behind a secret's key were not read."""
    values = {}
    for secret in container.get("secrets", []):
        try:
            values |= _secret(old, secret)
        except ecs._SecretResolutionError:
            # No stack makes the secrets that a user's settings name, and no account has
            # them here.
            if "PRESUME_SECRETS" not in os.environ:
                raise
            values[secret["name"]] = "presumed"
    return values


def _secret(old: Callable[..., Any], secret: dict[str, str]) -> dict[str, str]:
    if ":secretsmanager:" not in secret["valueFrom"]:  # but in Parameter Store
        return dict(old({"secrets": [secret]}))
    parts = [*secret["valueFrom"].split(":"), "", "", ""]
    arn, (key, stage, version) = ":".join(parts[:7]), parts[7:10]
    value = secretsmanager.resolve_secret_string(arn, stage or "AWSCURRENT", version)
    try:
        found = str(json.loads(value)[key]) if key else str(value or "")
    except (TypeError, ValueError, KeyError):
        value = None
    if value is None:
        raise ecs._SecretResolutionError(f"unable to retrieve secret {secret['name']}")
    return {secret["name"]: found}


@patch(ecs, "_run_task")
def _run(old: Callable[..., Answer], data: Properties) -> Answer:
    """ministack kept it RUNNING, with no command, no log and no end."""
    answer = old(data)
    if not data.get("group", "").startswith("service:") and answer[0] == 200:
        definition = ecs._task_defs[ecs._resolve_td_key(data["taskDefinition"])]
        container = dict(definition["containerDefinitions"][0])
        for override in data.get("overrides", {}).get("containerOverrides", []):
            container.update(override)
        for task in json.loads(accepted(answer))["tasks"]:
            scope = get_account_id(), get_region()
            arguments = (ecs._tasks[task["taskArn"]], container, scope)
            threading.Thread(target=_work, args=arguments, daemon=True).start()
    return answer


def _why(program: str, error: OSError) -> str:
    """Say whose program it is that does not start: the image is not there."""
    if not isinstance(error, FileNotFoundError):
        return str(error)
    return (
        f"the emulator has no {program}: it runs a task's command as a process of this "
        "machine, and not in the image"
    )


def _work(task: Properties, container: Properties, scope: tuple[str, str]) -> None:
    with request_scope(*scope), tempfile.TemporaryDirectory() as folder:
        arn = task["taskArn"]
        try:
            given = environment(container)
        except ecs._SecretResolutionError as error:
            reason = f"ResourceInitializationError: {error}"
            ecs._mark_task_stopped(arn, task, reason, "TaskFailedToStart")
            return
        psql = Path(folder, "psql")
        psql.write_text(AGREES)
        psql.chmod(0o700)
        # A real database is worth a real psql.
        path = f"{os.environ.get('DATABASES') or folder}:{os.environ['PATH']}"
        variables = {"PATH": path, **given}
        command = [*container.get("entryPoint", []), *container.get("command", ["true"])]
        try:
            running = start(container, arn.rsplit("/", 1)[-1], command, variables, folder)
        except OSError as error:
            reason = f"CannotStartContainerError: {_why(command[0], error)}"
            ecs._mark_task_stopped(arn, task, reason, "TaskFailedToStart")
            return
        running.process.wait()
        reason = "Essential container in task exited"
        ecs._mark_task_stopped(arn, task, reason, "EssentialContainerExited", running.exit_code)
