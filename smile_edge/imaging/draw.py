"""The overlay: each face's parts as smooth coloured lines and dots that scale with the face.

Colours go with the subject, so on an upright face the eye at the image's left is blue and the one at its right red;
nose green, mouth white, and each brow in a lighter tint of its eye.
"""

import math
from collections.abc import Collection, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from smile_edge.geometry.face_roi import face_roi
from smile_edge.imaging.face_lines import SMALL_SIZE_PX, face_lines
from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.measure import SEEN_FROM
from smile_edge.records import Face
from smile_edge.topology import TOPOLOGY_70
from smile_edge.types import FloatArray, Image

__all__ = ["COLOURS_BGR", "DEFAULT_DRAWN", "DRAWN", "draw_faces", "draw_ids", "draw_status"]

Colour = tuple[int, int, int]
Chosen = npt.NDArray[np.bool_]

COLOURS_BGR: dict[str, Colour] = {
    "jaw": (200, 200, 200),
    "right_brow": (255, 190, 120),
    "left_brow": (140, 140, 255),
    "nose_bridge": (90, 220, 70),
    "nostrils": (90, 220, 70),
    "right_eye": (255, 120, 20),
    "left_eye": (50, 50, 245),
    "outer_lip": (255, 255, 255),
    "inner_lip": (255, 255, 255),
    "right_iris": (255, 170, 90),
    "left_iris": (110, 110, 255),
}
"""By group of `topology.TOPOLOGY_70`."""

DRAWN = ("points", "axes", "box")
"""What can be drawn of a face."""
DEFAULT_DRAWN = ("points", "box")
_AXES_BGR: tuple[Colour, Colour, Colour] = ((60, 60, 240), (80, 210, 80), (240, 140, 40))
"""To the face's left, up and forwards: red, green and blue, as is usual for x, y and z."""

_SHIFT = 4
"""Fractional bits of the positions given to OpenCV: drawn to 1/16 px, else small faces tremble."""

_SHADE: Colour = (24, 24, 24)
_SHADE_OPACITY = 0.4
_SHADED_FROM_PX, _DOTTED_FROM_PX = 40.0, 40.0
"""Face sizes from which lines have a dark rim and points a dot: on smaller faces those would fill eyes and mouth."""
_COVERED_OPACITY = 0.3
"""Of what is drawn of points that are covered."""
_FAINTEST = 0.6
"""Opacity of the lines of the smallest faces, since a line cannot be thinner than a pixel."""
_BOX_COLOUR: Colour = (235, 235, 235)
_BOX_OPACITY = 0.75
_BOX_SHADE_OPACITY = 0.35


def draw_faces(
    image: Image, faces: Sequence[Face], draw: Collection[str] = DEFAULT_DRAWN, *, ids: bool = True
) -> Image:
    """A copy of the image with every face drawn on it.

    Args:
        image: `(h, w, 3)` BGR.
        faces: in the image's pixels; those outside it are cut off.
        draw: some of `DRAWN`: lines and dots, the axes of the head, the corners of the box.
        ids: the number of each face, where its box or its points are drawn.
    """
    annotated = np.ascontiguousarray(image).copy()
    for face in faces:
        if not (np.isfinite(face.inner_points()).all() and np.isfinite(face.box).all()):
            continue
        _draw_box(annotated, face, "box" in draw, ids and bool({"box", "points"} & set(draw)))
        if "points" in draw:
            _draw_landmarks(annotated, face.points, face.visible)
        if "axes" in draw:
            _draw_axes(annotated, face)
    return annotated


def draw_ids(image: Image, faces: Sequence[Face]) -> Image:
    """A copy of the image with the number of each face above its box, and nothing else."""
    annotated = np.ascontiguousarray(image).copy()
    for face in faces:
        if np.isfinite(face.box).all():
            _draw_box(annotated, face, False, True)
    return annotated


