"""Distance of the lids over the width of the eye, as it is seen: of any points, and as the blink measure reads it."""

import numpy as np

from smile_edge.measures import blink
from smile_edge.topology import TOPOLOGY_49

__all__ = ["eye_vectors", "lid_ratios", "readout_ratios"]

_EYES = [list(TOPOLOGY_49.groups[name]) for name in ("right_eye", "left_eye")]
_ACROSS = np.array([(1, 5), (2, 4), (0, 3)])
"""Pairs of an eye's points: lids, lids, corners."""


def lid_ratios(inner: np.ndarray) -> np.ndarray:
    """Mean distance of the lids over the distance of the corners (Soukupova and Cech, 2016).

    Args:
        inner: `(n, 49, 2)` px.

    Returns:
        `(n, 2)`: of the right and the left eye.
    """
    eyes = inner[:, _EYES]  # (n, 2, 6, 2) px
    return _ratios(eyes[:, :, _ACROSS[:, 0]] - eyes[:, :, _ACROSS[:, 1]])


def readout_ratios(inner: np.ndarray) -> np.ndarray:
    """`lid_ratios` with the points of the eyes where the readout of `smile_edge.measures.blink` puts them.

    It is the openness of a record before the pose is corrected for: what compares with labels of the same image.
    """
    return _ratios(eye_vectors(inner).reshape(-1, 2, 3, 2))


def eye_vectors(inner: np.ndarray) -> np.ndarray:
    """What the columns of `blink.WEIGHTS` read: `(n, 12)` in the face's own frame, from points `(n, 49, 2)` px."""
    five = TOPOLOGY_49.five_points(inner).astype(np.float64) @ [1, 1j]  # (n, 5): x + iy px
    right_eye, left_eye, _, mouth_right, mouth_left = five.T
    down = (mouth_right + mouth_left - right_eye - left_eye) / 2
    axis = (left_eye - right_eye - 1j * down) / 2  # along the eyes; its length is the unit
    centre = (right_eye + left_eye + mouth_right + mouth_left) / 4
    own = (inner.astype(np.float64) @ [1, 1j] - centre[:, None]) / np.where(axis == 0, 1, axis)[:, None]  # (n, 49)
    columns, bias = blink.WEIGHTS
    return np.stack([own.real, own.imag], -1).reshape(-1, 2 * TOPOLOGY_49.count) @ columns + bias


def _ratios(vectors: np.ndarray) -> np.ndarray:
    """`(n, 2)` from vectors `(n, 2, 3, 2)` across each eye."""
    first, second, width = np.moveaxis(np.linalg.norm(vectors, axis=-1), -1, 0)
    return (first + second) / 2 / np.maximum(width, 1e-6)
