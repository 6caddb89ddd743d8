"""What all outputs over UDP have in common: sending without waiting, and counting what did not arrive."""

import errno
import os
import socket
from abc import abstractmethod
from collections.abc import Iterable

from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink
from smile_edge.sinks.network.address import open_socket

__all__ = ["MOST_BYTES", "DatagramSink"]

MOST_BYTES = 60_000
"""Longest datagram that is sent whole; UDP over IPv4 carries 65,507 bytes."""
_TRIES = 3
"""Of one datagram: a try that tells of the loss of an earlier one has sent nothing."""


class DatagramSink(Sink):
    """Sends datagrams to one address. A receiver that is slow or absent never holds it up.

    Attributes:
        lost: datagrams that are known not to have arrived: nobody listened, or the network did not take them.
    """

    needs_image = False
    kind = "udp"
    """What the output is called in its name."""

    def __init__(self, address: str) -> None:
        """Open the socket.

        Args:
            address: `HOST:PORT`.

        Raises:
            UsageError: it is no address with a port.
            SinkError: the host is not known, or cannot be reached from here.
        """
        self.name = f"{self.kind} {address}"
        self.lost = 0
        self._why = ""
        self._socket = open_socket(address, self.kind)

    @abstractmethod
    def datagrams(self, result: FrameResult) -> Iterable[bytes]:
        """What is sent of one frame."""

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Send what was found on this frame; what cannot be sent is counted in `lost`."""
        for datagram in self.datagrams(result):
            self._send(datagram)

    def notes(self) -> tuple[str, ...]:
        self._hear()
        if not self.lost:
            return ()
        return (f"{self.name} lost {self.lost} datagram{'s' if self.lost > 1 else ''} ({self._why})",)

    def close(self) -> None:
        self._hear()
        self._socket.close()

    def _send(self, datagram: bytes) -> None:
        for _ in range(_TRIES):
            try:
                self._socket.send(datagram)
                return
            except ConnectionRefusedError as error:  # of an earlier datagram; this one has not gone yet
                self._count(error.errno)
            except OSError as error:
                self._count(error.errno)
                return

    def _hear(self) -> None:
        """Counts the last datagram where its loss has been told and no later one was sent."""
        if self._socket.fileno() >= 0 and (code := self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
            self._count(code)

    def _count(self, code: int | None) -> None:
        self.lost += 1
        self._why = "nobody listens there" if code == errno.ECONNREFUSED else os.strerror(code or errno.EIO)
