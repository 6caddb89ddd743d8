"""Upright square crops of faces: what the landmarker reads, and what the detector looks at a second time."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.geometry.scalar import crop_matrices, face_rois
from smile_edge.types import FloatArray, Image

__all__ = ["Item", "cut_crop", "cut_crops"]

Item = tuple[Image, npt.NDArray[np.float32]]
"""A frame `(h, w, 3)` BGR and the five points `(5, 2)` px of one face in it."""


def cut_crop(image: Image, matrix: FloatArray, crop_px: int, canvas: Image | None = None) -> Image:
    """One upright crop `(crop_px, crop_px, 3)`, zero outside the image.

    A face much larger than the crop is first shrunk by a whole factor with area averaging: bilinear sampling alone
    would skip most of its pixels, and what it skips comes back as jitter.

    Args:
        image: `(h, w, 3)`.
        matrix: `(2, 3)` similarity from the image's px to the crop's.
        crop_px: side of the crop.
        canvas: `(h, w, 4)` to work in, its content is lost. OpenCV samples four channels more than twice as fast as
            three, so the part of the image around the face is copied to there first. The crop is the same.
    """
    return _cut(image, matrix, crop_px, canvas)[..., :3]


def _cut(image: Image, matrix: FloatArray, crop_px: int, canvas: Image | None) -> Image:
    """`cut_crop`, with a fourth channel of no meaning where it was worked in."""
    factor = max(int(1 / max(math.hypot(matrix[0, 0], matrix[0, 1]), 1e-6)), 1)
    if factor > 1 or canvas is not None:
        left, top, right, bottom = _surroundings(image, matrix, crop_px, margin=factor)
        # Whole blocks from the frame's corner on: a moving face does not shift them, and a shrunk frame has the same.
        left, top = left // factor * factor, top // factor * factor
        columns, rows = (right - left) // factor, (bottom - top) // factor
        if columns > 0 and rows > 0:
            region = image[top : top + rows * factor, left : left + columns * factor]
            if factor > 1:
                shrunk = cv2.resize(region, (columns, rows), interpolation=cv2.INTER_AREA)
                image = cv2.cvtColor(shrunk, cv2.COLOR_BGR2BGRA)  # type: ignore[assignment]
                shift = np.array([left, top], np.float32) + (factor - 1) / 2
                matrix = np.column_stack([matrix[:, :2] * factor, matrix[:, :2] @ shift + matrix[:, 2]])
            elif canvas is not None:
                cv2.cvtColor(region, cv2.COLOR_BGR2BGRA, canvas[top:bottom, left:right])
                image = canvas
    return cv2.warpAffine(image, matrix, (crop_px, crop_px), flags=cv2.INTER_LINEAR)  # type: ignore[return-value]


def _surroundings(image: Image, matrix: FloatArray, crop_px: int, margin: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what a crop shows of an image, and `margin` px more, within the image."""
    (cos, sin, x), (_, _, y) = matrix.tolist()
    square = cos * cos + sin * sin
    x, y = (crop_px - 1) / 2 - x, (crop_px - 1) / 2 - y
    centre_x, centre_y = (cos * x - sin * y) / square, (sin * x + cos * y) / square
    reach = (crop_px + 1) / 2 * (abs(cos) + abs(sin)) / square + margin  # one px beyond the crop's outermost pixels
    height, width = image.shape[:2]
    left, right = max(int(centre_x - reach), 0), min(int(centre_x + reach) + 2, width)
    top, bottom = max(int(centre_y - reach), 0), min(int(centre_y + reach) + 2, height)
    return left, top, right, bottom


def cut_crops(
    items: Sequence[Item],
    crop_px: int,
    crop_scale: float,
    out: FloatArray,
    canvas: Image | None = None,
    crop_shift: float = 0.0,
    mirrored: bool = False,
) -> FloatArray:
    """Cuts one crop for each face into `out`.

    Args:
        items: frames and five points of `k` faces.
        crop_px: side of the crop.
        crop_scale: side of the crop in face sizes (see `geometry.face_roi`).
        out: `(>= k, 3, crop_px, crop_px)` filled with BGR 0..255.
        canvas: `(>= h, >= w, 4)` for the largest frame, its content is lost; makes it faster (see `cut_crop`).
        crop_shift: how far the crop's centre lies below the face's along the face's own axis, in face sizes.
        mirrored: `out` gets the crops as a mirror shows them.

    Returns:
        `(k, 2, 3)` matrices from frame px to the px of crops that are not mirrored.
    """
    faces = face_rois(np.array([five for _, five in items], np.float32).reshape(-1, 5, 2))
    matrices = crop_matrices(faces, crop_scale, crop_px, crop_shift)
    stack = np.empty((4, crop_px, crop_px), np.uint8)
    planes, shown = list(stack), stack[:3, :, ::-1] if mirrored else stack[:3]
    for row, (image, _) in enumerate(items):
        room = None if canvas is None else canvas[: image.shape[0], : image.shape[1]]
        crop = _cut(image, matrices[row], crop_px, room)
        # Channel by channel: one transposed copy takes longer, and so do planes that OpenCV must make.
        cv2.split(crop, planes[: crop.shape[2]])
        out[row] = shown
    return matrices  # (k, 2, 3)
