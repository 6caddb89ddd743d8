"""Affine matrices: of crops, their inverses, and points moved by them.

Pixel coordinates put the centre of the first pixel at (0, 0), x to the right and y down, as `cv2.warpAffine` does.
Angles are in radians, positive when the face is turned clockwise as seen on the screen.
"""

import numpy as np
import numpy.typing as npt

from smile_edge.types import FloatArray

__all__ = ["apply_affine", "crop_matrix", "invert_affine", "invert_similarity", "similarity_about"]


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


def similarity_about(
    source_centre: np.ndarray, target_centre: np.ndarray, scale: float, angle: float, mirror: bool = False
) -> np.ndarray:
    """`(2, 3)`: turns by `angle` rad, scales, optionally mirrors first, and carries one centre onto the other."""
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]], np.float32)
    if mirror:
        linear[:, 0] *= -1
    shift = np.asarray(target_centre, np.float32) - linear @ np.asarray(source_centre, np.float32)
    return np.concatenate([linear, shift[:, None]], 1)
