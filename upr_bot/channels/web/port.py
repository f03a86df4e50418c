"""The port of the web server: opened, or its trouble told in one sentence with the remedy."""

from __future__ import annotations

import errno
import socket

from upr_bot.errors import ServiceError


class Taken(ServiceError):
    """Another program has the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"Port {port} on {host} is already in use; stop the other program or set PORT to another number.")


def bound(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port. Raises `ServiceError` when it is taken (`Taken`), not allowed, or not of this machine."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if isinstance(error, PermissionError):
            raise ServiceError(f"Port {port} needs more rights; set PORT to a number above 1023.") from None
        if error.errno == errno.EADDRINUSE:
            raise Taken(host, port) from None
        raise ServiceError(f"HOST {host} is no address of this machine; unset it, or use 127.0.0.1 or 0.0.0.0.") from None
    return listener
