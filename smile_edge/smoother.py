"""One-Euro filter on the points of the faces of a stream, in units of each face's size.

Casiez, Roussel, Vogel: "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
CHI 2012. The cut-off frequency of a first-order low-pass rises with the speed of the point: a still face loses its
jitter, a moving one its lag.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["OneEuroSmoother", "SmoothingSettings"]

FloatArray = npt.NDArray[np.float32]
_Number = TypeVar("_Number", float, FloatArray)


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
    """The filters of all faces of one stream. Time comes with each call; no clock is read.

    The faces share arrays, a row each: a call of numpy takes as long for one small face as for several.
    """

    def __init__(self, settings: SmoothingSettings | None = None) -> None:
        self.settings = settings or SmoothingSettings()
        self._speed_cutoffs_hz = (self.settings.common_cutoff_hz, self.settings.speed_cutoff_hz)
        self.reset()

    def reset(self) -> None:
        """Forgets the past: the next points come out as they went in."""
        self._ids: list[int] = []
        self._seen_s: list[float] = []
        self._state = np.empty((4, 0, 0, 2), np.float32)

    def smooth(self, ids: Sequence[int], points: FloatArray, size_px: Sequence[float], time_s: float) -> FloatArray:
        """Filters one frame's points.

        Args:
            ids: which faces these are, `k` different ones.
            points: `(k, n, 2)` px, `n` the same in all calls.
            size_px: size of each face, as `geometry.face_frame` gives it.
            time_s: when the frame was taken. The filter of a face starts afresh where that is not later than when it
                was last seen, or later by more than `max_gap_s`.

        Returns:
            `(k, n, 2)` px.
        """
        count = len(ids)
        if self._ids[:count] != list(ids):
            self._arrange(ids, points.shape[1], time_s)
        raw, smoothed, own, common = self._state[:, :count]  # each (k, n, 2)
        steps = [time_s - seen_s for seen_s in self._seen_s[:count]]
        self._seen_s[:count] = [time_s] * count
        for row, step in enumerate(steps):
            if not 0 < step <= self.settings.max_gap_s:
                raw[row] = smoothed[row] = points[row]
                own[row] = common[row] = 0
                steps[row] = self.settings.max_gap_s  # any: the points have not moved since

        turns = [2 * math.pi * step for step in steps]
        units = [step * max(size, 1.0) for step, size in zip(steps, size_px, strict=True)]
        weights = [[_weight(cutoff * turn) for turn in turns] for cutoff in self._speed_cutoffs_hz]
        # One number a face, to be multiplied with all of its points: each (k, 1, 1).
        turn, unit, common_weight, own_weight = np.array([turns, units, *weights], np.float32)[..., None, None]
        velocity = (points - raw) / unit  # (k, n, 2) face sizes a second
        mean = self._mean @ velocity  # (k, 1, 2): the head moves as one
        common += common_weight * (mean - common)
        own += own_weight * (velocity - mean - own)
        # One speed for both axes: the result must not depend on how the face is turned.
        total = own + common
        speed = np.hypot(total[..., :1], total[..., 1:])  # (k, n, 1)
        smoothed += _weight((self.settings.min_cutoff_hz + self.settings.beta * speed) * turn) * (points - smoothed)
        raw[:] = points
        filtered: FloatArray = smoothed.copy()
        return filtered

    def _arrange(self, ids: Sequence[int], points: int, time_s: float) -> None:
        """Gives each of `ids` a row of the state, in their order; behind them wait the faces that may yet come back."""
        known = {face: row for row, face in enumerate(self._ids)}
        young = [face for face, row in known.items() if time_s - self._seen_s[row] <= self.settings.max_gap_s]
        waiting = [face for face in young if face not in ids]
        self._ids = [*ids, *waiting]
        self._seen_s = [self._seen_s[known[face]] if face in known else -math.inf for face in self._ids]
        # The mean of the points as a product: numpy's own takes five times as long along a middle axis.
        self._mean = np.full((1, points), 1 / points, np.float32)
        state = np.zeros((4, len(self._ids), points, 2), np.float32)
        for row, face in enumerate(self._ids):
            if face in known:
                state[:, row] = self._state[:, known[face]]
        self._state = state


def _weight(turn: _Number) -> _Number:
    """Share of the new value in a first-order low-pass; `turn` is 2 pi times the cut-off times the step."""
    weight: _Number = turn / (turn + 1)
    return weight
