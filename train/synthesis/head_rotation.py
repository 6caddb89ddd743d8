"""A head turned around its neck, or bent: a profile, or a look up or down, out of a face that looks at the camera.

The pixels of a face lie on a mesh with depth, those around it on an average skull and neck; turned around the neck they
show what a camera from the side would, as far as the first one saw it (face profiling: Zhu et al., "Face Alignment
Across Large Poses: A 3D Solution", CVPR 2016).
"""

from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["MESH_POINTS", "bent_head", "bent_points", "head_width", "head_yaw", "turned_head", "turned_points"]

MESH_POINTS = 468
"""Of MediaPipe's face mesh (Kartynnik et al., 2019)."""
_RIGHT_SIDE, _LEFT_SIDE, _FOREHEAD, _BROWS, _CHIN = 234, 454, 10, 9, 152
_FACE_WIDTH_CM = 14.5
"""Between the sides of the mesh, in front of the ears: what a centimetre is in a picture."""
_SKULL_CM = (8.0, 11.0, 9.6)
"""Half axes across, up and back, hair included."""
_SKULL_UP_CM, _SKULL_BACK_CM, _NECK_BACK_CM = 3.0, 0.5, 1.0
"""Where the skull's middle and the axis lie, seen from between the ears."""
_NOD_DOWN_CM = 2.0
"""How far below that axis' height a head nods."""
_CROWN_CM = (2.0, 3.0)
"""How far below the top of its front the crown of a head that is bent down begins, and how high it is from there."""
_NECK_CM = 7.0
_BACK_OF_HEAD = 0.22
"""How far beyond the skull's outline pixels are taken for the back of the head, in its radii."""
_FINE = 6
"""Columns drawn for one of the picture."""


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a head is and how large."""

    yaw: float
    cm: float
    ears: np.ndarray
    """`(3,)` px: the middle between the sides of the mesh."""
    skull: np.ndarray
    """`(3,)` px: the middle of the skull."""
    axis: np.ndarray
    """`(3,)` px: a point of the axis that the head turns around."""
    chin: float
    brows: float
    """Rows of the chin and of the brows."""

    @classmethod
    def of(cls, mesh: np.ndarray) -> "_Head":
        width = head_width(mesh)
        across = (mesh[_LEFT_SIDE] - mesh[_RIGHT_SIDE]) / width
        down = mesh[_CHIN] - mesh[_FOREHEAD]
        down = down - across * (down @ across)
        cm, ears, yaw = width / _FACE_WIDTH_CM, (mesh[_RIGHT_SIDE] + mesh[_LEFT_SIDE]) / 2, head_yaw(mesh)
        forward = np.array([np.sin(yaw), 0, np.cos(yaw)])
        skull = ears - cm * (_SKULL_UP_CM * down / np.linalg.norm(down) + _SKULL_BACK_CM * forward)
        return cls(yaw, cm, ears, skull, ears - cm * _NECK_BACK_CM * forward, mesh[_CHIN, 1], mesh[_BROWS, 1])


def head_yaw(mesh: np.ndarray) -> float:
    """How far the head of a mesh `(468, 3)` px is turned to the image's right, rad."""
    across = mesh[_LEFT_SIDE] - mesh[_RIGHT_SIDE]
    return float(np.arctan2(-across[2], np.hypot(across[0], across[1])))


def head_width(mesh: np.ndarray) -> float:
    """The width of a mesh `(468, 3)` px, as seen from the front."""
    return float(np.linalg.norm(mesh[_LEFT_SIDE] - mesh[_RIGHT_SIDE]))


def turned_points(mesh: np.ndarray, yaw: float, points: np.ndarray | None = None) -> np.ndarray:
    """The mesh `(468, 3)` px, or other points `(n, 3)` px of it, after its head was turned to `yaw` rad."""
    head = _Head.of(mesh)
    x, y, depth = ((mesh if points is None else points) - head.axis).T
    cos, sin = np.cos(yaw - head.yaw), np.sin(yaw - head.yaw)
    return np.stack([x * cos + depth * sin, y, depth * cos - x * sin], 1) + head.axis


