"""Where each eye looks: the iris between the corners of its eye, less what the turn of the head makes of that.

An iris lies before the line of its eye's corners, so a head that turns moves it between them. What is left is how far
the eye itself is turned in the head: 1 is about as far as eyes turn.
"""

import math
from collections.abc import Sequence

from smile_edge.measures.head_pose import HeadPose
from smile_edge.measures.values import Pair

__all__ = ["SHUT", "gaze"]

SHUT = 0.7
"""How far an eye may be shut: behind lids that are closer than this nobody saw an iris."""
_ACROSS, _YAW = 1.70, -0.67
_UP, _PITCH, _LEVEL = 1.76, -0.90, -0.245
"""Turn of the eye per half eye width of the iris from the middle of the corners, and per sine of the head's angle in
the face's own frame; `_LEVEL` is that of an iris on the line of the corners. Fitted to the eye coefficients of an
expression teacher on 20,700 open eyes of training faces."""
_LEAST_PX = 1e-3
_NOWHERE = (math.nan, math.nan)

Point = Sequence[float]


def gaze(iris: Point, corner: Point, other: Point, head: HeadPose, shut: float) -> Pair:
    """Where one eye looks: x -1..1 to the image's right, y -1..1 up; NaN for an eye that is shut or not seen.

    Args:
        iris: x, y px of its centre.
        corner: of the eye, that at the left of an upright face's image.
        other: the other corner.
        head: the pose.
        shut: how far the eye is shut, 0..1; NaN where it is turned away or covered.
    """
    if not shut < SHUT:  # NaN is not less either
        return _NOWHERE
    half_x, half_y = (other[0] - corner[0]) / 2, (other[1] - corner[1]) / 2
    length = math.hypot(half_x, half_y)
    if not length > _LEAST_PX:
        return _NOWHERE
    cos, sin = half_x / length, half_y / length
    x, y = (iris[0] - (corner[0] + other[0]) / 2) / length, (iris[1] - (corner[1] + other[1]) / 2) / length
    across = _ACROSS * (x * cos + y * sin) + _YAW * head.across[2]
    up = _UP * (x * sin - y * cos) + _PITCH * head.up[2] + _LEVEL
    return _bounded(across * cos + up * sin), _bounded(up * cos - across * sin)


def _bounded(value: float) -> float:
    return -1.0 if value < -1 else 1.0 if value > 1 else value  # NaN stays
