"""What one client is still to be sent: little, and the newest."""

import asyncio
from collections import deque

__all__ = ["Mailbox"]

Message = str | bytes


class Mailbox:
    """The newest messages under each key; of a key that has too many, the oldest goes.

    A client that does not read costs as much as its mailbox holds, and nobody waits for it. Only for the thread of the
    event loop.

    Attributes:
        skipped: messages that a newer one has replaced.
    """

    def __init__(self, depth: int = 1) -> None:
        """Args:
        depth: messages kept of each key.
        """
        self.skipped = 0
        self._depth = depth
        self._waiting: dict[str, deque[Message]] = {}
        self._filled = asyncio.Event()

    def put(self, key: str, message: Message) -> None:
        """Adds a message; never waits."""
        kept = self._waiting.setdefault(key, deque(maxlen=self._depth))
        self.skipped += len(kept) == self._depth
        kept.append(message)
        self._filled.set()

    async def take(self) -> Message:
        """The oldest message of the key whose turn it is; waits for one where there is none."""
        await self._filled.wait()
        key = next(iter(self._waiting))
        kept = self._waiting.pop(key)
        message = kept.popleft()
        if kept:
            self._waiting[key] = kept  # behind the other keys now
        if not self._waiting:
            self._filled.clear()
        return message
