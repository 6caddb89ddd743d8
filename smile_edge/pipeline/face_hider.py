"""Faces of a stream hidden before any output sees its frames."""

from collections import deque
from dataclasses import dataclass, field, replace

from smile_edge.geometry.heads import Head, between, grown, head_distance
from smile_edge.imaging.hide import HideMode, check_mode, hide_heads
from smile_edge.pipeline.head_finder import HeadFinder
from smile_edge.records import Frame, FrameResult

__all__ = ["HOLD_S", "FaceHider"]

HOLD_S = 0.5
"""A head that is missed stays hidden for so long where it was last seen; and it is hidden for so long before it was
first seen, where frames can wait."""
_MOST_WAITING = 64
"""Frames that wait at most: 0.5 s of 120 frames/s, 180 MB of 720p."""
_SAME_DISTANCE, _SAME_SIZE = 0.6, 2.0
"""Two heads are one, found twice in a frame or a moment later, where they are nearer than so many sizes and neither is
so many times as large."""
_GROWTH = 0.15
"""Share by which a head that is not seen has grown when it is let go: it may move on unseen."""

Pair = tuple[Frame, FrameResult]


@dataclass(slots=True, eq=False)
class _Waiting:
    """A frame whose heads may not all be known yet."""

    frame: Frame
    result: FrameResult
    heads: list[Head] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Track:
    head: Head
    seen_s: float


class FaceHider:
    """Hides the heads of one stream.

    A head is hidden where it is found, for 0.5 s after it was lost, on the way between two places where it was seen,
    and, of a source that is not live, for 0.5 s before it was first found. For that, frames of such a source come out
    0.5 s late: `push` returns those whose time has come, `flush` the rest. Those of a live source come out at once.

    Example:
        >>> hider = FaceHider(HeadFinder(pipeline.models.detector), "blur")
        >>> for frame in source:
        ...     for hidden, result in hider.push(frame, pipeline.process(frame)):
        ...         sink.write(hidden, result)
        >>> for hidden, result in hider.flush():
        ...     sink.write(hidden, result)
    """

    def __init__(self, finder: HeadFinder, mode: str = "blur", *, hold_s: float = HOLD_S) -> None:
        """Nothing is hidden yet.

        Args:
            finder: gives the heads of a frame.
            mode: `blur`, `pixelate` or `fill`.
            hold_s: how long a head is hidden before and after it was seen, s.

        Raises:
            UsageError: another mode.
        """
        self.finder, self.mode, self.hold_s = finder, check_mode(mode), hold_s
        self._tracks: list[_Track] = []
        self._waiting: deque[_Waiting] = deque()

    def push(self, frame: Frame, result: FrameResult) -> list[Pair]:
        """Takes the next frame.

        Args:
            frame: it stays as it is.
            result: what was found on it; its faces are hidden whatever the finder says.

        Returns:
            The frames of which all heads are known by now, in order, hidden, each with its result.
        """
        done: list[Pair] = []
        if self._waiting and frame.time_s < self._waiting[-1].frame.time_s:
            done = self.flush()
        if result.error is not None or not frame.image.size:
            # There is nothing to hide, and no head is lost by it.
            self._waiting.append(_Waiting(frame, result))
        else:
            self._waiting.append(_Waiting(frame, result, self._heads(frame, result)))
        if frame.captured_s is not None:
            return done + self._let_go(len(self._waiting))
        old = sum(frame.time_s - one.frame.time_s > self.hold_s for one in self._waiting)
        return done + self._let_go(max(old, len(self._waiting) - _MOST_WAITING))

    def flush(self) -> list[Pair]:
        """The frames that still wait: the stream has ended, or another one begins."""
        self._tracks = []
        return self._let_go(len(self._waiting))

    def _heads(self, frame: Frame, result: FrameResult) -> list[Head]:
        """The heads of a frame, those that are missed in it included; hides new ones in the frames that wait."""
        now_s, found = frame.time_s, self.finder.find(frame.image, result.faces)
        self._tracks = [track for track in self._tracks if 0 <= now_s - track.seen_s <= self.hold_s]
        missed = list(self._tracks)
        for head in found:
            track = min(missed, key=lambda one: head_distance(one.head, head), default=None)
            if track is not None and _same(track.head, head):
                missed.remove(track)
                self._cover_gap(track, head, now_s)
                track.head, track.seen_s = head, now_s
            elif not any(one.seen_s == now_s and _same(one.head, head) for one in self._tracks):
                self._cover_past(head, now_s)
                self._tracks.append(_Track(head, now_s))
        return found + [self._held(track.head, now_s - track.seen_s) for track in missed]

    def _cover_past(self, head: Head, time_s: float) -> None:
        """Hides a head in the frames that wait, in which it was not found."""
        for one in self._waiting:
            until_s = time_s - one.frame.time_s
            if until_s <= self.hold_s:
                one.heads.append(self._held(head, until_s))

    def _cover_gap(self, track: _Track, head: Head, time_s: float) -> None:
        """Hides a head that is back in the frames between, on its way."""
        for one in self._waiting:
            since_s = one.frame.time_s - track.seen_s
            if since_s > 0:
                one.heads.append(between(track.head, head, since_s / (time_s - track.seen_s)))

    def _held(self, head: Head, away_s: float) -> Head:
        """A head so many seconds before or after it was seen."""
        return grown(head, 1 + _GROWTH * away_s / self.hold_s) if self.hold_s > 0 else head

    def _let_go(self, count: int) -> list[Pair]:
        """Hides the heads of the frames that waited longest."""
        done = [self._waiting.popleft() for _ in range(count)]
        return [(_hidden(one, self.mode), one.result) for one in done]


def _hidden(one: _Waiting, mode: HideMode) -> Frame:
    return replace(one.frame, image=hide_heads(one.frame.image, one.heads, mode)) if one.heads else one.frame


def _same(a: Head, b: Head) -> bool:
    return head_distance(a, b) < _SAME_DISTANCE and 1 / _SAME_SIZE < a.size / max(b.size, 1e-6) < _SAME_SIZE
