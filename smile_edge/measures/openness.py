"""How far eyes and mouth are open: ratios of distances, 0 where a face has no extent."""

import math
from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from smile_edge.topology import FIVE_POINTS, TOPOLOGY_49
from smile_edge.types import FloatArray

__all__ = ["ROWS", "Openness", "openness"]

_ACROSS_EYE = ((1, 5), (2, 4), (0, 3))
"""Pairs of an eye's points (corner, two upper, corner, two lower): as far apart as it is high, twice, and wide."""
_ACROSS_LIPS = ((5, 0), (4, 1), (3, 2))
"""Pairs of the inner lip's points: lower, upper."""


class Openness(TypedDict):
    """Ratios, see `records.Face`."""

    eye_open: tuple[float, float]
    mouth_open: float


def openness(read: FloatArray) -> Openness:
    """The ratios in `ROWS @ points`, `(8, 2)` px."""
    vectors = read.tolist()
    span = [math.hypot(*vector) for vector in vectors[:6]]  # px
    return Openness(
        eye_open=(_eye_open(*span[:3]), _eye_open(*span[3:])),
        mouth_open=_mouth_open(*vectors[6:]),
    )


def _eye_open(first_px: float, second_px: float, width_px: float) -> float:
    """Height, taken in two places, over width of an eye (Soukupova and Cech, 2016)."""
    return _ratio((first_px + second_px) / 2, width_px)


def _mouth_open(gap: Sequence[float], down: Sequence[float]) -> float:
    """Part of the gap between the lips along the eyes-to-mouth axis, over its length; lips that cross count as shut."""
    along = gap[0] * down[0] + gap[1] * down[1]
    return max(_ratio(along, down[0] ** 2 + down[1] ** 2), 0.0)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 1e-6 else 0.0


def _rows() -> npt.NDArray[np.float64]:
    """The vectors across the right eye (rows 0-2), the left eye (3-5) and the lips (6, mean of three), and from the
    eyes to the mouth (7)."""
    points = np.eye(TOPOLOGY_49.count)
    right_eye, left_eye, lip = (points[list(TOPOLOGY_49.groups[n])] for n in ("right_eye", "left_eye", "inner_lip"))
    five = TOPOLOGY_49.readout_matrix(FIVE_POINTS)
    eyes = [eye[start] - eye[end] for eye in (right_eye, left_eye) for start, end in _ACROSS_EYE]
    gap = np.mean([lip[lower] - lip[upper] for lower, upper in _ACROSS_LIPS], 0)
    down = five[3:5].mean(0) - five[0:2].mean(0)
    return np.stack([*eyes, gap, down])


ROWS = _rows()
