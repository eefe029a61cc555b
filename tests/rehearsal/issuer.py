"""An OpenID issuer on this machine, for rehearsals with tokens."""

import json
import ssl
import subprocess
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.tools import need


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Issuer:
    """An OpenID issuer with one RSA key, and with a certificate of its own."""

    folder: Path
    port: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/"

    def openssl(self, *words: str, data: bytes = b"") -> bytes:
        command = [need("openssl"), *words]
        return subprocess.run(
            command, input=data, capture_output=True, check=True, cwd=self.folder
        ).stdout

    def prepare(self) -> None:
        """Write a certificate of 127.0.0.1, and the key of the tokens."""
        self.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "tls.key", "-out",
            "tls.pem", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
            "subjectAltName=IP:127.0.0.1",
        )  # fmt: skip
        self.openssl("genrsa", "-out", "key.pem", "2048")

    def page(self, path: str) -> dict[str, Any]:
        if path.startswith("/.well-known/"):
            return {"issuer": self.url, "jwks_uri": f"{self.url}keys"}
        modulus = self.openssl("rsa", "-in", "key.pem", "-noout", "-modulus").decode()
        number = bytes.fromhex(modulus.strip().partition("=")[2])
        return {"keys": [{"kty": "RSA", "kid": "k", "n": b64(number), "e": "AQAB"}]}

    def token(self, **claims: Any) -> str:
        given = {"iss": self.url, "aud": "api", "sub": "user|7", "exp": time.time() + 300}
        head = {"alg": "RS256", "kid": "k"}
        data = ".".join(b64(json.dumps(each).encode()) for each in (head, given | claims))
        signed = self.openssl("dgst", "-sha256", "-sign", "key.pem", data=data.encode())
        return f"{data}.{b64(signed)}"


@contextmanager
def issuing(folder: Path) -> Iterator[Issuer]:
    """Serve the pages of an issuer whose keys lie in a folder."""
    folder.mkdir(exist_ok=True)
    found = Issuer(folder)
    found.prepare()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            body = json.dumps(found.page(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(found.folder / "tls.pem", found.folder / "tls.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    found.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()
