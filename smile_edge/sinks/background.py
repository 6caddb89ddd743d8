"""Writing beside the loop: a sink in a thread of its own, behind a bounded queue."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from smile_edge.errors import UsageError
from smile_edge.records import Frame, FrameResult
from smile_edge.sinks.base import Sink
from smile_edge.validation import check_counts, shown

__all__ = ["BackgroundSink"]

_PICTURES, _RECORDS = 8, 128
"""How many records wait with and without their picture: 22 MB of 720p, and four seconds at 30 frames/s."""

_PATIENCE_S = 2.0
"""What the write that is under way is given once the user has interrupted the wait for it."""

_LAST_WRITE_S = 0.2
"""What the write that is under way is given once the time of `hurry` is over."""

_NO_PICTURE: npt.NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)

_log = logging.getLogger(__name__)


class BackgroundSink(Sink):
    """Hands frames and results on to another sink, in order, so that the loop need not wait for a disk or an encoder.

    Of files everything is written: `write` waits while the queue is full. A record of a live source (one whose frame
    has a `captured_s`) never waits: where the queue is full, the oldest of them is left out.

    An error of the sink comes out of the next `write`, `flush` or `close`; what waited behind it is not written. The
    picture and the result belong to the thread once they are handed over: nobody may change them any more.

    Attributes:
        name: the sink's.
        left_out: records left out so far.
    """

    def __init__(self, sink: Sink, *, capacity: int | None = None) -> None:
        """Start the thread.

        Args:
            sink: from now on this one's to write to and to close.
            capacity: most records that wait; None takes few where the sink needs the pictures, more where it does not.

        Raises:
            UsageError: the capacity is below one, or `sink` is none.
        """
        check_counts(capacity=capacity)
        if not isinstance(sink, Sink):
            raise UsageError(f"sink must be a Sink. Received: sink={shown(sink)}")
        self.name, self.needs_image, self.left_out = sink.name, sink.needs_image, 0
        self.capacity = capacity or (_PICTURES if sink.needs_image else _RECORDS)
        self._sink = sink
        self._waiting: deque[tuple[Frame, FrameResult]] = deque()
        self._writing = self._ending = self._ended = self._told = False
        self._error: BaseException | None = None
        self._patience_s: float | None = None
        self._until_s: float | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"write {sink.name}", daemon=True)
        self._thread.start()

    def write(self, frame: Frame, result: FrameResult) -> None:
        """Queue one frame and its result.

        Raises:
            ValueError: the sink is closed.
            SinkError, BrokenPipeError: an earlier record could not be written.
        """
        if not self.needs_image:
            frame = replace(frame, image=_NO_PICTURE)
        with self._changed:
            if frame.captured_s is None:
                self._changed.wait_for(lambda: len(self._waiting) < self.capacity)
            self._raise_error()
            if self._ending:
                raise ValueError(f"write to {self.name} after it was closed")
            if len(self._waiting) < self.capacity or self._leave_one_out():
                self._waiting.append((frame, result))
                self._changed.notify_all()

    def notes(self) -> tuple[str, ...]:
        return self._sink.notes()

    def flush(self) -> None:
        """Wait until everything that was handed over is written, or the time of `hurry` is over.

        An interruption (Ctrl-C) gives up what still waits: who asks twice does not want to wait for a slow output.

        Raises:
            SinkError, BrokenPipeError: it could not be written.
        """
        try:
            with self._changed:
                if self._in_time(lambda: not (self._waiting or self._writing)):
                    self._raise_error()
        except KeyboardInterrupt:
            self._give_up()
            raise

    def close(self) -> None:
        """Write what waits, end the thread and close the sink; interrupted, see `flush`.

        Raises:
            SinkError, BrokenPipeError: something could not be written, and no one has been told; or closing failed.
        """
        try:
            with self._changed:
                self._ending = True
                self._changed.notify_all()
                # Not `join`: interrupted, Python 3.11 takes the thread for ended although it runs.
                self._in_time(lambda: self._ended, self._patience_s)
        except KeyboardInterrupt:
            self._give_up()
            with self._changed:
                self._changed.wait_for(lambda: self._ended, self._patience_s)
            raise
        finally:
            if self._ended:
                self._thread.join()
                self._close_sink()
            else:
                _log.warning("a write to %s does not end; it was left behind", self.name)

    def hurry(self, until_s: float) -> None:
        """Give up, and count as left out, what is not written by `until_s` of `time.monotonic`; from any thread."""
        with self._changed:
            self._until_s = until_s
            self._changed.notify_all()

    def _in_time(self, done: Callable[[], bool], patience_s: float | None = None) -> bool:
        """Waits for `done`, as long as `hurry` lets it; the lock is held."""
        self._changed.wait_for(lambda: done() or self._until_s is not None, patience_s)
        if self._until_s is None or self._changed.wait_for(done, max(self._until_s - time.monotonic(), 0.0)):
            return done()
        self.left_out += len(self._waiting)
        self._waiting.clear()
        self._changed.notify_all()
        return self._changed.wait_for(done, _LAST_WRITE_S)

    def _close_sink(self) -> None:
        """The error of a write comes before one of closing: it happened first."""
        try:
            self._sink.close()
        finally:
            if not self._told:
                self._raise_error()

    def _run(self) -> None:
        while not self._ended:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ending)
                if not self._waiting:
                    self._ended = True
                    self._changed.notify_all()
                    return
                frame, result = self._waiting.popleft()
                self._writing = True
                self._changed.notify_all()
            error = self._written(frame, result)
            with self._changed:
                self._writing, self._error, self.closed = False, error, self._sink.closed
                if error is not None:
                    self._waiting.clear()  # which also frees a `write` that waits for room
                    self._ended = True
                self._changed.notify_all()

    def _written(self, frame: Frame, result: FrameResult) -> BaseException | None:
        """None, or why it could not be written: whatever it is, the loop is to hear of it."""
        try:
            self._sink.write(frame, result)
        except BaseException as error:
            return error
        return None

    def _leave_one_out(self) -> bool:
        """Counts one record out, the oldest live one; False where none waits, so that it is the new one."""
        self.left_out += 1
        for index, (frame, _) in enumerate(self._waiting):
            if frame.captured_s is not None:
                del self._waiting[index]
                return True
        return False

    def _give_up(self) -> None:
        with self._changed:
            self._waiting.clear()
            self._patience_s = _PATIENCE_S
            self._changed.notify_all()

    def _raise_error(self) -> None:
        if self._error is not None:
            self._told = True
            raise self._error
