"""Serve a proxy in front of the emulator that loses, spoils and replaces answers."""

import contextlib
import json
import re
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from enum import Enum
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from time import sleep
from typing import Any, ClassVar

PAGE = b"<html><body>Log in to the network of the hotel</body></html>"
SLOW_SECONDS = 0.2
HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "date", "server")


class Fault(Enum):
    """What happens to a call, in the words of docs/reliability.md."""

    DROPPED = "the connection is closed before AWS has the call"
    RESET = "the connection is reset after AWS has made the call"
    BROKEN = "AWS answers with 500"
    THROTTLED = "AWS throttles the call"
    SLOW = "the answer comes late"
    TRUNCATED = "the answer ends half-way"
    PAGE = "HTTP 200 with a log-in page in place of AWS's answer"
    OBJECT = "HTTP 200 with an empty JSON object in place of AWS's answer"
    EMPTY = "HTTP 200 with no body in place of AWS's answer"


ERRORS = {Fault.BROKEN: (500, "InternalFailure"), Fault.THROTTLED: (400, "Throttling")}
INSTEAD = {
    Fault.PAGE: (200, PAGE, "text/html"),
    Fault.OBJECT: (200, b"{}", "application/json"),
    Fault.EMPTY: (200, b"", "text/plain"),
}


class FaultProxy(BaseHTTPRequestHandler):
    """Between a command and the emulator: hands a call on, and then what a test wants."""

    port = 0
    calls = count(1)
    throttles = drops = kills = 0
    kills_at = b""  # in the body of a call, instead of its number
    lost: Mapping[str, int] = {}  # of an operation, the answer of this number is lost
    faults: Mapping[int, Fault] = {}  # by the number of the call
    seen: ClassVar[list[str]] = []  # the operation of each call
    victim: Any = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        number = next(self.calls)
        self.seen.append(self._operation(body))
        fault = self.faults.get(number)
        if self.throttles and number % self.throttles == 0:
            fault = Fault.THROTTLED
        if fault in INSTEAD:
            status, content, kind = INSTEAD[fault]
            return self._answer(status, content, {"Content-Type": kind})
        if fault in ERRORS:
            return self._refuse(*ERRORS[fault])
        if fault == Fault.DROPPED:
            self.close_connection = True
            return None
        answer, content = self._handed_on(body)
        is_last = number == self.kills or (self.kills_at and self.kills_at in body)
        if is_last:
            self.victim.kill()
        if is_last or self._is_lost(number):
            self.close_connection = True  # the emulator has done it, and no answer arrives
            return None
        if fault == Fault.RESET:
            return self._reset()
        sleep(SLOW_SECONDS if fault == Fault.SLOW else 0)
        half = len(content) // 2 if fault == Fault.TRUNCATED else len(content)
        return self._answer(answer.status, content, dict(answer.headers), half)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 (the library's names)

    def _operation(self, body: bytes) -> str:
        """What is called: of a form its action, of JSON its target, else method and path."""
        action = re.match(rb"Action=(\w+)", body)
        named = action[1].decode() if action else self.headers.get("X-Amz-Target", "")
        return named or f"{self.command} {re.sub('[^/]*[0-9][^/]*', '*', self.path)}"

    def _handed_on(self, body: bytes) -> tuple[Any, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def _is_lost(self, number: int) -> bool:
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation in self.lost:
            left = self.lost[operation] - 1
            FaultProxy.lost = {**self.lost, operation: left}
            return left == 0
        return bool(self.drops) and number % self.drops == 0

    def _refuse(self, status: int, code: str) -> None:
        """Return an error of AWS in the protocol of the call: XML for a form, else JSON."""
        headers = {"x-amzn-RequestId": "refused", "x-amzn-ErrorType": code}
        content = json.dumps({"__type": code, "message": "no"}).encode()
        if "form-urlencoded" in self.headers.get("Content-Type", ""):
            content = (
                f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>".encode()
            )
        return self._answer(status, content, headers)

    def _reset(self) -> None:
        """Close with an RST in place of a FIN."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True

    def _answer(
        self, status: int, content: bytes, headers: Mapping[str, str], sent: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:sent])

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that a test ended is no error."""


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """Serve the proxy in a thread of its own; yield its URL."""
    server = _Server(("127.0.0.1", 0), FaultProxy)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
