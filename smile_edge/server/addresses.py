"""Where the server listens, and how its page is reached."""

import errno
import ipaddress
import os
import socket
import sys
from collections.abc import Iterator, Sequence

from smile_edge.errors import UsageError

__all__ = ["is_loopback", "links", "listen", "own_names"]

_SEND_BUFFER = 1 << 17
"""Bytes that the system holds for a client. It would take megabytes by itself: seconds of old pictures."""

_BACKLOG = 128

_EXPECTED = "name an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all"


def listen(host: str, port: int) -> list[socket.socket]:
    """Opens a port on every address of a host.

    Args:
        host: name or address of this machine; `0.0.0.0` and `::` are all addresses.
        port: 0 takes one that is free.

    Raises:
        UsageError: the host is unknown or not this machine, or the port is taken or not allowed.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"--port must be from 0 to 65535. Received: {port}")
    opened: list[socket.socket] = []
    failed: OSError | None = None
    for family, address in _addresses(host, port):
        try:
            opened.append(_open(family, (address, port if not opened or port else opened[0].getsockname()[1])))
        except OSError as error:
            failed = error
            if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                break  # the rest is another protocol of the same host: without it the page can still be reached
    if opened and (failed is None or failed.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)):
        return opened
    for one in opened:
        one.close()
    raise UsageError(_unopened(host, port, failed)) from None


def is_loopback(sockets: Sequence[socket.socket]) -> bool:
    """Whether only this machine can reach them."""
    return all(ipaddress.ip_address(one.getsockname()[0]).is_loopback for one in sockets)


def own_names(host: str) -> set[str]:
    """Names under which browsers may know this machine, the one that it listens on among them."""
    own = socket.gethostname().lower()
    return {host.lower(), own, own.partition(".")[0], f"{own.partition('.')[0]}.local"} - {""}


def links(host: str, sockets: Sequence[socket.socket], token: str | None) -> list[str]:
    """Addresses of the page, best first, with the token where there is one."""
    port = sockets[0].getsockname()[1]
    addresses = [ipaddress.ip_address(one.getsockname()[0]) for one in sockets]
    names = _outward_addresses() if any(one.is_unspecified for one in addresses) else [host]
    query = "" if token is None else f"?token={token}"
    return [f"http://{f'[{name}]' if ':' in name else name}:{port}/{query}" for name in names]


def _addresses(host: str, port: int) -> Iterator[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM) if host.strip() else []
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise UsageError(f"--host {host!r} cannot be resolved; {_EXPECTED}") from None
    seen = set()
    for family, _, _, _, address in found:
        if (family, address[0]) not in seen:
            seen.add((family, address[0]))
            yield family, str(address[0])


def _open(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it lets two programs have one port
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)  # what is accepted inherits it
        one.bind(address)
        one.listen(_BACKLOG)
    except BaseException:
        one.close()
        raise
    return one


def _unopened(host: str, port: int, error: OSError | None) -> str:
    place = f"{host}:{port}"
    number = error.errno if error is not None else None
    if number == errno.EADDRINUSE:
        return f"{place} is in use by another program; end that one, or name another --port"
    if number == errno.EACCES:
        return f"{place} is not allowed to this user; name a --port from 1024 on"
    if number == errno.EADDRNOTAVAIL:
        return f"--host {host!r} is not this machine; {_EXPECTED}"
    reason = os.strerror(number) if number is not None else "unknown error"
    return f"{place} cannot be listened on: {reason}; name another --host or --port"


def _outward_addresses() -> list[str]:
    """The address that others on the network reach this machine at, where one can be told; then its name."""
    found = []
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as one:
                one.connect((target, 9))  # nothing is sent: it only asks which way that would go
                found.append(str(one.getsockname()[0]))
        except OSError:
            continue
    return found[:1] or [socket.gethostname()]
