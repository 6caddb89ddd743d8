"""The region of interest of a face: centre, size and angle from five points, and the box around it."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from smile_edge.geometry.scalar import Placed, places
from smile_edge.types import FloatArray

__all__ = ["box_around", "face_box", "face_distances", "face_frame", "upside_down"]


_HALF_WIDTH, _HALF_HEIGHT, _UP = 1.03, 1.41, 0.17
"""The box of an upright face in face sizes: half its sides, and how far its middle lies above the face frame's.
Medians over 9,000 upright faces in the wild with boxes drawn in the WIDER FACE manner."""


def face_frame(five: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Centre, size and in-plane angle of faces from their five points.

    The centre lies midway between the middle of the eyes and the middle of the mouth. The size is the larger of the
    inter-ocular distance and the eyes-to-mouth distance, so that a profile face keeps its size. The angle averages the
    direction of the eye line with that of the eyes-to-mouth axis turned by a quarter, so neither alone decides.

    Args:
        five: `(..., 5, 2)` px in the order of `topology.FIVE_POINTS`.

    Returns:
        `centre (..., 2)` px, `size (...)` px, `angle (...)` rad.
    """
    points: FloatArray = np.asarray(five, np.float32)
    # Sums of slices: on the few faces of a frame numpy's mean and norm would cost more than they compute.
    right, left = points[..., 0, :], points[..., 1, :]
    eyes, mouth = right + left, points[..., 3, :] + points[..., 4, :]  # twice their middles
    across, down = left - right, (mouth - eyes) / 2
    across_x, across_y, down_x, down_y = across[..., 0], across[..., 1], down[..., 0], down[..., 1]
    centre = np.asarray((eyes + mouth) / 4, np.float32)
    size: FloatArray = np.maximum(np.hypot(across_x, across_y), np.hypot(down_x, down_y))
    angle: FloatArray = np.arctan2(across_y - down_x, across_x + down_y)
    return centre, size, angle


def upside_down(five: npt.ArrayLike) -> FloatArray:
    """Five points `(..., 5, 2)` px of the same face turned by half a turn in its place."""
    five = np.asarray(five, np.float32)
    return np.asarray(2 * face_frame(five)[0][..., None, :] - five, np.float32)


def face_box(five: npt.ArrayLike) -> FloatArray:
    """The upright box `(..., 4)` left, top, width, height around faces given by five points `(..., 5, 2)` px."""
    five = np.asarray(five, np.float32)
    boxes = [_box(face) for face in places(five.reshape(-1, 5, 2))]
    return np.array(boxes, np.float32).reshape(*five.shape[:-2], 4)


def _box(face: Placed) -> tuple[float, float, float, float]:
    """Left, top, width, height around the ellipse that fills the box of the upright face, turned with the face."""
    cos, sin = face.size * math.cos(face.angle), face.size * math.sin(face.angle)
    half_width = math.hypot(_HALF_WIDTH * cos, _HALF_HEIGHT * sin)
    half_height = math.hypot(_HALF_WIDTH * sin, _HALF_HEIGHT * cos)
    x, y = face.x + _UP * sin, face.y - _UP * cos
    return x - half_width, y - half_height, 2 * half_width, 2 * half_height


def face_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """How far apart faces are: `(n, m)` distances of their middles over the larger face's size.

    The middle between eyes and mouth and the size do not depend on how a face is turned; boxes and their overlap would.

    Args:
        a: five points `(n, 5, 2)` px.
        b: five points `(m, 5, 2)` px.
    """
    return np.asarray(_distances(places(a), places(b)), np.float32)


def _distances(a: Sequence[Placed], b: Sequence[Placed]) -> npt.NDArray[np.float64]:
    """`face_distances` of faces in the places `a` and `b`."""
    x, y, size = np.array(a).reshape(-1, 4)[:, :3].T[..., None]  # (n, 1) each
    other_x, other_y, other_size = np.array(b).reshape(-1, 4)[:, :3].T  # (m,) each
    larger = np.maximum(np.maximum(size, other_size), 1e-6)
    return np.asarray(np.hypot(x - other_x, y - other_y) / larger, np.float64)


def _distance(a: Placed, b: Placed) -> float:
    """The distance of two faces: for the few of a frame plain numbers have it before numpy has begun."""
    return math.hypot(a.x - b.x, a.y - b.y) / max(a.size, b.size, 1e-6)


def box_around(five: np.ndarray) -> np.ndarray:
    """A face box `(4,)` xywh px from five points, in the proportions that boxes have around points in these packs."""
    centre, size, angle = face_frame(five)
    half = np.array([1.0, 1.38], np.float32) * size
    turn = np.abs([[np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    extent = np.sqrt((turn**2) @ half**2)
    middle = centre + np.array([np.sin(angle), -np.cos(angle)]) * 0.18 * size
    return np.concatenate([middle - extent, 2 * extent]).astype(np.float32)