def turned_head(image: np.ndarray, mesh: np.ndarray, yaw: float) -> np.ndarray:
    """The head cut out after it was turned to `yaw` rad.

    Args:
        image: `(h, w, 3)` uint8, a face upright and whole.
        mesh: `(468, 3)` px, the third towards the camera.
        yaw: to the image's right, further than the head is turned already: what it hides now cannot be shown.

    Returns:
        `(h, w, 4)` uint8, the last what belongs to the head.
    """
    scene = _Scene.of(image, mesh)
    head, x, y = scene.head, scene.x, scene.y
    turn = yaw - head.yaw
    moved = head.axis[0] + (x - head.axis[0]) * np.cos(turn) + scene.depth * np.sin(turn)
    source, seen = _seen(x + _held(head, x, y) * (moved - x), turn > 0)
    colours, alpha = scene.cut_out(source, y, seen)
    return np.dstack([colours, alpha])


def bent_points(mesh: np.ndarray, pitch: float, points: np.ndarray | None = None) -> np.ndarray:
    """The mesh `(468, 3)` px, or other points `(n, 3)` px of it, bent by `pitch` rad, down where positive."""
    head = _Head.of(mesh)
    pivot = _pivot(head)
    x, y, depth = ((mesh if points is None else points) - pivot).T
    cos, sin = np.cos(pitch), np.sin(pitch)
    return np.stack([x, y * cos + depth * sin, depth * cos - y * sin], 1) + pivot


def bent_head(image: np.ndarray, mesh: np.ndarray, pitch: float) -> np.ndarray:
    """The head cut out after it was bent by `pitch` rad, down where positive; see `turned_head`.

    Of a head that is bent down the crown is seen, which no camera in front saw: hair is drawn on up to it.
    """
    scene = _Scene.of(image, mesh)
    head, x, y = scene.head, scene.x, scene.y
    middle = _pivot(head)[1]
    moved = middle + (y - middle) * np.cos(pitch) + scene.depth * np.sin(pitch)
    rows = y + _held(head, x, y) * (moved - y)
    source, seen = (np.ascontiguousarray(found.T) for found in _seen(np.ascontiguousarray(rows.T), pitch > 0))
    colours, alpha = scene.cut_out(x, source, seen)
    if pitch > 0:
        colours, alpha = _with_crown(colours, alpha, middle, head.cm)
    return np.dstack([colours, alpha])


