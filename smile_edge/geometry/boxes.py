"""Similarity transforms, face crops, boxes and their overlaps: pure numpy, no OpenCV, no model.

Pixel coordinates put the centre of the first pixel at (0, 0), x to the right and y down, as `cv2.warpAffine` does.
Angles are in radians, positive when the face is turned clockwise as seen on the screen.
"""

import numpy as np
import numpy.typing as npt

from smile_edge.types import FloatArray

__all__ = [
    "apply_affine",
    "box_from_points_xywh",
    "crop_matrix",
    "face_frame",
    "invert_affine",
    "invert_similarity",
    "iou_xyxy",
    "letterbox_scale",
    "rotated_box_xywh",
    "upside_down",
    "xywh_to_xyxy",
]


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


def crop_matrix(centre: npt.ArrayLike, side_px: npt.ArrayLike, angle: npt.ArrayLike, crop_px: int) -> FloatArray:
    """Affine matrices from frame pixels to the pixels of an upright square crop.

    Args:
        centre: `(..., 2)` px, lands on the crop's centre.
        side_px: `(...)` side of the square in frame px.
        angle: `(...)` rad, the face's own angle, taken off.
        crop_px: side of the crop.

    Returns:
        `(..., 2, 3)`; `cv2.warpAffine(frame, matrix, (crop_px, crop_px))` cuts the crop.
    """
    centre = np.asarray(centre, np.float32)
    scale = crop_px / np.asarray(side_px, np.float32)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    middle = (crop_px - 1) / 2
    matrix = np.empty((*centre.shape[:-1], 2, 3), np.float32)
    matrix[..., 0, 0], matrix[..., 0, 1] = cos, sin
    matrix[..., 1, 0], matrix[..., 1, 1] = -sin, cos
    matrix[..., 0, 2] = middle - cos * centre[..., 0] - sin * centre[..., 1]
    matrix[..., 1, 2] = middle + sin * centre[..., 0] - cos * centre[..., 1]
    return matrix


def apply_affine(matrix: npt.ArrayLike, points: npt.ArrayLike) -> FloatArray:
    """Points `(..., n, 2)` px moved by matrices `(..., 2, 3)`."""
    matrix = np.asarray(matrix, np.float32)
    moved: FloatArray = np.asarray(points, np.float32) @ matrix[..., :2].swapaxes(-1, -2) + matrix[..., None, :, 2]
    return moved


def invert_affine(matrix: npt.ArrayLike) -> FloatArray:
    """The inverse of affine matrices `(..., 2, 3)`."""
    matrix = np.asarray(matrix, np.float64)
    linear = np.linalg.inv(matrix[..., :2])
    shift = -linear @ matrix[..., 2:]
    return np.concatenate([linear, shift], -1).astype(np.float32)


def invert_similarity(matrix: npt.ArrayLike) -> FloatArray:
    """The inverse of similarities `(..., 2, 3)`, such as `crop_matrix` makes: a turn's inverse is its transpose."""
    matrix = np.asarray(matrix, np.float64)
    cos, sin = matrix[..., 0, 0], matrix[..., 0, 1]
    linear = matrix[..., :2].swapaxes(-1, -2) / (cos * cos + sin * sin)[..., None, None]
    inverse = np.empty(matrix.shape, np.float32)
    inverse[..., :2], inverse[..., 2:] = linear, -(linear @ matrix[..., 2:])
    return inverse


def letterbox_scale(width: int, height: int, long_side: int) -> float:
    """The factor that brings the longer side of an image down to `long_side` px; one where it is no longer."""
    return min(long_side / max(width, height), 1.0)


def xywh_to_xyxy(boxes: npt.ArrayLike) -> FloatArray:
    """Boxes `(..., 4)` from x, y, width, height to left, top, right, bottom."""
    boxes = np.asarray(boxes, np.float32)
    return np.concatenate([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], -1)


def iou_xyxy(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Intersection over union of every box in `a (n, 4)` with every box in `b (m, 4)`: `(n, m)` in 0..1."""
    a, b = np.asarray(a, np.float32).reshape(-1, 4), np.asarray(b, np.float32).reshape(-1, 4)
    (left_a, top_a, right_a, bottom_a), (left_b, top_b, right_b, bottom_b) = a.T[..., None], b.T
    width = np.minimum(right_a, right_b) - np.maximum(left_a, left_b)  # (n, m)
    height = np.minimum(bottom_a, bottom_b) - np.maximum(top_a, top_b)
    overlap = np.maximum(width, 0) * np.maximum(height, 0)
    union = (right_a - left_a) * (bottom_a - top_a) + (right_b - left_b) * (bottom_b - top_b) - overlap
    iou: FloatArray = overlap / np.maximum(union, 1e-9)
    return iou


def rotated_box_xywh(boxes_xywh: npt.ArrayLike, matrix: npt.ArrayLike) -> FloatArray:
    """Axis-aligned boxes `(n, 4)` around faces after one similarity `(2, 3)`, or after one each, `(n, 2, 3)`.

    One box may stand for all. The face is taken as the ellipse inscribed in its box, so the result stays tight at 45
    degrees, where the bounding box of the turned rectangle would be 41 % too wide.
    """
    boxes, matrix = np.asarray(boxes_xywh, np.float32).reshape(-1, 1, 4), np.asarray(matrix, np.float32)
    half = boxes[..., 2:] / 2  # (n, 1, 2)
    linear, shift = matrix[..., :2].swapaxes(-1, -2), matrix[..., None, :, 2]
    centre = (boxes[..., :2] + half) @ linear + shift
    extent = np.sqrt((half * half) @ (linear * linear))
    return np.concatenate([centre - extent, extent + extent], -1)[:, 0]


def box_from_points_xywh(points: npt.ArrayLike, margin: float = 0.0) -> FloatArray:
    """The box around points `(..., n, 2)` px, widened on each side by `margin` times its longer side: `(..., 4)`."""
    points = np.asarray(points, np.float32)
    low, high = points.min(-2), points.max(-2)
    pad = margin * (high - low).max(-1, keepdims=True)
    return np.concatenate([low - pad, high - low + 2 * pad], -1)
