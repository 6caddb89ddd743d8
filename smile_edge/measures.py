"""What the 49 points say about a face: places, in-plane turn, how far eyes and mouth are open, its box."""

from typing import TypedDict

import numpy as np
import numpy.typing as npt

from smile_edge.geometry import face_frame, rotated_box_xywh
from smile_edge.topology import TOPOLOGY_49

__all__ = ["Measures", "face_box", "measure"]

FloatArray = npt.NDArray[np.float32]

_RIGHT_EYE, _LEFT_EYE, _INNER_LIP = (list(TOPOLOGY_49.groups[n]) for n in ("right_eye", "left_eye", "inner_lip"))
_PLACES = ("right_eye", "left_eye", "nose", "mouth")
_HALF_WIDTH, _HALF_HEIGHT, _UP = 1.03, 1.41, 0.17
"""The box of an upright face in face sizes: half its sides, and how far its middle lies above the face frame's.
Medians over 9,000 upright faces in the wild with boxes drawn in the WIDER FACE manner."""


class Measures(TypedDict):
    """The fields of `records.Face` that follow from its points."""

    roll: float
    eye_open: tuple[float, float]
    mouth_open: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]
    nose: tuple[float, float]
    mouth: tuple[float, float]


def measure(points: npt.ArrayLike) -> Measures:
    """Everything `records.Face` derives from points `(49, 2)` px; ratios are 0 where a face has no extent."""
    points = np.asarray(points, np.float32)
    five = TOPOLOGY_49.five_points(points)
    _, _, angle = face_frame(five)
    places = (TOPOLOGY_49.readout_matrix(_PLACES) @ points).astype(float)  # (4, 2) px
    right_eye, left_eye, nose, mouth = ((float(x), float(y)) for x, y in places)
    return Measures(
        roll=float(np.degrees(angle)),
        eye_open=(_eye_open(points[_RIGHT_EYE]), _eye_open(points[_LEFT_EYE])),
        mouth_open=_mouth_open(points[_INNER_LIP], five),
        right_eye=right_eye,
        left_eye=left_eye,
        nose=nose,
        mouth=mouth,
    )


def face_box(five: npt.ArrayLike) -> FloatArray:
    """The upright box `(..., 4)` left, top, width, height around faces given by five points `(..., 5, 2)` px."""
    centre, size, angle = face_frame(five)
    cos, sin = size * np.cos(angle), size * np.sin(angle)
    matrix = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    matrix = np.concatenate([matrix, centre[..., None]], -1)  # (..., 2, 3)
    unit = np.array([-_HALF_WIDTH, -_HALF_HEIGHT - _UP, 2 * _HALF_WIDTH, 2 * _HALF_HEIGHT], np.float32)
    boxes = rotated_box_xywh(np.broadcast_to(unit, (size.size, 4)), matrix.reshape(-1, 2, 3))
    return boxes.reshape(*size.shape, 4)


def _eye_open(eye: FloatArray) -> float:
    """Height over width of an eye `(6, 2)`: corner, two upper, corner, two lower (Soukupova and Cech, 2016)."""
    height = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
    return _ratio(height / 2, np.linalg.norm(eye[0] - eye[3]))


def _mouth_open(inner: FloatArray, five: FloatArray) -> float:
    """Gap of the inner lips `(6, 2)` along the eyes-to-mouth axis over its length; lips that cross count as shut."""
    axis = five[3:5].mean(0) - five[0:2].mean(0)
    length = np.linalg.norm(axis)
    gap = (inner[[5, 4, 3]] - inner[[0, 1, 2]]).mean(0) @ axis
    return max(_ratio(gap, length**2), 0.0)


def _ratio(part: npt.ArrayLike, whole: npt.ArrayLike) -> float:
    whole = float(np.asarray(whole))
    return float(np.asarray(part)) / whole if whole > 1e-6 else 0.0
