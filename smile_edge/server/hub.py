"""From the run to the clients: the newest frame of each source, and who is to get it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from smile_edge.errors import one_line
from smile_edge.records import Frame, FrameResult
from smile_edge.server.mailbox import Mailbox
from smile_edge.server.snapshot import Record, Snapshot, view_message

__all__ = ["Client", "Hub"]

_log = logging.getLogger(__name__)

_ON_THE_WAY = 64
"""Records between the run and the event loop; were it held up for longer, the oldest would be left out."""

_RECORDS = 64
"""Records that wait for a program that is slow to read: two seconds at 30 frames/s."""


class Client:
    """Somebody who is sent frames.

    Attributes:
        source: the only source that is wanted; None for all.
        viewer: gets pictures as well, and of each source only the newest.
        mailbox: what is to be sent.
    """

    def __init__(self, source: str | None, *, viewer: bool) -> None:
        self.source, self.viewer = source, viewer
        self.mailbox = Mailbox(1 if viewer else _RECORDS)

    def wants(self, source: str) -> bool:
        """Whether frames of this source are wanted."""
        return self.source is None or self.source == source


class Hub:
    """Takes frames from the run without delaying it; hands them to clients in the thread of the event loop.

    A record is made once, and a picture is encoded once, in a thread, while somebody watches its source. Where encoding
    takes longer than a frame, the newest frame is next.

    Attributes:
        names: of all sources.
        clients: who is connected.
        sent, skipped: messages since the start, of clients that have left too.
    """

    def __init__(self, names: Sequence[str], encode: Callable[[Frame, FrameResult], bytes] | None) -> None:
        """Args:
        names: of all sources, as in their frames.
        encode: gives the picture of a frame; None sends no pictures.
        """
        self.names = tuple(names)
        self.clients: set[Client] = set()
        self.sent = 0
        self._skipped_before = 0
        self._encode = encode
        self._newest: dict[str, Snapshot] = {}
        self._last: Snapshot | None = None
        self._arrived: deque[Record] = deque(maxlen=_ON_THE_WAY)
        self._told = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="encode pictures")
        self._encoding: dict[str, asyncio.Task[None]] = {}
        self._next: dict[str, Snapshot] = {}
        self._shown: dict[str, tuple[Snapshot, bytes]] = {}

    @property
    def has_pictures(self) -> bool:
        """Whether viewers get pictures."""
        return self._encode is not None

    @property
    def skipped(self) -> int:
        """Messages that a newer one has replaced before they were sent."""
        return self._skipped_before + sum(client.mailbox.skipped for client in self.clients)

    def publish(self, frame: Frame, result: FrameResult) -> None:
        """Takes a frame and its result, from any one thread; never waits. Nobody may change them any more."""
        snapshot = Snapshot(frame, Record(result))
        self._newest[result.source] = self._last = snapshot
        loop = self._loop
        if loop is None or not self.clients:
            return
        self._arrived.append(snapshot.record)
        if not self._told:
            self._told = True
            try:
                loop.call_soon_threadsafe(self._spread)
            except RuntimeError:  # the server has ended
                self._loop = None

    def latest(self, source: str | None) -> Snapshot | None:
        """The newest frame of a source, or of all; None before the first."""
        return self._last if source is None else self._newest.get(source)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Starts handing out, in the thread of this loop."""
        self._loop = loop

    def detach(self) -> None:
        """Hands out no more; called in the thread of the loop."""
        self._loop = None
        for task in self._encoding.values():
            task.cancel()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def join(self, client: Client) -> None:
        """Adds a client, who gets the newest frames at once."""
        self.clients.add(client)
        for source, snapshot in list(self._newest.items()):
            if client.viewer and client.wants(source):
                shown, message = self._shown.get(source, (None, b""))
                if shown is snapshot:
                    client.mailbox.put(source, message)
                else:
                    self._show(snapshot)

    def leave(self, client: Client) -> None:
        """Forgets a client."""
        if client in self.clients:
            self.clients.discard(client)
            self._skipped_before += client.mailbox.skipped

    def tell(self, key: str, text: str) -> None:
        """Sends a text to every viewer, beside the frames."""
        for client in self.clients:
            if client.viewer:
                client.mailbox.put(key, text)

    def _spread(self) -> None:
        """Hands what has arrived to the clients."""
        self._told = False  # first: what arrives from here on is told anew
        sources: dict[str, None] = {}
        while self._arrived:
            record = self._arrived.popleft()
            self._write(record)
            sources[record.result.source] = None
        for source in sources:
            self._show(self._newest[source])

    def _write(self, record: Record) -> None:
        source = record.result.source
        for client in self.clients:
            if not client.viewer and client.wants(source):
                client.mailbox.put(source, record.text)

    def _show(self, snapshot: Snapshot) -> None:
        source = snapshot.record.result.source
        if not any(client.viewer and client.wants(source) for client in self.clients):
            return
        if self._encode is None:
            self._deliver(snapshot, b"")
        elif source in self._encoding:
            self._next[source] = snapshot
        else:
            self._encoding[source] = asyncio.ensure_future(self._encode_newest(source, snapshot, self._encode))

    async def _encode_newest(
        self, source: str, snapshot: Snapshot | None, encode: Callable[[Frame, FrameResult], bytes]
    ) -> None:
        """Encodes and delivers until no newer frame has come in the meantime."""
        loop = asyncio.get_running_loop()
        try:
            while snapshot is not None:
                picture = await loop.run_in_executor(self._pool, encode, snapshot.frame, snapshot.record.result)
                self._deliver(snapshot, picture)
                newer = self._next.pop(source, None)
                snapshot = None if newer is snapshot else newer
        except Exception as error:
            _log.warning("a picture of %s could not be encoded: %s", source, one_line(error))
        finally:
            del self._encoding[source]

    def _deliver(self, snapshot: Snapshot, picture: bytes) -> None:
        source = snapshot.record.result.source
        message = view_message(snapshot.record.text, picture)
        self._shown[source] = (snapshot, message)
        for client in self.clients:
            if client.viewer and client.wants(source):
                client.mailbox.put(source, message)