def draw_status(image: Image, text: str, *, bottom: bool = False) -> Image:
    """A copy of the image with one line of text in its top left corner, or in the bottom one."""
    annotated = np.ascontiguousarray(image).copy()
    scale = max(min(image.shape[1] / 1200, 1.2), 0.4)
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    pad = max(round(height * 0.6), 4)
    top = max(image.shape[0] - height - below - 2 * pad, 0) if bottom else 0
    panel = annotated[top : top + height + below + 2 * pad, : width + 2 * pad]
    panel[:] = cv2.convertScaleAbs(panel, alpha=0.35)
    anchor = (pad, top + pad + height)
    cv2.putText(annotated, text, anchor, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return annotated


def _draw_landmarks(image: Image, points: FloatArray, visible: FloatArray) -> None:
    """Lines and dots; faint where a point is more likely covered than not."""
    size = float(face_roi(TOPOLOGY_70.five_points(points))[1])  # px, about the distance between the eyes
    if not 4 <= size <= 8 * max(image.shape[:2]):
        return
    known: Chosen = np.asarray(np.isfinite(points).all(1))
    window = _window(image, points[known], 0.2 * size + 4)
    if window is None:
        return
    view, origin = window
    curves = face_lines(points, size)
    if len(curves["inner_lip"]) == 1:  # closed lips: dots above and below their line would open them
        known[list(TOPOLOGY_70.groups["inner_lip"])] = False
    seen: Chosen = ~np.asarray(visible < SEEN_FROM)  # NaN is not less: what is not known is drawn in full
    if not seen.all():
        layer = view.copy()
        _draw_parts(layer, points - origin, known, _moved(curves, origin), size)
        cv2.addWeighted(layer, _COVERED_OPACITY, view, 1 - _COVERED_OPACITY, 0, dst=view)
        curves = {group: _uncovered(lines, group, points, seen) for group, lines in curves.items()}
    _draw_parts(view, points - origin, known & seen, _moved(curves, origin), size)


def _moved(curves: dict[str, list[FloatArray]], origin: FloatArray) -> dict[str, list[npt.NDArray[np.int32]]]:
    return {group: [_fixed(line - origin) for line in lines] for group, lines in curves.items()}


def _uncovered(lines: list[FloatArray], group: str, points: FloatArray, seen: Chosen) -> list[FloatArray]:
    """Of the curves through a group's points the parts that lie nearer to a clear one than to one that is covered."""
    indices = [i for i in TOPOLOGY_70.groups[group] if np.isfinite(points[i]).all()]
    parts = []
    for line in lines:
        nearest = np.linalg.norm(line[:, None] - points[indices], axis=-1).argmin(1)
        shown = seen[indices][nearest]  # (n,)
        cuts = np.flatnonzero(np.diff(shown)) + 1
        pieces = zip(np.split(line, cuts), np.split(shown, cuts), strict=True)
        parts += [piece for piece, flags in pieces if flags[0] and len(piece) > 1]
    return parts


def _draw_parts(
    view: Image, points: FloatArray, drawn: Chosen, lines: dict[str, list[npt.NDArray[np.int32]]], size: float
) -> None:
    """Lines and dots over a soft dark rim, which keeps the white mouth readable on bright skin.

    Args:
        view: changed in place.
        points: `(70, 2)` px of the view.
        drawn: `(70,)` which of them have a dot.
        lines: as OpenCV takes them, by group.
        size: of the face, px.
    """
    width = max(round(size / 75), 1)
    radius = size / 50 if size >= _DOTTED_FROM_PX else 0.0
    centres = _fixed(np.where(drawn[:, None], points, 0))
    dots = {group: [centres[i] for i in TOPOLOGY_70.groups[group] if drawn[i] and radius] for group in lines}
    if size >= _SHADED_FROM_PX:
        shade = view.copy()
        for group in lines:
            _draw_group(shade, lines[group], dots[group], _SHADE, width + 2, radius + 1)
        cv2.addWeighted(shade, _SHADE_OPACITY, view, 1 - _SHADE_OPACITY, 0, dst=view)
    opacity = min(_FAINTEST + (1 - _FAINTEST) * size / SMALL_SIZE_PX, 1)
    layer = view if opacity == 1 else view.copy()
    for group in lines:
        _draw_group(layer, lines[group], dots[group], COLOURS_BGR[group], width, radius)
    if opacity < 1:
        cv2.addWeighted(layer, opacity, view, 1 - opacity, 0, dst=view)


def _draw_group(
    image: Image,
    lines: Sequence[npt.NDArray[np.int32]],
    dots: Sequence[npt.NDArray[np.int32]],
    colour: Colour,
    width: int,
    radius_px: float,
) -> None:
    """The curves and the dots of one group."""
    cv2.polylines(image, lines, False, colour, width, cv2.LINE_AA, _SHIFT)
    for centre in dots:
        _dot(image, centre, radius_px, colour)


def _draw_axes(image: Image, face: Face) -> None:
    """The head's axes from the tip of the nose, the nearest last, as long as the eyes are apart where seen in full."""
    if not all(map(math.isfinite, face.pose)):
        return
    right, left, mouth = np.array(face.right_eye), np.array(face.left_eye), np.array(face.mouth)
    length = float(max(np.hypot(*(left - right)), np.hypot(*(mouth - (left + right) / 2))))
    if not 8 <= length <= 4 * max(image.shape[:2]):
        return
    start = np.array(face.nose, np.float32)
    axes = rotation_of(face.pose).T  # rows: to the face's left, up, forwards; x right, y up, z to the camera
    width = max(round(length / 28), 1)
    for index in np.argsort(axes[:, 2]):
        end = start + length * axes[index, :2] * (1, -1)
        for colour, extra in ((_SHADE, 2), (_AXES_BGR[index], 0)):
            cv2.arrowedLine(image, _pair(start), _pair(end), colour, width + extra, cv2.LINE_AA, _SHIFT, tipLength=0.18)


def _pair(point: npt.NDArray[np.floating]) -> tuple[int, int]:
    x, y = np.rint(point * (1 << _SHIFT)).astype(int).tolist()
    return x, y


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


def _fixed(points: FloatArray) -> npt.NDArray[np.int32]:
    """Positions `(n, 2)` px as OpenCV's fixed-point numbers."""
    return np.rint(points * (1 << _SHIFT)).astype(np.int32)


def _dot(image: Image, centre: npt.NDArray[np.int32], radius_px: float, colour: Colour) -> None:
    position = (int(centre[0]), int(centre[1]))
    cv2.circle(image, position, round(radius_px * (1 << _SHIFT)), colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
