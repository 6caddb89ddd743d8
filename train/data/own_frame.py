"""Faces in their own frame: centre midway between eyes and mouth, x along the eyes, as the runtime takes them.

Float64 and vectorised; `smile_edge.measures.measure` does the same for the few faces of a frame.
"""

from typing import NamedTuple

import numpy as np

from smile_edge.geometry.face_roi import face_roi
from smile_edge.topology import TOPOLOGY_49

__all__ = ["FLIP", "OwnFrame", "five_frame", "in_frame", "inputs", "mirrored", "out_of_frame", "own_frame"]

FLIP = np.array(TOPOLOGY_49.flip)
"""The point that each point becomes in a mirror."""

_RIGHT_EYE, _LEFT_EYE = (list(TOPOLOGY_49.groups[name]) for name in ("right_eye", "left_eye"))
_MOUTH_RIGHT, _MOUTH_LEFT = (TOPOLOGY_49.readouts[name][0] for name in ("mouth_right", "mouth_left"))
_LEAST_SIZE_PX = 1e-9


class OwnFrame(NamedTuple):
    """The own frames of `n` faces."""

    centre: np.ndarray
    """`(n, 2)` px."""
    angle: np.ndarray
    """`(n,)` rad, clockwise on the screen."""
    size: np.ndarray
    """`(n,)` px of one unit."""


def own_frame(points: np.ndarray) -> OwnFrame:
    """The frames of faces `(n, 49, 2)` px, y down; smooth in the points, in any pose."""
    points = np.asarray(points, np.float64)
    right, left = points[:, _RIGHT_EYE].mean(1), points[:, _LEFT_EYE].mean(1)
    mouth = (points[:, _MOUTH_RIGHT] + points[:, _MOUTH_LEFT]) / 2
    across, down = left - right, mouth - (right + left) / 2
    # The mean of the line between the eyes and of that from eyes to mouth, turned: one stays long in any pose.
    x, y = (across[:, 0] + down[:, 1]) / 2, (across[:, 1] - down[:, 0]) / 2
    return OwnFrame((right + left) / 4 + mouth / 2, np.arctan2(y, x), np.maximum(np.hypot(x, y), _LEAST_SIZE_PX))


def five_frame(five: np.ndarray) -> OwnFrame:
    """The frames of faces given by five points `(n, 5, 2)` px, of the size and angle that crops are cut by."""
    centre, size, angle = (np.asarray(part, np.float64) for part in face_roi(five))
    return OwnFrame(centre, angle, np.maximum(size, _LEAST_SIZE_PX))


def in_frame(frame: OwnFrame, points: np.ndarray) -> np.ndarray:
    """Points `(n, k, 2)` px in the frames: `(n, k, 2)`, y down."""
    offset = (np.asarray(points, np.float64) - frame.centre[:, None]) / frame.size[:, None, None]
    cos, sin = np.cos(frame.angle)[:, None], np.sin(frame.angle)[:, None]
    return np.stack([offset[..., 0] * cos + offset[..., 1] * sin, offset[..., 1] * cos - offset[..., 0] * sin], -1)


def out_of_frame(frame: OwnFrame, points: np.ndarray) -> np.ndarray:
    """The inverse of `in_frame`: points `(n, k, 2)` in the frames as px."""
    x, y = np.moveaxis(np.asarray(points, np.float64), -1, 0)
    cos, sin = np.cos(frame.angle)[:, None], np.sin(frame.angle)[:, None]
    turned = np.stack([x * cos - y * sin, y * cos + x * sin], -1)
    return np.asarray(turned * frame.size[:, None, None] + frame.centre[:, None])


def inputs(points: np.ndarray) -> np.ndarray:
    """Faces `(n, 49, 2)` px as a linear readout takes them: `(n, 98)`, x and y of each point in the own frame."""
    return in_frame(own_frame(points), points).reshape(len(points), -1)


def mirrored(points: np.ndarray) -> np.ndarray:
    """The mirror images of faces `(n, 49, 2)` px, about x = 0."""
    return np.asarray(points)[:, FLIP] * np.array([-1.0, 1.0])
