"""Newest frame wins: the one wrapper behind every live source, and behind every source that is read beside others."""

import logging
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace

from smile_edge.errors import SourceError
from smile_edge.records import Frame

__all__ = ["LatestFrames"]

log = logging.getLogger(__name__)

_JOIN_S = 15.0
"""What a thread is given to end. A native read cannot be interrupted, but has a time limit of its own below that."""


class LatestFrames(Iterator[Frame]):
    """Runs a generator of frames in a thread and hands out only its newest frame.

    A frame that was replaced before anyone took it is counted in `Frame.dropped`, and its `gap_s` goes on to the next
    one. The thread owns the generator: it
    closes it where it ran, so that a capture device is never released under a read. An error in the generator comes
    out of `next`, after the last good frame.
    """

    def __init__(
        self,
        frames: Generator[Frame],
        name: str,
        *,
        every: bool = False,
        changed: threading.Condition | None = None,
        stall_s: float = 15.0,
    ) -> None:
        """Start the thread.

        Args:
            frames: yields each frame when it arrives; its `dropped` is overwritten.
            name: the source's name, for errors and for the thread.
            every: hand out every frame; the thread waits until the one before was taken.
            changed: notified whenever `ready` may have become true; one may serve several, to wait for any of them.
            stall_s: silence after which the source counts as lost.
        """
        self._frames = frames
        self._name = name
        self._every = every
        self._stall_s = stall_s
        self._changed = changed or threading.Condition()
        self._heard_s = time.monotonic()
        self._newest: Frame | None = None
        self._dropped = 0
        self._started_at: float | None = None
        self._stopping = False
        self._ended = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"capture {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            for frame in self._frames:
                with self._changed:
                    if self._every:
                        self._changed.wait_for(lambda: self._newest is None or self._stopping)
                    if self._stopping:
                        break
                    self._dropped += self._newest is not None
                    self._newest, self._heard_s = _with_gap_of(self._newest, frame), time.monotonic()
                    self._changed.notify_all()
        except BaseException as caught:
            error = caught
        finally:
            self._frames.close()
            with self._changed:
                self._ended, self._error = True, error
                self._changed.notify_all()

    def __next__(self) -> Frame:
        """The newest frame, waiting for one where none is new.

        Raises:
            StopIteration: the generator ended, or `close` was called.
            SourceError: nothing came for `stall_s` seconds.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.ready, self._stall_s)
            if not self.ready:
                raise self._silence()
            return self._answer()

    @property
    def ready(self) -> bool:
        """Whether `take` has a frame, the end or an error to give."""
        return self._newest is not None or self._ended

    def take(self) -> Frame | None:
        """What `next` would give, but None at once where it would wait; raises as `next` does."""
        with self._changed:
            if self.ready:
                return self._answer()
            if time.monotonic() - self._heard_s > self._stall_s:
                raise self._silence()
            return None

    def _answer(self) -> Frame:
        """The frame, the error or the end; the lock is held."""
        frame, self._newest = self._newest, None
        if frame is not None and not self._stopping:
            if self._every:
                self._heard_s = time.monotonic()  # it was us who kept the thread waiting
                self._changed.notify_all()
            if self._started_at is None and frame.captured_s is not None:
                first_s = frame.captured_s - frame.time_s
                self._started_at = time.time() - (time.monotonic() - first_s)
            return replace(frame, dropped=self._dropped, started_at=self._started_at)
        error, self._error = self._error, None
        if error is not None and not self._stopping:
            raise error
        raise StopIteration

    def _silence(self) -> SourceError:
        return SourceError(
            f"{self._name} gave no frame for {self._stall_s:g} s; check the cable or network, then start again"
        )

    @property
    def running(self) -> bool:
        """Whether the thread still reads; after `close` only where a native read never came back."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Ask the thread to end with its next frame, without waiting for it."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def close(self) -> None:
        """Stop and join the thread; safe to call twice."""
        self.stop()
        self._thread.join(_JOIN_S)
        if self.running:
            log.warning("%s did not stop within %g s; its capture thread was left behind", self._name, _JOIN_S)


def _with_gap_of(replaced: Frame | None, frame: Frame) -> Frame:
    """The frame, with what was lost before the one that it replaces."""
    if replaced is None or replaced.gap_s is None:
        return frame
    return replace(frame, gap_s=replaced.gap_s + (frame.gap_s or 0.0))
