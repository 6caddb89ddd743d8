"""Receivers of UDP on the loopback device, and readers of OSC."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Receiver", "messages_in", "receiving", "silent_address"]


class Receiver:
    """Takes every datagram that comes to its address, in a thread, until it is stopped."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.02)
        self.address = "{}:{}".format(*self._socket.getsockname())
        self.datagrams: list[bytes] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> list[bytes]:
        """What has come; on the loopback device nothing that was sent is still under way."""
        self._stopping.set()
        self._thread.join()
        self._socket.close()
        return self.datagrams

    def _run(self) -> None:
        while True:
            last = self._stopping.is_set()  # asked first: what came before is there already
            try:
                self.datagrams.append(self._socket.recv(65535))
            except TimeoutError:
                if last:
                    return


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that is stopped in the end."""
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.stop()


def silent_address() -> str:
    """An address of this machine where nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unused:
        unused.bind(("127.0.0.1", 0))
        return "{}:{}".format(*unused.getsockname())


def messages_in(datagram: bytes) -> list[tuple[str, list[Any]]]:
    """Address and arguments of each message of an OSC bundle, as python-osc reads it."""
    from pythonosc.osc_packet import OscPacket

    assert datagram.startswith(b"#bundle\0")
    return [(timed.message.address, list(timed.message.params)) for timed in OscPacket(datagram).messages]
