"""How a head is turned, how large it is and where its eyes are: a small network on the points in the face's own frame.

The network was taught by a 3-D face with modes, learnt from the landmarker's own points (non-rigid structure from
motion, Torresani et al., 2008) and fitted to them, and by heads turned by known angles. Angles: R = Rx(-pitch) Ry(yaw)
Rz(-roll) with x to the image's right, y up and z to the camera, as AFLW2000-3D has them: yaw and pitch say where the
nose points in the image, whatever the roll.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from smile_edge.measures.camera import Lens
from smile_edge.measures.constants import constants, scalar
from smile_edge.measures.values import Pose, Vector
from smile_edge.types import FloatArray

__all__ = ["HIDDEN", "OUTPUTS", "WEIGHTS", "FaceFrame", "HeadPose", "head_pose", "rotation_of", "translation"]

WEIGHTS = (
    np.concatenate([constants("pose_hidden"), constants("pose_skip")], 1),
    np.concatenate([constants("pose_hidden_bias"), constants("pose_out_bias")]),
)
"""Columns and biases that the readout takes: hidden units before their tanh, then the linear part of the outputs."""
HIDDEN, OUTPUTS = constants("pose_out").shape
"""Hidden units, and values that the network gives."""

_DEGREES = 180 / math.pi
_PUPILS = scalar("pose_pupils")
"""Distance between the eyes' centres in units of the 3-D face."""
_BETWEEN_EYES = constants("pose_between_eyes").tolist()
"""Where their middle is in it."""


class FaceFrame(NamedTuple):
    """The face's own frame: centre midway between eyes and mouth, x along the eyes."""

    x: float
    """px"""
    y: float
    cos: float
    """Direction of x in the image."""
    sin: float
    size: float
    """px of one unit."""


class HeadPose(NamedTuple):
    """A head as a weak-perspective camera sees it."""

    pose: Pose
    across: Vector
    """First row of the rotation of the upright face: how the axes of the 3-D face run across it."""
    up: Vector
    """Second row."""
    eye_distance_px: float
    """px between the eyes of the same head seen from the front, at its depth."""
    x: float
    """px: the middle between the eyes."""
    y: float


def head_pose(outputs: Sequence[float], frame: FaceFrame) -> HeadPose:
    """Makes the pose from the network's outputs.

    Args:
        outputs: 9 numbers: where the nose and the face's left point, log of the scale, shift of the origin.
        frame: the face's own frame.
    """
    nx, ny, nz = _unit(*outputs[:3])
    sx, sy, sz = outputs[3:6]
    along = sx * nx + sy * ny + sz * nz
    sx, sy, sz = _unit(sx - along * nx, sy - along * ny, sz - along * nz)
    ux, uy = ny * sz - nz * sy, nz * sx - nx * sz  # nose x side: up
    cos, sin = frame.cos, -frame.sin  # y up: the image's turn is negative
    r00, r01, r02 = cos * sx - sin * sy, cos * ux - sin * uy, cos * nx - sin * ny
    r10, r11, r12 = sin * sx + cos * sy, sin * ux + cos * uy, sin * nx + cos * ny
    yaw = math.asin(1.0 if r02 > 1 else -1.0 if r02 < -1 else r02)
    pose = Pose(yaw * _DEGREES, math.atan2(r12, nz) * _DEGREES, math.atan2(r01, r00) * _DEGREES)
    unit = frame.size * math.exp(max(-5.0, min(5.0, outputs[6])))  # px of one unit of the 3-D face
    a, b = outputs[7] * frame.size, outputs[8] * frame.size
    ex, ey, ez = _BETWEEN_EYES
    return HeadPose(
        pose,
        (sx, ux, nx),
        (sy, uy, ny),
        unit * _PUPILS,
        frame.x + a * frame.cos - b * frame.sin + unit * (r00 * ex + r01 * ey + r02 * ez),
        frame.y + a * frame.sin + b * frame.cos - unit * (r10 * ex + r11 * ey + r12 * ez),
    )


def rotation_of(pose: Pose) -> FloatArray:
    """The rotation `(3, 3)` of a pose: its columns are the head's axes, to its left, up and forwards, in the image's
    x to the right, y up, z to the camera."""
    yaw, pitch, roll = map(math.radians, pose)
    cy, sy, cp, sp, cr, sr = (f(angle) for angle in (yaw, pitch, roll) for f in (math.cos, math.sin))
    about_z = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    rotation: FloatArray = (about_x @ about_y @ about_z).astype(np.float32)
    return rotation


def translation(head: HeadPose, lens: Lens) -> Vector:
    """The middle of the eyes from the camera: right, down, away, in the lens' unit."""
    away = math.sqrt(lens.focal_x * lens.focal_y) / max(head.eye_distance_px, 1e-6)  # eye distances
    right, down = (head.x - lens.centre_x) / lens.focal_x * away, (head.y - lens.centre_y) / lens.focal_y * away
    return right * lens.unit, down * lens.unit, away * lens.unit


def _unit(x: float, y: float, z: float) -> Vector:
    length = max(math.sqrt(x * x + y * y + z * z), 1e-9)
    return x / length, y / length, z / length
