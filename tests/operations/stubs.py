"""Replace what no emulator has: AWS's documented answers, public DNS, the service."""

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from botocore.stub import Stubber

from cfnlink.operations.environment import Environment, open_environment
from cfnlink.operations.reporter import Reporter
from tests.rehearsal.cloud import Cloud, new_client


@contextlib.contextmanager
def stubbed(folder: Path, *services: str) -> Iterator[tuple[Environment, dict[str, Any]]]:
    """Return an environment whose clients answer what AWS documents, since no emulator does.

    Its reporter remembers what was said.
    """
    environment = open_environment(folder, report=RecordingReporter())
    stubs: dict[str, Any] = {}
    for service in services:
        client = new_client(
            service,
            region_name="us-east-1",
            aws_access_key_id="stub",
            aws_secret_access_key="stub",
        )
        setattr(environment.clients, service.replace("-", "_"), client)
        stubs[service] = Stubber(client)
        stubs[service].activate()
    yield environment, stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


STACK_ITSELF = {"ResourceType": "AWS::CloudFormation::Stack", "PhysicalResourceId": "arn"}


def event(logical_id: str, status: str, reason: str = "", **more: str) -> dict[str, Any]:
    """Return an event of the operation `o` of the stack `arn`."""
    names = {"StackId": "arn", "EventId": f"{logical_id}{status}", "OperationId": "o"}
    kind = {"ResourceType": "AWS::ECS::Service", "PhysicalResourceId": "p"}
    words = {"ResourceStatus": status, "ResourceStatusReason": reason}
    when = {"Timestamp": "2026-11-24T00:00:00Z"}
    return {**names, **kind, **words, **when, "LogicalResourceId": logical_id, **more}


def failing_operation(
    formation: Stubber, stack: str, *failed: dict[str, Any], has_tasks: bool = False
) -> None:
    """Answer that the last operation of a stack failed with some events, and left nothing.

    has_tasks: whether the stack may have a cluster, which is not there.
    """
    described = {
        "StackName": stack,
        "StackId": "arn",
        "StackStatus": "UPDATE_ROLLBACK_COMPLETE",
        "CreationTime": "2026-11-24T00:00:00Z",
        "LastOperations": [{"OperationType": "UPDATE_STACK", "OperationId": "o"}],
    }
    asked = {"StackName": "arn", "OperationId": "o"}
    only_failed = {**asked, "Filters": {"FailedEvents": True}}
    formation.add_response("describe_stacks", {"Stacks": [described]})
    formation.add_response("describe_events", {"OperationEvents": [*failed]}, only_failed)
    if has_tasks:
        formation.add_response("list_stack_resources", {"StackResourceSummaries": []})
    formation.add_response("describe_stacks", {"Stacks": [described]})
    formation.add_response("describe_events", {"OperationEvents": [*failed]}, asked)


# The name servers of every zone of the emulator.
SERVERS = [
    "ns-1.awsdns-1.com.",
    "ns-2.awsdns-2.net.",
    "ns-3.awsdns-3.org.",
    "ns-4.awsdns-4.co.uk.",
]


@contextlib.contextmanager
def dns_server(records: dict[tuple[str, str], list[str]], otherwise: int = 3) -> Iterator[str]:
    """Serve some DNS records, (name, type) -> values, on loopback; yield HOST:PORT.

    otherwise: the code of its other answers, "there is no such name" unless told.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, socket = self.request
            answer = dns.message.make_response(dns.message.from_wire(data))
            asked = answer.question[0]
            kind = dns.rdatatype.to_text(asked.rdtype)
            found = records.get((asked.name.to_text().rstrip("."), kind))
            if found:
                answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *found))
            else:
                answer.set_rcode(dns.rcode.Rcode(otherwise))
            socket.sendto(answer.to_wire(), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class RecordingReporter(Reporter):
    """Remembers what was said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def say(self, text: str, head: str = "") -> None:
        self.said.append(self.clean(head) + self.clean(text))


def said(environment: Environment) -> list[str]:
    """Return the lines that a command said in an environment of stubs."""
    assert isinstance(environment.report, RecordingReporter)
    return environment.report.said


class EchoService(BaseHTTPRequestHandler):
    """As the example: its path as it arrived, and whether the database is reached."""

    database = 200
    path_seen = True
    prefix = ""
    origins: tuple[str, ...] = ()

    def do_GET(self) -> None:
        said = {"method": "GET", "path": self.prefix + self.path} if self.path_seen else {}
        body = json.dumps(said).encode()
        self.send_response(self.database if self.path == "/database" else 200)
        self.send_header("Content-Length", str(len(body)))
        if self.headers["Origin"] in self.origins:
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
        if self.origins:
            self.send_header("Vary", "Origin")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def served(cloud: Cloud, environment: str) -> contextlib.AbstractContextManager[None]:
    """EchoService behind the load balancer of an environment of the example."""
    return serving(cloud, f"shop-{environment}-load-balancer", "TargetGroup")


@contextlib.contextmanager
def serving(cloud: Cloud, stack: str, logical_id: str) -> Iterator[None]:
    """EchoService registered as the only target of a target group of a stack."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), EchoService)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found = cloud.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical_id
    )
    group = found["StackResourceDetail"]["PhysicalResourceId"]
    target = {"Id": "127.0.0.1", "Port": server.server_port}
    cloud.client("elbv2").register_targets(TargetGroupArn=group, Targets=[target])
    yield
    server.shutdown()
    server.server_close()
