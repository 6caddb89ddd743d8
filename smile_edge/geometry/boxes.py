"""Boxes, their overlaps, and boxes after a turn.

Pixel coordinates put the centre of the first pixel at (0, 0), x to the right and y down.
"""

import numpy as np
import numpy.typing as npt

from smile_edge.types import FloatArray

__all__ = ["box_from_points_xywh", "iou_xyxy", "letterbox_scale", "rotated_box_xywh", "xywh_to_xyxy"]


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
