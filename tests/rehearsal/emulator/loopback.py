"""Addresses of this machine: each task has its own, as it has a network interface on AWS.

On Linux all of 127.0.0.0/8 is loopback. Where it is not, all tasks share 127.0.0.1, and each
gets a free port in place of the one that its definition names.
"""

import os
import socket
from itertools import cycle

_PORT = int(os.environ["GATEWAY_PORT"])
# The port of the emulator is its own on this machine, and so are these addresses.
_NUMBERS = cycle(range(2, 255))


def _is_free(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


HAS_MANY = _is_free("127.0.0.2", 0)


def free_place(port: int) -> tuple[str, int]:
    """Return an address and a port on it where nothing listens: this port, if possible."""
    for _ in range(253 if HAS_MANY else 0):
        address = f"127.{_PORT >> 8}.{_PORT & 255}.{next(_NUMBERS)}"
        if _is_free(address, port):
            return address, port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1", int(probe.getsockname()[1])
