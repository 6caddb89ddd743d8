"""The WebSockets: records for programs, records with pictures for viewers.

`/ws` sends a text a frame: the record. `/view` sends a binary message a frame (`snapshot.view_message`) and once a
second a text, the status of the run. A viewer answers each binary message with any text, when it has shown it: with two
that are not answered nothing more is sent, so that what comes next is new.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from smile_edge.server.hub import Client, Hub

__all__ = ["PATHS", "STATUS", "Feeds", "source_of"]

PATHS = ("/ws", "/view")

STATUS = "\0status"
"""Key of the status in a mailbox; no source has that name."""

_UNANSWERED = 2
"""Frames under way to a viewer: one on the wire while the other is drawn."""


class _Flow:
    """Counts what a viewer has been sent and has not answered."""

    def __init__(self) -> None:
        self._unanswered = 0
        self._room = asyncio.Event()
        self._room.set()

    async def room(self) -> None:
        """Waits until another frame may be sent."""
        await self._room.wait()

    def sent(self) -> None:
        """A frame is on its way."""
        self._unanswered += 1
        if self._unanswered >= _UNANSWERED:
            self._room.clear()

    def answered(self) -> None:
        """A frame has been shown; more answers than frames count for nothing."""
        self._unanswered = max(self._unanswered - 1, 0)
        self._room.set()


class Feeds:
    """Serves the WebSockets of one hub."""

    def __init__(self, hub: Hub, status: Callable[[], str], max_clients: int) -> None:
        """Args:
        hub: where frames come from.
        status: what a viewer is told first.
        max_clients: most clients at a time.
        """
        self._hub, self._status, self._max_clients = hub, status, max_clients

    async def __call__(self, connection: ServerConnection) -> None:
        """Sends frames to a client until it leaves."""
        if len(self._hub.clients) >= self._max_clients:  # several came at once
            await connection.close(1013, "too many clients")
            return
        target = connection.request.path if connection.request is not None else ""
        client = Client(source_of(target), viewer=urlsplit(target).path == "/view")
        flow = _Flow()
        self._hub.join(client)
        if client.viewer:
            client.mailbox.put(STATUS, self._status())
        sending = asyncio.ensure_future(self._send(connection, client, flow))
        try:
            async for _ in connection:
                flow.answered()
        except ConnectionClosed:
            pass
        finally:
            self._hub.leave(client)
            sending.cancel()
            with suppress(asyncio.CancelledError, ConnectionClosed):
                await sending

    async def _send(self, connection: ServerConnection, client: Client, flow: _Flow) -> None:
        """What is sent is chosen when there is room for it: so it is the newest."""
        while True:
            await flow.room()
            message = await client.mailbox.take()
            if client.viewer and isinstance(message, bytes):
                flow.sent()
            await connection.send(message)
            self._hub.sent += 1


def source_of(target: str) -> str | None:
    """The source that a path's query names; None where it names none."""
    return parse_qs(urlsplit(target).query).get("source", [None])[-1]
