"""Many clients of `smile-edge serve` in a process of their own: some read, some are stuck from the first byte on.

Run as `python -m benchmarks.speed.suites.serve_clients PORT READING STUCK`. A line on standard input connects all of
them, the next one ends them; each is answered by a line with the bytes that were read. Of five clients four are
viewers.
"""

import os
import selectors
import socket
import struct
import sys

__all__ = ["main"]

_SHOWN = b"\x81\x85\x00\x00\x00\x00shown"
"""A text message, masked with zeros."""
_BINARY = 0x82


class Client:
    """A WebSocket of which only lengths are read."""

    def __init__(self, port: int, path: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host = f"Host: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{host}{key}\r\n".encode())
        self.received, self._head, self._left, self._kind = 0, b"", 0, 0

    def open(self) -> None:
        """Reads the answer to the request, and no more."""
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.socket.recv(1)
        if b" 101 " not in answer:
            raise SystemExit(f"the server refused a client: {answer[:60]!r}")

    def read(self, buffer: memoryview) -> None:
        """Takes what is there, and answers each picture that has come in whole."""
        count = self.socket.recv_into(buffer)
        self.received += count
        at = 0
        while at < count:
            if self._left:
                step = min(self._left, count - at)
                self._left -= step
                at += step
            else:
                self._head += bytes(buffer[at : at + 1])
                at += 1
                self._left = self._length()
            if not self._left and self._kind == _BINARY:
                self._kind = 0
                self.socket.sendall(_SHOWN)

    def _length(self) -> int:
        """Bytes of the message whose head is complete; 0 while it is not."""
        head = self._head
        if len(head) < 2:
            return 0
        size = {126: 4, 127: 10}.get(head[1], 2)
        if len(head) < size:
            return 0
        self._kind, self._head = head[0], b""
        return {2: head[1], 4: struct.unpack(">H", head[-2:])[0]}.get(size) or struct.unpack(">Q", head[2:])[0]


def main() -> None:
    """Says that it is ready; then connects and ends all clients as standard input says."""
    port, reading, stuck = map(int, sys.argv[1:])
    if hasattr(os, "nice"):
        os.nice(10)  # elsewhere than here, clients have processors of their own
    print("ready", flush=True)
    while sys.stdin.readline():
        readers = [Client(port, _path(number)) for number in range(reading)]
        others = [Client(port, _path(number)) for number in range(stuck)]
        for client in (*readers, *others):
            client.open()
        print(0, flush=True)
        _read_until_told(readers)
        for client in (*readers, *others):
            client.socket.close()
        print(sum(client.received for client in readers), flush=True)


def _path(number: int) -> str:
    return "/ws" if number % 5 == 4 else "/view"


def _read_until_told(readers: list[Client]) -> None:
    buffer = memoryview(bytearray(1 << 18))
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin, selectors.EVENT_READ)
        for client in readers:
            selector.register(client.socket, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                if key.data is None:
                    sys.stdin.readline()
                    return
                key.data.read(buffer)


if __name__ == "__main__":
    main()
