"""Measures of the faces of a stream: made when they are asked for, in the order of the frames.

Measuring a face takes longer than tracking it, and not everybody asks. But how far an eye is shut depends on what its
track has shown before, so frames that wait are measured first, all faces of a frame at once.
"""

import threading
from collections import deque
from collections.abc import Sequence

from smile_edge.measures.blink import BlinkBaseline
from smile_edge.measures.camera import Lens
from smile_edge.measures.measure import measure_faces
from smile_edge.measures.values import FaceMeasures
from smile_edge.types import FloatArray

__all__ = ["FrameMeasures", "StreamMeasures"]

_WAITING = 64
"""Frames that wait to be measured; of older ones that nobody asked for, eyes learn nothing."""
_EYES = 256
"""Tracks whose open eyes are remembered."""


class FrameMeasures:
    """The measures of the faces of one frame, see `StreamMeasures.frame`."""

    __slots__ = ("_arguments", "_found", "_ids", "_stream", "_time_s")

    def __init__(
        self,
        stream: "StreamMeasures",
        ids: Sequence[int],
        time_s: float,
        arguments: tuple[FloatArray, FloatArray, Lens],
    ) -> None:
        self._stream, self._ids, self._time_s, self._arguments = stream, ids, time_s, arguments
        self._found: list[FaceMeasures] | None = None

    def of(self, row: int) -> FaceMeasures:
        """The measures of the face in that row; any thread may ask."""
        if self._found is None:
            self._stream.measure_until(self)
        assert self._found is not None
        return self._found[row]

    def measure(self, eyes: dict[int, tuple[BlinkBaseline, float]]) -> None:
        """Measures all faces; `eyes`: baseline and time of the last frame by track, brought up to this frame."""
        if self._found is not None:
            return
        known = []
        for track in self._ids:
            baseline, last_s = eyes.get(track, (None, self._time_s))
            baseline = baseline or BlinkBaseline()
            eyes[track] = baseline, max(last_s, self._time_s)
            known.append((baseline, max(self._time_s - last_s, 0.0)))
        inner, five, lens = self._arguments
        self._found = measure_faces(inner, five, lens, known)


class StreamMeasures:
    """What was measured along one stream.

    Example:
        >>> frame = StreamMeasures().frame([3], inner, five, lens, time_s=0.0)
        >>> frame.of(0).pose.yaw
        11.0
    """

    def __init__(self) -> None:
        self._waiting: deque[FrameMeasures] = deque(maxlen=_WAITING)
        self._eyes: dict[int, tuple[BlinkBaseline, float]] = {}
        self._lock = threading.Lock()

    def frame(
        self, ids: Sequence[int], inner: FloatArray, five: FloatArray, lens: Lens, time_s: float
    ) -> FrameMeasures:
        """The next frame.

        Args:
            ids: the track of each of `k` faces.
            inner: `(k, 49, 2)` px, the points of `TOPOLOGY_49`; kept, so not to be written to.
            five: `(k, 5, 2)` px, the five points of the same faces.
            lens: the camera for frames of this size.
            time_s: when the frame was taken.
        """
        frame = FrameMeasures(self, ids, time_s, (inner, five, lens))
        self._waiting.append(frame)
        return frame

    def measure_until(self, frame: FrameMeasures) -> None:
        """Measures the frames that wait, up to this one."""
        with self._lock:
            while self._waiting and frame in self._waiting:
                self._waiting.popleft().measure(self._eyes)
            frame.measure(self._eyes)  # one that had waited for too long
            if len(self._eyes) > _EYES:
                latest = sorted(self._eyes.items(), key=lambda item: item[1][1])[-_EYES // 2 :]
                self._eyes = dict(latest)
