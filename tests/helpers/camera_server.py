"""A motion JPEG camera on the loopback device that fails as a test scripts it, and can be away for a while."""

import contextlib
import http.server
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Self

import cv2
from made_videos import grey

__all__ = ["HEAD", "CameraServer", "Script", "jpeg", "part", "parts"]

Script = Callable[[int], Iterable[bytes | float]]
"""From the number of a connection, from 0, to what is sent: bytes as they are, or seconds to wait. The connection is
closed where it ends."""

HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"


def jpeg(index: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """Frame `index` of `made_videos.grey`."""
    return bytes(cv2.imencode(".jpg", grey(index, *size))[1])


def part(body: bytes, *, length: object = None, kind: str = "image/jpeg") -> bytes:
    """A part of the stream; `length` says something else than what it has."""
    size = len(body) if length is None else length
    return f"--frame\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n".encode() + body + b"\r\n"


def parts(start: int, stop: int, size: tuple[int, int] = (64, 48), every_s: float = 0.005) -> Iterator[bytes | float]:
    """The frames `start` to `stop - 1` at a steady rate."""
    for index in range(start, stop):
        yield part(jpeg(index, size))
        yield every_s


class CameraServer:
    """Serves one script; `stop` cuts every line and refuses new ones, `start` comes back at the same address.

    with CameraServer(lambda number: [HEAD, *parts(0, 20)]) as camera:
        StreamSource(camera.url)
    """

    def __init__(self, script: Script) -> None:
        self._script, self._port, self.connections = script, 0, 0
        self._lines: set[socket.socket] = set()
        self._server: http.server.ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/live"

    def start(self) -> None:
        camera, self._away = self, threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                number, camera.connections = camera.connections, camera.connections + 1
                camera._lines.add(self.connection)
                with contextlib.suppress(OSError):
                    camera._play(camera._script(number), self.connection, camera._away)
                camera._lines.discard(self.connection)

        http.server.ThreadingHTTPServer.daemon_threads = True
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._server is not None:
            self._away.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self._thread.join()
            for line in list(self._lines):
                with contextlib.suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _play(script: Iterable[bytes | float], line: socket.socket, away: threading.Event) -> None:
        for step in script:
            if isinstance(step, bytes):
                line.sendall(step)
            elif away.wait(step):
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
