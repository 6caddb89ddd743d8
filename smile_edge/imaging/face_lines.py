"""The lines that a face is drawn with: curves through its points, fewer on a small face, one for closed lips."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from smile_edge.types import FloatArray

__all__ = ["SMALL_SIZE_PX", "face_lines"]

SMALL_SIZE_PX = 28.0
"""Face size (see `geometry.face_roi`) below which few lines are drawn: the box is about 80 px high."""

CLOSED_GAP = 0.045
"""Gap between the lips, in face sizes, up to which `mouth_open` is 0."""
CLOSED_PX = 1.2
"""A gap that has no room between two lines is drawn closed as well."""

_STEPS = 6
"""Straight pieces between two points of a curve."""

# A group is drawn as these runs of points: a curve bends within a run, and the corners of eyes and lips stay sharp.
_RUNS: dict[str, tuple[tuple[int, ...], ...]] = {
    "jaw": (tuple(range(0, 17)),),
    "right_brow": (tuple(range(17, 22)),),
    "left_brow": (tuple(range(22, 27)),),
    "nose_bridge": (tuple(range(27, 31)),),
    "nostrils": (tuple(range(31, 36)),),
    "right_eye": ((36, 37, 38, 39), (39, 40, 41, 36)),
    "left_eye": ((42, 43, 44, 45), (45, 46, 47, 42)),
    "outer_lip": (tuple(range(48, 55)), (*range(54, 60), 48)),
    "right_iris": (),
    "left_iris": (),
}
_SMALL_RUNS: dict[str, tuple[tuple[int, ...], ...]] = {"nostrils": _RUNS["nostrils"]}
_EYES = {"right_eye": (36, 37, 38, 39, 40, 41), "left_eye": (42, 43, 44, 45, 46, 47)}
_UPPER_LIP, _LOWER_LIP = (61, 62, 63), (67, 66, 65)
_INNER_CORNERS, _OUTER_CORNERS = (60, 64), (48, 54)
_LIP_THICKNESS = 0.15
"""Where an inner corner of the mouth lies that the model does not give: so much of the way from the outer corner to the
middle of the inner lip beside it."""


def face_lines(points: FloatArray, size: float) -> dict[str, list[FloatArray]]:
    """Curves `(n, 2)` px by group of `topology.TOPOLOGY_70`; none where one of their points is not known.

    Args:
        points: `(70, 2)` px, NaN for those that are not known.
        size: of the face, px, see `geometry.face_roi`.
    """
    if size < SMALL_SIZE_PX:
        lines = {group: _curves(points, runs) for group, runs in _SMALL_RUNS.items()}
        lines |= {group: _known([_eye(points[list(eye)])]) for group, eye in _EYES.items()}
    else:
        lines = {group: _curves(points, runs) for group, runs in _RUNS.items()}
    return lines | {"inner_lip": _known(_inner_lip(points, size))}


def _eye(six: FloatArray) -> FloatArray:
    """One line for both lids: on a small face they are nearer than a pixel."""
    return _curve(np.stack([six[0], (six[1] + six[5]) / 2, (six[2] + six[4]) / 2, six[3]]))


def _inner_lip(points: FloatArray, size: float) -> list[FloatArray]:
    """The edges of the opening between the lips, corner to corner; one line where they are closed."""
    upper, lower = points[list(_UPPER_LIP)], points[list(_LOWER_LIP)]
    middle = (upper + lower) / 2
    outer, corners = points[list(_OUTER_CORNERS)], points[list(_INNER_CORNERS)]
    guessed = outer + _LIP_THICKNESS * (middle[[0, 2]] - outer)
    right, left = np.where(np.isfinite(corners), corners, guessed)
    if np.linalg.norm(upper[1] - lower[1]) < max(CLOSED_GAP * size, CLOSED_PX):
        return [_curve(np.stack([right, *middle, left]))]
    return [_curve(np.stack([right, *edge, left])) for edge in (upper, lower)]


def _curves(points: FloatArray, runs: Sequence[tuple[int, ...]]) -> list[FloatArray]:
    return _known([_curve(points[list(run)]) for run in runs])


def _known(curves: Sequence[FloatArray]) -> list[FloatArray]:
    return [curve for curve in curves if np.isfinite(curve).all()]


def _curve(points: FloatArray) -> FloatArray:
    """A Catmull-Rom spline through `(n, 2)` points."""
    knots = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])  # (n + 2, 2)
    windows = np.stack([knots[i : len(knots) - 3 + i] for i in range(4)])  # (4, n - 1, 2)
    pieces = np.einsum("tk,knd->ntd", _spline_basis(), windows).reshape(-1, 2)
    return np.concatenate([pieces, points[-1:]]).astype(np.float32)


@cache
def _spline_basis() -> npt.NDArray[np.float32]:
    """Weights `(steps, 4)` of four neighbouring knots along the piece between the middle two."""
    t = np.linspace(0, 1, _STEPS, endpoint=False)
    weights = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    return (np.stack(weights, 1) / 2).astype(np.float32)
