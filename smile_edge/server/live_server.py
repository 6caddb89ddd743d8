"""The server itself: a thread with an event loop of its own, so that nothing a client does delays the run."""

import asyncio
import logging
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from smile_edge.errors import one_line
from smile_edge.server.answers import Answers, refused
from smile_edge.server.feeds import PATHS, STATUS, Feeds, source_of
from smile_edge.server.guard import Guard, Refusal
from smile_edge.server.hub import Hub
from smile_edge.server.status import Meter
from smile_edge.server.token import Masked

__all__ = ["LiveServer"]

_OPEN_S = 5.0
"""Time for a whole request; who connects and says nothing is cut off."""
_CLOSE_S = 0.3
"""Time for a client to say goodbye."""
_END_S = 1.5
"""Time for the thread to end; a run that is told to end has two seconds for everything."""
_STATUS_S = 1.0
_MORE_CONNECTIONS = 64
"""Connections beside the WebSockets: plain requests, and those who have not said yet what they want."""
_LARGEST_MESSAGE = 1024
"""Bytes of a message from a client; all that one says is that it has drawn a picture."""
_LONGEST_REASON = 120
"""Bytes of the reason in a close frame, which holds 125 with its code."""

_log = logging.getLogger(__name__)


class LiveServer:
    """Serves a hub until its context is left; an error that ends the context is told to the viewers.

    Example:
        >>> hub = Hub(["demo"], PictureEncoder())
        >>> with LiveServer(hub, listen("127.0.0.1", 8420), Guard(port=8420, token=None), meter):
        ...     for frame in source:
        ...         hub.publish(frame, pipeline.process(frame))
    """

    def __init__(
        self, hub: Hub, sockets: Sequence[socket.socket], guard: Guard, meter: Meter, *, max_clients: int = 32
    ) -> None:
        """Starts the thread.

        Args:
            hub: where frames come from.
            sockets: listening; from now on the server's to close.
            guard: says who may ask.
            meter: reads the run.
            max_clients: most WebSockets at a time.
        """
        self._hub, self._sockets, self._guard, self._meter = hub, list(sockets), guard, meter
        self._max_clients = max_clients
        self._refusals: Counter[str] = Counter()
        self._answers = Answers(hub, guard, meter, self._refusals)
        self._reason = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="serve the page", daemon=True)
        self._thread.start()
        self._started.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(one_line(error) if isinstance(error, Exception) else "")

    def close(self, reason: str = "") -> None:
        """Says goodbye to all clients and ends the thread; safe to call twice.

        Args:
            reason: what viewers are told.
        """
        self._reason = reason
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_END_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        servers = [await self._listen(one) for one in self._sockets]
        self._hub.attach(self._loop)
        self._started.set()
        ticking = asyncio.ensure_future(self._tick())
        await self._stop.wait()
        ticking.cancel()
        self._hub.detach()
        reason = self._reason.encode()[:_LONGEST_REASON].decode("utf-8", "ignore")
        for server in servers:
            server.close(code=1001, reason=reason)
        try:
            async with asyncio.timeout(2 * _CLOSE_S):
                for server in servers:
                    await server.wait_closed()
        except TimeoutError:
            for connection in (one for server in servers for one in server.all_connections):
                connection.transport.abort()

    async def _listen(self, one: socket.socket) -> Server:
        logger = logging.getLogger("smile_edge.server.websockets")
        # A scanner's broken request is an error with a traceback there, and nothing that a user can act on.
        logger.setLevel(logging.DEBUG if _log.isEnabledFor(logging.DEBUG) else logging.CRITICAL)
        logger.filters = [Masked(self._guard.token)]
        # It warns of each answer to a client that has left, which may have asked a thousand times.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        return await serve(
            Feeds(self._hub, self._status, self._max_clients),
            sock=one,
            process_request=self._answer,
            compression=None,  # pictures are compressed, and a record of two kilobytes costs more than it saves
            open_timeout=_OPEN_S,
            close_timeout=_CLOSE_S,
            max_size=_LARGEST_MESSAGE,
            server_header=None,
            logger=logger,
            create_connection=_bounded(self._max_clients + _MORE_CONNECTIONS),
        )

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to a request; None lets a WebSocket be opened."""
        try:
            refusal = self._refusal(request)
        except ValueError:  # an address that cannot be taken apart, as http://[
            refusal = Refusal(400, "path", "this is no path; the page is at /")
        if refusal is not None:
            self._refusals[refusal.reason] += 1
            peer = connection.remote_address[0] if connection.remote_address else "?"
            path = request.path.partition("?")[0][:80]  # without its query, which may hold a token
            _log.info("refused %s from %s: %s", path, peer, refusal.text)
            return refused(refusal)
        if urlsplit(request.path).path in PATHS:
            return None
        response = self._answers.respond(request.path, request.headers)
        if response.status_code == 401:
            self._refusals["token"] += 1
        if request.method == "HEAD":
            response.body = b""
        return response

    def _refusal(self, request: Request) -> Refusal | None:
        if request.method not in ("GET", "HEAD"):
            return Refusal(405, "method", "expected GET or HEAD")
        refusal = self._guard.refusal(request.headers)
        if refusal is not None or urlsplit(request.path).path not in PATHS:
            return refusal
        source = source_of(request.path)
        if source is not None and source not in self._hub.names:
            return Refusal(404, "path", f"no such source; there are: {', '.join(self._hub.names)}")
        if (refusal := self._guard.unauthorized(request.headers)) is not None:
            return refusal
        if len(self._hub.clients) >= self._max_clients:
            return Refusal(503, "clients", f"{self._max_clients} clients are connected, and no more are served")
        return None

    async def _tick(self) -> None:
        """Tells viewers once a second how the run goes."""
        while True:
            if any(client.viewer for client in self._hub.clients):
                self._hub.tell(STATUS, self._status())
            await asyncio.sleep(_STATUS_S)

    def _status(self) -> str:
        viewers = sum(client.viewer for client in self._hub.clients)
        return self._meter().to_json(viewers=viewers, picture=self._hub.has_pictures)


def _bounded(most: int) -> type[ServerConnection]:
    """The class of connections of which there are at most so many; one more is cut off before it says anything.

    Else who opens thousands and says nothing would take every file that this process may have open.
    """
    there: set[ServerConnection] = set()

    class Bounded(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            there.add(self)
            if len(there) > most:
                self.transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            there.discard(self)
            super().connection_lost(exc)

    return Bounded
