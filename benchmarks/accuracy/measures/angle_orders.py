"""The three angles of one rotation in the orders that label sets use.

In another order of the turns the same rotation has other angles; roll differs most where the head is both turned aside
and bent. Axes: x to the image's right, y up, z to the camera.
"""

import math
from collections.abc import Callable

import numpy as np

from smile_edge.measures.head_pose import rotation_of
from smile_edge.measures.values import Pose

__all__ = ["MATRICES", "ORDERS", "PITCH_YAW_ROLL", "ROLL_YAW_PITCH", "angle_difference", "roll_yaw_pitch"]

PITCH_YAW_ROLL, ROLL_YAW_PITCH = "pitch_yaw_roll", "roll_yaw_pitch"
"""Orders by their factors from left to right."""
MATRICES = {
    PITCH_YAW_ROLL: "R = Rx(-pitch) Ry(yaw) Rz(-roll), the record's and AFLW2000-3D's",
    ROLL_YAW_PITCH: "R = Rz(-roll) Ry(yaw) Rx(-pitch), GENKI-4K's",
}
"""Each order in full, with whose it is."""


def roll_yaw_pitch(pose: Pose) -> Pose:
    """The angles of the same rotation with R = Rz(-roll) Ry(yaw) Rx(-pitch).

    Turning the image turns this roll by as much and leaves yaw and pitch as they are.

    Args:
        pose: as in a record, R = Rx(-pitch) Ry(yaw) Rz(-roll).
    """
    rotation = rotation_of(pose).astype(np.float64)
    return Pose(
        math.degrees(math.asin(max(-1.0, min(1.0, -rotation[2, 0])))),
        -math.degrees(math.atan2(rotation[2, 1], rotation[2, 2])),
        -math.degrees(math.atan2(rotation[1, 0], rotation[0, 0])),
    )


def angle_difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`a - b` the short way round, -180..180 degrees."""
    return (np.asarray(a, np.float64) - b + 180) % 360 - 180


ORDERS: dict[str, Callable[[Pose], Pose]] = {PITCH_YAW_ROLL: lambda pose: pose, ROLL_YAW_PITCH: roll_yaw_pitch}
"""What turns the angles of a record into those of each order."""
