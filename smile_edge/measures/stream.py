"""Measures of the faces of a stream: made when they are asked for, in the order of the frames.

Measuring a face by itself takes longer than measuring it with others, and not everybody asks. But how far an eye is
shut depends on what its track has shown before. So frames wait, and are measured together: up to the one that is asked
for, or all of them when `_WAITING` do. Who asks for what, and when, changes nothing but the last digits.
"""

import threading
from collections import deque
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from smile_edge.measures.blink import BlinkBaseline
from smile_edge.measures.camera import Lens
from smile_edge.measures.measure import measure_faces
from smile_edge.measures.values import FaceMeasures
from smile_edge.types import FloatArray

__all__ = ["FrameMeasures", "StreamMeasures"]

_WAITING = 32
"""Frames that wait at most: enough that measuring them together pays, and done in half a millisecond a face."""
_EYES = 256
"""Tracks whose open eyes are remembered."""


class _Arguments(NamedTuple):
    """What `measure_faces` takes of one frame."""

    points: FloatArray
    five: FloatArray
    lens: Lens
    visible: FloatArray | None
    expression: FloatArray | None


class FrameMeasures:
    """The measures of the faces of one frame, see `StreamMeasures.frame`."""

    __slots__ = ("_stream", "arguments", "found", "ids", "time_s")

    def __init__(
        self,
        stream: "StreamMeasures",
        ids: Sequence[int],
        time_s: float,
        arguments: _Arguments,
    ) -> None:
        self._stream, self.ids, self.time_s, self.arguments = stream, ids, time_s, arguments
        self.found: list[FaceMeasures] | None = None

    def of(self, row: int) -> FaceMeasures:
        """The measures of the face in that row; any thread may ask."""
        if self.found is None:
            self._stream.measure_until(self)
        assert self.found is not None
        return self.found[row]


class StreamMeasures:
    """What was measured along one stream.

    Example:
        >>> frame = StreamMeasures().frame([3], points, five, lens, time_s=0.0)
        >>> frame.of(0).pose.yaw
        11.0
    """

    def __init__(self) -> None:
        self._waiting: deque[FrameMeasures] = deque()
        self._eyes: dict[int, tuple[BlinkBaseline, float]] = {}
        self._lock = threading.Lock()

    def frame(
        self,
        ids: Sequence[int],
        points: FloatArray,
        five: FloatArray,
        lens: Lens,
        time_s: float,
        visible: FloatArray | None = None,
        expression: FloatArray | None = None,
    ) -> FrameMeasures:
        """The next frame.

        Args:
            ids: the track of each of `k` faces.
            points: `(k, 49, 2)` or `(k, 70, 2)` px, as `measure_faces` takes them; kept, so not to be written to.
            five: `(k, 5, 2)` px, the five points of the same faces.
            lens: the camera for frames of this size.
            time_s: when the frame was taken.
            visible: `(k, 70)`, see `measure_faces`; in all frames of a stream or in none.
            expression: `(k, 51)`, see `measure_faces`; in all frames of a stream or in none.
        """
        frame = FrameMeasures(self, ids, time_s, _Arguments(points, five, lens, visible, expression))
        self._waiting.append(frame)
        if len(self._waiting) >= _WAITING:
            self.measure_until(frame)
        return frame

    def measure_until(self, frame: FrameMeasures) -> None:
        """Measures the frames that wait, up to this one."""
        with self._lock:
            due: list[FrameMeasures] = []
            while frame.found is None and (not due or due[-1] is not frame):
                due.append(self._waiting.popleft())
            for _, together in groupby(due, lambda one: one.arguments.lens):
                self._measure(list(together))
            if len(self._eyes) > _EYES:
                latest = sorted(self._eyes.items(), key=lambda item: item[1][1])[-_EYES // 2 :]
                self._eyes = dict(latest)

    def _measure(self, frames: Sequence[FrameMeasures]) -> None:
        """Measures frames of one camera, oldest first."""
        eyes = [self._eyes_of(track, frame.time_s) for frame in frames for track in frame.ids]
        given = [frame.arguments for frame in frames]
        measures = iter(
            measure_faces(
                np.concatenate([one.points for one in given]),
                np.concatenate([one.five for one in given]),
                given[0].lens,
                eyes,
                visible=_joined([one.visible for one in given]),
                expression=_joined([one.expression for one in given]),
            )
        )
        for frame in frames:
            frame.found = [next(measures) for _ in frame.ids]

    def _eyes_of(self, track: int, time_s: float) -> tuple[BlinkBaseline, float]:
        """The baseline of a track's eyes, and the seconds since its last frame."""
        eyes, last_s = self._eyes.get(track, (None, time_s))
        eyes = eyes or BlinkBaseline()
        self._eyes[track] = eyes, time_s
        return eyes, max(time_s - last_s, 0.0)


def _joined(parts: Sequence[FloatArray | None]) -> FloatArray | None:
    """The rows of all frames; None where one has none."""
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None
