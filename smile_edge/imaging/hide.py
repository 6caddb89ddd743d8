"""Heads made unrecognisable in a picture.

What is left of a head is a few cells, however it is hidden: a blur whose strength did not go with the head could be
undone on a large one. The smooth blur is made of the same few cells and so holds no more than they do.
"""

import math
from collections.abc import Sequence
from typing import Literal, get_args

import cv2
import numpy as np

from smile_edge.errors import UsageError
from smile_edge.geometry.heads import Head, heads_around, reaches
from smile_edge.records import Detection, Face
from smile_edge.types import Image

__all__ = ["HIDE_MODES", "HideMode", "check_mode", "heads_of", "hide_faces", "hide_heads"]

HideMode = Literal["blur", "pixelate", "fill"]
HIDE_MODES: tuple[HideMode, ...] = get_args(HideMode)
"""How a head can be hidden."""

CELLS = 6
"""Cells along the longer side of a hidden head; about four of them lie across the face."""
LEAST_CELL_PX = 3.0
"""A cell is not smaller than this: a small head is hidden by fewer cells."""
_FILL_BGR = (56, 56, 56)
"""One colour for all: a mean of its own would tell the tone of a skin."""
_SHIFT = 4
"""Fractional bits of the positions given to OpenCV."""


def hide_faces(image: Image, faces: Sequence[Face | Detection], mode: HideMode = "blur") -> Image:
    """A copy of the image in which the heads of these faces cannot be recognised.

    It hides what it is given. `pipeline.head_finder.HeadFinder` finds more heads than the faces of a record are.

    Args:
        image: `(h, w, 3)` BGR.
        faces: faces of a record, or detections, in the image's pixels.
        mode: `blur`, `pixelate` or `fill`.

    Raises:
        UsageError: another mode.

    Example:
        >>> hidden = hide_faces(image, pipeline.process(image).faces, mode="pixelate")
    """
    return hide_heads(image, heads_of(faces), mode)


def hide_heads(image: Image, heads: Sequence[Head], mode: HideMode = "blur") -> Image:
    """`hide_faces` of heads; parts of them that lie outside of the image are cut off.

    Raises:
        UsageError: another mode.
    """
    check_mode(mode)
    hidden = np.ascontiguousarray(image).copy()
    for head in heads:
        _hide(hidden, head, mode)
    return hidden


def heads_of(faces: Sequence[Face | Detection]) -> list[Head]:
    """The heads around faces of a record, or around detections."""
    return heads_around(
        np.array([face.box for face in faces], np.float64).reshape(-1, 4),
        np.array([_five_points(face) for face in faces], np.float32).reshape(-1, 5, 2),
    )


def check_mode(mode: str) -> HideMode:
    """The mode of this name.

    Raises:
        UsageError: there is none.
    """
    for known in HIDE_MODES:
        if mode == known:
            return known
    raise UsageError(f"faces can be hidden by {', '.join(HIDE_MODES[:-1])} or {HIDE_MODES[-1]}. Received: {mode!r}")


def _five_points(face: Face | Detection) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    """Five points `(5, 2)` px with the sides that the image shows: those of a mirrored face would cancel its angle."""
    if isinstance(face, Detection):
        return face.points
    return (face.with_sides_swapped() if face.mirrored else face).five_points()


def _hide(image: Image, head: Head, mode: HideMode) -> None:
    """Hides one head in its place."""
    height, width = image.shape[:2]
    reach_x, reach_y = reaches(head)
    left, right = max(math.floor(head.x - reach_x), 0), min(math.ceil(head.x + reach_x) + 1, width)
    top, bottom = max(math.floor(head.y - reach_y), 0), min(math.ceil(head.y + reach_y) + 1, height)
    if left >= right or top >= bottom:
        return
    view = image[top:bottom, left:right]
    mask = np.zeros(view.shape[:2], np.uint8)
    centre = (round((head.x - left) * (1 << _SHIFT)), round((head.y - top) * (1 << _SHIFT)))
    axes = (round(head.half_width * (1 << _SHIFT)), round(head.half_height * (1 << _SHIFT)))
    cv2.ellipse(mask, centre, axes, math.degrees(head.angle), 0, 360, 255, cv2.FILLED, cv2.LINE_8, _SHIFT)
    if mode == "fill":
        view[mask > 0] = _FILL_BGR
        return
    cv2.copyTo(_in_cells(view, max(reach_x, reach_y), smooth=mode == "blur"), mask, view)


def _in_cells(view: Image, reach_px: float, *, smooth: bool) -> Image:
    """The part of an image around a head of which its cells' means are left."""
    cell_px = max(2 * reach_px / CELLS, LEAST_CELL_PX)
    columns, rows = (max(round(extent / cell_px), 1) for extent in view.shape[1::-1])
    means = cv2.resize(view, (columns, rows), interpolation=cv2.INTER_AREA)
    method = cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(means, view.shape[1::-1], interpolation=method), np.uint8)
