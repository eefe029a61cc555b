"""The example service in Python, for `make emulator` where cargo cannot build the real one.

It keeps the contract of example/README.md; tests/test_example.py holds both to it.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# https://www.postgresql.org/docs/15/protocol-message-formats.html (SSLRequest)
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
DATABASE_SECONDS = 2


def compact(content: dict[str, object]) -> str:
    """JSON without spaces, as the example writes it."""
    return json.dumps(content, separators=(",", ":"))


def database_answer(address: tuple[str, int]) -> tuple[int, dict[str, object]]:
    """Ask the database whether it offers TLS; the status and the body of /database."""
    try:
        with socket.create_connection(address, DATABASE_SECONDS) as client:
            client.sendall(SSL_REQUEST)
            tls = client.recv(1) == b"S"
    except OSError as error:
        return 503, {"database": str(error)}
    return (200 if tls else 503), {"database": "reached", "tls": tls}


class Handler(BaseHTTPRequestHandler):
    """Answers each method alike, and logs a line of JSON without the query."""

    protocol_version = "HTTP/1.1"
    database: tuple[str, int]
    origins: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> object:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        began = time.monotonic()
        body = self._read_body()
        path = self.path.partition("?")[0]
        status, body = self._content(path, body)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if body == b"ok" else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self._allow_origin()
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        spent = int((time.monotonic() - began) * 1000)
        line = {
            "requestId": (self.headers.get("X-Request-Id") or "").strip(),
            "method": self.command,
            "path": path,
            "status": status,
            "milliseconds": spent,
        }
        print(compact(line), flush=True)

    def _allow_origin(self) -> None:
        """Allow the origin of the request, if it is one of several."""
        asked = self.headers.get_all("Origin") or []
        if self.origins:
            self.send_header("Vary", "Origin")
        if len(asked) == 1 and asked[0].strip() in self.origins:
            self.send_header("Access-Control-Allow-Origin", asked[0].strip())

    def _read_body(self) -> bytes:
        """Closing with a body unread would reset the connection, and with it the answer."""
        return self.rfile.read(max(int(self.headers.get("Content-Length") or 0), 0))

    def _content(self, path: str, _body: bytes) -> tuple[int, bytes]:
        if (self.command, path) == ("GET", "/health"):
            return 200, b"ok"
        if (self.command, path) == ("GET", "/database"):
            status, found = database_answer(self.database)
            return status, compact(found).encode()
        return 200, compact({"method": self.command, "path": path}).encode()

    def log_message(self, *_: object) -> None:
        """A request is one line, and that is written by answer()."""


class Server(ThreadingHTTPServer):
    """Lets running requests finish before it closes."""

    daemon_threads = False
    request_queue_size = 128


def main(handler: type[Handler] = Handler) -> int:
    """Serve until SIGTERM; exit status 2 for a variable that is missing or wrong."""
    url = urlsplit(os.environ.get("DB_URL", ""))
    try:
        port, pool = (
            int(os.environ.get("PORT", "3000")),
            int(os.environ.get("DB_POOL_SIZE", "5")),
        )
        database = (url.hostname or "", url.port or 0)
    except ValueError:
        database = ("", 0)
    if not all(database) or pool < 1 or not url.scheme.startswith("postgres"):
        words = "write postgres://user:password@host:port/name, and numbers in the others"
        print(f"DB_URL, PORT or DB_POOL_SIZE is missing or wrong: {words}", file=sys.stderr)
        return 2
    handler.database = database
    listed = os.environ.get("CORS_ALLOW_ORIGINS", "").split(",")
    handler.origins = tuple(origin for origin in listed if origin)
    address = os.environ.get("LISTEN_ADDRESS", "0.0.0.0")
    with Server((address, port), handler) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            # shutdown() waits for serve_forever(), which the handler interrupts.
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        start = {"message": "listening", "port": server.server_port, "db_pool_size": pool}
        print(compact(start), flush=True)
        server.serve_forever(poll_interval=0.05)
        server.socket.close()  # from here on connections are refused
        print(compact({"message": "stopping"}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
