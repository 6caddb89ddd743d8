"""`HOST:PORT` as users write it, and a UDP socket to it."""

import re
import socket

from smile_edge.errors import SinkError, UsageError
from smile_edge.validation import shown

__all__ = ["open_socket", "parse_address"]

_SEND_BUFFER_BYTES = 256 * 1024
"""Room for the largest datagram on every system; macOS grants 9 kB where nobody asks."""


def parse_address(text: str, kind: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`; an IPv6 address stands in brackets: `[::1]:9000`.

    Args:
        text: what the user wrote.
        kind: what the output is called in the error.

    Raises:
        UsageError: it is no address with a port from 1 to 65535.
    """
    found = isinstance(text, str) and re.fullmatch(
        r"(?:\[(?P<v6>[^][\s]+)\]|(?P<host>[^][:\s]+)):(?P<port>[0-9]{1,5})", text
    )
    if not found or not 1 <= int(found["port"]) <= 65535:
        raise UsageError(
            f"{kind} takes HOST:PORT with a port from 1 to 65535, such as 127.0.0.1:9000 or [::1]:9000."
            f" Received: {shown(text)}"
        )
    return found["v6"] or found["host"], int(found["port"])


def open_socket(text: str, kind: str) -> socket.socket:
    """A UDP socket that sends to an address and never waits.

    It is connected, so that a send fails where nobody listens any more. Of several addresses of a name an IPv4 one is
    taken: that is where most receivers listen. Broadcast addresses are allowed.

    Raises:
        UsageError: the text is no address.
        SinkError: the host is not known, or cannot be reached from here.
    """
    host, port = parse_address(text, kind)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, ValueError) as error:  # ValueError: no name of a host can look like this
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a name of a host"
        raise SinkError(f"{kind} {text}: the host {host!r} is not known ({reason}); check its name") from None
    family, kind_of_socket, protocol, _, address = min(found, key=lambda one: one[0] != socket.AF_INET)
    connection = socket.socket(family, kind_of_socket, protocol)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        connection.connect(address)
    except OSError as error:
        connection.close()
        raise SinkError(f"{kind} {text}: nothing can be sent there ({error.strerror}); check the address") from None
    return connection
