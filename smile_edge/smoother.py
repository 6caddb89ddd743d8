"""One-Euro filter on the points of one face, in units of the face's size.

Casiez, Roussel, Vogel: "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
CHI 2012. The cut-off frequency of a first-order low-pass rises with the speed of the point: a still face loses its
jitter, a moving one its lag.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["OneEuroSmoother", "SmoothingSettings"]

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SmoothingSettings:
    """How much to smooth; speeds are in face sizes (`geometry.face_frame`) a second, so any face may be any size."""

    min_cutoff_hz: float = 0.8
    """Cut-off of a face at rest: lower damps more."""
    beta: float = 4.0
    """Rise of the cut-off, Hz for each face size a second: higher lags less."""
    speed_cutoff_hz: float = 2.0
    """Cut-off of the low-pass on each point's own speed."""
    common_cutoff_hz: float = 12.0
    """Cut-off of the low-pass on the speed that all points share: their mean is quiet, so it may react at once."""
    max_gap_s: float = 0.25
    """A longer time without this face starts afresh: its old place says nothing any more."""


class OneEuroSmoother:
    """The filter of one face. Time comes with each call; no clock is read."""

    def __init__(self, settings: SmoothingSettings | None = None) -> None:
        self.settings = settings or SmoothingSettings()
        self._time_s: float | None = None
        self._raw = self._points = self._velocity = self._common = np.empty(0, np.float32)

    def reset(self) -> None:
        """Forgets the past: the next points come out as they went in."""
        self._time_s = None

    def smooth(self, points: FloatArray, size_px: float, time_s: float) -> FloatArray:
        """Filters one frame's points.

        Args:
            points: `(n, 2)` px.
            size_px: size of the face, as `geometry.face_frame` gives it.
            time_s: when the frame was taken; a time that does not advance, or a gap beyond `max_gap_s`, resets.

        Returns:
            `(n, 2)` px.
        """
        step = None if self._time_s is None else time_s - self._time_s
        self._time_s = time_s
        if step is None or not 0 < step <= self.settings.max_gap_s:
            self._raw = self._points = np.array(points, np.float32)
            self._velocity = np.zeros_like(self._raw)
            self._common = np.zeros(2, np.float32)
            return self._points.copy()
        velocity = (points - self._raw) / (step * max(size_px, 1.0))  # (n, 2) face sizes a second
        common = velocity.mean(0)  # (2,): the head moves as one
        own = velocity - common
        self._common = self._common + _weight(self.settings.common_cutoff_hz, step) * (common - self._common)
        self._velocity = self._velocity + _weight(self.settings.speed_cutoff_hz, step) * (own - self._velocity)
        # One speed for both axes: the result must not depend on how the face is turned.
        speed = np.hypot(*(self._velocity + self._common).T)[:, None]  # (n, 1)
        weight = _weight(self.settings.min_cutoff_hz + self.settings.beta * speed, step)
        self._points = (self._points + weight * (points - self._points)).astype(np.float32, copy=False)
        self._raw = np.array(points, np.float32)
        return self._points.copy()


def _weight(cutoff_hz: npt.ArrayLike, step_s: float) -> FloatArray:
    """Share of the new value in a first-order low-pass."""
    turn = np.asarray(cutoff_hz, np.float32) * np.float32(2 * math.pi * step_s)
    return turn / (turn + 1)
