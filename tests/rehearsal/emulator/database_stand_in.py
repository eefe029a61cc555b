"""RDS: a stand-in for the server of each instance, which offers TLS and speaks no SQL.

An emulator with real tasks and without real databases loads this. The endpoint of an instance
leads to it.
"""

import socketserver
import threading
from collections.abc import Callable
from functools import cache

from loopback import free_place
from ministack.services import rds
from ministack.services.cloudformation import provisioners
from registry import Made, Properties, patch

# https://www.postgresql.org/docs/15/protocol-message-formats.html (SSLRequest)
SSL_REQUEST = bytes.fromhex("0000000804d2162f")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


class _OffersTls(socketserver.BaseRequestHandler):
    """What the example asks a database: whether it offers TLS."""

    def handle(self) -> None:
        if self.request.recv(len(SSL_REQUEST)) == SSL_REQUEST:
            self.request.sendall(b"S")


@cache
def _place(port: int) -> tuple[str, int]:
    """Return where the stand-in listens, at this port if possible."""
    server = _Server(free_place(port), _OffersTls)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address, found = server.server_address[:2]
    return str(address), int(found)


@patch(provisioners, "_rds_db_instance_create")
def _create(old: Callable[..., Made], logical_id: str, props: Properties, stack: str) -> Made:
    """Nothing listened at the endpoint."""
    name, _ = old(logical_id, props, stack)
    endpoint = rds._instances[name]["Endpoint"]
    endpoint["Address"], endpoint["Port"] = _place(int(endpoint["Port"]))
    return name, provisioners._rds_db_instance_attrs(rds._instances[name])
