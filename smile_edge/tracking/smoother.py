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

from smile_edge.errors import UsageError
from smile_edge.types import FloatArray

__all__ = ["OneEuroSmoother", "SmoothingSettings"]


@dataclass(frozen=True, slots=True)
class SmoothingSettings:
    """How much to smooth; speeds are in face sizes (`geometry.face_roi`) a second, so any face may be any size."""

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

    @classmethod
    def of_strength(cls, strength: float) -> "SmoothingSettings":
        """The settings of a strength above 0 and up to 1: 0.5 are the defaults, and each 0.25 more halves the cut-offs.

        Raises:
            UsageError: another strength.
        """
        if not 0 < strength <= 1:
            raise UsageError(f"the strength of smoothing must be above 0 and at most 1. Received: {strength}")
        factor = 4.0 ** (1 - 2 * strength)
        usual = cls()
        return cls(min_cutoff_hz=usual.min_cutoff_hz * factor, beta=usual.beta * factor)


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
        self._places, self._terms = _state(0, 0)
        self._common: list[complex] = []

    def smooth(self, ids: Sequence[int], points: FloatArray, size_px: Sequence[float], time_s: float) -> FloatArray:
        """Filters one frame's points.

        Args:
            ids: which faces these are, `k` different ones.
            points: `(k, n, 2)` px, `n` the same in all calls.
            size_px: size of each face, as `geometry.face_roi` gives it.
            time_s: when the frame was taken. The filter of a face starts afresh where that is not later than when it
                was last seen, or later by more than `max_gap_s`.

        Returns:
            `(k, n, 2)` px.
        """
        count = len(ids)
        if self._ids[:count] != list(ids):
            self._arrange(ids, points.shape[1], time_s)
        raw, smoothed = self._places[:, :count]  # each (k, n)
        terms = self._terms[:count]  # (k, 3, n)
        moved = terms[:, 1]
        places = np.ascontiguousarray(points, np.float32).view(np.complex64)[..., 0]  # (k, n)
        steps_s = [time_s - seen_s for seen_s in self._seen_s[:count]]
        self._seen_s[:count] = [time_s] * count
        for row, step_s in enumerate(steps_s):
            if not 0 < step_s <= self.settings.max_gap_s:
                raw[row] = smoothed[row] = places[row]
                terms[row, 0] = self._common[row] = 0
                steps_s[row] = self.settings.max_gap_s  # any: the points have not moved since

        np.subtract(places, raw, out=moved)
        raw[:] = places
        factors, dampers = [], []
        for row, (step_s, size, mean) in enumerate(zip(steps_s, size_px, (moved @ self._mean).tolist(), strict=True)):
            turn, px = 2 * math.pi * step_s, step_s * max(size, 1.0)  # px in a step at a speed of one
            common_weight = _weight(self.settings.common_cutoff_hz * turn)
            own_weight = _weight(self.settings.speed_cutoff_hz * turn)
            # The head moves as one: the mean of its points is a speed of its own.
            self._common[row] += common_weight * (mean / px - self._common[row])
            kept, share, less = 1 - own_weight, own_weight / px, own_weight * mean / px
            factors.append(((kept, share, -less), (kept, share, self._common[row] - less)))
            dampers.append((self.settings.beta * turn, self.settings.min_cutoff_hz * turn + 1))
        # In one product and in place wherever it can be: for so few numbers each call costs more than the sums.
        speeds = np.array(factors, np.complex64).reshape(-1, 2, 3) @ terms  # (k, 2, n): each point's own, and all of it
        terms[:, 0] = speeds[:, 0]
        rises, at_rest = np.array(dampers, np.float32).reshape(-1, 2).T[..., None]  # (k, 1) each
        # One speed for both axes: the result must not depend on how the face is turned.
        damping = np.abs(speeds[:, 1])
        damping *= rises
        damping += at_rest
        behind = places - smoothed
        behind /= damping  # what is left of the way: one less `_weight`
        np.subtract(places, behind, out=smoothed)
        result: FloatArray = smoothed.copy().view(np.float32).reshape(points.shape)
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
        places, terms = _state(len(self._ids), points)
        for row, face in enumerate(self._ids):
            if face in known:
                places[:, row], terms[row] = self._places[:, known[face]], self._terms[known[face]]
        self._places, self._terms = places, terms


def _state(faces: int, points: int) -> tuple[npt.NDArray[np.complex64], npt.NDArray[np.complex64]]:
    """Last places, raw and smoothed, `(2, k, n)` px; and what a speed is made of, `(k, 3, n)`: each point's own speed
    so far, how far it moved, and one, for what all points share."""
    terms = np.zeros((faces, 3, points), np.complex64)
    terms[:, 2] = 1
    return np.zeros((2, faces, points), np.complex64), terms


def _weight(turn: float) -> float:
    """Share of the new value in a first-order low-pass; `turn` is 2 pi times the cut-off times the step."""
    return turn / (turn + 1)
