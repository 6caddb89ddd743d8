"""The overlay: each face's parts as smooth coloured lines and dots that scale with the face.

Colours go with the subject, so on an upright face the eye at the image's left is blue and the one at its right red;
nose green, mouth white, and each brow in a lighter tint of its eye.
"""

import math
from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.geometry.face_roi import face_roi
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_49
from smile_edge.types import FloatArray, Image

__all__ = ["COLOURS_BGR", "draw_faces", "draw_status"]

Colour = tuple[int, int, int]

COLOURS_BGR: dict[str, Colour] = {
    "right_brow": (255, 190, 120),
    "left_brow": (140, 140, 255),
    "nose_bridge": (90, 220, 70),
    "nostrils": (90, 220, 70),
    "right_eye": (255, 120, 20),
    "left_eye": (50, 50, 245),
    "outer_lip": (255, 255, 255),
    "inner_lip": (255, 255, 255),
}
"""By group of `topology.TOPOLOGY_49`."""

# A group is drawn as these runs of points: a curve bends within a run, and the corners of eyes and lips stay sharp.
_RUNS: dict[str, tuple[tuple[int, ...], ...]] = {
    "right_brow": (tuple(range(0, 5)),),
    "left_brow": (tuple(range(5, 10)),),
    "nose_bridge": (tuple(range(10, 14)),),
    "nostrils": (tuple(range(14, 19)),),
    "right_eye": ((19, 20, 21, 22), (22, 23, 24, 19)),
    "left_eye": ((25, 26, 27, 28), (28, 29, 30, 25)),
    "outer_lip": ((31, 32, 33, 34, 35, 36, 37), (37, 38, 39, 40, 41, 42, 31)),
    "inner_lip": ((43, 44, 45, 46, 47, 48, 43),),
}

_SHIFT = 4
"""Fractional bits of the positions given to OpenCV: drawn to 1/16 px, else small faces tremble."""

_STEPS = 6
"""Straight pieces between two points of a curve."""

_SHADE: Colour = (24, 24, 24)
_SHADE_OPACITY = 0.4
_BOX_COLOUR: Colour = (235, 235, 235)
_BOX_OPACITY = 0.75
_BOX_SHADE_OPACITY = 0.35


def draw_faces(
    image: Image, faces: Sequence[Face], *, points: bool = True, boxes: bool = True, ids: bool = True
) -> Image:
    """A copy of the image with every face drawn on it.

    Args:
        image: `(h, w, 3)` BGR.
        faces: in the image's pixels; those outside it are cut off.
        points: dots on the 49 points, beside the lines.
        boxes: corners of each face's box.
        ids: the number of each face.
    """
    annotated = np.ascontiguousarray(image).copy()
    for face in faces:
        if not (np.isfinite(face.points).all() and np.isfinite(face.box).all()):
            continue
        _draw_box(annotated, face, boxes, ids)
        _draw_landmarks(annotated, face.points, points)
    return annotated


