"""The region of interest of a face: centre, size and angle from five points, and the box around it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smile_edge.geometry.scalar import FaceRoi, face_rois
from smile_edge.types import FloatArray

__all__ = [
    "FACE_BOX",
    "LABELLED_BOX",
    "BoxProportions",
    "average_box",
    "face_angle",
    "face_distances",
    "face_roi",
    "roi_box",
    "roi_distance",
    "roi_distances",
    "upside_down",
]


class BoxProportions(NamedTuple):
    """The box of an average upright face, in face sizes."""

    half_width: float
    half_height: float
    up: float
    """How far its middle lies above the region's."""


FACE_BOX = BoxProportions(1.03, 1.41, 0.17)
"""The box that records give. Medians over 9,000 upright faces in the wild with boxes drawn as in WIDER FACE."""
LABELLED_BOX = BoxProportions(1.0, 1.38, 0.18)
"""The box that the detector was taught where a face had points and no box, and that its rescoring expects.
The two overlap by 0.95 (IoU)."""


def face_roi(five: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
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


def face_angle(five: npt.ArrayLike) -> FloatArray:
    """The angle of `face_roi` alone: `(...)` rad of faces `(..., 5, 2)` px."""
    points: FloatArray = np.asarray(five, np.float32)
    right, left = points[..., 0, :], points[..., 1, :]
    eyes, mouth = right + left, points[..., 3, :] + points[..., 4, :]
    across, down = left - right, (mouth - eyes) / 2
    angle: FloatArray = np.arctan2(across[..., 1] - down[..., 0], across[..., 0] + down[..., 1])
    return angle


def upside_down(five: npt.ArrayLike) -> FloatArray:
    """Five points `(..., 5, 2)` px of the same face turned by half a turn in its place."""
    five = np.asarray(five, np.float32)
    return np.asarray(2 * face_roi(five)[0][..., None, :] - five, np.float32)


def average_box(five: npt.ArrayLike, proportions: BoxProportions = FACE_BOX) -> FloatArray:
    """The upright box `(..., 4)` left, top, width, height around faces given by five points `(..., 5, 2)` px.

    It holds the ellipse that fills the box of the upright face, turned with the face.
    """
    five = np.asarray(five, np.float32)
    boxes = [roi_box(face, proportions) for face in face_rois(five.reshape(-1, 5, 2))]
    return np.array(boxes, np.float32).reshape(*five.shape[:-2], 4)


def roi_box(face: FaceRoi, proportions: BoxProportions = FACE_BOX) -> tuple[float, float, float, float]:
    """`average_box` of one face: left, top, width, height px."""
    cos, sin = face.size * math.cos(face.angle), face.size * math.sin(face.angle)
    half_width = math.hypot(proportions.half_width * cos, proportions.half_height * sin)
    half_height = math.hypot(proportions.half_width * sin, proportions.half_height * cos)
    x, y = face.x + proportions.up * sin, face.y - proportions.up * cos
    return x - half_width, y - half_height, 2 * half_width, 2 * half_height


def face_distances(a: FloatArray, b: FloatArray) -> FloatArray:
    """How far apart faces are: `(n, m)` distances of their middles over the larger face's size.

    The middle between eyes and mouth and the size do not depend on how a face is turned; boxes and their overlap would.

    Args:
        a: five points `(n, 5, 2)` px.
        b: five points `(m, 5, 2)` px.
    """
    return np.asarray(roi_distances(face_rois(a), face_rois(b)), np.float32)


def roi_distances(a: Sequence[FaceRoi], b: Sequence[FaceRoi]) -> npt.NDArray[np.float64]:
    """`face_distances` of faces in the places `a` and `b`."""
    x, y, size = np.array(a).reshape(-1, 4)[:, :3].T[..., None]  # (n, 1) each
    other_x, other_y, other_size = np.array(b).reshape(-1, 4)[:, :3].T  # (m,) each
    larger = np.maximum(np.maximum(size, other_size), 1e-6)
    return np.asarray(np.hypot(x - other_x, y - other_y) / larger, np.float64)


def roi_distance(a: FaceRoi, b: FaceRoi) -> float:
    """The distance of two faces: for the few of a frame plain numbers have it before numpy has begun."""
    return math.hypot(a.x - b.x, a.y - b.y) / max(a.size, b.size, 1e-6)
