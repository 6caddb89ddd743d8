"""What every source is: a context manager and an iterator of frames."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np

from smile_edge.records import Frame
from smile_edge.sources.latest import LatestFrames

__all__ = ["Source", "in_time", "mirrored"]

_LONGEST_S = 1.0
"""Longest wait for a frame of a file that plays, and longest delay that is made up, s: a gap is not to look like a
hang."""


class Source(ABC, Iterator[Frame]):
    """Frames from one place, in order, once.

    A source that cannot be opened fails in its constructor, before any other work. Live sources run in a capture
    thread that starts with the first `next`; leaving the context, or `close`, stops and joins it.

    Attributes:
        name: as it appears in the records.
        live: newest frame wins; otherwise every frame is handed out.
        fps: frames per second where known.
        length: number of frames where known; an estimate for some containers.
    """

    _silence_s: float = 15.0
    """Silence after which a source that is read in a thread counts as lost, whatever it is waiting for."""

    def __init__(
        self,
        name: str,
        *,
        live: bool = False,
        fps: float | None = None,
        length: int | None = None,
        mirror: bool = False,
    ) -> None:
        self.name = name
        self.live = live
        self.fps = fps
        self.length = length
        self.mirror = mirror
        self._iterator: Generator[Frame] | LatestFrames | None = None
        self._closed = False

    @abstractmethod
    def _frames(self) -> Generator[Frame]:
        """Yield each frame when it arrives; on a live source this runs in the capture thread."""

    def _release(self) -> None:
        """Give back what the constructor took; called once, when no thread runs any more."""

    def notes(self) -> tuple[str, ...]:
        """What a summary should say of this source so far, a few words each; empty where all is well."""
        return ()

    def __next__(self) -> Frame:
        if self._closed:
            raise StopIteration
        if self._iterator is None:
            frames = self._frames()
            self._iterator = LatestFrames(frames, self.name, stall_s=self._silence_s) if self.live else frames
        frame = next(self._iterator)
        return mirrored(frame) if self.mirror else frame

    def start(self, changed: threading.Condition, *, paced: bool = False) -> LatestFrames:
        """Read in a thread from now on, live or not, so that several sources can be read without waiting for one.

        Args:
            changed: notified whenever the reader is ready.
            paced: the frames of a file come no faster than they were taken.

        Returns:
            The reader, of frames that are not mirrored yet; `close` ends it.
        """
        frames = self._frames() if self.live or not paced else in_time(self._frames())
        every = not self.live
        self._iterator = LatestFrames(frames, self.name, every=every, changed=changed, stall_s=self._silence_s)
        return self._iterator

    def close(self) -> None:
        """Stop, join and release; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._iterator is not None:
                self._iterator.close()
        finally:
            # A device released under a read that never returned would take the process down.
            if not (isinstance(self._iterator, LatestFrames) and self._iterator.running):
                self._release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def in_time(frames: Iterable[Frame]) -> Generator[Frame]:
    """Each frame of a file when its time has come, by the first one's.

    A gap is waited out for a second at most, and a delay of more than a second is not made up.
    """
    start_s = None
    for frame in frames:
        now_s = time.monotonic()
        start_s = now_s - frame.time_s if start_s is None else start_s
        early_s = start_s + frame.time_s - now_s
        if abs(early_s) > _LONGEST_S:
            early_s = max(min(early_s, _LONGEST_S), 0.0)
            start_s = now_s + early_s - frame.time_s
        time.sleep(max(early_s, 0.0))
        yield frame


def mirrored(frame: Frame) -> Frame:
    """The frame as in a mirror; a known truth keeps the subject's left and right, as faces do."""
    image = np.ascontiguousarray(frame.image[:, ::-1])
    truth = None if frame.truth is None else frame.truth.copy()
    if truth is not None:
        truth[..., 0] = image.shape[1] - 1 - truth[..., 0]
    return replace(frame, image=image, truth=truth, mirrored=True)