def draw_status(image: Image, text: str) -> Image:
    """A copy of the image with one line of text in its top left corner."""
    annotated = np.ascontiguousarray(image).copy()
    scale = max(min(image.shape[1] / 1200, 1.2), 0.4)
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    pad = max(round(height * 0.6), 4)
    panel = annotated[: height + below + 2 * pad, : width + 2 * pad]
    panel[:] = cv2.convertScaleAbs(panel, alpha=0.35)
    anchor = (pad, pad + height)
    cv2.putText(annotated, text, anchor, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return annotated


def _draw_landmarks(image: Image, points: FloatArray, dots: bool) -> None:
    """Lines and dots over a soft dark rim, which keeps the white mouth readable on bright skin."""
    size = float(face_roi(TOPOLOGY_49.five_points(points))[1])  # px, about the distance between the eyes
    if not 4 <= size <= 8 * max(image.shape[:2]):
        return
    window = _window(image, points, 0.2 * size + 4)
    if window is None:
        return
    view, origin = window
    line = max(round(size / 75), 1)
    radius = max(size / 42, 0.8)
    curves = {group: [_fixed(_curve(points[list(run)] - origin)) for run in runs] for group, runs in _RUNS.items()}
    centres = _fixed(points - origin)
    if size >= 28:
        shade = view.copy()
        for pieces in curves.values():
            cv2.polylines(shade, pieces, False, _SHADE, line + 2, cv2.LINE_AA, _SHIFT)
        if dots:
            for centre in centres:
                _dot(shade, centre, radius + 1, _SHADE)
        cv2.addWeighted(shade, _SHADE_OPACITY, view, 1 - _SHADE_OPACITY, 0, dst=view)
    for group, pieces in curves.items():
        cv2.polylines(view, pieces, False, COLOURS_BGR[group], line, cv2.LINE_AA, _SHIFT)
        if dots and size >= 20:
            for index in TOPOLOGY_49.groups[group]:
                _dot(view, centres[index], radius, COLOURS_BGR[group])


def _draw_box(image: Image, face: Face, corners: bool, label: bool) -> None:
    """The corners of the box and the id above it, faint enough not to compete with the face."""
    left, top, width, height = (float(value) for value in face.box)
    if not (corners or label) or min(width, height) < 8 or max(width, height) > 8 * max(image.shape[:2]):
        return
    text_px = float(np.clip(0.11 * height, 9, 28))
    box = np.array([[left, top], [left + width, top + height]], np.float32)
    window = _window(image, box, text_px + 6)
    if window is None:
        return
    view, origin = window
    (x0, y0), (x1, y1) = box - origin
    arm = 0.14 * min(width, height)
    line = max(round(min(width, height) / 180), 1)
    ends = ((x0, y0, arm, arm), (x1, y0, -arm, arm), (x1, y1, -arm, -arm), (x0, y1, arm, -arm))
    hooks = [_fixed(np.array([[x + dx, y], [x, y], [x, y + dy]], np.float32)) for x, y, dx, dy in ends]
    anchor = (round(x0), max(round(y0 - 0.35 * text_px), math.ceil(text_px)))
    stroke = max(round(text_px / 12), 1)
    for colour, extra, opacity in ((_SHADE, 2, _BOX_SHADE_OPACITY), (_BOX_COLOUR, 0, _BOX_OPACITY)):
        layer = view.copy()
        if corners:
            cv2.polylines(layer, hooks, False, colour, line + extra, cv2.LINE_AA, _SHIFT)
        if label:
            font, scale = cv2.FONT_HERSHEY_SIMPLEX, text_px / 22
            # The shade has the same weight, one pixel off: a bolder one has wider digits.
            place = (anchor[0] + extra // 2, anchor[1] + extra // 2)
            cv2.putText(layer, str(face.id), place, font, scale, colour, stroke, cv2.LINE_AA)
        cv2.addWeighted(layer, opacity, view, 1 - opacity, 0, dst=view)


def _window(image: Image, points: FloatArray, margin_px: float) -> tuple[Image, FloatArray] | None:
    """The part of the image around points `(n, 2)` px, and the position `(2,)` of its first pixel; None if outside."""
    height, width = image.shape[:2]
    low = np.floor(points.min(0) - margin_px).clip(0, (width, height)).astype(int)
    high = np.ceil(points.max(0) + margin_px).clip(0, (width, height)).astype(int)
    if (high <= low).any():
        return None
    return image[low[1] : high[1], low[0] : high[0]], low.astype(np.float32)


def _curve(points: FloatArray) -> FloatArray:
    """A Catmull-Rom spline through `(n, 2)` points; a run that ends where it began is closed smoothly."""
    closed = np.array_equal(points[0], points[-1])
    before = points[-2] if closed else 2 * points[0] - points[1]
    after = points[1] if closed else 2 * points[-1] - points[-2]
    knots = np.concatenate([before[None], points, after[None]])  # (n + 2, 2)
    windows = np.stack([knots[i : len(knots) - 3 + i] for i in range(4)])  # (4, n - 1, 2)
    pieces = np.einsum("tk,knd->ntd", _spline_basis(), windows).reshape(-1, 2)
    return np.concatenate([pieces, points[-1:]]).astype(np.float32)


@cache
def _spline_basis() -> FloatArray:
    """Weights `(steps, 4)` of four neighbouring knots along the piece between the middle two."""
    t = np.linspace(0, 1, _STEPS, endpoint=False)
    weights = [-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3]
    return (np.stack(weights, 1) / 2).astype(np.float32)


def _fixed(points: FloatArray) -> npt.NDArray[np.int32]:
    """Positions `(n, 2)` px as OpenCV's fixed-point numbers."""
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)


def _dot(image: Image, centre: npt.NDArray[np.int32], radius_px: float, colour: Colour) -> None:
    position = (int(centre[0]), int(centre[1]))
    cv2.circle(image, position, round(radius_px * (1 << _SHIFT)), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
