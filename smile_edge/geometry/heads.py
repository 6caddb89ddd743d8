"""The heads around faces: turned ellipses with a margin, from boxes and five points."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from smile_edge.geometry.face_roi import FACE_BOX, face_roi

__all__ = ["HEAD_MARGIN", "Head", "HeadMargin", "between", "grown", "head_distance", "heads_around", "reaches"]


class HeadMargin(NamedTuple):
    """How much larger than the face a head is, in halves of the face's width and height."""

    side: float
    up: float
    down: float


HEAD_MARGIN = HeadMargin(0.2, 0.3, 0.15)
"""Hair and ears, and what a box errs by. On the scenes that training held out, half as much and a lower score of
`pipeline.head_finder`, or twice as much and a higher one, cover no less in vain for as many hidden faces."""


class Head(NamedTuple):
    """An ellipse that holds a head."""

    x: float
    """Centre, px."""
    y: float
    half_width: float
    """Half of its width across the face, px."""
    half_height: float
    """Half of its height along the face, px."""
    angle: float
    """How far the face is turned clockwise, rad."""

    @property
    def size(self) -> float:
        """Radius of the circle of the same area, px."""
        return math.sqrt(self.half_width * self.half_height)


def heads_around(boxes: npt.ArrayLike, five: npt.ArrayLike, margin: HeadMargin = HEAD_MARGIN) -> list[Head]:
    """The heads of faces.

    A head is turned with its points and has the proportions of an average face; it is as large as its box asks for, so
    that it holds the face where the points are poor.

    Args:
        boxes: `(k, 4)` left, top, width, height px, around the faces as they stand in the image.
        five: `(k, 5, 2)` px in the order of `topology.FIVE_POINTS`; a face with points that are not known is taken to
            be as wide as high.
        margin: what is added on each side.

    Returns:
        The heads, in order; boxes that are no numbers, or have no size, are left out.
    """
    corners = np.asarray(boxes, np.float64).reshape(-1, 4)
    angles = face_roi(np.asarray(five, np.float32).reshape(-1, 5, 2))[2]
    real = np.isfinite(corners).all(1) & (corners[:, 2:] > 0).all(1)
    return [_head(corners[row], float(angles[row]), margin) for row in np.flatnonzero(real)]


def grown(head: Head, factor: float) -> Head:
    """The head `factor` times as large in its place."""
    return head._replace(half_width=head.half_width * factor, half_height=head.half_height * factor)


def between(first: Head, second: Head, share: float) -> Head:
    """The head on the way from one to another, `share` of it gone; turned by the shorter way."""
    turn = math.remainder(second.angle - first.angle, 2 * math.pi)
    x, y, half_width, half_height = (a + share * (b - a) for a, b in zip(first[:4], second[:4], strict=True))
    return Head(x, y, half_width, half_height, first.angle + share * turn)


def head_distance(a: Head, b: Head) -> float:
    """How far apart the middles of two heads are, in sizes of the larger."""
    return math.hypot(a.x - b.x, a.y - b.y) / max(a.size, b.size, 1e-6)


def reaches(head: Head) -> tuple[float, float]:
    """How far a head reaches to either side of its centre, and up and down, px."""
    cos, sin = math.cos(head.angle), math.sin(head.angle)
    across, along = head.half_width, head.half_height
    return math.hypot(across * cos, along * sin), math.hypot(across * sin, along * cos)


def _head(box: npt.NDArray[np.float64], angle: float, margin: HeadMargin) -> Head:
    left, top, width, height = box.tolist()
    x, y = left + width / 2, top + height / 2
    if math.isfinite(angle):
        cos, sin = math.cos(angle), math.sin(angle)
        across, along = FACE_BOX.half_width, FACE_BOX.half_height
        reach_x, reach_y = math.hypot(across * cos, along * sin), math.hypot(across * sin, along * cos)
        scale = max(width / 2 / reach_x, height / 2 / reach_y)
        half_width, half_height = scale * across, scale * along
    else:
        angle, cos, sin = 0.0, 1.0, 0.0
        half_width = half_height = max(width, height) / 2
    up, down = half_height * (1 + margin.up), half_height * (1 + margin.down)
    shift = (up - down) / 2  # towards the top of the head
    return Head(x + shift * sin, y - shift * cos, half_width * (1 + margin.side), (up + down) / 2, angle)
