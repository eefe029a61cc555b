"""A proxy in front of the emulator that throttles calls and loses their answers."""

import contextlib
import threading
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

THROTTLED = b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"


class FaultProxy(BaseHTTPRequestHandler):
    """Between a command and the emulator: hands a call on, and then what a test wants."""

    port = 0
    calls = count(1)
    throttles = drops = kills = 0
    lost: Mapping[str, int] = {}  # of an operation, the answer of this number is lost
    victim: Any = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = next(self.calls)
        if self.throttles and number % self.throttles == 0:
            return self._answer(400, THROTTLED)
        connection = HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if number == self.kills:
            self.victim.kill()
        if number == self.kills or self._is_lost(number):
            self.close_connection = True  # the emulator has done it, and no answer arrives
            return None
        return self._answer(answer.status, content)

    def _is_lost(self, number: int) -> bool:
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation in self.lost:
            left = self.lost[operation] - 1
            FaultProxy.lost = {**self.lost, operation: left}
            return left == 0
        return bool(self.drops) and number % self.drops == 0

    def _answer(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """The proxy in a thread of its own; its URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), FaultProxy)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
