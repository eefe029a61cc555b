"""ECS: a service runs the example, as one process of this machine, behind its load balancer.

Only `make emulator` loads this: the tests register a service of their own. However many tasks
the service has, one process answers, and it is the one healthy target of the target group.
The database of its DB_URL is a stand-in that offers TLS and speaks no SQL.
"""

import json
import socketserver
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import alb, ecs
from processes import environment, keep_log
from registry import Properties, patch

# https://www.postgresql.org/docs/15/protocol-message-formats.html (SSLRequest)
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
STOP_SECONDS = 10


@dataclass(frozen=True)
class Running:
    """A process that runs the example for a task definition of a service."""

    definition: str
    process: "subprocess.Popen[str]"
    port: int

    def stop(self) -> None:
        """End the process as ECS ends a task: SIGTERM, and SIGKILL if that is not enough."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


# The command of the example: the launcher sets it.
command: list[str] = []
_running: dict[str, Running] = {}
_lock = threading.Lock()


def stop_all() -> None:
    """End every process of the example."""
    while _running:
        _running.popitem()[1].stop()


@patch(ecs, "_sync_service_targets")
def _targets(_: Callable[..., None], __: str, service: Properties) -> None:
    """The target group stayed empty: no task had a process behind it."""
    balancers = service.get("loadBalancers", [])
    if not balancers:
        return
    with _lock:
        before = _running.get(service["serviceArn"])
        now = _wanted(service, before)
        targets = [("127.0.0.1", now.port)] if now else []
        for balancer in balancers:
            alb.set_targets_for_group(balancer["targetGroupArn"], targets, ["127.0.0.1"])
        if before and before is not now:
            before.stop()


def _wanted(service: Properties, before: Running | None) -> Running | None:
    """The process that the service needs now: the one that runs, a new one, or none."""
    arn = service["serviceArn"]
    if service["status"] != "ACTIVE" or not service["runningCount"]:
        _running.pop(arn, None)
        return None
    if before and before.definition == service["taskDefinition"]:
        return before
    new = _start(service)
    if new:
        _running[arn] = new
        words = f"{service['serviceName']}: the example runs on 127.0.0.1:{new.port}"
        print(words, flush=True)
    return new or before


def _start(service: Properties) -> Running | None:
    """Start the example with the environment of the service's container."""
    definition = ecs._task_defs[ecs._resolve_td_key(service["taskDefinition"])]
    described = definition["containerDefinitions"][0]
    process = subprocess.Popen(
        command,
        env=_on_this_machine(environment(described)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    line = process.stdout.readline()
    try:
        port = json.loads(line)["port"]
    except (ValueError, KeyError):
        process.wait()
        print(f"{service['serviceName']}: the example did not start: {line}", flush=True)
        return None
    arguments = (process, described, (get_account_id(), get_region()))
    threading.Thread(target=_keep_log, args=arguments, daemon=True).start()
    return Running(service["taskDefinition"], process, port)


def _keep_log(
    process: "subprocess.Popen[str]", described: Properties, scope: tuple[str, str]
) -> None:
    with request_scope(*scope):
        keep_log(process, described, f"example-{process.pid}")


def _on_this_machine(variables: dict[str, str]) -> dict[str, str]:
    """The variables with a free port, and with the stand-in as the database."""
    moved = {**variables, "PORT": "0", "LISTEN_ADDRESS": "127.0.0.1"}
    url = urlsplit(variables.get("DB_URL", ""))
    if url.netloc:
        user, _, _ = url.netloc.rpartition("@")
        moved["DB_URL"] = url._replace(netloc=f"{user}@127.0.0.1:{_database()}").geturl()
    return moved


class _Database(socketserver.BaseRequestHandler):
    """What the example asks a database: whether it offers TLS."""

    def handle(self) -> None:
        if self.request.recv(len(SSL_REQUEST)) == SSL_REQUEST:
            self.request.sendall(b"S")


_databases: list[socketserver.ThreadingTCPServer] = []


def _database() -> int:
    """The port of the stand-in for the database, which starts with the first request."""
    if not _databases:
        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Database)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        _databases.append(server)
    return int(_databases[0].server_address[1])
