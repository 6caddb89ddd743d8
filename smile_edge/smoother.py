"""One-Euro filter on the points of the faces of a stream, in units of each face's size.

Casiez, Roussel, Vogel: "1€ Filter: A Simple Speed-based Low-pass Filter for Noisy Input in Interactive Systems",
CHI 2012. The cut-off frequency of a first-order low-pass rises with the speed of the point: a still face loses its
jitter, a moving one its lag.
"""

import math
from collections.abc import Sequence
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
    """The filters of all faces of one stream. Time comes with each call; no clock is read.

    The faces share arrays, a row each: a call of numpy takes as long for one small face as for several. A point is a
    complex number x + iy, so that one call moves it and one has its length.
    """

    def __init__(self, settings: SmoothingSettings | None = None) -> None:
        self.settings = settings or SmoothingSettings()
        self.reset()

    def reset(self) -> None:
        """Forgets the past: the next points come out as they went in."""
        self._ids: list[int] = []
        self._seen_s: list[float] = []
        self._state = np.empty((3, 0, 0), np.complex64)
        self._common: list[complex] = []

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
        raw, smoothed, own = self._state[:, :count]  # each (k, n)
        places = np.ascontiguousarray(points, np.float32).view(np.complex64)[..., 0]  # (k, n)
        steps_s = [time_s - seen_s for seen_s in self._seen_s[:count]]
        self._seen_s[:count] = [time_s] * count
        for row, step_s in enumerate(steps_s):
            if not 0 < step_s <= self.settings.max_gap_s:
                raw[row] = smoothed[row] = places[row]
                own[row] = self._common[row] = 0
                steps_s[row] = self.settings.max_gap_s  # any: the points have not moved since

        moved = places - raw
        raw[:] = places
        complexes, reals = [], []
        for row, (step_s, size, mean) in enumerate(zip(steps_s, size_px, (moved @ self._mean).tolist(), strict=True)):
            turn, px = 2 * math.pi * step_s, step_s * max(size, 1.0)  # px in a step at a speed of one
            common_weight = _weight(self.settings.common_cutoff_hz * turn)
            own_weight = _weight(self.settings.speed_cutoff_hz * turn)
            # The head moves as one: the mean of its points is a speed of its own.
            self._common[row] += common_weight * (mean / px - self._common[row])
            complexes.append((own_weight * mean / px, self._common[row]))
            rest, rise = self.settings.min_cutoff_hz * turn, self.settings.beta * turn
            reals.append((own_weight / px, 1 - own_weight, rest, rise))
        # One number a face, to be combined with all of its points: each (k, 1).
        own_mean, common = np.array(complexes, np.complex64).reshape(-1, 2).T[..., None]
        own_share, kept, at_rest, rises = np.array(reals, np.float32).reshape(-1, 4).T[..., None]
        # In place wherever it can be: for so few numbers a new array costs more than the sum.
        own *= kept
        moved *= own_share
        moved -= own_mean
        own += moved
        # One speed for both axes: the result must not depend on how the face is turned.
        weight = np.abs(np.add(own, common, out=moved))
        weight *= rises
        weight += at_rest
        weight /= weight + 1  # `_weight`
        filtered = np.subtract(places, smoothed, out=moved)
        filtered *= weight
        filtered += smoothed
        smoothed[:] = filtered
        result: FloatArray = filtered.view(np.float32).reshape(points.shape)
        return result

    def _arrange(self, ids: Sequence[int], points: int, time_s: float) -> None:
        """Gives each of `ids` a row of the state, in their order; behind them wait the faces that may yet come back."""
        known = {face: row for row, face in enumerate(self._ids)}
        young = [face for face, row in known.items() if time_s - self._seen_s[row] <= self.settings.max_gap_s]
        waiting = [face for face in young if face not in ids]
        self._ids = [*ids, *waiting]
        self._seen_s = [self._seen_s[known[face]] if face in known else -math.inf for face in self._ids]
        self._common = [self._common[known[face]] if face in known else 0j for face in self._ids]
        # The mean of the points as a product: numpy's own takes five times as long.
        self._mean = np.full(points, 1 / points, np.complex64)
        state = np.zeros((3, len(self._ids), points), np.complex64)
        for row, face in enumerate(self._ids):
            if face in known:
                state[:, row] = self._state[:, known[face]]
        self._state = state


def _weight(turn: float) -> float:
    """Share of the new value in a first-order low-pass; `turn` is 2 pi times the cut-off times the step."""
    return turn / (turn + 1)