@dataclass(frozen=True, slots=True)
class _Scene:
    """A picture with a head, and how far from the camera each of its pixels is."""

    image: np.ndarray
    head: _Head
    x: np.ndarray
    y: np.ndarray
    belongs: np.ndarray
    """`(h, w)` 0..1: what is of the head, less and less of it down the neck."""
    depth: np.ndarray
    """`(h, w)` px towards the camera, from the axis."""

    @classmethod
    def of(cls, image: np.ndarray, mesh: np.ndarray) -> "_Scene":
        height, width = image.shape[:2]
        head = _Head.of(mesh)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        face = _face_depth(mesh, height, width)
        across, up = _SKULL_CM[0] * head.cm, _SKULL_CM[1] * head.cm
        radius = np.hypot((x - head.skull[0]) / across, (y - head.skull[1]) / up)
        below = (y - head.chin) / head.cm
        neck = (np.abs(x - head.ears[0]) < 5.2 * head.cm) & (y > head.ears[1]) & (below < 3.5)
        belongs = ((np.isfinite(face) | (radius < 1 + _BACK_OF_HEAD / 2)) & (below < 0.5)) | neck
        share = (belongs * (1 - _smooth((below - 0.5) / 3))).astype(np.float32)
        return cls(image, head, x, y, share, _depth(head, face, x, y, radius) - head.axis[2])

    def cut_out(self, x: np.ndarray, y: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The colours `(h, w, 3)` of the places `x` and `y` `(h, w)` px, and which are of the head, `(h, w)` 0..255."""
        colours = cv2.remap(self.image, x, y, cv2.INTER_LINEAR)
        alpha = cv2.remap(self.belongs, x, y, cv2.INTER_LINEAR) * seen
        alpha = cv2.blur(_largest(cv2.erode(alpha, np.ones((3, 3)))), (3, 3))
        return np.asarray(colours), np.rint(255 * alpha).astype(np.uint8)


def _pivot(head: _Head) -> np.ndarray:
    """`(3,)` px: where a head nods, below and behind the middle between the ears."""
    return head.axis + np.array([0, _NOD_DOWN_CM * head.cm, 0])


def _with_crown(colours: np.ndarray, alpha: np.ndarray, middle: float, cm: float) -> tuple[np.ndarray, np.ndarray]:
    """The head `(h, w, 3)` and `(h, w)` up to the outline around its part above row `middle`, and the crown."""
    upper = alpha.copy()
    upper[max(0, round(middle)) :] = 0
    parts, _ = cv2.findContours((upper > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not parts:
        return colours, alpha
    whole = np.zeros_like(alpha)
    outline = np.concatenate(parts)[:, 0]
    top = float(outline[:, 1].min())
    shoulder = outline[np.abs(outline[:, 1] - (top + _CROWN_CM[0] * cm)) < 1, 0]
    cv2.fillConvexPoly(whole, cv2.convexHull(outline), (255,))
    if len(shoulder):
        left, right = int(shoulder.min()), int(shoulder.max())
        centre, axes = (
            ((left + right) // 2, round(top + _CROWN_CM[0] * cm)),
            ((right - left) // 2, round(_CROWN_CM[1] * cm)),
        )
        cv2.ellipse(whole, centre, axes, 0, 180, 360, (255,), cv2.FILLED)
    edge = max(1, round(0.5 * cm))  # what lies at the head's edge is half of what is behind it
    known = cv2.erode(upper, np.ones((2 * edge + 1, 2 * edge + 1)))
    known[max(0, round(middle) - 2 * edge) :] = 255
    drawn = cv2.inpaint(colours, ((whole > 0) & (known < 255)).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    return np.asarray(drawn), np.maximum(alpha, cv2.blur(whole, (3, 3)))


def _face_depth(mesh: np.ndarray, height: int, width: int) -> np.ndarray:
    """Depth `(h, w)` of the mesh, linear between its points; NaN outside."""
    points = np.clip(mesh[:, :2], 0, (width - 1.01, height - 1.01)).astype(np.float32)
    plane = cv2.Subdiv2D((0, 0, width, height))
    which = {}
    for index, point in enumerate(points):
        which[plane.insert(point.tolist())] = index
    depth = np.full((height, width), np.nan, np.float32)
    index_of = {tuple(plane.getVertex(vertex)[0]): index for vertex, index in which.items()}
    for triangle in np.asarray(plane.getTriangleList(), np.float32).reshape(-1, 3, 2):
        corners = [index_of[tuple(corner)] for corner in triangle.tolist() if tuple(corner) in index_of]
        if len(corners) == 3:  # others have a corner of the frame that the triangulation starts from
            _fill(depth, triangle, mesh[corners, 2])
    return depth


def _fill(depth: np.ndarray, triangle: np.ndarray, values: np.ndarray) -> None:
    """Draws a triangle `(3, 2)` px whose corners have the values `(3,)`, in place."""
    low = np.floor(triangle.min(0)).astype(int)
    high = np.ceil(triangle.max(0)).astype(int) + 1
    system = np.column_stack([triangle - low, np.ones(3)])
    if abs(np.linalg.det(system)) < 1e-6:
        return
    x, y = np.arange(high[0] - low[0]), np.arange(high[1] - low[1])[:, None]
    shares = [a * x + b * y + c for a, b, c in np.linalg.inv(system).T]
    inside = (shares[0] >= -1e-4) & (shares[1] >= -1e-4) & (shares[2] >= -1e-4)
    area = depth[low[1] : high[1], low[0] : high[0]]
    rows, columns = area.shape
    value = sum(share * v for share, v in zip(shares, values, strict=True))
    np.copyto(area, np.asarray(value, np.float32)[:rows, :columns], where=inside[:rows, :columns])


def _depth(head: _Head, face: np.ndarray, x: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Depth `(h, w)` px of every pixel: of the face, of hair and neck around it, of the axis far from it."""
    cm, on_face = head.cm, np.isfinite(face)
    back = _SKULL_CM[2] * cm
    front = head.skull[2] + back * np.sqrt(np.clip(1 - radius**2, 0, None))
    skull = np.where(radius < 1, front, head.skull[2] - 0.9 * back * _smooth((radius - 1) / _BACK_OF_HEAD))
    away = cv2.distanceTransform((~on_face).astype(np.uint8), cv2.DIST_L2, 5)
    # Beside the face the head bends back from the mesh's edge on; above the brows the skull takes over.
    edge = head.ears[2] + 1.3 * np.clip(head.brows + cm - y, 0, None) - 0.9 * away
    around = np.minimum(skull, np.maximum(edge, head.skull[2] - 0.9 * back))
    aside = np.abs(x - head.ears[0]) / (_NECK_CM * cm)
    neck = head.ears[2] + 2 * cm * np.sqrt(np.clip(1 - aside**2, 0, None))
    around = np.where((y > head.ears[1] + 5 * cm) & (aside < 1), np.maximum(around, neck), around)
    face = np.where(on_face, face, 0)
    hair = np.maximum(face, np.minimum(skull, face + 1.5 * cm))
    depth = np.where(on_face, np.where(y < head.brows, hair, face), around).astype(np.float32)
    kernel = int(max(3, round(0.7 * cm))) | 1
    inner = cv2.erode(on_face.astype(np.float32), np.ones((2 * kernel + 1, 2 * kernel + 1)))
    inner = cv2.GaussianBlur(inner, (kernel, kernel), 0)
    mixed = inner * depth + (1 - inner) * cv2.GaussianBlur(depth, (0, 0), 0.6 * cm)
    soft = np.asarray(cv2.GaussianBlur(mixed, (0, 0), 0.15 * cm))
    head_ends = 1 - _smooth((radius - 1 - _BACK_OF_HEAD) / 0.5)
    of_head = on_face | (radius < 1 + _BACK_OF_HEAD)
    return np.where(of_head, soft, head.axis[2] + (soft - head.axis[2]) * head_ends)


def _held(head: _Head, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """`(h, w)` 0..1: how far a pixel turns with the head; what is far from it stays."""
    aside = np.abs(x - head.skull[0]) / (1.25 * _SKULL_CM[0] * head.cm)
    above = (head.skull[1] - y) / (1.05 * _SKULL_CM[1] * head.cm)
    below = (y - head.skull[1]) / (head.chin - head.skull[1] + 3 * head.cm)
    return (1 - _smooth((aside - 1) / 1.6)) * (1 - _smooth((np.maximum(above, below) - 1) / 0.9))


def _seen(moved: np.ndarray, to_right: bool) -> tuple[np.ndarray, np.ndarray]:
    """What a camera sees of columns that were moved.

    Args:
        moved: `(h, w)` px, where each pixel's column went.
        to_right: whether the head turned to the right: in one column, what was further left is nearer then.

    Returns:
        `(h, w)` px, the column that is seen, and `(h, w)` 0 or 1, whether something is.
    """
    height, width = moved.shape
    columns = np.arange((width - 1) * _FINE + 1, dtype=np.float32) / _FINE
    first = np.minimum(columns.astype(int), width - 2)
    part = columns - first
    place = moved[:, first] * (1 - part) + moved[:, first + 1] * part
    if to_right:
        place, columns = place[:, ::-1], columns[::-1]
    place = np.clip(np.rint(place), -1, width).astype(np.intp) + 1
    canvas = np.full((height, width + 2), np.nan, np.float32)
    rows = np.broadcast_to(np.arange(height)[:, None], place.shape)
    canvas[rows, place] = columns  # the last one stays
    canvas = canvas[:, 1:-1]
    there = np.pad(np.isfinite(canvas).astype(np.uint8), 4)
    closed = cv2.morphologyEx(there, cv2.MORPH_CLOSE, np.ones((1, 7), np.uint8))
    seen = cv2.erode(closed, np.ones((3, 3), np.uint8))[4:-4, 4:-4]
    every = np.arange(width)
    for row in canvas:
        known = np.flatnonzero(np.isfinite(row))
        row[:] = np.interp(every, known, row[known]) if len(known) else every
    return cv2.medianBlur(np.ascontiguousarray(canvas), 5), seen


def _largest(alpha: np.ndarray) -> np.ndarray:
    """Without the parts `(h, w)` that do not hang together with the largest one."""
    _, part, stats, _ = cv2.connectedComponentsWithStats((alpha > 0).astype(np.uint8))
    return np.where(part == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax()), alpha, 0) if len(stats) > 1 else alpha


def _smooth(share: np.ndarray) -> np.ndarray:
    """From 0 to 1 without a corner."""
    inner: np.ndarray = np.clip(share, 0, 1)
    return inner * inner * (3 - 2 * inner)
