"""A server on the loopback device, the frames that it serves, and who asks it."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

from smile_edge.records import Frame, FrameResult
from smile_edge.server.addresses import listen
from smile_edge.server.guard import Guard
from smile_edge.server.hub import Hub
from smile_edge.server.live_server import LiveServer
from smile_edge.server.pictures import PictureEncoder
from smile_edge.server.status import RunStatus, SourceStatus
from smile_edge.server.token import AccessToken

__all__ = ["WAIT_S", "Answer", "Served", "made", "serving_hub", "started"]

WAIT_S = 20.0
"""Far more than anything here takes; a wait that long has failed."""


@dataclass
class Answer:
    """What a request got."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Served:
    """A running server."""

    hub: Hub
    port: int
    token: AccessToken | None
    status: list[SourceStatus]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """A plain request; underscores in the names of headers stand for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in sent)
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.headers.items()), response.read())
        connection.close()
        return answer

    def open(self, path: str, **options: Any) -> ClientConnection:
        """A WebSocket, as a program opens it."""
        return connect(f"ws://{self.host}{path}", open_timeout=WAIT_S, close_timeout=1, **options)

    def bearer(self) -> dict[str, str]:
        """The header that shows the token."""
        return {"Authorization": f"Bearer {self.token.value}"} if self.token is not None else {}

    def handshake(self, path: str = "/ws", **headers: str) -> int:
        """The status that a WebSocket with these headers is answered with."""
        return self.get(
            path,
            Connection="Upgrade",
            Upgrade="websocket",
            Sec_WebSocket_Key="AAAAAAAAAAAAAAAAAAAAAA==",
            Sec_WebSocket_Version="13",
            **headers,
        ).status


@contextmanager
def serving_hub(
    *names: str, token: str | None = None, picture: bool = True, max_clients: int = 32, port: int = 0
) -> Iterator[Served]:
    """A server of these sources, by default of `demo`."""
    names = names or ("demo",)
    sockets = listen("127.0.0.1", port)
    port = sockets[0].getsockname()[1]
    secret = None if token is None else AccessToken(token)
    hub = Hub(names, PictureEncoder() if picture else None)
    status = [SourceStatus(name, "live", frames=1) for name in names]
    guard = Guard(port=port, token=secret)
    meter = lambda: RunStatus("1.2.3", "cpu", status)  # noqa: E731
    with LiveServer(hub, sockets, guard, meter, max_clients=max_clients):
        yield Served(hub, port, secret, status)


def made(
    index: int, source: str = "demo", *, level: int = 100, size: tuple[int, int] = (48, 64)
) -> tuple[Frame, FrameResult]:
    """A grey frame and its result."""
    image = np.full((*size, 3), level, np.uint8)
    return Frame(image, index, index / 30, source), FrameResult(source, index, index / 30, size[1], size[0])


@contextmanager
def started(*arguments: object, port: int = 0, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process of its own, and the address of its page."""
    command = [sys.executable, "-m", "smile_edge", "serve", "--port", str(port), *map(str, arguments)]
    environment = {**os.environ, **variables}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stderr is not None
        link = process.stderr.readline()
        assert link.startswith("open http://"), link + process.stderr.read()
        yield process, link.removeprefix("open http://").strip()
    finally:
        process.kill()
        process.communicate()
