"""Geometry of the few faces of a frame in plain numbers: what `geometry` does for arrays of any size.

A call of numpy takes a microsecond or more before it computes anything, and several where a model has just emptied the
caches; a frame of a stream would spend a fifth of its time there.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smile_edge.types import FloatArray

__all__ = ["FaceRoi", "boxes_after", "crop_matrices", "face_rois", "inverses"]


class FaceRoi(NamedTuple):
    """Where a face lies: `geometry.face_roi` of one face."""

    x: float
    """Of its centre, px."""
    y: float
    size: float
    """px."""
    angle: float
    """rad."""


def face_rois(five: npt.NDArray[np.floating]) -> list[FaceRoi]:
    """`geometry.face_roi` of each face given by five points `(k, 5, 2)` px."""
    result = []
    for (ax, ay), (bx, by), _, (cx, cy), (dx, dy) in five.tolist():
        across_x, across_y = bx - ax, by - ay
        down_x, down_y = (cx + dx - ax - bx) / 2, (cy + dy - ay - by) / 2
        size = max(math.hypot(across_x, across_y), math.hypot(down_x, down_y))
        angle = math.atan2(across_y - down_x, across_x + down_y)
        result.append(FaceRoi((ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4, size, angle))
    return result


def crop_matrices(faces: Sequence[FaceRoi], crop_scale: float, crop_px: int, crop_shift: float = 0.0) -> FloatArray:
    """`geometry.crop_matrix` `(k, 2, 3)` of squares of `crop_scale` face sizes; a face under one px counts as one.

    Their centres lie `crop_shift` face sizes below the faces', along each face's own axis.
    """
    middle, rows = (crop_px - 1) / 2, []
    above = middle - crop_shift * crop_px / crop_scale  # where the face's centre lies in its crop
    for x, y, size, angle in faces:
        scale = crop_px / (crop_scale * max(size, 1.0))
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        rows.append(((cos, sin, middle - cos * x - sin * y), (-sin, cos, above + sin * x - cos * y)))
    return np.array(rows, np.float32).reshape(-1, 2, 3)


def inverses(matrices: FloatArray) -> tuple[list[tuple[float, float, float, float]], FloatArray]:
    """The inverse of similarities `(k, 2, 3)`, such as `crop_matrix` makes.

    Returns:
        For each `(cos, sin, x, y)` of its inverse `[[cos, -sin, x], [sin, cos, y]]`, and the inverses `(k, 2, 3)`.
    """
    parts = []
    for (cos, sin, x), (_, _, y) in matrices.tolist():
        square = cos * cos + sin * sin
        parts.append((cos / square, sin / square, (sin * y - cos * x) / square, -(sin * x + cos * y) / square))
    rows = [((cos, -sin, x), (sin, cos, y)) for cos, sin, x, y in parts]
    return parts, np.array(rows, np.float32).reshape(-1, 2, 3)


def boxes_after(boxes_xywh: FloatArray, parts: Sequence[tuple[float, float, float, float]]) -> FloatArray:
    """`geometry.rotated_box_xywh` `(k, 4)` of boxes `(k, 4)`, each after the similarity of its `(cos, sin, x, y)`."""
    result = []
    for (left, top, width, height), (cos, sin, x, y) in zip(boxes_xywh.tolist(), parts, strict=True):
        half_width, half_height = width / 2, height / 2
        middle_x, middle_y = left + half_width, top + half_height
        reach_x = math.hypot(cos * half_width, sin * half_height)
        reach_y = math.hypot(sin * half_width, cos * half_height)
        centre_x, centre_y = cos * middle_x - sin * middle_y + x, sin * middle_x + cos * middle_y + y
        result.append((centre_x - reach_x, centre_y - reach_y, 2 * reach_x, 2 * reach_y))
    return np.array(result, np.float32).reshape(-1, 4)
