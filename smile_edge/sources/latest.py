"""Newest frame wins: the one wrapper behind every live source."""

import logging
import threading
from collections.abc import Generator, Iterator
from dataclasses import replace

from smile_edge.errors import SourceError
from smile_edge.records import Frame

__all__ = ["LatestFrames"]

log = logging.getLogger(__name__)


class LatestFrames(Iterator[Frame]):
    """Runs a generator of frames in a thread and hands out only its newest frame.

    A frame that was replaced before anyone took it is counted in `Frame.dropped`. The thread owns the generator: it
    closes it where it ran, so that a capture device is never released under a read. An error in the generator comes
    out of `next`, after the last good frame.
    """

    def __init__(self, frames: Generator[Frame], name: str, *, stall_s: float = 15.0) -> None:
        """Start the thread.

        Args:
            frames: yields each frame when it arrives; its `dropped` is overwritten.
            name: the source's name, for errors and for the thread.
            stall_s: silence after which the source counts as lost.
        """
        self._frames = frames
        self._name = name
        self._stall_s = stall_s
        self._changed = threading.Condition()
        self._newest: Frame | None = None
        self._dropped = 0
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
                    if self._stopping:
                        break
                    self._dropped += self._newest is not None
                    self._newest = frame
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
            awake = self._changed.wait_for(lambda: self._newest is not None or self._ended, self._stall_s)
            if not awake:
                raise SourceError(
                    f"{self._name} gave no frame for {self._stall_s:g} s; check the cable or network, then start again"
                )
            frame, self._newest = self._newest, None
            if frame is not None and not self._stopping:
                return replace(frame, dropped=self._dropped)
            error, self._error = self._error, None
        if error is not None and not self._stopping:
            raise error
        raise StopIteration

    @property
    def running(self) -> bool:
        """Whether the thread still reads; after `close` only where a native read never came back."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop and join the thread; safe to call twice."""
        with self._changed:
            self._stopping = True
        # A native read cannot be interrupted, but every capture here is opened with a time-out below `stall_s`.
        self._thread.join(self._stall_s)
        if self.running:
            log.warning("%s did not stop within %g s; its capture thread was left behind", self._name, self._stall_s)
