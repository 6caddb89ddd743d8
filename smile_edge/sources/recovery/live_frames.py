"""The frames of a live source, from one connection after another."""

import logging
import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass

from smile_edge.errors import SourceError, UsageError
from smile_edge.records import Frame
from smile_edge.sources.recovery.connection import Connection, StreamEnded
from smile_edge.types import Image
from smile_edge.validation import is_real, shown

__all__ = ["STALL_S", "LiveFrames", "check_reconnect_s"]

log = logging.getLogger(__name__)

STALL_S = 10.0
"""Seconds without a picture after which a connection counts as lost: more than a slow camera takes for one."""

_LONGEST_S = 1e8
"""Longest time that a source may be away, s: three years, and less than the longest wait of Python's threads."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 0.5
"""Pauses between two tries double from the first to the longest: short enough that a source is taken up again within
two seconds of its return, a second of which a slow camera takes for its first picture."""

_SHORTEST_TRY_S = 1.0
"""What a try is given although the time is up: the last one begins just before that."""

_SLACK_S = 5.0
"""What a native read takes beyond its time limit, at most."""


@dataclass(slots=True)
class _Loss:
    """A source that is away."""

    since_s: float
    why: str
    last: str
    """What came of the last try."""
    pause_s: float
    told: bool = False


class LiveFrames:
    """Frames of a source that is connected anew where it is lost, on one clock and in one count.

    The first frame after a loss has `gap_s`. A loss lasts until a picture comes: a connection that gives none does not
    end it.

        live = LiveFrames("camera:0", connection, connect, limit_s=30, stall_s=10, lost="was lost", check="its cable")
        for frame in live.frames():
            print(frame.time_s, frame.gap_s)
    """

    def __init__(
        self,
        name: str,
        connection: Connection,
        connect: Callable[[float], Connection],
        *,
        limit_s: float,
        stall_s: float,
        lost: str,
        check: str,
    ) -> None:
        """Args:
        name: of the source.
        connection: the first one, open; it is this one's to close.
        connect: opens the next one, within so many seconds; raises `SourceError`, or `StreamEnded`.
        limit_s: seconds within which a source that is lost must be back; 0 gives it up at once.
        stall_s: seconds after which a connection ends by itself where it gives no picture.
        lost: what to say of a source that gives no more.
        check: what to look at then.

        Raises:
            UsageError: the limit is none.
        """
        self.limit_s, self._stall_s = check_reconnect_s(limit_s), stall_s
        self._name, self._connection, self._connect, self._lost, self._check = name, connection, connect, lost, check
        self._count, self._reconnected, self._damaged, self._away_s = 0, 0, 0, 0.0
        self._start_s: float | None = None
        self._last_s = 0.0
        self._loss: _Loss | None = None
        self._stopping = threading.Event()

    def frames(self) -> Generator[Frame]:
        """Each frame when it arrives; to be called once.

        Raises:
            SourceError: the source was lost and is not back in time.
        """
        self._last_s = time.monotonic()
        there = True
        while there:
            with closing(self._connection.pictures()) as pictures:
                for image, now_s in pictures:
                    yield self._frame(image, now_s)
            there = self._reconnect()

    @property
    def damaged(self) -> int:
        """Pictures that could not be decoded, of all connections."""
        return self._damaged + self._connection.damaged

    def notes(self) -> tuple[str, ...]:
        """`reconnected 3 times, 41 s lost`, where it was; whole seconds, at least one."""
        if not self._reconnected:
            return ()
        times = "time" if self._reconnected == 1 else "times"
        return (f"reconnected {self._reconnected} {times}, {max(round(self._away_s), 1)} s lost",)

    @property
    def silence_s(self) -> float:
        """Most seconds that `frames` takes for a frame, an error or the end: a stall, and tries of which the last may
        take as long as three: to connect, and for the first picture."""
        return self._stall_s + _SLACK_S + (self.limit_s + 3 * self._stall_s if self.limit_s else 0)

    def stop(self) -> None:
        """No more tries; from any thread."""
        self._stopping.set()

    def close(self) -> None:
        """Close what is open; nobody may be reading."""
        self._connection.close()

    def _frame(self, image: Image, now_s: float) -> Frame:
        gap_s = self._come_back(now_s) if self._loss else None
        self._start_s = now_s if self._start_s is None else self._start_s
        self._last_s = now_s
        self._count += 1
        return Frame(image, self._count - 1, now_s - self._start_s, self._name, now_s, gap_s=gap_s)

    def _come_back(self, now_s: float) -> float:
        """Counts what was lost; the seconds since the last picture."""
        gap_s = max(now_s - self._last_s, 0.0)
        if self._loss and self._loss.told:
            log.warning("%s is back after %.1f s", self._name, gap_s)
        self._loss = None
        self._reconnected, self._away_s = self._reconnected + 1, self._away_s + gap_s
        return gap_s

    def _reconnect(self) -> bool:
        """Whether there is a new connection; not where the source has ended, or nobody waits any more.

        Raises:
            SourceError: the time is up.
        """
        failure = self._connection.failure
        self._connection.close()
        loss = self._loss = self._loss or _Loss(time.monotonic(), failure, "", _FIRST_PAUSE_S)
        loss.last = f"{failure}; check {self._check}, then start again"
        end_s = loss.since_s + self.limit_s
        while (left_s := end_s - time.monotonic()) > 0:
            if self._stopping.wait(min(loss.pause_s, left_s)):
                return False
            loss.pause_s = min(2 * loss.pause_s, _LONGEST_PAUSE_S)
            try:
                return self._take(self._connect(min(max(end_s - time.monotonic(), _SHORTEST_TRY_S), self._stall_s)))
            except StreamEnded:
                return False
            except SourceError as error:
                self._tell(loss, str(error).removeprefix(f"{self._name}: "))
        raise SourceError(self._given_up(loss))

    def _take(self, connection: Connection) -> bool:
        self._damaged, self._connection = self.damaged, connection
        return True

    def _tell(self, loss: _Loss, last: str) -> None:
        """Logs a loss once a try has failed: what is back at once is only counted."""
        loss.last = last
        if not loss.told and not self._stopping.is_set():
            log.warning("%s; trying again for %g s", self._what(loss), self.limit_s)
            loss.told = True

    def _what(self, loss: _Loss) -> str:
        return f"{self._name} {self._lost} after {self._count} frames ({loss.why})"

    def _given_up(self, loss: _Loss) -> str:
        if not self.limit_s:
            return f"{self._what(loss)}; check {self._check}, then start again"
        return f"{self._what(loss)} and was not back within {self.limit_s:g} s: {loss.last}"


def check_reconnect_s(value: float) -> float:
    """The value, if it is a time that a source may be away.

    Raises:
        UsageError: it is none.
    """
    if not (is_real(value) and 0 <= value <= _LONGEST_S):
        raise UsageError(
            f"reconnect must be 0 to {_LONGEST_S:g} seconds, 0 to give up at once. Received: {shown(value)}"
        )
    return value
