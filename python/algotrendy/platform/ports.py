"""Ports to listen on, and a clear error when one is taken."""

import errno
import socket
from typing import Final

from algotrendy.errors import InvalidArgumentError, PortInUseError

_UNAVAILABLE: Final = frozenset({errno.EADDRINUSE, errno.EACCES})


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the port; 0 takes any free one.

    Raises
    ------
    PortInUseError
        Another program has the port, or this account may not.
    InvalidArgumentError
        This machine has no such host address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    # A port that a closed connection still lingers on is free; one that is listened on is not.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno in _UNAVAILABLE:
            raise port_in_use(host, port, error.strerror or "taken") from error
        raise InvalidArgumentError(
            f"Cannot listen on {host}: {error}.", host=host, port=str(port)
        ) from error
    return listener


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the port, so that nobody else takes it; raises as `bind`.

    Who connects waits until somebody accepts.
    """
    listener = bind(host, port)
    try:
        listener.listen()
    except OSError as error:
        listener.close()
        raise port_in_use(host, port, error.strerror or "taken") from error
    return listener


def port_in_use(host: str, port: int, cause: str) -> PortInUseError:
    """Return the error that names the port."""
    return PortInUseError(
        f"Cannot listen on {host}:{port}: {cause}.", host=host, port=str(port), cause=cause
    )
